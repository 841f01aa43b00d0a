//! The fold.

use situ_core::{
    AsOf, DecodeError, Extent, Position, Projection, Recorded, Register, Service, ServiceScope,
    SituationId,
};

use crate::board::{Board, ServiceStatus};
use crate::time_to_live::TimeToLive;

/// What runs and what does not, folded from the log.
#[derive(Debug, Clone, Default)]
pub struct Services {
    register: Register,
    reached: Position,
}

/// One service in one scope: what claims speak of and statuses are given for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line {
    /// The situation.
    pub situation: SituationId,
    /// The service.
    pub service: Service,
    /// The scope, without exceptions; "some of" a place is one scope whatever its count, words and named members.
    pub scope: ServiceScope,
}

/// What an event changed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Touched {
    /// Nothing.
    #[default]
    Nothing,
    /// The status of these, and of what lies inside them.
    Lines(Vec<Line>),
    /// What lies inside what, or in which zone days are counted: any status of the situation.
    Situation(SituationId),
}

impl Services {
    /// What was known then of every service anybody had spoken of.
    #[must_use]
    pub fn at(&self, situation: &SituationId, as_of: AsOf, time_to_live: &TimeToLive) -> Board {
        let _ = (situation, as_of, time_to_live);
        Board {
            position: self.reached,
            services: Vec::new(),
        }
    }

    /// What was known then of one service in one scope, whether or not anybody spoke of just that.
    ///
    /// `None`: nobody spoke of it, nor of anything it lies in.
    #[must_use]
    pub fn status(
        &self,
        situation: &SituationId,
        service: Service,
        extent: &Extent,
        as_of: AsOf,
        time_to_live: &TimeToLive,
    ) -> Option<ServiceStatus> {
        let _ = (situation, service, extent, as_of, time_to_live);
        None
    }
}

impl Projection for Services {
    const NAME: &'static str = "services";
    const VERSION: u32 = 1;
    type Touched = Touched;

    fn apply(&mut self, recorded: &Recorded) -> Result<Touched, DecodeError> {
        self.register.apply(recorded)?;
        self.reached = recorded.position;
        Ok(Touched::Nothing)
    }
}
