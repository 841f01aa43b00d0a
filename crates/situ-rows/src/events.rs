//! Rows of the table of events, and what other rows tell of an event.

use situ_core::{Access, DecodeError, Event, Position, Recorded, When};

use crate::cell::{Cell, Row};

/// What the rows of figures and services need to know of the events they rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Noted {
    /// Where it stands in the log.
    pub position: Position,
    /// Whether it is for few eyes.
    pub is_restricted: bool,
}

impl Noted {
    /// What is noted of an event.
    #[must_use]
    pub fn of(recorded: &Recorded, event: &Event) -> Self {
        Self {
            position: recorded.position,
            is_restricted: event.access == Access::Restricted,
        }
    }
}

/// The row of [`EVENTS`](crate::EVENTS) of an event.
///
/// # Errors
/// When it does not read as its kind says.
pub fn event_row(recorded: &Recorded) -> Result<Row, DecodeError> {
    let event = recorded.event()?;
    let origin = event.source.as_ref().map(|source| source.origin.as_str());
    let cells: Vec<Cell> = vec![
        recorded.position.get().into(),
        recorded.id.to_string().into(),
        recorded.situation.as_str().into(),
        recorded.kind.as_str().into(),
        i64::from(recorded.version).into(),
        recorded.learnt_at.into(),
        recorded.recorded_at.into(),
        event.occurred.as_ref().map(When::as_str).into(),
        origin.into(),
        event.access.as_str().into(),
        recorded.body.as_ref().into(),
    ];
    Ok(Row {
        cells,
        places: Vec::new(),
    })
}

/// The newest of the events something rests on, and how many of them are restricted.
pub(crate) fn resting_on(noted: impl Iterator<Item = Noted>) -> [Cell; 2] {
    let noted: Vec<_> = noted.collect();
    let newest = noted.iter().map(|noted| noted.position.get()).max();
    let restricted = noted.iter().filter(|noted| noted.is_restricted).count();
    [newest.into(), (restricted as u64).into()]
}
