//! `situ check`: whether the file is whole and its answers repeat.

use std::collections::BTreeSet;

use serde::Serialize;
use situ_core::{
    AsOf, Census, EventId, Instant, Known, Position, Projection as _, Recorded, SituationId, Valid,
    replay,
};
use situ_services::{Services, TimeToLive};
use situ_sqlite::SqliteStore;
use situ_tolls::Tolls;

use crate::answer::{self, ResolvedAsOf};
use crate::exit::Exit;
use crate::ledger::{self, Citation};
use crate::render::number::{grouped, plural};
use crate::render::paint::Tone;
use crate::run::Session;

/// The answer.
#[derive(Debug, Serialize)]
struct Checked {
    in_order: bool,
    head: Position,
    situations: usize,
    /// What is wrong with the file.
    findings: Vec<String>,
    /// How often an answer of a view fed piece by piece was compared with that of the whole.
    answers_compared: usize,
    /// Where they differ.
    differences: Vec<Difference>,
    /// Kinds and versions this program does not know; kept, and no fault.
    unknown_kinds: Vec<UnknownKind>,
    /// References to events that are not there; no fault, they may come.
    dangling: Vec<Dangling>,
}

#[derive(Debug, Serialize)]
struct Difference {
    view: &'static str,
    situation: SituationId,
    position: Position,
}

#[derive(Debug, Serialize)]
struct UnknownKind {
    kind: String,
    version: u16,
    events: usize,
}

#[derive(Debug, Serialize)]
struct Dangling {
    event: EventId,
    field: &'static str,
    missing: EventId,
}

/// An answer noted on the way, to be asked for again at the end.
struct Noted {
    view: &'static str,
    situation: SituationId,
    as_of: AsOf,
    answer: String,
}

/// Every view of the command, fed together.
#[derive(Default)]
struct Views {
    census: Census,
    tolls: Tolls,
    services: Services,
    situations: BTreeSet<SituationId>,
}

pub(crate) fn run(session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let store = ledger::open_to_read(session.global.store())?;
    let report = store.check()?;
    let mut checked = Checked {
        in_order: false,
        head: report.head,
        situations: 0,
        findings: report.findings.iter().map(ToString::to_string).collect(),
        answers_compared: 0,
        differences: Vec::new(),
        unknown_kinds: Vec::new(),
        dangling: Vec::new(),
    };
    match compare(&store, report.head, session) {
        Ok((whole, noted)) => checked.take(&whole, &noted),
        Err(error) => checked.findings.push(format!("{error:#}")),
    }
    checked.in_order = checked.findings.is_empty() && checked.differences.is_empty();
    print(&checked, &store, session)?;
    Ok(if checked.in_order {
        Exit::Answered
    } else {
        Exit::No
    })
}

/// Folds the log once, noting answers on the way, then once more from the start.
fn compare(
    store: &SqliteStore,
    head: Position,
    session: &mut Session<'_>,
) -> anyhow::Result<(Views, Vec<Noted>)> {
    let stops = stops(head);
    let now = session.now.instant();
    let mut views = Views::default();
    let mut noted = Vec::new();
    replay(store, Position::START, |recorded| {
        views.apply(recorded)?;
        if stops.contains(&recorded.position) {
            views.note(recorded.learnt_at, recorded.position, &mut noted);
            views.note(now, recorded.position, &mut noted);
        }
        progress(recorded.position, head, session);
        Ok(())
    })?;
    let mut whole = Views::default();
    replay(store, Position::START, |recorded| whole.apply(recorded))?;
    Ok((whole, noted))
}

/// Where answers are compared: the first events, the end, and places between.
fn stops(head: Position) -> BTreeSet<Position> {
    const PLACES: u64 = 16;
    let head = head.get();
    let spread = (1..=PLACES).map(|place| head * place / PLACES);
    let stops = (1..=4)
        .chain(spread)
        .filter(|position| (1..=head).contains(position));
    stops.map(Position::new).collect()
}

/// A sign of life on standard error, for logs that take a while.
fn progress(position: Position, head: Position, session: &mut Session<'_>) {
    const STEP: u64 = 250_000;
    if position.get().is_multiple_of(STEP) {
        // Nobody is worse off if this cannot be written.
        let _ = writeln!(
            session.err,
            "read {} of {} events",
            grouped(position.get()),
            grouped(head.get())
        );
    }
}

impl Views {
    fn apply(&mut self, recorded: &Recorded) -> Result<(), situ_core::DecodeError> {
        if !self.situations.contains(&recorded.situation) {
            self.situations.insert(recorded.situation.clone());
        }
        self.census.apply(recorded)?;
        self.tolls.apply(recorded)?;
        self.services.apply(recorded)?;
        Ok(())
    }

    fn note(&self, valid: Instant, position: Position, noted: &mut Vec<Noted>) {
        let as_of = AsOf {
            valid: Valid(valid),
            known: Known::Position(position),
        };
        for situation in &self.situations {
            for view in [Tolls::NAME, Services::NAME, Census::NAME] {
                noted.push(Noted {
                    view,
                    situation: situation.clone(),
                    as_of,
                    answer: self.answer(view, situation, as_of),
                });
            }
        }
    }

    fn answer(&self, view: &str, situation: &SituationId, as_of: AsOf) -> String {
        match view {
            Tolls::NAME => json(
                &self
                    .tolls
                    .at(situation, as_of, &situ_tolls::Question::default())
                    .tolls,
            ),
            // The position of the view itself differs, and should.
            Services::NAME => json(
                &self
                    .services
                    .at(situation, as_of, &TimeToLive::default())
                    .services,
            ),
            _ => format!("{:?}", self.census.at(Some(situation), as_of.known)),
        }
    }
}

fn json<T: Serialize>(answer: &T) -> String {
    serde_json::to_string(answer).expect("answers have string keys")
}

impl Checked {
    fn take(&mut self, whole: &Views, noted: &[Noted]) {
        self.situations = whole.situations.len();
        self.answers_compared = noted.len();
        for note in noted {
            if whole.answer(note.view, &note.situation, note.as_of) != note.answer {
                let Known::Position(position) = note.as_of.known else {
                    continue;
                };
                self.differences.push(Difference {
                    view: note.view,
                    situation: note.situation.clone(),
                    position,
                });
            }
        }
        let report = whole.census.at(None, Known::Position(self.head));
        for ((kind, version), events) in report.unknown {
            self.unknown_kinds.push(UnknownKind {
                kind: kind.to_string(),
                version,
                events,
            });
        }
        for reference in report.dangling {
            self.dangling.push(Dangling {
                event: reference.from,
                field: reference.field,
                missing: reference.to,
            });
        }
    }
}

fn print(checked: &Checked, store: &SqliteStore, session: &mut Session<'_>) -> anyhow::Result<()> {
    if session.global.json {
        return answer::write(
            session.out,
            ResolvedAsOf::head(session.now.instant(), checked.head),
            checked,
        );
    }
    let out = &mut *session.out;
    for finding in &checked.findings {
        writeln!(out, "{} {finding}", Tone::Alarm.paint("wrong:"))?;
    }
    for difference in &checked.differences {
        let Difference {
            view,
            situation,
            position,
        } = difference;
        writeln!(
            out,
            "{} {view} of {situation} at @{position} differs when fed piece by piece",
            Tone::Alarm.paint("wrong:")
        )?;
    }
    for unknown in &checked.unknown_kinds {
        let events = plural(unknown.events, "event");
        writeln!(
            out,
            "note: {events} of kind {} version {}, which this version does not know; kept as they are",
            unknown.kind, unknown.version
        )?;
    }
    for dangling in &checked.dangling {
        let event = Citation(store).event(dangling.event);
        writeln!(
            out,
            "note: {event} refers to {} in {}, which is not in the log",
            dangling.missing, dangling.field
        )?;
    }
    let path = session.global.store().display();
    if checked.in_order {
        writeln!(
            out,
            "{path}: {}; {} in {}, head is {}; {} repeat",
            Tone::Good.paint("in order"),
            plural(
                usize::try_from(checked.head.get()).unwrap_or(usize::MAX),
                "event"
            ),
            plural(checked.situations, "situation"),
            checked.head,
            plural(checked.answers_compared, "answer"),
        )?;
    } else {
        let wrong = checked.findings.len() + checked.differences.len();
        writeln!(
            out,
            "{path}: {}",
            Tone::Alarm.paint(&format!("not in order: {} wrong", plural(wrong, "thing")))
        )?;
    }
    Ok(())
}
