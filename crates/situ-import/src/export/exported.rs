//! Everything folded that rows of tables are made of.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use situ_core::{
    Access, AsOf, Basis, DecodeError, EventId, Payload, Position, Projection as _, Recorded,
    Register, SituationId, When,
};
use situ_services::{Services, TimeToLive};
use situ_tolls::{Citation, CiteError, LogState, Policy, Question, Sha256, Toll, Tolls};

use super::cell::{Cell, Row};
use super::{claims, services, tolls};

/// What was let in of a log, to make rows of.
#[derive(Debug, Clone, Default)]
pub struct Exported {
    tolls: Tolls,
    services: Services,
    events: HashMap<EventId, Noted>,
    /// The bases of each situation's figures that an answer leaves out where they are not asked for.
    bases: BTreeMap<SituationId, BTreeSet<Basis>>,
}

/// What rows need to know of an event besides what they were made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Noted {
    pub(super) position: Position,
    pub(super) is_restricted: bool,
}

impl Exported {
    /// Lets an event in; events come in the order of the log.
    ///
    /// # Errors
    /// When it does not read as its kind says.
    pub fn take(&mut self, recorded: &Recorded) -> Result<(), DecodeError> {
        let event = recorded.event()?;
        self.tolls.apply(recorded)?;
        self.services.apply(recorded)?;
        let noted = Noted {
            position: recorded.position,
            is_restricted: event.access == Access::Restricted,
        };
        self.events.insert(recorded.id, noted);
        let bases = self.bases.entry(event.situation).or_default();
        if let Payload::CasualtiesReported(reported) = &event.payload {
            let is_aside = |basis: &Basis| {
                matches!(
                    basis,
                    Basis::Identified | Basis::BodyRecovered | Basis::Estimated
                )
            };
            let given = reported.figures.iter().map(|figure| figure.basis);
            bases.extend(given.filter(is_aside));
        }
        Ok(())
    }

    /// Every situation an event belongs to, in the order of their ids.
    pub fn situations(&self) -> impl Iterator<Item = &SituationId> {
        self.bases.keys()
    }

    /// Situations, places, sources and retractions as described.
    #[must_use]
    pub fn register(&self) -> &Register {
        self.tolls.register()
    }

    /// The rows of [`CLAIMS`](super::CLAIMS) an event has, with the retractions that stood then; none where it was not known,
    /// or claims neither figures nor services.
    ///
    /// # Errors
    /// When it does not read as its kind says.
    pub fn claims(&self, recorded: &Recorded, as_of: AsOf) -> Result<Vec<Row>, DecodeError> {
        if !recorded.is_known(as_of.known) {
            return Ok(Vec::new());
        }
        let event = recorded.event()?;
        Ok(claims::rows(recorded, &event, self.register(), as_of.known))
    }

    /// The rows of [`TOLLS`](super::TOLLS) of a situation, in the order of their names.
    #[must_use]
    pub fn tolls(&self, situation: &SituationId, as_of: AsOf, policy: &Policy) -> Vec<Row> {
        let figures = self.figures(situation, as_of, policy).into_values();
        figures
            .map(|toll| tolls::row(situation, &toll, &self.events))
            .collect()
    }

    /// The events the figures of a situation rest on.
    #[must_use]
    pub fn rests_on(
        &self,
        situation: &SituationId,
        as_of: AsOf,
        policy: &Policy,
    ) -> BTreeSet<EventId> {
        let figures = self.figures(situation, as_of, policy).into_values();
        figures
            .flat_map(|toll| toll.rests_on)
            .map(|support| support.claim.event())
            .collect()
    }

    /// A line to cite each figure by that somebody gave, in the order of their names.
    ///
    /// It holds against the log only where every event was let in. `find` gives the event of an id, of those in
    /// [`Exported::rests_on`]; `sha256` the digest of some bytes.
    ///
    /// # Errors
    /// When `find` has no event for one a figure rests on.
    pub fn citations<'e>(
        &self,
        situation: &SituationId,
        as_of: AsOf,
        log: LogState,
        policy: &Policy,
        find: &dyn Fn(EventId) -> Option<&'e Recorded>,
        sha256: Sha256<'_>,
    ) -> Result<Vec<Citation>, CiteError> {
        let figures = self.figures(situation, as_of, policy).into_values();
        figures
            .filter(|toll| !toll.claims.is_empty())
            .map(|toll| Citation::of(&toll, situation, as_of, log, policy, find, sha256))
            .collect()
    }

    /// The figures of a situation by their names.
    fn figures(
        &self,
        situation: &SituationId,
        as_of: AsOf,
        policy: &Policy,
    ) -> BTreeMap<String, Toll> {
        let bases = self.bases.get(situation).into_iter().flatten();
        let bases = bases.copied().map(Some).chain([None]);
        let mut figures = BTreeMap::new();
        for basis in bases {
            let question = Question {
                basis,
                policy: policy.clone(),
                ..Question::default()
            };
            let found = self.tolls.at(situation, as_of, &question).tolls;
            // What follows for a basis nobody asked for is no figure of its own.
            let given = found
                .into_iter()
                .filter(|toll| basis.is_none() || !toll.claims.is_empty());
            figures.extend(given.map(|toll| (toll.figure.to_string(), toll)));
        }
        figures
    }

    /// The rows of [`SERVICES`](super::SERVICES) of a situation, in the order of their names.
    #[must_use]
    pub fn services(&self, situation: &SituationId, as_of: AsOf, fresh: &TimeToLive) -> Vec<Row> {
        let board = self.services.at(situation, as_of, fresh);
        let rows: BTreeMap<String, Row> = board
            .services
            .iter()
            .map(|status| {
                let row = services::row(situation, status, &self.events);
                (status.id.to_string(), row)
            })
            .collect();
        rows.into_values().collect()
    }
}

/// The row of [`EVENTS`](super::EVENTS) of an event.
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
