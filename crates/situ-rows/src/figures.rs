//! Which figures of a situation have a row.

use std::collections::{BTreeMap, BTreeSet};

use situ_core::{AsOf, Basis, Payload, SituationId};
use situ_tolls::{Policy, Question, Toll, Tolls};

/// The bases of a situation's figures that an answer leaves out where they are not asked for: people identified, bodies
/// recovered, estimates.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AsideBases(BTreeSet<Basis>);

impl AsideBases {
    /// Takes in the bases of the figures an event of the situation gives.
    pub fn note(&mut self, payload: &Payload) {
        let Payload::CasualtiesReported(reported) = payload else {
            return;
        };
        let is_aside = |basis: &Basis| {
            matches!(
                basis,
                Basis::Identified | Basis::BodyRecovered | Basis::Estimated
            )
        };
        let given = reported.figures.iter().map(|figure| figure.basis);
        self.0.extend(given.filter(is_aside));
    }

    /// The figures of the situation by their names, those of these bases among them.
    #[must_use]
    pub fn figures(
        &self,
        tolls: &Tolls,
        situation: &SituationId,
        as_of: AsOf,
        policy: &Policy,
    ) -> BTreeMap<String, Toll> {
        let bases = self.0.iter().copied().map(Some).chain([None]);
        let mut figures = BTreeMap::new();
        for basis in bases {
            let question = Question {
                basis,
                policy: policy.clone(),
                ..Question::default()
            };
            let found = tolls.at(situation, as_of, &question).tolls;
            // What follows for a basis nobody asked for is no figure of its own.
            let given = found
                .into_iter()
                .filter(|toll| basis.is_none() || !toll.claims.is_empty());
            figures.extend(given.map(|toll| (toll.figure.to_string(), toll)));
        }
        figures
    }
}
