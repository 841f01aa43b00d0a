//! From a source to a log, in batches.

use std::io;

use serde::Serialize;
use situ_core::{AppendError, BATCH_LIMIT, Event};

/// Reads an input and yields events in the order the log is to hold them.
pub trait Source {
    /// The next batch; `None` at the end of the input.
    ///
    /// # Errors
    /// When the input cannot be read any further. What only spoils a line is a [`Reject`] of the batch.
    fn next_batch(&mut self) -> io::Result<Option<Batch>>;

    /// What whoever imports should know at the end, one sentence each: a column that the mapping reads and no record had, misspelt or of
    /// another year; versions that a log holds and this input has no more.
    fn notes(&self) -> Vec<String>;
}

/// What belongs together in an input: the records of one version, or some rows of a table.
#[derive(Debug, Default)]
pub struct Batch {
    /// Its events. Up to [`BATCH_LIMIT`] are appended whole or not at all; more go in parts of so many, in order, and an import that
    /// ends between two is completed by importing again.
    pub events: Vec<Sourced>,
    /// What could not be read as the mapping says.
    pub rejects: Vec<Reject>,
    /// Of a history: which version it is.
    pub version: Option<VersionRead>,
}

/// A version of a file, as a batch of a history tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionRead {
    /// Whether the file could be read; where it could not, nothing changed.
    pub is_read: bool,
    /// What it is called, where lines are those of the version.
    pub name: Option<String>,
}

/// An event, and where it was read.
#[derive(Debug)]
pub struct Sourced {
    /// The event.
    pub event: Event,
    /// The line of the input, from 1.
    pub line: u64,
}

/// Something of the input that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reject {
    /// The line of the input, from 1.
    pub line: u64,
    /// The record, where there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    /// The field, where one is at fault.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// What is wrong, and what to do.
    pub reason: String,
}

impl std::fmt::Display for Reject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(record) = &self.record {
            write!(f, ", record {record}")?;
        }
        if let Some(field) = &self.field {
            write!(f, ", field {field}")?;
        }
        write!(f, ": {}", self.reason)
    }
}

/// Where an import goes.
pub trait Outlet {
    /// Why it goes no further.
    type Error;

    /// Takes a batch of at most [`BATCH_LIMIT`] events, whole or not at all; returns how many were not there before.
    ///
    /// # Errors
    /// An event that is at fault is [`Refused::Event`]: it can be left out.
    fn append(&mut self, batch: &[Event]) -> Result<usize, Refused<Self::Error>>;

    /// Takes note of what was left out, or stops the import.
    ///
    /// # Errors
    /// When the import is to stop: nothing of the batch is appended then.
    fn reject(&mut self, reject: &Reject) -> Result<(), Self::Error>;

    /// Is told, now and then, how far the import is.
    fn progress(&mut self, so_far: &Imported);
}

/// Why an outlet took nothing of a batch.
#[derive(Debug)]
pub enum Refused<E> {
    /// One event is at fault.
    Event {
        /// Which of the batch, from 0.
        index: usize,
        /// Why.
        reason: String,
    },
    /// Anything else.
    Other(E),
}

impl<E: From<AppendError>> From<AppendError> for Refused<E> {
    fn from(error: AppendError) -> Self {
        let index = match &error {
            AppendError::Invalid { index, .. }
            | AppendError::LearntAhead { index, .. }
            | AppendError::IdConflict { index, .. } => *index,
            _ => return Self::Other(error.into()),
        };
        // The place in the batch says nothing to whoever reads lines.
        let said = error.to_string();
        let reason = said
            .split_once(" of the batch: ")
            .map(|(_, why)| why.to_owned());
        Self::Event {
            index,
            reason: reason.unwrap_or(said),
        }
    }
}

/// How many of what an import saw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Imported {
    /// Events that were not in the log before.
    pub added: u64,
    /// Events that were.
    pub already_there: u64,
    /// What was left out.
    pub rejected: u64,
    /// The last line an event was read from.
    pub line: u64,
    /// Versions of a history.
    pub versions: u64,
    /// Those of them that could not be read, and so changed nothing.
    pub unread_versions: u64,
}

/// Why an import stopped; batches before the one at fault are in the log.
#[derive(Debug, thiserror::Error)]
pub enum ImportError<E> {
    /// The input cannot be read any further.
    #[error(transparent)]
    Read(#[from] io::Error),
    /// The outlet takes no more.
    #[error("{0}")]
    Outlet(E),
}

/// Imports everything a source yields.
///
/// # Errors
/// When the input cannot be read, or the outlet stops: at a reject, or because the log takes no more.
pub fn import<O: Outlet>(
    source: &mut dyn Source,
    outlet: &mut O,
) -> Result<Imported, ImportError<O::Error>> {
    let mut imported = Imported::default();
    while let Some(batch) = source.next_batch()? {
        let place = batch
            .version
            .as_ref()
            .and_then(|version| version.name.as_deref());
        for reject in batch.rejects {
            refuse(reject, place, outlet, &mut imported)?;
        }
        let mut events = batch.events;
        while !events.is_empty() {
            let rest = events.split_off(events.len().min(BATCH_LIMIT));
            append(events, place, outlet, &mut imported)?;
            events = rest;
        }
        if let Some(version) = &batch.version {
            imported.versions += 1;
            imported.unread_versions += u64::from(!version.is_read);
        }
        outlet.progress(&imported);
    }
    Ok(imported)
}

/// Has what was left out noted, with the version its line is of.
fn refuse<O: Outlet>(
    mut reject: Reject,
    place: Option<&str>,
    outlet: &mut O,
    imported: &mut Imported,
) -> Result<(), ImportError<O::Error>> {
    if let Some(place) = place {
        reject.reason = format!("in {place}: {}", reject.reason);
    }
    outlet.reject(&reject).map_err(ImportError::Outlet)?;
    imported.rejected += 1;
    Ok(())
}

fn append<O: Outlet>(
    sourced: Vec<Sourced>,
    place: Option<&str>,
    outlet: &mut O,
    imported: &mut Imported,
) -> Result<(), ImportError<O::Error>> {
    let (mut events, mut lines): (Vec<Event>, Vec<u64>) = sourced
        .into_iter()
        .map(|sourced| (sourced.event, sourced.line))
        .unzip();
    while !events.is_empty() {
        match outlet.append(&events) {
            Ok(added) => {
                imported.added += added as u64;
                imported.already_there += (events.len() - added) as u64;
                imported.line = lines.last().copied().unwrap_or(imported.line);
                return Ok(());
            }
            Err(Refused::Other(error)) => return Err(ImportError::Outlet(error)),
            Err(Refused::Event { index, reason }) => {
                let event = events.remove(index);
                let reject = Reject {
                    line: lines.remove(index),
                    record: None,
                    field: None,
                    reason: format!("{} {}: {reason}", event.payload.kind(), event.id),
                };
                refuse(reject, place, outlet, imported)?;
            }
        }
    }
    Ok(())
}
