//! Whether a name still leads to the file that was opened.

use std::path::Path;

/// What tells a file from another of the same name; nothing where the system does not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity(Option<(u64, u64)>);

impl Identity {
    pub(crate) fn of(path: &Path) -> Self {
        Self(identify(path))
    }

    /// Whether the name leads to this file still: an open file that was replaced or removed goes on as if nothing were, and what is
    /// written to it is lost.
    pub(crate) fn is_of(self, path: &Path) -> bool {
        self.0.is_none() || self.0 == identify(path)
    }
}

#[cfg(unix)]
fn identify(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let file = std::fs::metadata(path).ok()?;
    Some((file.dev(), file.ino()))
}

#[cfg(not(unix))]
fn identify(_: &Path) -> Option<(u64, u64)> {
    None
}
