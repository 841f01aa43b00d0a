//! Published test material of the formats that are read: how many verdicts are as others give them, and each that is not, with why.
//!
//! The data lies beside the repository and may be absent; the tests then say so and pass.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

#[path = "feeds/log.rs"]
mod log;
#[path = "feeds/protobuf.rs"]
mod protobuf;

use std::io::Write as _;
use std::path::{Path, PathBuf};

use log::Log;
use serde_json::Value;
use situ_core::{EventStore as _, Position, When, WhenError};
use situ_import::export::{cloud_event, from_cloud_event};
use situ_import::{Feed, Mapping, Table};

/// The files of a folder of the material, by name; none where it is absent, which is said.
fn files(folder: &str) -> Vec<(String, Vec<u8>)> {
    let shared = std::env::var_os("SITU_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"),
        PathBuf::from,
    );
    let folder = shared.join("data/conformance").join(folder);
    let Ok(entries) = std::fs::read_dir(&folder) else {
        // Past the capture of output, so that it is seen also where the test passes.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: {} is not there; set SITU_SHARED to the folder that holds data",
            folder.display()
        );
        return Vec::new();
    };
    let mut files: Vec<_> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| {
            !path
                .file_name()
                .unwrap()
                .to_str()
                .unwrap()
                .starts_with("LICENSE")
        })
        .map(|path| {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            (name, std::fs::read(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

fn mapping(shape: &str, services: &str) -> String {
    format!(
        r#"
dataset = "feed"
shape = "{shape}"
[situation]
id = "conformance"
zone = "America/Chicago"
opened = "2000-01-01T00:00:00Z"
[publisher]
id = "publisher"
[[services]]
{services}
"#
    )
}

/// What came of a feed: how many records there are, what they claim, and what was refused.
fn told(shape: &str, services: &str, document: &[u8]) -> (usize, Vec<String>, Vec<String>) {
    let mapping = Mapping::from_toml(&mapping(shape, services)).unwrap();
    let mut log = Log::default();
    log.tell(&mut Feed::new(
        Box::new(std::io::Cursor::new(document.to_vec())),
        mapping,
        None,
    ));
    let is_record =
        |event: &&situ_core::Event| event.payload.kind() == situ_core::Kind::RecordPublished;
    let records = log.events().iter().filter(is_record).count();
    (records, log.said(), log.rejects)
}

#[test]
fn alerts_of_cap() {
    // Nine alerts and three feeds: what is to be read, and why the others are not.
    const VERDICTS: &[(&str, Result<usize, &str>)] = &[
        ("amber.atom", Ok(1)),
        ("earthquake-iso8859-1.cap", Ok(1)),
        ("earthquake.cap", Ok(1)),
        ("earthquake_signed.cap", Ok(1)),
        (
            "invalid.cap",
            Err("line 2, record 12345: no valid alert: `alert` lacks `scope`"),
        ),
        ("no_optional_fields.cap", Ok(1)),
        (
            "noaa_errors.cap",
            Err("no valid alert: `urgency` is ``; it is one of "),
        ),
        ("thunderstorm.cap", Ok(1)),
        ("weather.atom", Ok(1)),
        ("weather.cap", Ok(1)),
        // An index: its two entries only refer to alerts.
        (
            "weather_index.atom",
            Err("the entry only refers to its alert; import that: http"),
        ),
        (
            "xee.cap",
            Err("line 3: it has a document type, which alerts do not"),
        ),
    ];
    let files = files("cap");
    if files.is_empty() {
        return;
    }
    let names: Vec<&str> = files.iter().map(|(name, _)| name.as_str()).collect();
    let known: Vec<&str> = VERDICTS.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, known);
    let mut claims = Vec::new();
    for ((name, document), (_, verdict)) in files.iter().zip(VERDICTS) {
        let rule = "service = \"road\"\nwhere = { event = [\"SEVERE THUNDERSTORM\"] }\nscope = [{ area = \"geocode.SAME\" }]";
        let (records, said, rejects) = told("cap", rule, document);
        match verdict {
            Ok(count) => assert_eq!((records, rejects.len()), (*count, 0), "{name}: {rejects:?}"),
            Err(reason) => {
                assert_eq!((records, said.len()), (0, 0), "{name}");
                assert!(
                    rejects.iter().all(|reject| reject.contains(reason)),
                    "{rejects:?}"
                );
                assert!(!rejects.is_empty(), "{name}");
            }
        }
        claims.extend(said.into_iter().map(|said| format!("{name} {said}")));
    }
    // Three counties, each with an end that is expected.
    assert_eq!(claims.len(), 6, "{claims:?}");
    assert!(
        claims[0].starts_with("thunderstorm.cap 1. road none {of:{area:{place:006003}}} since ")
    );
}

#[test]
fn alerts_of_gtfs_realtime() {
    let files = files("gtfs-rt");
    let [(_, text)] = &files[..] else {
        return;
    };
    let feed = protobuf::binary(std::str::from_utf8(text).unwrap());
    let (records, said, rejects) = told("gtfs-rt", "service = \"bus\"", &feed);
    assert_eq!((records, rejects.len()), (1, 0));
    let mut expected = Vec::new();
    for scope in [
        "{of:{route:{name:219}}}",
        "{of:{facility:{name:16230}}}",
        // Of this route at this stop, and of no other.
        "{of:{facility:{name:16299 on route 100}}}",
    ] {
        expected.push(format!(
            "bus detour by operator_decision {scope} since 2010-09-14T09:44:28Z"
        ));
        expected.push(format!("bus {scope} until 2010-09-14T12:41:12Z"));
    }
    let mut said: Vec<&str> = said
        .iter()
        .map(|said| said.split_once(". ").unwrap().1)
        .collect();
    said.sort_unstable();
    expected.sort_unstable();
    assert_eq!(said, expected);
}

#[test]
fn road_works_of_wzdx() {
    // How many road works there are, and how many of them close lanes, which is claimed with the end that is expected.
    const FEEDS: &[(&str, usize, usize)] = &[
        ("scenario1_simple_linestring_example.geojson", 5, 5),
        ("scenario1_simple_multipoint_example.geojson", 5, 5),
        ("scenario2_laneshift_linestring_example.geojson", 1, 0),
        (
            "scenario3_shoulder_bidirectional_linestring_example.geojson",
            2,
            0,
        ),
        // And three detours, of which nothing is claimed.
        ("scenario4_detour_linestring_example.geojson", 4, 1),
    ];
    let files = files("wzdx");
    if files.is_empty() {
        return;
    }
    assert_eq!(files.len(), FEEDS.len());
    for ((name, document), (known, records, closing)) in files.iter().zip(FEEDS) {
        assert_eq!(name, known);
        let (kept, said, rejects) = told("wzdx", "", document);
        assert_eq!((kept, rejects.len()), (*records, 0), "{name}: {rejects:?}");
        assert_eq!(said.len(), 2 * closing, "{name}: {said:?}");
    }
}

#[test]
fn dates_of_edtf() {
    let files = files("edtf");
    let [(_, lists)] = &files[..] else {
        return;
    };
    let lists: Value = serde_json::from_slice(lists).unwrap();
    let mut right = 0;
    // Refused for their years alone: whether the grammar would have is not seen.
    let mut refused_for_years = Vec::new();
    let mut departures = Vec::new();
    for (list, is_valid) in [
        ("level0", true),
        ("level1", true),
        ("level2", true),
        ("valid_intervals", true),
        ("invalid_dates", false),
        ("invalid_intervals", false),
        ("invalid_datetimes", false),
    ] {
        for text in lists[list].as_array().unwrap() {
            let text = text.as_str().unwrap();
            let read = format!("{text}[America/Chicago]").parse::<When>();
            let is_read = match &read {
                // What it says is understood; that no crisis of ours was then is another matter.
                Err(WhenError::Year(_)) => is_valid,
                read => read.is_ok(),
            };
            if !is_valid && matches!(read, Err(WhenError::Year(_))) {
                refused_for_years.push(text);
            }
            if is_read == is_valid {
                right += 1;
            } else {
                departures.push(text);
            }
        }
    }
    let known: Vec<&str> = DEPARTURES
        .iter()
        .flat_map(|(_, texts)| *texts)
        .copied()
        .collect();
    let mut sorted = known.clone();
    sorted.sort_unstable();
    departures.sort_unstable();
    assert_eq!(departures, sorted);
    assert_eq!((right, departures.len()), (337, 26));
    let years = ["0000-01-03/0000-01", "0000-02/0000", "Y-61000/-2000"];
    assert_eq!(refused_for_years, years);
}

/// Where our reading of EDTF departs from the lists, and why. Their `-0000`, of which suites differ, is refused as the Library of
/// Congress has it: the year zero has no sign.
const DEPARTURES: &[(&str, &[&str])] = &[
    (
        "a moment has its offset in hours and minutes, as RFC 3339 writes it: without one it is none, and hours alone are not read",
        &["1985-04-12T23:20:30", "1985-04-12T23:20:30-04"],
    ),
    (
        "moments are read of the years 1900 to 2200 only",
        &[
            "-1985-04-12T23:20:30",
            "-1985-04-12T23:20:30Z",
            "-1985-04-12T23:20:30-04",
            "-1985-04-12T23:20:30+04:30",
        ],
    ),
    (
        "the library reads no unspecified digits in years before zero, where no claim of ours lies",
        &[
            "-20XX",
            "-1X32-X1-X2",
            "-156X-12-25",
            "-15XX-12-25",
            "-XXXX-12-XX",
            "-1XXX-XX",
            "-1XXX-12",
        ],
    ),
    (
        "a year of four digits has no five that are significant",
        &["-1859S5"],
    ),
    (
        "an interval says at least one end: one that is open or unknown on both tells no time. In two of the lists",
        &["/..", "../", "../..", "/..", "../", "../.."],
    ),
    (
        "the end may mean a moment after the start, so it is not before it",
        &["2004-06-11%/2004-%06", "2004-06-11%/2004-06~"],
    ),
    (
        "an interval between moments is no EDTF, and read all the same: the text of the Library has dates alone. The first in two lists",
        &[
            "2005-07-25T10:10:10Z/2006-01-01T10:10:10Z",
            "2005-07-25T10:10:10Z/2006-01-01T10:10:10Z",
            "2005-07-25T10:10:10Z/2006-01",
            "2005-07-25/2006-01-01T10:10:10Z",
        ],
    ),
];

/// An event of ours as a CloudEvent, with the attributes of another.
fn with_attributes(attributes: &serde_json::Map<String, Value>, line: &str) -> String {
    let ours: Value = serde_json::from_str(line).unwrap();
    let mut cloud = attributes.clone();
    cloud.insert("id".to_owned(), ours["id"].clone());
    // As it stands, so that the bytes are compared.
    let rest = serde_json::to_string(&cloud).unwrap();
    format!("{},\"data\":{line}}}", rest.strip_suffix('}').unwrap())
}

#[test]
fn attributes_of_cloud_events() {
    let files = files("cloudevents");
    if files.is_empty() {
        return;
    }
    // An event of ours, as it leaves.
    let mut events = 0;
    let mut log = Log::default();
    let feed = r#"{"header":{"gtfsRealtimeVersion":"2.0"},"entity":[{"id":"1","isDeleted":true}]}"#;
    let mapping = Mapping::from_toml(&mapping("gtfs-rt", "service = \"bus\"")).unwrap();
    log.tell(&mut Feed::new(
        Box::new(feed.as_bytes()),
        mapping,
        "2026-01-01T00:00:00Z".parse().ok(),
    ));
    let recorded = log.store.read_after(Position::START, 1).unwrap();
    let line = recorded[0].to_line();
    let ours: serde_json::Map<String, Value> =
        serde_json::from_str(&cloud_event(&recorded[0]).unwrap()).unwrap();
    for (name, text) in &files {
        for document in std::str::from_utf8(text).unwrap().split("\n---\n") {
            let attributes = attributes(document);
            // Every attribute these have to have, ours have.
            for required in ["specversion", "type", "id", "source"] {
                assert!(
                    attributes.contains_key(required) && ours.contains_key(required),
                    "{name}"
                );
            }
            let is_name = |name: &String| {
                name.bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
            };
            assert!(attributes.keys().chain(ours.keys()).all(is_name), "{name}");
            // With their attributes, extensions and all, the event that is carried is read.
            let cloud = with_attributes(&attributes, &line);
            assert_eq!(from_cloud_event(&cloud).unwrap(), line);
            // What they carry is no event of ours, and that is what is said.
            let mut theirs = attributes;
            theirs.insert("data".to_owned(), "Hello".into());
            let error = from_cloud_event(&serde_json::to_string(&theirs).unwrap()).unwrap_err();
            assert!(error.to_string().contains("in `data`"), "{error}");
            events += 1;
        }
    }
    assert_eq!(events, 8);
}

/// The context attributes of an event in the YAML of the material, with its extensions.
fn attributes(document: &str) -> serde_json::Map<String, Value> {
    let mut attributes = serde_json::Map::new();
    let inside = document
        .lines()
        .skip_while(|line| !line.starts_with("ContextAttributes:"));
    for line in inside.skip(1).take_while(|line| line.starts_with(' ')) {
        if let Some((name, said)) = line
            .trim()
            .split_once(':')
            .filter(|(name, _)| !name.starts_with('{') && *name != "Extensions")
        {
            let said = said.trim().trim_matches('"');
            attributes.insert(name.trim().to_owned(), said.into());
        }
    }
    attributes
}

/// The tables of HXL that have no row of tags, and so are refused.
const UNTAGGED: &[&str] = &[
    "test_converters/wide-tagging-test.csv",
    "test_io/input-invalid.csv",
    "test_io/input-untagged.csv",
    "test_scripts/input-untagged.csv",
];

/// Rows that are told all the same: one with more cells than tags, three that are no UTF-8.
const ROWS_TOLD: &[&str] = &[
    "test_io/input-fuzzy.csv, line 4: 9 cells under 8 names",
    "test_io/input-valid-latin1.csv, line 4: no UTF-8; convert the file first",
    "test_io/input-valid-latin1.csv, line 5: no UTF-8; convert the file first",
    "test_io/input-valid-latin1.csv, line 6: no UTF-8; convert the file first",
];

#[test]
fn tables_of_hxl() {
    let mut read = 0;
    let mut untagged = Vec::new();
    let mut told = Vec::new();
    for folder in ["test_converters", "test_io", "test_scripts"] {
        for (name, table) in files(&format!("hxl/{folder}")) {
            if !name.ends_with(".csv") {
                continue;
            }
            let name = format!("{folder}/{name}");
            // The first tag that stands in it, as a mapping would name the column.
            let text = String::from_utf8_lossy(&table).into_owned();
            let mut cells = text
                .split([',', '\n', '\r'])
                .map(|cell| cell.trim().trim_matches('"'));
            let tag = cells.find(|cell| cell.starts_with('#')).unwrap_or("#none");
            let tag = tag.to_lowercase().replace(' ', "");
            let toml = mapping(
                "hxl",
                "service = \"road\"\nscope = [{ route = \"r\" }]\nstart = { fields = [\"s\"] }",
            );
            let toml = format!("{toml}[records]\nkey = [\"{tag}\"]\n");
            let mut log = Log::default();
            let input = Box::new(std::io::Cursor::new(table));
            let mut source = Table::new(input, Mapping::from_toml(&toml).unwrap(), None);
            match situ_import::import(&mut source, &mut log) {
                Ok(imported) => {
                    assert!(imported.added > 0, "{name}");
                    read += 1;
                }
                Err(error) => {
                    let reason = "there is no row of HXL tags";
                    assert!(error.to_string().starts_with(reason), "{name}: {error}");
                    untagged.push(name.clone());
                }
            }
            told.extend(log.rejects.iter().map(|reject| format!("{name}, {reject}")));
        }
    }
    if (read, untagged.len()) != (0, 0) {
        assert_eq!(
            (read, untagged, told),
            (54, to_strings(UNTAGGED), to_strings(ROWS_TOLD))
        );
    }
}

fn to_strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
