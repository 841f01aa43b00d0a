//! Arguments of the commands that follow the log.

use std::str::FromStr;

use situ_core::Position;

use super::audit::{Read, Which};
use super::services::StaleArg;

/// Arguments of `situ watch`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Every change of a figure or a status is told once, in order, with the event that
did it: new report, late arrival, revision, correction, retraction, restart, new
source, conflict arose, conflict settled; restored, carved, went stale, …
In a pipe it is one JSON object a line.

Examples:
  situ watch                              what changes from now on
  situ watch --from beginning --once      all that ever changed, then end
  situ watch killed/civilian --place quetta
  situ watch --name ticker --exec ./post.sh")]
pub(crate) struct WatchArgs {
    #[command(flatten)]
    pub(crate) which: Which,

    #[command(flatten)]
    pub(crate) read: Read,

    /// Only figures, or only services
    #[arg(long, value_name = "WHAT")]
    pub(crate) only: Option<Only>,

    /// From where on to tell: beginning, now, or after this POSITION [default: now]
    #[arg(long, value_name = "FROM")]
    pub(crate) from: Option<From>,

    /// Remember under this name how far it was told, and go on there the next time
    ///
    /// One at a time may go by a name. If the command is killed, what was told last may be told once more; nothing is left out.
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// Run this for every notice, with the notice as JSON on its standard input; if it fails, watching ends
    #[arg(long, value_name = "COMMAND")]
    pub(crate) exec: Option<String>,

    /// End when everything the log holds is told
    #[arg(long)]
    pub(crate) once: bool,

    /// Print for people, even in a pipe
    #[arg(long, conflicts_with = "json")]
    pub(crate) text: bool,

    /// After how long without a word a status is stale: 48h, or rail=12h for one service
    #[arg(long, value_name = "TIME")]
    pub(crate) stale: Vec<StaleArg>,
}

/// What to watch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Only {
    /// How many people
    Figures,
    /// What runs and what does not
    Services,
}

/// From where on something is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum From {
    /// Everything.
    Beginning,
    /// Whatever comes.
    Now,
    /// Whatever stands after it.
    After(Position),
}

impl FromStr for From {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "beginning" => Ok(Self::Beginning),
            "now" => Ok(Self::Now),
            number => {
                let position = number.strip_prefix('@').unwrap_or(number).parse();
                position.map(Self::After).map_err(|_| {
                    "it is `beginning`, `now`, or a position of the log such as @120".to_owned()
                })
            }
        }
    }
}

/// Arguments of `situ followers`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  situ followers
  situ followers --reset ticker      let it begin anew")]
pub(crate) struct FollowersArgs {
    /// Forget where this follower stands, with the tables it keeps; it begins anew
    #[arg(long, value_name = "NAME")]
    pub(crate) reset: Option<String>,
}

/// Arguments of `situ views`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
The views are v_events, v_claims, v_tolls, v_services and v_situations in the
file of the log itself, for Datasette, pandas, DuckDB or the sqlite3 shell.

Examples:
  situ views                 bring them up to date
  situ views --follow        keep them so
  sqlite3 situ.db 'select name, least, most from v_tolls'")]
pub(crate) struct ViewsArgs {
    /// Keep them up to date until the command is ended
    #[arg(long)]
    pub(crate) follow: bool,

    /// Go on without an event that cannot be taken in, instead of stopping at it; `situ followers` lists those
    #[arg(long)]
    pub(crate) skip: bool,
}
