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
