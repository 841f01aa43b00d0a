//! Records and feeds that speak of services, told to a log in memory.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

mod log;
mod mutation;
mod protobuf;

mod cap;
mod gtfs_rt;
mod hxl;
mod mutated;
mod services;
mod wzdx;
