//! Completing a command line for a shell: commands and flags, and the names of figures that are in the log.
//!
//! What `situ completions` prints makes the shell run `situ` with [`VARIABLE`] set and the line typed so far. That run makes no
//! file, changes none and reads no clock; where there is no log, it offers words alone.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;
use clap_complete::CompleteEnv;
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};
use clap_complete::env::Shells;
use situ_core::{
    AgeBand, Basis, Kind, Known, Outcome, Payload, Role, Sex, SituationId, WindowKind, Zone,
};
use situ_sqlite::SqliteStore;
use situ_tolls::FigureName;

use crate::args::{Args, FigureArg};
use crate::exit::Exit;
use crate::ledger::Ledger;

mod shells;

/// Set to the name of a shell where a line is to be completed.
const VARIABLE: &str = "SITU_COMPLETE";

const SHELLS: Shells<'static> = Shells(&[
    &shells::Bash,
    &clap_complete::env::Elvish,
    &clap_complete::env::Fish,
    &clap_complete::env::Powershell,
    &shells::Zsh,
]);

/// Completes a line, if that is what a shell started the process for.
#[must_use]
pub fn complete_for_shell(process: impl IntoIterator<Item = OsString>) -> Option<Exit> {
    std::env::var_os(VARIABLE)?;
    let process: Vec<OsString> = process.into_iter().collect();
    let line = process.split(|word| word == "--").nth(1);
    let asked = Asked::on(line.unwrap_or_default(), |name| std::env::var_os(name));
    let completer = CompleteEnv::with_factory(move || command(&asked))
        .var(VARIABLE)
        .bin("situ")
        .completer("situ")
        .shells(SHELLS);
    let folder = std::env::current_dir().ok();
    match completer.try_complete(process, folder.as_deref()) {
        Ok(false) => None,
        Ok(true) => Some(Exit::Answered),
        Err(error) => {
            // There may be nobody to tell.
            let _ = error.print();
            Some(Exit::Trouble)
        }
    }
}

/// Writes what a shell needs to ask for completions.
pub(crate) fn write_script(shell: clap_complete::Shell, out: &mut dyn Write) -> io::Result<()> {
    let shell = SHELLS
        .completer(&shell.to_string())
        .expect("every shell that can be named is there");
    shell.write_registration(VARIABLE, "situ", "situ", "situ", out)
}

/// The command line, with completion of whatever takes the name of a figure.
fn command(asked: &Asked) -> clap::Command {
    Args::command().mut_subcommands(|command| {
        command.mut_args(|argument| {
            let takes = argument.get_value_parser().type_id();
            if takes != std::any::TypeId::of::<FigureArg>() {
                return argument;
            }
            let asked = asked.clone();
            argument.add(ArgValueCompleter::new(move |typed: &std::ffi::OsStr| {
                let typed = typed.to_str().unwrap_or_default();
                let names = candidates(typed, &asked.figures());
                names
                    .into_iter()
                    .map(CompletionCandidate::new)
                    .collect::<Vec<_>>()
            }))
        })
    })
}

/// The names that go on from what was typed: of figures in the log, then of what may be asked for.
fn candidates(typed: &str, figures: &[(FigureName, Zone)]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (figure, zone) in figures {
        let bare = figure.clone().without_start().display_in(*zone).to_string();
        let whole = figure.display_in(*zone).to_string();
        // Starts are many, and seldom wanted: they show once the name without has been typed.
        let wants_start = typed
            .strip_prefix(&bare)
            .is_some_and(|rest| rest.starts_with('/'));
        names.push(if wants_start { whole } else { bare });
    }
    names.extend(words(typed));
    let mut seen = BTreeSet::new();
    names.retain(|name| name.starts_with(typed) && seen.insert(name.clone()));
    // What only begins a name would keep the shell from going on to the name.
    let is_begun = |name: &str| name.ends_with(['/', ':']);
    let goes_on = |begun: &str| {
        seen.iter()
            .any(|name| name != begun && name.starts_with(begun))
    };
    names.retain(|name| !is_begun(name) || !goes_on(name));
    names
}

/// What was typed, gone on with each word that may come next.
fn words(typed: &str) -> Vec<String> {
    let Some((head, _)) = typed.rsplit_once('/') else {
        let outcomes = Outcome::ALL.iter();
        return outcomes.map(|outcome| format!("{outcome}/")).collect();
    };
    let next: Vec<&str> = if head.contains('/') {
        let sexes = Sex::ALL.iter().map(|word| word.as_str());
        let ages = AgeBand::ALL.iter().map(|word| word.as_str());
        let bases = Basis::ALL.iter().filter(|word| **word != Basis::Reported);
        let words = sexes
            .chain(ages)
            .chain(["attacks", "operations"])
            .chain(bases.map(|word| word.as_str()));
        words.chain(["incident"]).collect()
    } else {
        Role::ALL.iter().map(|word| word.as_str()).collect()
    };
    let periods = WindowKind::ALL.iter().map(|word| word.as_str());
    let periods = ["since"].into_iter().chain(periods);
    let periods = periods.filter(|_| head.contains('/'));
    let names = next.into_iter().map(|word| format!("{head}/{word}"));
    let begun = periods.map(|word| format!("{head}/{word}:"));
    // What would say a thing twice is no name.
    let reads = |text: &str| FigureName::parse_in(text, Zone::UTC).is_ok();
    names
        .filter(|name| reads(name))
        .chain(begun.filter(|begun| reads(&format!("{begun}2026"))))
        .collect()
}

/// The log and the situation a line asks about.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Asked {
    store: PathBuf,
    situation: Option<String>,
}

impl Asked {
    /// Looks for them in the words of a line as the shell has it, and in the environment.
    fn on(line: &[OsString], environment: impl Fn(&str) -> Option<OsString>) -> Self {
        let line: Vec<String> = line
            .iter()
            .map(|word| unquoted(&word.to_string_lossy()))
            .collect();
        let store = match value(&line, "--store") {
            Some(given) => match (given.strip_prefix("~/"), environment("HOME")) {
                (Some(below), Some(home)) => Path::new(&home).join(below),
                _ => PathBuf::from(given),
            },
            None => environment("SITU_STORE")
                .filter(|path| !path.is_empty())
                .map_or_else(|| PathBuf::from("situ.db"), PathBuf::from),
        };
        let situation = value(&line, "--situation").map(str::to_owned);
        Self { store, situation }
    }

    /// Every figure that is claimed in the log, in the order of an answer; none where it cannot be read.
    fn figures(&self) -> Vec<(FigureName, Zone)> {
        self.claimed().unwrap_or_default()
    }

    fn claimed(&self) -> anyhow::Result<Vec<(FigureName, Zone)>> {
        let store = SqliteStore::open_without_trace(&self.store)?;
        let mut claimed: BTreeMap<SituationId, BTreeSet<FigureName>> = BTreeMap::new();
        let ledger = Ledger::read(&store, |recorded| {
            let is_asked = self
                .situation
                .as_deref()
                .is_none_or(|id| recorded.situation.as_str() == id);
            if is_asked && recorded.kind == Kind::CasualtiesReported && recorded.is_readable() {
                let event = recorded.event()?;
                if let Payload::CasualtiesReported(reported) = event.payload {
                    let names = reported.figures.iter().map(FigureName::of);
                    claimed.entry(event.situation).or_default().extend(names);
                }
            }
            Ok(())
        })?;
        let known = Known::Position(ledger.head);
        Ok(claimed
            .into_iter()
            .flat_map(|(situation, names)| {
                let zone = ledger.register.zone(&situation, known);
                names.into_iter().map(move |name| (name, zone))
            })
            .collect())
    }
}

/// The last value a line gives a flag.
fn value<'a>(line: &'a [String], flag: &str) -> Option<&'a str> {
    let mut words = line.iter().enumerate().rev();
    words.find_map(|(at, word)| match word.strip_prefix(flag)? {
        "" => line.get(at + 1).map(String::as_str),
        rest => rest.strip_prefix('='),
    })
}

/// A word without the quotes and backslashes the shell would take away.
fn unquoted(word: &str) -> String {
    let mut plain = String::new();
    let mut quote = None;
    let mut characters = word.chars();
    while let Some(character) = characters.next() {
        match (character, quote) {
            ('\\', None | Some('"')) => plain.extend(characters.next()),
            ('\'' | '"', None) => quote = Some(character),
            _ if quote == Some(character) => quote = None,
            _ => plain.push(character),
        }
    }
    plain
}

#[cfg(test)]
mod tests;
