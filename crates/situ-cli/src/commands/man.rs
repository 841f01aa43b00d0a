//! `situ man`: the manual, every command in it, as roff.

use clap::CommandFactory as _;

use crate::args::Args;
use crate::exit::Exit;
use crate::run::Session;

pub(crate) fn run(session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let mut command = Args::command();
    command.build();
    page(&command, session)?;
    Ok(Exit::Answered)
}

/// The page of a command, then those of the commands below it.
fn page(command: &clap::Command, session: &mut Session<'_>) -> anyhow::Result<()> {
    clap_mangen::Man::new(command.clone()).render(&mut session.out)?;
    for below in command.get_subcommands() {
        page(below, session)?;
    }
    Ok(())
}
