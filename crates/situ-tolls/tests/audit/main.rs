//! The audit of a figure: what its lines say, how it changed, what differs between two states of knowledge, and why it is what it is.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod citation;
mod desk;
mod diff;
mod history;
mod lines;
mod why;
