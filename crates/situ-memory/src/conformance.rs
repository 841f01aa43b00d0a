//! The rules every log keeps, as a suite any store can be put through.
//!
//! ```
//! use situ_memory::{MemoryStore, conformance};
//!
//! conformance::run(MemoryStore::default);
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Wake, Waker};
use std::thread;
use std::time::Duration;

use situ_core::{
    Access, AppendError, Appended, BATCH_LIMIT, Condition, Event, EventId, EventStore, Instant,
    Kind, LEARNT_AHEAD_NANOS, Name, Payload, Position, Recorded, SituationId, SituationOpened,
    Source, SourceId, StatementIssued, Text, UnknownPayload, Zone,
};

/// Puts a store through every rule.
///
/// `new_store` makes an empty store; it is called once for each rule.
///
/// # Panics
/// When the store breaks a rule; the message names every rule broken, and how.
pub fn run<S: EventStore>(new_store: impl Fn() -> S) {
    let breaches = breaches(new_store);
    let list: Vec<_> = breaches.iter().map(ToString::to_string).collect();
    assert!(breaches.is_empty(), "{}", list.join("\n"));
}

/// The rules a store breaks; see [`run`].
pub fn breaches<S: EventStore>(new_store: impl Fn() -> S) -> Vec<Breach> {
    let check = |rule: &Rule| {
        let outcome = (rule.check)(&new_store());
        outcome.err().map(|how| Breach {
            rule: rule.name,
            how,
        })
    };
    RULES.iter().filter_map(check).collect()
}

/// A promise of [`EventStore`], and how to see whether a store keeps it.
#[derive(Debug)]
pub struct Rule {
    /// The promise, as a sentence.
    pub name: &'static str,
    check: fn(&dyn EventStore) -> Outcome,
}

/// A rule a store breaks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{rule}: {how}")]
pub struct Breach {
    /// The name of the rule.
    pub rule: &'static str,
    /// What was seen instead.
    pub how: String,
}

type Outcome = Result<(), String>;

macro_rules! rules {
    ($($check:ident: $name:literal,)+) => {
        /// Every rule.
        pub const RULES: &[Rule] = &[ $( Rule { name: $name, check: $check }, )+ ];
    };
}

rules! {
    empty: "an empty log has its head at the start and nothing to read",
    positions: "positions count from 1 without holes",
    verbatim: "an event reads back as it was given",
    unknown: "an unknown kind or version is kept byte for byte",
    whole: "a batch with an event that cannot be taken leaves nothing",
    repeated: "an event sent again gets the position it has",
    partly_repeated: "a batch partly sent before adds only what is new",
    twice_in_batch: "an event twice in one batch is added once",
    conflict: "another event under the same id is a conflict that says where the first stands",
    as_given: "sameness is judged before defaults are filled in",
    clock: "recorded_at never runs backwards",
    learnt: "learnt_at is as given, else recorded_at",
    condition: "a condition compares the head of each situation it names",
    condition_repeated: "a condition is checked only if something would be added",
    batch_limit: "a batch holds at most 1,000 events",
    learnt_ahead: "an event is learnt at most two days ahead of the clock",
    pages: "pages of any size join into the log",
    no_wait: "whoever waits for what is there already does not wait",
    timeout: "whoever waits in vain gets the head when the time is over",
    wake: "whoever waits is woken by an append",
    bell: "what is appended has rung the bell before append returns",
    waker: "a waker left at the bell is woken by the next append",
    concurrent: "many appenders make no hole, and no reader sees half a batch",
    one_wins: "of appends that expect the same head one wins",
    same_at_once: "the same batch sent by many at once is added once",
}

fn empty(store: &dyn EventStore) -> Outcome {
    equal("head", &said(store.head())?, &Position::START)?;
    equal("events", &read(store)?, &vec![])?;
    equal(
        "an empty batch",
        &append(store, &[])?,
        &appended(std::iter::empty(), 0),
    )
}

fn positions(store: &dyn EventStore) -> Outcome {
    equal(
        "a batch of three",
        &append(store, &events(1..=3))?,
        &appended(1..=3, 3),
    )?;
    // What adds nothing takes no position either.
    append(store, &events(2..=3))?;
    let _ = store.append(&[conflicting(1)], &Condition::None, NOW);
    let _ = store.append(&[event(9), invalid(10)], &Condition::None, NOW);
    equal(
        "a batch of two",
        &append(store, &events(4..=5))?,
        &appended(4..=5, 2),
    )?;
    equal("head", &said(store.head())?, &Position::new(5))?;
    equal("positions", &numbers(&read(store)?), &(1..=5).collect())
}

fn verbatim(store: &dyn EventStore) -> Outcome {
    let plain = event(1);
    let mut full = statement(2);
    full.situation = situation("بلوچستان");
    full.occurred = Some("2026-01-31~[Asia/Karachi]".parse().expect("a time"));
    full.learnt_at = Some(NOW.saturating_add_nanos(-1));
    full.recorded_by = Some(Name::new("desk").expect("a name"));
    full.access = Access::Restricted;
    full.caused_by = Some(plain.id);
    let given = [plain, full];
    append(store, &given)?;
    let held = read(store)?;
    equal("number of events", &held.len(), &2)?;
    for (recorded, event) in held.iter().zip(&given) {
        equal("event", &said(recorded.event())?, event)?;
        equal("kind", &recorded.kind, &event.payload.kind())?;
        equal("version", &recorded.version, &event.payload.version())?;
        equal("id", &recorded.id, &event.id)?;
        equal("situation", &recorded.situation, &event.situation)?;
    }
    Ok(())
}

fn unknown(store: &dyn EventStore) -> Outcome {
    let json = r#"{ "z": 1e3,  "a":[ 1.50, null ], "a\u0301": "é" }"#;
    let given = [
        of_unknown(1, Kind::from_name("AidDelivered"), 7, json),
        of_unknown(2, Kind::SituationOpened, 9, json),
    ];
    append(store, &given)?;
    let held = read(store)?;
    equal("number of events", &held.len(), &2)?;
    for (recorded, event) in held.iter().zip(&given) {
        let mut body = Vec::new();
        said(event.encode(&mut body))?;
        equal(
            "body",
            &recorded.body.as_ref(),
            &said(std::str::from_utf8(&body))?,
        )?;
        equal("event", &said(recorded.event())?, event)?;
    }
    equal("sent again", &append(store, &given)?, &appended(1..=2, 0))
}

fn whole(store: &dyn EventStore) -> Outcome {
    append(store, &[event(1)])?;
    let mut ahead = event(5);
    ahead.learnt_at = Some(NOW.saturating_add_nanos(LEARNT_AHEAD_NANOS + 1));
    for bad in [invalid(5), conflicting(1), conflicting(2), ahead] {
        let refused = store.append(&[event(2), event(3), bad, event(4)], &Condition::None, NOW);
        let index = match &refused {
            Err(
                AppendError::Invalid { index, .. }
                | AppendError::IdConflict { index, .. }
                | AppendError::LearntAhead { index, .. },
            ) => *index,
            other => return Err(format!("the third event is bad, but append said {other:?}")),
        };
        equal("index of the bad event", &index, &2)?;
        equal("positions after it", &numbers(&read(store)?), &vec![1])?;
    }
    Ok(())
}

fn repeated(store: &dyn EventStore) -> Outcome {
    append(store, &events(1..=3))?;
    let before = read(store)?;
    for again in [&events(1..=3)[..], &[event(3), event(1)]] {
        let positions = again.iter().map(number);
        equal(
            "sent again",
            &append_at(store, again, LATER)?,
            &appended(positions, 0),
        )?;
    }
    equal("events", &read(store)?, &before)
}

fn partly_repeated(store: &dyn EventStore) -> Outcome {
    append(store, &events(1..=2))?;
    let mixed = [event(3), event(1), event(4), event(2)];
    equal(
        "two of four new",
        &append(store, &mixed)?,
        &appended([3, 1, 4, 2], 2),
    )?;
    let ids: Vec<_> = read(store)?.iter().map(|recorded| recorded.id).collect();
    equal("ids", &ids, &(1..=4).map(id).collect())
}

fn twice_in_batch(store: &dyn EventStore) -> Outcome {
    let batch = [event(2), event(1), event(2), event(1), event(3)];
    equal(
        "three of five",
        &append(store, &batch)?,
        &appended([1, 2, 1, 2, 3], 3),
    )?;
    equal("positions", &numbers(&read(store)?), &vec![1, 2, 3])
}

fn conflict(store: &dyn EventStore) -> Outcome {
    append(store, &events(1..=2))?;
    let mut elsewhere = event(2);
    elsewhere.situation = situation("elsewhere");
    let mut envelope = event(2);
    envelope.access = Access::Restricted;
    let body = r#"{"title":"2","zone":"UTC"}"#;
    let version = of_unknown(2, Kind::SituationOpened, 2, body);
    let kind = of_unknown(2, Kind::from_name("SituationReopened"), 1, body);
    for other in [elsewhere, envelope, version, kind, conflicting(2)] {
        let batch = [event(9), other, event(1)];
        expect_conflict(store, &batch, 1, Some(Position::new(2)))?;
    }
    let in_batch = [event(7), event(8), conflicting(7)];
    expect_conflict(store, &in_batch, 2, None)?;
    equal("positions", &numbers(&read(store)?), &vec![1, 2])
}

fn expect_conflict(
    store: &dyn EventStore,
    batch: &[Event],
    at: usize,
    held: Option<Position>,
) -> Outcome {
    match store.append(batch, &Condition::None, NOW) {
        Err(AppendError::IdConflict {
            index,
            id,
            position,
        }) => equal(
            "conflict",
            &(index, id, position),
            &(at, batch[at].id, held),
        ),
        other => Err(format!(
            "event {at} of the batch takes the id of another, but append said {other:?}"
        )),
    }
}

fn as_given(store: &dyn EventStore) -> Outcome {
    append(store, &[event(1)])?;
    equal(
        "without learnt_at, sent later",
        &append_at(store, &[event(1)], LATER)?,
        &appended([1], 0),
    )?;
    let mut spelt_out = event(1);
    spelt_out.learnt_at = Some(NOW);
    expect_conflict(store, &[spelt_out], 0, Some(Position::new(1)))
}

fn clock(store: &dyn EventStore) -> Outcome {
    let nows = [NOW, LATER, NOW, LATER.saturating_add_nanos(1)];
    for (now, number) in nows.into_iter().zip(1..) {
        append_at(store, &[event(number)], now)?;
    }
    let recorded_at: Vec<_> = read(store)?
        .iter()
        .map(|recorded| recorded.recorded_at)
        .collect();
    equal(
        "recorded_at",
        &recorded_at,
        &vec![NOW, LATER, LATER, LATER.saturating_add_nanos(1)],
    )
}

fn learnt(store: &dyn EventStore) -> Outcome {
    let early = NOW.saturating_add_nanos(-5);
    let mut given = event(3);
    given.learnt_at = Some(early);
    append_at(store, &[event(1)], LATER)?;
    append_at(store, &[event(2), given], NOW)?;
    let learnt_at: Vec<_> = read(store)?
        .iter()
        .map(|recorded| recorded.learnt_at)
        .collect();
    equal("learnt_at", &learnt_at, &vec![LATER, LATER, early])
}

fn condition(store: &dyn EventStore) -> Outcome {
    let in_situation = |number, name| Event {
        situation: situation(name),
        ..event(number)
    };
    let try_append = |number, heads: &[(&str, u64)]| {
        store.append(&[in_situation(number, "a")], &expected(heads), NOW)
    };
    said(try_append(1, &[("a", 0), ("b", 0)]))?;
    append(store, &[in_situation(2, "b")])?;
    said(try_append(3, &[("a", 1), ("b", 2), ("c", 0)]))?;
    for (heads, name, wrong, actual) in [
        (&[("a", 1)][..], "a", 1, 3),
        (&[("a", 0)], "a", 0, 3),
        (&[("a", 4)], "a", 4, 3),
        (&[("a", 3), ("b", 1)], "b", 1, 2),
        (&[("a", 3), ("c", 3)], "c", 3, 0),
    ] {
        match try_append(4, heads) {
            Err(AppendError::HeadMoved {
                situation: moved,
                expected,
                actual: stands,
            }) => equal(
                "what moved",
                &(moved, expected.get(), stands.get()),
                &(situation(name), wrong, actual),
            )?,
            other => {
                return Err(format!(
                    "{name} is at {actual}, not {wrong}, but append said {other:?}"
                ));
            }
        }
    }
    equal("positions", &numbers(&read(store)?), &vec![1, 2, 3])
}

fn condition_repeated(store: &dyn EventStore) -> Outcome {
    append(store, &events(1..=2))?;
    let stale = expected(&[("s", 0)]);
    let again = said(store.append(&events(1..=2), &stale, NOW))?;
    equal(
        "sent again with a stale condition",
        &again,
        &appended(1..=2, 0),
    )?;
    match store.append(&events(1..=3), &stale, NOW) {
        Err(AppendError::HeadMoved { .. }) => Ok(()),
        other => Err(format!("one event is new, but append said {other:?}")),
    }
}

fn batch_limit(store: &dyn EventStore) -> Outcome {
    let many = events(1..=BATCH_LIMIT as u64 + 1);
    match store.append(&many, &Condition::None, NOW) {
        Err(AppendError::BatchTooLarge(1001)) => {}
        other => return Err(format!("1,001 events were sent, but append said {other:?}")),
    }
    equal("head", &said(store.head())?, &Position::START)?;
    let full = append(store, &many[..BATCH_LIMIT])?;
    equal("a full batch", &full, &appended(1..=1000, 1000))
}

fn learnt_ahead(store: &dyn EventStore) -> Outcome {
    let limit = NOW.saturating_add_nanos(LEARNT_AHEAD_NANOS);
    let mut just = event(1);
    just.learnt_at = Some(limit);
    append(store, &[just])?;
    let mut beyond = event(2);
    beyond.learnt_at = Some(limit.saturating_add_nanos(1));
    match store.append(&[beyond], &Condition::None, NOW) {
        Err(AppendError::LearntAhead { index: 0, .. }) => Ok(()),
        other => Err(format!(
            "learnt a nanosecond too late, but append said {other:?}"
        )),
    }
}

fn pages(store: &dyn EventStore) -> Outcome {
    append(store, &events(1..=10))?;
    let all = read(store)?;
    equal("positions", &numbers(&all), &(1..=10).collect())?;
    for size in [1, 3, 10, 11] {
        let mut joined = Vec::new();
        let mut reached = Position::START;
        loop {
            let page = said(store.read_after(reached, size))?;
            let Some(last) = page.last() else { break };
            if page.len() > size {
                return Err(format!("{} events on a page of {size}", page.len()));
            }
            reached = last.position;
            joined.extend(page);
        }
        equal("joined pages", &joined, &all)?;
    }
    let after = |position, limit| said(store.read_after(Position::new(position), limit));
    equal("from the middle", &after(4, 2)?, &all[4..6].to_vec())?;
    equal("no limit", &after(8, usize::MAX)?, &all[8..].to_vec())?;
    equal("a limit of 0", &after(0, 0)?, &vec![])?;
    equal("past the end", &after(10, 5)?, &vec![])?;
    equal("far past the end", &after(u64::MAX, 5)?, &vec![])
}

fn no_wait(store: &dyn EventStore) -> Outcome {
    append(store, &events(1..=2))?;
    for position in [0, 1] {
        let head = patiently(store, Position::new(position))?;
        equal("head", &head, &Position::new(2))?;
    }
    Ok(())
}

fn timeout(store: &dyn EventStore) -> Outcome {
    append(store, &events(1..=2))?;
    for position in [2, 3, u64::MAX] {
        let head = store.wait_after(Position::new(position), Duration::from_millis(5));
        equal("head", &said(head)?, &Position::new(2))?;
    }
    Ok(())
}

/// Two threads answer each other's appends; a lost wake-up would show as a wait to the end.
fn wake(store: &dyn EventStore) -> Outcome {
    let answer = |turn: u64| -> Outcome {
        for number in (1..=40).filter(|number| number % 2 == turn) {
            if number > 1 {
                let head = patiently(store, Position::new(number - 2))?;
                equal("head", &head, &Position::new(number - 1))?;
            }
            append(store, &[event(number)])?;
        }
        Ok(())
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| answer(0));
        let own = answer(1);
        own.and(other.join().expect("the other thread does not panic"))
    })
}

/// A bell that rings for nothing now and then passes; one that rings a little later, or never, does not twenty times.
fn bell(store: &dyn EventStore) -> Outcome {
    for number in 1..=20 {
        let rings = store.bell().rings();
        append(store, &[event(number)])?;
        if store.bell().rings() == rings {
            return Err(format!(
                "append {number} returned and the bell had not rung"
            ));
        }
    }
    Ok(())
}

fn waker(store: &dyn EventStore) -> Outcome {
    let key = store.bell().key();
    for number in 1..=20 {
        let woken = Arc::new(Woken::default());
        let waker = Waker::from(Arc::clone(&woken));
        let rings = || store.bell().rings();
        while store.bell().poll(key, rings(), &waker).is_ready() {}
        append(store, &[event(number)])?;
        if !woken.0.load(Ordering::SeqCst) {
            return Err(format!("append {number} returned and nobody was woken"));
        }
    }
    Ok(())
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Waits for what is there or comes at once: nobody should have to wait to the end.
fn patiently(store: &dyn EventStore, position: Position) -> Result<Position, String> {
    const PATIENCE: Duration = Duration::from_secs(20);
    let asked = std::time::Instant::now();
    let head = said(store.wait_after(position, PATIENCE))?;
    if asked.elapsed() < PATIENCE {
        Ok(head)
    } else {
        Err(format!(
            "the wait for what is after {position} went on to the end"
        ))
    }
}

fn concurrent(store: &dyn EventStore) -> Outcome {
    const THREADS: u64 = 8;
    const BATCHES: u64 = 12;
    const SIZE: u64 = 3;
    let is_done = AtomicBool::new(false);
    let write = |thread: u64| -> Outcome {
        for batch in 0..BATCHES {
            let first = (thread * BATCHES + batch) * SIZE + 1;
            let added = append(store, &events(first..=first + SIZE - 1))?;
            let at = added.positions.first().map_or(0, |position| position.get());
            equal("a batch", &added, &appended(at..at + SIZE, 3))?;
        }
        Ok(())
    };
    let watch = || -> Outcome {
        let mut seen = 0;
        loop {
            let last_look = is_done.load(Ordering::SeqCst);
            let page = numbers(&said(store.read_after(Position::new(seen), 1000))?);
            let next = seen + page.len() as u64;
            equal("positions read", &page, &(seen + 1..=next).collect())?;
            equal("events of a half batch", &(next % SIZE), &0)?;
            let head = said(store.head())?.get();
            equal("events of a half batch before the head", &(head % SIZE), &0)?;
            if head < next {
                return Err(format!("{next} was read, but the head is {head}"));
            }
            seen = next;
            if last_look {
                return equal("events", &seen, &(THREADS * BATCHES * SIZE));
            }
        }
    };
    thread::scope(|scope| {
        let watcher = scope.spawn(watch);
        let writers: Vec<_> = (0..THREADS)
            .map(|thread| scope.spawn(move || write(thread)))
            .collect();
        let written = joined(writers);
        is_done.store(true, Ordering::SeqCst);
        written.and(joined(vec![watcher]))
    })
}

fn one_wins(store: &dyn EventStore) -> Outcome {
    const THREADS: u64 = 8;
    let wins = |number: u64| -> Result<bool, String> {
        match store.append(&[event(number)], &expected(&[("s", 0)]), NOW) {
            Ok(_) => Ok(true),
            Err(AppendError::HeadMoved { .. }) => Ok(false),
            Err(other) => Err(other.to_string()),
        }
    };
    let outcomes = thread::scope(|scope| {
        let threads: Vec<_> = (1..=THREADS)
            .map(|number| scope.spawn(move || wins(number)))
            .collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no thread panics"))
            .collect::<Result<Vec<_>, _>>()
    })?;
    let winners = outcomes.iter().filter(|won| **won).count();
    equal("winners", &winners, &1)?;
    equal("positions", &numbers(&read(store)?), &vec![1])
}

fn same_at_once(store: &dyn EventStore) -> Outcome {
    let send = || append(store, &events(1..=3));
    let outcomes = thread::scope(|scope| {
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(send)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().expect("no thread panics"))
            .collect::<Result<Vec<_>, _>>()
    })?;
    for outcome in &outcomes {
        equal(
            "positions",
            &outcome.positions,
            &appended(1..=3, 0).positions,
        )?;
    }
    let added: usize = outcomes.iter().map(|outcome| outcome.added).sum();
    equal("events added", &added, &3)?;
    let ids: BTreeSet<_> = read(store)?.iter().map(|recorded| recorded.id).collect();
    equal("ids", &ids, &(1..=3).map(id).collect())
}

const NOW: Instant = Instant::from_unix_nanos(1_770_181_200_000_000_000);
const LATER: Instant = NOW.saturating_add_nanos(3_600_000_000_000);

fn id(number: u64) -> EventId {
    let mut digest = [0; 10];
    digest[2..].copy_from_slice(&number.to_be_bytes());
    EventId::from_content(NOW, digest)
}

/// The number an event was made from.
fn number(event: &Event) -> u64 {
    event.id.as_uuid().as_u64_pair().1 & 0xff_ffff
}

fn situation(name: &str) -> SituationId {
    SituationId::new(name).expect("a name without white space")
}

fn event(number: u64) -> Event {
    titled(number, &number.to_string())
}

fn events(numbers: std::ops::RangeInclusive<u64>) -> Vec<Event> {
    numbers.map(event).collect()
}

/// Another event with the id of `event(number)`.
fn conflicting(number: u64) -> Event {
    titled(number, "another")
}

fn titled(number: u64, title: &str) -> Event {
    let opened = SituationOpened {
        title: Name::new(title).expect("a title"),
        zone: Zone::UTC,
        places: vec![],
    };
    Event::new(id(number), situation("s"), opened)
}

fn statement(number: u64) -> Event {
    let mut source = Source::new(SourceId::new("council").expect("an id"));
    source.quote = Some(Text::new("“strongest terms” \\ \"\u{200c}").expect("a text"));
    let issued = StatementIssued {
        speaker: Name::new("president").expect("a name"),
        on_behalf_of: None,
        acts: vec![situ_core::SpeechAct {
            act: situ_core::Act::Condemns,
            addressed_to: vec![],
            words: None,
        }],
        about: vec![id(1)],
        words: None,
    };
    Event {
        source: Some(source),
        ..Event::new(id(number), situation("s"), issued)
    }
}

/// A statement nobody made.
fn invalid(number: u64) -> Event {
    Event {
        source: None,
        ..statement(number)
    }
}

fn of_unknown(number: u64, kind: Kind, version: u16, json: &str) -> Event {
    let json = serde_json::value::RawValue::from_string(json.to_owned()).expect("JSON");
    let payload = Payload::Unknown(UnknownPayload {
        kind,
        version,
        json,
    });
    Event::new(id(number), situation("s"), payload)
}

fn expected(heads: &[(&str, u64)]) -> Condition {
    let heads: BTreeMap<_, _> = heads
        .iter()
        .map(|(name, head)| (situation(name), Position::new(*head)))
        .collect();
    Condition::Heads(heads)
}

fn append(store: &dyn EventStore, batch: &[Event]) -> Result<Appended, String> {
    append_at(store, batch, NOW)
}

fn append_at(store: &dyn EventStore, batch: &[Event], now: Instant) -> Result<Appended, String> {
    said(store.append(batch, &Condition::None, now))
}

fn appended(positions: impl IntoIterator<Item = u64>, added: usize) -> Appended {
    let positions = positions.into_iter().map(Position::new).collect();
    Appended { positions, added }
}

fn read(store: &dyn EventStore) -> Result<Vec<Recorded>, String> {
    said(store.read_after(Position::START, 10_000))
}

fn numbers(page: &[Recorded]) -> Vec<u64> {
    page.iter()
        .map(|recorded| recorded.position.get())
        .collect()
}

fn joined(threads: Vec<thread::ScopedJoinHandle<'_, Outcome>>) -> Outcome {
    threads
        .into_iter()
        .try_for_each(|thread| thread.join().expect("no thread panics"))
}

fn said<T, E: fmt::Display>(result: Result<T, E>) -> Result<T, String> {
    result.map_err(|error| error.to_string())
}

fn equal<T: PartialEq + fmt::Debug>(what: &str, got: &T, expected: &T) -> Outcome {
    if got == expected {
        Ok(())
    } else {
        Err(format!("{what}: expected {expected:?}, got {got:?}"))
    }
}
