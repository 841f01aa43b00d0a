//! The view: folds casualty claims, resolves them as of two clocks.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use situ_core::{
    AsOf, Basis, DecodeError, Event, EventId, Harm, Kind, Known, Outcome, Payload, PlaceId,
    Position, Projection, Recorded, Register, SituationId, Who,
};

use crate::answer;
use crate::claims::{Cell, Claims, Declared, Incident, Moved, Restart};
use crate::figure_name::FigureName;
use crate::policy::Policy;
use crate::toll::{Reading, Toll};

/// How many people, as claimed: every casualty claim on all three clocks.
#[derive(Debug, Clone, Default)]
pub struct Tolls {
    pub(crate) register: Register,
    pub(crate) situations: BTreeMap<SituationId, Claims>,
    pub(crate) reached: Position,
}

/// The figures of a situation, and what they were resolved at.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Answer {
    /// The last position of the log that was looked at.
    pub position: Position,
    /// The figures.
    pub tolls: Vec<Toll>,
}

/// Which figures are asked for; what is absent is not restricted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Question {
    /// One figure by its name, whether anybody claims it or not; with a start it is the running count of that start alone.
    pub figure: Option<FigureName>,
    /// What became of the people.
    pub outcome: Option<Outcome>,
    /// Which people, exactly.
    pub who: Option<Who>,
    /// Whose harm, exactly.
    pub scope: Option<Harm>,
    /// Where: figures of the place, or of places in it.
    pub place: Option<PlaceId>,
    /// How it is known; absent: every basis but identified, body recovered and estimated, which must be asked for.
    pub basis: Option<Basis>,
    /// Whether what newer as-ofs superseded is set aside by name as well: a long line has much of it.
    pub superseded: bool,
    /// The rule that picks what is shown.
    pub policy: Policy,
    /// The reading `least`, `most` and the words come from.
    pub reading: Reading,
    /// Whether a counter that began anew is carried on over the restart.
    pub series: Series,
}

/// What becomes of a counter that began anew.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Series {
    /// As published: each epoch counts for itself, and the newest is shown.
    #[default]
    Published,
    /// Carried on: the last count of each epoch that a restart closed, and the newest. Only counts of one source are put together,
    /// and only where the as-of of the old epoch is over before the restart, so that nobody is counted twice; people counted by
    /// neither are missing from it.
    Continuous,
}

/// The figures an event may have changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Touched {
    /// None.
    Nothing,
    /// These of a situation, and those they bound.
    Figures(SituationId, Vec<TouchedFigure>),
    /// Possibly every figure of a situation: a retraction, a partition, a description.
    Situation(SituationId),
}

/// A figure that a claim speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TouchedFigure(pub(crate) Arc<Cell>);

impl TouchedFigure {
    /// What became of the people.
    #[must_use]
    pub fn outcome(&self) -> Outcome {
        self.0.outcome
    }

    /// Which people.
    #[must_use]
    pub fn who(&self) -> Who {
        self.0.who
    }

    /// Whose harm.
    #[must_use]
    pub fn scope(&self) -> Harm {
        self.0.harm
    }

    /// How it is known.
    #[must_use]
    pub fn basis(&self) -> Basis {
        self.0.basis
    }

    /// Where, sorted; empty means the whole situation.
    #[must_use]
    pub fn places(&self) -> &[PlaceId] {
        &self.0.places
    }
}

impl Tolls {
    /// Resolves the figures of a situation that were known then and speak of a time begun by then.
    ///
    /// Figures come in a fixed order: by outcome, running counts before incidents before windows, whose harm, where, basis and
    /// people. An unknown situation has none.
    #[must_use]
    pub fn at(&self, situation: &SituationId, as_of: AsOf, question: &Question) -> Answer {
        let tolls = self
            .situations
            .get_key_value(situation)
            .map(|(situation, claims)| {
                answer::tolls(situation, claims, &self.register, as_of, question)
            });
        let position = match as_of.known {
            Known::Position(position) => position.min(self.reached),
            Known::Learnt(_) => self.reached,
        };
        Answer {
            position,
            tolls: tolls.unwrap_or_default(),
        }
    }

    /// What was described and retracted, as far as this view was fed.
    #[must_use]
    pub const fn register(&self) -> &Register {
        &self.register
    }

    /// The situations anything is claimed in.
    pub(crate) fn situations(&self) -> impl Iterator<Item = (&SituationId, &Claims)> {
        self.situations.iter()
    }

    /// What is claimed in a situation.
    pub(crate) fn claims(&self, situation: &SituationId) -> Option<&Claims> {
        self.situations.get(situation)
    }

    fn add(&mut self, recorded: &Recorded, event: Event) -> Touched {
        let situation = event.situation.clone();
        if !self.situations.contains_key(&situation) {
            self.situations.insert(situation.clone(), Claims::default());
        }
        let claims = self.situations.get_mut(&situation).expect("inserted above");
        let (position, learnt_at) = (recorded.position, recorded.learnt_at);
        match event.payload {
            Payload::CasualtiesReported(reported) => {
                let (Some(as_of), Some(source)) = (event.occurred, event.source) else {
                    return Touched::Nothing;
                };
                let cells = claims.report(recorded, as_of, source, reported);
                if !self.register.retractions_of(recorded.id).is_empty() {
                    claims.mark_retracted(recorded.id);
                }
                let figures = cells
                    .into_iter()
                    .map(|index| TouchedFigure(Arc::clone(&claims.cells[index].cell)));
                return Touched::Figures(situation, figures.collect());
            }
            Payload::PartitionDeclared(partition) => {
                let who: Vec<Who> = partition
                    .parts
                    .iter()
                    .copied()
                    .chain([partition.whole])
                    .collect();
                claims
                    .kin
                    .add_partition(partition.outcome, &partition.places, &who);
                claims.declared.push(Declared {
                    event: recorded.id,
                    position,
                    learnt_at,
                    occurred: event.occurred,
                    partition,
                });
            }
            Payload::PlaceDescribed(described) => {
                claims.kin.add_place(&described.place, &described.within);
            }
            Payload::CounterRestarted(restarted) => {
                if let (Some(at), Some(source)) = (event.occurred, event.source) {
                    let (origin, outcome, epoch) =
                        (source.origin, restarted.outcome, restarted.epoch);
                    claims.restarts.push(Restart {
                        event: recorded.id,
                        position,
                        learnt_at,
                        origin,
                        at,
                        outcome,
                        epoch,
                    });
                }
            }
            Payload::OutcomeChanged(change) => {
                if let (Some(at), Some(source)) = (event.occurred, event.source) {
                    let (event, origin) = (recorded.id, source.origin);
                    claims.moved.push(Moved {
                        event,
                        position,
                        learnt_at,
                        origin,
                        at,
                        change,
                    });
                }
            }
            Payload::AttackOccurred(attack) => {
                let incident = incident(recorded, Harm::Attacks, attack.part_of);
                claims.incidents.insert(recorded.id, incident);
            }
            Payload::OperationConducted(operation) => {
                let incident = incident(recorded, Harm::Operations, operation.part_of);
                claims.incidents.insert(recorded.id, incident);
            }
            _ => return Touched::Nothing,
        }
        Touched::Situation(situation)
    }
}

fn incident(recorded: &Recorded, harm: Harm, part_of: Option<EventId>) -> Incident {
    Incident {
        position: recorded.position,
        learnt_at: recorded.learnt_at,
        harm,
        part_of,
    }
}

impl Projection for Tolls {
    const NAME: &'static str = "tolls";
    const VERSION: u32 = 1;
    type Touched = Touched;

    fn apply(&mut self, recorded: &Recorded) -> Result<Touched, DecodeError> {
        let touched = self.fold(recorded)?;
        self.reached = recorded.position;
        Ok(touched)
    }
}

impl Tolls {
    fn fold(&mut self, recorded: &Recorded) -> Result<Touched, DecodeError> {
        match recorded.kind {
            Kind::CasualtiesReported
            | Kind::PartitionDeclared
            | Kind::OutcomeChanged
            | Kind::CounterRestarted
            | Kind::AttackOccurred
            | Kind::OperationConducted
                if recorded.is_readable() =>
            {
                let event = recorded.event()?;
                Ok(self.add(recorded, event))
            }
            Kind::PlaceDescribed if recorded.is_readable() => {
                self.register.apply(recorded)?;
                let event = recorded.event()?;
                Ok(self.add(recorded, event))
            }
            Kind::SituationOpened
            | Kind::PlaceDescribed
            | Kind::SourceDescribed
            | Kind::ClaimRetracted => {
                self.register.apply(recorded)?;
                self.mark_retracted(recorded);
                Ok(Touched::Situation(recorded.situation.clone()))
            }
            _ => Ok(Touched::Nothing),
        }
    }

    /// Takes in at which report a retraction is aimed, of whichever situation.
    fn mark_retracted(&mut self, recorded: &Recorded) {
        let Some(retraction) = self.register.retraction(recorded.id) else {
            return;
        };
        let target = retraction.target.event();
        let own = self.situations.get_mut(&recorded.situation);
        if !own.is_some_and(|claims| claims.mark_retracted(target)) {
            let mut others = self.situations.values_mut();
            others.any(|claims| claims.mark_retracted(target));
        }
    }
}
