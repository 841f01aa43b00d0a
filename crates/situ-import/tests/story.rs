//! A small series with every kind of change, told to a log in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

#[path = "feeds/mutation.rs"]
mod mutation;

use mutation::mutated;
use situ_core::{
    ClaimRef, Event, EventStore as _, Known, Name, Payload, Position, Projection as _, RecordField,
    SituationId, replay,
};
use situ_import::{
    History, Imported, Mapping, Outlet, RecordKey, Records, Refused, Reject, Said, Source, Table,
    import,
};

mod taken;

use taken::Log;

const MAPPING: &str = r#"
dataset = "floods"
shape = "history"
[situation]
id = "floods-2026"
title = "Floods"
zone = "Asia/Dhaka"
opened = "2026-01-01T00:00:00Z"
[publisher]
id = "desk"
name = "Disaster desk"
[records]
derived = ["ext_*"]
[values]
absent = ["", "missing"]
[claimed_by]
field = "by"
ids = { ministry = "ministry" }
[as_of]
[[figures]]
fields = ["killed", "dead"]
outcome = "killed"
period = "cumulative"
"#;

/// Versions 1 to 6: told, revised, undone, renamed, not readable, removed. The clock of version 3 runs backwards.
const HISTORY: &str = r#"{"seq":1,"known_at":"2026-02-01T10:00:00Z","op":"record_added","key":"2026-01-31","value":{"by":"ministry","dead":12,"ext_hurt":40}}
{"seq":1,"known_at":"2026-02-01T10:00:00Z","op":"record_added","key":"2026-02-01","value":{"by":"missing","dead":"missing"}}
{"seq":2,"known_at":"2026-02-03T10:00:00Z","op":"field_changed","key":"2026-01-31","field":"dead","old":12,"new":21}
{"seq":3,"known_at":"2026-02-02T10:00:00Z","op":"field_changed","key":"2026-01-31","field":"dead","old":21,"new":12}
{"seq":4,"known_at":"2026-02-04T10:00:00Z","op":"field_added","key":"2026-01-31","field":"killed","new":12}
{"seq":4,"known_at":"2026-02-04T10:00:00Z","op":"field_removed","key":"2026-01-31","field":"dead","old":12}
{"seq":5,"known_at":"2026-02-05T10:00:00Z","op":"version_unparseable","error":"a comma is missing"}
{"seq":6,"known_at":"2026-02-06T10:00:00Z","op":"record_removed","key":"2026-01-31"}
"#;

impl Log {
    fn tell(&mut self, source: &mut dyn Source) -> Imported {
        import(source, self).unwrap()
    }

    fn tell_history(&mut self, history: &'static str) -> Imported {
        let mapping = Mapping::from_toml(MAPPING).unwrap();
        self.tell(&mut History::new(Box::new(history.as_bytes()), mapping))
    }

    fn tell_table(&mut self, shape: &str, more: &str, table: &'static [u8]) -> Imported {
        let toml = MAPPING.replace("shape = \"history\"", &format!("shape = \"{shape}\""));
        let toml = toml.replace("[records]", "[records]\nkey = [\"day\"]");
        let mapping = Mapping::from_toml(&format!("{toml}{more}")).unwrap();
        let learnt = "2026-02-01T00:00:00Z".parse().ok();
        self.tell(&mut Table::new(Box::new(table), mapping, learnt))
    }

    fn records(&self) -> Records {
        let mut records = Records::default();
        replay(&self.store, Position::START, |recorded| {
            records.apply(recorded)
        })
        .unwrap();
        records
    }

    /// What is claimed and taken back, in the order of the log.
    fn said(&self) -> Vec<String> {
        let mut said = Vec::new();
        replay(&self.store, Position::START, |recorded| {
            let event = recorded.event()?;
            match event.payload {
                Payload::CasualtiesReported(reported) => {
                    assert!(event.caused_by.is_some());
                    said.extend(reported.figures.iter().map(|figure| {
                        let origin = &event.source.as_ref().unwrap().origin;
                        format!("{origin} {:?}", figure.quantity.shown())
                    }));
                }
                Payload::ClaimRetracted(retracted) => {
                    let what = match retracted.target {
                        ClaimRef::Claim(_) => "claim",
                        ClaimRef::Event(_) => "event",
                    };
                    let replaced = retracted.replacement.map_or("", |_| " replaced");
                    said.push(format!("{what} {}{replaced}", retracted.reason));
                }
                _ => {}
            }
            Ok(())
        })
        .unwrap();
        said
    }
}

fn record(key: &str) -> RecordKey {
    RecordKey {
        situation: SituationId::new("floods-2026").unwrap(),
        dataset: Name::new("floods").unwrap(),
        key: Name::new(key).unwrap(),
    }
}

fn shown(said: Said<'_>) -> String {
    match said {
        Said::Present { field, .. } => match field {
            RecordField::Stated(value) => value.as_ref().unwrap().as_str().to_owned(),
            RecordField::Derived(value) => format!("derived {}", value.as_ref().unwrap().as_str()),
        },
        Said::FieldAbsent { .. } => "field absent".to_owned(),
        Said::RecordAbsent => "record absent".to_owned(),
    }
}

#[test]
fn a_changed_value_is_a_correction_and_a_removed_record_takes_its_claims_along() {
    let mut log = Log::default();
    log.tell_history(HISTORY);
    assert_eq!(log.rejects, [""; 0]);
    assert_eq!(
        log.said(),
        [
            "ministry Some(12)",
            "ministry Some(21)",
            "claim source_error replaced",
            // Version 3 became known before version 2: whoever knows it alone does not know that the first twelve were taken back.
            "claim other",
            "ministry Some(12)",
            "claim source_error replaced",
            // Version 4 renames the field: nothing is said anew.
            "claim other",
            "event other",
        ]
    );
}

#[test]
fn a_record_says_what_it_said_then() {
    let mut log = Log::default();
    log.tell_history(HISTORY);
    let records = log.records();
    let key = record("2026-01-31");
    let at_version = |version: u64, field: &str| {
        let position = records.version(&key.situation, &key.dataset, version);
        let known = Known::Position(position.unwrap_or(Position::START));
        shown(records.field(&key, &Name::new(field).unwrap(), known))
    };
    for (version, dead, killed) in [
        (0, "record absent", "record absent"),
        (1, "12", "field absent"),
        (2, "21", "field absent"),
        (3, "12", "field absent"),
        (4, "field absent", "12"),
        (5, "field absent", "12"),
        (6, "record absent", "record absent"),
        (7, "record absent", "record absent"),
    ] {
        let answers = (at_version(version, "dead"), at_version(version, "killed"));
        assert_eq!(
            (answers.0.as_str(), answers.1.as_str()),
            (dead, killed),
            "{version}"
        );
    }
    assert_eq!(at_version(1, "ext_hurt"), "derived 40");
    let learnt = |text: &str| {
        let known = Known::Learnt(text.parse().unwrap());
        shown(records.field(&key, &Name::new("dead").unwrap(), known))
    };
    // Version 3 became known before version 2, and still follows it.
    assert_eq!(learnt("2026-02-01T09:59:59Z"), "record absent");
    assert_eq!(learnt("2026-02-02T10:00:00Z"), "12");
    assert_eq!(learnt("2026-02-03T10:00:00Z"), "12");
    let versions = RecordKey {
        dataset: Name::new("floods/versions").unwrap(),
        ..record("5")
    };
    let error = records.field(
        &versions,
        &Name::new("error").unwrap(),
        Known::Position(Position::new(99)),
    );
    assert_eq!(shown(error), "a comma is missing");
}

#[test]
fn a_version_the_history_does_not_tell_of_is_the_one_before_it() {
    let mut log = Log::default();
    let history = HISTORY.replace("\"seq\":6", "\"seq\":9");
    log.tell_history(history.leak());
    let records = log.records();
    let key = record("2026-01-31");
    let versions = records.versions(&key.situation, &key.dataset);
    let numbers: Vec<u64> = versions.keys().copied().collect();
    assert_eq!(numbers, [1, 2, 3, 4, 5, 9]);
    let at = |version: u64| records.version(&key.situation, &key.dataset, version);
    assert_eq!(at(0), None);
    for (version, told) in [(1, 1), (5, 5), (6, 5), (8, 5), (9, 9), (10, 9)] {
        assert_eq!(at(version), versions.get(&told).copied(), "{version}");
    }
    let other = Name::new("another").unwrap();
    assert!(records.versions(&key.situation, &other).is_empty());
    assert_eq!(records.version(&key.situation, &other, 1), None);
}

#[test]
fn versions_of_one_second_are_told_apart() {
    let mut log = Log::default();
    log.tell_history(concat!(
        "{\"seq\":1,\"known_at\":\"2026-02-01T10:00:00Z\",\"op\":\"record_added\",\"key\":\"2026-01-31\",\"value\":{\"by\":\"ministry\",\"dead\":12}}\n",
        "{\"seq\":2,\"known_at\":\"2026-02-01T10:00:00Z\",\"op\":\"field_changed\",\"key\":\"2026-01-31\",\"field\":\"dead\",\"old\":12,\"new\":21}\n",
        "{\"seq\":3,\"known_at\":\"2026-02-01T10:00:00Z\",\"op\":\"field_changed\",\"key\":\"2026-01-31\",\"field\":\"dead\",\"old\":21,\"new\":12}\n",
    ));
    assert_eq!(log.rejects, [""; 0]);
    let claims = [
        "ministry Some(12)",
        "ministry Some(21)",
        "claim source_error replaced",
    ];
    let again = ["ministry Some(12)", "claim source_error replaced"];
    assert_eq!(log.said(), [&claims[..], &again].concat());
}

#[test]
fn importing_twice_or_after_a_break_adds_nothing_twice() {
    let mut whole = Log::default();
    let once = whole.tell_history(HISTORY);
    let twice = whole.tell_history(HISTORY);
    assert_eq!((twice.added, twice.already_there), (0, once.added));
    // A log that got only the first versions ends up the same.
    let mut broken = Log::default();
    let versions = HISTORY.match_indices("{\"seq\":3").next().unwrap().0;
    broken.tell_history(&HISTORY[..versions]);
    broken.tell_history(HISTORY);
    let all = |log: &Log| log.store.read_after(Position::START, 1000).unwrap();
    let lines = |log: &Log| {
        all(log)
            .iter()
            .map(situ_core::Recorded::to_line)
            .collect::<Vec<_>>()
    };
    assert_eq!(lines(&whole), lines(&broken));
}

#[test]
fn what_does_not_fit_is_said_and_the_rest_goes_in() {
    let mut log = Log::default();
    log.tell_history(concat!(
        "{\"seq\":2,\"known_at\":\"2026-02-01T10:00:00Z\",\"op\":\"record_added\",\"key\":\"2026-01-31\",\"value\":{\"by\":\"ministry\",\"dead\":-3}}\n",
        "nonsense\n",
        "{\"seq\":1,\"known_at\":\"2026-02-01T10:00:00Z\",\"op\":\"record_removed\",\"key\":\"2026-01-31\"}\n",
        "{\"seq\":2,\"known_at\":\"2026-02-01T10:00:00Z\",\"op\":\"record_removed\",\"key\":\"2026-01-30\"}\n",
        "{\"seq\":2,\"known_at\":\"2026-02-01T10:00:00Z\",\"op\":\"field_changed\",\"key\":\"2026-01-31\",\"field\":\"dead\",\"old\":4,\"new\":5}\n",
        "{\"seq\":2,\"known_at\":\"2026-02-01T10:00:00Z\",\"op\":\"record_added\",\"key\":\"2026-01-29\",\"value\":{\"by\":\"somebody\",\"dead\":7}}\n",
        "{\"seq\":3,\"known_at\":\"yesterday\",\"op\":\"record_removed\",\"key\":\"2026-01-29\"}\n",
    ));
    let reasons = [
        "line 2: no operation of a history: ",
        "line 3, record 2026-01-31: version 1 comes after a later one",
        "line 4, record 2026-01-30: there is no record with this key",
        "line 5, record 2026-01-31, field dead: the field did not say `old` before",
        "line 1, record 2026-01-31, field dead: `-3` is no whole number of people",
        "line 6, record 2026-01-29, field by: claimed_by.ids of the mapping has no `somebody`",
        "line 7, record 2026-01-29: known_at: ",
    ];
    assert_eq!(log.rejects.len(), reasons.len(), "{:?}", log.rejects);
    for (reject, reason) in log.rejects.iter().zip(reasons) {
        assert!(reject.starts_with(reason), "{reject}, expected {reason}");
    }
    // What cannot be read as a figure is still kept as it was published.
    let dead = Name::new("dead").unwrap();
    let known = Known::Position(Position::new(99));
    assert_eq!(
        shown(log.records().field(&record("2026-01-31"), &dead, known)),
        "-3"
    );
    assert_eq!(log.said(), [""; 0]);
}

#[test]
fn rows_of_a_table_are_records() {
    let csv = b"\xef\xbb\xbfday,by,dead\r\n2026-01-31,ministry,12\r\n2026-01-31,ministry,13\r\n2026-02-01,ministry,\r\nlater,ministry,4\r\n2026-02-02,ministry,\xff\r\n";
    let mut log = Log::default();
    let as_of = "";
    let once = log.tell_table("csv", as_of, csv);
    assert_eq!(log.said(), ["ministry Some(12)", "ministry Some(13)"]);
    assert_eq!(
        log.rejects,
        [
            "line 5, record later: as_of: `later` is no time as the mapping says they are written",
            "line 6: no UTF-8; convert the file first",
        ]
    );
    let again = log.tell_table("csv", as_of, csv);
    assert_eq!((again.added, again.already_there), (0, once.added));
    let dead = Name::new("dead").unwrap();
    let known = Known::Position(Position::new(99));
    let records = log.records();
    assert_eq!(
        shown(records.field(&record("2026-01-31"), &dead, known)),
        "12"
    );
    assert_eq!(
        shown(records.field(&record("2026-01-31#2"), &dead, known)),
        "13"
    );

    let mut json = Log::default();
    let lines = b"[{\"day\":\"2026-01-31\",\"by\":\"ministry\",\"dead\":12},\n{\"day\":\"2026-02-01\",\"by\":\"ministry\",\"dead\":null}]\n";
    json.tell_table("json", as_of, lines);
    assert_eq!(
        (json.said(), json.rejects),
        (vec!["ministry Some(12)".to_owned()], vec![])
    );

    // Rows further down, under the names of who says so, and keys that are cut.
    let mut named = Log::default();
    let toml = MAPPING.replace("\"history\"", "\"json\"").replace(
        "[records]",
        "[records]\nkey = [{ field = \"day\", first = 10 }]\nrows = \"page\"\nnamed = \"by\"\nrename = { \"count.dead\" = \"dead\" }",
    );
    let text = b"{\"page\": {\"ministry\": [{\"day\": \"2026-01-31T18:00\", \"count\": {\"dead\": 12}}],\n\"missing\": {\"day\": \"2026-02-01T18:00\"}}}";
    let toml = toml.replace("[as_of]", "[as_of]\nfirst = 10");
    let mapping = Mapping::from_toml(&toml).unwrap();
    named.tell(&mut Table::new(Box::new(&text[..]), mapping, None));
    assert_eq!(
        (named.said(), &named.rejects),
        (vec!["ministry Some(12)".to_owned()], &vec![])
    );
    let known = Known::Position(Position::new(99));
    let said = |key: &str, field: &str| {
        let field = Name::new(field).unwrap();
        shown(named.records().field(&record(key), &field, known))
    };
    assert_eq!(said("2026-01-31", "dead"), "12");
    assert_eq!(said("2026-02-01", "by"), "\"missing\"");
}

#[test]
fn a_quote_that_is_never_closed_swallows_no_rows() {
    let swallowing =
        "day,by,dead\n2026-01-31,ministry,12\n2026-02-01,\"ministry,13\n2026-02-02,ministry,14\n";
    let cut = "day,by,dead\n2026-01-31,ministry,12\n2026-02-01,\"mini";
    for csv in [swallowing, cut] {
        let mut log = Log::default();
        log.tell_table("csv", "", csv.as_bytes());
        assert_eq!(log.said(), ["ministry Some(12)"]);
        let reason = "line 3: the file ends within a quote, which may begin on this line; close it, or double a quote that is meant";
        assert_eq!(log.rejects, [reason]);
    }
    let closed = "day,by,dead\n2026-01-31,\"ministry\",12\n2026-02-01,ministry,13";
    let mut log = Log::default();
    log.tell_table("csv", "", closed.as_bytes());
    assert_eq!(log.rejects, [""; 0]);
    assert_eq!(log.said().len(), 2);
}

#[test]
fn a_field_without_end_is_refused_before_it_is_held() {
    let mut csv = b"day,by,dead\n\"".to_vec();
    csv.resize(8 * 1024 * 1024, b'x');
    let mapping = MAPPING.replace("shape = \"history\"", "shape = \"csv\"");
    let mapping = mapping.replace("[records]", "[records]\nkey = [\"day\"]");
    let mapping = Mapping::from_toml(&mapping).unwrap();
    let mut table = Table::new(Box::new(std::io::Cursor::new(csv)), mapping, None);
    let error = import(&mut table, &mut Log::default()).unwrap_err();
    assert!(error.to_string().contains("over the limit"), "{error}");
}

#[test]
fn a_version_that_was_cut_between_its_parts_is_completed_by_importing_again() {
    /// Breaks off after so many events, as a power cut does.
    struct Cut<'a>(&'a mut Log, usize);
    impl Outlet for Cut<'_> {
        type Error = String;

        fn append(&mut self, batch: &[Event]) -> Result<usize, Refused<String>> {
            if self.1 == 0 {
                return Err(Refused::Other("cut off".to_owned()));
            }
            self.1 -= 1;
            self.0
                .append(batch)
                .map_err(|error| Refused::Other(format!("{error:?}")))
        }

        fn reject(&mut self, reject: &Reject) -> Result<(), String> {
            panic!("{reject}");
        }

        fn progress(&mut self, _: &Imported) {}
    }
    let history: String = (0..1200)
        .map(|number| {
            format!(
                "{{\"seq\":1,\"known_at\":\"2026-02-01T10:00:00Z\",\"op\":\"record_added\",\"key\":\"2026-01-31#{number}\",\"value\":{{\"by\":\"ministry\",\"dead\":{number}}}}}\n"
            )
        })
        .collect();
    let history: &'static str = history.leak();
    let mut whole = Log::default();
    let once = whole.tell_history(history);
    // A title, a publisher, a record and a claim of each, and the version: three parts.
    assert_eq!(once.added, 2 + 2 * 1200 + 1);
    let mut cut = Log::default();
    let mapping = Mapping::from_toml(MAPPING).unwrap();
    let mut source = History::new(Box::new(history.as_bytes()), mapping);
    let error = import(&mut source, &mut Cut(&mut cut, 2)).unwrap_err();
    assert_eq!(error.to_string(), "cut off");
    let key = record("2026-01-31#0");
    let version = |log: &Log| log.records().version(&key.situation, &key.dataset, 1);
    // A version is there when all of it is.
    assert_eq!(version(&cut), None);
    let rest = cut.tell_history(history);
    assert_eq!((rest.added, rest.already_there), (once.added - 2000, 2000));
    assert_eq!(version(&cut), Some(Position::new(once.added)));
    let lines = |log: &Log| {
        let events = log.store.read_after(Position::START, 5000).unwrap();
        events
            .iter()
            .map(situ_core::Recorded::to_line)
            .collect::<Vec<_>>()
    };
    assert_eq!(lines(&cut), lines(&whole));
}

#[test]
fn a_thousand_mutated_files_are_told_or_imported_and_never_half() {
    const CSV: &[u8] =
        b"day,by,dead\n2026-01-31,ministry,12\n2026-02-01,ministry,\"13\"\n2026-02-02,missing,\n";
    const JSON: &[u8] = b"[{\"day\":\"2026-01-31\",\"by\":\"ministry\",\"dead\":12},\n{\"day\":\"2026-02-01\",\"by\":\"missing\",\"dead\":null}]\n";
    const LINES: &[u8] = b"{\"day\":\"2026-01-31\",\"by\":\"ministry\",\"dead\":12}\n{\"day\":\"2026-02-01\",\"by\":\"missing\",\"dead\":NaN}\n";
    const NAMED: &[u8] = b"{\"page\":{\"of\":1,\"rows\":{\"ministry\":[{\"day\":\"2026-01-31\",\"dead\":12},\n{\"day\":\"2026-02-01\",\"more\":{\"dead\":3}}],\"missing\":{\"day\":\"2026-02-02\"}}}}";
    let zipped = {
        let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        std::io::Write::write_all(&mut zip, HISTORY.as_bytes()).unwrap();
        zip.finish().unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("history", HISTORY.as_bytes()),
        ("history.gz", &zipped),
        ("csv", CSV),
        ("json", JSON),
        ("json.lines", LINES),
        ("json.named", NAMED),
    ];
    for (name, text) in files {
        let path = folder.path().join(name);
        let (shape, form) = name.split_once('.').unwrap_or((name, ""));
        let mut toml = MAPPING.replace("\"history\"", &format!("\"{shape}\""));
        if shape != "history" {
            toml = toml.replace("[records]", "[records]\nkey = [\"day\"]");
        }
        if form == "named" {
            let place = "[records]\nrows = \"page.rows\"\nnamed = \"by\"";
            toml = toml.replace("[records]", place);
        }
        let mapping = Mapping::from_toml(&toml).unwrap();
        for seed in 1..=1000 {
            std::fs::write(&path, mutated(text, seed)).unwrap();
            let mapping = mapping.clone();
            let input = situ_import::open(&path).unwrap();
            let mut source: Box<dyn Source> = match shape {
                "history" => Box::new(History::new(input, mapping)),
                _ => Box::new(Table::new(input, mapping, None)),
            };
            let mut log = Log::default();
            // An error is an answer; what went in must read, and name nothing that is not there.
            let _ = import(source.as_mut(), &mut log);
            let events = log.store.read_after(Position::START, 1000).unwrap();
            for recorded in &events {
                let event = recorded.event().unwrap();
                let cause = event.caused_by;
                assert!(cause.is_none_or(|cause| events.iter().any(|other| other.id == cause)));
            }
            log.records();
        }
    }
}

#[test]
fn a_time_no_log_holds_is_no_time() {
    for (format, day) in [
        ("%s", "-5000000000"),
        ("%s", "9000000000"),
        ("%Y-%m-%d %H:%M %z", "1850-01-01 00:00 +0000"),
        ("%Y-%m-%d %H:%M %z", "9999-01-01 00:00 +0000"),
    ] {
        let mut log = Log::default();
        let toml = MAPPING.replace("\"history\"", "\"csv\"");
        let toml = toml.replace("[records]", "[records]\nkey = [\"day\"]");
        let toml = toml.replace("[as_of]", &format!("[as_of]\nformats = [\"{format}\"]"));
        let mapping = Mapping::from_toml(&toml).unwrap();
        let table = format!("day,by,dead\n{day},ministry,12\n");
        let input = std::io::Cursor::new(table);
        log.tell(&mut Table::new(Box::new(input), mapping, None));
        assert_eq!(log.rejects.len(), 1, "{day}: {:?}", log.rejects);
        assert!(log.rejects[0].contains("is no time"), "{}", log.rejects[0]);
        assert_eq!(log.said(), [""; 0]);
    }
}

#[test]
fn a_window_that_begins_before_any_time_a_log_holds_is_no_window() {
    for hours in [48, 36] {
        let mut log = Log::default();
        let toml = MAPPING.replace("\"history\"", "\"csv\"");
        let toml = toml.replace("[records]", "[records]\nkey = [\"day\"]");
        let window = format!("period = \"window\"\nhours = {hours}");
        let toml = toml.replace("period = \"cumulative\"", &window);
        let mapping = Mapping::from_toml(&toml).unwrap();
        let table = "day,by,dead\n1900-01-01,ministry,12\n";
        let input = std::io::Cursor::new(table);
        log.tell(&mut Table::new(Box::new(input), mapping, None));
        assert_eq!(log.rejects.len(), 1, "{hours}: {:?}", log.rejects);
        let expected = format!("a window of {hours} hours begins before");
        assert!(log.rejects[0].contains(&expected), "{}", log.rejects[0]);
        assert_eq!(log.said(), [""; 0]);
    }
}

#[test]
fn what_a_version_without_a_time_changed_is_told_with_the_next() {
    let mut log = Log::default();
    log.tell_history(concat!(
        "{\"seq\":1,\"known_at\":\"yesterday\",\"op\":\"record_added\",\"key\":\"2026-01-31\",\"value\":{\"by\":\"ministry\",\"dead\":3}}\n",
        "{\"seq\":2,\"known_at\":\"2026-02-01T10:00:00Z\",\"op\":\"record_added\",\"key\":\"2026-01-30\",\"value\":{\"by\":\"ministry\",\"dead\":4}}\n",
    ));
    assert_eq!(log.said(), ["ministry Some(3)", "ministry Some(4)"]);
    assert_eq!(log.rejects.len(), 1);
    let expected = "; the version is left out, and what it changed is told with the next";
    assert!(log.rejects[0].ends_with(expected), "{}", log.rejects[0]);
}

#[test]
fn a_record_too_large_with_its_envelope_leaves_no_claim_behind() {
    let mut refused = 0;
    for less in (0..6400).step_by(200) {
        let mut log = Log::default();
        // Several fields, for one may not be as long as that.
        let note = format!(",{}", "x".repeat((Event::LIMIT - less) / 100)).repeat(100);
        let names: String = (0..100).map(|number| format!(",f{number}")).collect();
        let table = format!("day,by,dead{names}\n2026-01-31,ministry,12{note}\n");
        let toml = MAPPING.replace("\"history\"", "\"csv\"");
        let toml = toml.replace("[records]", "[records]\nkey = [\"day\"]");
        let mapping = Mapping::from_toml(&toml).unwrap();
        let input = std::io::Cursor::new(table);
        log.tell(&mut Table::new(Box::new(input), mapping, None));
        let rejects = &log.rejects;
        assert_eq!(rejects.len() + log.said().len(), 1, "{less}: {rejects:?}");
        refused += log.rejects.len();
    }
    assert!((1..32).contains(&refused), "{refused}");
}

#[test]
fn a_row_that_cannot_be_read_claims_nothing_until_it_is_mended() {
    let attacks = "[attack]\nmode = \"bombing\"\n";
    let mut log = Log::default();
    let odd = b"day,by,dead\n2026-01-31,ministry,a dozen\n";
    log.tell_table("csv", attacks, odd);
    assert_eq!(
        log.rejects,
        ["line 2, record 2026-01-31, field dead: `a dozen` is no whole number of people"]
    );
    let attacks_told = |log: &Log| {
        let events = log.store.read_after(Position::START, 1000).unwrap();
        let attacks = events
            .iter()
            .filter(|recorded| recorded.kind == situ_core::Kind::AttackOccurred);
        attacks.count()
    };
    assert_eq!((attacks_told(&log), log.said()), (0, vec![]));
    // The record is kept as it was published.
    let dead = Name::new("dead").unwrap();
    let known = Known::Position(Position::new(99));
    let said = log.records();
    assert_eq!(
        shown(said.field(&record("2026-01-31"), &dead, known)),
        "a dozen"
    );
    log.tell_table("csv", attacks, b"day,by,dead\n2026-01-31,ministry,12\n");
    assert_eq!(attacks_told(&log), 1);
    assert_eq!(log.said(), ["ministry Some(12)"]);
}

#[test]
fn a_figure_without_a_time_is_told() {
    let mut log = Log::default();
    let rows = b"id,day,by,dead\n1,,ministry,12\n2,,missing,12\n3,,ministry,\n";
    let toml = MAPPING
        .replace("\"history\"", "\"csv\"")
        .replace("[records]", "[records]\nkey = [\"id\"]")
        .replace("[as_of]", "[as_of]\nfields = [\"day\"]");
    let mapping = Mapping::from_toml(&toml).unwrap();
    log.tell(&mut Table::new(Box::new(&rows[..]), mapping, None));
    assert_eq!(
        log.rejects,
        ["line 2, record 1, field dead: a figure, and no field of [as_of] says of when"]
    );
}

#[test]
fn a_history_that_contradicts_itself_is_told() {
    let mut log = Log::default();
    log.tell_history(concat!(
        "{\"seq\":1,\"known_at\":\"2026-02-01T10:00:00Z\",\"op\":\"record_added\",\"key\":\"2026-01-30\",\"value\":{\"dead\":4,\"dead\":5}}\n",
        "{\"seq\":1,\"known_at\":\"2026-02-01T11:00:00Z\",\"op\":\"record_added\",\"key\":\"2026-01-31\",\"value\":{\"dead\":6}}\n",
    ));
    assert_eq!(
        log.rejects,
        [
            "line 1, record 2026-01-30: the field `dead` comes twice",
            "line 2, record 2026-01-31: version 1 became known at 2026-02-01T10:00:00Z before, or by another commit; an operation says what its version does",
        ]
    );
}

#[test]
fn what_a_mapping_reads_and_no_record_has_is_told() {
    let toml = MAPPING
        .replace("\"history\"", "\"csv\"")
        .replace("[records]", "[records]\nkey = [\"day\"]")
        .replace("\"killed\", \"dead\"", "\"kiled\", \"ded\"");
    let unmet = |table: &'static [u8]| {
        let mapping = Mapping::from_toml(&toml).unwrap();
        let mut table = Table::new(Box::new(table), mapping, None);
        Log::default().tell(&mut table);
        table.notes()
    };
    assert_eq!(
        unmet(b"day,by,dead\n2026-01-31,ministry,12\n"),
        ["no record has `kiled` or `ded`, which the mapping reads for figure 1"]
    );
    assert_eq!(unmet(b"day,by,ded\n2026-01-31,ministry,12\n"), [""; 0]);
    assert_eq!(unmet(b"day,by,dead\n"), [""; 0]);
}

#[test]
fn a_table_that_is_laid_out_otherwise_is_told() {
    let toml = MAPPING
        .replace("\"history\"", "\"csv\"")
        .replace("[records]", "[records]\nkey = [\"day\"]");
    let read = |toml: &str, table: &'static [u8]| {
        let mapping = Mapping::from_toml(toml).unwrap();
        let mut log = Log::default();
        let imported = import(&mut Table::new(Box::new(table), mapping, None), &mut log);
        (imported.err().map(|error| error.to_string()), log)
    };
    let semicolons = b"day;by;dead\n2026-01-31;ministry;12\n";
    let (error, _) = read(&toml, semicolons);
    assert_eq!(
        error.as_deref(),
        Some(
            "the row of names is one cell with a semicolon in it; if that separates cells, say records.separator = ';' in the mapping"
        )
    );
    let separated = toml.replace("[records]", "[records]\nseparator = ';'");
    let (error, log) = read(&separated, semicolons);
    assert_eq!(
        (error, log.said()),
        (None, vec!["ministry Some(12)".to_owned()])
    );
    let (error, _) = read(&toml, b"");
    assert_eq!(
        error.as_deref(),
        Some("the file is empty, without a row of names")
    );
    let (error, _) = read(&toml, b"d\xe4y,by,dead\n2026-01-31,ministry,12\n");
    assert_eq!(
        error.as_deref(),
        Some("the row of names is no UTF-8; convert the file first")
    );
    // What is cut off may have lost a digit; a row without anything in it is none.
    let (error, log) = read(&toml, b"day,by,dead\n2026-01-31,ministry\n,,\n");
    assert_eq!(
        (error, log.rejects),
        (None, vec!["line 2: 2 cells under 3 names".to_owned()])
    );
}

#[test]
fn a_column_of_services_that_no_record_has_is_told() {
    let toml = "dataset = \"trains\"\nshape = \"csv\"\n[situation]\nid = \"rails\"\nzone = \"Etc/UTC\"\nopened = \"2026-01-01T00:00:00Z\"\n\
                [publisher]\nid = \"desk\"\n[records]\nkey = [\"day\"]\n[[services]]\nservice = \"rail\"\n\
                degree = { field = \"trian\", words = { some = \"partial\" }, otherwise = \"none\" }\n\
                scope = [{ route = \"lien\" }, { area = [\"town\", \"twon\"] }]\nstart = { fields = [\"day\"] }\n";
    let mapping = Mapping::from_toml(toml).unwrap();
    let rows = b"day,train,line\n2026-01-31,some,Red\n";
    let mut table = Table::new(Box::new(&rows[..]), mapping, None);
    Log::default().tell(&mut table);
    assert_eq!(
        table.notes(),
        [
            "no record has `lien` or `town` or `twon`, which the mapping reads for services 1",
            "no record has `trian`, which the mapping reads for services 1",
        ]
    );
}
