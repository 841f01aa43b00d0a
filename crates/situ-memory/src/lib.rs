//! The log in memory, and the rules every log keeps.
//!
//! [`MemoryStore`] is the plainest log there can be: a `Vec`. It is the oracle the other stores are compared with, and the log
//! of tests and examples. It never touches a file, and forgets everything when it is dropped.
//!
//! [`conformance`] is for whoever writes a store of their own: call [`conformance::run`] with a function that makes an empty
//! one, and read which rule it breaks.

mod store;

pub mod conformance;

pub use store::MemoryStore;
