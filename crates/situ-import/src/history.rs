//! Histories: the operations that led from each published version of a file to the next.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io;

use serde::Deserialize;
use serde_json::value::RawValue;
use situ_core::Instant;

use crate::importer::{Batch, Reject, Source};
use crate::input::{BoundedLines, Input, Line};
use crate::mapper::{Fields, Mapper, Notation, Version};
use crate::mapping::Mapping;

/// A history, one operation a line: each version of the published file is a batch.
///
/// Versions are told in the order of the file, also where the times they became known run backwards. What it holds in memory are
/// the records of one version, however many there were.
pub struct History {
    lines: BoundedLines,
    mapper: Mapper,
    records: HashMap<String, Fields>,
    /// The first operation of the next version, read ahead.
    ahead: Option<(Operation, u64)>,
    last: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Operation {
    seq: u64,
    known_at: String,
    #[serde(default)]
    commit: Option<String>,
    op: Op,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    value: Option<BTreeMap<String, Box<RawValue>>>,
    #[serde(default)]
    field: Option<String>,
    #[serde(default, deserialize_with = "raw")]
    old: Option<Box<RawValue>>,
    #[serde(default, deserialize_with = "raw")]
    new: Option<Box<RawValue>>,
    #[serde(default)]
    error: Option<String>,
}

/// Reads `null` as a value, not as nothing.
fn raw<'de, D: serde::Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<Box<RawValue>>, D::Error> {
    Box::<RawValue>::deserialize(deserializer).map(Some)
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Op {
    RecordAdded,
    FieldChanged,
    FieldAdded,
    FieldRemoved,
    RecordRemoved,
    VersionUnparseable,
}

/// What a version did to its records, as far as it was read.
#[derive(Default)]
struct Touched {
    keys: Vec<(String, u64)>,
    seen: HashSet<String>,
    error: Option<String>,
}

impl History {
    /// A history, read from an input as a mapping says.
    #[must_use]
    pub fn new(input: Input, mapping: Mapping) -> Self {
        Self {
            lines: BoundedLines::new(input),
            mapper: Mapper::new(mapping, Notation::Json, true),
            records: HashMap::new(),
            ahead: None,
            last: None,
        }
    }

    /// The next operation; lines that are none become rejects.
    fn next_operation(
        &mut self,
        rejects: &mut Vec<Reject>,
    ) -> io::Result<Option<(Operation, u64)>> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(Some(ahead));
        }
        loop {
            let read = match self.lines.next_line()? {
                None => return Ok(None),
                Some(Line::Bad(reason)) => Err(reason.to_owned()),
                Some(Line::Text("")) => continue,
                Some(Line::Text(text)) => serde_json::from_str::<Operation>(text)
                    .map_err(|error| format!("no operation of a history: {error}")),
            };
            let line = self.lines.number();
            match read {
                Ok(operation) if self.last.is_none_or(|last| operation.seq >= last) => {
                    return Ok(Some((operation, line)));
                }
                Ok(operation) => rejects.push(reject(
                    line,
                    &operation,
                    format!("version {} comes after a later one", operation.seq),
                )),
                Err(reason) => rejects.push(Reject {
                    line,
                    record: None,
                    field: None,
                    reason,
                }),
            }
        }
    }

    /// Folds an operation into the records.
    fn fold(
        &mut self,
        operation: Operation,
        line: u64,
        touched: &mut Touched,
    ) -> Result<(), Reject> {
        let refuse = |reason: &str| Err(reject(line, &operation, reason.to_owned()));
        if operation.op == Op::VersionUnparseable {
            touched.error = Some(operation.error.unwrap_or_default());
            return Ok(());
        }
        let Some(key) = &operation.key else {
            return refuse("the operation names no `key`");
        };
        let is_there = self.records.contains_key(key);
        match operation.op {
            Op::RecordAdded => {
                if is_there {
                    return refuse("a record with this key is there already");
                }
                let Some(value) = &operation.value else {
                    return refuse("`record_added` needs `value`");
                };
                let fields = value.iter();
                let fields = fields.map(|(field, value)| (field.clone(), value.get().into()));
                self.records.insert(key.clone(), fields.collect());
            }
            Op::RecordRemoved => {
                if self.records.remove(key).is_none() {
                    return refuse("there is no record with this key");
                }
            }
            Op::VersionUnparseable => {}
            Op::FieldChanged | Op::FieldAdded | Op::FieldRemoved => {
                let Some(record) = self.records.get_mut(key) else {
                    return refuse("there is no record with this key");
                };
                let Some(field) = &operation.field else {
                    return refuse("the operation names no `field`");
                };
                let is_as_said = match (&operation.old, record.get(field)) {
                    (Some(old), Some(held)) => is_same(old.get(), held),
                    (None, None) => true,
                    (None, Some(_)) | (Some(_), None) => false,
                };
                if !is_as_said {
                    return refuse("the field did not say `old` before");
                }
                match (operation.op, &operation.new) {
                    (Op::FieldRemoved, None) => {
                        record.remove(field);
                    }
                    (Op::FieldChanged | Op::FieldAdded, Some(new)) => {
                        record.insert(field.clone(), new.get().into());
                    }
                    _ => return refuse("`new` goes with a field that is added or changed"),
                }
            }
        }
        if touched.seen.insert(key.clone()) {
            touched.keys.push((key.clone(), line));
        }
        Ok(())
    }
}

/// Whether two values of JSON are the same, however they are written.
fn is_same(one: &str, other: &str) -> bool {
    let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).ok();
    one == other || value(one) == value(other)
}

fn reject(line: u64, operation: &Operation, reason: String) -> Reject {
    Reject {
        line,
        record: operation.key.clone(),
        field: operation.field.clone(),
        reason,
    }
}

impl Source for History {
    fn next_batch(&mut self) -> io::Result<Option<Batch>> {
        let mut batch = Batch::default();
        let Some((first, line)) = self.next_operation(&mut batch.rejects)? else {
            return Ok((!batch.rejects.is_empty()).then_some(batch));
        };
        let seq = first.seq;
        self.last = Some(seq);
        let learnt = first.known_at.parse::<Instant>();
        let (known_at, commit) = (first.known_at.clone(), first.commit.clone());
        if let Err(error) = &learnt {
            batch
                .rejects
                .push(reject(line, &first, format!("known_at: {error}")));
        }
        let mut touched = Touched::default();
        let mut next = Some((first, line));
        let mut last_line = line;
        while let Some((operation, line)) = next.take() {
            if operation.seq != seq {
                self.ahead = Some((operation, line));
                break;
            }
            last_line = line;
            if let Err(refused) = self.fold(operation, line, &mut touched) {
                batch.rejects.push(refused);
            }
            next = self.next_operation(&mut batch.rejects)?;
        }
        let Ok(learnt) = learnt else {
            return Ok(Some(batch));
        };
        let name = seq.to_string();
        let version = |line| Version {
            name: &name,
            learnt: Some(learnt),
            line,
        };
        for (key, line) in &touched.keys {
            match self.records.get(key) {
                Some(fields) => self.mapper.publish(key, fields, version(*line), &mut batch),
                None => self.mapper.remove(key, version(*line), &mut batch),
            }
        }
        let mut noted = vec![("known_at", known_at.as_str())];
        noted.extend(commit.as_deref().map(|commit| ("commit", commit)));
        noted.extend(touched.error.as_deref().map(|error| ("error", error)));
        self.mapper
            .note_version(&noted, version(last_line), &mut batch);
        Ok(Some(batch))
    }
}
