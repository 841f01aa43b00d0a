//! `situ completions`: what the shell needs to complete a command line.

use crate::complete;
use crate::exit::Exit;
use crate::run::Session;

pub(crate) fn run(shell: clap_complete::Shell, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    complete::write_script(shell, session.out)?;
    Ok(Exit::Answered)
}
