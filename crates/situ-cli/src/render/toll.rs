//! Tolls as a page.

use std::io::{self, Write};

use situ_core::{ClaimRef, Interval, Outcome, Role, Who};
use situ_tolls::{Certainty, ClaimShown, Reading, Toll, TollPeriod};

use super::names::{Names, harm, list, spelled, who};
use super::number::{grouped, interval, regrouped};
use super::paint::Tone;
use super::table::{Cell, Table, paragraph};
use crate::ledger::Citation;

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Figures, who says so, and what a reader must know.
    Brief,
    /// The evidence too.
    Evidence,
}

/// Figures under the headings they share.
pub(crate) fn write(
    tolls: &[Toll],
    names: &Names<'_>,
    cite: &Citation<'_>,
    detail: Detail,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut rest = tolls;
    while let Some(first) = rest.first() {
        let heading = heading(first, names);
        let count = rest
            .iter()
            .take_while(|toll| self::heading(toll, names) == heading)
            .count();
        let (group, others) = rest.split_at(count);
        writeln!(out, "{}", Tone::Strong.paint(&heading))?;
        figures(group, names, cite, out)?;
        for toll in group {
            remarks(toll, cite, out)?;
            if detail == Detail::Evidence {
                evidence(toll, cite, out)?;
            }
        }
        rest = others;
        if !rest.is_empty() {
            writeln!(out)?;
        }
    }
    Ok(())
}

/// "Killed since 31 Jan, in the operations".
fn heading(toll: &Toll, names: &Names<'_>) -> String {
    let period = match &toll.period {
        TollPeriod::Incident => ", in one incident".to_owned(),
        TollPeriod::Cumulative { since: None } => ", start of counting not said".to_owned(),
        TollPeriod::Cumulative { since: Some(since) } => {
            format!(" since {}", since_words(&names.when(since)))
        }
        TollPeriod::Window { from, .. } => {
            let until = toll
                .as_of
                .as_ref()
                .map(|when| format!(" to {}", names.when(when)))
                .unwrap_or_default();
            format!(" from {}{until}", since_words(&names.when(from)))
        }
    };
    let mut heading = format!("{}{period}", capital(toll.outcome));
    for part in [harm(toll.scope), in_places(toll, names), basis(toll)] {
        if !part.is_empty() {
            heading += &format!(", {part}");
        }
    }
    heading
}

fn since_words(when: &str) -> &str {
    when.strip_prefix("since ").unwrap_or(when)
}

fn capital(outcome: Outcome) -> String {
    let word = outcome.as_str();
    word[..1].to_uppercase() + &word[1..]
}

fn in_places(toll: &Toll, names: &Names<'_>) -> String {
    if toll.places.is_empty() {
        String::new()
    } else {
        format!("in {}", names.places(&toll.places))
    }
}

fn basis(toll: &Toll) -> String {
    match toll.basis {
        situ_core::Basis::Reported => String::new(),
        other => spelled(other.as_str()),
    }
}

fn figures(
    group: &[Toll],
    names: &Names<'_>,
    cite: &Citation<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = Table::indented(2);
    for toll in group {
        let people = Who {
            role: toll.who,
            sex: toll.sex,
            age: toll.age,
        };
        let indent = "  ".repeat(depth(people));
        let tone = if toll.conflicts.is_empty() {
            Tone::Strong
        } else {
            Tone::Alarm
        };
        table.row([
            Cell::from(format!("{indent}{}", who(people))),
            Cell::new(regrouped(&toll.words), tone),
            Cell::new(said_by(toll, names, cite), Tone::Quiet),
        ]);
    }
    table.write(out)
}

/// How far a group lies within another.
fn depth(people: Who) -> usize {
    let mut depth = usize::from(people.sex.is_some() || people.age.is_some());
    let mut role = people.role;
    while let Some(whole) = role.part_of() {
        depth += 1;
        role = whole;
    }
    depth + usize::from(role != Role::All)
}

/// Who said it and when, or how it follows.
fn said_by(toll: &Toll, names: &Names<'_>, cite: &Citation<'_>) -> String {
    const SHOWN: usize = 4;
    let mut said: Vec<String> = toll
        .claims
        .iter()
        .take(SHOWN)
        .map(|claim| said(claim, toll, names, cite))
        .collect();
    if toll.claims.len() > SHOWN {
        said.push(format!("and {} more", toll.claims.len() - SHOWN));
    }
    if said.is_empty() {
        let bounds = match toll.reading {
            Reading::Floor => &toll.floor,
            Reading::Point => &toll.point,
        };
        let proofs = bounds.least_by.iter().chain(&bounds.most_by);
        let mut derived: Vec<String> = proofs
            .map(|proof| {
                format!(
                    "{} ({})",
                    regrouped(&proof.expression),
                    cite.list(&proof.witnesses)
                )
            })
            .collect();
        derived.dedup();
        return format!("nobody says so; it follows: {}", derived.join(", "));
    }
    said.join("; ")
}

fn said(claim: &ClaimShown, toll: &Toll, names: &Names<'_>, cite: &Citation<'_>) -> String {
    let mut text = names.source(&claim.source);
    if !claim.via.is_empty() {
        text += &format!(
            " via {}",
            list(claim.via.iter().map(|source| names.source(source)))
        );
    }
    text += &format!(", {}", names.when(&claim.as_of));
    let is_said_alike = toll.claims.len() == 1 && claim.said == toll.words;
    let words = claim.words.as_ref().map(|words| format!("\"{words}\""));
    match (is_said_alike, words) {
        (true, None) => {}
        (true, Some(words)) => text += &format!(": {words}"),
        (false, None) => text += &format!(": {}", regrouped(&claim.said)),
        (false, Some(words)) => text += &format!(": {} {words}", regrouped(&claim.said)),
    }
    format!("{text} ({})", cite.of(ClaimRef::Claim(claim.claim)))
}

/// What stands beside a figure: its sum, what a window implies, warnings, clashes.
fn remarks(toll: &Toll, cite: &Citation<'_>, out: &mut dyn Write) -> io::Result<()> {
    let people = who(Who {
        role: toll.who,
        sex: toll.sex,
        age: toll.age,
    });
    if let Some(parts) = &toll.parts {
        let sum: Vec<String> = parts
            .parts
            .iter()
            .map(|part| interval(part.point))
            .collect();
        let whole = interval(toll.point.interval());
        let remainder = match parts.remainder {
            Interval {
                least: 0,
                most: Some(0),
            } => "nobody left over".to_owned(),
            other => format!("remainder {}", interval(other)),
        };
        let checks = if parts.sum_checks {
            "as counted"
        } else {
            "as counted, which does not add up"
        };
        paragraph(
            out,
            2,
            &format!(
                "{people} {checks}: {whole} = {}; {remainder}",
                sum.join(" + ")
            ),
            Tone::Plain,
        )?;
    }
    if let Some(implied) = &toll.implied {
        let bounds = Interval {
            least: implied.least,
            most: implied.most,
        };
        let text = format!(
            "{people}: {}, {} before the window ({})",
            implied.condition,
            interval(bounds),
            regrouped(&implied.expression)
        );
        paragraph(out, 2, &text, Tone::Plain)?;
    }
    for conflict in &toll.conflicts {
        let kind = match conflict.certainty {
            Certainty::Certain => "conflict",
            Certainty::Possible => "possible conflict",
        };
        let text = format!(
            "{kind}, {people}: {}; {} apart ({})",
            regrouped(&conflict.words),
            grouped(conflict.gap),
            cite.list(&conflict.claims)
        );
        paragraph(out, 2, &text, Tone::Alarm)?;
    }
    for flag in &toll.flags {
        let text = format!("note, {people}: {}", regrouped(&flag.words));
        paragraph(out, 2, &text, Tone::Warning)?;
    }
    Ok(())
}

fn evidence(toll: &Toll, cite: &Citation<'_>, out: &mut dyn Write) -> io::Result<()> {
    let people = who(Who {
        role: toll.who,
        sex: toll.sex,
        age: toll.age,
    });
    let mut table = Table::indented(4);
    for support in &toll.rests_on {
        table.row([
            Cell::new(cite.of(support.claim), Tone::Quiet),
            Cell::from(regrouped(&support.contributed)),
        ]);
    }
    for aside in &toll.set_aside {
        let by = aside
            .by
            .map(|by| format!(", by {}", cite.of(by)))
            .unwrap_or_default();
        let why = aside
            .retraction
            .map(|reason| format!(" ({})", spelled(reason.as_str())))
            .unwrap_or_default();
        table.row([
            Cell::new(cite.of(aside.claim), Tone::Quiet),
            Cell::from(format!(
                "set aside: {} of {}, {}{by}{why}",
                regrouped(&aside.said),
                aside.source,
                aside.reason.words()
            )),
        ]);
    }
    if !table.is_empty() {
        writeln!(out, "  {people}, {}, rests on", regrouped(&toll.words))?;
        table.write(out)?;
    }
    Ok(())
}
