//! The `situ` command: joins the log and the views, and prints answers.
//!
//! It parses the command line ([`Args`]), opens the file, folds the views it needs, resolves the two clocks of the question,
//! and prints: for people, or with `--json` the contract of `docs/json.md`, both from the same value. Answers go to standard
//! output, everything else to standard error; it never prompts.
//!
//! It decides nothing about tolls or services: that is the views' business. Nothing here reads the clock; `main` does, and
//! passes it in as [`Now`]. Start at [`run`]; a shell that completes a line is answered by [`complete_for_shell`].

mod args;
mod complete;
mod exit;
mod now;

mod run;

mod reference;
mod said;
mod time;

mod answer;
mod asked;
mod ledger;
mod question;
mod saved;
mod series;
mod settings;

mod commands;
mod render;

pub use args::Args;
pub use complete::complete_for_shell;
pub use exit::Exit;
pub use now::Now;
pub use run::{run, run_on_terminal};
