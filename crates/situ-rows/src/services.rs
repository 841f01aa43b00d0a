//! Rows of the table of services: each status as it stands.

use std::collections::BTreeSet;

use situ_core::{EventId, Extent, PlaceId, SituationId, When};
use situ_services::{ServiceStatus, StatusId};

use crate::cell::{Cell, Row, word};
use crate::events::{Noted, resting_on};

/// The row of [`SERVICES`](crate::SERVICES) of a status. `noted` gives what is known of an event, of those it rests on.
#[must_use]
pub fn service_row(
    situation: &SituationId,
    status: &ServiceStatus,
    noted: impl Fn(EventId) -> Option<Noted>,
) -> Row {
    let sources: BTreeSet<_> = status
        .rests_on
        .iter()
        .filter_map(|evidence| evidence.source.as_ref())
        .collect();
    let evidence = status.rests_on.iter();
    let evidence = evidence.filter_map(|evidence| noted(evidence.event));
    let except = status.scope.except.iter();
    let except = except.map(|extent| scope(&StatusId::new(status.service, extent)));
    let causes: BTreeSet<_> = status
        .causes
        .iter()
        .map(|cause| cause.cause.as_str())
        .collect();
    let ordered_by: BTreeSet<_> = status
        .ordered_by
        .iter()
        .map(|party| party.name.as_str())
        .collect();
    let expected_end = status.outlook.as_ref().map(|outlook| &outlook.expected_end);
    let mut cells = vec![
        situation.as_str().into(),
        status.id.to_string().into(),
        status.service.as_str().into(),
        scope(&status.id).into(),
        Cell::list(places(&status.scope.of)),
        Cell::list(except),
        word(status.status).into(),
        status.degree.as_str().into(),
        status.announced.into(),
        status
            .unnamed
            .as_ref()
            .map(|unnamed| i64::from(unnamed.at_least))
            .into(),
        status.since.earliest.into(),
        status.since.latest.into(),
        word(status.since.how).into(),
        status
            .last_confirmed
            .as_ref()
            .map(|confirmed| confirmed.at)
            .into(),
        status.fresh_until.into(),
        expected_end.map(When::as_str).into(),
        Cell::list(causes),
        Cell::list(ordered_by),
        Cell::list(&status.covered_by),
        (status.conflicts.len() as u64).into(),
        Cell::list(sources),
        Cell::list(status.rests_on.iter().map(|evidence| evidence.event)),
    ];
    cells.extend(resting_on(evidence));
    Row {
        cells,
        places: places(&status.scope.of),
    }
}

/// The scope of a status in a text, as its name has it.
pub(crate) fn scope(id: &StatusId) -> String {
    let name = id.to_string();
    match name.split_once('@') {
        Some((_, scope)) => scope.to_owned(),
        None => name,
    }
}

/// The places a scope names.
pub(crate) fn places(extent: &Extent) -> Vec<PlaceId> {
    match extent {
        Extent::Area { place } => vec![place.clone()],
        Extent::Segment { from, to, .. } => vec![from.clone(), to.clone()],
        Extent::Between { a, b } => [Some(a), b.as_ref()]
            .into_iter()
            .flatten()
            .cloned()
            .collect(),
        Extent::Facility { place, .. } => place.iter().cloned().collect(),
        Extent::SomeOf { within, .. } => vec![within.clone()],
        Extent::Route { .. } | Extent::Operator { .. } | Extent::Network { .. } => Vec::new(),
    }
}
