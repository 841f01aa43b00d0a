//! Feeds and files into the log, and out of it.
//!
//! A [`Source`] reads a file and yields [`Batch`]es of events; [`import`] hands them to a log. What a
//! file means is said by a [`Mapping`], a TOML file: this crate knows no data set. Every record is kept as it was published, and
//! [`Records`] answers what a field of a record said, as known at any moment.
//!
//! This crate reads files and never opens a log: the caller appends. Ids are made from what is read, so that importing twice adds
//! nothing. Start at [`History`], the import of a series with its revisions; the way out is [`export`].

pub mod export;

mod importer;
mod input;

mod location;
mod mapper;
mod mapping;
mod services;
mod unmet;

mod feeds;
mod git;
mod history;
mod hxl;
mod json;
mod operations;
mod rows;
mod table;

mod cloud_events;
mod records;

pub use cloud_events::{CloudEvents, holds_cloud_events};
pub use feeds::Feed;
pub use git::{GitError, GitFile};
pub use history::{History, VersionsTold};
pub use importer::{
    Batch, ImportError, Imported, Outlet, Refused, Reject, Source, Sourced, VersionRead, import,
};
pub use input::{Input, InputError, open};
pub use mapping::{Mapping, MappingError, Shape};
pub use records::{Publication, RecordKey, Records, Said};
pub use table::Table;
