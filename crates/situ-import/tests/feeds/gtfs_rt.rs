//! Alerts of GTFS-Realtime.

use situ_core::{Payload, RecordPublished};
use situ_import::{Feed, Mapping};

use crate::log::Log;
use crate::protobuf::binary;

pub(crate) const MAPPING: &str = r#"
dataset = "alerts"
shape = "gtfs-rt"
[situation]
id = "transit"
zone = "America/New_York"
opened = "2010-01-01T00:00:00Z"
[publisher]
id = "agency"
[[services]]
service = { field = "route_type", words = { 0 = "rail", 3 = "bus" }, nothing = ["-1"], otherwise = "bus" }
"#;

/// An alert with all that matters: two periods, and entities of every kind.
pub(crate) const ALERTS: &str = r#"
header {
  gtfs_realtime_version: "2.0"
  incrementality: FULL_DATASET
  timestamp: 1284457468
}
entity {
  id: "strike"
  alert {
    active_period {
      start: 1284457468
      end: 1284468072
    }
    active_period {
      start: 1284543868
    }
    informed_entity {
      route_id: "219"
    }
    informed_entity {
      route_id: "7"
      route_type: 0
      direction_id: 1
    }
    informed_entity {
      stop_id: "16299"
      route_id: "100"
    }
    informed_entity {
      agency_id: "north"
    }
    informed_entity {
      route_id: "8"
      trip {
        trip_id: "8-early"
      }
    }
    informed_entity {
      route_type: -1
    }
    cause: STRIKE
    effect: NO_SERVICE
    header_text {
      translation {
        text: "No buses – strike"
        language: "en"
      }
      translation {
        text: "Pas de bus"
        language: "fr"
      }
    }
    private: "kept"
  }
}
entity {
  id: "bus 12"
  vehicle {
    congestion_level: 1
  }
}
entity {
  id: "over"
  alert {
    informed_entity {
      route_id: "219"
    }
    effect: NO_EFFECT
  }
}
entity {
  id: "gone"
  is_deleted: true
  alert {
    informed_entity {
      route_id: "219"
    }
    effect: NO_SERVICE
  }
}
"#;

fn told(document: &[u8]) -> Log {
    let mut log = Log::default();
    for _ in 0..2 {
        let input = std::io::Cursor::new(document.to_vec());
        let mapping = Mapping::from_toml(MAPPING).unwrap();
        let imported = log.tell(&mut Feed::new(Box::new(input), mapping, None));
        assert_eq!(
            imported.added + imported.already_there,
            log.events().len() as u64
        );
    }
    log
}

fn records(log: &Log) -> Vec<RecordPublished> {
    let events = log.events().into_iter();
    events
        .filter_map(|event| match event.payload {
            Payload::RecordPublished(record) => {
                let learnt = event.learnt_at.unwrap().to_string();
                assert_eq!(learnt, "2010-09-14T09:44:28Z");
                Some(record)
            }
            _ => None,
        })
        .collect()
}

#[test]
fn an_alert_speaks_of_each_entity_in_each_period() {
    let log = told(&binary(ALERTS));
    assert_eq!(log.rejects, [""; 0]);
    let mut expected = Vec::new();
    for (service, scope) in [
        ("bus", "{of:{route:{name:219}}}"),
        ("rail", "{of:{route:{name:7, direction 1}}}"),
        ("bus", "{of:{facility:{name:16299 on route 100}}}"),
        ("bus", "{of:{operator:{name:north}}}"),
    ] {
        expected.extend([
            format!("{service} none by strike {scope} since 2010-09-14T09:44:28Z"),
            format!("{service} {scope} until 2010-09-14T12:41:12Z"),
            format!("{service} none by strike {scope} since 2010-09-15T09:44:28Z"),
        ]);
    }
    // A single trip, what has no effect, and what is gone from the feed claim nothing.
    let mut said: Vec<String> = log.said();
    for line in &mut said {
        *line = line.split_once(". ").unwrap().1.to_owned();
    }
    said.sort();
    expected.sort();
    assert_eq!(said, expected);
}

#[test]
fn a_record_keeps_all_texts_and_what_nobody_knows() {
    let log = told(&binary(ALERTS));
    let records = records(&log);
    let keys: Vec<&str> = records.iter().map(|record| record.key.as_str()).collect();
    assert_eq!(keys, ["strike", "over", "gone"]);
    let record = serde_json::to_value(&records[0]).unwrap();
    for (field, expected) in [
        ("alert.header_text.translation.text", "No buses – strike"),
        ("alert.header_text.translation#2.text", "Pas de bus"),
        ("alert.header_text.translation#2.language", "fr"),
        ("alert.effect", "NO_SERVICE"),
        ("alert.active_period#2.start", "1284543868"),
        ("alert.informed_entity#6.route_type", "-1"),
        ("alert.field 9001", "6b657074"),
    ] {
        assert_eq!(
            record["fields"][field]["stated"], expected,
            "{field} in {record}"
        );
    }
}

#[test]
fn json_says_the_same_as_the_binary_form() {
    let json = r#"{
        "header": {"gtfsRealtimeVersion": "2.0", "timestamp": "1284457468"},
        "entity": [{"id": "0", "alert": {
            "activePeriod": [{"start": "1284457468", "end": 1284468072}],
            "informedEntity": [{"routeId": "219"}, {"stopId": "16230"}],
            "cause": "CONSTRUCTION", "effect": 4,
            "headerText": {"translation": [{"text": "Elm street is closed", "language": "en"}]}
        }}]
    }"#;
    let text = r#"
        header {
            gtfs_realtime_version: "2.0"
            timestamp: 1284457468
        }
        entity {
            id: "0"
            alert {
                active_period {
                    start: 1284457468
                    end: 1284468072
                }
                informed_entity {
                    route_id: "219"
                }
                informed_entity {
                    stop_id: "16230"
                }
                cause: CONSTRUCTION
                effect: DETOUR
                header_text {
                    translation {
                        text: "Elm street is closed"
                        language: "en"
                    }
                }
            }
        }"#;
    let (json, binary) = (told(json.as_bytes()), told(&binary(text)));
    assert_eq!(json.rejects, [""; 0]);
    assert_eq!(json.events(), binary.events());
    assert_eq!(json.said().len(), 4);
}

#[test]
fn what_is_no_feed_is_said() {
    for (document, reason) in [
        (
            &b"GIF89a"[..],
            "line 1: no feed of GTFS-Realtime, neither binary nor JSON: ",
        ),
        (
            b"",
            "line 1: no feed of GTFS-Realtime: its header says no version",
        ),
        (
            b"{}",
            "line 1: no feed of GTFS-Realtime: its header says no version",
        ),
        (
            b"{\"entity\": 3}",
            "line 1: no feed of GTFS-Realtime: line 1: `entity` is no array",
        ),
    ] {
        let log = told(document);
        assert!(log.rejects[0].starts_with(reason), "{:?}", log.rejects);
        assert_eq!(log.events(), []);
    }
}

#[test]
fn a_field_that_comes_twice_is_refused_with_its_line() {
    let feed = |entity: &str| {
        format!("{{\"header\": {{\"gtfsRealtimeVersion\": \"2.0\"}},\n\"entity\": [\n{entity}]}}")
    };
    let alert = |said: &str| format!("{{\"id\": \"1\", \"alert\": {{{said}}}}}");
    for (document, reason) in [
        (
            feed(&alert("\"effect\": \"DETOUR\", \"effect\": \"NO_SERVICE\"")),
            "line 3: the field `effect` comes twice",
        ),
        // Names are told apart as the binary form has them.
        (
            feed(&alert(
                "\"informedEntity\": [{\"routeId\": \"1\", \"route_id\": \"2\"}]",
            )),
            "line 3: the field `route_id` comes twice",
        ),
        (
            feed(&alert("\"effect\": [\"DETOUR\", \"NO_SERVICE\"]")),
            "line 3: the field `effect` comes twice",
        ),
        (
            feed("{\"id\": \"1\", \"alert\": {\"cause\": 1}, \"alert\": {\"effect\": 1}}"),
            "line 3: the field `alert` comes twice",
        ),
        (
            feed("").replace("\"2.0\"", "\"2.0\", \"gtfsRealtimeVersion\": \"1.0\""),
            "line 1: no feed of GTFS-Realtime: its header: the field `gtfs_realtime_version` comes twice",
        ),
        (
            feed("").replace("\"entity\"", "\"entity\": [], \"entity\""),
            "line 1: no feed of GTFS-Realtime: duplicate field `entity`",
        ),
    ] {
        let log = told(document.as_bytes());
        assert!(log.rejects[0].starts_with(reason), "{:?}", log.rejects);
        assert_eq!(log.events(), []);
    }
    let twice = ALERTS.replace(
        "    effect: NO_EFFECT",
        "    effect: NO_EFFECT\n    effect: DETOUR",
    );
    let log = told(&binary(&twice));
    assert_eq!(
        log.rejects[0],
        "line 1: entity 3: the field `effect` comes twice"
    );
    assert_eq!(records(&log).len(), 2);
}

#[test]
fn a_header_without_a_usable_time_is_told_and_its_alerts_are_read() {
    for (timestamp, rejects) in [
        // In milliseconds.
        (
            "1284457468000",
            &[
                "line 1: the timestamp of the header, `1284457468000`, is no time in seconds since 1970 of a year from 1900 to 2200; its alerts are taken as of --learnt",
            ][..],
        ),
        ("0", &[]),
    ] {
        let document = ALERTS.replace("timestamp: 1284457468", &format!("timestamp: {timestamp}"));
        let mut log = Log::default();
        log.tell(&mut Feed::new(
            Box::new(std::io::Cursor::new(binary(&document))),
            Mapping::from_toml(MAPPING).unwrap(),
            "2010-09-14T09:44:28Z".parse().ok(),
        ));
        assert_eq!(log.rejects, rejects);
        assert_eq!(records(&log).len(), 3);
        assert_eq!(log.said(), told(&binary(ALERTS)).said());
    }
}

#[test]
fn entities_of_other_kinds_are_no_records_also_where_they_say_they_stay() {
    let kept = ALERTS.replace("\"bus 12\"", "\"bus 12\"\n  is_deleted: false");
    let records = records(&told(&binary(&kept)));
    let keys: Vec<&str> = records.iter().map(|record| record.key.as_str()).collect();
    assert_eq!(keys, ["strike", "over", "gone"]);
}

#[test]
fn a_period_that_is_no_time_claims_nothing_and_zero_is_open() {
    for late in ["99999999999999", "32503680000", "9000000000"] {
        let document = ALERTS.replace("start: 1284543868", &format!("start: {late}"));
        let log = told(&binary(&document));
        let reason = format!("line 1, record strike: `{late}` is no time of a period");
        assert_eq!(log.rejects, [reason.as_str(); 2]);
        assert_eq!((records(&log).len(), log.said().len()), (3, 8));
    }
    let open = ALERTS.replace("start: 1284543868", "start: 1284543868\n      end: 0");
    let log = told(&binary(&open));
    assert_eq!(log.rejects, [""; 0]);
    assert_eq!(log.said(), told(&binary(ALERTS)).said());
}
