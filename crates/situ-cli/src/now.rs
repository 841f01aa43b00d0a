//! The moment of the run, and the ids made from it.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::SystemTime;

use chrono::{DateTime, Utc};
use situ_core::{EventId, Instant, InstantError};

/// What `main` read once: the clock, and random bytes. Everything else takes them from here, and asks again only where it goes on
/// while time goes by.
#[derive(Debug)]
pub struct Now {
    instant: Instant,
    /// None: the clock stands still.
    clock: Option<fn() -> SystemTime>,
    random: u128,
    given: AtomicU32,
}

impl Now {
    /// From the machine's clock.
    #[must_use]
    pub fn new(clock: fn() -> SystemTime, random: [u8; 16]) -> Self {
        Self {
            instant: read(clock),
            clock: Some(clock),
            random: u128::from_be_bytes(random),
            given: AtomicU32::new(0),
        }
    }

    /// From a clock that stands still, for pages that must read the same every day.
    ///
    /// # Errors
    /// When the text is no instant.
    pub fn standing_still(text: &str, random: [u8; 16]) -> Result<Self, InstantError> {
        Ok(Self {
            instant: text.parse()?,
            clock: None,
            random: u128::from_be_bytes(random),
            given: AtomicU32::new(0),
        })
    }

    /// The moment.
    #[must_use]
    pub const fn instant(&self) -> Instant {
        self.instant
    }

    /// What time it is by now.
    pub(crate) fn by_now(&self) -> Instant {
        self.clock.map_or(self.instant, read)
    }

    /// Whether the clock goes on.
    pub(crate) const fn goes_on(&self) -> bool {
        self.clock.is_some()
    }

    /// A new id: a UUID of version 7; the ids of one run sort in the order they were made.
    pub(crate) fn new_id(&self) -> EventId {
        /// 74 bits are random; the top one of them is kept free, so that counting up does not overflow.
        const RANDOM: u128 = (1 << 73) - 1;
        let given = self.given.fetch_add(1, Ordering::Relaxed);
        let counter = (self.random & RANDOM) + u128::from(given);
        let milliseconds =
            u64::try_from(self.instant.unix_nanos().div_euclid(1_000_000)).unwrap_or(0);
        // The builder writes version and variant over six of these eighty bits, so the counter is spread around them.
        let high = u16::try_from((counter >> 62) & 0x0fff).expect("twelve bits");
        let low = u64::try_from(counter & ((1 << 62) - 1)).expect("62 bits");
        let mut bytes = [0; 10];
        bytes[..2].copy_from_slice(&high.to_be_bytes());
        bytes[2..].copy_from_slice(&low.to_be_bytes());
        EventId::new(uuid::Builder::from_unix_timestamp_millis(milliseconds, &bytes).into_uuid())
    }
}

fn read(clock: fn() -> SystemTime) -> Instant {
    DateTime::<Utc>::from(clock()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_version_7_and_sort_in_the_order_they_were_made() {
        let mut random = [0xff; 16];
        random[15] = 0xfe;
        let now = Now::standing_still("2026-02-04T05:00:00Z", random).unwrap();
        let ids: Vec<_> = (0..5).map(|_| now.new_id()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b), "{ids:?}");
        assert!(ids.iter().all(|id| id.as_uuid().get_version_num() == 7));
        assert!(ids[0].to_string().starts_with("019c2705-8880-7"));
    }
}
