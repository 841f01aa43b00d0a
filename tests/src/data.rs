//! The data beside the repository, and the mappings that bring it in.

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// A file or folder of the data beside the repository, if it is there. It is said where it is not: a test passes then without
/// having looked at anything.
#[must_use]
pub fn shared(name: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("SITU_SHARED").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared"),
        PathBuf::from,
    );
    let path = shared.join("data").join(name);
    if path.exists() {
        return Some(path);
    }
    // Past the capture of output, so that it is seen also where the test passes.
    let _ = writeln!(
        std::io::stderr(),
        "SKIPPED: {} is not there; set SITU_SHARED to the folder that holds data",
        path.display()
    );
    None
}

/// The mapping of a dataset that the repository has.
#[must_use]
pub fn mapping(dataset: &str) -> PathBuf {
    let mappings = Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/situ-import/mappings");
    mappings.join(format!("{dataset}.toml"))
}
