//! `situ check`: whether the file is whole and its answers repeat.

use std::collections::BTreeSet;

use serde::Serialize;
use situ_core::{
    AsOf, Census, Event, EventId, Instant, Known, Position, Projection as _, Recorded, ReplayError,
    SituationId, Valid, replay,
};
use situ_services::{Services, TimeToLive};
use situ_sqlite::{Prefix, SavedAt, SavedView, SqliteStore};
use situ_tolls::Tolls;

use crate::answer::{self, ResolvedAsOf};
use crate::exit::Exit;
use crate::ledger::{self, Citation};
use crate::render::number::plural;
use crate::render::paint::Tone;
use crate::run::Session;
use crate::saved;

/// The answer.
#[derive(Debug, Serialize)]
struct Checked {
    in_order: bool,
    head: Position,
    situations: usize,
    /// What is wrong with the file.
    findings: Vec<String>,
    /// At how many positions answers were compared.
    positions_compared: usize,
    /// How often an answer of a view fed piece by piece was compared with that of the whole.
    answers_compared: usize,
    /// Where they differ.
    differences: Vec<Difference>,
    /// Up to where views were saved that are what the log gives.
    saved: Vec<Position>,
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

/// What is saved, to be compared with what is folded when that gets there.
#[derive(Default)]
struct Saved {
    prefix: Prefix,
    views: Vec<(SavedView, Prefix)>,
    /// Up to where views were saved that are what the log gives.
    matches: BTreeSet<Position>,
    findings: Vec<String>,
}

/// An answer noted on the way, to be asked for again at the end.
struct Noted {
    view: &'static str,
    situation: SituationId,
    position: Position,
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

impl Saved {
    fn of(store: &SqliteStore) -> Self {
        let mut saved = Self::default();
        for view in saved::ALL {
            match store.saved_at(&[view]) {
                SavedAt::Nowhere | SavedAt::OtherVersion => {}
                SavedAt::Prefix(prefix) => saved.views.push((view, prefix)),
                SavedAt::Useless(why) => saved.finds(view, why),
            }
        }
        saved
    }

    fn finds(&mut self, view: SavedView, why: &str) {
        let name = view.name;
        self.findings.push(format!(
            "what is saved of {name} is of no use: {why}; `situ rebuild` saves it anew"
        ));
    }

    /// Goes on to the next event, and compares what was saved there with what is folded.
    fn take(&mut self, recorded: &Recorded, views: &Views, store: &SqliteStore) {
        if self.views.is_empty() {
            return;
        }
        self.prefix.take(recorded);
        let here = recorded.position;
        let is_here = |(_, prefix): &(SavedView, Prefix)| prefix.position() == here;
        for (view, prefix) in self
            .views
            .extract_if(.., |saved| is_here(saved))
            .collect::<Vec<_>>()
        {
            let Views {
                census,
                tolls,
                services,
                ..
            } = views;
            let mut parts = saved::parts(&view, tolls.register(), census, tolls, services);
            let is_same = |(name, bytes): (&str, Vec<u8>)| {
                store.saved_part(&view, &prefix, name) == Some(bytes)
            };
            if prefix != self.prefix {
                self.finds(view, "it is of another log");
            } else if !parts.all(is_same) {
                self.finds(view, "it is not what the log gives");
            } else {
                self.matches.insert(here);
            }
        }
    }
}

pub(crate) fn run(session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let store = ledger::open_to_read(session.global.store())?;
    let report = store.check()?;
    let mut saved = Saved::of(&store);
    let mut checked = Checked {
        in_order: false,
        head: report.head,
        situations: 0,
        findings: report.findings.iter().map(ToString::to_string).collect(),
        positions_compared: 0,
        answers_compared: 0,
        differences: Vec::new(),
        saved: Vec::new(),
        unknown_kinds: Vec::new(),
        dangling: Vec::new(),
    };
    match rows(&store, report.head, &mut checked.findings, session)
        .and_then(|()| compare(&store, report.head, session.now.instant(), &mut saved))
    {
        Ok((whole, noted)) => checked.take(&whole, &noted),
        Err(Stopped::Unreadable) => {}
        Err(Stopped::Failed(error)) => checked.findings.push(error.to_string()),
    }
    checked.findings.append(&mut saved.findings);
    checked.saved = saved.matches.into_iter().collect();
    checked.in_order = checked.findings.is_empty() && checked.differences.is_empty();
    print(&checked, &store, session)?;
    Ok(if checked.in_order {
        Exit::Answered
    } else {
        Exit::No
    })
}

/// Why answers could not be compared.
enum Stopped {
    /// An event does not read, as the findings say.
    Unreadable,
    Failed(ReplayError),
}

impl From<ReplayError> for Stopped {
    fn from(error: ReplayError) -> Self {
        Self::Failed(error)
    }
}

/// Looks at every event by itself.
fn rows(
    store: &SqliteStore,
    head: Position,
    findings: &mut Vec<String>,
    session: &mut Session<'_>,
) -> Result<(), Stopped> {
    let mut is_readable = true;
    replay(store, Position::START, |recorded| {
        match recorded.event() {
            Ok(event) => findings.extend(differences(recorded, &event)),
            Err(error) => {
                is_readable = false;
                findings.push(error.to_string());
            }
        }
        session.progress(recorded.position, head);
        Ok(())
    })?;
    if is_readable {
        Ok(())
    } else {
        Err(Stopped::Unreadable)
    }
}

/// Where the row of an event does not say what the event in it says.
fn differences(recorded: &Recorded, event: &Event) -> Vec<String> {
    let position = recorded.position;
    let mut differences = Vec::new();
    let learnt_at = event.learnt_at.unwrap_or(recorded.recorded_at);
    if recorded.learnt_at != learnt_at {
        differences.push(format!(
            "the event at position {position} stands as learnt at {}, and says {learnt_at}",
            recorded.learnt_at
        ));
    }
    if !recorded.is_readable() {
        return differences;
    }
    let mut body = Vec::new();
    match event.encode(&mut body) {
        Err(error) => differences.push(format!(
            "the event at position {position} would be refused: {error}"
        )),
        Ok(()) if body != recorded.body.as_bytes() => {
            let same = body.iter().zip(recorded.body.as_bytes());
            let at = same
                .take_while(|(written, stored)| written == stored)
                .count();
            differences.push(format!(
                "the event at position {position} is not stored as situ writes it, from byte {} of its body on",
                at + 1
            ));
        }
        Ok(()) => {}
    }
    differences
}

/// Folds the log once, noting answers on the way, then once more from the start.
fn compare(
    store: &SqliteStore,
    head: Position,
    now: Instant,
    saved: &mut Saved,
) -> Result<(Views, Vec<Noted>), Stopped> {
    let stops = stops(head);
    let mut views = Views::default();
    let mut noted = Vec::new();
    replay(store, Position::START, |recorded| {
        views.apply(recorded)?;
        saved.take(recorded, &views, store);
        if stops.contains(&recorded.position) {
            let head = (recorded.position == head).then_some(now);
            views.note(recorded, head, &mut noted);
        }
        Ok(())
    })?;
    let mut whole = Views::default();
    replay(store, Position::START, |recorded| whole.apply(recorded))?;
    Ok((whole, noted))
}

/// Where answers are compared: the end, and before it so few places, and so early ones, that all of them cost less than
/// the end alone; all positions of the shortest logs.
fn stops(head: Position) -> BTreeSet<Position> {
    const SHORT: u64 = 32;
    let head = head.get();
    let first = (1..=head).take_while(|_| head <= SHORT);
    let powers = (0..).map(|power| 4_u64.saturating_pow(power));
    let spread = powers.take_while(|position| *position < head);
    let stops = first.chain(spread).chain([head]);
    stops
        .filter(|position| *position > 0)
        .map(Position::new)
        .collect()
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

    /// Notes what is answered about the situation of an event when it was learnt, or at the head about all of them now.
    fn note(&self, recorded: &Recorded, head: Option<Instant>, noted: &mut Vec<Noted>) {
        let as_of = AsOf {
            valid: Valid(head.unwrap_or(recorded.learnt_at)),
            known: Known::Position(recorded.position),
        };
        let situations = self.situations.iter();
        for situation in situations.filter(|id| head.is_some() || **id == recorded.situation) {
            for view in [Tolls::NAME, Services::NAME, Census::NAME] {
                noted.push(Noted {
                    view,
                    situation: situation.clone(),
                    position: recorded.position,
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
        let positions: BTreeSet<Position> = noted.iter().map(|note| note.position).collect();
        self.positions_compared = positions.len();
        for note in noted {
            if whole.answer(note.view, &note.situation, note.as_of) != note.answer {
                self.differences.push(Difference {
                    view: note.view,
                    situation: note.situation.clone(),
                    position: note.position,
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
    for position in &checked.saved {
        writeln!(
            out,
            "note: what is saved up to @{position} is what the log gives"
        )?;
    }
    let path = session.global.store().display();
    if checked.in_order {
        writeln!(
            out,
            "{path}: {}; {} in {}, head is {}; {} at {} repeat",
            Tone::Good.paint("in order"),
            plural(
                usize::try_from(checked.head.get()).unwrap_or(usize::MAX),
                "event"
            ),
            plural(checked.situations, "situation"),
            checked.head,
            plural(checked.answers_compared, "answer"),
            plural(checked.positions_compared, "position"),
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

#[cfg(test)]
mod tests {
    use situ_core::{Name, SourceDescribed, SourceId, SourceKind};

    use super::*;

    fn recorded() -> Recorded {
        let described = SourceDescribed {
            id: SourceId::new("ispr").unwrap(),
            name: Name::new("ISPR").unwrap(),
            kind: SourceKind::Military,
            party: None,
        };
        let at = Instant::from_unix_nanos(0);
        let id = EventId::from_content(at, [1; 10]);
        let event = Event::new(id, SituationId::new("s").unwrap(), described);
        let mut body = Vec::new();
        event.encode(&mut body).unwrap();
        Recorded {
            position: Position::new(7),
            recorded_at: at,
            learnt_at: at,
            id,
            situation: event.situation.clone(),
            kind: event.payload.kind(),
            version: event.payload.version(),
            body: String::from_utf8(body).unwrap().into(),
        }
    }

    #[test]
    fn a_row_that_does_not_say_what_its_event_says_is_found() {
        let found = |recorded: &Recorded| differences(recorded, &recorded.event().unwrap());
        assert!(found(&recorded()).is_empty());
        let learnt = Recorded {
            learnt_at: Instant::from_unix_nanos(1_000_000_000),
            ..recorded()
        };
        assert_eq!(
            found(&learnt),
            [
                "the event at position 7 stands as learnt at 1970-01-01T00:00:01Z, and says 1970-01-01T00:00:00Z"
            ]
        );
        let respelled = Recorded {
            body: recorded().body.replacen(':', ": ", 1).into(),
            ..recorded()
        };
        assert_eq!(
            found(&respelled),
            [
                "the event at position 7 is not stored as situ writes it, from byte 12 of its body on"
            ]
        );
    }

    #[test]
    fn answers_are_compared_at_every_position_of_a_short_log_and_at_few_of_a_long_one() {
        let at = |head| -> Vec<u64> {
            let stops = stops(Position::new(head));
            stops.into_iter().map(Position::get).collect()
        };
        assert!(at(0).is_empty());
        assert_eq!(at(3), [1, 2, 3]);
        assert_eq!(at(7501), [1, 4, 16, 64, 256, 1024, 4096, 7501]);
    }
}
