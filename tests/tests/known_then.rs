//! What was learnt or recorded later is invisible in every answer: a question "as known then" to the whole log of Balochistan is
//! answered as by a log that was cut there.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;
use situ_core::{
    AsOf, Basis, Condition, Event, EventStore, Instant, Known, Position, Projection, SituationId,
    SourceId, Valid, replay,
};
use situ_services::{Services, TimeToLive};
use situ_sqlite::SqliteStore;
use situ_tests::balochistan;
use situ_tolls::{Policy, Question, Reading, Tolls};
use tempfile::TempDir;

/// The recorder's clock, and the end of the story.
const END: &str = "2026-02-06T15:00:00Z";

/// A file with events in it, and what was folded from it.
struct Log {
    folder: TempDir,
    head: Position,
    tolls: Tolls,
    services: Services,
}

impl Log {
    fn of(events: &[Event]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::create(file_in(&folder)).unwrap();
        store
            .append(events, &Condition::None, END.parse().unwrap())
            .unwrap();
        let (mut tolls, mut services) = (Tolls::default(), Services::default());
        let head = replay(&store, Position::START, |recorded| {
            tolls.apply(recorded)?;
            services.apply(recorded).map(drop)
        });
        Self {
            folder,
            head: head.unwrap(),
            tolls,
            services,
        }
    }

    /// Every figure under every rule, reading and basis, and every service.
    fn answers(&self, as_of: AsOf) -> Vec<Value> {
        let situation = SituationId::new("balochistan-2026").unwrap();
        let mut answers: Vec<Value> = questions()
            .iter()
            .map(|question| self.tolls.at(&situation, as_of, question).tolls)
            .map(|tolls| serde_json::to_value(tolls).unwrap())
            .collect();
        let board = self.services.at(&situation, as_of, &TimeToLive::default());
        answers.push(serde_json::to_value(board.services).unwrap());
        answers
    }

    fn run(&self, args: &[&str]) -> String {
        let output = Command::new(env!("CARGO_BIN_EXE_situ-under-test"))
            .env_remove("SITU_STORE")
            .env("SITU_NOW", END)
            .arg("--store")
            .arg(file_in(&self.folder))
            .args(args)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// What the command prints as known then, for people.
    fn printed(&self, known: &str) -> Vec<String> {
        let clocks = ["--at", END, "--known", known];
        let print = |command: &&[&str]| self.run(&[*command, &clocks].concat());
        COMMANDS.iter().map(print).collect()
    }

    /// The same as JSON, without the position the log has reached.
    fn printed_as_json(&self, known: &str) -> Vec<Value> {
        let clocks = ["--at", END, "--known", known, "--json"];
        let print = |command: &&[&str]| {
            let json: Value =
                serde_json::from_str(&self.run(&[*command, &clocks].concat())).unwrap();
            json["data"].clone()
        };
        COMMANDS.iter().map(print).collect()
    }
}

const COMMANDS: [&[&str]; 3] = [
    &["toll", "--windows", "all", "--evidence"],
    &["services"],
    &["log"],
];

fn file_in(folder: &TempDir) -> PathBuf {
    Path::join(folder.path(), "situ.db")
}

/// Every policy, each reading, and the basis that is given only when asked for.
fn questions() -> Vec<Question> {
    let ispr = SourceId::new("ispr").unwrap();
    let rules = [
        (Policy::Latest, Reading::Floor),
        (Policy::Trusted(vec![ispr]), Reading::Point),
        (Policy::Highest, Reading::Floor),
        (Policy::Lowest, Reading::Point),
        (Policy::Envelope, Reading::Floor),
        (Policy::Consensus, Reading::Point),
    ];
    let bodies = Question {
        basis: Some(Basis::BodyRecovered),
        ..Question::default()
    };
    let by_rule = |(policy, reading)| Question {
        superseded: true,
        policy,
        reading,
        ..Question::default()
    };
    [bodies].into_iter().chain(rules.map(by_rule)).collect()
}

/// Every moment at which something was learnt, in order.
fn moments(events: &[Event]) -> Vec<Instant> {
    let mut moments: Vec<Instant> = events
        .iter()
        .map(|event| event.learnt_at.unwrap())
        .collect();
    moments.sort();
    moments.dedup();
    moments
}

fn learnt_by(moment: Instant, events: &[Event]) -> Vec<Event> {
    let mut events = events.to_vec();
    events.retain(|event| event.learnt_at <= Some(moment));
    events
}

/// The same without the places of events in the log, which differ between a log and a cut that leaves out earlier ones.
fn without_positions(mut value: Value) -> Value {
    match &mut value {
        Value::Object(fields) => {
            fields.remove("position");
            for field in fields.values_mut() {
                *field = without_positions(field.take());
            }
        }
        Value::Array(items) => {
            for item in items {
                *item = without_positions(item.take());
            }
        }
        _ => {}
    }
    value
}

#[test]
fn as_learnt_by_any_moment_the_answers_are_those_of_a_log_cut_there() {
    let story = balochistan();
    let whole = Log::of(&story);
    for moment in moments(&story) {
        let cut = Log::of(&learnt_by(moment, &story));
        for valid in [moment, END.parse().unwrap()].map(Valid) {
            let then = Known::Learnt(moment);
            let all = Known::Position(cut.head);
            assert_eq!(
                whole.answers(AsOf { valid, known: then }),
                cut.answers(AsOf { valid, known: all }),
                "as known at {moment}"
            );
        }
    }
}

#[test]
fn as_learnt_by_any_moment_a_history_told_backwards_is_answered_like_its_cut() {
    let mut story = balochistan();
    story.reverse();
    let whole = Log::of(&story);
    for moment in moments(&story) {
        let cut = Log::of(&learnt_by(moment, &story));
        let as_of = AsOf {
            valid: Valid(END.parse().unwrap()),
            known: Known::Learnt(moment),
        };
        let answers = |log: &Log| log.answers(as_of).into_iter().map(without_positions);
        assert!(
            answers(&whole).eq(answers(&cut)),
            "as known at {moment}:\n{:#?}\n{:#?}",
            answers(&whole).collect::<Vec<_>>(),
            answers(&cut).collect::<Vec<_>>()
        );
    }
}

#[test]
fn as_the_log_held_at_any_position_the_answers_are_those_of_its_prefix() {
    let story = balochistan();
    let whole = Log::of(&story);
    for length in 1..=story.len() {
        let prefix = Log::of(&story[..length]);
        let as_of = AsOf {
            valid: Valid(END.parse().unwrap()),
            known: Known::Position(prefix.head),
        };
        assert_eq!(
            whole.answers(as_of),
            prefix.answers(as_of),
            "as known at @{length}"
        );
    }
}

#[test]
fn as_known_then_the_command_prints_what_it_prints_of_a_log_cut_there() {
    let story = balochistan();
    let whole = Log::of(&story);
    for moment in moments(&story) {
        let cut = Log::of(&learnt_by(moment, &story));
        let then = moment.to_string();
        assert_eq!(whole.printed(&then), cut.printed(&then), "{then}");
        assert_eq!(
            whole.printed_as_json(&then),
            cut.printed_as_json(&then),
            "{then}"
        );
        let held = format!("@{}", cut.head);
        assert_eq!(whole.printed(&held), cut.printed(&held), "{held}");
    }
}
