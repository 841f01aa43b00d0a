//! A view of what runs and what does not: which service, where, since when, who says so, and how fresh that is.
//!
//! [`Services`] folds recorded events; [`Services::at`] answers with a [`Board`] as of two clocks, one [`ServiceStatus`] a
//! service and scope. Silence never restores: past its time to live ([`TimeToLive`]) a status is stale, never gone. Unnamed
//! members of "several districts" stay a count. Reports that contradict each other are a status of their own, with witnesses.
//!
//! This crate does nothing to the world, and never says that a service operates without an event that says so. Start at
//! [`Services::at`], then [`ServiceStatus`].

mod services;

mod claim;
mod ledger;
mod starts;
mod timeline;

mod answer;
mod board;
mod days;
mod history;
mod service_days;
mod status_id;
mod time_to_live;
mod watch;

mod saved;

pub use board::{
    Board, Cause, Conflict, ConflictKind, Contribution, Day, Evidence, Freshness, How,
    LastConfirmed, LastDay, Nearby, Outlook, Party, PlaceBoard, Relation, Run, Says, ServiceStatus,
    SetAside, SetAsideReason, Since, Status, Unnamed, Witness,
};
pub use days::DayState;
pub use history::{Brief, Change, ChangeClass};
pub use service_days::ServiceDays;
pub use services::{Line, Services, Touched};
pub use status_id::{StatusId, StatusIdError};
pub use time_to_live::TimeToLive;
pub use watch::{Notice, PastChange, Watch};
