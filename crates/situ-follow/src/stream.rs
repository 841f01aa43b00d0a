//! A subscription for tasks that do not block.

use std::pin::Pin;
use std::task::{Context, Poll};

use futures_core::Stream;
use situ_core::{Position, ReadError, WakerKey};

use crate::subscription::{Signal, Subscription};

/// A [`Subscription`] as a stream, for any runtime: waiting blocks no thread, and the store's bell wakes the task.
///
/// Reading does block, for the time one page takes. The stream ends when the subscription is cancelled.
#[derive(Debug)]
pub struct SignalStream {
    subscription: Subscription,
    key: WakerKey,
}

impl Subscription {
    /// Turns it into a stream.
    #[must_use]
    pub fn into_stream(self) -> SignalStream {
        let key = self.store().bell().key();
        SignalStream {
            subscription: self,
            key,
        }
    }
}

impl SignalStream {
    /// Up to where everything has been told.
    #[must_use]
    pub const fn position(&self) -> Position {
        self.subscription.position()
    }
}

impl Stream for SignalStream {
    type Item = Result<Signal, ReadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        loop {
            // Taken before looking, so that nothing is missed between looking and waiting.
            let rings = self.subscription.store().bell().rings();
            if self.subscription.is_cancelled() {
                return Poll::Ready(None);
            }
            if let Some(signal) = self.subscription.look().transpose() {
                return Poll::Ready(Some(signal));
            }
            let bell = self.subscription.store().bell();
            if bell.poll(self.key, rings, context.waker()).is_pending() {
                return Poll::Pending;
            }
        }
    }
}

impl Drop for SignalStream {
    fn drop(&mut self) {
        self.subscription.store().bell().forget(self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::future::poll_fn;
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Wake, Waker};
    use std::thread::{self, Thread};

    use situ_core::{
        Condition, Event, EventId, EventStore, Instant, Name, SituationId, SituationOpened, Zone,
    };
    use situ_sqlite::SqliteStore;

    use super::*;

    /// The smallest runtime: one task, and a thread that sleeps until it is woken.
    fn block_on<F: Future>(future: F) -> F::Output {
        struct Parked(Thread);
        impl Wake for Parked {
            fn wake(self: Arc<Self>) {
                self.0.unpark();
            }
        }
        let waker = Waker::from(Arc::new(Parked(thread::current())));
        let mut future = pin!(future);
        loop {
            match future.as_mut().poll(&mut Context::from_waker(&waker)) {
                Poll::Ready(output) => return output,
                Poll::Pending => thread::park(),
            }
        }
    }

    fn append(store: &SqliteStore, number: u8) {
        let opened = SituationOpened {
            title: Name::new("n").unwrap(),
            zone: Zone::UTC,
            places: vec![],
        };
        let now = Instant::from_unix_nanos(0);
        let id = EventId::from_content(now, [number; 10]);
        let event = Event::new(id, SituationId::new("s").unwrap(), opened);
        store.append(&[event], &Condition::None, now).unwrap();
    }

    #[test]
    fn a_task_is_woken_by_what_another_store_appends_and_ends_when_cancelled() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("log.db");
        let writer = SqliteStore::create(&path).unwrap();
        let reader = Arc::new(SqliteStore::open(&path).unwrap());
        let subscription = Subscription::after(reader, Position::START).unwrap();
        let cancel = subscription.canceller();
        let mut stream = subscription.into_stream();
        let mut next = || block_on(poll_fn(|context| Pin::new(&mut stream).poll_next(context)));
        let caught_up = |at| Signal::CaughtUp(Position::new(at));
        assert_eq!(next().unwrap().unwrap(), caught_up(0));
        thread::scope(|scope| {
            for number in 1..=20 {
                let writer = &writer;
                scope.spawn(move || append(writer, number));
                let signal = next().unwrap().unwrap();
                assert!(matches!(signal, Signal::Events { .. }), "{signal:?}");
                assert_eq!(next().unwrap().unwrap(), caught_up(number.into()));
            }
            scope.spawn(|| cancel.cancel());
            assert!(next().is_none());
        });
    }
}
