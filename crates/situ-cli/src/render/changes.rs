//! How figures changed, as a page and as a chart.

use std::io::{self, Write};

use situ_core::{ClaimRef, Instant, Interval, Known};
use situ_tolls::{
    Brief, Cause, CauseClaim, Change, ChangeClass, Conflict, Difference, DifferenceKind, FigureName,
};

use super::chart::{self, Point, Row};
use super::figure::{brief, origin, spoken};
use super::names::{Names, list};
use super::number::{plural, regrouped};
use super::paint::Tone;
use super::table::{Cell, Table, paragraph};
use super::why::in_words;

/// One change after another.
pub(crate) fn history(
    changes: &[Change],
    figure: &FigureName,
    names: &Names<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = Table::indented(2);
    for change in changes {
        let arrow = arrow(change.from.as_ref(), change.to.as_ref());
        table.row([
            Cell::new(moment(change, names), Tone::Quiet),
            Cell::new(change.class.words(), tone(change.class)),
            Cell::new(arrow, Tone::Strong),
        ]);
        let causes = causes(&change.causes, figure, names);
        table.row(["".into(), "".into(), Cell::new(causes, Tone::Quiet)]);
        for text in conflicts(&change.arose, &change.settled, names) {
            table.row(["".into(), "".into(), Cell::new(text, Tone::Alarm)]);
        }
    }
    table.write(out)
}

pub(crate) const fn tone(class: ChangeClass) -> Tone {
    match class {
        ChangeClass::Correction | ChangeClass::Retraction | ChangeClass::ConflictArose => {
            Tone::Alarm
        }
        ChangeClass::LateArrival | ChangeClass::Repetition => Tone::Quiet,
        _ => Tone::Plain,
    }
}

/// When it was learnt, or where it was recorded.
fn moment(change: &Change, names: &Names<'_>) -> String {
    match change.known {
        Known::Position(position) => format!("@{position}"),
        Known::Learnt(learnt) => names.moment(learnt),
    }
}

/// "197 → 216", or the figure that stayed.
pub(crate) fn arrow(before: Option<&Brief>, after: Option<&Brief>) -> String {
    let (from, to) = (brief(before), brief(after));
    if from == to {
        return format!("{to} still");
    }
    if before.is_none() {
        return to;
    }
    format!("{from} → {to}")
}

/// The most events told of one change.
const CAUSES: usize = 4;

/// The events and their claims, the figure left out where it is the one asked about: "216 by ISPR, as of 5 Feb @55#1".
fn causes(causes: &[Cause], figure: &FigureName, names: &Names<'_>) -> String {
    let told = causes.iter().take(CAUSES);
    let told: Vec<String> = told.map(|cause| told_cause(cause, figure, names)).collect();
    let more = match causes.len().saturating_sub(CAUSES) {
        0 => String::new(),
        more => format!("; and {more} more (--json)"),
    };
    format!("{}{more}", told.join("; "))
}

fn told_cause(cause: &Cause, figure: &FigureName, names: &Names<'_>) -> String {
    let event = names.cite.event(cause.event);
    let Some(first) = cause.claims.first() else {
        return format!("{} {event}", cause.class.words());
    };
    let by = format!(
        "{}, as of {}",
        origin(&first.claim, names),
        names.when(&first.claim.as_of)
    );
    let claims: Vec<String> = cause
        .claims
        .iter()
        .map(|claim| {
            let said = regrouped(&claim.claim.said);
            let cited = names.cite.of(ClaimRef::Claim(claim.claim.claim));
            match is_of(claim, figure) {
                true if cause.claims.len() == 1 => format!("{said} by {by} {cited}"),
                true => format!("{said} {cited}"),
                false => format!("{said} {} {cited}", spoken(&claim.figure, names)),
            }
        })
        .collect();
    let is_alone = cause.claims.len() == 1 && is_of(first, figure);
    let claims = if is_alone {
        claims.join("")
    } else {
        format!("{by}: {}", claims.join("; "))
    };
    let is_its_own = first.claim.claim.event == cause.event;
    match cause.class {
        _ if is_its_own => claims,
        ChangeClass::Restoration => format!("{event} restores {claims}"),
        _ => format!("{event} takes back {claims}"),
    }
}

/// Whether a claim is one of a figure.
fn is_of(claim: &CauseClaim, figure: &FigureName) -> bool {
    claim.figure == *figure || claim.figure.clone().without_start() == *figure
}

/// The widest conflict that arose, how many more, and how many were settled.
pub(crate) fn conflicts(
    arose: &[Conflict],
    settled: &[Conflict],
    names: &Names<'_>,
) -> Vec<String> {
    let mut texts = Vec::new();
    if let Some(widest) = arose.first() {
        let more = match arose.len() - 1 {
            0 => String::new(),
            more => format!("; and {more} more arose"),
        };
        texts.push(format!("{} arose{more}", in_words(widest, names)));
    }
    if !settled.is_empty() {
        texts.push(format!("{} settled", plural(settled.len(), "conflict")));
    }
    texts
}

/// A day in nanoseconds.
const DAY: i64 = 86_400_000_000_000;
/// From how many days on a chart says that nothing changed.
const GAP_DAYS: i64 = 4;

/// The figure after each change, on one axis.
pub(crate) fn chart(changes: &[Change], names: &Names<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut rows: Vec<Row> = Vec::new();
    let mut last: Option<Instant> = None;
    for change in changes.iter().filter(|change| change.is_seen()) {
        let learnt = change.causes.iter().map(|cause| cause.learnt_at).max();
        let days = |(from, to): (Instant, Instant)| (to.unix_nanos() - from.unix_nanos()) / DAY;
        let gap = last.zip(learnt).map_or(0, days);
        if gap >= GAP_DAYS {
            rows.push(Row::Note(format!("{gap} days without a change")));
        }
        last = learnt;
        rows.push(Row::Point(point(moment(change, names), change.to.as_ref())));
    }
    chart::write(&rows, out)
}

/// A figure as a row of a chart.
pub(crate) fn point(label: String, brief: Option<&Brief>) -> Point {
    let disputed = |brief: &Brief| brief.flags.contains(&situ_tolls::FlagKind::Disputed);
    let mut remarks: Vec<String> = Vec::new();
    if let Some(brief) = brief {
        if disputed(brief) {
            remarks.push(regrouped(&brief.words));
        }
        if brief.conflicts > 0 {
            remarks.push(plural(brief.conflicts, "conflict"));
        }
    }
    let is_doubtful = brief.is_some_and(|brief| disputed(brief) || brief.conflicts > 0);
    Point {
        label,
        shown: brief.and_then(|brief| brief.shown),
        interval: brief.map_or(Interval::ANY, |brief| Interval {
            least: brief.least,
            most: brief.most,
        }),
        remark: remarks.join(", "),
        tone: if is_doubtful {
            Tone::Alarm
        } else {
            Tone::Plain
        },
    }
}

/// Every figure that differs, and why.
pub(crate) fn differences(
    differences: &[Difference],
    names: &Names<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (index, difference) in differences.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let figure = difference.figure.display_in(names.zone).to_string();
        let (from, to) = (
            brief(difference.from.as_ref()),
            brief(difference.to.as_ref()),
        );
        let changed = match difference.kind {
            DifferenceKind::Appeared => format!("new: {to}"),
            DifferenceKind::Went => format!("gone: was {from}"),
            DifferenceKind::Changed if from == to => format!("{to} still"),
            DifferenceKind::Changed => format!("{from} → {to}"),
        };
        writeln!(out, "{}  {changed}", Tone::Strong.paint(&figure))?;
        beyond(difference, names, out)?;
        let mut table = Table::indented(2);
        for cause in &difference.because {
            table.row([
                Cell::new(names.moment(cause.learnt_at), Tone::Quiet),
                Cell::from(cause.class.words()),
                Cell::new(told_cause(cause, &difference.figure, names), Tone::Quiet),
            ]);
        }
        table.write(out)?;
    }
    Ok(())
}

/// What a number does not show: flags and conflicts that came and went.
fn beyond(difference: &Difference, names: &Names<'_>, out: &mut dyn Write) -> io::Result<()> {
    let flags = |brief: Option<&Brief>| brief.map_or(Vec::new(), |brief| brief.flags.clone());
    let (before, after) = (
        flags(difference.from.as_ref()),
        flags(difference.to.as_ref()),
    );
    let spelled =
        |flags: Vec<situ_tolls::FlagKind>| list(flags.into_iter().map(super::toll::flag_name));
    let new: Vec<_> = after
        .iter()
        .filter(|flag| !before.contains(flag))
        .copied()
        .collect();
    let gone: Vec<_> = before
        .iter()
        .filter(|flag| !after.contains(flag))
        .copied()
        .collect();
    if !new.is_empty() {
        paragraph(out, 2, &format!("now {}", spelled(new)), Tone::Warning)?;
    }
    if !gone.is_empty() {
        paragraph(out, 2, &format!("no longer {}", spelled(gone)), Tone::Quiet)?;
    }
    if let Some(widest) = difference.arose.first() {
        let more = match difference.arose.len() - 1 {
            0 => String::new(),
            more => format!("; and {more} more"),
        };
        let text = format!("{}{more}", in_words(widest, names));
        paragraph(out, 2, &text, Tone::Alarm)?;
    }
    if !difference.settled.is_empty() {
        let settled = plural(difference.settled.len(), "conflict");
        paragraph(out, 2, &format!("{settled} settled"), Tone::Quiet)?;
    }
    Ok(())
}
