//! The `situ` command: it alone reads the clock, and takes a few random bytes for new ids.

use std::process::ExitCode;
use std::time::SystemTime;

use situ_cli::{Args, Now};

fn main() -> ExitCode {
    if let Some(exit) = situ_cli::complete_for_shell(std::env::args_os()) {
        return exit.into();
    }
    let args = Args::from_command_line();
    let random = uuid::Uuid::now_v7().into_bytes();
    let now = match std::env::var("SITU_NOW") {
        Ok(text) => Now::standing_still(&text, random),
        Err(_) => Ok(Now::new(SystemTime::now, random)),
    };
    situ_cli::run_on_terminal(&args, now).into()
}
