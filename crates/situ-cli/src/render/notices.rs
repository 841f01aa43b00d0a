//! What changed, event by event, as it comes.

use std::io::{self, Write};

use situ_core::{ClaimRef, Event, Position, Recorded};
use situ_follow::Notice;
use situ_tolls::Conflict;

use super::changes;
use super::figure::brief;
use super::moment;
use super::names::Names;
use super::paint::Tone;
use super::services;
use super::summary::summary;
use super::table::{Cell, Table};

/// An event, then what it changed; what time did before it stands above.
pub(crate) fn of_event(
    recorded: &Recorded,
    event: &Event,
    notices: &[Notice],
    names: &Names<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let is_before = |notice: &Notice| notice.position() < recorded.position;
    let (before, by_event) = notices.split_at(notices.partition_point(is_before));
    of_time(before, names, out)?;
    if by_event.is_empty() {
        return Ok(());
    }
    head(recorded, event, names, out)?;
    rows(by_event, names, out)
}

/// What changed though nothing was learnt.
pub(crate) fn of_time(
    notices: &[Notice],
    names: &Names<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for notice in notices {
        if let Notice::Service(told) = notice {
            let at = names.moment(told.change.at);
            writeln!(out, "{}", Tone::Quiet.paint(&format!("{at}, time went by")))?;
        }
        rows(std::slice::from_ref(notice), names, out)?;
    }
    Ok(())
}

/// `@55  2026-02-05 18:12 PKT  ispr: killed non-state armed 216`.
fn head(
    recorded: &Recorded,
    event: &Event,
    names: &Names<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let position = at(recorded.position);
    let learnt = format!(
        "{} {}",
        moment::minute(recorded.learnt_at, names.zone),
        moment::zone_name(recorded.learnt_at, names.zone)
    );
    let said = summary(event, names);
    let said = match &event.source {
        Some(source) => format!("{}: {said}", source.origin),
        None => said,
    };
    let mut table = Table::default();
    table.row([
        Cell::new(position, Tone::Strong),
        Cell::new(learnt, Tone::Quiet),
        Cell::new(said, Tone::Plain),
    ]);
    table.write(out)
}

fn at(position: Position) -> String {
    format!("@{position}")
}

fn rows(notices: &[Notice], names: &Names<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::indented(2);
    let mut told: Vec<&[ClaimRef]> = Vec::new();
    for notice in notices {
        match notice {
            Notice::Figure(notice) => {
                let figure = notice.figure.display_in(names.zone).to_string();
                table.row([
                    Cell::new(figure, Tone::Strong),
                    Cell::new(notice.class.words(), changes::tone(notice.class)),
                    Cell::from(changes::arrow(notice.from.as_ref(), notice.to.as_ref())),
                ]);
                let is_told = |arose: &Conflict| told.contains(&arose.claims.as_slice());
                let (again, arose): (Vec<_>, Vec<_>) =
                    notice.arose.iter().cloned().partition(is_told);
                for text in changes::conflicts(&arose, &notice.settled, names) {
                    table.row(["".into(), "".into(), Cell::new(text, Tone::Alarm)]);
                }
                if arose.is_empty() && !again.is_empty() {
                    let text = "with a conflict told above";
                    table.row(["".into(), "".into(), Cell::new(text, Tone::Alarm)]);
                }
                told.extend(
                    notice
                        .arose
                        .iter()
                        .map(|conflict| conflict.claims.as_slice()),
                );
                if let Some(past) = &notice.past {
                    let then = names.moment(past.valid.0);
                    let (from, to) = (brief(past.from.as_ref()), brief(past.to.as_ref()));
                    let text = match &past.from {
                        Some(_) if from == to => format!("for {then}, as known now: {to} still"),
                        Some(_) => format!("for {then}, as known now: {from} → {to}"),
                        None => format!("for {then}, as known now: {to}"),
                    };
                    table.row(["".into(), "".into(), Cell::new(text, Tone::Quiet)]);
                }
            }
            Notice::Service(notice) => {
                let change = &notice.change;
                table.row([
                    Cell::new(change.id.to_string(), Tone::Strong),
                    Cell::new(change.class.words(), services::tone_of(change.class)),
                    Cell::from(services::became(change, names)),
                ]);
                if let Some(past) = &notice.past {
                    let then = names.moment(past.valid.0);
                    let [from, to] =
                        [&past.from, &past.to].map(|brief| services::in_a_word(brief.as_ref()));
                    let text = format!("for {then}, as known now: {from} → {to}");
                    table.row(["".into(), "".into(), Cell::new(text, Tone::Quiet)]);
                }
            }
        }
    }
    table.write(out)
}
