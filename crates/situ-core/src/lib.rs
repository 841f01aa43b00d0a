//! The words of situ: events and the values they carry, and the contracts of a log and of a view.
//!
//! A source claims something; the claim is an [`Event`]. A log ([`EventStore`]) takes it and holds it as [`Recorded`]. Views
//! ([`Projection`]) fold recorded events into answers, as of two clocks ([`AsOf`]).
//!
//! This crate does nothing to the world: no file, no clock, no thread, no printing. Start at [`Event`], then [`When`] and
//! [`Quantity`], the two values that carry most of the meaning.

mod nearest;
mod short;
mod vocabulary;

mod event;
mod id;
mod kind;
mod text;

mod as_of;
mod instant;
mod when;

mod casualties;
mod lexicon;
mod quantity;

mod place;
mod service;
mod source;

mod bell;
mod census;
mod projection;
mod recorded;
mod register;
mod saved;
mod store;
mod wire;

#[cfg(any(test, feature = "schema"))]
mod schema;

pub use as_of::{AsOf, Known, Position, Valid};
pub use bell::{Bell, WakerKey};
pub use casualties::{
    AgeBand, Basis, Figure, Harm, HarmError, Outcome, Period, Role, Sex, Who, WindowKind,
};
pub use census::{Census, CensusReport, Reference};
pub use event::{
    Access, Act, AttackMode, AttackOccurred, CasualtiesReported, ClaimRef, ClaimRetracted,
    CounterRestarted, Coverage, Event, EventError, OperationConducted, OperationMode,
    OperationState, OutcomeChanged, PartitionDeclared, PlaceCode, PlaceDescribed, PlacePoint,
    RecordField, RecordPublished, RetractionReason, ServiceConfirmed, ServiceOutlookGiven,
    ServiceRestored, ServiceSuspended, SituationOpened, SourceAssessed, SourceDescribed, SpeechAct,
    StatementIssued,
};
pub use id::{
    ClaimId, ClaimIdError, EventId, EventIdError, IdError, PlaceId, SituationId, SourceId,
};
pub use instant::{Instant, InstantError};
pub use kind::{Kind, Payload, UnknownPayload};
pub use lexicon::{Lexicon, Phrase};
pub use place::{CodeSystem, Point, PointError, PointPrecision};
pub use projection::{Projection, ReplayError, replay};
pub use quantity::{Count, Form, Interval, Quantity, QuantityError};
pub use recorded::{DecodeError, Recorded};
pub use register::{Described, Register, Retraction};
pub use saved::{SavedError, SavedReader, SavedWriter};
#[cfg(any(test, feature = "schema"))]
pub use schema::wire_schema;
pub use service::{AssessedCause, Cause, Causes, Degree, Extent, Ordinal, Service, ServiceScope};
pub use source::{Credibility, Reliability, Source, SourceKind};
pub use store::{
    AppendError, Appended, BATCH_LIMIT, Condition, EventStore, LEARNT_AHEAD_NANOS, ReadError,
    StorageError, check_batch,
};
pub use text::{Name, Text, TextError, Verbatim};
pub use vocabulary::UnknownWord;
pub use when::{Precision, When, WhenError, Zone, ZoneError};
pub use wire::{LINE_LIMIT, Lines, WireError, from_line, from_lines, to_line};
