//! Road works of WZDx.

use situ_core::Payload;
use situ_import::{Feed, Mapping};

use crate::log::Log;

pub(crate) const MAPPING: &str = r#"
dataset = "works"
shape = "wzdx"
[situation]
id = "roads"
zone = "America/Chicago"
opened = "2010-01-01T00:00:00Z"
[publisher]
id = "dot"
[[services]]
"#;

pub(crate) const WORKS: &str = r#"{
    "feed_info": {"update_date": "2010-06-18T15:00:00Z", "publisher": "TestDOT", "version": "4.2"},
    "type": "FeatureCollection",
    "features": [
        {"id": "one", "type": "Feature", "properties": {
            "core_details": {"event_type": "work-zone", "road_names": ["128th Street", "SR 5"], "direction": "northbound",
                "update_date": "2010-01-01T15:11:16Z", "description": "New\nsurface"},
            "beginning_cross_street": "US 6, Hickman Road", "ending_cross_street": "Douglas Ave",
            "start_date": "2010-01-01T06:00:00Z", "end_date": "2010-05-01T05:00:00Z", "is_end_date_verified": false,
            "vehicle_impact": "some-lanes-closed-merge-left", "lanes": [{"order": 1, "status": "open"}, {"order": 2, "status": "closed"}]
        }, "geometry": {"type": "LineString", "coordinates": [[-93.776684050999961, 41.617961698000045]]}},
        {"id": "two", "type": "Feature", "properties": {
            "core_details": {"event_type": "work-zone", "road_names": ["I-80"], "direction": "westbound"},
            "beginning_milepost": 125.2, "ending_milepost": 126.3,
            "start_date": "2010-01-01T06:00:00Z", "end_date": "2010-05-01T05:00:00Z", "is_end_date_verified": true,
            "vehicle_impact": "all-lanes-closed"
        }, "geometry": null},
        {"id": "three", "type": "Feature", "properties": {
            "core_details": {"event_type": "work-zone", "road_names": ["I-80"], "direction": "westbound"},
            "start_date": "2010-01-01T06:00:00Z", "end_date": "2010-05-01T05:00:00Z", "is_end_date_verified": false,
            "vehicle_impact": "flagging"
        }, "geometry": null},
        {"id": "four", "type": "Feature", "properties": {
            "core_details": {"event_type": "detour", "road_names": ["F22"], "direction": "westbound"},
            "start_date": "2010-01-01T06:00:00Z", "end_date": "2010-05-01T05:00:00Z"
        }, "geometry": null},
        {"id": "five", "type": "Feature", "properties": {
            "core_details": {"event_type": "work-zone", "road_names": ["F22"], "direction": "westbound"},
            "start_date": "2010-01-01T06:00:00Z", "end_date": "2010-05-01T05:00:00Z", "vehicle_impact": "all-lanes-open"
        }, "geometry": null}
    ]
}"#;

fn told(document: &str) -> Log {
    let mut log = Log::default();
    for _ in 0..2 {
        let input = std::io::Cursor::new(document.to_owned());
        let mapping = Mapping::from_toml(MAPPING).unwrap();
        let imported = log.tell(&mut Feed::new(Box::new(input), mapping, None));
        assert_eq!(
            imported.added + imported.already_there,
            log.events().len() as u64
        );
    }
    log
}

#[test]
fn closed_lanes_restrict_a_stretch_of_road() {
    let log = told(WORKS);
    assert_eq!(log.rejects, [""; 0]);
    let street = "{of:{segment:{from:128th-street-sr-5-us-6-hickman-road,to:128th-street-sr-5-douglas-ave,route:128th Street / SR 5, northbound}}}";
    let mile = "{of:{segment:{from:i-80-125-2,to:i-80-126-3,route:I-80, westbound}}}";
    let works = "{of:{facility:{name:I-80, westbound, three}}}";
    assert_eq!(
        log.said(),
        [
            format!("1. road partial {street} since 2010-01-01T06:00:00Z"),
            format!("2. road still partial {street} at 2010-01-01T15:11:16Z"),
            // Only a verified end is a report.
            format!("3. road {street} until 2010-05-01T05:00:00Z"),
            format!("4. road none {mile} since 2010-01-01T06:00:00Z"),
            format!("5. road normal {mile} at 2010-05-01T05:00:00Z"),
            format!("6. road degraded {works} since 2010-01-01T06:00:00Z"),
            format!("7. road {works} until 2010-05-01T05:00:00Z"),
        ]
    );
    // Detours and works that leave all lanes open are kept, and claim nothing.
    let records = log
        .events()
        .into_iter()
        .filter_map(|event| match event.payload {
            Payload::RecordPublished(record) => {
                Some((record, event.learnt_at.unwrap().to_string()))
            }
            _ => None,
        });
    let records: Vec<_> = records.collect();
    assert_eq!(records.len(), 5);
    assert_eq!(records[0].1, "2010-01-01T15:11:16Z");
    assert_eq!(records[1].1, "2010-06-18T15:00:00Z");
    let record = serde_json::to_value(&records[0].0).unwrap();
    for (field, expected) in [
        (
            "geometry.coordinates",
            "[-93.776684050999961, 41.617961698000045]",
        ),
        ("properties.lanes#2.status", "\"closed\""),
        (
            "properties.core_details.road_names",
            "[\"128th Street\", \"SR 5\"]",
        ),
    ] {
        assert_eq!(
            record["fields"][field]["stated"], expected,
            "{field} in {record}"
        );
    }
}

#[test]
fn an_end_verified_before_it_came_is_a_plan() {
    let log = told(&WORKS.replace(
        "\"is_end_date_verified\": true",
        "\"is_end_date_verified\": true, \"update_date\": \"2010-04-01T00:00:00Z\"",
    ));
    assert!(log.said()[5].ends_with("until 2010-05-01T05:00:00Z"));
}

#[test]
fn what_is_no_feed_is_said() {
    for (document, reason) in [
        ("[]", "line 1: no feed of WZDx: "),
        (
            "{\"type\": \"FeatureCollection\",\n\"features\": [}",
            "line 2: no feed of WZDx: ",
        ),
        (
            "{\"type\": \"FeatureCollection\", \"features\": []}",
            "line 1: no feed of WZDx: it has no `feed_info`",
        ),
        (
            &WORKS.replace(
                "\"flagging\"",
                "\"flagging\", \"vehicle_impact\": \"unknown\"",
            ),
            "line 18, record three: the field `properties.vehicle_impact` comes twice",
        ),
        (
            &WORKS.replace("\"features\"", "\"features\": [], \"features\""),
            "line 4: no feed of WZDx: duplicate field `features`",
        ),
        (
            &WORKS.replace("\"id\": \"two\",", ""),
            "line 12: it has no `id`",
        ),
        (
            &WORKS.replace("flagging", "sinkhole"),
            "line 18, record three, field vehicle_impact: the mapping does not say what `sinkhole` means",
        ),
        (
            &WORKS.replace("2010-06-18T15:00:00Z", "today"),
            "line 1: feed_info.update_date: ",
        ),
    ] {
        let log = told(document);
        assert!(log.rejects[0].starts_with(reason), "{:?}", log.rejects);
    }
}
