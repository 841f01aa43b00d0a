//! Following the log and its views, from any point of the past into the live present.
