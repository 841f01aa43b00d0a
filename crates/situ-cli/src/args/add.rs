//! The command line of `situ add`.

use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;

use clap::Subcommand;
use situ_core::{
    Act, AttackMode, Basis, Cause, CodeSystem, Coverage, Degree, EventId, OperationMode,
    OperationState, Outcome, PlaceId, Service, SourceId, SourceKind, WindowKind,
};

use super::words::{ScopeArg, SumArg, WhoArg, from_1, one_of};

/// Arguments of `situ add`.
#[derive(Debug, clap::Args)]
#[command(
    override_usage = "situ add [OPTIONS] EVENT [FLAGS]\n       situ add [OPTIONS] --file FILE\n       situ add [OPTIONS] -",
    args_conflicts_with_subcommands = false,
    subcommand_negates_reqs = true,
    after_help = "\
Examples:
  situ add casualties --source ispr --as-of 2026-02-05 --since 2026-01-29 \\
    --killed civilian=36 --killed non_state_armed='at least 216'
  situ add --file events.ndjson --keep-going --rejects bad.ndjson
  producer | situ add -"
)]
pub(crate) struct AddArgs {
    /// `-` reads NDJSON from standard input
    #[arg(value_name = "-", value_parser = dash, hide = true)]
    pub(crate) input: Option<String>,

    /// Read events from an NDJSON file, one in the wire form on each line
    #[arg(long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,

    /// Go on after a line that is no event; the exit code is 2 then
    #[arg(long, requires = "rejects")]
    pub(crate) keep_going: bool,

    /// Write the lines left out to this new file, as JSON with line, column, reason and text
    #[arg(long, value_name = "FILE", requires = "keep_going")]
    pub(crate) rejects: Option<PathBuf>,

    /// Take events of kinds this version does not know
    #[arg(long)]
    pub(crate) allow_unknown: bool,

    /// Check everything, write nothing
    #[arg(long, global = true, display_order = 801)]
    pub(crate) dry_run: bool,

    #[command(flatten)]
    pub(crate) envelope: Envelope,

    #[command(subcommand)]
    pub(crate) event: Option<AddEvent>,
}

fn dash(text: &str) -> Result<String, String> {
    if text == "-" {
        return Ok(text.to_owned());
    }
    Err("no such kind of event; `situ add -h` lists them, and a file goes after --file".to_owned())
}

/// Who says so, and how it came to us; for one event by flags.
#[derive(Debug, clap::Args)]
pub(crate) struct Envelope {
    /// Who claims it
    #[arg(long, global = true, display_order = 800, value_name = "ID")]
    pub(crate) source: Option<SourceId>,

    /// Who passed it on, nearest to the source first; may be repeated
    #[arg(long, global = true, display_order = 800, value_name = "ID")]
    pub(crate) via: Vec<SourceId>,

    /// The words as published
    #[arg(
        long,
        global = true,
        display_order = 800,
        value_name = "TEXT",
        hide_short_help = true
    )]
    pub(crate) quote: Option<String>,

    /// Where it was published
    #[arg(long, global = true, display_order = 800, hide_short_help = true)]
    pub(crate) url: Option<String>,

    /// The language of the words, such as en or ur
    #[arg(
        long,
        global = true,
        display_order = 800,
        value_name = "TAG",
        hide_short_help = true
    )]
    pub(crate) language: Option<String>,

    /// When it became public [default: now]
    #[arg(long, global = true, display_order = 800, value_name = "TIME")]
    pub(crate) learnt: Option<String>,

    /// Who records it
    #[arg(
        long = "by",
        global = true,
        display_order = 800,
        value_name = "NAME",
        hide_short_help = true
    )]
    pub(crate) recorded_by: Option<String>,

    /// Leave it out of exports
    #[arg(long, global = true, display_order = 800, hide_short_help = true)]
    pub(crate) restricted: bool,

    /// An id of your own (a UUID) [default: a new one]
    #[arg(
        long,
        global = true,
        display_order = 800,
        value_name = "UUID",
        hide_short_help = true
    )]
    pub(crate) id: Option<EventId>,
}

/// One event by flags.
#[derive(Debug, Subcommand)]
pub(crate) enum AddEvent {
    /// Figures: how many people were killed, injured, …
    #[command(after_help = "\
WHO is a role, then /female, /male, /child, /adult or /elderly: civilian/child. Without WHO= everyone is meant.

Examples:
  situ add casualties --source ispr --as-of 2026-02-05 --since 2026-01-29 \\
    --killed civilian=36 --killed non_state_armed='at least 216'
  situ add casualties --source hospital --as-of yesterday --injured '30 to 40'")]
    Casualties(CasualtiesArgs),
    /// An attack took place
    #[command(after_help = "\
Example:
  situ add attack --source report --when 2026-01-31 --mode bombing --place quetta")]
    Attack(AttackArgs),
    /// A force conducted an operation
    #[command(after_help = "\
Example:
  situ add operation --source ispr --when 2026-02-05 --actor 'security forces' \\
    --mode clearance --state concluded")]
    Operation(OperationArgs),
    /// Somebody made a statement
    #[command(after_help = "\
Example:
  situ add statement --source unsc --when 2026-02-04 \\
    --speaker 'UN Security Council' --act condemns --about @6")]
    Statement(StatementArgs),
    /// A service was cut or restricted
    #[command(after_help = "\
Examples:
  situ add suspended rail between:PK-BA --source report --when 2026-01-31
  situ add suspended mobile_data --some-of PK-BA --at-least 3 --source report")]
    Suspended(SuspendedArgs),
    /// A service is still as it was
    #[command(after_help = "\
Example:
  situ add confirmed rail between:PK-BA --source report --when 2026-02-04 --nth 5")]
    Confirmed(ConfirmedArgs),
    /// A service is back
    #[command(after_help = "\
Example:
  situ add restored rail between:PK-BA --source report --when 2026-02-05")]
    Restored(RestoredArgs),
    /// Who a source is
    #[command(after_help = "\
Example:
  situ add source ispr --name 'Inter-Services Public Relations' --kind military \\
    --party 'State of Pakistan'")]
    Source(SourceArgs),
    /// What and where a place is
    #[command(after_help = "\
Example:
  situ add place quetta --name Quetta --name کوئٹہ --within PK-BA")]
    Place(PlaceArgs),
    /// Some groups of people make up another
    #[command(after_help = "\
Example:
  situ add partition --outcome killed --whole all --part civilian \\
    --part security_forces --part non_state_armed --exhaustive")]
    Partition(PartitionArgs),
}

/// Arguments of `situ add casualties`.
#[derive(Debug, clap::Args)]
pub(crate) struct CasualtiesArgs {
    /// The moment the figures speak of
    #[arg(long, value_name = "TIME")]
    pub(crate) as_of: String,

    /// Killed
    #[arg(long, value_name = "[WHO=]QUANTITY", allow_negative_numbers = true)]
    pub(crate) killed: Vec<SumArg>,
    /// Injured
    #[arg(long, value_name = "[WHO=]QUANTITY", allow_negative_numbers = true)]
    pub(crate) injured: Vec<SumArg>,
    /// Missing
    #[arg(long, value_name = "[WHO=]QUANTITY", allow_negative_numbers = true)]
    pub(crate) missing: Vec<SumArg>,
    /// Taken by an armed group
    #[arg(
        long,
        value_name = "[WHO=]QUANTITY",
        allow_negative_numbers = true,
        hide_short_help = true
    )]
    pub(crate) captured: Vec<SumArg>,
    /// Held by a state
    #[arg(
        long,
        value_name = "[WHO=]QUANTITY",
        allow_negative_numbers = true,
        hide_short_help = true
    )]
    pub(crate) detained: Vec<SumArg>,
    /// Forced from home
    #[arg(
        long,
        value_name = "[WHO=]QUANTITY",
        allow_negative_numbers = true,
        hide_short_help = true
    )]
    pub(crate) displaced: Vec<SumArg>,
    /// Moved out of danger
    #[arg(
        long,
        value_name = "[WHO=]QUANTITY",
        allow_negative_numbers = true,
        hide_short_help = true
    )]
    pub(crate) evacuated: Vec<SumArg>,
    /// Brought to safety
    #[arg(
        long,
        value_name = "[WHO=]QUANTITY",
        allow_negative_numbers = true,
        hide_short_help = true
    )]
    pub(crate) rescued: Vec<SumArg>,

    /// A running count since this time [default: since the beginning]
    #[arg(long, value_name = "TIME", conflicts_with_all = ["from", "incident"])]
    pub(crate) since: Option<String>,
    /// A window from this time up to the as-of
    #[arg(long, value_name = "TIME", conflicts_with = "incident")]
    pub(crate) from: Option<String>,
    /// What the window counts: people harmed in it, or announced in it
    #[arg(long, value_parser = one_of!(WindowKind), default_value = "unstated", requires = "from")]
    pub(crate) counts: WindowKind,
    /// The count of one incident, start to end
    #[arg(long)]
    pub(crate) incident: bool,

    /// Whose harm: all, attacks, operations, or the REF of one event
    #[arg(long, value_name = "SCOPE", default_value = "all")]
    pub(crate) scope: String,
    /// Where; may be repeated [default: the whole situation]
    #[arg(long = "place", value_name = "PLACE")]
    pub(crate) places: Vec<PlaceId>,
    /// How the figures are known
    #[arg(long, value_parser = one_of!(Basis), default_value = "reported", hide_possible_values = true)]
    pub(crate) basis: Basis,
    /// The source's words
    #[arg(long, value_name = "TEXT")]
    pub(crate) words: Option<String>,
    /// The epoch of the source's counter, if it began anew
    #[arg(long, value_name = "NAME", hide_short_help = true)]
    pub(crate) epoch: Option<String>,
}

impl CasualtiesArgs {
    /// The sums, each with its outcome.
    pub(crate) fn sums(&self) -> impl Iterator<Item = (Outcome, &SumArg)> {
        [
            (Outcome::Killed, &self.killed),
            (Outcome::Injured, &self.injured),
            (Outcome::Missing, &self.missing),
            (Outcome::Captured, &self.captured),
            (Outcome::Detained, &self.detained),
            (Outcome::Displaced, &self.displaced),
            (Outcome::Evacuated, &self.evacuated),
            (Outcome::Rescued, &self.rescued),
        ]
        .into_iter()
        .flat_map(|(outcome, sums)| sums.iter().map(move |sum| (outcome, sum)))
    }
}

/// Arguments of `situ add attack`.
#[derive(Debug, clap::Args)]
pub(crate) struct AttackArgs {
    /// When it happened or began
    #[arg(long, value_name = "TIME")]
    pub(crate) when: String,
    /// How it was carried out
    #[arg(long, value_parser = one_of!(AttackMode), default_value = "unknown")]
    pub(crate) mode: AttackMode,
    /// Whom or what it was aimed at; may be repeated
    #[arg(long = "target", value_name = "NAME")]
    pub(crate) targets: Vec<String>,
    /// Where; may be repeated
    #[arg(long = "place", value_name = "PLACE")]
    pub(crate) places: Vec<PlaceId>,
    /// At more, unnamed places within this one
    #[arg(long, value_name = "PLACE")]
    pub(crate) unnamed_within: Option<PlaceId>,
    /// The larger attack or operation it belongs to
    #[arg(long, value_name = "REF")]
    pub(crate) part_of: Option<String>,
    /// The source's words
    #[arg(long, value_name = "TEXT")]
    pub(crate) words: Option<String>,
}

/// Arguments of `situ add operation`.
#[derive(Debug, clap::Args)]
pub(crate) struct OperationArgs {
    /// When it happened or began
    #[arg(long, value_name = "TIME")]
    pub(crate) when: String,
    /// Who conducted it
    #[arg(long, value_name = "NAME")]
    pub(crate) actor: String,
    /// Against whom; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) against: Vec<String>,
    /// What kind of operation
    #[arg(long, value_parser = one_of!(OperationMode), default_value = "other")]
    pub(crate) mode: OperationMode,
    /// How far it has got
    #[arg(long, value_parser = one_of!(OperationState))]
    pub(crate) state: OperationState,
    /// Where; may be repeated
    #[arg(long = "place", value_name = "PLACE")]
    pub(crate) places: Vec<PlaceId>,
    /// An event it answers; may be repeated
    #[arg(long, value_name = "REF")]
    pub(crate) in_response_to: Vec<String>,
    /// The larger operation it belongs to
    #[arg(long, value_name = "REF")]
    pub(crate) part_of: Option<String>,
    /// The source's words
    #[arg(long, value_name = "TEXT")]
    pub(crate) words: Option<String>,
}

/// Arguments of `situ add statement`.
#[derive(Debug, clap::Args)]
pub(crate) struct StatementArgs {
    /// When it was issued
    #[arg(long, value_name = "TIME")]
    pub(crate) when: String,
    /// Who spoke
    #[arg(long, value_name = "NAME")]
    pub(crate) speaker: String,
    /// For whom
    #[arg(long, value_name = "NAME")]
    pub(crate) on_behalf_of: Option<String>,
    /// What the statement does; may be repeated
    #[arg(long = "act", value_name = "ACT", required = true, value_parser = one_of!(Act))]
    pub(crate) acts: Vec<Act>,
    /// An event it is about; may be repeated
    #[arg(long, value_name = "REF")]
    pub(crate) about: Vec<String>,
    /// Its words
    #[arg(long, value_name = "TEXT")]
    pub(crate) words: Option<String>,
}

/// Where a service is meant.
#[derive(Debug, clap::Args)]
pub(crate) struct ScopeArgs {
    /// Where: PLACE, segment:FROM..TO, between:A..B, route:NAME, …
    #[arg(
        value_name = "SCOPE",
        required_unless_present = "some_of",
        conflicts_with = "some_of"
    )]
    pub(crate) scope: Option<ScopeArg>,
    /// Some, not all, of what lies within a place
    #[arg(long, value_name = "PLACE", requires = "at_least")]
    pub(crate) some_of: Option<PlaceId>,
    /// How many of them at least, those named included ("several" is 3)
    #[arg(long, value_name = "N", requires = "some_of", allow_negative_numbers = true, value_parser = from_1::<NonZeroU32>)]
    pub(crate) at_least: Option<NonZeroU32>,
    /// One of them that is named; may be repeated
    #[arg(long = "named", value_name = "SCOPE", requires = "some_of")]
    pub(crate) named: Vec<ScopeArg>,
    /// What is not meant, though it lies inside; may be repeated
    #[arg(long = "except", value_name = "SCOPE")]
    pub(crate) except: Vec<ScopeArg>,
}

/// Arguments of `situ add suspended`.
#[derive(Debug, clap::Args)]
pub(crate) struct SuspendedArgs {
    /// Which service
    #[arg(value_parser = one_of!(Service), hide_possible_values = true)]
    pub(crate) service: Service,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    /// Since when [default: not known]
    #[arg(long, value_name = "TIME")]
    pub(crate) when: Option<String>,
    /// How much of it is left
    #[arg(long, value_parser = one_of!(Degree), default_value = "none")]
    pub(crate) degree: Degree,
    /// The cause the source states
    #[arg(long, value_parser = one_of!(Cause), hide_possible_values = true)]
    pub(crate) cause: Option<Cause>,
    /// Who ordered it
    #[arg(long, value_name = "NAME")]
    pub(crate) ordered_by: Option<String>,
    /// The source's words
    #[arg(long, value_name = "TEXT")]
    pub(crate) words: Option<String>,
}

/// Arguments of `situ add confirmed`.
#[derive(Debug, clap::Args)]
pub(crate) struct ConfirmedArgs {
    /// Which service
    #[arg(value_parser = one_of!(Service), hide_possible_values = true)]
    pub(crate) service: Service,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    /// The moment it speaks of
    #[arg(long, value_name = "TIME")]
    pub(crate) when: String,
    /// How much of it there is
    #[arg(long, value_parser = one_of!(Degree), default_value = "none")]
    pub(crate) degree: Degree,
    /// Which day of the suspension that moment is in ("fifth day": 5)
    #[arg(long, value_name = "N", allow_negative_numbers = true, value_parser = from_1::<NonZeroU16>)]
    pub(crate) nth: Option<NonZeroU16>,
    /// The source's words
    #[arg(long, value_name = "TEXT")]
    pub(crate) words: Option<String>,
}

/// Arguments of `situ add restored`.
#[derive(Debug, clap::Args)]
pub(crate) struct RestoredArgs {
    /// Which service
    #[arg(value_parser = one_of!(Service), hide_possible_values = true)]
    pub(crate) service: Service,
    #[command(flatten)]
    pub(crate) scope: ScopeArgs,
    /// When it came back
    #[arg(long, value_name = "TIME")]
    pub(crate) when: String,
    /// How much of it is back
    #[arg(long, value_parser = one_of!(Degree), default_value = "normal")]
    pub(crate) degree: Degree,
    /// The source's words
    #[arg(long, value_name = "TEXT")]
    pub(crate) words: Option<String>,
}

/// Arguments of `situ add source`.
#[derive(Debug, clap::Args)]
pub(crate) struct SourceArgs {
    /// Its id
    #[arg(value_name = "ID")]
    pub(crate) described: SourceId,
    /// Its name
    #[arg(long)]
    pub(crate) name: String,
    /// What kind of source it is
    #[arg(long, value_parser = one_of!(SourceKind), default_value = "unknown")]
    pub(crate) kind: SourceKind,
    /// The party it belongs to
    #[arg(long, value_name = "NAME")]
    pub(crate) party: Option<String>,
}

/// Arguments of `situ add place`.
#[derive(Debug, clap::Args)]
pub(crate) struct PlaceArgs {
    /// Its id
    #[arg(value_name = "ID")]
    pub(crate) place: PlaceId,
    /// A name, in any script; may be repeated, the first is shown
    #[arg(long = "name", value_name = "NAME", required = true)]
    pub(crate) names: Vec<String>,
    /// A place it lies in; may be repeated
    #[arg(long, value_name = "PLACE")]
    pub(crate) within: Vec<PlaceId>,
    /// A code in a public list, such as wikidata:Q163239; may be repeated
    #[arg(long = "code", value_name = "LIST:CODE", value_parser = code)]
    pub(crate) codes: Vec<(CodeSystem, String)>,
}

fn code(text: &str) -> Result<(CodeSystem, String), String> {
    let (system, code) = text
        .split_once(':')
        .ok_or("write LIST:CODE, such as wikidata:Q163239")?;
    let system = system
        .parse()
        .map_err(|error: situ_core::UnknownWord| error.to_string())?;
    Ok((system, code.to_owned()))
}

/// Arguments of `situ add partition`.
#[derive(Debug, clap::Args)]
pub(crate) struct PartitionArgs {
    /// What became of them
    #[arg(long, value_parser = one_of!(Outcome))]
    pub(crate) outcome: Outcome,
    /// The whole
    #[arg(long, value_name = "WHO", default_value = "all")]
    pub(crate) whole: WhoArg,
    /// A part; at least two
    #[arg(long = "part", value_name = "WHO", required = true)]
    pub(crate) parts: Vec<WhoArg>,
    /// Whose harm: all, attacks, operations, or the REF of one event
    #[arg(long, value_name = "SCOPE", default_value = "all")]
    pub(crate) scope: String,
    /// Where; may be repeated [default: the whole situation]
    #[arg(long = "place", value_name = "PLACE")]
    pub(crate) places: Vec<PlaceId>,
    /// Nobody is left over [default: there may be a remainder]
    #[arg(long)]
    pub(crate) exhaustive: bool,
}

impl PartitionArgs {
    pub(crate) const fn coverage(&self) -> Coverage {
        if self.exhaustive {
            Coverage::Exhaustive
        } else {
            Coverage::Partial
        }
    }
}
