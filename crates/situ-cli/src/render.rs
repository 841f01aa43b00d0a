//! Values as people read them: numbers, times, names, lines and tables.

pub(crate) mod changes;
pub(crate) mod chart;
pub(crate) mod figure;
pub(crate) mod lines;
pub(crate) mod moment;
pub(crate) mod names;
pub(crate) mod notices;
pub(crate) mod number;
pub(crate) mod paint;
pub(crate) mod series;
pub(crate) mod services;
pub(crate) mod strip;
pub(crate) mod summary;
pub(crate) mod table;
pub(crate) mod toll;
pub(crate) mod why;
