//! Two real feeds through the log and the view of services: planned closures of a metro, and air-raid alerts by two sources.
//!
//! The data lies beside the repository and may be absent; the tests then say so and pass. What they print with `--nocapture` are the
//! figures of `docs/services.md`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant as Stopwatch;

use situ_core::{
    AppendError, AsOf, Condition, Event, EventId, EventStore as _, Extent, Instant, Known, Payload,
    Position, Projection as _, SituationId, Valid, replay,
};
use situ_import::{History, Imported, Mapping, Outlet, Refused, Reject, Table, import, open};
use situ_services::{
    Board, ConflictKind, Freshness, ServiceStatus, Services, Status, StatusId, TimeToLive,
};
use situ_sqlite::SqliteStore;
use situ_tests::{mapping, shared};
use tempfile::TempDir;

/// A log that takes all, and stops the test at what cannot be read.
struct Log<'a>(&'a SqliteStore);

impl Outlet for Log<'_> {
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

/// A feed, imported into a log and folded from it.
struct Feed {
    services: Services,
    situation: SituationId,
    store: SqliteStore,
    _folder: TempDir,
    /// How many events of each kind.
    count: BTreeMap<String, usize>,
    seconds: f64,
}

impl Feed {
    fn imported(situation: &str, import: impl FnOnce(&mut Log<'_>)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::create(folder.path().join("feed.db")).unwrap();
        import(&mut Log(&store));
        let stopwatch = Stopwatch::now();
        let mut services = Services::default();
        let mut count = BTreeMap::new();
        replay(&store, Position::START, |recorded| {
            *count.entry(recorded.kind.to_string()).or_default() += 1;
            services.apply(recorded).map(drop)
        })
        .unwrap();
        Self {
            services,
            situation: SituationId::new(situation).unwrap(),
            store,
            _folder: folder,
            count,
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

/// A mapping of the repository.
fn read(name: &str) -> Mapping {
    let text = std::fs::read_to_string(mapping(name)).unwrap();
    Mapping::from_toml(&text).unwrap()
}

/// The status each record of the closures is about, the day it begins, and the suspension told of it, by version.
struct Closures {
    ids: BTreeMap<String, (String, String)>,
    told: BTreeMap<(String, u64), EventId>,
}

impl Closures {
    fn read(store: &SqliteStore) -> Self {
        let mut closures = Self {
            ids: BTreeMap::new(),
            told: BTreeMap::new(),
        };
        let mut keys: BTreeMap<EventId, String> = BTreeMap::new();
        let mut since_version = Vec::new();
        replay(store, Position::START, |recorded| {
            let event = recorded.event()?;
            match event.payload {
                Payload::RecordPublished(record)
                    if record.dataset.as_str().ends_with("/versions") =>
                {
                    let version: u64 = record.key.as_str().parse().unwrap();
                    let told = since_version.drain(..);
                    closures
                        .told
                        .extend(told.map(|(key, event)| ((key, version), event)));
                }
                Payload::RecordPublished(record) => {
                    keys.insert(event.id, record.key.to_string());
                }
                Payload::ServiceSuspended(suspended) => {
                    let key = &keys[&event.caused_by.unwrap()];
                    let Extent::Segment { from, to, route } = suspended.scope.of else {
                        panic!("{key}");
                    };
                    let id = format!("rail@segment:{from}..{to}:{}", route.unwrap());
                    let start = event.occurred.unwrap().edtf().to_owned();
                    closures.ids.insert(key.clone(), (id, start));
                    since_version.push((key.clone(), event.id));
                }
                _ => {}
            }
            Ok(())
        })
        .unwrap();
        closures
    }
}

#[test]
fn closures_of_a_metro_are_known_before_they_begin_and_never_end_by_silence() {
    let Some(history) = shared("mbta-shutdowns/shutdowns.history.jsonl.gz") else {
        return;
    };
    let feed = Feed::imported("mbta-shutdowns", |log| {
        let mapping = read("mbta-shutdowns");
        let mut history = History::new(open(&history).unwrap(), mapping);
        import(&mut history, log).unwrap();
    });
    let Closures { ids, told } = Closures::read(&feed.store);
    let stopwatch = Stopwatch::now();
    let board = feed.at("2026-02-20T12:00:00-05:00");
    println!(
        "metro: {:?} folded in {:.3} s, a board in {:.3} s; {}",
        feed.count,
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
    let queries = shared("mbta-shutdowns/shutdowns.asof_queries.csv").unwrap();
    let queries = std::fs::read_to_string(queries).unwrap();
    let (mut asked, mut announced) = (0, 0);
    for query in queries.lines().skip(1) {
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

#[test]
fn two_sources_of_alerts_stand_side_by_side_and_differ_by_seconds() {
    let (Some(official), Some(volunteer)) = (
        shared("air-raid-alerts-2022/official.csv.gz"),
        shared("air-raid-alerts-2022/volunteer.csv.gz"),
    ) else {
        return;
    };
    let feed = Feed::imported("air-raid-2022", |log| {
        for (name, file) in [
            ("air-raid-official", &official),
            ("air-raid-volunteer", &volunteer),
        ] {
            let mut table = Table::new(open(file).unwrap(), read(name), None);
            import(&mut table, log).unwrap();
        }
    });
    assert_eq!(feed.count["RecordPublished"], 32_735);
    let stopwatch = Stopwatch::now();
    let board = feed.at("2022-12-31T23:59:59Z");
    println!(
        "alerts: {:?} folded in {:.3} s, a board in {:.3} s; {}",
        feed.count,
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
    let told = figures(&oblasts);
    println!("alerts: of the oblasts alone {told}");
    assert!(told.contains(", 0 disputed;") && told.ends_with("13501 starts told otherwise"));
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
