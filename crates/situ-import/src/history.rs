//! Histories: a record of every published version of a file.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;

use situ_core::{
    DecodeError, Instant, Kind, Payload, Projection, RecordField, Recorded, SituationId,
};

use crate::git::GitFile;
use crate::importer::{Batch, Reject, Source, VersionRead};
use crate::input::Input;
use crate::mapper::{Fields, Mapper, Notation, Version, versions_of};
use crate::mapping::Mapping;
use crate::operations::{Change, Operation, Operations, Step};

/// A history: each version of the published file is a batch.
///
/// Versions are told in their order, also where the times they became known run backwards: such a version tells anew what those
/// before it with a later time had changed, since whoever knew it knew that too. What it holds in memory are the records of one version,
/// of git those of two, with what was ever taken back of them.
pub struct History {
    versions: Versions,
    mapper: Mapper,
    records: HashMap<String, Fields>,
    /// What versions without a time changed, which the next one tells.
    touched: Touched,
    /// The latest time of a version so far.
    latest: Option<Instant>,
    told: Option<VersionsTold>,
    /// The last version that was read, and whether none follows.
    last: u64,
    is_over: bool,
}

/// The versions of a dataset that a log holds, as a view: a history that goes on begins with the same ones.
#[derive(Debug)]
pub struct VersionsTold {
    situation: SituationId,
    dataset: String,
    /// By their numbers.
    versions: BTreeMap<u64, VersionTold>,
}

#[derive(Debug)]
struct VersionTold {
    known_at: String,
    commit: Option<String>,
}

impl VersionsTold {
    /// Those of the dataset of a mapping; none before the log was folded into it.
    #[must_use]
    pub fn of(mapping: &Mapping) -> Self {
        Self {
            situation: mapping.situation.id.clone(),
            dataset: versions_of(&mapping.dataset),
            versions: BTreeMap::new(),
        }
    }

    /// What is wrong with a version that a log would hold beside these.
    fn contradicts(&self, step: &Step) -> Option<String> {
        let told = self.versions.get(&step.seq)?;
        let is_same = is_same_instant(&told.known_at, &step.known_at)
            && match (&told.commit, &step.commit) {
                (Some(told), Some(commit)) => told.starts_with(commit) || commit.starts_with(told),
                // A history may leave out what git has.
                (None, _) | (_, None) => true,
            };
        if is_same {
            return None;
        }
        let named = |known_at: &str, commit: Option<&String>| match commit {
            Some(commit) => format!("commit {commit:.12} of {known_at}"),
            None => format!("that of {known_at}"),
        };
        Some(format!(
            "version {} is {}, and in the log it is {}: its past was rewritten, which makes it another history; import it into a new log",
            step.seq,
            named(&step.known_at, step.commit.as_ref()),
            named(&told.known_at, told.commit.as_ref()),
        ))
    }

    /// The versions a log holds after the last one that was read.
    fn beyond(&self, last: u64) -> Option<String> {
        let (newest, _) = self
            .versions
            .last_key_value()
            .filter(|(newest, _)| **newest > last)?;
        Some(format!(
            "the log holds versions up to {newest}, and here the last is {last}: what those after it said stands; if they were taken back, import \
             it into a new log"
        ))
    }
}

fn is_same_instant(one: &str, other: &str) -> bool {
    match (one.parse::<Instant>(), other.parse::<Instant>()) {
        (Ok(one), Ok(other)) => one == other,
        _ => one == other,
    }
}

impl Projection for VersionsTold {
    const NAME: &'static str = "versions";
    const VERSION: u32 = 1;
    type Touched = ();

    fn apply(&mut self, recorded: &Recorded) -> Result<(), DecodeError> {
        if recorded.kind != Kind::RecordPublished || recorded.situation != self.situation {
            return Ok(());
        }
        let event = recorded.event()?;
        let Payload::RecordPublished(record) = event.payload else {
            return Ok(());
        };
        let number = record.key.as_str().parse::<u64>();
        if record.dataset.as_str() == self.dataset
            && let Ok(number) = number
        {
            let said = |field: &str| {
                let mut fields = record.fields.iter();
                let (_, said) = fields.find(|(name, _)| name.as_str() == field)?;
                let (RecordField::Stated(said) | RecordField::Derived(said)) = said;
                said.as_ref().map(|said| said.as_str().to_owned())
            };
            let version = VersionTold {
                known_at: said("known_at").unwrap_or_default(),
                commit: said("commit"),
            };
            self.versions.insert(number, version);
        }
        Ok(())
    }
}

/// Where the versions of a file are told.
enum Versions {
    /// In a file of operations.
    Operations(Operations),
    /// In a repository.
    Git(GitFile),
}

/// The records that a version touched.
#[derive(Default)]
struct Touched {
    keys: Vec<(String, u64)>,
    seen: HashSet<String>,
}

impl History {
    /// A history, read from an input as a mapping says: the operations from each version to the next, one JSON object a line.
    #[must_use]
    pub fn new(input: Input, mapping: Mapping) -> Self {
        Self::of(Versions::Operations(Operations::new(input)), mapping)
    }

    /// The history of a file in a repository of git; each version is laid out as a mapping says, a CSV table, with HXL tags or without, or a JSON table.
    #[must_use]
    pub fn of_git(file: GitFile, mapping: Mapping) -> Self {
        Self::of(Versions::Git(file), mapping)
    }

    fn of(versions: Versions, mapping: Mapping) -> Self {
        Self {
            versions,
            mapper: Mapper::new(mapping, Notation::Json, true),
            records: HashMap::new(),
            touched: Touched::default(),
            latest: None,
            told: None,
            last: 0,
            is_over: false,
        }
    }

    /// The history after what a log already holds of it: a version that is another there ends it with an error.
    #[must_use]
    pub fn following(mut self, told: VersionsTold) -> Self {
        self.told = Some(told);
        self
    }

    /// Folds an operation into the records.
    fn fold(&mut self, operation: Operation) -> Result<(), Reject> {
        let Operation { key, change, line } = operation;
        let refuse = |field: Option<String>, reason: &str| {
            Err(Reject {
                line,
                record: Some(key.clone()),
                field,
                reason: reason.to_owned(),
            })
        };
        match change {
            Change::Added(fields) => {
                if self.records.contains_key(&key) {
                    return refuse(None, "a record with this key is there already");
                }
                self.records.insert(key.clone(), fields);
            }
            Change::Removed => {
                if self.records.remove(&key).is_none() {
                    return refuse(None, "there is no record with this key");
                }
            }
            Change::Field { field, old, new } => {
                let Some(record) = self.records.get_mut(&key) else {
                    return refuse(Some(field), "there is no record with this key");
                };
                let is_as_said = match (&old, record.get(&field)) {
                    (Some(old), Some(held)) => is_same(old, held),
                    (None, None) => true,
                    (None, Some(_)) | (Some(_), None) => false,
                };
                if !is_as_said {
                    return refuse(Some(field), "the field did not say `old` before");
                }
                match new {
                    None => record.remove(&field),
                    Some(new) => record.insert(field, new),
                };
            }
        }
        if self.touched.seen.insert(key.clone()) {
            self.touched.keys.push((key, line));
        }
        Ok(())
    }

    fn next_step(&mut self, rejects: &mut Vec<Reject>) -> io::Result<Option<Step>> {
        match &mut self.versions {
            Versions::Operations(operations) => operations.next_step(rejects),
            Versions::Git(file) => file.next_step(&self.mapper, &self.records),
        }
    }

    fn publish(&mut self, step: &Step, learnt: Instant, batch: &mut Batch) {
        let name = step.seq.to_string();
        let version = |line| Version {
            name: &name,
            learnt: Some(learnt),
            line,
        };
        let Touched { mut keys, seen } = std::mem::take(&mut self.touched);
        if self.latest > Some(learnt) && step.error.is_none() {
            let late = self.mapper.told_after(learnt).into_iter();
            keys.extend(
                late.filter(|key| !seen.contains(key))
                    .map(|key| (key, step.lines.0)),
            );
        }
        self.latest = self.latest.max(Some(learnt));
        for (key, line) in keys {
            match self.records.get(&key) {
                Some(fields) => self.mapper.publish(&key, fields, version(line), batch),
                None => self.mapper.remove(&key, version(line), batch),
            }
        }
        // A version that is in the log is noted as it is there, which may be the same moment written otherwise.
        let told = self.told.as_ref();
        let told = told.and_then(|told| told.versions.get(&step.seq));
        let (known_at, commit) = match told {
            Some(told) => (&told.known_at, &told.commit),
            None => (&step.known_at, &step.commit),
        };
        let mut noted = vec![("known_at", known_at.as_str())];
        noted.extend(commit.as_deref().map(|commit| ("commit", commit)));
        noted.extend(step.error.as_deref().map(|error| ("error", error)));
        self.mapper
            .note_version(&noted, version(step.lines.1), batch);
    }
}

/// Whether two values of JSON are the same, however they are written.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    one == other || matches!((value(one), value(other)), (Some(one), Some(other)) if one == other)
}

impl Source for History {
    fn next_batch(&mut self) -> io::Result<Option<Batch>> {
        let mut batch = Batch::default();
        let Some(mut step) = self.next_step(&mut batch.rejects)? else {
            self.is_over = true;
            return Ok((!batch.rejects.is_empty()).then_some(batch));
        };
        if let Some(wrong) = self.told.as_ref().and_then(|told| told.contradicts(&step)) {
            return Err(io::Error::new(io::ErrorKind::InvalidData, wrong));
        }
        self.last = step.seq;
        let learnt = step.known_at.parse::<Instant>();
        if let Err(error) = &learnt {
            batch.rejects.push(Reject {
                line: step.lines.0,
                record: step.operations.first().map(|first| first.key.clone()),
                field: None,
                reason: format!(
                    "known_at: {error}; the version is left out, and what it changed is told with the next"
                ),
            });
        }
        for operation in std::mem::take(&mut step.operations) {
            if let Err(refused) = self.fold(operation) {
                batch.rejects.push(refused);
            }
        }
        if let Ok(learnt) = learnt {
            self.publish(&step, learnt, &mut batch);
        }
        let commit = step.commit.unwrap_or_default();
        batch.version = Some(VersionRead {
            is_read: step.error.is_none(),
            name: match self.versions {
                Versions::Operations(_) => None,
                Versions::Git(_) => Some(format!("version {} (commit {commit:.12})", step.seq)),
            },
        });
        Ok(Some(batch))
    }

    fn notes(&self) -> Vec<String> {
        let told = self.told.as_ref().filter(|_| self.is_over);
        let beyond = told.and_then(|told| told.beyond(self.last));
        self.mapper.unmet().into_iter().chain(beyond).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_compared_however_they_are_written() {
        assert!(is_same("{\"a\": 1}", "{\"a\":1}"));
        assert!(is_same("1e999", "1e999"));
        assert!(!is_same("1e999", "2e999"));
        assert!(!is_same("1", "2"));
    }
}
