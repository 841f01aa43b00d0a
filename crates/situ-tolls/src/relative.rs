//! Words that tell a time by the moment they were said: "the past four days", "since Friday night".

/// Numbers as they stand before a unit of time.
const NUMBERS: [&str; 16] = [
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven",
    "twelve", "few", "couple", "several", "dozen",
];
const UNITS: [&str; 7] = ["hour", "day", "night", "week", "weekend", "month", "year"];
const BACK: [&str; 4] = ["past", "last", "previous", "preceding"];
const DAYS: [&str; 7] = [
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
];
const MOMENTS: [&str; 8] = [
    "yesterday",
    "midnight",
    "dawn",
    "morning",
    "noon",
    "afternoon",
    "evening",
    "night",
];

/// The first period in English words that is counted back from when they were said, by the rules `relative-en-1`:
///
/// - past, last, previous or preceding, perhaps a number, and a unit of time: "past 24 hours", "last week";
/// - a number and a unit: "40 hours", "four days";
/// - since, and a day of the week, a part of the day or yesterday: "since Friday night".
///
/// A bare day of the week names a day, and no period. The words are given as they stand.
pub(crate) fn relative_period(text: &str) -> Option<&str> {
    let words = words(text);
    let is_one_of = |place: usize, of: &[&str]| {
        words
            .get(place)
            .is_some_and(|word| of.iter().any(|one| word.text.eq_ignore_ascii_case(one)))
    };
    let is_unit = |place: usize| {
        words.get(place).is_some_and(|word| {
            let is = |unit: &&str| word.is_unit(unit);
            UNITS.iter().any(is)
        })
    };
    let is_number = |place: usize| {
        let is_figure = |word: &Word<'_>| word.text.bytes().all(|byte| byte.is_ascii_digit());
        words.get(place).is_some_and(is_figure) || is_one_of(place, &NUMBERS)
    };
    let end = |from: usize| {
        if is_one_of(from, &BACK) {
            let number = usize::from(is_number(from + 1));
            return is_unit(from + 1 + number).then_some(from + 1 + number);
        }
        if is_number(from) && is_unit(from + 1) {
            return Some(from + 1);
        }
        if is_one_of(from, &["since"]) {
            let article = usize::from(is_one_of(from + 1, &["the", "last", "this"]));
            let day = from + 1 + article;
            if is_one_of(day, &DAYS) || is_one_of(day, &MOMENTS) {
                return Some(day + usize::from(is_one_of(day + 1, &MOMENTS)));
            }
        }
        None
    };
    let (from, to) = (0..words.len()).find_map(|from| Some((from, end(from)?)))?;
    Some(&text[words[from].start..words[to].start + words[to].text.len()])
}

struct Word<'a> {
    start: usize,
    text: &'a str,
}

impl Word<'_> {
    fn is_unit(&self, unit: &str) -> bool {
        let word = self.text.strip_suffix(['s', 'S']).unwrap_or(self.text);
        word.eq_ignore_ascii_case(unit)
    }
}

fn words(text: &str) -> Vec<Word<'_>> {
    let mut start = 0;
    let mut words = Vec::new();
    for piece in text.split_inclusive(|character: char| !character.is_alphanumeric()) {
        let word = piece.trim_end_matches(|character: char| !character.is_alphanumeric());
        if !word.is_empty() {
            words.push(Word { start, text: word });
        }
        start += piece.len();
    }
    words
}

#[cfg(test)]
mod tests {
    use super::relative_period;

    fn check(text: &str, expected: Option<&str>) {
        assert_eq!(relative_period(text), expected, "{text}");
    }

    #[test]
    fn periods_counted_back_from_when_they_were_said_are_recognised() {
        check("over the past four days", Some("past four days"));
        check("last two days", Some("last two days"));
        check(
            "Killed SINCE Friday night, he said",
            Some("SINCE Friday night"),
        );
        check("40 hours", Some("40 hours"));
        check("in the past 24 hours", Some("past 24 hours"));
        check("a 24-hour count", Some("24-hour"));
        check("last week", Some("last week"));
        check("since yesterday evening", Some("since yesterday evening"));
        check("since the night", Some("since the night"));
        check("in a few days", Some("few days"));
    }

    #[test]
    fn dates_and_bare_days_are_no_such_periods() {
        check("Thursday, or 30 January", None);
        check("since 31 January", None);
        check("over 200", None);
        check("including women and children", None);
        check("the last of them", None);
        check("40", None);
        check("", None);
        check("mueren 40 años después", None);
    }
}
