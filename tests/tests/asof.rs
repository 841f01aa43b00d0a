//! Real series with their revisions, imported by the mappings of the repository, against questions answered by others from the raw
//! versions: what did this field of this record say, as known then?
//!
//! The data lies beside the repository and may be absent; the tests then say so and pass. What they print with `--nocapture` are the
//! figures of `docs/import.md`.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a test that cannot go on may panic, and one that measures prints"
)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant as Stopwatch;

use serde_json::Value;
use situ_core::{
    AgeBand, AppendError, Condition, Event, EventStore as _, Instant, Known, Name, Payload,
    Position, Projection as _, RecordField, Role, Sex, SituationId, When, Who, replay,
};
use situ_import::{
    History, Imported, Mapping, Outlet, RecordKey, Records, Refused, Reject, Said, Table, import,
    open,
};
use situ_sqlite::SqliteStore;
use situ_tests::{mapping, shared};
use situ_tolls::{ClaimStanding, Line, Question, Tolls};

/// A dataset, the name of its file, its situation, and how many questions there are.
const SETS: &[(&str, &str, &str, usize)] = &[
    ("gaza-daily", "casualties_daily", "gaza-2023", 598),
    (
        "gaza-infrastructure",
        "infrastructure-damaged",
        "gaza-2023",
        238,
    ),
    (
        "italy-covid-national",
        "andamento-nazionale",
        "italy-covid-2020",
        596,
    ),
    ("mbta-shutdowns", "shutdowns", "mbta-shutdowns", 233),
];

/// A log that takes what comes and keeps what does not.
struct Log<'a> {
    store: &'a SqliteStore,
    rejects: Vec<Reject>,
}

impl Outlet for Log<'_> {
    type Error = AppendError;

    fn append(&mut self, batch: &[Event]) -> Result<usize, Refused<AppendError>> {
        let now = "2026-12-01T00:00:00Z".parse().unwrap();
        let appended = self.store.append(batch, &Condition::None, now)?;
        Ok(appended.added)
    }

    fn reject(&mut self, reject: &Reject) -> Result<(), AppendError> {
        self.rejects.push(reject.clone());
        Ok(())
    }

    fn progress(&mut self, _: &Imported) {}
}

fn imported(store: &SqliteStore, dataset: &str, history: &Path) -> (Imported, Vec<Reject>) {
    let text = std::fs::read_to_string(mapping(dataset)).unwrap();
    let mapping = Mapping::from_toml(&text).unwrap();
    let mut history = History::new(open(history).unwrap(), mapping);
    let mut log = Log {
        store,
        rejects: Vec::new(),
    };
    let imported = import(&mut history, &mut log).unwrap();
    (imported, log.rejects)
}

fn records(store: &SqliteStore) -> Records {
    let mut records = Records::default();
    replay(store, Position::START, |recorded| records.apply(recorded)).unwrap();
    records
}

/// What is said of a set in the documents.
fn tell(dataset: &str, store: &SqliteStore, imported: &Imported, seconds: f64) {
    let mut count: BTreeMap<&str, usize> = BTreeMap::new();
    replay(store, Position::START, |recorded| {
        match recorded.event()?.payload {
            Payload::CasualtiesReported(reported) => {
                *count.entry("claims").or_default() += reported.figures.len();
            }
            Payload::ClaimRetracted(retracted) => {
                let what = match retracted.replacement {
                    Some(_) => "corrections",
                    None => "retractions",
                };
                *count.entry(what).or_default() += 1;
            }
            Payload::RecordPublished(_) => *count.entry("publications").or_default() += 1,
            _ => {}
        }
        Ok(())
    })
    .unwrap();
    println!("{dataset}: {imported:?}, {count:?}, {seconds:.2} s");
}

/// A question, and its answer by others.
struct Asked {
    seq: u64,
    known_at: Instant,
    key: Name,
    field: Name,
    status: String,
    value: Option<Value>,
}

fn questions(path: &Path) -> Vec<Asked> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        Asked {
            seq: row[0].parse().unwrap(),
            known_at: row[1].parse().unwrap(),
            key: Name::new(&row[2]).unwrap(),
            field: Name::new(&row[3]).unwrap(),
            status: row[4].to_owned(),
            value: (!row[5].is_empty()).then(|| serde_json::from_str(&row[5]).unwrap()),
        }
    });
    rows.collect()
}

fn check(asked: &Asked, said: Said<'_>, known: Known) {
    let (status, value) = match said {
        Said::Present { field, .. } => match field {
            RecordField::Stated(value) | RecordField::Derived(value) => {
                let value = value.as_ref().unwrap().as_str();
                ("present", Some(serde_json::from_str(value).unwrap()))
            }
        },
        Said::FieldAbsent { .. } => ("field_absent", None),
        Said::RecordAbsent => ("record_absent", None),
    };
    let what = format!("{} {} as known {known:?}", asked.key, asked.field);
    assert_eq!(
        (status, value),
        (asked.status.as_str(), asked.value.clone()),
        "{what}"
    );
}

#[test]
fn every_question_about_a_record_is_answered_as_others_answer_it() {
    let mut right = 0;
    for (dataset, file, situation, count) in SETS {
        let paths = ["history.jsonl.gz", "asof_queries.csv"]
            .map(|ending| shared(&format!("{dataset}/{file}.{ending}")));
        let [Some(history), Some(asked)] = paths else {
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::create(folder.path().join("log.db")).unwrap();
        let stopwatch = Stopwatch::now();
        let (once, rejects) = imported(&store, dataset, &history);
        tell(dataset, &store, &once, stopwatch.elapsed().as_secs_f64());
        assert_eq!(rejects, [], "{dataset}");
        let (twice, _) = imported(&store, dataset, &history);
        assert_eq!(
            (twice.added, twice.already_there),
            (0, once.added),
            "{dataset}"
        );

        let records = records(&store);
        let situation = SituationId::new(*situation).unwrap();
        let dataset = Name::new(*dataset).unwrap();
        let asked = questions(&asked);
        assert_eq!(asked.len(), *count, "{dataset}");
        for asked in &asked {
            let record = RecordKey {
                situation: situation.clone(),
                dataset: dataset.clone(),
                key: asked.key.clone(),
            };
            let position = records.version(&situation, &dataset, asked.seq).unwrap();
            for known in [Known::Position(position), Known::Learnt(asked.known_at)] {
                check(asked, records.field(&record, &asked.field, known), known);
            }
            right += 1;
        }
    }
    assert_eq!(right, 1665);
}

/// Runs the command, and returns what it answered.
fn situ(folder: &Path, args: &[&str]) -> (Option<i32>, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_situ-under-test"))
        .args(args)
        .current_dir(folder)
        .env("SITU_NOW", "2026-12-01T00:00:00Z")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    let complaints = String::from_utf8_lossy(&output.stderr);
    assert!(
        complaints.is_empty() || complaints.starts_with("at "),
        "{complaints}"
    );
    (output.status.code(), said)
}

#[test]
fn a_sample_of_the_questions_is_answered_by_the_command() {
    for (dataset, file, _, _) in SETS {
        let paths = ["history.jsonl.gz", "asof_queries.csv"]
            .map(|ending| shared(&format!("{dataset}/{file}.{ending}")));
        let [Some(history), Some(asked)] = paths else {
            return;
        };
        let folder = tempfile::tempdir().unwrap();
        situ(folder.path(), &["init"]);
        let map = mapping(dataset);
        let import = [
            "import",
            history.to_str().unwrap(),
            "--map",
            map.to_str().unwrap(),
        ];
        let (code, said) = situ(folder.path(), &import);
        assert_eq!(code, Some(0), "{said}");
        for asked in questions(&asked).iter().step_by(120) {
            let version = asked.seq.to_string();
            let learnt = asked.known_at.to_string();
            for known in [["--version-number", &version], ["--known", &learnt]] {
                let field = ["--field", asked.field.as_str(), "--json"];
                let mut args = vec!["record", asked.key.as_str()];
                args.extend(field.iter().chain(&known));
                let (code, said) = situ(folder.path(), &args);
                let answer: Value = serde_json::from_str(&said).unwrap();
                let data = &answer["data"];
                assert_eq!(data["status"], asked.status, "{args:?}");
                let value = data["fields"][asked.field.as_str()]["value"].as_str();
                let value = value.map(|value| serde_json::from_str::<Value>(value).unwrap());
                assert_eq!(value, asked.value, "{args:?}");
                assert_eq!(code, Some(if value.is_some() { 0 } else { 1 }), "{args:?}");
            }
        }
    }
}

#[test]
fn tables_and_attacks_are_imported_by_their_mappings() {
    let Some(history) = shared("us-mass-shootings/msa.history.jsonl.gz") else {
        return;
    };
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::create(folder.path().join("attacks.db")).unwrap();
    let stopwatch = Stopwatch::now();
    let (once, rejects) = imported(&store, "us-mass-shootings", &history);
    tell(
        "us-mass-shootings",
        &store,
        &once,
        stopwatch.elapsed().as_secs_f64(),
    );
    assert_eq!(rejects, []);
    let mut attacks = std::collections::BTreeSet::new();
    replay(&store, Position::START, |recorded| {
        if let Payload::AttackOccurred(_) = recorded.event()?.payload {
            attacks.insert(recorded.id);
        }
        Ok(())
    })
    .unwrap();
    assert!(attacks.len() >= 335, "{} attacks", attacks.len());

    // A template, and one file whose columns have other names, are refused row by row.
    for (country, added, rejects) in [("liberia", 3451, 0), ("guinea", 804, 32)] {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::create(folder.path().join("reports.db")).unwrap();
        let reports = shared("ebola-2014/README.md").unwrap();
        let reports = std::fs::read_dir(reports.with_file_name(country)).unwrap();
        let mut reports: Vec<PathBuf> = reports.map(|report| report.unwrap().path()).collect();
        reports.sort();
        let text = std::fs::read_to_string(mapping(&format!("ebola-{country}"))).unwrap();
        let mapping = Mapping::from_toml(&text).unwrap();
        let mut log = Log {
            store: &store,
            rejects: Vec::new(),
        };
        let mut all = Imported::default();
        let stopwatch = Stopwatch::now();
        for report in &reports {
            let mut table = Table::new(open(report).unwrap(), mapping.clone(), None);
            let imported = import(&mut table, &mut log).unwrap();
            all.added += imported.added;
            all.already_there += imported.already_there;
        }
        tell(country, &store, &all, stopwatch.elapsed().as_secs_f64());
        assert_eq!(
            (all.added, log.rejects.len()),
            (added, rejects),
            "{country}"
        );
    }
}

/// A figure that a mapping makes of fields: dataset, the names they had, who says so in which words of which field, outcome, people,
/// and how the name of the figure begins.
const CLAIMED: &[(&str, &[&str], Who, &str)] = &[
    (
        "gaza-daily",
        &["killed_cum", "martyred_cum"],
        EVERYONE,
        "killed/all/since:",
    ),
    (
        "gaza-daily",
        &["injured_cum"],
        EVERYONE,
        "injured/all/since:",
    ),
    (
        "gaza-daily",
        &["killed", "martyred"],
        EVERYONE,
        "killed/all/reporting:",
    ),
    (
        "gaza-daily",
        &["injured"],
        EVERYONE,
        "injured/all/reporting:",
    ),
    (
        "gaza-daily",
        &["killed_children_cum", "martyred_children_cum"],
        Who {
            age: Some(AgeBand::Child),
            ..EVERYONE
        },
        "killed/all/child/since:",
    ),
    (
        "gaza-daily",
        &["killed_women_cum", "martyred_women_cum"],
        Who {
            sex: Some(Sex::Female),
            age: Some(AgeBand::Adult),
            ..EVERYONE
        },
        "killed/all/female/adult/since:",
    ),
    (
        "gaza-daily",
        &["med_killed_cum", "med_martyred_cum"],
        role(Role::Medical),
        "killed/medical/since:",
    ),
    (
        "gaza-daily",
        &["press_killed_cum", "press_martyred_cum"],
        role(Role::Journalist),
        "killed/journalist/since:",
    ),
    (
        "gaza-daily",
        &["civdef_killed_cum", "civdef_martyred_cum"],
        role(Role::Rescue),
        "killed/rescue/since:",
    ),
    (
        "gaza-daily",
        &["killed_recovered"],
        EVERYONE,
        "killed/all/body_recovered/reporting:",
    ),
    (
        "gaza-daily",
        &["killed_committee"],
        EVERYONE,
        "killed/all/verified/reporting:",
    ),
    (
        "italy-covid-national",
        &["deceduti"],
        EVERYONE,
        "killed/all",
    ),
];

const EVERYONE: Who = role(Role::All);

const fn role(role: Role) -> Who {
    Who {
        role,
        sex: None,
        age: None,
    }
}

/// Who claims the figures of a record, by the words of `report_source`; nobody where there was no report.
fn claimant(dataset: &str, said: Option<Value>) -> Option<&'static str> {
    match (dataset, said?.as_str()?) {
        ("italy-covid-national", _) => Some("protezione-civile"),
        (_, "mohtel") => Some("gaza-moh"),
        (_, "gmotel") => Some("gaza-gmo"),
        (_, "unocha") => Some("un-ocha"),
        _ => None,
    }
}

#[test]
fn where_a_field_is_claimed_the_line_of_the_toll_says_the_same() {
    let (mut same, mut absent) = (0, 0);
    for (dataset, file, situation, _) in SETS {
        let paths = ["history.jsonl.gz", "asof_queries.csv"]
            .map(|ending| shared(&format!("{dataset}/{file}.{ending}")));
        let [Some(history), Some(asked)] = paths else {
            return;
        };
        if !CLAIMED.iter().any(|(claimed, ..)| claimed == dataset) {
            continue;
        }
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::create(folder.path().join("log.db")).unwrap();
        imported(&store, dataset, &history);
        let records = records(&store);
        let mut tolls = Tolls::default();
        replay(&store, Position::START, |recorded| {
            tolls.apply(recorded).map(drop)
        })
        .unwrap();
        let situation = SituationId::new(*situation).unwrap();
        let (zone, source_field) = match *dataset {
            "gaza-daily" => ("Asia/Gaza", "report_source"),
            _ => ("Europe/Rome", "stato"),
        };
        for asked in questions(&asked) {
            let claimed = CLAIMED.iter().find(|(claimed, fields, ..)| {
                claimed == dataset && fields.contains(&asked.field.as_str())
            });
            let Some((_, fields, who, name)) = claimed else {
                continue;
            };
            let named = Name::new(*dataset).unwrap();
            let record = |key: &str| RecordKey {
                situation: situation.clone(),
                dataset: named.clone(),
                key: Name::new(key).unwrap(),
            };
            let position = records.version(&situation, &named, asked.seq).unwrap();
            for known in [Known::Position(position), Known::Learnt(asked.known_at)] {
                let value = |key: &str, field: &str| {
                    let field = Name::new(field).unwrap();
                    match records.field(&record(key), &field, known) {
                        Said::Present { field, .. } => match field {
                            RecordField::Stated(value) => {
                                Some(serde_json::from_str(value.as_ref()?.as_str()).unwrap())
                            }
                            RecordField::Derived(_) => None,
                        },
                        Said::FieldAbsent { .. } | Said::RecordAbsent => None,
                    }
                };
                // The field asked for is the oracle's; the rest of the record says who claims it, and how long a window is.
                let oracle = |field: &&str| match *field == asked.field.as_str() {
                    true => asked.value.clone(),
                    false => value(asked.key.as_str(), field),
                };
                let mut expected = fields.iter().find_map(oracle);
                let day = asked.key.as_str().split('#').next().unwrap();
                let claimant = claimant(dataset, value(asked.key.as_str(), source_field));
                let hours = value(asked.key.as_str(), "report_period");
                let has_window = hours.is_some_and(|hours| hours != 0);
                if claimant.is_none() || name.contains("reporting") && !has_window {
                    expected = None;
                }
                let on: When = format!("{day}[{zone}]").parse().unwrap();
                let question = Question {
                    who: Some(*who),
                    ..Question::default()
                };
                let lines = tolls.lines_for(&situation, &on, known, &question);
                let is_named = |line: &&Line| {
                    let figure = line.figure.display_in(zone.parse().unwrap()).to_string();
                    let is_as_long = figure.matches('/').count() == name.matches('/').count();
                    figure.starts_with(name) && is_as_long
                };
                let is_theirs =
                    |line: &&Line| claimant.is_none_or(|claimant| line.source.as_str() == claimant);
                let lines = lines.iter().filter(is_named).filter(is_theirs);
                let standing = |standing: &[ClaimStanding]| -> Vec<u64> {
                    let said = lines.clone().flat_map(|line| &line.said);
                    let said = said.filter(|said| standing.contains(&said.standing));
                    said.filter_map(|said| said.claim.quantity.shown())
                        .collect()
                };
                let current = standing(&[ClaimStanding::Current]);
                let number = |value: &Value| match value.as_str() {
                    Some(text) => text.parse::<u64>().unwrap(),
                    None => value.as_u64().unwrap(),
                };
                let expected = expected.as_ref().map(number);
                // A day that stands in the file several times is claimed several times.
                let days = (1..12).map(|count| match count {
                    1 => day.to_owned(),
                    _ => format!("{day}#{count}"),
                });
                let others = days.filter(|other| other != asked.key.as_str());
                let others: Vec<u64> = others
                    .filter_map(|other| Some(number(&value(&other, fields[0])?)))
                    .collect();
                let what = format!(
                    "{dataset} {} {} as known {known:?}: {current:?}, {others:?}, expected {expected:?}",
                    asked.key, asked.field
                );
                match expected {
                    Some(expected) if others.is_empty() => {
                        assert_eq!(current, [expected], "{what}");
                    }
                    Some(expected) => {
                        let not_the_newest = [ClaimStanding::Revised, ClaimStanding::Repeated];
                        let said = [current, standing(&not_the_newest)].concat();
                        assert!(said.contains(&expected), "{what}");
                    }
                    None => assert!(current.iter().all(|said| others.contains(said)), "{what}"),
                }
                match expected {
                    Some(_) => same += 1,
                    None => absent += 1,
                }
            }
        }
    }
    println!("{same} answers by a line, {absent} where nobody claims anything");
    assert_eq!((same, absent), (204, 84));
}
