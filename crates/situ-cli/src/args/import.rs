//! Arguments of `situ import` and `situ record`.

use std::path::PathBuf;

use situ_core::Name;

/// Arguments of `situ import`.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
    after_help = "\
Without --map the file holds events in the wire form, one a line. A file whose
name ends in .gz is decompressed as it is read. Importing twice adds nothing.

Examples:
  situ import events.ndjson.gz
  situ import casualties.history.jsonl.gz --map casualties.toml
  situ import report.csv --map reports.toml --learnt 2014-10-20 --dry-run
  situ import alerts.cap --map alerts.toml
  situ import git datasets data/daily.json --map daily.toml"
)]
pub(crate) struct ImportArgs {
    /// Where else to read from
    #[command(subcommand)]
    pub(crate) from: Option<ImportFrom>,

    /// The file; - is standard input
    #[arg(value_name = "FILE", required = true)]
    pub(crate) file: Option<PathBuf>,

    /// What its records mean: a mapping, as docs/import.md describes it
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,

    /// When a table or feed became public, where it does not say [default: now]
    ///
    /// A date (the end of that day) or a moment: words like `2 hours ago` would be another moment at the next import, and add
    /// everything twice.
    #[arg(long, value_name = "TIME", requires = "map")]
    pub(crate) learnt: Option<String>,

    #[command(flatten)]
    pub(crate) rules: ImportRules,

    /// Take events of kinds this version does not know
    #[arg(long, conflicts_with = "map")]
    pub(crate) allow_unknown: bool,
}

/// What else an import reads than a file.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum ImportFrom {
    /// Every version of a file in a repository of git
    Git(ImportGitArgs),
}

/// Arguments of `situ import git`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Each commit on the first-parent line that touched the file is a version, known
from the time it was committed; versions under older names come before. It
runs the git that is installed. Importing again adds what new commits bring.

Example:
  situ import git datasets data/daily.json --map daily.toml")]
pub(crate) struct ImportGitArgs {
    /// The repository, or a folder in it
    #[arg(value_name = "REPOSITORY")]
    pub(crate) repository: PathBuf,

    /// The file, from there
    #[arg(value_name = "PATH")]
    pub(crate) path: PathBuf,

    /// What its records mean: a mapping whose shape is csv or json
    #[arg(long, value_name = "FILE")]
    pub(crate) map: PathBuf,

    #[command(flatten)]
    pub(crate) rules: ImportRules,
}

/// What becomes of what is read.
#[derive(Debug, clap::Args)]
pub(crate) struct ImportRules {
    /// Check everything, write nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Go on after what cannot be read, which goes to --rejects; the exit code is 2 then
    #[arg(long, requires = "rejects")]
    pub(crate) keep_going: bool,

    /// With --keep-going, write what was left out to this new file, as JSON with line and reason
    #[arg(long, value_name = "FILE", requires = "keep_going")]
    pub(crate) rejects: Option<PathBuf>,
}

/// Arguments of `situ record`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  situ record 2023-10-19 --field killed_women_cum
  situ record 2023-10-19 --field killed_women_cum --known 2024-02-01
  situ record 2023-10-19 --dataset gaza-daily --version-number 18 --json")]
pub(crate) struct RecordArgs {
    /// The record's key in its dataset
    #[arg(value_name = "KEY")]
    pub(crate) key: String,

    /// The field [default: all of them]
    #[arg(long, value_name = "NAME")]
    pub(crate) field: Option<Name>,

    /// The dataset, where a situation has several
    #[arg(long, value_name = "NAME")]
    pub(crate) dataset: Option<Name>,

    /// As this version of the dataset had it, in place of --known
    ///
    /// Versions of a history count from 1. One that changed nothing answers as the one before it; beyond the last there is none.
    #[arg(long, value_name = "N", conflicts_with = "known")]
    pub(crate) version_number: Option<u64>,
}
