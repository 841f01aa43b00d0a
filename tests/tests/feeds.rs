//! Two real feeds through the log and the view of services: planned closures of a metro, and air-raid alerts by two sources.
//!
//! The data lies beside the repository and may be absent; the tests then say so and pass. What they print with `--nocapture` are the
//! figures of `docs/services.md`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant as Stopwatch;

use serde_json::{Value, json};
use situ_core::{
    AsOf, Condition, Event, EventId, EventStore as _, Instant, Known, Position, Projection as _,
    SituationId, Valid, from_line, replay,
};
use situ_services::{
    Board, ConflictKind, Freshness, ServiceStatus, Services, Status, StatusId, TimeToLive,
};
use situ_sqlite::SqliteStore;

/// The lines of a compressed file, if it is there.
fn lines(file: &str) -> Option<Vec<String>> {
    let shared = std::env::var_os("SITU_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let path = shared.join("data").join(file);
    if !path.is_file() {
        // Past the capture of output, so that it is seen also where the test passes.
        let _ = writeln!(
            std::io::stderr(),
            "SKIPPED: {} is not there; set SITU_SHARED to the folder that holds data",
            path.display()
        );
        return None;
    }
    if path.extension().is_none_or(|extension| extension != "gz") {
        let text = std::fs::read_to_string(path).unwrap();
        return Some(text.lines().map(str::to_owned).collect());
    }
    let output = Command::new("gzip").arg("-dc").arg(path).output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    Some(text.lines().map(str::to_owned).collect())
}

/// A feed, told to a log and folded from it.
struct Feed {
    services: Services,
    situation: SituationId,
    events: usize,
    seconds: f64,
}

impl Feed {
    fn told(situation: &str, events: Vec<Event>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::create(folder.path().join("feed.db")).unwrap();
        for batch in events.chunks(1000) {
            let now = "2026-12-01T00:00:00Z".parse().unwrap();
            store.append(batch, &Condition::None, now).unwrap();
        }
        let stopwatch = Stopwatch::now();
        let mut services = Services::default();
        replay(&store, Position::START, |recorded| {
            services.apply(recorded).map(drop)
        })
        .unwrap();
        assert_eq!(store.head().unwrap().get(), events.len() as u64);
        Self {
            services,
            situation: SituationId::new(situation).unwrap(),
            events: events.len(),
            seconds: stopwatch.elapsed().as_secs_f64(),
        }
    }

    fn at(&self, valid: &str) -> Board {
        self.services
            .at(&self.situation, as_of(valid, ALL), &TimeToLive::default())
    }

    fn find(&self, id: &str, as_of: AsOf) -> Option<ServiceStatus> {
        let id: StatusId = id.parse().unwrap();
        self.services
            .find(&self.situation, &id, as_of, &TimeToLive::default())
    }
}

const ALL: Known = Known::Position(Position::new(u64::MAX));

fn as_of(valid: &str, known: Known) -> AsOf {
    AsOf {
        valid: Valid(valid.parse().unwrap()),
        known,
    }
}

/// Ids in the order of the events, so that the same feed gives the same log.
struct Writer {
    situation: &'static str,
    events: Vec<Event>,
}

impl Writer {
    fn tell(
        &mut self,
        kind: &str,
        learnt: &str,
        source: &str,
        occurred: Option<&str>,
        payload: &Value,
    ) -> EventId {
        let number = self.events.len() as u32;
        let mut digest = [0; 10];
        digest[..4].copy_from_slice(&number.to_be_bytes());
        let learnt: Instant = learnt.parse().unwrap();
        let mut line = json!({
            "kind": kind, "situation": self.situation, "learnt_at": learnt.to_string(),
            "source": {"origin": source}, "payload": payload,
        });
        if let Some(occurred) = occurred {
            line["occurred"] = occurred.into();
        }
        let event = from_line(&line.to_string(), 1, || {
            EventId::from_content(learnt, digest)
        });
        let event = event.unwrap_or_else(|error| panic!("{error}: {line}"));
        self.events.push(event);
        self.events[self.events.len() - 1].id
    }
}

/// An id of letters, digits and hyphens.
fn slug(name: &str) -> String {
    let mut slug = String::new();
    for character in name.chars() {
        match character {
            letter if letter.is_alphanumeric() => {
                write!(slug, "{}", letter.to_lowercase()).unwrap();
            }
            _ if slug.ends_with('-') => {}
            _ => slug.push('-'),
        }
    }
    slug.trim_matches('-').to_owned()
}

/// How many runs and conflicts of status a board shows, and how many of its statuses are disputed or stale.
fn figures(board: &Board) -> String {
    let down = |status: Status| matches!(status, Status::Suspended | Status::Restricted);
    let services = board.services.iter();
    let runs: usize = services.clone().map(|status| status.runs.len()).sum();
    let runs_down = services
        .clone()
        .flat_map(|status| &status.runs)
        .filter(|run| down(run.status))
        .count();
    let disputed_runs = services
        .clone()
        .flat_map(|status| &status.runs)
        .filter(|run| run.status == Status::Disputed)
        .count();
    let all = board.services.iter().flat_map(|status| &status.conflicts);
    let starts = all
        .filter(|conflict| conflict.kind == ConflictKind::Start)
        .count();
    let conflicts = |possible: bool| {
        let all = board.services.iter().flat_map(|status| &status.conflicts);
        all.filter(|conflict| {
            conflict.possible == possible && conflict.kind == ConflictKind::Status
        })
        .count()
    };
    let stale = services
        .filter(|status| status.freshness == Freshness::Stale)
        .count();
    format!(
        "{} statuses, {stale} stale; {runs} runs, {runs_down} of them down, {disputed_runs} disputed; {} contradictions, {} possible, {starts} starts told otherwise",
        board.services.len(),
        conflicts(false),
        conflicts(true),
    )
}

/// The feed of closures as events.
struct Metro {
    events: Vec<Event>,
    /// The status a record is about, and the day it begins.
    ids: BTreeMap<String, (String, String)>,
    /// The suspension told of a record in a version.
    told: BTreeMap<(String, u64), EventId>,
}

/// A closure announced is a suspension of a stretch of a line with the day it is to begin, and an outlook to the day it is to
/// end; a changed end is another outlook; a record removed takes both back. That an end passes is no report that trains run.
fn metro(history: &[String]) -> Metro {
    let mut writer = Writer {
        situation: "mbta",
        events: Vec::new(),
    };
    let opened = json!({"title": "Closures of the metro", "zone": "America/New_York"});
    writer.tell(
        "SituationOpened",
        "2024-01-18T08:00:00-05:00",
        "tracker",
        None,
        &opened,
    );
    let mut ids: BTreeMap<String, (String, String)> = BTreeMap::new();
    let mut standing: BTreeMap<String, Vec<EventId>> = BTreeMap::new();
    let mut told = BTreeMap::new();
    for line in history {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line[name].as_str().unwrap();
        let (learnt, key) = (text("known_at"), text("key"));
        let bare = key.split('#').next().unwrap();
        let [route, from, to, start] = bare.split('|').collect::<Vec<_>>()[..] else {
            panic!("{key}");
        };
        let occurred = format!("{start}[America/New_York]");
        let stretch =
            json!({"of": {"segment": {"from": slug(from), "to": slug(to), "route": route}}});
        let mut outlook = |writer: &mut Writer, end: &str| {
            let end = format!("{end}[America/New_York]");
            let payload = json!({"service": "rail", "scope": stretch, "expected_end": end});
            let learnt: Instant = learnt.parse().unwrap();
            let claim = writer.tell(
                "ServiceOutlookGiven",
                &learnt.to_string(),
                "mbta",
                Some(&learnt.to_string()),
                &payload,
            );
            standing.entry(key.to_owned()).or_default().push(claim);
        };
        match text("op") {
            "record_added" => {
                let payload = json!({"service": "rail", "scope": stretch, "degree": "none"});
                let claim = writer.tell(
                    "ServiceSuspended",
                    learnt,
                    "mbta",
                    Some(&occurred),
                    &payload,
                );
                outlook(&mut writer, line["value"]["stop_date"].as_str().unwrap());
                standing.get_mut(key).unwrap().push(claim);
                told.insert((key.to_owned(), line["seq"].as_u64().unwrap()), claim);
                let id = format!("rail@segment:{}..{}:{route}", slug(from), slug(to));
                ids.insert(key.to_owned(), (id, start.to_owned()));
            }
            "field_changed" if text("field") == "stop_date" => outlook(&mut writer, text("new")),
            "record_removed" => {
                for told in standing.remove(key).unwrap() {
                    let payload = json!({"target": told.to_string(), "reason": "other", "words": "no longer listed"});
                    writer.tell("ClaimRetracted", learnt, "mbta", None, &payload);
                }
            }
            _ => {}
        }
    }
    Metro {
        events: writer.events,
        ids,
        told,
    }
}

#[test]
fn closures_of_a_metro_are_known_before_they_begin_and_never_end_by_silence() {
    let Some(history) = lines("mbta-shutdowns/shutdowns.history.jsonl.gz") else {
        return;
    };
    let Metro { events, ids, told } = metro(&history);
    let feed = Feed::told("mbta", events);
    let stopwatch = Stopwatch::now();
    let board = feed.at("2026-02-20T12:00:00-05:00");
    println!(
        "metro: {} events folded in {:.3} s, a board in {:.3} s; {}",
        feed.events,
        feed.seconds,
        stopwatch.elapsed().as_secs_f64(),
        figures(&board)
    );
    assert!(
        board
            .services
            .iter()
            .all(|status| status.status != Status::Operating)
    );
    assert!(
        board
            .services
            .iter()
            .all(|status| status.status != Status::Disputed)
    );

    // The independent oracle of the data: whether a record was there as known then.
    let queries = lines("mbta-shutdowns/shutdowns.asof_queries.csv").unwrap();
    let (mut asked, mut announced) = (0, 0);
    for query in &queries[1..] {
        let cells: Vec<&str> = query.splitn(6, ',').collect();
        let [seq, known_at, key, _, presence, _] = cells[..] else {
            panic!("{query}");
        };
        let Some((id, start)) = ids.get(key) else {
            panic!("{key} is no record");
        };
        let known: Instant = known_at.parse().unwrap();
        let noon = format!("{start}T12:00:00-05:00");
        let status = feed.find(id, as_of(&noon, Known::Learnt(known)));
        let seq: u64 = seq.parse().unwrap();
        let newest = told
            .range((key.to_owned(), 0)..=(key.to_owned(), seq))
            .next_back();
        let rests_on: BTreeSet<EventId> = status
            .iter()
            .flat_map(|status| &status.rests_on)
            .map(|evidence| evidence.event)
            .collect();
        let is_there = newest.is_some_and(|(_, event)| rests_on.contains(event));
        assert_eq!(is_there, presence != "record_absent", "{query}");
        asked += 1;
        let before: Instant = format!("{start}T00:00:00-05:00").parse().unwrap();
        if is_there && known < before {
            let status = status.unwrap();
            let seen = (
                status.status,
                status.freshness,
                status.announced,
                status.day,
            );
            assert_eq!(seen.0, Status::Suspended, "{query}");
            assert_eq!((seen.1, seen.2), (Freshness::Fresh, true), "{query}");
            announced += 1;
        }
    }
    println!(
        "metro: {asked} questions of the oracle, {announced} about closures known before they began"
    );
    assert!(asked > 200 && announced > 0);
}

/// An alert is kept as a suspension, by each source for itself, of what goes on under the open sky in an area (`other`), learnt when
/// the row was written: at its end. An end that was assumed and not reported is left out.
fn alerts(official: &[String], volunteer: &[String]) -> (Vec<Event>, usize) {
    let mut writer = Writer {
        situation: "alerts",
        events: Vec::new(),
    };
    let opened = json!({"title": "Air-raid alerts", "zone": "Europe/Kyiv"});
    writer.tell(
        "SituationOpened",
        "2022-02-25T00:00:00Z",
        "recorder",
        None,
        &opened,
    );
    let mut rows: Vec<(String, Vec<String>, String, &str, bool)> = Vec::new();
    let instant = |text: &str| text.replace(' ', "T");
    for row in &official[1..] {
        let cells: Vec<&str> = row.split(',').collect();
        let places = cells[..3].iter().filter(|cell| !cell.is_empty());
        rows.push((
            instant(cells[5]),
            places.map(|cell| slug(cell)).collect(),
            instant(cells[4]),
            "official",
            true,
        ));
    }
    for row in &volunteer[1..] {
        let cells: Vec<&str> = row.split(',').collect();
        rows.push((
            instant(cells[2]),
            vec![slug(cells[0])],
            instant(cells[1]),
            "volunteers",
            cells[3] != "True",
        ));
    }
    let count = rows.len();
    rows.sort();
    let mut described = BTreeSet::new();
    for (finished, places, started, source, is_reported) in rows {
        for (index, place) in places.iter().enumerate() {
            if described.insert(place.clone()) {
                let within = index
                    .checked_sub(1)
                    .map(|outer| vec![places[outer].clone()]);
                let payload =
                    json!({"place": place, "names": [place], "within": within.unwrap_or_default()});
                writer.tell(
                    "PlaceDescribed",
                    "2022-02-25T00:00:00Z",
                    "recorder",
                    None,
                    &payload,
                );
            }
        }
        let scope = json!({"of": {"area": {"place": places.last().unwrap()}}});
        let alert = json!({"service": "other", "scope": scope, "degree": "none", "causes": {"stated": "attack"}});
        writer.tell(
            "ServiceSuspended",
            &finished,
            source,
            Some(&started),
            &alert,
        );
        if is_reported {
            let clear = json!({"service": "other", "scope": scope, "degree": "normal"});
            writer.tell(
                "ServiceRestored",
                &finished,
                source,
                Some(&finished),
                &clear,
            );
        }
    }
    (writer.events, count)
}

#[test]
fn two_sources_of_alerts_stand_side_by_side_and_differ_by_seconds() {
    let (Some(official), Some(volunteer)) = (
        lines("air-raid-alerts-2022/official.csv.gz"),
        lines("air-raid-alerts-2022/volunteer.csv.gz"),
    ) else {
        return;
    };
    let (events, alerts) = alerts(&official, &volunteer);
    assert_eq!(alerts, 32_735);
    let feed = Feed::told("alerts", events);
    let stopwatch = Stopwatch::now();
    let board = feed.at("2022-12-31T23:59:59Z");
    println!(
        "alerts: {} events folded in {:.3} s, a board in {:.3} s; {}",
        feed.events,
        feed.seconds,
        stopwatch.elapsed().as_secs_f64(),
        figures(&board)
    );
    let oblasts = Board {
        services: board
            .services
            .iter()
            .filter(|status| {
                status.covered_by.is_empty() && !status.id.to_string().contains("raion")
            })
            .filter(|status| !status.id.to_string().contains("hromada"))
            .cloned()
            .collect(),
        ..board
    };
    println!("alerts: of the oblasts alone {}", figures(&oblasts));
    // Whatever operates does so because a source gave the all-clear.
    for status in &board.services {
        assert!(
            status.status != Status::Operating || !status.rests_on.is_empty(),
            "{}",
            status.id
        );
    }
    // 10 October 2022, 10:00 in Kyiv: the city was under alert by both sources, as known by the end of the day.
    let status = feed
        .find("other@kyiv-city", as_of("2022-10-10T10:00:00+03:00", ALL))
        .unwrap();
    let sources: BTreeSet<_> = status
        .rests_on
        .iter()
        .filter_map(|evidence| evidence.source.as_ref())
        .collect();
    assert_eq!((status.status, sources.len()), (Status::Suspended, 2));
    // Rows are written when an alert ends, so nothing of it was known then.
    let then = as_of(
        "2022-10-10T10:00:00+03:00",
        Known::Learnt("2022-10-10T10:00:00+03:00".parse().unwrap()),
    );
    let status = feed.find("other@kyiv-city", then).unwrap();
    assert_eq!(status.status, Status::Operating);
}
