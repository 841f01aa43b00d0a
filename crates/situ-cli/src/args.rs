//! The command line.

use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand, ValueEnum};
use situ_core::SituationId;

mod add;
mod audit;
mod export;
mod follow;
mod import;
mod services;
mod words;

use crate::render::toll::Windows;
use crate::series;
pub(crate) use add::{AddArgs, AddEvent, CasualtiesArgs, Envelope, ScopeArgs};
pub(crate) use audit::{Axis, CiteArgs, ClaimsArgs, DiffArgs, HistoryArgs, Read, Which, WhyArgs};
pub(crate) use export::{EventsFormat, ExportArgs, Exports, PackageArgs, TableArgs, TableFormat};
pub(crate) use follow::{FollowersArgs, From, Only as OnlyOf, ViewsArgs, WatchArgs};
pub(crate) use import::{ImportArgs, ImportFrom, ImportGitArgs, ImportRules, RecordArgs};
pub(crate) use services::{By, Only, ServicesArgs, ServicesCommand};
pub(crate) use services::{StaleArg, duration};
pub(crate) use words::{FigureArg, KnownArg};
use words::{SeriesArg, WhoArg, how_many, one_of};

/// Keeps what sources claim about a crisis, and answers what was known when.
#[derive(Debug, Parser)]
#[command(
    name = "situ",
    version,
    disable_version_flag = true,
    max_term_width = 80,
    disable_help_subcommand = true,
    help_template = "{about}\n{usage-heading} {usage}\n\n{all-args}{after-help}",
    override_usage = "situ [OPTIONS] COMMAND",
    after_help = "\
Examples:
  situ demo
  situ toll --store demo.db --at '2026-02-04 12:00' --known then"
)]
pub struct Args {
    #[command(flatten)]
    pub(crate) global: Global,

    #[command(subcommand)]
    pub(crate) command: Command,

    /// Print the version
    #[arg(short = 'V', long, action = clap::ArgAction::Version, hide_short_help = true)]
    version: Option<bool>,
}

/// What every command takes.
#[derive(Debug, Clone, clap::Args)]
pub(crate) struct Global {
    /// The file of the log [default: situ.db] [env: SITU_STORE]
    #[arg(long, global = true, value_name = "FILE", display_order = 901)]
    store: Option<PathBuf>,

    /// The file named by the environment.
    #[arg(skip)]
    store_of_environment: Option<PathBuf>,

    /// The situation, where a file holds several
    #[arg(
        long,
        global = true,
        value_name = "ID",
        display_order = 902,
        hide_short_help = true
    )]
    pub(crate) situation: Option<SituationId>,

    /// The moment asked about [default: now]
    ///
    /// An instant (2026-02-04T12:00:00+05:00), a local time (2026-02-04 12:00), a date (the end of that day), or words
    /// (yesterday 14:00, 3 hours ago, last friday), in the situation's zone.
    #[arg(long, global = true, value_name = "TIME", display_order = 903)]
    pub(crate) at: Option<String>,

    /// As known when: now, then, TIME or @POSITION
    ///
    /// `now` (the default) is all the log holds, `then` what had been learnt by --at, TIME what had been learnt by then,
    /// @POSITION what the log held when it was that long.
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "now",
        hide_default_value = true,
        display_order = 904
    )]
    pub(crate) known: KnownArg,

    /// Answer as JSON
    #[arg(long, global = true, display_order = 905)]
    pub(crate) json: bool,

    /// When to use colour
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_short_help = true
    )]
    pub(crate) color: Color,
}

impl Args {
    /// Reads the command line of the process, and `SITU_STORE`; ends the process where help is asked for or nothing can be read.
    #[must_use]
    pub fn from_command_line() -> Self {
        let mut args = Self::try_parse().unwrap_or_else(|error| end(&error));
        args.global.store_of_environment = std::env::var_os("SITU_STORE")
            .filter(|path| !path.is_empty())
            .map(PathBuf::from);
        args
    }
}

/// Prints the help asked for, or what cannot be read of the command line, and ends the process: with 2 as well where help
/// cannot be written.
fn end(error: &clap::Error) -> ! {
    let written = error.print().and_then(|()| io::stdout().flush());
    let code = match written {
        Err(failed) if failed.kind() != io::ErrorKind::BrokenPipe => {
            // Standard error may be what failed; there is nobody left to tell then.
            let _ = writeln!(
                io::stderr(),
                "error: the help could not be written: {failed}"
            );
            2
        }
        _ => error.exit_code(),
    };
    std::process::exit(code)
}

impl Global {
    /// The file of the log.
    pub(crate) fn store(&self) -> &Path {
        let named = self
            .store
            .as_deref()
            .or(self.store_of_environment.as_deref());
        named.unwrap_or(Path::new("situ.db"))
    }

    /// The file, if it was named on the command line itself.
    pub(crate) fn store_given(&self) -> Option<&Path> {
        self.store.as_deref()
    }
}

/// When to use colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Tell a real crisis, and read what was known of it
    Demo(DemoArgs),
    /// Create a file, or open one more situation in it
    Init(InitArgs),
    /// Record events, one by flags or many from NDJSON
    Add(Box<AddArgs>),
    /// Bring in events, tables and histories from a file
    Import(ImportArgs),
    /// Say that a claim, or a whole event, does not stand
    Retract(RetractArgs),
    /// Replace a figure that was written down wrongly
    Correct(CorrectArgs),
    /// List the events recorded, newest last
    Log(LogArgs),
    /// Show everything about one event or claim
    Show(ShowArgs),
    /// What a field of an imported record said, as known then
    Record(RecordArgs),
    /// How many people, by whom it is said, and why
    Toll(TollArgs),
    /// The killed and the injured together, each person once
    Casualties(CasualtiesOfArgs),
    /// Why a figure is what it is: rule, evidence, each step
    Why(WhyArgs),
    /// How a figure changed as knowledge changed
    History(HistoryArgs),
    /// What differs between two states of knowledge
    Diff(DiffArgs),
    /// What each source said, and how each claim stands
    Claims(ClaimsArgs),
    /// A figure in one line to quote, and its check years later
    Cite(CiteArgs),
    /// Which services run and which do not, since when
    Services(ServicesArgs),
    /// Tell every change of a figure or a status as it comes
    Watch(Box<WatchArgs>),
    /// Keep tables of claims, tolls and services for SQL tools
    Views(ViewsArgs),
    /// Who follows the log, how far, and what went wrong
    Followers(FollowersArgs),
    /// Take events, claims, tolls and services to other programs
    Export(ExportArgs),
    /// Print the JSON Schema of the wire form
    Schema(SchemaArgs),
    /// Save what is folded from the log, for quick answers
    ///
    /// Questions then read only what is newer. Nothing depends on it: what does not fit the log is not used.
    Rebuild(RebuildArgs),
    /// Check that the file is whole and its answers repeat
    ///
    /// It does not find an event that somebody who can write to the file has changed with care.
    Check,
    /// Print what a shell needs to complete commands, flags and figures
    #[command(after_help = "\
The shell then asks situ itself, which looks into the log for names of figures.
Print it anew after an update of situ.

Examples:
  situ completions bash > ~/.local/share/bash-completion/completions/situ
  situ completions zsh > ~/.zfunc/_situ          in a folder of your $fpath
  situ completions fish > ~/.config/fish/completions/situ.fish")]
    Completions {
        /// For which shell
        shell: clap_complete::Shell,
    },
    /// Print the manual as roff
    #[command(hide = true, after_help = "Example:\n  situ man > situ.1")]
    Man,
}

/// Arguments of `situ demo`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  situ demo                      tell it in a temporary file and print it
  situ demo --store demo.db      keep the file, to ask more of it
  situ demo --whole              tell how the figures came out before and after,
                                 and read how it ended: 93 or 216 killed?")]
pub(crate) struct DemoArgs {
    /// Tell all reports from 30 January to 6 February, not only what was known on 4 February
    ///
    /// Two sides, nine sources, figures that clash and services that came back; asked on the evening of 6 February.
    #[arg(long)]
    pub(crate) whole: bool,
}

/// Arguments of `situ init`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  situ init                 an empty log, to add events to
  situ init --situation balochistan-2026 --title 'Balochistan, early 2026' \\
    --zone Asia/Karachi")]
pub(crate) struct InitArgs {
    /// What people call the situation
    #[arg(long, requires = "zone")]
    pub(crate) title: Option<String>,

    /// The IANA time zone its days are counted in, such as Asia/Karachi
    #[arg(long, requires = "title")]
    pub(crate) zone: Option<situ_core::Zone>,

    /// A place it is about; may be repeated
    #[arg(long = "place", value_name = "PLACE")]
    pub(crate) places: Vec<situ_core::PlaceId>,

    /// When it became public, for a history told afterwards [default: now]
    ///
    /// Asked as known before that moment, the situation has no title, and its days are counted in UTC.
    #[arg(long, value_name = "TIME", requires = "title")]
    pub(crate) learnt: Option<String>,
}

/// Arguments of `situ retract`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  situ retract @16#3 --reason double_count
  situ retract 019c2705-8880-7000-8000-000000000010 --reason fabricated")]
pub(crate) struct RetractArgs {
    /// The claim (REF#n) or event (REF); REF is @POSITION, an id, or four or more digits an id starts or ends with
    #[arg(value_name = "CLAIM")]
    pub(crate) claim: String,

    /// Why it does not stand
    #[arg(long, value_parser = one_of!(situ_core::RetractionReason))]
    pub(crate) reason: situ_core::RetractionReason,

    /// What stands instead: another claim or event
    #[arg(long, value_name = "CLAIM")]
    pub(crate) replacement: Option<String>,

    /// In which words it was taken back
    #[arg(long)]
    pub(crate) words: Option<String>,

    /// The source that takes it back; absent: the recorder
    #[arg(long, value_name = "ID")]
    pub(crate) source: Option<situ_core::SourceId>,

    /// When that became public [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) learnt: Option<String>,

    /// Retract a claim that is not in the log yet
    #[arg(long)]
    pub(crate) dangling: bool,
}

/// Arguments of `situ correct`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  situ correct @16#3 --to 38
  situ correct @15 --to 'at least 179' --reason misquote")]
pub(crate) struct CorrectArgs {
    /// The claim: REF#n, or REF where the event has one figure
    #[arg(value_name = "CLAIM")]
    pub(crate) claim: String,

    /// The right number: 38, "at least 38", "30 to 40", dozens
    #[arg(long, value_name = "QUANTITY", allow_negative_numbers = true)]
    pub(crate) to: String,

    /// Why the figure was wrong
    #[arg(long, default_value = "transcription", value_parser = one_of!(situ_core::RetractionReason))]
    pub(crate) reason: situ_core::RetractionReason,

    /// When that became public [default: now]
    #[arg(long, value_name = "TIME")]
    pub(crate) learnt: Option<String>,
}

/// Arguments of `situ log`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  situ log --kind CasualtiesReported --source security-official
  situ log --since 2026-02-04 --limit 20
  situ log --follow --limit 5")]
pub(crate) struct LogArgs {
    /// Only events of this kind; may be repeated
    #[arg(long = "kind", value_name = "KIND")]
    pub(crate) kinds: Vec<String>,

    /// Only events this source claims or passed on
    #[arg(long, value_name = "ID")]
    pub(crate) source: Option<situ_core::SourceId>,

    /// Only events learnt at this time or later
    #[arg(long, value_name = "TIME")]
    pub(crate) since: Option<String>,

    /// Only events learnt up to this time
    #[arg(long, value_name = "TIME")]
    pub(crate) until: Option<String>,

    /// Only the newest so many
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = how_many)]
    pub(crate) limit: Option<usize>,

    /// Go on with what comes; with --json one event a line
    #[arg(long, short, conflicts_with = "until")]
    pub(crate) follow: bool,
}

/// Arguments of `situ show`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  situ show @16             the event at position 16
  situ show @16#3           its third figure
  situ show 0010            the event whose id ends (or starts) with 0010")]
pub(crate) struct ShowArgs {
    /// The event or claim: @POSITION, an id, or four or more digits it starts or ends with; #n for a figure
    #[arg(value_name = "ID")]
    pub(crate) reference: String,
}

/// Arguments of `situ toll`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
WHO is a role, then /female, /male, /child, /adult or /elderly: civilian/child.
FIGURE is OUTCOME/WHO, then @PLACE, scope, basis and period as far as needed:
killed/civilian@quetta, killed/all/operations/since:2026-01-31.

Examples:
  situ toll --at '2026-02-04 12:00' --known then
  situ toll killed/civilian
  situ toll --outcome killed --who civilian --json
  situ toll --policy trusted:ispr,dawn --reading point")]
pub(crate) struct TollArgs {
    #[command(flatten)]
    pub(crate) which: Which,

    #[command(flatten)]
    pub(crate) read: Read,

    /// A counter that began anew: published (as its source counts) or continuous (with what it came to before)
    #[arg(long, default_value = "published")]
    pub(crate) series: SeriesArg,

    /// Print the evidence of every figure too: its name, what it rests on, what is set aside
    #[arg(long)]
    pub(crate) evidence: bool,

    /// Tell each figure place by place, day by day, week by week or source by source
    #[arg(long)]
    pub(crate) by: Option<series::By>,

    /// Draw the figures, each with its range, on one axis
    #[arg(long)]
    pub(crate) chart: bool,

    /// Of windows that count the same people, which to print; JSON holds all
    #[arg(long, default_value = "newest")]
    pub(crate) windows: Windows,
}

/// Arguments of `situ casualties`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  situ casualties
  situ casualties --who civilian --reading point")]
pub(crate) struct CasualtiesOfArgs {
    /// Only these people: all, civilian, security_forces, civilian/female, …
    #[arg(long, value_name = "WHO")]
    pub(crate) who: Option<WhoArg>,

    /// Only this harm: all, attacks, operations, or the REF of one event
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<String>,

    /// Only those of this place, or of places in it
    #[arg(long, value_name = "PLACE")]
    pub(crate) place: Option<situ_core::PlaceId>,

    /// Only those known like this: reported, verified, …
    #[arg(long, value_parser = one_of!(situ_core::Basis), hide_possible_values = true)]
    pub(crate) basis: Option<situ_core::Basis>,

    #[command(flatten)]
    pub(crate) read: Read,

    /// A counter that began anew: published (as its source counts) or continuous (with what it came to before)
    #[arg(long, default_value = "published")]
    pub(crate) series: SeriesArg,
}

/// Arguments of `situ rebuild`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
It goes on from what is saved. To begin anew, delete that first:
  situ rebuild --drop && situ rebuild")]
pub(crate) struct RebuildArgs {
    /// Delete what is saved; questions then read the whole log
    #[arg(long)]
    pub(crate) drop: bool,
}

/// Arguments of `situ schema`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  situ schema                       of every kind
  situ schema CasualtiesReported    of one")]
pub(crate) struct SchemaArgs {
    /// The kind of event
    pub(crate) kind: Option<String>,
}
