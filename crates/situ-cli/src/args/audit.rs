//! Arguments of the commands that say where a figure comes from.

use clap::ValueEnum;
use situ_core::{Basis, Outcome, PlaceId, SourceId};
use situ_tolls::Policy;

use super::words::{FigureArg, ReadingArg, WhoArg, one_of};

/// A figure, and the rule it is read by.
#[derive(Debug, clap::Args)]
pub(crate) struct Read {
    /// What to show: latest, highest, lowest, envelope, consensus, consistent, trusted:ID,ID
    #[arg(long, default_value = "latest")]
    pub(crate) policy: Policy,

    /// How a bare number reads: floor (at least so many) or point (just so many)
    #[arg(long, default_value = "floor")]
    pub(crate) reading: ReadingArg,
}

/// Arguments of `situ why`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  situ why killed/civilian
  situ why killed/non_state_armed --policy highest --at 2026-02-06
  situ why killed/all --reading point --known then --at '2026-02-04 12:00'")]
pub(crate) struct WhyArgs {
    /// The figure: OUTCOME/PEOPLE, such as killed/civilian
    #[arg(value_name = "FIGURE")]
    pub(crate) figure: FigureArg,

    #[command(flatten)]
    pub(crate) read: Read,

    /// Print every conflict, not only the widest
    #[arg(long)]
    pub(crate) all: bool,
}

/// Arguments of `situ history`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  situ history killed/civilian
  situ history killed/all --axis recorded --known @20
  situ history killed/non_state_armed --chart --policy highest")]
pub(crate) struct HistoryArgs {
    /// The figure: OUTCOME/PEOPLE, such as killed/civilian
    #[arg(value_name = "FIGURE")]
    pub(crate) figure: FigureArg,

    #[command(flatten)]
    pub(crate) read: Read,

    /// Along which clock: learnt (as it became public) or recorded (as the log took it) [default: learnt; recorded with --known
    /// @POSITION]
    #[arg(long)]
    pub(crate) axis: Option<Axis>,

    /// Draw the figure after each change
    #[arg(long)]
    pub(crate) chart: bool,
}

/// A clock of knowledge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Axis {
    /// As it became public
    Learnt,
    /// As the log took it
    Recorded,
}

/// Which figures are meant.
#[derive(Debug, clap::Args)]
pub(crate) struct Which {
    /// Only the figure of this name, such as killed/civilian
    #[arg(value_name = "FIGURE", conflicts_with_all = ["outcome", "who", "scope", "place", "basis"])]
    pub(crate) figure: Option<FigureArg>,

    /// Only this outcome: killed, injured, missing, displaced, …
    #[arg(long, value_parser = one_of!(Outcome), hide_possible_values = true)]
    pub(crate) outcome: Option<Outcome>,

    /// Only these people: all, civilian, security_forces, civilian/female, …
    #[arg(long, value_name = "WHO")]
    pub(crate) who: Option<WhoArg>,

    /// Only this harm: all, attacks, operations, or the REF of one event
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Option<String>,

    /// Only figures of this place, or of places in it
    #[arg(long, value_name = "PLACE")]
    pub(crate) place: Option<PlaceId>,

    /// Only figures known like this: reported, verified, identified, …
    #[arg(long, value_parser = one_of!(Basis), hide_possible_values = true)]
    pub(crate) basis: Option<Basis>,
}

/// Arguments of `situ diff`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  situ diff --known '2026-02-04..2026-02-05'
  situ diff --known @20..now killed/civilian
  situ diff --known then..now --at '2026-02-04 12:00' --exit-code")]
pub(crate) struct DiffArgs {
    #[command(flatten)]
    pub(crate) which: Which,

    #[command(flatten)]
    pub(crate) read: Read,

    /// Exit with 1 where something differs
    #[arg(long)]
    pub(crate) exit_code: bool,
}

/// Arguments of `situ claims`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  situ claims killed/civilian
  situ claims --source ispr --who non_state_armed
  situ claims killed/civilian --for 2026-02-03 --known 2026-02-05")]
pub(crate) struct ClaimsArgs {
    #[command(flatten)]
    pub(crate) which: Which,

    /// Only lines of this source
    #[arg(long, value_name = "ID")]
    pub(crate) source: Option<SourceId>,

    /// Only what was said for this day or moment, with every revision of it
    #[arg(long = "for", value_name = "TIME")]
    pub(crate) on: Option<String>,
}

/// Arguments of `situ cite`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  situ cite killed/civilian --at '2026-02-04 12:00'
  situ cite killed/civilian > citation.txt
  situ cite --check - < citation.txt")]
pub(crate) struct CiteArgs {
    /// The figure: OUTCOME/PEOPLE, such as killed/civilian
    #[arg(
        value_name = "FIGURE",
        required_unless_present = "check",
        conflicts_with = "check"
    )]
    pub(crate) figure: Option<FigureArg>,

    #[command(flatten)]
    pub(crate) read: Read,

    /// Work the figure of a citation out again, and say what differs; - reads it from standard input
    #[arg(long, value_name = "CITATION")]
    pub(crate) check: Option<String>,
}
