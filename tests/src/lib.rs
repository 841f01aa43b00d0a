//! Whole-system tests of situ; see `tests/`.
