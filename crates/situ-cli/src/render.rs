//! Values as people read them: numbers, times, names, lines and tables.

#[cfg_attr(
    not(test),
    expect(dead_code, reason = "the commands that draw come next")
)]
pub(crate) mod chart;
pub(crate) mod moment;
pub(crate) mod names;
pub(crate) mod number;
pub(crate) mod paint;
pub(crate) mod services;
pub(crate) mod summary;
pub(crate) mod table;
pub(crate) mod toll;
