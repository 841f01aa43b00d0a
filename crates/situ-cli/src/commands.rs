//! What each command does: ask, compute one value, print it for people or as JSON.

pub(crate) mod demo;

pub(crate) mod casualties;
pub(crate) mod services;
pub(crate) mod toll;

pub(crate) mod cite;
pub(crate) mod claims;
pub(crate) mod diff;
pub(crate) mod history;
pub(crate) mod why;

pub(crate) mod export;
pub(crate) mod followers;
pub(crate) mod views;
pub(crate) mod watch;

pub(crate) mod log;
pub(crate) mod record;
pub(crate) mod show;

pub(crate) mod add;
pub(crate) mod correct;
pub(crate) mod import;
pub(crate) mod init;
pub(crate) mod retract;

pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod man;
pub(crate) mod rebuild;
pub(crate) mod schema;
