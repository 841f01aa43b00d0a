//! One run of the command, from parsed arguments to the exit code.

use std::io::{self, BufRead, IsTerminal as _, Write};

use anstream::{AutoStream, ColorChoice};
use situ_core::{Instant, InstantError, Position};

use crate::args::{Args, Color, Command, Global};
use crate::commands;
use crate::exit::{Exit, Hinted, NotThere};
use crate::now::Now;
use crate::render::number::grouped;

/// What a command works with: the global flags, the moment, and its three streams.
pub(crate) struct Session<'a> {
    pub(crate) global: &'a Global,
    pub(crate) now: &'a Now,
    pub(crate) input: &'a mut dyn BufRead,
    pub(crate) out: &'a mut dyn Write,
    pub(crate) err: &'a mut dyn Write,
    /// Whether somebody looks at what is printed.
    pub(crate) is_terminal: bool,
    /// What the log has taken, for the message if the answer cannot be written after all.
    pub(crate) recorded: Option<String>,
    /// When somebody was last told how far it is.
    told_at: Instant,
}

impl Session<'_> {
    /// Says about once a second on standard error how far a long reading is.
    pub(crate) fn progress(&mut self, position: Position, head: Position) {
        const SECOND: i64 = 1_000_000_000;
        const LOOKS: u64 = 1024;
        if !position.get().is_multiple_of(LOOKS) {
            return;
        }
        let now = self.now.by_now();
        if now < self.told_at.saturating_add_nanos(SECOND) {
            return;
        }
        self.told_at = now;
        // Nobody is worse off if this cannot be written.
        let _ = writeln!(
            self.err,
            "read {} of {} events",
            grouped(position.get()),
            grouped(head.get())
        );
    }
}

/// Runs the command on the standard streams of the process.
#[must_use]
pub fn run_on_terminal(args: &Args, now: Result<Now, InstantError>) -> Exit {
    let color = match args.global.color {
        Color::Auto => ColorChoice::Auto,
        Color::Always => ColorChoice::Always,
        Color::Never => ColorChoice::Never,
    };
    let mut err = AutoStream::new(io::stderr(), color);
    let now = match now {
        Ok(now) => now,
        Err(error) => {
            report(
                &anyhow::Error::new(error).context("cannot use the clock in SITU_NOW"),
                &mut err,
            );
            return Exit::Trouble;
        }
    };
    let mut out = io::BufWriter::new(AutoStream::new(io::stdout(), color));
    let session = Session {
        global: &args.global,
        now: &now,
        input: &mut io::stdin().lock(),
        out: &mut out,
        err: &mut err,
        is_terminal: io::stdout().is_terminal(),
        recorded: None,
        told_at: now.instant(),
    };
    end(&args.command, session)
}

/// Runs the command; what it writes may hold colours, which the streams strip where they are not wanted.
pub fn run(
    args: &Args,
    now: &Now,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Exit {
    let session = Session {
        global: &args.global,
        now,
        input,
        out,
        err,
        is_terminal: false,
        recorded: None,
        told_at: now.instant(),
    };
    end(&args.command, session)
}

fn end(command: &Command, mut session: Session<'_>) -> Exit {
    let session = &mut session;
    let ended = dispatch(command, session).and_then(|exit| {
        session.out.flush()?;
        Ok(exit)
    });
    match ended {
        Ok(exit) => exit,
        Err(error) if is_closed_pipe(&error) => Exit::Answered,
        Err(error) => {
            // What was printed before the trouble is still an answer; a pipe closed meanwhile is no second trouble.
            let _ = session.out.flush();
            let error = match session.recorded.take() {
                Some(recorded) => {
                    error.context(format!("{recorded}, but the answer could not be written"))
                }
                None if error.chain().count() == 1 && error.is::<io::Error>() => {
                    error.context("the answer could not be written")
                }
                None => error,
            };
            report(&error, session.err);
            if error.is::<NotThere>() {
                Exit::No
            } else {
                Exit::Trouble
            }
        }
    }
}

fn dispatch(command: &Command, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    match command {
        Command::Demo(args) => commands::demo::run(args, session),
        Command::Init(args) => commands::init::run(args, session),
        Command::Add(args) => commands::add::run(args, session),
        Command::Import(args) => commands::import::run(args, session),
        Command::Retract(args) => commands::retract::run(args, session),
        Command::Correct(args) => commands::correct::run(args, session),
        Command::Log(args) => commands::log::run(args, session),
        Command::Show(args) => commands::show::run(args, session),
        Command::Record(args) => commands::record::run(args, session),
        Command::Toll(args) => commands::toll::run(args, session),
        Command::Casualties(args) => commands::casualties::run(args, session),
        Command::Why(args) => commands::why::run(args, session),
        Command::History(args) => commands::history::run(args, session),
        Command::Diff(args) => commands::diff::run(args, session),
        Command::Claims(args) => commands::claims::run(args, session),
        Command::Cite(args) => commands::cite::run(args, session),
        Command::Services(args) => commands::services::run(args, session),
        Command::Watch(args) => commands::watch::run(args, session),
        Command::Views(args) => commands::views::run(args, session),
        Command::Followers(args) => commands::followers::run(args, session),
        Command::Export(args) => commands::export::run(args, session),
        Command::Schema(args) => commands::schema::run(args, session),
        Command::Rebuild(args) => commands::rebuild::run(args, session),
        Command::Check => commands::check::run(session),
        Command::Completions { shell } => commands::completions::run(*shell, session),
        Command::Man => commands::man::run(session),
    }
}

/// The reader of our output went away: `situ log | head -1`.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

/// Says what went wrong, from the command down to the cause, then the way out.
fn report(error: &anyhow::Error, err: &mut dyn Write) {
    let mut said: Vec<String> = Vec::new();
    for cause in error.chain() {
        let cause = cause.to_string();
        // A transparent error repeats the one below it.
        if said.last() != Some(&cause) {
            said.push(cause);
        }
    }
    let red = anstyle::AnsiColor::Red.on_default().bold();
    // Standard error may be closed; there is nobody left to tell then.
    let _ = writeln!(err, "{red}error:{red:#} {}", said.join(": "));
    let hint = error
        .chain()
        .find_map(|cause| cause.downcast_ref::<Hinted>());
    if let Some(hinted) = hint {
        let _ = writeln!(err, "hint: {}", hinted.hint);
    }
}
