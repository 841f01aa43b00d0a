//! Following the log and its views, from any point of the past into the live present.
//!
//! A [`Subscription`] hands out every event once, in order, and says when there is no more. A [`Follower`] holds the views and says
//! what every event changed in them. A [`ReadModel`] turns events into rows; a [`Runner`] takes its lease, feeds it and commits its
//! rows together with its position, so that they are written exactly once. [`SqlViews`] is the read model behind the views for
//! people with SQL tools.
//!
//! This crate speaks no SQL and reads no clock: `situ-sqlite` keeps tables, and every step is told what time it is.

mod filter;
#[cfg(any(test, feature = "async"))]
mod stream;
mod subscription;

mod follower;

mod read_model;
mod runner;

mod sql_views;

pub use filter::Filter;
pub use follower::{Asked, Follower, Notice};
pub use read_model::{ReadModel, Undigestible};
pub use runner::{OnUndigestible, Progress, RunError, Runner};
pub use sql_views::SqlViews;
#[cfg(any(test, feature = "async"))]
pub use stream::SignalStream;
pub use subscription::{Cancel, Signal, SubscribeError, Subscription};
