//! Waking whoever waits for new events.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::task::{Poll, Waker};
use std::time::Duration;

/// Rings when a log has new events; threads and tasks wait at it.
///
/// It may ring for nothing, so whoever is woken looks at the log. To miss no ring: take [`Bell::rings`], look, and only then
/// wait, with the number taken before; a ring in between ends the wait at once.
///
/// ```
/// use std::time::Duration;
/// use situ_core::Bell;
///
/// let bell = Bell::default();
/// let rings = bell.rings();
/// bell.ring(); // somebody appends while we look
/// assert!(bell.wait(rings, Duration::MAX));
/// ```
#[derive(Debug, Default)]
pub struct Bell {
    rings: Mutex<Rings>,
    rung: Condvar,
}

#[derive(Debug, Default)]
struct Rings {
    count: u64,
    keys: u64,
    wakers: Vec<(WakerKey, Waker)>,
}

/// The place one task has at a [`Bell`], for its waker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WakerKey(u64);

impl Bell {
    /// Wakes everybody who waits.
    ///
    /// Wakers are called in this thread, one after another; as everywhere, they should do no more than have their task polled.
    pub fn ring(&self) {
        let mut rings = self.lock();
        rings.count += 1;
        let wakers = std::mem::take(&mut rings.wakers);
        drop(rings);
        self.rung.notify_all();
        for (_, waker) in wakers {
            waker.wake();
        }
    }

    /// How often it has rung.
    #[must_use]
    pub fn rings(&self) -> u64 {
        self.lock().count
    }

    /// Waits until it has rung more than `rings` times, or the time is over; says whether it has.
    pub fn wait(&self, rings: u64, timeout: Duration) -> bool {
        let has_not_rung = |now: &mut Rings| now.count == rings;
        let (now, _) = self
            .rung
            .wait_timeout_while(self.lock(), timeout, has_not_rung)
            .unwrap_or_else(PoisonError::into_inner);
        now.count != rings
    }

    /// A place for the waker of one task, different from every other.
    #[must_use]
    pub fn key(&self) -> WakerKey {
        let mut rings = self.lock();
        rings.keys += 1;
        WakerKey(rings.keys)
    }

    /// [`Bell::wait`] for a task: ready if it has rung more than `rings` times; else the next ring wakes the task, once.
    ///
    /// The waker takes the place of the one left before under the same key.
    pub fn poll(&self, key: WakerKey, rings: u64, waker: &Waker) -> Poll<()> {
        // Cloning and dropping a waker may run anything, so neither happens while others are locked out.
        let mut kept = Some((key, waker.clone()));
        let mut now = self.lock();
        if now.count != rings {
            return Poll::Ready(());
        }
        let before = now.wakers.iter_mut().find(|(other, _)| *other == key);
        match (before, &mut kept) {
            (Some(before), Some(new)) => std::mem::swap(before, new),
            _ => now.wakers.extend(kept.take()),
        }
        drop(now);
        Poll::Pending
    }

    /// Takes back the waker left under a key, if it is still there.
    pub fn forget(&self, key: WakerKey) {
        let mut now = self.lock();
        let at = now.wakers.iter().position(|(other, _)| *other == key);
        let taken = at.map(|at| now.wakers.swap_remove(at));
        drop(now);
        drop(taken);
    }

    /// Nothing that can panic happens while it is locked.
    fn lock(&self) -> MutexGuard<'_, Rings> {
        self.rings.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    #[derive(Default)]
    struct Counter(AtomicUsize);

    impl Wake for Counter {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    fn counter() -> (Arc<Counter>, Waker) {
        let counter = Arc::new(Counter::default());
        (Arc::clone(&counter), Waker::from(counter))
    }

    #[test]
    fn a_ring_between_looking_and_waiting_is_not_missed() {
        let bell = Bell::default();
        let (key, rings) = (bell.key(), bell.rings());
        let (woken, waker) = counter();
        bell.ring();
        assert!(bell.wait(rings, Duration::MAX));
        assert_eq!(bell.poll(key, rings, &waker), Poll::Ready(()));
        assert!(!bell.wait(bell.rings(), Duration::ZERO));
        bell.ring();
        assert_eq!(woken.0.load(Ordering::SeqCst), 0);
    }

    #[test]
    fn a_waiting_thread_is_woken_whenever_it_begins_to_wait() {
        let bell = &Bell::default();
        std::thread::scope(|scope| {
            for _ in 0..100 {
                let rings = bell.rings();
                let waits = scope.spawn(move || bell.wait(rings, Duration::MAX));
                bell.ring();
                assert!(waits.join().unwrap());
            }
        });
    }

    #[test]
    fn each_task_is_woken_once_by_its_last_waker() {
        let bell = Bell::default();
        let [one, other, gone] = [bell.key(), bell.key(), bell.key()];
        let wakers: Vec<_> = (0..4).map(|_| counter()).collect();
        for (key, (_, waker)) in [one, one, other, gone].into_iter().zip(&wakers) {
            assert_eq!(bell.poll(key, 0, waker), Poll::Pending);
        }
        bell.forget(gone);
        bell.ring();
        bell.ring();
        let woken = wakers
            .iter()
            .map(|(counter, _)| counter.0.load(Ordering::SeqCst));
        assert_eq!(woken.collect::<Vec<_>>(), [0, 1, 1, 0]);
    }

    /// A task that forgets its key when its last waker is dropped, as a stream does that lives in it.
    struct Holds(Arc<Bell>, WakerKey);

    impl Wake for Holds {
        fn wake(self: Arc<Self>) {}
    }

    impl Drop for Holds {
        fn drop(&mut self) {
            self.0.forget(self.1);
        }
    }

    #[test]
    fn a_waker_may_take_its_task_down_with_it() {
        let bell = Arc::new(Bell::default());
        let key = bell.key();
        let leave = || {
            let waker = Waker::from(Arc::new(Holds(Arc::clone(&bell), key)));
            assert_eq!(bell.poll(key, bell.rings(), &waker), Poll::Pending);
        };
        leave();
        leave();
        bell.forget(key);
        leave();
        bell.ring();
        assert_eq!(Arc::strong_count(&bell), 1);
    }
}
