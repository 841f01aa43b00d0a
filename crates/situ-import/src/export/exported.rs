//! Everything folded that rows of tables are made of.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use situ_core::{AsOf, DecodeError, EventId, Projection as _, Recorded, Register, SituationId};
use situ_rows::{AsideBases, Noted, Row, claim_rows, service_row, toll_row};
use situ_services::{Services, TimeToLive};
use situ_tolls::{Citation, CiteError, LogState, Policy, Sha256, Toll, Tolls};

/// What was let in of a log, to make rows of.
#[derive(Debug, Clone, Default)]
pub struct Exported {
    tolls: Tolls,
    services: Services,
    events: HashMap<EventId, Noted>,
    /// Every situation an event belongs to, with the bases its figures may have.
    bases: BTreeMap<SituationId, AsideBases>,
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
        self.events.insert(recorded.id, Noted::of(recorded, &event));
        let bases = self.bases.entry(event.situation).or_default();
        bases.note(&event.payload);
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

    /// The rows of [`CLAIMS`](situ_rows::CLAIMS) an event has, with the retractions that stood then; none where it was not known,
    /// or claims neither figures nor services.
    ///
    /// # Errors
    /// When it does not read as its kind says.
    pub fn claims(&self, recorded: &Recorded, as_of: AsOf) -> Result<Vec<Row>, DecodeError> {
        if !recorded.is_known(as_of.known) {
            return Ok(Vec::new());
        }
        let event = recorded.event()?;
        Ok(claim_rows(recorded, &event, self.register(), as_of.known))
    }

    /// The rows of [`TOLLS`](situ_rows::TOLLS) of a situation, in the order of their names.
    #[must_use]
    pub fn tolls(&self, situation: &SituationId, as_of: AsOf, policy: &Policy) -> Vec<Row> {
        let figures = self.figures(situation, as_of, policy).into_values();
        figures
            .map(|toll| toll_row(situation, &toll, |event| self.noted(event)))
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

    fn noted(&self, event: EventId) -> Option<Noted> {
        self.events.get(&event).copied()
    }

    /// The figures of a situation by their names.
    fn figures(
        &self,
        situation: &SituationId,
        as_of: AsOf,
        policy: &Policy,
    ) -> BTreeMap<String, Toll> {
        self.bases
            .get(situation)
            .map_or_else(BTreeMap::new, |bases| {
                bases.figures(&self.tolls, situation, as_of, policy)
            })
    }

    /// The rows of [`SERVICES`](situ_rows::SERVICES) of a situation, in the order of their names.
    #[must_use]
    pub fn services(&self, situation: &SituationId, as_of: AsOf, fresh: &TimeToLive) -> Vec<Row> {
        let board = self.services.at(situation, as_of, fresh);
        let rows: BTreeMap<String, Row> = board
            .services
            .iter()
            .map(|status| {
                let row = service_row(situation, status, |event| self.noted(event));
                (status.id.to_string(), row)
            })
            .collect();
        rows.into_values().collect()
    }
}
