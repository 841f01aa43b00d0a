use std::cell::Cell;
use std::collections::BTreeSet;
use std::pin::Pin;
use std::sync::{Mutex, MutexGuard};
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

use futures_core::Stream;
use situ_core::{
    AppendError, Appended, Bell, Condition, Event, EventId, Instant, Name, SituationId,
    SituationOpened, Zone,
};
use situ_memory::MemoryStore;

use super::*;
use crate::SignalStream;

const PATIENCE: Duration = Duration::from_secs(20);

/// The same numbers for the same seed (splitmix).
struct Random(Cell<u64>);

impl Random {
    fn new(seed: u64) -> Self {
        Self(Cell::new(seed.wrapping_mul(0x2545_f491_4f6c_dd1d)))
    }

    fn below(&self, limit: u64) -> u64 {
        self.0.set(self.0.get().wrapping_add(0x9e37_79b9_7f4a_7c15));
        let mut mixed = self.0.get();
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % limit
    }

    fn is_one_in(&self, times: u64) -> bool {
        self.below(times) == 0
    }
}

fn situation(number: u64) -> SituationId {
    SituationId::new(["a", "b", "c", "nowhere"][number as usize]).unwrap()
}

fn event(number: u64) -> Event {
    let mut digest = [0; 10];
    digest[2..].copy_from_slice(&number.to_be_bytes());
    let opened = SituationOpened {
        title: Name::new("n").unwrap(),
        zone: Zone::UTC,
        places: vec![],
    };
    let id = EventId::from_content(Instant::from_unix_nanos(0), digest);
    Event::new(id, situation(number % 3), opened)
}

/// A log others act upon between any two steps of whoever reads it: they append, cancel, and make reading fail.
#[derive(Default)]
struct Crowded {
    log: MemoryStore,
    others: Mutex<Others>,
}

#[derive(Default)]
struct Others {
    random: Option<Random>,
    /// How rarely somebody acts; 0 for never.
    one_in: u64,
    /// At the how manieth step from now somebody acts for certain.
    certain_in: u64,
    is_failing: bool,
    cancels: Vec<Cancel>,
    /// Where appends end.
    ends: BTreeSet<Position>,
    clock: i64,
}

impl Crowded {
    fn others(&self) -> MutexGuard<'_, Others> {
        self.others.lock().unwrap()
    }

    /// A point between two steps.
    fn between(&self) {
        let mut others = self.others();
        let is_certain = others.certain_in == 1;
        others.certain_in = others.certain_in.saturating_sub(1);
        let random = others.random.take().unwrap();
        let acts = is_certain || others.one_in > 0 && random.is_one_in(others.one_in);
        let mut cancels = vec![];
        if acts && random.is_one_in(8) && !others.cancels.is_empty() {
            cancels.clone_from(&others.cancels);
            if !is_certain {
                // Whoever acts for certain acts for the one who waits, whichever that is.
                cancels = vec![cancels.swap_remove(random.below(cancels.len() as u64) as usize)];
            }
        } else if acts {
            self.append_some(&mut others, &random);
        }
        others.random = Some(random);
        drop(others);
        cancels.iter().for_each(Cancel::cancel);
    }

    fn append_some(&self, others: &mut Others, random: &Random) {
        others.clock += random.below(2) as i64;
        let first = self.log.head().unwrap().get();
        let batch: Vec<_> = (first..=first + random.below(4)).map(event).collect();
        let now = Instant::from_unix_nanos(others.clock);
        self.log.append(&batch, &Condition::None, now).unwrap();
        others.ends.insert(self.log.head().unwrap());
    }

    fn may_fail(&self) -> Result<(), ReadError> {
        let others = self.others();
        let random = others.random.as_ref().unwrap();
        match others.is_failing && random.is_one_in(10) {
            true => Err(ReadError::Storage("as planned".into())),
            false => Ok(()),
        }
    }
}

impl EventStore for Crowded {
    fn append(
        &self,
        batch: &[Event],
        condition: &Condition,
        now: Instant,
    ) -> Result<Appended, AppendError> {
        self.log.append(batch, condition, now)
    }

    fn read_after(&self, position: Position, limit: usize) -> Result<Vec<Recorded>, ReadError> {
        self.between();
        self.may_fail()?;
        let page = self.log.read_after(position, limit);
        self.between();
        page
    }

    fn head(&self) -> Result<Position, ReadError> {
        self.log.head()
    }

    fn wait_after(&self, position: Position, timeout: Duration) -> Result<Position, ReadError> {
        self.log.wait_after(position, timeout)
    }

    fn bell(&self) -> &Bell {
        self.between();
        self.log.bell()
    }
}

#[derive(Default)]
struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A subscriber, and what it was told.
struct Follower {
    log: Arc<Crowded>,
    filter: Filter,
    way: Way,
    position: Position,
    told: Vec<Recorded>,
    last: Option<Signal>,
}

enum Way {
    Thread(Subscription),
    /// The flag says whether the task was woken since it was last polled in vain.
    Task(SignalStream, Arc<Woken>, bool),
}

impl Follower {
    fn new(log: &Arc<Crowded>, random: &Random) -> Self {
        let filter = match random.below(6) {
            0 | 1 => Filter::default(),
            number => Filter {
                situations: [situation(number - 2)].into(),
                ..Filter::default()
            },
        };
        let position = Position::START;
        let way = subscribe(log, &filter, position, random);
        Self {
            log: Arc::clone(log),
            filter,
            way,
            position,
            told: vec![],
            last: None,
        }
    }

    fn step(&mut self, random: &Random) {
        let head = self.log.head().unwrap();
        let outcome = match &mut self.way {
            Way::Thread(subscription) => {
                let has_caught_up = matches!(self.last, Some(Signal::CaughtUp(_)));
                let waits = has_caught_up && random.is_one_in(2);
                // There are six steps before it sleeps.
                self.log.others().certain_in = if waits { 1 + random.below(6) } else { 0 };
                let timeout = if waits { PATIENCE } else { Duration::ZERO };
                let asked = Moment::now();
                let outcome = subscription.next_timeout(timeout);
                assert!(asked.elapsed() < PATIENCE, "a ring was missed");
                match outcome {
                    Ok(None) if subscription.is_cancelled() => Some(None),
                    outcome => outcome.transpose().map(Some),
                }
            }
            Way::Task(stream, woken, is_pending) => {
                woken.0.store(false, Ordering::SeqCst);
                let waker = Waker::from(Arc::clone(woken));
                let polled = Pin::new(stream).poll_next(&mut Context::from_waker(&waker));
                *is_pending = polled.is_pending();
                match polled {
                    Poll::Pending => None,
                    Poll::Ready(outcome) => Some(outcome),
                }
            }
        };
        match outcome {
            Some(Some(Ok(signal))) => self.take(signal, head),
            Some(Some(Err(error))) => assert_eq!(error.to_string(), "as planned"),
            Some(None) => self.restart(random),
            None => {}
        }
    }

    fn restart(&mut self, random: &Random) {
        self.way = subscribe(&self.log, &self.filter, self.position, random);
        self.last = None;
    }

    /// Checks what is told, where it was asked for with the log's head there.
    fn take(&mut self, signal: Signal, head: Position) {
        let position = signal.position();
        assert!(
            self.log.others().ends.contains(&position),
            "an append is split"
        );
        match &signal {
            Signal::Events { events, .. } => {
                assert!(position > self.position && !events.is_empty());
                self.told.extend_from_slice(events);
                assert!(self.told.last().unwrap().position <= position);
            }
            Signal::Checkpoint(_) => assert!(position > self.position),
            Signal::CaughtUp(_) => {
                assert_eq!(position, self.position);
                assert!(position >= head, "there was more, to {head}");
                assert!(
                    !matches!(self.last, Some(Signal::CaughtUp(_))),
                    "said twice"
                );
            }
        }
        self.position = position;
        self.last = Some(signal);
    }

    /// Whoever sleeps has been told everything.
    fn check_sleep(&self) {
        if let Way::Task(stream, woken, true) = &self.way
            && !woken.0.load(Ordering::SeqCst)
        {
            assert_eq!(
                stream.position(),
                self.log.head().unwrap(),
                "a ring was missed"
            );
        }
    }

    fn check_end(&self) {
        let head = self.log.head().unwrap();
        assert_eq!(self.last, Some(Signal::CaughtUp(head)));
        let mut held = self
            .log
            .log
            .read_after(Position::START, usize::MAX)
            .unwrap();
        let wanted = &self.filter.situations;
        held.retain(|recorded| wanted.is_empty() || wanted.contains(&recorded.situation));
        assert_eq!(self.told, held);
    }
}

fn subscribe(log: &Arc<Crowded>, filter: &Filter, position: Position, random: &Random) -> Way {
    let store: Arc<dyn EventStore> = Arc::<Crowded>::clone(log);
    let mut subscription = Subscription::after(store, position)
        .unwrap()
        .matching(filter.clone());
    subscription.page = 1 + random.below(5) as usize;
    log.others().cancels.push(subscription.canceller());
    match random.is_one_in(2) {
        true => Way::Thread(subscription),
        false => Way::Task(subscription.into_stream(), Arc::default(), false),
    }
}

fn run(seed: u64) {
    let random = Random::new(seed);
    let log = Arc::new(Crowded::default());
    *log.others() = Others {
        random: Some(Random::new(!seed)),
        one_in: [0, 2, 4, 16][random.below(4) as usize],
        is_failing: random.is_one_in(2),
        ends: [Position::START].into(),
        ..Others::default()
    };
    let append = |log: &Crowded| log.append_some(&mut log.others(), &random);
    (0..random.below(6)).for_each(|_| append(&log));
    let mut followers: Vec<_> = (0..1 + random.below(3))
        .map(|_| Follower::new(&log, &random))
        .collect();
    for _ in 0..12 + random.below(12) {
        let which = random.below(followers.len() as u64) as usize;
        match random.below(12) {
            0 => followers[which].restart(&random),
            1 => append(&log),
            2 => {
                let cancel = log.others().cancels[which].clone();
                cancel.cancel();
            }
            _ => followers[which].step(&random),
        }
        followers.iter().for_each(Follower::check_sleep);
    }
    let mut others = log.others();
    (others.one_in, others.certain_in, others.is_failing) = (0, 0, false);
    drop(others);
    for follower in &mut followers {
        follower.restart(&random);
        for _ in 0..1000 {
            if !matches!(follower.last, Some(Signal::CaughtUp(_))) {
                follower.step(&random);
            }
        }
        follower.check_end();
    }
}

#[test]
fn ten_thousand_schedules_leave_no_gap_no_repeat_and_nobody_asleep() {
    thread::scope(|scope| {
        let run_each = |seeds: std::ops::Range<u64>| {
            for seed in seeds {
                let outcome = std::panic::catch_unwind(|| run(seed));
                assert!(outcome.is_ok(), "schedule {seed}");
            }
        };
        let other = scope.spawn(move || run_each(0..5000));
        run_each(5000..10_000);
        other.join().unwrap();
    });
}

/// Threads that append, wait, and are cancelled while they wait, as the system happens to run them.
#[test]
fn threads_that_wait_are_told_everything_however_they_are_run() {
    const WRITERS: u64 = 3;
    const BATCHES: u64 = 8;
    for seed in 0..100 {
        let random = Random::new(seed);
        let store = Arc::new(MemoryStore::default());
        let append = |writer: u64| {
            for batch in 0..BATCHES {
                let first = (writer * BATCHES + batch) * 3;
                let events: Vec<_> = (first..first + 3).map(event).collect();
                let now = Instant::from_unix_nanos(batch as i64);
                store.append(&events, &Condition::None, now).unwrap();
            }
        };
        let total = WRITERS * BATCHES * 3;
        let follow = |page: usize, cancels: u64| {
            let mut told: Vec<Recorded> = vec![];
            let mut position = Position::START;
            let mut cancels = cancels;
            while position.get() < total {
                let log: Arc<dyn EventStore> = Arc::<MemoryStore>::clone(&store);
                let mut subscription = Subscription::after(log, position).unwrap();
                subscription.page = page;
                thread::scope(|scope| {
                    if cancels > 0 {
                        cancels -= 1;
                        let cancel = subscription.canceller();
                        scope.spawn(move || cancel.cancel());
                    }
                    for signal in subscription.by_ref() {
                        let signal = signal.unwrap();
                        assert_eq!(signal.position().get() % 3, 0, "an append is split");
                        position = signal.position();
                        if let Signal::Events { events, .. } = signal {
                            told.extend(events);
                        }
                        if position.get() == total {
                            break;
                        }
                    }
                });
            }
            told
        };
        let (append, follow) = (&append, &follow);
        let told = thread::scope(|scope| {
            let followers = [0, 1, 2].map(|cancels| {
                let page = 1 + random.below(7) as usize;
                scope.spawn(move || follow(page, cancels))
            });
            for writer in 0..WRITERS {
                scope.spawn(move || append(writer));
            }
            followers.map(|follower| follower.join().unwrap())
        });
        let held = store.read_after(Position::START, usize::MAX).unwrap();
        assert_eq!(told, [held.clone(), held.clone(), held], "schedule {seed}");
    }
}

fn filled(appends: &[(u64, i64)]) -> Arc<dyn EventStore> {
    let store = MemoryStore::default();
    let mut next = 0;
    for (size, now) in appends {
        let events: Vec<_> = (next..next + size).map(event).collect();
        next += size;
        let now = Instant::from_unix_nanos(*now);
        store.append(&events, &Condition::None, now).unwrap();
    }
    Arc::new(store)
}

#[test]
fn an_append_is_not_split_but_where_too_many_are_of_one_instant() {
    let check = |appends: &[(u64, i64)], expected: &[u64]| {
        let mut subscription = Subscription::after(filled(appends), Position::START).unwrap();
        (subscription.page, subscription.held) = (4, 8);
        let mut reached = vec![];
        while let Some(signal) = subscription.look().unwrap() {
            reached.push(signal.position().get());
        }
        assert_eq!(reached, expected, "{appends:?}");
    };
    check(&[], &[0]);
    check(&[(3, 1)], &[3, 3]);
    check(&[(3, 1), (3, 2)], &[3, 6, 6]);
    check(&[(4, 1), (4, 2)], &[4, 8, 8]);
    check(&[(1, 1), (6, 2), (1, 3), (1, 3)], &[1, 7, 9, 9]);
    check(&[(7, 1)], &[7, 7]);
    check(&[(9, 1)], &[8, 9, 9]);
    check(&[(2, 1), (12, 2), (3, 3)], &[2, 12, 14, 17, 17]);
}

#[test]
fn a_position_of_another_log_is_refused() {
    let refused = Subscription::after(filled(&[(3, 1)]), Position::new(4)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "position 4 is asked for, and the log ends at 3; it is not the log that position was taken from, begin anew"
    );
    assert!(Subscription::after(filled(&[(3, 1)]), Position::new(3)).is_ok());
}

#[test]
fn a_cancelled_subscription_keeps_no_log_open_and_says_nothing_more() {
    let store = filled(&[(3, 1)]);
    let mut subscription = Subscription::after(Arc::clone(&store), Position::START).unwrap();
    let cancel = subscription.canceller();
    cancel.clone().cancel();
    assert!(subscription.next().is_none() && subscription.is_cancelled());
    drop(subscription);
    assert_eq!(Arc::strong_count(&store), 1);
    drop(store);
    cancel.cancel();
}
