//! The store keeps every rule of a log, and agrees with a plain list whatever is done to both.

use std::cell::Cell;

use situ_memory::conformance;
use situ_sqlite::SqliteStore;
use tempfile::tempdir;

#[test]
fn a_log_in_a_file_keeps_every_rule() {
    let folder = tempdir().unwrap();
    let number = Cell::new(0);
    conformance::run(|| {
        number.set(number.get() + 1);
        SqliteStore::create(folder.path().join(format!("{}.db", number.get()))).unwrap()
    });
}
