//! The operations from each version of a file to the next, as they stand in a history.

use std::io;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::importer::Reject;
use crate::input::{BoundedLines, Input, Line};
use crate::json::members;
use crate::mapper::Fields;

/// A version of a file: what it did to the records of the one before.
pub(crate) struct Step {
    pub(crate) seq: u64,
    /// When it became known, as it was written.
    pub(crate) known_at: String,
    pub(crate) commit: Option<String>,
    /// The line it begins on and the line it ends on.
    pub(crate) lines: (u64, u64),
    pub(crate) operations: Vec<Operation>,
    /// Why it could not be read.
    pub(crate) error: Option<String>,
}

/// What a version did to a record.
pub(crate) struct Operation {
    pub(crate) key: String,
    pub(crate) change: Change,
    pub(crate) line: u64,
}

pub(crate) enum Change {
    /// The record is new.
    Added(Fields),
    /// A field of it says something else; what it does not say is `None`.
    Field {
        field: String,
        old: Option<Box<str>>,
        new: Option<Box<str>>,
    },
    /// The record is gone.
    Removed,
}

/// The operations of a file, one JSON object a line.
pub(crate) struct Operations {
    lines: BoundedLines,
    /// The first operation of the next version, read ahead.
    ahead: Option<(Written, u64)>,
    last: Option<u64>,
}

/// An operation as it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    seq: u64,
    known_at: String,
    #[serde(default)]
    commit: Option<String>,
    op: Op,
    #[serde(default)]
    key: Option<String>,
    #[serde(default)]
    value: Option<Box<RawValue>>,
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

impl Operations {
    pub(crate) fn new(input: Input) -> Self {
        Self {
            lines: BoundedLines::new(input),
            ahead: None,
            last: None,
        }
    }

    /// The next version; lines that are no operation become rejects.
    pub(crate) fn next_step(&mut self, rejects: &mut Vec<Reject>) -> io::Result<Option<Step>> {
        let Some((first, line)) = self.next_written(rejects)? else {
            return Ok(None);
        };
        self.last = Some(first.seq);
        let mut step = Step {
            seq: first.seq,
            known_at: first.known_at.clone(),
            commit: first.commit.clone(),
            lines: (line, line),
            operations: Vec::new(),
            error: None,
        };
        let mut next = Some((first, line));
        while let Some((written, line)) = next.take() {
            if written.seq != step.seq {
                self.ahead = Some((written, line));
                break;
            }
            step.lines.1 = line;
            let is_same = written.known_at == step.known_at && written.commit == step.commit;
            match written {
                written if !is_same => rejects.push(Reject {
                    line,
                    reason: format!(
                        "version {} became known at {} before, or by another commit; an operation says what its version does",
                        step.seq, step.known_at
                    ),
                    record: written.key,
                    field: written.field,
                }),
                Written {
                    op: Op::VersionUnparseable,
                    error,
                    ..
                } => step.error = Some(error.unwrap_or_default()),
                written => match written.read(line) {
                    Ok(operation) => step.operations.push(operation),
                    Err(refused) => rejects.push(refused),
                },
            }
            next = self.next_written(rejects)?;
        }
        Ok(Some(step))
    }

    fn next_written(&mut self, rejects: &mut Vec<Reject>) -> io::Result<Option<(Written, u64)>> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(Some(ahead));
        }
        loop {
            let read = match self.lines.next_line()? {
                None => return Ok(None),
                Some(Line::Bad(reason)) => Err(reason.to_owned()),
                Some(Line::Text("")) => continue,
                Some(Line::Text(text)) => serde_json::from_str::<Written>(text)
                    .map_err(|error| format!("no operation of a history: {error}")),
            };
            let line = self.lines.number();
            match read {
                Ok(written) if self.last.is_none_or(|last| written.seq >= last) => {
                    return Ok(Some((written, line)));
                }
                Ok(written) => rejects.push(Reject {
                    line,
                    reason: format!("version {} comes after a later one", written.seq),
                    record: written.key,
                    field: written.field,
                }),
                Err(reason) => rejects.push(Reject {
                    line,
                    record: None,
                    field: None,
                    reason,
                }),
            }
        }
    }
}

impl Written {
    fn read(self, line: u64) -> Result<Operation, Reject> {
        let refuse = |key: Option<&String>, reason: &str| Reject {
            line,
            record: key.cloned(),
            field: self.field.clone(),
            reason: reason.to_owned(),
        };
        let Some(key) = self.key else {
            return Err(refuse(None, "the operation names no `key`"));
        };
        let text = |value: Option<Box<RawValue>>| value.map(|value| value.get().into());
        let change = match (self.op, self.field.clone()) {
            (Op::RecordAdded, _) => {
                let Some(value) = self.value else {
                    return Err(refuse(Some(&key), "`record_added` needs `value`"));
                };
                let members = members(value.get(), |name| name)
                    .map_err(|reason| refuse(Some(&key), &reason))?;
                let fields = members.into_iter();
                Change::Added(
                    fields
                        .map(|(name, value)| (name, value.get().into()))
                        .collect(),
                )
            }
            (Op::RecordRemoved, _) => Change::Removed,
            (_, None) => return Err(refuse(Some(&key), "the operation names no `field`")),
            (op, Some(field)) => {
                if self.new.is_some() == (op == Op::FieldRemoved) {
                    let reason = "`new` goes with a field that is added or changed";
                    return Err(refuse(Some(&key), reason));
                }
                Change::Field {
                    field,
                    old: text(self.old),
                    new: text(self.new),
                }
            }
        };
        Ok(Operation { key, change, line })
    }
}
