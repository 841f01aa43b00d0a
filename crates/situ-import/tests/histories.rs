//! Any history, against a model that keeps every version whole.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use proptest::prelude::*;
use serde_json::{Value, json};
use situ_core::{
    ClaimRef, EventStore as _, Instant, Known, Name, Payload, Position, Projection as _,
    RecordField, SituationId, replay,
};
use situ_import::{History, Mapping, RecordKey, Records, Said, Source as _, VersionsTold, import};

mod taken;

use taken::Log;

const MAPPING: &str = r#"
dataset = "floods"
shape = "history"
[situation]
id = "floods-2026"
zone = "Etc/UTC"
opened = "2026-01-01T00:00:00Z"
[publisher]
id = "desk"
[values]
absent = ["missing"]
[as_of]
[[figures]]
fields = ["dead"]
outcome = "killed"
period = "cumulative"
"#;

const KEYS: [&str; 3] = ["2026-01-30", "2026-01-31", "2026-02-01"];
const FIELDS: [&str; 2] = ["dead", "note"];

/// A record, by its fields.
type Record = BTreeMap<&'static str, Value>;

/// A version: which hour of the day it became known, and what it does to records.
#[derive(Debug, Clone)]
struct Version {
    hour: u32,
    changes: Vec<Change>,
}

#[derive(Debug, Clone)]
struct Change {
    key: usize,
    field: usize,
    /// What the field says; `None`: nothing any more.
    value: Option<Value>,
    /// Whether the whole record goes, if it is there.
    removes: bool,
}

fn value() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        (0..4_u32).prop_map(|number| Some(json!(number))),
        Just(Some(json!("missing"))),
        Just(Some(json!("some"))),
        Just(None),
    ]
}

fn versions() -> impl Strategy<Value = Vec<Version>> {
    let change = (
        0..KEYS.len(),
        0..FIELDS.len(),
        value(),
        prop::bool::weighted(0.2),
    );
    let change = change.prop_map(|(key, field, value, removes)| Change {
        key,
        field,
        value,
        removes,
    });
    let version = (0..24_u32, prop::collection::vec(change, 0..5));
    let version = version.prop_map(|(hour, changes)| Version { hour, changes });
    prop::collection::vec(version, 1..8)
}

/// The lines of a history, and every version of it whole.
struct Told {
    lines: String,
    states: Vec<BTreeMap<&'static str, Record>>,
    /// Whether it changed something; one that does not is told as one that cannot be read.
    is_read: Vec<bool>,
}

impl Told {
    fn of(versions: &[Version]) -> Self {
        let mut told = Self {
            lines: String::new(),
            states: Vec::new(),
            is_read: Vec::new(),
        };
        let mut state: BTreeMap<&'static str, Record> = BTreeMap::new();
        for (seq, version) in (1..).zip(versions) {
            let mut operations = Vec::new();
            for change in &version.changes {
                let (key, field) = (KEYS[change.key], FIELDS[change.field]);
                let new = change.value.clone();
                let Some(record) = state.get_mut(key) else {
                    let record: Record = new.into_iter().map(|new| (field, new)).collect();
                    operations.push(json!({"op": "record_added", "key": key, "value": record}));
                    state.insert(key, record);
                    continue;
                };
                if change.removes {
                    operations.push(json!({"op": "record_removed", "key": key}));
                    state.remove(key);
                    continue;
                }
                let old = match &new {
                    Some(new) => record.insert(field, new.clone()),
                    None => record.remove(field),
                };
                match (old, new) {
                    (Some(old), Some(new)) => operations.push(
                        json!({"op": "field_changed", "key": key, "field": field, "old": old, "new": new}),
                    ),
                    (None, Some(new)) => {
                        operations.push(json!({"op": "field_added", "key": key, "field": field, "new": new}));
                    }
                    (Some(old), None) => {
                        operations.push(
                            json!({"op": "field_removed", "key": key, "field": field, "old": old}),
                        );
                    }
                    (None, None) => continue,
                }
            }
            told.is_read.push(!operations.is_empty());
            if operations.is_empty() {
                operations.push(json!({"op": "version_unparseable", "error": "cut off"}));
            }
            for operation in operations {
                let mut all = json!({"seq": seq, "known_at": known_at(version).to_string()});
                let object = all.as_object_mut().unwrap();
                object.extend(operation.as_object().unwrap().clone());
                writeln!(told.lines, "{all}").unwrap();
            }
            told.states.push(state.clone());
        }
        told
    }

    /// The figures that stand after so many versions, by the day they are of: of each record what it last said that could be read.
    fn standing(&self, versions: usize) -> BTreeMap<String, u64> {
        let mut standing = BTreeMap::new();
        for state in &self.states[..versions] {
            for key in KEYS {
                match state.get(key).map(|record| record.get("dead")) {
                    Some(Some(Value::Number(number))) => {
                        standing.insert(key.to_owned(), number.as_u64().unwrap());
                    }
                    Some(Some(said)) if said == "some" => {}
                    _ => {
                        standing.remove(key);
                    }
                }
            }
        }
        standing
    }
}

fn known_at(version: &Version) -> Instant {
    format!("2026-02-02T{:02}:00:00Z", version.hour)
        .parse()
        .unwrap()
}

/// The last version that can be read of those known then: whoever knew it knew what it holds.
fn last_known(versions: &[Version], model: &Told, then: Instant) -> Option<usize> {
    let known = |number: &usize| model.is_read[*number] && known_at(&versions[*number]) <= then;
    (0..versions.len()).rfind(known)
}

fn told(log: &mut Log, lines: &str, changes: &str) -> std::io::Result<()> {
    let mapping = Mapping::from_toml(&format!("{MAPPING}[changes]\nas = \"{changes}\"\n")).unwrap();
    let mut versions = VersionsTold::of(&mapping);
    replay(&log.store, Position::START, |recorded| {
        versions.apply(recorded)
    })
    .unwrap();
    let input = std::io::Cursor::new(lines.to_owned());
    let mut history = History::new(Box::new(input), mapping).following(versions);
    match import(&mut history, log) {
        Ok(_) => Ok(()),
        Err(situ_import::ImportError::Read(error)) => Err(error),
        Err(situ_import::ImportError::Outlet(error)) => panic!("{error}"),
    }
}

/// When a claim became known and where it stands, its name, and what it says of which day.
type Claim = ((Instant, Position), situ_core::ClaimId, (String, u64));

/// What stands in a log as known then, by the day.
fn standing(log: &Log, known: Known) -> BTreeMap<String, u64> {
    let mut claims: Vec<Claim> = Vec::new();
    replay(&log.store, Position::START, |recorded| {
        if !known.includes(recorded.learnt_at, recorded.position) {
            return Ok(());
        }
        let event = recorded.event()?;
        match event.payload {
            Payload::CasualtiesReported(reported) => {
                for (number, figure) in (1..).zip(&reported.figures) {
                    let day = event.occurred.as_ref().unwrap().edtf().to_string();
                    let claim = situ_core::ClaimId {
                        event: event.id,
                        figure: number,
                    };
                    let said = (day, figure.quantity.shown().unwrap());
                    claims.push(((recorded.learnt_at, recorded.position), claim, said));
                }
            }
            Payload::ClaimRetracted(retracted) => {
                if let ClaimRef::Claim(claim) = retracted.target {
                    claims.retain(|(_, told, _)| *told != claim);
                }
            }
            _ => {}
        }
        Ok(())
    })
    .unwrap();
    // Of two that stand, the one that became known later revises the other.
    claims.sort_by_key(|(known, ..)| *known);
    claims.into_iter().map(|(_, _, said)| said).collect()
}

fn check(versions: &[Version], changes: &str) {
    let model = Told::of(versions);
    let mut log = Log::default();
    told(&mut log, &model.lines, changes).unwrap();
    let mut records = Records::default();
    replay(&log.store, Position::START, |recorded| {
        records.apply(recorded)
    })
    .unwrap();
    let situation = SituationId::new("floods-2026").unwrap();
    let dataset = Name::new("floods").unwrap();
    let ask = |key: &str, field: &str, known: Known| {
        let record = RecordKey {
            situation: situation.clone(),
            dataset: dataset.clone(),
            key: Name::new(key).unwrap(),
        };
        match records.field(&record, &Name::new(field).unwrap(), known) {
            Said::Present { field, .. } => match field {
                RecordField::Stated(said) | RecordField::Derived(said) => {
                    let said = said.as_ref().unwrap().as_str();
                    Some(Some(serde_json::from_str::<Value>(said).unwrap()))
                }
            },
            Said::FieldAbsent { .. } => Some(None),
            Said::RecordAbsent => None,
        }
    };
    for (number, version) in versions.iter().enumerate() {
        let seq = number as u64 + 1;
        let position = records.version(&situation, &dataset, seq).unwrap();
        for (key, field) in KEYS.iter().flat_map(|key| FIELDS.map(|field| (key, field))) {
            let state = model.states[number].get(key);
            assert_eq!(
                ask(key, field, Known::Position(position)),
                state.map(|record| record.get(field).cloned()),
                "{key} {field} in version {seq}"
            );
            let then = known_at(version);
            let state =
                last_known(versions, &model, then).and_then(|last| model.states[last].get(key));
            assert_eq!(
                ask(key, field, Known::Learnt(then)),
                state.map(|record| record.get(field).cloned()),
                "{key} {field} as known at {then}"
            );
        }
    }
    let all = Known::Position(log.store.head().unwrap());
    assert_eq!(standing(&log, all), model.standing(versions.len()));
    // What could not be read changes nothing, which a time that runs backwards says nothing of.
    let is_read = !model.lines.contains("\"some\"");
    for then in versions.iter().map(known_at).filter(|_| is_read) {
        let known = last_known(versions, &model, then).map_or(0, |last| last + 1);
        let known = model.standing(known);
        assert_eq!(
            standing(&log, Known::Learnt(then)),
            known,
            "as known at {then}"
        );
    }
    // From any point on, importing it all again adds what is missing, and then nothing.
    let half: usize = model.lines.lines().count() / 2;
    let mut again = Log::default();
    let begin: String = model.lines.split_inclusive('\n').take(half).collect();
    let is_cut_between = model.lines.lines().nth(half).is_none_or(|line| {
        let seq = |line: &str| serde_json::from_str::<Value>(line).unwrap()["seq"].clone();
        model
            .lines
            .lines()
            .take(half)
            .last()
            .is_none_or(|last| seq(last) != seq(line))
    });
    if is_cut_between {
        told(&mut again, &begin, changes).unwrap();
    }
    told(&mut again, &model.lines, changes).unwrap();
    told(&mut again, &model.lines, changes).unwrap();
    let all = |log: &Log| {
        let events = log.store.read_after(Position::START, 1000).unwrap();
        events
            .iter()
            .map(situ_core::Recorded::to_line)
            .collect::<Vec<_>>()
    };
    assert_eq!(all(&log), all(&again));
}

proptest! {
    #[test]
    fn any_history_answers_as_its_versions_do(versions in versions()) {
        check(&versions, "correction");
        check(&versions, "revision");
    }

    #[test]
    fn a_version_whose_time_was_another_is_told(versions in versions(), at in 0..8_usize) {
        let at = at % versions.len();
        let mut rewritten = versions.clone();
        rewritten[at].hour = (rewritten[at].hour + 1) % 24;
        let (before, after) = (Told::of(&versions).lines, Told::of(&rewritten).lines);
        prop_assume!(before != after);
        let mut log = Log::default();
        told(&mut log, &before, "correction").unwrap();
        let head = log.store.head().unwrap();
        let error = told(&mut log, &after, "correction").unwrap_err().to_string();
        prop_assert!(error.contains("its past was rewritten"), "{}", error);
        prop_assert_eq!(log.store.head().unwrap(), head);
        // The same moment, written otherwise.
        log.rejects.clear();
        told(&mut log, &before.replace(":00:00Z", ":00:00+00:00"), "correction").unwrap();
        prop_assert!(log.rejects.iter().all(|reject| !reject.contains("RecordPublished")));
        prop_assert_eq!(log.store.head().unwrap(), head);
    }
}

#[test]
fn versions_that_are_gone_are_told() {
    let version = |hour| Version {
        hour,
        changes: vec![Change {
            key: 0,
            field: 0,
            value: Some(json!(hour)),
            removes: false,
        }],
    };
    let mut log = Log::default();
    let notes = |log: &mut Log, versions: &[Version]| {
        let mapping = Mapping::from_toml(MAPPING).unwrap();
        let mut told = VersionsTold::of(&mapping);
        replay(&log.store, Position::START, |recorded| told.apply(recorded)).unwrap();
        let input = std::io::Cursor::new(Told::of(versions).lines);
        let mut history = History::new(Box::new(input), mapping).following(told);
        import(&mut history, log).unwrap();
        history.notes()
    };
    assert_eq!(notes(&mut log, &[version(1), version(2)]), [""; 0]);
    assert_eq!(
        notes(&mut log, &[version(1)]),
        [
            "the log holds versions up to 2, and here the last is 1: what those after it said stands; if they were taken back, import it into a new log"
        ]
    );
}
