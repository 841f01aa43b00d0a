//! The two clocks of a question.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::Instant;

/// Where an event stands in one log: 1 for the first, without holes.
///
/// It has no meaning outside that log. [`Position::START`] (0) is before every event.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Position(u64);

impl Position {
    /// Before the first event.
    pub const START: Self = Self(0);

    /// Wraps a number.
    #[must_use]
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }

    /// Returns the position after this one.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl FromStr for Position {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// The moment asked about, on the axis of what happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(transparent)]
pub struct Valid(pub Instant);

/// The state of knowledge asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Known {
    /// What the log held at a position: for audit, exactly repeatable.
    Position(Position),
    /// What was public by a moment: for reconstruction; works on back-filled history.
    Learnt(Instant),
}

impl Known {
    /// Whether an event learnt and recorded like this was known.
    #[must_use]
    pub fn includes(self, learnt_at: Instant, position: Position) -> bool {
        match self {
            Self::Position(last) => position <= last,
            Self::Learnt(last) => learnt_at <= last,
        }
    }
}

/// The two clocks every question carries; their types differ, so they cannot be swapped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct AsOf {
    /// The moment asked about.
    pub valid: Valid,
    /// As known when.
    pub known: Known,
}
