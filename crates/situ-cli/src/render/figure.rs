//! Figures by name, as people read them, and in short.

use situ_core::Period;
use situ_tolls::{Brief, ClaimShown, FigureName};

use super::names::{Names, list, spelled, who};
use super::number::{grouped, regrouped};

/// "killed civilians in Quetta, in the attacks, since 31 Jan".
pub(crate) fn spoken(figure: &FigureName, names: &Names<'_>) -> String {
    let mut text = format!("{} {}", figure.outcome, who(figure.who));
    if !figure.places.is_empty() {
        text += &format!(" in {}", names.places(&figure.places));
    }
    for part in [harm(figure, names), basis(figure), period(figure, names)] {
        if !part.is_empty() {
            text += &format!(", {part}");
        }
    }
    text
}

fn harm(figure: &FigureName, names: &Names<'_>) -> String {
    names.harm(figure.scope)
}

fn basis(figure: &FigureName) -> String {
    match figure.basis {
        situ_core::Basis::Reported => String::new(),
        other => spelled(other.as_str()),
    }
}

fn period(figure: &FigureName, names: &Names<'_>) -> String {
    match &figure.period {
        Period::Incident => "in one incident".to_owned(),
        Period::Cumulative { since: None } => String::new(),
        Period::Cumulative { since: Some(since) } => {
            let when = names.when(since);
            format!("since {}", when.strip_prefix("since ").unwrap_or(&when))
        }
        Period::Window { from, .. } => format!("window from {}", names.when(from)),
    }
}

/// "Provincial spokesman via News, as of 2 Feb".
pub(crate) fn origin(claim: &ClaimShown, names: &Names<'_>) -> String {
    let via = match claim.via.as_slice() {
        [] => String::new(),
        via => format!(
            " via {}",
            list(via.iter().map(|source| names.source(source)))
        ),
    };
    format!("{}{via}", names.source(&claim.source))
}

/// A figure in few words: "93 (93–216, disputed)", "at least 36", "unknown".
pub(crate) fn brief(brief: Option<&Brief>) -> String {
    let Some(brief) = brief else {
        return "nothing".to_owned();
    };
    let words = regrouped(&brief.words);
    match brief.shown {
        Some(shown) if brief.words != shown.to_string() && !is_floor(brief, shown) => {
            format!("{} ({words})", grouped(shown))
        }
        Some(shown) => grouped(shown),
        None => words,
    }
}

/// Whether the words say no more than that the number is a floor.
fn is_floor(brief: &Brief, shown: u64) -> bool {
    brief.words == format!("at least {shown}")
}
