//! Numbers of people as people say them: "197", "at least 197", "over 362", "30 to 40", "dozens".

use situ_core::{Count, Lexicon, Quantity, QuantityError, Text};

/// A number as it was said: coded, and in the words where the code does not say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Said {
    pub(crate) quantity: Quantity,
    pub(crate) words: Option<Text>,
}

/// A text that names no number of people.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SaidError {
    #[error(
        "`{0}` is no number of people; write 197, \"at least 197\", \"over 362\", \"up to 50\", \"fewer than 50\", \"30 to 40\", \"about 100\", or one of several, dozens, scores, hundreds, thousands, \"no casualties\""
    )]
    Unreadable(String),
    #[error(transparent)]
    Quantity(#[from] QuantityError),
}

/// A form that takes one number, from the words before it.
type Form = fn(Count) -> Result<Quantity, QuantityError>;

const FORMS: &[(&str, Form)] = &[
    ("at least", |n| Ok(Quantity::at_least(n))),
    ("no fewer than", |n| Ok(Quantity::at_least(n))),
    ("no less than", |n| Ok(Quantity::at_least(n))),
    ("more than", |n| Ok(Quantity::more_than(n))),
    ("over", |n| Ok(Quantity::more_than(n))),
    ("above", |n| Ok(Quantity::more_than(n))),
    ("up to", |n| Ok(Quantity::up_to(n))),
    ("at most", |n| Ok(Quantity::up_to(n))),
    ("no more than", |n| Ok(Quantity::up_to(n))),
    ("fewer than", Quantity::fewer_than),
    ("less than", Quantity::fewer_than),
    ("under", Quantity::fewer_than),
    ("below", Quantity::fewer_than),
    ("about", |n| Ok(Quantity::about(n))),
    ("around", |n| Ok(Quantity::about(n))),
    ("some", |n| Ok(Quantity::about(n))),
    ("roughly", |n| Ok(Quantity::about(n))),
    ("approximately", |n| Ok(Quantity::about(n))),
    ("exactly", |n| Ok(Quantity::exactly(n))),
];

/// Reads a number of people.
pub(crate) fn quantity(text: &str) -> Result<Said, SaidError> {
    let lower = text.trim().to_lowercase();
    let normal = lower.split_whitespace().collect::<Vec<_>>().join(" ");
    let quantity = read(&normal).ok_or_else(|| SaidError::Unreadable(text.to_owned()))??;
    let plain = grouped(&normal).is_some();
    let words = (!plain && quantity.to_string() != normal)
        .then(|| Text::new(text.trim()).ok())
        .flatten();
    Ok(Said { quantity, words })
}

fn read(text: &str) -> Option<Result<Quantity, QuantityError>> {
    if let Some(number) = grouped(text) {
        return Some(count(number).map(Quantity::exactly));
    }
    if let Ok(phrase) = Lexicon::En1.phrase(text) {
        return Some(Ok(Quantity::phrase(phrase)));
    }
    if let Some(number) = text.strip_suffix('+').and_then(grouped) {
        return Some(count(number).map(Quantity::at_least));
    }
    for (words, form) in FORMS {
        if let Some(number) = text
            .strip_prefix(words)
            .and_then(|rest| rest.strip_prefix(' '))
            .and_then(grouped)
        {
            return Some(count(number).and_then(form));
        }
    }
    let (least, most) = ends(text)?;
    Some(count(least).and_then(|least| Quantity::between(least, count(most)?)))
}

/// The two ends of "30 to 40", "30–40" or "between 30 and 40".
fn ends(text: &str) -> Option<(u64, u64)> {
    let both = |(least, most): (&str, &str)| Some((grouped(least.trim())?, grouped(most.trim())?));
    if let Some(rest) = text.strip_prefix("between ") {
        return rest.split_once(" and ").and_then(both);
    }
    ["–", "-", " to "]
        .iter()
        .find_map(|between| text.split_once(between).and_then(both))
}

fn count(number: u64) -> Result<Count, QuantityError> {
    Count::new(number)
}

/// Digits, all together or in threes: 24686, 24,686, 24 686.
fn grouped(text: &str) -> Option<u64> {
    let groups: Vec<&str> = text
        .split([',', ' ', '\u{a0}', '\u{202f}', '_', '\''])
        .collect();
    let (first, rest) = groups.split_first()?;
    let is_digits = |group: &&str| group.bytes().all(|byte| byte.is_ascii_digit());
    let in_threes = (1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3);
    let is_number =
        !first.is_empty() && groups.iter().all(is_digits) && (rest.is_empty() || in_threes);
    is_number.then(|| groups.concat().parse().unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_read_as_people_say_it() {
        let check = |text: &str, expected: &str, words: Option<&str>| {
            let said = quantity(text).unwrap_or_else(|error| panic!("{text}: {error}"));
            assert_eq!(said.quantity.to_string(), expected, "{text}");
            assert_eq!(said.words.as_ref().map(Text::as_str), words, "{text}");
        };
        check("197", "197", None);
        check("24,686", "24686", None);
        check("24 686", "24686", None);
        check("0", "0", None);
        check("at least 197", "at least 197", None);
        check("At least  197", "at least 197", None);
        check("197+", "at least 197", Some("197+"));
        check("over 362", "more than 362", Some("over 362"));
        check("more than 362", "more than 362", None);
        check("up to 50", "up to 50", None);
        check("no more than 50", "up to 50", Some("no more than 50"));
        check("fewer than 50", "fewer than 50", None);
        check("30 to 40", "30 to 40", None);
        check("30-40", "30 to 40", Some("30-40"));
        check("30–40", "30 to 40", Some("30–40"));
        check("between 30 and 40", "30 to 40", Some("between 30 and 40"));
        check("about 1,000", "about 1000", Some("about 1,000"));
        check("dozens", "dozens", None);
        check("no casualties", "no casualties", None);
    }

    #[test]
    fn what_is_no_number_of_people_is_refused() {
        let check = |text: &str, expected: &str| {
            let error = quantity(text).expect_err(text).to_string();
            assert!(error.contains(expected), "{text}: {error}");
        };
        for text in [
            "",
            "-3",
            "1.5",
            "1e3",
            "24,68",
            "2468,135",
            "many",
            "at least",
            "at least many",
            "197 dead",
            "+5",
        ] {
            check(text, "is no number of people; write 197, \"at least 197\"");
        }
        check("40 to 30", "between 40 and 30 is upside down");
        check("fewer than 0", "fewer than 0 is nobody and less");
        check("10,000,000,001", "over the limit of 10 000 000 000 people");
        check("99999999999999999999999", "over the limit");
    }
}
