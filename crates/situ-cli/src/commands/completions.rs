//! `situ completions`: what the shell needs to complete a command line.

use clap::CommandFactory as _;

use crate::args::Args;
use crate::exit::Exit;
use crate::run::Session;

pub(crate) fn run(shell: clap_complete::Shell, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    // The generator panics where it cannot write, as into a closed pipe; memory it can always write to.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Args::command(), "situ", &mut script);
    session.out.write_all(&script)?;
    Ok(Exit::Answered)
}
