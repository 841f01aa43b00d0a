//! What records say of services: told, changed, taken back; an assumption is no restoration.

use situ_core::{Payload, RecordField};
use situ_import::{History, Mapping, Table};

use crate::log::Log;

const MAPPING: &str = r#"
dataset = "closures"
shape = "history"
[situation]
id = "works"
zone = "America/New_York"
opened = "2026-01-01T00:00:00Z"
[publisher]
id = "desk"
name = "Works desk"
[[services]]
service = "rail"
degree = { field = "left", words = { none = "none", half = "partial" }, nothing = ["all"], otherwise = "none" }
cause = { field = "why", words = { storm = "weather" } }
scope = [{ segment = { from = "from", to = "to", route = "line" } }, { route = "line" }]
start = { fields = ["start"] }
end = { fields = ["ended"] }
expected_end = { fields = ["stop"] }
words = ["text"]
"#;

fn history(toml: &str, lines: &[&str]) -> Log {
    let mut log = Log::default();
    for _ in 0..2 {
        let mapping = Mapping::from_toml(toml).unwrap();
        let input = std::io::Cursor::new(lines.join("\n"));
        let imported = log.tell(&mut History::new(Box::new(input), mapping));
        assert_eq!(
            imported.added + imported.already_there,
            log.events().len() as u64
        );
    }
    log
}

const ADDED: &str = r#"{"seq":1,"known_at":"2026-02-01T10:00:00Z","op":"record_added","key":"a","value":{"line":"Red","from":"Alewife","to":"Davis Sq","start":"2026-03-01","stop":"2026-03-05","text":"works\non the line"}}"#;

#[test]
fn a_closure_is_told_before_it_begins_and_its_end_closes_nothing() {
    let log = history(
        MAPPING,
        &[
            ADDED,
            r#"{"seq":2,"known_at":"2026-02-02T10:00:00Z","op":"field_changed","key":"a","field":"stop","old":"2026-03-05","new":"2026-03-07"}"#,
            r#"{"seq":3,"known_at":"2026-02-03T10:00:00Z","op":"field_changed","key":"a","field":"text","old":"works\non the line","new":"works"}"#,
            r#"{"seq":4,"known_at":"2026-02-04T10:00:00Z","op":"field_added","key":"a","field":"left","new":"half"}"#,
            r#"{"seq":5,"known_at":"2026-02-05T10:00:00Z","op":"field_added","key":"a","field":"ended","new":"2026-03-06"}"#,
            r#"{"seq":6,"known_at":"2026-02-06T10:00:00Z","op":"record_removed","key":"a"}"#,
        ],
    );
    let segment = "{of:{segment:{from:alewife,to:davis-sq,route:Red}}}";
    assert_eq!(log.rejects, [""; 0]);
    assert_eq!(
        log.said(),
        [
            format!("1. rail none {segment} since 2026-03-01[America/New_York]"),
            format!("2. rail {segment} until 2026-03-05[America/New_York]"),
            // Another outlook takes nothing back.
            format!("3. rail {segment} until 2026-03-07[America/New_York]"),
            // Other words are no other claim; another degree is.
            format!("4. rail partial {segment} since 2026-03-01[America/New_York]"),
            "not 1 for 4: source_error".to_owned(),
            // An end that was yet to come is no report, and what else is expected goes on.
            "not 4: other".to_owned(),
            "not 2: other".to_owned(),
            "not 3: other".to_owned(),
            "not record: other".to_owned(),
        ]
    );
}

#[test]
fn an_end_that_was_reported_restores() {
    let mut told = ADDED.replace("2026-02-01T10", "2026-03-08T10");
    told = told.replace(
        "\"text\"",
        "\"ended\":\"2026-03-06\",\"why\":\"storm\",\"text\"",
    );
    let log = history(MAPPING, &[&told]);
    let segment = "{of:{segment:{from:alewife,to:davis-sq,route:Red}}}";
    assert_eq!(
        log.said(),
        [
            format!("1. rail none by weather {segment} since 2026-03-01[America/New_York]"),
            format!("2. rail {segment} until 2026-03-05[America/New_York]"),
            format!("3. rail normal {segment} at 2026-03-06[America/New_York]"),
        ]
    );
    let words = log
        .events()
        .into_iter()
        .find_map(|event| match event.payload {
            Payload::ServiceRestored(restored) => restored.words,
            _ => None,
        });
    assert_eq!(words.unwrap().as_str(), "works on the line");
}

#[test]
fn a_revision_takes_nothing_back_unless_the_start_is_another() {
    let toml = format!("{MAPPING}\n[changes]\nas = \"revision\"\n");
    let log = history(
        &toml,
        &[
            ADDED,
            r#"{"seq":2,"known_at":"2026-02-02T10:00:00Z","op":"field_added","key":"a","field":"left","new":"half"}"#,
            r#"{"seq":3,"known_at":"2026-02-03T10:00:00Z","op":"field_changed","key":"a","field":"start","old":"2026-03-01","new":"2026-03-02"}"#,
        ],
    );
    let retracted: Vec<_> = log
        .said()
        .into_iter()
        .filter(|said| said.starts_with("not"))
        .collect();
    assert_eq!(
        retracted,
        ["not 3 for 4: source_error", "not 1 for 4: source_error"]
    );
}

#[test]
fn what_a_mapping_does_not_say_is_told_and_the_record_kept() {
    let changed = |old: &str, new: &str| ADDED.replace(old, new);
    for (line, reason) in [
        (
            changed("\"text\"", "\"left\":\"some\",\"text\""),
            "line 1, record a, field left: the mapping does not say what `some` means",
        ),
        (
            changed("2026-03-05", "2026-02-05"),
            "line 1, record a: it ends at 2026-02-05[America/New_York], before it starts",
        ),
        (
            changed("2026-03-01", "soon"),
            "line 1, record a: `soon` is no time as the mapping says",
        ),
        (
            changed("Alewife", "***"),
            "line 1, record a, field from: `***` makes no id of a place",
        ),
    ] {
        let log = history(MAPPING, &[&line]);
        assert!(log.rejects[0].starts_with(reason), "{:?}", log.rejects);
        assert_eq!(log.said(), [""; 0]);
        let is_record = |payload: &Payload| matches!(payload, Payload::RecordPublished(record) if record.key.as_str() == "a");
        assert!(log.events().iter().any(|event| is_record(&event.payload)));
    }
    // All of it left, or nothing to say where: no claim, and nothing wrong.
    for line in [
        changed("\"text\"", "\"left\":\"all\",\"text\""),
        changed("\"line\":\"Red\",", ""),
    ] {
        let log = history(MAPPING, &[&line]);
        assert_eq!((log.rejects.len(), log.said().len()), (0, 0));
    }
}

const ALERTS: &str = r#"
dataset = "alerts"
shape = "csv"
[situation]
id = "alerts"
zone = "Europe/Kyiv"
opened = "2022-01-01T00:00:00Z"
[publisher]
id = "volunteers"
[records]
key = ["region", "town", "start"]
learnt = { fields = ["end"], formats = ["%Y-%m-%d %H:%M:%S%z"] }
[[records.derived_if]]
fields = ["end"]
where = { assumed = ["True"] }
[place_ids]
"Kyiv City" = "kyiv"
[[services]]
service = "other"
cause = "attack"
scope = [{ area = ["region", "town"] }]
start = { fields = ["start"], formats = ["%Y-%m-%d %H:%M:%S%z"] }
end = { fields = ["end"], formats = ["%Y-%m-%d %H:%M:%S%z"] }
"#;

#[test]
fn an_assumed_end_is_kept_as_derived_and_restores_nothing() {
    let table = "region,town,start,end,assumed
Kyiv City,,2022-03-01 10:00:00+02:00,2022-03-01 11:00:00+02:00,False
Poltavska,Lubny,2022-03-01 10:00:00+00:00,2022-03-01 10:30:00+00:00,True
Kyivska,Lubny,2022-03-02 10:00:00+00:00,2022-03-02 10:30:00+00:00,False
";
    let mut log = Log::default();
    for _ in 0..2 {
        let mapping = Mapping::from_toml(ALERTS).unwrap();
        log.tell(&mut Table::new(Box::new(table.as_bytes()), mapping, None));
    }
    assert_eq!(
        log.said(),
        [
            "1. other none by attack {of:{area:{place:kyiv}}} since 2022-03-01T08:00:00Z",
            "2. other normal {of:{area:{place:kyiv}}} at 2022-03-01T09:00:00Z",
            "3. other none by attack {of:{area:{place:lubny}}} since 2022-03-01T10:00:00Z",
        ]
    );
    // A place of the same name elsewhere is told, not taken for the same.
    assert!(log.rejects[0].starts_with("line 4, record Kyivska|Lubny|2022-03-02 10:00:00+00:00, field town: `Lubny` lies in another place"));
    let ends: Vec<bool> = log
        .events()
        .into_iter()
        .filter_map(|event| match event.payload {
            Payload::RecordPublished(record) => {
                let end = record
                    .fields
                    .into_iter()
                    .find(|(field, _)| field.as_str() == "end");
                Some(matches!(end.unwrap().1, RecordField::Derived(_)))
            }
            _ => None,
        })
        .collect();
    assert_eq!(ends, [false, true, false]);
    let learnt = log
        .events()
        .into_iter()
        .filter_map(|event| match event.payload {
            Payload::ServiceSuspended(_) => event.learnt_at,
            _ => None,
        });
    let learnt: Vec<String> = learnt.map(|learnt| learnt.to_string()).collect();
    assert_eq!(learnt, ["2022-03-01T09:00:00Z", "2022-03-01T10:30:00Z"]);
}

#[test]
fn an_end_that_nobody_knows_to_be_past_restores_nothing() {
    let lines: Vec<&str> = ALERTS
        .lines()
        .filter(|line| !line.starts_with("learnt"))
        .collect();
    let toml = lines.join("\n");
    let table = "region,town,start,end,assumed
Kyiv City,,2022-03-01 10:00:00+02:00,2022-03-01 11:00:00+02:00,False
";
    let mut log = Log::default();
    let mapping = Mapping::from_toml(&toml).unwrap();
    log.tell(&mut Table::new(Box::new(table.as_bytes()), mapping, None));
    assert_eq!(
        log.said(),
        [
            "1. other none by attack {of:{area:{place:kyiv}}} since 2022-03-01T08:00:00Z",
            "2. other {of:{area:{place:kyiv}}} until 2022-03-01T09:00:00Z",
        ]
    );
}

#[test]
fn another_name_with_the_same_id_is_told_and_a_bad_name_describes_nothing() {
    let row = |town: &str, day: u32| {
        format!(
            "Kyivska,{town},2022-03-0{day} 10:00:00+00:00,2022-03-0{day} 10:30:00+00:00,False\n"
        )
    };
    let long = "x".repeat(1000);
    let rows = [
        ("Bila Tserkva", 1),
        ("BILA  tserkva", 2),
        ("Bila (Tserkva)", 3),
        (&long, 4),
        (&long, 5),
    ];
    let rows: String = rows.iter().map(|(town, day)| row(town, *day)).collect();
    let table = format!("region,town,start,end,assumed\n{rows}");
    let mut log = Log::default();
    let mapping = Mapping::from_toml(ALERTS).unwrap();
    log.tell(&mut Table::new(
        Box::new(std::io::Cursor::new(table)),
        mapping,
        None,
    ));
    assert_eq!(log.said().len(), 4);
    assert!(
        log.rejects[0].contains(
            "field town: `Bila (Tserkva)` and `Bila Tserkva` make one id, bila-tserkva; "
        ),
        "{:?}",
        log.rejects
    );
    assert_eq!(log.rejects.len(), 3);
}

#[test]
fn a_rule_says_what_it_lacks() {
    for (left_out, expected) in [
        ("service = \"rail\"", "services 1: name the `service`"),
        (
            "start = { fields = [\"start\"] }",
            "services 1: say since when",
        ),
        (
            "scope = [{ segment = { from = \"from\", to = \"to\", route = \"line\" } }, { route = \"line\" }]",
            "services 1: say where",
        ),
    ] {
        let error = Mapping::from_toml(&MAPPING.replace(left_out, "")).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{error}");
    }
}
