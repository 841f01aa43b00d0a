//! Intervals in words.

use situ_core::Interval;

use crate::claims::Claim;

/// The number, where the interval is one.
pub(crate) fn single(interval: Interval) -> Option<u64> {
    interval.most.filter(|most| *most == interval.least)
}

/// An interval in words.
pub(crate) fn words(interval: Interval) -> String {
    match (interval.least, interval.most) {
        (0, None) => "unknown".to_owned(),
        (least, None) => format!("at least {least}"),
        (0, Some(most)) if most > 0 => format!("at most {most}"),
        (least, Some(most)) if least == most => least.to_string(),
        (least, Some(most)) => format!("{least} to {most}"),
    }
}

/// The interval in words, with the phrase it comes from, if it comes from one.
pub(crate) fn said(interval: Interval, newest: Option<&Claim>) -> String {
    match newest.map(|claim| claim.quantity) {
        Some(quantity) if quantity.shown() == Some(0) && interval == Interval::ANY => {
            "0 counted".to_owned()
        }
        Some(quantity) if quantity.shown().is_none() && quantity.floor() == interval => {
            let (phrase, plain) = (quantity.to_string(), words(interval));
            if phrase == plain {
                plain
            } else {
                format!("{phrase} ({plain})")
            }
        }
        _ => words(interval),
    }
}

/// The envelope of claims that exclude each other.
pub(crate) fn disputed(candidates: &[&Claim]) -> String {
    let envelope = candidates
        .iter()
        .map(|claim| claim.quantity.point())
        .reduce(Interval::envelope);
    match envelope {
        Some(Interval {
            least,
            most: Some(most),
        }) => format!("{least}–{most}, disputed"),
        Some(Interval { least, most: None }) => format!("{least} or more, disputed"),
        None => "unknown".to_owned(),
    }
}
