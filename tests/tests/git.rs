//! Real series put back into repositories of git: from their histories, to answer the questions about them, and from the raw versions
//! that were kept, to give the records that the histories give.
//!
//! The data lies beside the repository and may be absent, and so may be git; the tests then say so and pass.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant as Stopwatch;

use serde_json::{Map, Value};
use situ_core::{
    AppendError, Condition, Event, EventStore as _, Instant, Known, Name, Position,
    Projection as _, RecordField, SituationId, replay,
};
use situ_import::{
    GitFile, History, Imported, Mapping, Outlet, RecordKey, Records, Refused, Reject, Said, Source,
    import, open,
};
use situ_sqlite::SqliteStore;
use situ_tests::shared;
use tempfile::TempDir;

/// A dataset, the name of its file and its ending, its situation, and how its mapping changes for the raw file.
const SETS: &[(&str, &str, &str, &str, &str)] = &[
    (
        "gaza-daily",
        "casualties_daily",
        "json",
        "gaza-2023",
        "key = [\"report_date\"]",
    ),
    (
        "gaza-infrastructure",
        "infrastructure-damaged",
        "json",
        "gaza-2023",
        "key = [\"report_date\"]",
    ),
    (
        "italy-covid-national",
        "andamento-nazionale",
        "csv",
        "italy-covid-2020",
        "key = [{ field = \"data\", first = 10 }]",
    ),
    (
        "mbta-shutdowns",
        "shutdowns",
        "json",
        "mbta-shutdowns",
        "key = [\"line\", \"start_station\", \"end_station\", \"start_date\"]\nnamed = \"line\"",
    ),
];

/// How many versions of a series are read again: each is the whole file.
const VERSIONS: usize = 120;

/// A file of the data beside the repository, if it is there, and git too.
fn with_git(file: &str) -> Option<PathBuf> {
    let has_git = Command::new("git").arg("--version").output().is_ok();
    if !has_git {
        let _ = writeln!(std::io::stderr(), "SKIPPED: there is no git");
    }
    shared(file).filter(|_| has_git)
}

/// The mapping of a history, for the file it is the history of.
fn mapping(dataset: &str, shape: &str, records: &str) -> Mapping {
    let text = std::fs::read_to_string(situ_tests::mapping(dataset)).unwrap();
    let mut text = text.replace("shape = \"history\"", &format!("shape = \"{shape}\""));
    if text.contains("[records]\n") {
        text = text.replace("[records]\n", &format!("[records]\n{records}\n"));
    } else {
        text += &format!("\n[records]\n{records}\n");
    }
    Mapping::from_toml(&text).unwrap()
}

/// A log that takes all.
struct Log(SqliteStore);

impl Outlet for Log {
    type Error = AppendError;

    fn append(&mut self, batch: &[Event]) -> Result<usize, Refused<AppendError>> {
        let now = "2026-12-01T00:00:00Z".parse().unwrap();
        Ok(self.0.append(batch, &Condition::None, now)?.added)
    }

    fn reject(&mut self, reject: &Reject) -> Result<(), AppendError> {
        panic!("{reject}");
    }

    fn progress(&mut self, _: &Imported) {}
}

/// What a source tells a new log.
fn told(source: &mut dyn Source) -> (Records, Imported) {
    let folder = tempfile::tempdir().unwrap();
    let mut log = Log(SqliteStore::create(folder.path().join("log.db")).unwrap());
    let imported = import(source, &mut log).unwrap();
    let mut records = Records::default();
    replay(&log.0, Position::START, |recorded| records.apply(recorded)).unwrap();
    (records, imported)
}

/// A repository whose file `data` has these versions, each with the time it became known.
fn repository(versions: impl Iterator<Item = (String, Vec<u8>)>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let git = |args: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(folder.path()).args(args);
        git
    };
    let made = git(&["init", "--quiet", "-b", "main"]).status().unwrap();
    assert!(made.success());
    let mut writing = git(&["fast-import", "--quiet"])
        .stdin(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stream = std::io::BufWriter::new(writing.stdin.take().unwrap());
    for (known_at, content) in versions {
        let known_at: Instant = known_at.parse().unwrap();
        let seconds = known_at.unix_nanos() / 1_000_000_000;
        write!(
            stream,
            "commit refs/heads/main\ncommitter A <a@example.org> {seconds} +0000\ndata 0\n"
        )
        .unwrap();
        writeln!(stream, "M 100644 inline data\ndata {}", content.len()).unwrap();
        stream.write_all(&content).unwrap();
        writeln!(stream).unwrap();
    }
    drop(stream);
    assert!(writing.wait().unwrap().success());
    folder
}

fn unzipped(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    open(path).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// A record as it was before it was flattened, with its key.
fn nested(key: &str, key_field: &str, fields: &Map<String, Value>) -> Value {
    let mut record = Map::new();
    let key = key.split('#').next().unwrap();
    record.insert(key_field.to_owned(), key.into());
    for (name, value) in fields {
        let mut inside = &mut record;
        let mut names: Vec<&str> = name.split('.').collect();
        let last = names.pop().unwrap();
        for name in names {
            let inner = inside.entry(name).or_insert_with(|| Map::new().into());
            inside = inner.as_object_mut().unwrap();
        }
        inside.insert(last.to_owned(), value.clone());
    }
    record.into()
}

/// The first versions of a file that a history tells, each as an array of JSON.
fn folded(history: &Path, key_field: &str) -> Vec<(String, Vec<u8>)> {
    let text = String::from_utf8(unzipped(history)).unwrap();
    let mut state: BTreeMap<String, Map<String, Value>> = BTreeMap::new();
    let mut versions: Vec<(String, Vec<u8>)> = Vec::new();
    let operations: Vec<Value> = text
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    for version in operations.chunk_by(|one, other| one["seq"] == other["seq"]) {
        for operation in version {
            let key = operation["key"].as_str().unwrap();
            let field = operation["field"].as_str().unwrap_or_default().to_owned();
            match operation["op"].as_str().unwrap() {
                "record_added" => {
                    let fields = operation["value"].as_object().unwrap();
                    state.insert(key.to_owned(), fields.clone());
                }
                "record_removed" => drop(state.remove(key).unwrap()),
                "field_removed" => drop(state.get_mut(key).unwrap().remove(&field)),
                _ => {
                    let record = state.get_mut(key).unwrap();
                    record.insert(field, operation["new"].clone());
                }
            }
        }
        let records: Vec<Value> = state
            .iter()
            .map(|(key, fields)| nested(key, key_field, fields))
            .collect();
        let content = serde_json::to_string(&records).unwrap();
        // Versions that changed nothing are not in a history, and still are versions: they differ by a space.
        let seq = usize::try_from(version[0]["seq"].as_u64().unwrap()).unwrap();
        let known_at = version[0]["known_at"].as_str().unwrap();
        while versions.len() + 1 < seq {
            let (known_at, mut same) = versions.last().unwrap().clone();
            match same.last() {
                Some(b' ') => drop(same.pop()),
                _ => same.push(b' '),
            }
            versions.push((known_at, same));
        }
        versions.push((known_at.to_owned(), content.into_bytes()));
        if versions.len() >= VERSIONS {
            break;
        }
    }
    versions
}

/// What a field says, and whether it was stated.
fn read(field: &RecordField) -> Option<(bool, Value)> {
    let (is_stated, value) = match field {
        RecordField::Stated(value) => (true, value),
        RecordField::Derived(value) => (false, value),
    };
    let value = value.as_ref()?.as_str();
    Some((is_stated, serde_json::from_str(value).unwrap()))
}

fn answer(said: Said<'_>) -> (&'static str, Option<Value>) {
    match said {
        Said::Present { field, .. } => ("present", read(field).map(|(_, value)| value)),
        Said::FieldAbsent { .. } => ("field_absent", None),
        Said::RecordAbsent => ("record_absent", None),
    }
}

#[test]
fn a_series_put_back_into_git_answers_every_question_as_its_history_does() {
    let mut right = 0;
    // The bulletin of 1,185 versions would be half a gigabyte.
    for (dataset, file, _, situation, records) in SETS.iter().filter(|set| set.2 == "json") {
        let Some(history) = with_git(&format!("{dataset}/{file}.history.jsonl.gz")) else {
            return;
        };
        let asked = with_git(&format!("{dataset}/{file}.asof_queries.csv")).unwrap();
        let key_field = match *dataset {
            "mbta-shutdowns" => "key",
            _ => "report_date",
        };
        let versions = folded(&history, key_field);
        let count = versions.len();
        let repository = repository(versions.into_iter());
        let flat = records.lines().next().unwrap();
        let stopwatch = Stopwatch::now();
        let git = GitFile::open(repository.path(), Path::new("data")).unwrap();
        let mut history = History::of_git(git, mapping(dataset, "json", flat));
        let (records, imported) = told(&mut history);
        println!("{dataset}: {imported:?}, {:?}", stopwatch.elapsed());
        assert_eq!(imported.versions, count as u64, "{dataset}");
        assert_eq!(imported.unread_versions, 0, "{dataset}");

        let situation = SituationId::new(*situation).unwrap();
        let dataset = Name::new(*dataset).unwrap();
        let mut reader = csv::Reader::from_path(&asked).unwrap();
        for row in reader.records() {
            let row = row.unwrap();
            if row[0].parse::<usize>().unwrap() > VERSIONS {
                continue;
            }
            let record = RecordKey {
                situation: situation.clone(),
                dataset: dataset.clone(),
                key: Name::new(&row[2]).unwrap(),
            };
            let field = Name::new(&row[3]).unwrap();
            let expected: Option<Value> =
                (!row[5].is_empty()).then(|| serde_json::from_str(&row[5]).unwrap());
            let position = records.version(&situation, &dataset, row[0].parse().unwrap());
            let learnt = row[1].parse().unwrap();
            for known in [Known::Position(position.unwrap()), Known::Learnt(learnt)] {
                let answer = answer(records.field(&record, &field, known));
                assert_eq!(answer, (&row[4], expected.clone()), "{row:?} {known:?}");
            }
            right += 1;
        }
    }
    assert_eq!(right, 521);
}

#[test]
fn raw_versions_in_git_give_the_records_that_the_history_gives() {
    for (dataset, file, ending, situation, rules) in SETS {
        let Some(versions) = with_git(&format!("{dataset}/{file}.versions.csv")) else {
            return;
        };
        let mut reader = csv::Reader::from_path(&versions).unwrap();
        let mut kept: Vec<(u64, String, Vec<u8>)> = Vec::new();
        for row in reader.records() {
            let row = row.unwrap();
            let seq: u64 = row[0].parse().unwrap();
            let snapshot = format!("snapshots/{file}.{seq:04}.{ending}.gz");
            let snapshot = versions.with_file_name(snapshot);
            if snapshot.exists() {
                kept.push((seq, row[2].to_owned(), unzipped(&snapshot)));
            }
        }
        assert!(kept.len() >= 7, "{dataset}");
        let files = kept.iter();
        let repository = repository(files.map(|(_, known, bytes)| (known.clone(), bytes.clone())));
        let git = GitFile::open(repository.path(), Path::new("data")).unwrap();
        let mapping = mapping(dataset, ending, rules);
        let (of_git, imported) = told(&mut History::of_git(git, mapping));
        assert_eq!(imported.unread_versions, 0, "{dataset}");
        let history = open(&versions.with_file_name(format!("{file}.history.jsonl.gz")));
        let mapping =
            Mapping::from_toml(&std::fs::read_to_string(situ_tests::mapping(dataset)).unwrap())
                .unwrap();
        let (of_history, _) = told(&mut History::new(history.unwrap(), mapping));

        let situation = SituationId::new(*situation).unwrap();
        let name = Name::new(*dataset).unwrap();
        let known = |records: &Records, version: u64| {
            Known::Position(records.version(&situation, &name, version).unwrap())
        };
        let mut compared = 0;
        for (version, (seq, ..)) in (1..).zip(&kept) {
            let known = (known(&of_git, version), known(&of_history, *seq));
            for record in of_history.keys(&situation, &name) {
                let published = (
                    of_git.record(record, known.0),
                    of_history.record(record, known.1),
                );
                let (Some(git), Some(history)) = published else {
                    assert_eq!(published, (None, None), "{record:?} {seq}");
                    continue;
                };
                for (field, value) in &history.fields {
                    // The same value may be written in two ways: as `é`, or as an escape.
                    let git = git.fields.get(field).and_then(read);
                    assert_eq!(git, read(value), "{record:?} {field} {seq}");
                }
                // A history leaves out the field that is the key.
                let more = git.fields.len() - history.fields.len();
                assert!(more <= 1, "{record:?} {seq}");
                compared += 1;
            }
        }
        println!("{dataset}: {} versions, {compared} records", kept.len());
        assert!(compared > 500, "{dataset}: {compared}");
    }
}
