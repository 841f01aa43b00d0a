//! A view of the log: how many people, with reasons.
//!
//! [`Tolls`] folds casualty claims and keeps them on all clocks; [`Tolls::at`] resolves them as of two moments into an [`Answer`] of [`Toll`]s:
//! what is shown, bounds with their proofs, the evidence used and set aside, and who disagrees. It never fails, never edits a
//! claim, never adds a window to a running count, and never takes silence or a retraction for a zero.
//!
//! This crate does nothing to the world: no file, no clock, no printing. Start at [`Tolls::at`], then [`Toll`].

mod figure_name;
mod toll;
mod tolls;

mod brief;
mod casualties;
mod citation;
mod diff;
mod history;
mod notice;
mod said;
mod why;

mod answer;
mod clashes;
mod flags;
mod policy;
mod reinstated;
mod relative;
mod sides;
mod words;

mod bearing;
mod carry;
mod claims;
mod kin;
mod lines;
mod network;
mod repair;
mod solver;

mod saved;

pub use brief::Brief;
pub use casualties::{Casualties, Sum};
pub use citation::{
    Checked, Citation, CitationError, CiteError, Clock, Digest, Discrepancy, LogState, Note, Rest,
    Sha256,
};
pub use diff::{Difference, DifferenceKind};
pub use figure_name::{FigureName, FigureNameError, PlaceError};
pub use history::{Cause, CauseClaim, Change, ChangeClass};
pub use notice::{Notice, PastChange, Watch};
pub use policy::{Policy, PolicyError};
pub use said::{ClaimStanding, Line, Said};
pub use toll::{
    Bounds, CarriedOn, Certainty, ClaimShown, Conflict, Flag, FlagKind, Implied, Part, Parts,
    PolicyUsed, Proof, Reading, Reason, SetAside, Support, Toll, TollPeriod,
};
pub use tolls::{Answer, Question, Series, Tolls, Touched, TouchedFigure};
pub use why::{
    Beside, Considered, Derivation, DerivationStep, NotUsed, RuleUsed, Used, Verdict, WhichEnd, Why,
};
