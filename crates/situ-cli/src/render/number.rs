//! Numbers of people.

use situ_core::Interval;

/// What stands between groups of three digits: it is one column wide, and no line breaks at it.
const THIN: char = '\u{202f}';

/// A number, in groups of three from 10 000 on; four digits read well together, and may be a year.
pub(crate) fn grouped(number: u64) -> String {
    regrouped(&number.to_string())
}

/// A text with every run of five or more digits in groups of three.
pub(crate) fn regrouped(text: &str) -> String {
    let mut grouped = String::with_capacity(text.len());
    let mut digits = String::new();
    for character in text.chars() {
        if character.is_ascii_digit() {
            digits.push(character);
            continue;
        }
        push_grouped(&mut grouped, &digits);
        digits.clear();
        grouped.push(character);
    }
    push_grouped(&mut grouped, &digits);
    grouped
}

fn push_grouped(text: &mut String, digits: &str) {
    for (index, digit) in digits.chars().enumerate() {
        let left = digits.len() - index;
        if digits.len() >= 5 && index > 0 && left.is_multiple_of(3) {
            text.push(THIN);
        }
        text.push(digit);
    }
}

/// Every number between two ends: "197", "at least 197", "up to 5", "93–216"; ends that clash are both said.
pub(crate) fn interval(interval: Interval) -> String {
    match (interval.least, interval.most) {
        (least, Some(most)) if least == most => grouped(least),
        (least, Some(most)) if least > most => {
            format!(
                "at least {} against at most {}",
                grouped(least),
                grouped(most)
            )
        }
        (0, Some(most)) => format!("up to {}", grouped(most)),
        (least, Some(most)) => format!("{}–{}", grouped(least), grouped(most)),
        (0, None) => "unknown".to_owned(),
        (least, None) => format!("at least {}", grouped(least)),
    }
}

/// "1 event", "2 events".
pub(crate) fn plural(number: usize, one: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{} {one}{ending}", grouped(number as u64))
}

/// "1st", "2nd", "3rd", "4th", "11th".
pub(crate) fn ordinal(number: u64) -> String {
    let ending = match (number % 10, number % 100) {
        (1, last) if last != 11 => "st",
        (2, last) if last != 12 => "nd",
        (3, last) if last != 13 => "rd",
        _ => "th",
    };
    format!("{}{ending}", grouped(number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_grouped_in_threes() {
        let check =
            |number, expected: &str| assert_eq!(grouped(number).replace(THIN, " "), expected);
        check(0, "0");
        check(255, "255");
        check(4047, "4047");
        check(24686, "24 686");
        check(10_000_000_000, "10 000 000 000");
        assert_eq!(
            regrouped("at least 24686 in 2026").replace(THIN, " "),
            "at least 24 686 in 2026"
        );
    }

    #[test]
    fn an_interval_says_which_end_is_known() {
        let check =
            |least, most, expected: &str| assert_eq!(interval(Interval { least, most }), expected);
        check(197, Some(197), "197");
        check(0, Some(0), "0");
        check(197, None, "at least 197");
        check(0, Some(5), "up to 5");
        check(93, Some(216), "93–216");
        check(85, Some(22), "at least 85 against at most 22");
        check(0, None, "unknown");
    }

    #[test]
    fn ordinals_end_as_they_are_spoken() {
        let spoken: Vec<_> = [1, 2, 3, 4, 11, 12, 13, 21, 102, 111]
            .into_iter()
            .map(ordinal)
            .collect();
        assert_eq!(
            spoken,
            [
                "1st", "2nd", "3rd", "4th", "11th", "12th", "13th", "21st", "102nd", "111th"
            ]
        );
    }
}
