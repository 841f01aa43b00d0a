//! Arguments of `situ export`.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use situ_tolls::Policy;

/// Arguments of `situ export`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Everything is as known at --known, and as of --at. Restricted events are left
out of it all, of figures too, and it is said how many they were.

Examples:
  situ export events > events.ndjson
  situ export claims --hxl --spreadsheet-safe > claims.csv
  situ export tolls --known '2026-02-04 07:00' --format geojson > tolls.geojson
  situ export package flood-2026 --licence CC-BY-4.0")]
pub(crate) struct ExportArgs {
    #[command(subcommand)]
    pub(crate) what: Exports,

    /// Take restricted events in
    #[arg(long, global = true)]
    pub(crate) restricted: bool,
}

/// What is exported.
#[derive(Debug, Subcommand)]
pub(crate) enum Exports {
    /// Every event, as it was given: `situ add` takes them again
    Events(EventsArgs),
    /// Each figure somebody gave, and each claim about a service
    Claims(TableArgs),
    /// Each figure as it stands
    Tolls(TollsArgs),
    /// Each service and scope as it stands
    Services(TableArgs),
    /// A folder of all of them, with a description: a Data Package
    Package(PackageArgs),
}

/// Arguments of `situ export events`.
#[derive(Debug, clap::Args)]
pub(crate) struct EventsArgs {
    /// How they are written
    #[arg(long, default_value = "ndjson")]
    pub(crate) format: EventsFormat,

    /// Write to a new file, and not to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Put an apostrophe before cells of CSV that a spreadsheet would take for a formula
    #[arg(long)]
    pub(crate) spreadsheet_safe: bool,
}

/// How events are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EventsFormat {
    /// The wire form, one a line
    Ndjson,
    /// CloudEvents 1.0, one a line
    Cloudevents,
    /// CloudEvents 1.0, one JSON array
    CloudeventsBatch,
    /// A table with the body as JSON
    Csv,
    /// The same table as Parquet (built with `--features parquet`)
    Parquet,
}

/// Arguments of `situ export claims` and `situ export services`.
#[derive(Debug, clap::Args)]
pub(crate) struct TableArgs {
    /// How rows are written
    #[arg(long, default_value = "csv")]
    pub(crate) format: TableFormat,

    /// Write to a new file, and not to standard output
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,

    /// Put an apostrophe before cells that a spreadsheet would take for a formula
    #[arg(long)]
    pub(crate) spreadsheet_safe: bool,

    /// Write a row of HXL tags below the names of the columns
    #[arg(long)]
    pub(crate) hxl: bool,
}

/// Arguments of `situ export tolls`.
#[derive(Debug, clap::Args)]
pub(crate) struct TollsArgs {
    #[command(flatten)]
    pub(crate) table: TableArgs,

    /// What to show: latest, highest, lowest, envelope, consensus, consistent, trusted:ID,ID
    #[arg(long, default_value = "latest")]
    pub(crate) policy: Policy,
}

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum TableFormat {
    /// CSV, lossless
    Csv,
    /// One JSON object a line
    Ndjson,
    /// GeoJSON: a feature each, at the points of its places
    Geojson,
    /// Parquet, typed (built with `--features parquet`)
    Parquet,
}

/// Arguments of `situ export package`.
#[derive(Debug, clap::Args)]
pub(crate) struct PackageArgs {
    /// The folder to make
    #[arg(value_name = "FOLDER")]
    pub(crate) folder: PathBuf,

    /// Put an apostrophe before cells that a spreadsheet would take for a formula
    #[arg(long)]
    pub(crate) spreadsheet_safe: bool,

    /// The name of a licence, such as CC-BY-4.0; may be repeated
    #[arg(long, value_name = "NAME")]
    pub(crate) licence: Vec<String>,

    /// What to show: latest, highest, lowest, envelope, consensus, consistent, trusted:ID,ID
    #[arg(long, default_value = "latest")]
    pub(crate) policy: Policy,
}
