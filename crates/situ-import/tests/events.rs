//! Sets of events, one a row, by the mappings of the repository: where, when, between which bounds. The rows are invented.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use situ_core::{
    Condition, Event, EventId, EventStore as _, Figure, Harm, Instant, Payload, Period, PlaceId,
    Position, Recorded, from_lines,
};
use situ_import::{CloudEvents, Imported, Mapping, Table, import};
use situ_memory::MemoryStore;

mod taken;

use taken::Log;

#[path = "feeds/mutation.rs"]
mod mutation;

use mutation::mutated;

const UCDP: (&str, &str) = (
    include_str!("../mappings/ucdp-ged.toml"),
    include_str!("fixtures/ucdp-ged.csv"),
);
const ACLED: (&str, &str) = (
    include_str!("../mappings/acled.toml"),
    include_str!("fixtures/acled.csv"),
);

impl Log {
    fn tell(&mut self, (mapping, table): (&str, &str)) -> Imported {
        let mapping = Mapping::from_toml(mapping).unwrap();
        let input = std::io::Cursor::new(table.to_owned());
        let learnt = "2031-12-31T00:00:00Z".parse().ok();
        import(&mut Table::new(Box::new(input), mapping, learnt), self).unwrap()
    }

    fn events(&self) -> Vec<Event> {
        let events = self.store.read_after(Position::START, 1000).unwrap();
        events
            .iter()
            .map(|recorded| recorded.event().unwrap())
            .collect()
    }

    /// What was told: attacks with time and places, and each figure below its attack.
    fn told(&self) -> Vec<String> {
        let mut told = Vec::new();
        let mut attack = None;
        for event in self.events() {
            let when = event.occurred.as_ref().map(ToString::to_string);
            match event.payload {
                Payload::AttackOccurred(occurred) => {
                    assert!(event.caused_by.is_some());
                    let places: Vec<&str> = occurred.places.iter().map(PlaceId::as_str).collect();
                    let words = occurred.words.unwrap();
                    told.push(format!(
                        "{} `{}` at {} on {}",
                        occurred.mode,
                        words.as_str(),
                        places.join(" "),
                        when.unwrap()
                    ));
                    attack = Some((event.id, occurred.places));
                }
                Payload::CasualtiesReported(reported) => {
                    let (attack, places) = attack.as_ref().unwrap();
                    assert_eq!(reported.figures[0].scope, Harm::Event(*attack));
                    assert_eq!(reported.figures[0].places, *places);
                    assert_eq!(reported.figures[0].period, Period::Incident);
                    told.extend(reported.figures.iter().map(figure));
                }
                _ => {}
            }
        }
        told
    }

    fn places(&self) -> Vec<String> {
        let events = self.events().into_iter();
        let places = events.filter_map(|event| match event.payload {
            Payload::PlaceDescribed(place) => Some(place),
            _ => None,
        });
        places
            .map(|place| {
                let point = place.point.map(|point| {
                    let at = point.at;
                    format!(
                        " {} {},{}",
                        point.precision,
                        at.latitude_e6(),
                        at.longitude_e6()
                    )
                });
                let within: Vec<&str> = place.within.iter().map(PlaceId::as_str).collect();
                let point = point.unwrap_or_default();
                format!("{} in [{}]{point}", place.place, within.join(" "))
            })
            .collect()
    }
}

fn figure(figure: &Figure) -> String {
    let interval = figure.quantity.point();
    let words = figure
        .words
        .as_ref()
        .map(|words| format!(" ({})", words.as_str()));
    let words = words.unwrap_or_default();
    format!(
        "  {} {:?}{words}",
        figure.who,
        (interval.least, interval.most)
    )
}

#[test]
fn deaths_of_two_governments_are_told_apart_by_nothing() {
    let (mapping, table) = UCDP;
    let table = table.replace(
        "Government of Arcadia,,Hillmen,",
        "Government of Arcadia,,Government of Borduria,",
    );
    assert_ne!(table, UCDP.1);
    let mut log = Log::default();
    log.tell((mapping, &table));
    assert!(log.told().iter().all(|line| !line.contains("(side ")));
}

#[test]
fn rows_of_ucdp_are_events_with_bounds() {
    let mut log = Log::default();
    let once = log.tell(UCDP);
    assert_eq!(
        log.told(),
        [
            "unknown `Government of Arcadia - Hillmen` at arcadia_north-province_oldbridge-district_oldbridge-town on 2031-03-04[Etc/UTC]",
            "  all (10, Some(15)) (best 12)",
            "  civilian (1, Some(1))",
            "  security_forces (3, Some(3)) (side A)",
            "  non_state_armed (7, Some(7)) (side B)",
            "  unclassified (1, Some(1))",
            "unknown `Government of Arcadia - Hillmen` at arcadia_north-province on 2031-03-10/2031-03-13[Etc/UTC]",
            "  all (4, Some(4))",
            "  civilian (0, Some(0))",
            "  security_forces (0, Some(0)) (side A)",
            "  non_state_armed (4, Some(4)) (side B)",
            "  unclassified (0, Some(0))",
            "unknown `Hillmen - Civilians` at arcadia_north-province_oldbridge-district_oldbridge-newbridge-road on 2031-05-01[Etc/UTC]",
            "  all (0, Some(8)) (best 5)",
            "  civilian (5, Some(5))",
            "  unclassified (0, Some(0))",
        ]
    );
    assert_eq!(
        log.rejects,
        [
            "line 4, record 3, field best: low ≤ best ≤ high does not hold: 3, 2, 9",
            "line 6, record 5, field latitude: latitude 99500000 and longitude 45700000, in millionths of a degree, are not on Earth; latitude comes first, within ±90 000 000, longitude within ±180 000 000",
            "line 6, record 5: as_of: 2031-05-09/2031-05-02 is no span of time",
        ]
    );
    assert_eq!(
        log.places(),
        [
            "arcadia in []",
            "arcadia_north-province in [arcadia]",
            "arcadia_north-province_oldbridge-district in [arcadia_north-province]",
            "arcadia_north-province_oldbridge-district_oldbridge-town in [arcadia_north-province_oldbridge-district] settlement 12345678,45500000",
            "arcadia_north-province in [arcadia] province 12000000,45000000",
            "arcadia in [] country 11000000,44000000",
            "arcadia_north-province_oldbridge-district_oldbridge-newbridge-road in [arcadia_north-province_oldbridge-district]",
        ]
    );
    // What was read by the coders stays with the figures, and the row as it was published.
    let lines: Vec<String> = {
        let events = log.store.read_after(Position::START, 1000).unwrap();
        events.iter().map(Recorded::to_line).collect()
    };
    assert!(lines.iter().any(|line| line.contains("Clash at Oldbridge")));
    assert_eq!(
        lines
            .iter()
            .filter(|line| line.contains("\"RecordPublished\""))
            .count(),
        5
    );
    let twice = log.tell(UCDP);
    assert_eq!((twice.added, twice.already_there), (0, once.added));
}

#[test]
fn rows_of_acled_are_events_and_no_deaths_reported_is_no_claim() {
    let mut log = Log::default();
    let once = log.tell(ACLED);
    let oldbridge = "arcadia_north-province_oldbridge-district_oldbridge";
    assert_eq!(
        log.told(),
        [
            format!("armed_assault `Armed clash` at {oldbridge} on 2031-03-04[Etc/UTC]"),
            "  all (11, Some(11))".to_owned(),
            format!(
                "air_strike `Air/drone strike` at {oldbridge} on 2031-03-06/2031-03-18[Etc/UTC]"
            ),
            format!("other `Mob violence` at {oldbridge} on 2031-04[Etc/UTC]"),
            "  all (2, Some(2))".to_owned(),
        ]
    );
    assert_eq!(
        log.rejects,
        ["line 6: learnt: `soon` is no time as the mapping says they are written"]
    );
    let twice = log.tell(ACLED);
    assert_eq!((twice.added, twice.already_there), (0, once.added));
}

/// Nothing a log holds names a cause that is not there, and all of it reads.
fn check(store: &MemoryStore) {
    let events = store.read_after(Position::START, 1000).unwrap();
    for recorded in &events {
        let cause = recorded.event().unwrap().caused_by;
        assert!(cause.is_none_or(|cause| events.iter().any(|other| other.id == cause)));
    }
}

#[test]
fn a_thousand_mutated_files_of_each_set_are_told_or_imported_and_never_half() {
    for (mapping, table) in [UCDP, ACLED] {
        let mapping = Mapping::from_toml(mapping).unwrap();
        for seed in 1..=1000 {
            let input = std::io::Cursor::new(mutated(table.as_bytes(), seed));
            let mut log = Log::default();
            // An error is an answer.
            let _ = import(
                &mut Table::new(Box::new(input), mapping.clone(), None),
                &mut log,
            );
            check(&log.store);
        }
    }
}

#[test]
fn a_thousand_mutated_files_of_events_are_told_or_taken_whole() {
    let mut log = Log::default();
    log.tell(UCDP);
    let events = log.store.read_after(Position::START, 12).unwrap();
    let lines: Vec<String> = events.iter().map(Recorded::to_line).collect();
    let cloud: Vec<String> = events
        .iter()
        .map(|recorded| situ_import::export::cloud_event(recorded).unwrap())
        .collect();
    let new_id = || EventId::from_content(Instant::from_unix_nanos(0), [7; 10]);
    let files = [
        ("wire", lines.join("\n")),
        ("lines", cloud.join("\n")),
        ("array", format!("[\n{}\n]\n", cloud.join(",\n"))),
    ];
    for (form, text) in files {
        let (mut whole, mut told) = (0, 0);
        for seed in 1..=1000 {
            let bytes = mutated(text.as_bytes(), seed);
            let mut read = Vec::new();
            if form == "wire" {
                read.extend(from_lines(bytes.as_slice(), new_id));
            } else {
                let mut events = CloudEvents::new(bytes.as_slice());
                read.extend(std::iter::from_fn(|| events.next_event(new_id)));
            }
            assert!(read.len() <= 16, "{form} {seed}: {}", read.len());
            let count = read.len();
            let read: Vec<Event> = read.into_iter().flatten().collect();
            whole += usize::from(read.len() == count);
            told += usize::from(read.len() < count);
            // Whatever is taken for an event is one that a log takes, or says why not.
            let store = MemoryStore::default();
            let now = "2032-12-01T00:00:00Z".parse().unwrap();
            let appended = store.append(&read, &Condition::None, now);
            let head = store.read_after(Position::START, 1000).unwrap().len();
            assert_eq!(head, appended.map_or(0, |appended| appended.added));
        }
        assert!(
            whole > 0 && told > 300,
            "{form}: {whole} whole, {told} told"
        );
    }
}
