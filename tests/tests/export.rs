//! What is taken out of a log can be taken in again, and says to other programs what the answers say to people.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use rusqlite::Connection;
use rusqlite::types::Value as Sql;
use serde_json::Value;
use sha2::Digest as _;
use situ_core::{
    AsOf, Condition, Event, EventStore, Instant, Known, Position, Projection, Recorded,
    SituationId, Valid, from_line, replay,
};
use situ_follow::{Progress, Runner, SqlViews};
use situ_import::export::{Exported, from_cloud_event};
use situ_rows::{CLAIMS, Cell, EVENTS, Row, SERVICES, TOLLS, Table, event_row};
use situ_services::{Services, TimeToLive};
use situ_sqlite::SqliteStore;
use situ_tests::{Random, balochistan, learnt, rumours};
use situ_tolls::{Policy, Question, Tolls};
use tempfile::TempDir;

/// How many rumours a log holds here; one a minute.
const RUMOURS: u64 = 300;

/// A file with events in it.
struct Log(TempDir);

impl Log {
    fn of(events: &[Event]) -> Self {
        let log = Self(tempfile::tempdir().unwrap());
        let store = SqliteStore::create(log.file("situ.db")).unwrap();
        for event in events {
            let at = event.learnt_at.unwrap();
            let batch = std::slice::from_ref(event);
            store.append(batch, &Condition::None, at).unwrap();
        }
        log
    }

    fn rumoured(seed: u64) -> Self {
        let events: Vec<Event> = rumours(seed).take(RUMOURS as usize).collect();
        Self::of(&events)
    }

    /// An empty log that is given lines.
    fn told(lines: &str) -> Self {
        let log = Self(tempfile::tempdir().unwrap());
        SqliteStore::create(log.file("situ.db")).unwrap();
        fs::write(log.file("events.ndjson"), lines).unwrap();
        log.situ(&["add", "--file", "events.ndjson"]);
        log
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// What a command prints on both streams.
    fn situ(&self, arguments: &[&str]) -> [String; 2] {
        let output = self.output(arguments);
        let [out, err] =
            [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert!(output.status.success(), "{arguments:?}: {err}");
        [out, err]
    }

    /// What a command that cannot do what it is asked says of it.
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.output(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        String::from_utf8(output.stderr).unwrap()
    }

    fn output(&self, arguments: &[&str]) -> std::process::Output {
        Command::new(env!("CARGO_BIN_EXE_situ-under-test"))
            .args(arguments)
            .current_dir(self.0.path())
            .env("SITU_NOW", learnt(RUMOURS).to_string())
            .output()
            .unwrap()
    }

    fn recorded(&self) -> Vec<Recorded> {
        let store = SqliteStore::open_read_only(self.file("situ.db")).unwrap();
        store.read_after(Position::START, 1 << 20).unwrap()
    }

    fn lines(&self) -> Vec<String> {
        self.recorded().iter().map(Recorded::to_line).collect()
    }
}

/// Answers of a log to questions without a plan.
fn answers(log: &Log, questions: u64) -> Vec<Value> {
    let store = SqliteStore::open_read_only(log.file("situ.db")).unwrap();
    let (mut tolls, mut services) = (Tolls::default(), Services::default());
    replay(&store, Position::START, |recorded| {
        tolls.apply(recorded)?;
        services.apply(recorded).map(drop)
    })
    .unwrap();
    let mut random = Random(7);
    let one = |_| {
        let names = ["north", "south", "west"];
        let situation = SituationId::new(names[random.below(3) as usize]).unwrap();
        let valid = Valid(learnt(random.below(RUMOURS)));
        let known = match random.below(2) {
            0 => Known::Position(Position::new(random.below(RUMOURS))),
            _ => Known::Learnt(learnt(random.below(RUMOURS))),
        };
        let as_of = AsOf { valid, known };
        match random.below(2) {
            0 => {
                let answer = tolls.at(&situation, as_of, &Question::default());
                serde_json::to_value(answer.tolls).unwrap()
            }
            _ => {
                let board = services.at(&situation, as_of, &TimeToLive::default());
                serde_json::to_value(board.services).unwrap()
            }
        }
    };
    (0..questions).map(one).collect()
}

#[test]
fn events_taken_in_again_are_the_same_bytes_and_answer_the_same_thousand_questions() {
    let log = Log::rumoured(1);
    let [lines, err] = log.situ(&["export", "events", "--restricted"]);
    assert_eq!(lines.lines().collect::<Vec<_>>(), log.lines());
    assert_eq!(err, "");
    let again = Log::told(&lines);
    assert_eq!(again.lines(), log.lines());
    let expected = answers(&log, 1_000);
    assert!(
        expected
            .iter()
            .any(|answer| !answer.as_array().unwrap().is_empty())
    );
    assert!(answers(&again, 1_000) == expected);

    let [cloud, _] = log.situ(&[
        "export",
        "events",
        "--restricted",
        "--format",
        "cloudevents",
    ]);
    let lines: String = cloud
        .lines()
        .map(|line| from_cloud_event(line).unwrap().to_owned() + "\n")
        .collect();
    let again = Log::told(&lines);
    assert_eq!(again.lines(), log.lines());
    assert!(answers(&again, 1_000) == expected);
}

#[test]
fn restricted_events_are_in_nothing_that_is_exported_unless_asked() {
    let log = Log::rumoured(2);
    let is_restricted = |line: &String| line.contains(r#""access":"restricted""#);
    let restricted = log
        .lines()
        .iter()
        .filter(|line| is_restricted(line))
        .count();
    assert!(restricted > 50);
    let note =
        format!("note: {restricted} restricted events left out; --restricted takes them in\n");
    let [lines, err] = log.situ(&["export", "events"]);
    assert_eq!(lines.lines().count() + restricted, RUMOURS as usize);
    assert!(!lines.lines().any(|line| is_restricted(&line.to_owned())));
    assert_eq!(err, note);
    // Tables are those of a log that never heard of them, but for places in the log and when it took what.
    let public = Log::told(&lines);
    for what in ["claims", "tolls", "services"] {
        let rows = |log: &Log| -> Vec<Value> {
            let [rows, _] = log.situ(&["export", what, "--format", "ndjson"]);
            let row = |line| {
                let mut row: Value = serde_json::from_str(line).unwrap();
                let row_columns = row.as_object_mut().unwrap();
                row_columns.remove("position");
                row_columns.remove("recorded_at");
                row
            };
            rows.lines().map(row).collect()
        };
        assert!(!rows(&public).is_empty());
        assert_eq!(rows(&log), rows(&public), "{what}");
        let [_, err] = log.situ(&["export", what]);
        assert!(err.contains(&note), "{err}");
        let [_, err] = log.situ(&["export", what, "--restricted"]);
        assert!(!err.contains("restricted event"), "{err}");
    }
}

#[test]
fn an_export_is_as_of_two_clocks() {
    let log = Log::rumoured(3);
    let [lines, _] = log.situ(&["export", "events", "--restricted", "--known", "@100"]);
    assert_eq!(lines.lines().collect::<Vec<_>>(), log.lines()[..100]);
    let at = learnt(120).to_string();
    let clocks = ["--restricted", "--known", "then", "--at", &at];
    let then = Log::of(&rumours(3).take(121).collect::<Vec<_>>());
    for what in ["events", "claims", "tolls", "services"] {
        let export = |log: &Log| log.situ(&[&["export", what], &clocks[..]].concat());
        assert_eq!(export(&log), export(&then), "{what}");
        assert_ne!(log.situ(&["export", what, "--restricted"]), export(&log));
    }
}

/// The rows of a view, by the names of the columns of a table, in its order.
fn view(connection: &Connection, table: &Table) -> Vec<Vec<Sql>> {
    let names: Vec<String> = table
        .columns
        .iter()
        .map(|column| format!("\"{}\"", column.name))
        .collect();
    let sql = format!(
        "SELECT {} FROM v_{} ORDER BY {}",
        names.join(", "),
        table.name,
        table.key.join(", ")
    );
    let mut statement = connection.prepare(&sql).unwrap();
    let row = |row: &rusqlite::Row<'_>| (0..names.len()).map(|column| row.get(column)).collect();
    let rows = statement.query_map([], row).unwrap();
    rows.collect::<Result<_, _>>().unwrap()
}

/// A row as a view has it: instants cut to the millisecond, lists as JSON.
fn as_viewed(row: &Row) -> Vec<Sql> {
    let cell = |cell: &Cell| match cell {
        Cell::Null => Sql::Null,
        Cell::Integer(number) => Sql::Integer(*number),
        Cell::Instant(instant) => Sql::Text(chrono_millis(*instant)),
        Cell::Text(text) => Sql::Text(text.clone()),
        Cell::List(items) => Sql::Text(Value::from(items.clone()).to_string()),
    };
    row.cells.iter().map(cell).collect()
}

/// Instants of the story are of whole seconds or end in nines: cut to milliseconds, as a view has them.
fn chrono_millis(instant: Instant) -> String {
    let text = instant.to_string();
    let whole = text.trim_end_matches('Z');
    match whole.split_once('.') {
        None => format!("{whole}.000Z"),
        Some((seconds, fraction)) => format!("{seconds}.{}Z", &format!("{fraction:0<3}")[..3]),
    }
}

#[test]
fn rows_are_those_of_the_sql_views() {
    let log = Log::of(&balochistan());
    let store = SqliteStore::open(log.file("situ.db")).unwrap();
    let mut runner = Runner::new(&store, SqlViews::default());
    while !matches!(runner.step(learnt(0)).unwrap(), Progress::CaughtUp { .. }) {}
    runner.finish().unwrap();
    let connection = Connection::open(log.file("situ.db")).unwrap();

    let mut exported = Exported::default();
    let recorded = log.recorded();
    for recorded in &recorded {
        exported.take(recorded).unwrap();
    }
    let situation = SituationId::new("balochistan-2026").unwrap();
    let as_of = |what: &str| -> AsOf {
        let sql = format!("SELECT {what}_position FROM v_situations");
        let position: i64 = connection.query_row(&sql, [], |row| row.get(0)).unwrap();
        let position = Position::new(u64::try_from(position).unwrap());
        let last = recorded.iter().find(|other| other.position == position);
        AsOf {
            valid: Valid(last.unwrap().recorded_at),
            known: Known::Position(position),
        }
    };
    let same = |table: &Table, rows: &[Row]| {
        let mut rows: Vec<_> = rows.iter().map(as_viewed).collect();
        if table.key.contains(&"name") {
            rows.sort_by_key(|row| match &row[1] {
                Sql::Text(name) => name.clone(),
                other => panic!("a name is {other:?}"),
            });
        }
        assert!(rows.len() > 5, "{}", table.name);
        assert_eq!(rows, view(&connection, table), "{}", table.name);
    };
    let whole = AsOf {
        known: Known::Position(Position::new(u64::MAX)),
        ..as_of("tolls")
    };
    let claims = recorded
        .iter()
        .flat_map(|recorded| exported.claims(recorded, whole).unwrap());
    same(&CLAIMS, &claims.collect::<Vec<_>>());
    let rows = exported.tolls(&situation, as_of("tolls"), &Policy::default());
    same(&TOLLS, &rows);
    let rows = exported.services(&situation, as_of("services"), &TimeToLive::default());
    same(&SERVICES, &rows);
    let rows = recorded.iter().map(event_row);
    same(&EVENTS, &rows.collect::<Result<Vec<_>, _>>().unwrap());
}

#[test]
fn a_file_that_is_named_is_new_and_holds_what_is_printed_else() {
    let log = Log::of(&balochistan());
    for what in ["events", "claims", "tolls", "services"] {
        let [printed, _] = log.situ(&["export", what]);
        log.situ(&["export", what, "--output", what]);
        assert_eq!(fs::read_to_string(log.file(what)).unwrap(), printed);
        let told = log.refused(&["export", what, "--output", what]);
        let expected = format!("error: {what} is there already\n");
        assert!(told.starts_with(&expected), "{told}");
    }
    // One that cannot be written whole is not there.
    log.refused(&[
        "export", "tolls", "--format", "ndjson", "--hxl", "--output", "none",
    ]);
    assert!(!log.file("none").exists());
}

#[test]
fn parquet_is_written_to_a_file_where_the_command_was_built_with_it() {
    let log = Log::of(&balochistan());
    for what in ["events", "claims", "tolls", "services"] {
        let export = ["export", what, "--format", "parquet"];
        let told = log.refused(&export);
        assert!(
            told.starts_with("error: Parquet is not written to standard output\n"),
            "{told}"
        );
        let name = format!("{what}.parquet");
        let export = [&export[..], &["--output", &name]].concat();
        if cfg!(feature = "parquet") {
            log.situ(&export);
            let bytes = fs::read(log.file(&name)).unwrap();
            assert!(bytes.starts_with(b"PAR1") && bytes.ends_with(b"PAR1"));
        } else {
            let told = log.refused(&export);
            assert!(
                told.starts_with("error: this situ was built without Parquet\n"),
                "{told}"
            );
            assert!(!log.file(&name).exists());
        }
    }
}

/// What CloudEvents 1.0.2 and its JSON schema ask of an event, checked by hand.
fn check_cloud_event(event: &Value) {
    let event = event.as_object().unwrap();
    let text = |name: &str| event[name].as_str().unwrap();
    assert_eq!(text("specversion"), "1.0");
    for name in [
        "id",
        "source",
        "type",
        "subject",
        "datacontenttype",
        "dataschema",
    ] {
        assert!(!text(name).is_empty(), "{name}");
    }
    // URI references, one of them absolute: no blanks, nothing but ASCII.
    for name in ["source", "dataschema"] {
        assert!(text(name).starts_with("urn:situ:"));
        assert!(text(name).bytes().all(|byte| byte.is_ascii_graphic()));
    }
    for name in ["time", "recordedtime"] {
        text(name).parse::<Instant>().unwrap();
    }
    for (name, value) in event {
        let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        assert!(name.bytes().all(is_plain) && name.len() <= 20, "{name}");
        assert!(name == "data" || value.is_string(), "{name} is {value}");
    }
    assert_eq!(event["data"]["id"], event["id"]);
    assert!(!event.contains_key("data_base64"));
}

#[test]
fn cloud_events_are_as_their_specification_asks() {
    let log = Log::of(&balochistan());
    let [lines, _] = log.situ(&["export", "events", "--format", "cloudevents"]);
    let lines: Vec<Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert_eq!(lines.len(), balochistan().len());
    lines.iter().for_each(check_cloud_event);
    let unique: BTreeSet<_> = lines
        .iter()
        .map(|event| (event["source"].to_string(), event["id"].to_string()))
        .collect();
    assert_eq!(unique.len(), lines.len());
    let [batch, _] = log.situ(&["export", "events", "--format", "cloudevents-batch"]);
    assert_eq!(serde_json::from_str::<Vec<Value>>(&batch).unwrap(), lines);
    let empty = [
        "export",
        "events",
        "--format",
        "cloudevents-batch",
        "--known",
        "@0",
    ];
    assert_eq!(log.situ(&empty)[0], "[]\n");
}

#[test]
fn a_cloud_event_that_carries_no_event_of_ours_is_refused() {
    let refused = |text: &str| from_cloud_event(text).unwrap_err().to_string();
    assert!(refused("{}").starts_with("this is no CloudEvent in JSON: missing field"));
    assert_eq!(
        refused(r#"{"specversion":"0.3","id":"a","data":{"id":"a"}}"#),
        "specversion is `0.3`; write 1.0"
    );
    assert_eq!(
        refused(
            r#"{"specversion":"1.0","id":"a","source":"/bus","type":"x","data":{"id":"b","kind":"k","situation":"s"}}"#
        ),
        "`id` is `a`, but the event in `data` makes it `b`; write one in both"
    );
}

const WITH_PLACES: &str = r#"{"kind":"SituationOpened","version":1,"id":"019c2705-0000-7000-8000-000000000001","situation":"flood","learnt_at":"2026-02-01T00:00:00Z","payload":{"title":"Flood","zone":"UTC"}}
{"kind":"PlaceDescribed","version":1,"id":"019c2705-0000-7000-8000-000000000002","situation":"flood","learnt_at":"2026-02-01T00:00:00Z","payload":{"place":"quetta","names":["Quetta"],"point":{"at":{"latitude_e6":30183270,"longitude_e6":66996452},"precision":"settlement"}}}
{"kind":"PlaceDescribed","version":1,"id":"019c2705-0000-7000-8000-000000000003","situation":"flood","learnt_at":"2026-02-01T00:00:00Z","payload":{"place":"ziarat","names":["Ziarat"]}}
{"kind":"CasualtiesReported","version":1,"id":"019c2705-0000-7000-8000-000000000004","situation":"flood","occurred":"2026-02-01[UTC]","learnt_at":"2026-02-01T10:00:00Z","source":{"origin":"pdma"},"payload":{"figures":[{"outcome":"killed","who":"all","quantity":3,"places":["quetta"],"period":{"cumulative":{}}},{"outcome":"killed","who":"all","quantity":1,"places":["ziarat"],"period":{"cumulative":{}}},{"outcome":"killed","who":"all","quantity":{"at_least":4},"words":"=4+5","period":{"cumulative":{}}}]}}
"#;

#[test]
fn what_has_a_place_is_on_the_map_and_the_rest_is_said() {
    let log = Log::told(WITH_PLACES);
    let [map, err] = log.situ(&["export", "tolls", "--format", "geojson"]);
    let map: Value = serde_json::from_str(&map).unwrap();
    assert_eq!(map["type"], "FeatureCollection");
    let features = map["features"].as_array().unwrap();
    let at = |name: &str| {
        let is_named = |feature: &&Value| feature["properties"]["name"] == name;
        features.iter().find(is_named).unwrap()
    };
    assert!(features.iter().all(|feature| feature["type"] == "Feature"));
    let quetta = at("killed/all@quetta");
    let point = serde_json::json!({"type": "Point", "coordinates": [66.996452, 30.18327]});
    assert_eq!(quetta["geometry"], point);
    assert_eq!(quetta["properties"]["shown"], 3);
    let points = serde_json::json!([{"place": "quetta", "precision": "settlement"}]);
    assert_eq!(quetta["properties"]["points"], points);
    assert_eq!(at("killed/all@ziarat")["geometry"], Value::Null);
    let nowhere = features
        .iter()
        .filter(|feature| feature["geometry"].is_null());
    assert_eq!(nowhere.count(), 2);
    assert!(err.contains("note: 2 features without a point"), "{err}");
}

#[test]
fn cells_are_as_said_unless_a_spreadsheet_reads_them() {
    let log = Log::told(WITH_PLACES);
    let [csv, err] = log.situ(&["export", "claims"]);
    assert!(csv.contains(",=4+5,"), "{csv}");
    assert_eq!(err, "");
    let [csv, err] = log.situ(&["export", "claims", "--spreadsheet-safe", "--hxl"]);
    assert!(csv.contains(",'=4+5,"), "{csv}");
    assert!(
        err.starts_with("note: 1 cell guarded by an apostrophe"),
        "{err}"
    );
    let tags = csv.split("\r\n").nth(1).unwrap();
    assert!(tags.starts_with("#meta+position,#meta+figure,"), "{tags}");
}

#[test]
fn a_package_describes_every_file_and_column_and_its_events_are_the_log() {
    let log = Log::told(WITH_PLACES);
    log.situ(&["export", "package", "out", "--licence", "CC-BY-4.0"]);
    let text = fs::read_to_string(log.file("out/datapackage.json")).unwrap();
    let package: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(package["title"], "Flood");
    assert_eq!(package["licenses"][0]["name"], "CC-BY-4.0");
    assert_eq!(package["sources"][0]["title"], "pdma");
    assert_eq!(package["situ"]["policy"]["name"], "latest");
    assert_eq!(package["situ"]["as_of"]["position"], 4);
    let resources = package["resources"].as_array().unwrap();
    assert_eq!(resources.len(), 4);
    for resource in resources {
        let path = resource["path"].as_str().unwrap();
        let bytes = fs::read(log.file("out").join(path)).unwrap();
        let digest = sha2::Sha256::digest(&bytes);
        let digest: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(resource["hash"], format!("sha256:{digest}"), "{path}");
        assert_eq!(resource["bytes"], bytes.len(), "{path}");
        if let Some(fields) = resource["schema"]["fields"].as_array() {
            let header = String::from_utf8(bytes).unwrap();
            let header = header.split("\r\n").next().unwrap();
            let names = fields.iter().map(|field| field["name"].as_str().unwrap());
            assert_eq!(names.collect::<Vec<_>>().join(","), header, "{path}");
            assert!(fields.iter().all(|field| field["description"].is_string()));
        }
    }
    let lines = fs::read_to_string(log.file("out/events.ndjson")).unwrap();
    let event = |line| from_line(line, 1, || unreachable!("every event has an id")).unwrap();
    assert_eq!(lines.lines().map(event).collect::<Vec<_>>().len(), 4);
    assert_eq!(lines.lines().collect::<Vec<_>>(), log.lines());
}

#[test]
fn hxl_tags_and_columns_are_well_formed() {
    for table in [&EVENTS, &CLAIMS, &TOLLS, &SERVICES] {
        let names: BTreeSet<_> = table.columns.iter().map(|column| column.name).collect();
        assert_eq!(names.len(), table.columns.len(), "{}", table.name);
        assert!(table.key.iter().all(|key| names.contains(key)));
        for column in table.columns {
            let mut parts = column.hxl.strip_prefix('#').unwrap().split('+');
            let is_word = |word: &str| {
                word.starts_with(|letter: char| letter.is_ascii_lowercase())
                    && word
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            };
            assert!(parts.all(is_word), "{}", column.hxl);
        }
    }
}

#[test]
fn the_citations_in_a_package_hold_against_the_log() {
    let log = Log::of(&balochistan());
    let citations = |folder: &str, clocks: &[&str]| -> Vec<Value> {
        log.situ(&[&["export", "package", folder], clocks].concat());
        let text = fs::read_to_string(log.file(folder).join("datapackage.json")).unwrap();
        let package: Value = serde_json::from_str(&text).unwrap();
        package["situ"]["citations"].as_array().unwrap().clone()
    };
    let now = ["--at", "2026-02-06T15:00:00Z", "--policy", "highest"];
    let then = ["--at", "2026-02-04T07:00:00Z", "--known", "then"];
    let cited = [citations("now", &now), citations("then", &then)].concat();
    assert!(cited.len() > 20, "{}", cited.len());
    for citation in cited {
        let [said, _] = log.situ(&["cite", "--check", citation.as_str().unwrap()]);
        assert!(
            said.starts_with("The citation holds."),
            "{citation}\n{said}"
        );
    }
    let log = Log::rumoured(4);
    log.situ(&["export", "package", "out"]);
    let text = fs::read_to_string(log.file("out/datapackage.json")).unwrap();
    assert!(
        text.contains("\"citations\": []"),
        "restricted events were left out"
    );
}

/// The blocks of a page marked so.
fn blocks(page: &str, mark: &str) -> Vec<String> {
    let mark = format!("```{mark}\n");
    let after = page.split(&mark).skip(1);
    after
        .map(|text| text.split("```").next().unwrap().to_owned())
        .collect()
}

fn python(log: &Log, program: &str) -> Option<std::process::Output> {
    let mut python = Command::new("python3");
    let python = python.args(["-c", program]).current_dir(log.0.path());
    python.output().ok()
}

#[test]
fn the_recipes_for_python_run_where_python_is() {
    let log = Log::of(&balochistan());
    log.situ(&["export", "package", "out", "--at", "2026-02-06T15:00:00Z"]);
    let page = include_str!("../../docs/recipes.md");
    let recipes = blocks(page, "python run");
    assert_eq!(recipes.len(), 2);
    for recipe in recipes {
        let imports: Vec<&str> = recipe
            .lines()
            .filter(|line| line.starts_with("import "))
            .collect();
        let is_there = python(&log, &imports.join("\n")).is_some_and(|ran| ran.status.success());
        if !is_there {
            eprintln!("SKIPPED, python3 cannot {}", imports.join(", "));
            continue;
        }
        let ran = python(&log, &recipe).unwrap();
        let err = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{recipe}{err}");
        let out = String::from_utf8(ran.stdout).unwrap();
        assert!(out.contains("216"), "{out}");
    }
}
