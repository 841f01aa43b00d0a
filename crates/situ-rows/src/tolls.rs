//! Rows of the table of tolls: each figure as it stands.

use std::collections::BTreeSet;

use situ_core::{AgeBand, EventId, Sex, SituationId, When};
use situ_tolls::{Brief, Toll, TollPeriod};

use crate::cell::{Cell, Row, bounds, word};
use crate::events::{Noted, resting_on};

/// The row of [`TOLLS`](crate::TOLLS) of a figure. `noted` gives what is known of an event, of those it rests on.
#[must_use]
pub fn toll_row(
    situation: &SituationId,
    toll: &Toll,
    noted: impl Fn(EventId) -> Option<Noted>,
) -> Row {
    let brief = Brief::of(toll);
    let (period, since) = match &toll.period {
        TollPeriod::Incident => ("incident", None),
        TollPeriod::Cumulative { since } => ("cumulative", since.as_ref()),
        TollPeriod::Window { counts, from } => (counts.as_str(), Some(from)),
    };
    let sources: BTreeSet<_> = toll.claims.iter().map(|claim| &claim.source).collect();
    let rests_on: BTreeSet<_> = toll
        .rests_on
        .iter()
        .map(|support| support.claim.event())
        .collect();
    let mut row: Vec<Cell> = vec![
        situation.as_str().into(),
        toll.figure.to_string().into(),
        toll.outcome.as_str().into(),
        toll.who.as_str().into(),
        toll.sex.map(Sex::as_str).into(),
        toll.age.map(AgeBand::as_str).into(),
        toll.scope.to_string().into(),
        Cell::list(&toll.places),
        toll.basis.as_str().into(),
        period.into(),
        since.map(When::as_str).into(),
        brief.shown.into(),
        brief.least.into(),
        brief.most.into(),
        brief.words.into(),
        toll.point.least.into(),
        toll.point.most.into(),
        toll.policy.name.into(),
        (brief.conflicts as u64).into(),
        Cell::list(brief.flags.into_iter().map(word)),
        toll.as_of.as_ref().map(When::as_str).into(),
    ];
    row.extend(bounds(toll.as_of.as_ref()));
    row.extend([
        Cell::list(sources),
        Cell::list(toll.claims.iter().map(|claim| claim.claim)),
    ]);
    row.extend(resting_on(rests_on.into_iter().filter_map(&noted)));
    Row {
        cells: row,
        places: toll.places.clone(),
    }
}
