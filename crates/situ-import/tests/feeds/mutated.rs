//! Feeds that were spoilt: told, or imported as far as they are right, and never half.

use situ_import::{Feed, Mapping, Shape, Source, Table, import, open};

use crate::log::Log;
use crate::mutation::mutated;
use crate::{cap, gtfs_rt, hxl, protobuf, wzdx};

#[test]
fn what_repeats_a_long_text_beyond_measure_is_refused_before_it_is_held() {
    // 4,500 entities in two periods each, and 4 kB said of each: 37 MB, of an alert of 190 kB.
    let entities = "informed_entity {\nroute_id: \"1\"\n}\n".repeat(4500);
    let alerts = gtfs_rt::ALERTS
        .replace("    cause: STRIKE", &format!("{entities}    cause: STRIKE"))
        .replace("No buses – strike", &"x".repeat(4096));
    // 300 codes in two categories each, and 150 kB said of each: 90 MB, of an alert of 190 kB.
    let text = "x".repeat(150_000);
    let codes: String = (1..=300)
        .map(|code| format!("<geocode><valueName>p</valueName><value>{code}</value></geocode>"))
        .collect();
    let alert = cap::alert()
        .replace("</areaDesc>\n", &format!("</areaDesc>{codes}"))
        .replace("Bridge", &text);
    // Each of a hundred thousand short fields would have a name of megabytes.
    let long = "x".repeat(500_000);
    let members: Vec<String> = (1..=50_000).map(|name| format!("\"{name}\":1")).collect();
    let works = wzdx::WORKS.replace(
        "\"geometry\": null",
        &format!("\"geometry\": {{\"{long}\": {{{}}}}}", members.join(",")),
    );
    let reason = "what it says, once for each thing it is about, is over the limit of 32 MiB; split it, or say less of each";
    let name = "the name of a field is over the limit of 256 bytes: geometry.xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…";
    for (mapping, document, expected, records) in [
        (
            gtfs_rt::MAPPING,
            protobuf::binary(&alerts),
            vec![format!("line 1, record strike: entity 1: {reason}")],
            2,
        ),
        (
            cap::MAPPING,
            alert.into_bytes(),
            vec![format!("line 8, record A1: {reason}")],
            0,
        ),
        (
            wzdx::MAPPING,
            works.into_bytes(),
            [
                ("12", "two"),
                ("18", "three"),
                ("23", "four"),
                ("27", "five"),
            ]
            .iter()
            .map(|(line, record)| format!("line {line}, record {record}: {name}"))
            .collect(),
            1,
        ),
    ] {
        let mut log = Log::default();
        let mapping = Mapping::from_toml(mapping).unwrap();
        log.tell(&mut Feed::new(
            Box::new(std::io::Cursor::new(document)),
            mapping,
            None,
        ));
        assert_eq!(log.rejects, expected);
        let is_record =
            |event: &&situ_core::Event| event.payload.kind() == situ_core::Kind::RecordPublished;
        assert_eq!(log.events().iter().filter(is_record).count(), records);
    }
}

/// What goes in of a feed after each of a thousand mutations; how many were told of something.
fn check(name: &str, mapping: &str, document: &[u8]) -> usize {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    let mapping = Mapping::from_toml(mapping).unwrap();
    let mut told = 0;
    for seed in 1..=1000 {
        std::fs::write(&path, mutated(document, seed)).unwrap();
        let (input, mapping) = (open(&path).unwrap(), mapping.clone());
        let mut source: Box<dyn Source> = match mapping.shape() {
            Shape::Hxl => Box::new(Table::new(input, mapping, None)),
            _ => Box::new(Feed::new(input, mapping, None)),
        };
        let mut log = Log::default();
        let imported = import(source.as_mut(), &mut log);
        told += usize::from(imported.is_err() || !log.rejects.is_empty());
        // What went in reads, and rests on nothing that is not there.
        let events = log.events();
        for event in &events {
            let cause = event.caused_by;
            assert!(cause.is_none_or(|cause| events.iter().any(|other| other.id == cause)));
        }
    }
    told
}

fn zipped(document: &[u8]) -> Vec<u8> {
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut zip, document).unwrap();
    zip.finish().unwrap()
}

#[test]
fn a_thousand_mutated_feeds_of_each_kind() {
    let alert = cap::alert();
    let told = check("alert.cap", cap::MAPPING, alert.as_bytes());
    assert!(told > 300, "{told}");
    let told = check("alert.cap.gz", cap::MAPPING, &zipped(alert.as_bytes()));
    assert!(told > 900, "{told}");
    let alerts = protobuf::binary(gtfs_rt::ALERTS);
    let told = check("alerts.pb", gtfs_rt::MAPPING, &alerts);
    assert!(told > 300, "{told}");
    let table = hxl::TABLE.replace("many", "13");
    let told = check("table.csv", hxl::MAPPING, table.as_bytes());
    assert!(told > 300, "{told}");
    let told = check("works.geojson", wzdx::MAPPING, wzdx::WORKS.as_bytes());
    assert!(told > 300, "{told}");
}

#[test]
fn a_document_without_end_is_refused_before_it_is_held() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("alert.cap.gz");
    std::fs::write(&path, zipped(&vec![b' '; 40 * 1024 * 1024])).unwrap();
    let mapping = Mapping::from_toml(cap::MAPPING).unwrap();
    let mut feed = Feed::new(open(&path).unwrap(), mapping, None);
    let error = import(&mut feed, &mut Log::default()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the document is over the limit of 32 MiB"
    );
}

#[test]
fn hostile_depths_and_sizes_leave_nothing_half() {
    let deep = format!("\"geometry\": {}1{}", "[".repeat(100), "]".repeat(100));
    let deep = wzdx::WORKS.replace("\"geometry\": null", &deep);
    let long = wzdx::WORKS.replace("flagging", &"x".repeat(300_000));
    let codes = format!("{}<status>", "<code>c</code>".repeat(30_000));
    let many = cap::alert().replace("<status>", &codes);
    for (mapping, document, claims, rejects) in [
        (wzdx::MAPPING, deep, 7, &[][..]),
        (
            wzdx::MAPPING,
            long,
            5,
            &["line 18, record three: the record is over the limit of 256 KiB"],
        ),
        (
            cap::MAPPING,
            many,
            0,
            &["line 1, record A1: the record is over the limit of 256 KiB"],
        ),
    ] {
        let mut log = Log::default();
        let mapping = Mapping::from_toml(mapping).unwrap();
        let input = Box::new(std::io::Cursor::new(document));
        log.tell(&mut Feed::new(input, mapping, None));
        assert_eq!(
            (log.said().len(), log.rejects.as_slice()),
            (claims, &to_strings(rejects)[..])
        );
    }
}

#[test]
fn what_multiplies_beyond_measure_is_told() {
    let many = |one: &str, count| one.repeat(count);
    let alerts = gtfs_rt::ALERTS
        .replace(
            "    cause: STRIKE",
            &format!(
                "{}    cause: STRIKE",
                many("informed_entity {\nroute_id: \"1\"\n}\n", 200)
            ),
        )
        .replace(
            "    cause: STRIKE",
            &format!(
                "{}    cause: STRIKE",
                many("active_period {\nstart: 1284457468\n}\n", 200)
            ),
        );
    let code = "<geocode><valueName>pcode</valueName><value>x</value></geocode>";
    let area = format!("<area><areaDesc>x</areaDesc>{}</area>", many(code, 200));
    let category = "<category>Infra</category>\n";
    let alert = cap::alert()
        .replace(category, &many(category, 60))
        .replace("</info>", &format!("{area}</info>"));
    for (mapping, document, reason) in [
        (
            gtfs_rt::MAPPING,
            protobuf::binary(&alerts),
            "line 1, record strike: entity 1: it informs of over 10000 entities and periods",
        ),
        (
            cap::MAPPING,
            alert.into_bytes(),
            "line 8, record A1: it names over 10000 areas and codes",
        ),
        (
            cap::MAPPING,
            cap::alert()
                .replace(
                    "<status>",
                    &format!("<note>{}</note><status>", many("x", 2_000_000)),
                )
                .into_bytes(),
            "line 5: the alert is over the limit of 1 MiB",
        ),
        (
            wzdx::MAPPING,
            wzdx::WORKS
                .replace("flagging", &many("x", 2_000_000))
                .into_bytes(),
            "line 18: the road works: it is over the limit of 1 MiB",
        ),
    ] {
        let mut log = Log::default();
        let mapping = Mapping::from_toml(mapping).unwrap();
        let input = Box::new(std::io::Cursor::new(document));
        log.tell(&mut Feed::new(input, mapping, None));
        assert_eq!(log.rejects, [reason]);
    }
}

fn to_strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
