//! Following the log and its views, from any point of the past into the live present.
//!
//! A [`Follower`] holds the views and says what every event changed in them.

mod follower;

pub use follower::{Asked, Follower, Notice};
