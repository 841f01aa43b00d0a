//! Feeds and files into the log, and out of it.
