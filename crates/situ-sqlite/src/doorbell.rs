//! Waking other processes: whoever listens hangs a socket beside the log, and whoever has written sends a byte to each.
//!
//! All of it may fail or be deleted at any time. Then nobody is woken at once, and [`crate::listener`] looks now and then.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

#[cfg(unix)]
pub(crate) use sockets::{Doorbell, Doorbells};
#[cfg(not(unix))]
pub(crate) use without::{Doorbell, Doorbells};

/// The folder of a log's doorbells. Links to one log lead to one folder.
fn beside(log: &Path) -> PathBuf {
    let mut name = std::fs::canonicalize(log)
        .unwrap_or_else(|_| log.to_owned())
        .into_os_string();
    name.push("-bells");
    name.into()
}

#[cfg(unix)]
mod sockets {
    use std::fs;
    use std::io::ErrorKind;
    use std::os::unix::fs::FileTypeExt;
    use std::os::unix::net::{SocketAddr, UnixDatagram};
    use std::sync::OnceLock;

    use uuid::Uuid;

    use super::*;

    /// The doorbells beside one log.
    #[derive(Debug)]
    pub(crate) struct Doorbells {
        folder: PathBuf,
        /// The name of our own, in this folder. No name is ever used by two, nor twice.
        own: OnceLock<PathBuf>,
        sender: OnceLock<Option<UnixDatagram>>,
    }

    impl Doorbells {
        pub(crate) fn new(log: &Path) -> Self {
            Self {
                folder: beside(log),
                own: OnceLock::new(),
                sender: OnceLock::new(),
            }
        }

        /// Hangs our own, if the system lets us; the last one goes when that is dropped.
        pub(crate) fn hang(&self) -> Option<Doorbell> {
            let name = || format!("{:x}", Uuid::now_v7().as_u64_pair().1);
            let path = self.own.get_or_init(|| self.folder.join(name()));
            SocketAddr::from_pathname(path).ok()?;
            // Between these two steps another process may take the folder away, because it looks empty.
            for _ in 0..3 {
                let _ = fs::create_dir(&self.folder);
                if let Ok(socket) = UnixDatagram::bind(path) {
                    let path = path.clone();
                    return Some(Doorbell { socket, path });
                }
            }
            None
        }

        /// Rings everybody's but our own.
        ///
        /// Where nobody listens, this is one look for a folder that is not there. It never waits: whose buffer is full has rings
        /// to wake to. What was left by a process that is gone is taken down.
        pub(crate) fn ring(&self) {
            let Ok(entries) = fs::read_dir(&self.folder) else {
                return;
            };
            let Some(sender) = self.sender.get_or_init(sender) else {
                return;
            };
            let mut has_cleaned = false;
            for entry in entries.flatten() {
                let path = entry.path();
                let is_socket = entry.file_type().is_ok_and(|kind| kind.is_socket());
                if !is_socket || self.own.get() == Some(&path) {
                    continue;
                }
                let sent = sender.send_to(&[1], &path);
                if sent.is_err_and(|error| error.kind() == ErrorKind::ConnectionRefused) {
                    has_cleaned |= fs::remove_file(&path).is_ok();
                }
            }
            if has_cleaned {
                let _ = fs::remove_dir(&self.folder);
            }
        }

        /// Rings our own, if it hangs there.
        pub(crate) fn ring_own(&self) {
            if let (Some(own), Some(sender)) = (self.own.get(), self.sender.get_or_init(sender)) {
                let _ = sender.send_to(&[1], own);
            }
        }
    }

    fn sender() -> Option<UnixDatagram> {
        let sender = UnixDatagram::unbound().ok()?;
        sender.set_nonblocking(true).ok()?;
        Some(sender)
    }

    /// A doorbell of our own.
    #[derive(Debug)]
    pub(crate) struct Doorbell {
        socket: UnixDatagram,
        path: PathBuf,
    }

    impl Doorbell {
        /// Waits for a ring, or until the time is over; says whether it rang.
        pub(crate) fn wait(&self, timeout: Duration) -> io::Result<bool> {
            self.socket.set_read_timeout(Some(timeout))?;
            match self.socket.recv(&mut [0]) {
                Ok(_) => Ok(true),
                Err(error) => match error.kind() {
                    ErrorKind::WouldBlock | ErrorKind::TimedOut | ErrorKind::Interrupted => {
                        Ok(false)
                    }
                    _ => Err(error),
                },
            }
        }

        /// Whether others can still find it.
        pub(crate) fn hangs(&self) -> bool {
            fs::symlink_metadata(&self.path).is_ok()
        }
    }

    impl Drop for Doorbell {
        fn drop(&mut self) {
            let _ = fs::remove_file(&self.path);
            if let Some(folder) = self.path.parent() {
                // Stays as long as others hang there.
                let _ = fs::remove_dir(folder);
            }
        }
    }
}

/// Where there are no such sockets.
#[cfg(not(unix))]
mod without {
    use super::*;

    #[derive(Debug)]
    pub(crate) struct Doorbells;

    impl Doorbells {
        pub(crate) fn new(_: &Path) -> Self {
            Self
        }

        pub(crate) fn hang(&self) -> Option<Doorbell> {
            None
        }

        pub(crate) fn ring(&self) {}

        pub(crate) fn ring_own(&self) {}
    }

    #[derive(Debug)]
    pub(crate) enum Doorbell {}

    impl Doorbell {
        pub(crate) fn wait(&self, _: Duration) -> io::Result<bool> {
            match *self {}
        }

        pub(crate) fn hangs(&self) -> bool {
            match *self {}
        }
    }
}
