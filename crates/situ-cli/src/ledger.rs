//! The file, opened, and what was folded from it.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::Context as _;
use situ_core::{
    Appended, Census, ClaimRef, Condition, DecodeError, Event, EventId, EventStore, Kind, Position,
    Projection as _, Recorded, Register, SituationId, replay,
};
use situ_sqlite::SqliteStore;

use crate::exit::Hinted;
use crate::now::Now;

/// Opens a log to read from it.
pub(crate) fn open_to_read(path: &Path) -> anyhow::Result<SqliteStore> {
    must_exist(path)?;
    SqliteStore::open_read_only(path).context("cannot open the log")
}

/// Opens a log to write to it.
pub(crate) fn open_to_write(path: &Path) -> anyhow::Result<SqliteStore> {
    must_exist(path)?;
    SqliteStore::open(path).context("cannot open the log")
}

/// Opens a log, made if it is not there yet.
pub(crate) fn open_or_create(path: &Path) -> anyhow::Result<SqliteStore> {
    must_be_no_folder(path)?;
    SqliteStore::open_or_create(path).context("cannot open the log")
}

fn must_be_no_folder(path: &Path) -> anyhow::Result<()> {
    if !path.is_dir() {
        return Ok(());
    }
    let inside = path.join("situ.db");
    let hint = format!("name a file in it, such as --store {}", inside.display());
    Err(Hinted::new(format!("{} is a directory", path.display()), hint).into())
}

fn must_exist(path: &Path) -> anyhow::Result<()> {
    must_be_no_folder(path)?;
    if path.exists() {
        return Ok(());
    }
    let hint = "name a file with --store, make one with `situ init`, or one to look around in with `situ demo --store demo.db`";
    Err(Hinted::new(format!("there is no file {}", path.display()), hint).into())
}

/// What every question needs to know of a log before it can be asked.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// Descriptions and retractions.
    pub(crate) register: Register,
    /// Every situation an event belongs to, opened or not.
    pub(crate) situations: BTreeSet<SituationId>,
    /// The names of kinds this program does not know.
    pub(crate) unknown_kinds: BTreeSet<String>,
    /// How far it was read.
    pub(crate) head: Position,
}

impl Ledger {
    /// Folds the whole log, and passes each event on.
    pub(crate) fn read(
        store: &dyn EventStore,
        each: impl FnMut(&Recorded) -> Result<(), DecodeError>,
    ) -> anyhow::Result<Self> {
        Self::default().read_on(store, each)
    }

    /// What was saved at a position.
    pub(crate) fn restored(register: Register, census: &Census, head: Position) -> Self {
        let unknown = census.kinds().filter_map(|kind| match kind {
            Kind::Unknown(name) => Some(name.to_string()),
            _ => None,
        });
        Self {
            register,
            situations: census.situations().cloned().collect(),
            unknown_kinds: unknown.collect(),
            head,
        }
    }

    /// Folds what comes after, and passes each event on.
    pub(crate) fn read_on(
        mut self,
        store: &dyn EventStore,
        mut each: impl FnMut(&Recorded) -> Result<(), DecodeError>,
    ) -> anyhow::Result<Self> {
        let ledger = &mut self;
        let mut last: Option<SituationId> = None;
        ledger.head = replay(store, ledger.head, |recorded| {
            if last.as_ref() != Some(&recorded.situation) {
                ledger.situations.insert(recorded.situation.clone());
                last = Some(recorded.situation.clone());
            }
            if let Kind::Unknown(name) = &recorded.kind
                && !ledger.unknown_kinds.contains(name.as_ref())
            {
                ledger.unknown_kinds.insert(name.to_string());
            }
            ledger.register.apply(recorded)?;
            each(recorded)
        })?;
        Ok(self)
    }
}

/// Appends a batch, and says which file when it fails.
pub(crate) fn append(
    store: &SqliteStore,
    path: &Path,
    batch: &[Event],
    now: &Now,
) -> anyhow::Result<Appended> {
    store
        .append(batch, &Condition::None, now.instant())
        .with_context(|| format!("cannot write to {}", path.display()))
}

/// Names of claims and events by their place in the log: `@16#3`.
pub(crate) struct Citation<'a>(pub(crate) &'a SqliteStore);

impl Citation<'_> {
    /// The short name, or the whole one of what is not in the log.
    pub(crate) fn of(&self, reference: ClaimRef) -> String {
        match (self.0.position_of(reference.event()), reference) {
            (Ok(Some(position)), ClaimRef::Event(_)) => format!("@{position}"),
            (Ok(Some(position)), ClaimRef::Claim(claim)) => format!("@{position}#{}", claim.figure),
            _ => reference.to_string(),
        }
    }

    /// The short name of an event.
    pub(crate) fn event(&self, event: EventId) -> String {
        self.of(ClaimRef::Event(event))
    }

    /// Several, one after another.
    pub(crate) fn list(&self, references: &[ClaimRef]) -> String {
        let names: Vec<String> = references
            .iter()
            .map(|reference| self.of(*reference))
            .collect();
        names.join(" ")
    }
}
