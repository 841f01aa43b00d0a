//! The envelope of every JSON answer.

use std::io::Write;

use serde::Serialize;
use situ_core::{Instant, Known, Position, Valid};

use crate::question::Question;

/// `{"as_of": {"valid": …, "known": …, "position": N}, "data": …}`, the contract of `docs/json.md`.
#[derive(Debug, Serialize)]
pub(crate) struct Answer<T> {
    pub(crate) as_of: ResolvedAsOf,
    pub(crate) data: T,
}

/// The two clocks an answer was resolved at, and the position.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct ResolvedAsOf {
    pub(crate) valid: Valid,
    pub(crate) known: Known,
    pub(crate) position: Position,
}

impl From<&Question> for ResolvedAsOf {
    fn from(question: &Question) -> Self {
        Self {
            valid: question.as_of.valid,
            known: question.as_of.known,
            position: question.position,
        }
    }
}

impl ResolvedAsOf {
    /// For answers about the log itself: now, with all it holds.
    pub(crate) const fn head(now: Instant, head: Position) -> Self {
        Self {
            valid: Valid(now),
            known: Known::Position(head),
            position: head,
        }
    }
}

/// Writes an answer as one line of JSON.
pub(crate) fn write<T: Serialize>(
    out: &mut dyn Write,
    as_of: ResolvedAsOf,
    data: T,
) -> anyhow::Result<()> {
    serde_json::to_writer(&mut *out, &Answer { as_of, data }).map_err(std::io::Error::from)?;
    writeln!(out)?;
    Ok(())
}
