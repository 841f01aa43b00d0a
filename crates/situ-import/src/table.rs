//! Tables: rows of CSV, or objects of JSON.

use std::collections::{BTreeMap, HashMap};
use std::io;

use serde_json::value::RawValue;
use situ_core::Instant;

use crate::hxl;
use crate::importer::{Batch, Reject, Source};
use crate::input::{BoundedLines, Gate, Input, Keeper, Line};
use crate::mapper::{Fields, Mapper, Notation, Version, digest_of, hex};
use crate::mapping::{Mapping, Shape};

/// How many rows make a batch.
const ROWS: usize = 100;

/// A table, one record a row. A row that was imported before, from this file or another, makes the same events.
pub struct Table {
    rows: Rows,
    mapper: Mapper,
    learnt: Option<Instant>,
    /// How often each key came, by its hash: a second record of a key is named `key#2`.
    seen: HashMap<[u8; 8], u32>,
}

enum Rows {
    Csv {
        reader: Box<csv::Reader<Gate>>,
        keeper: Keeper,
        header: Option<Vec<String>>,
    },
    Json(BoundedLines),
}

impl Table {
    /// A table, read from an input as a mapping says. `learnt` is when it became public, where the rows do not say.
    #[must_use]
    pub fn new(input: Input, mapping: Mapping, learnt: Option<Instant>) -> Self {
        let (rows, notation) = if mapping.shape() == Shape::Json {
            (Rows::Json(BoundedLines::new(input)), Notation::Json)
        } else {
            let input = match mapping.shape() {
                Shape::Hxl => hxl::tagged(input),
                _ => input,
            };
            let (gate, keeper) = Gate::new(input);
            let mut builder = csv::ReaderBuilder::new();
            let reader = builder.has_headers(false).flexible(true).from_reader(gate);
            let rows = Rows::Csv {
                reader: Box::new(reader),
                keeper,
                header: None,
            };
            (rows, Notation::Plain)
        };
        Self {
            rows,
            mapper: Mapper::new(mapping, notation, false),
            learnt,
            seen: HashMap::new(),
        }
    }

    fn publish(&mut self, fields: &Fields, line: u64, batch: &mut Batch) {
        let refuse = |reason: String| Reject {
            line,
            record: None,
            field: None,
            reason,
        };
        let rules = &self.mapper.mapping.records;
        let parts: Option<Vec<String>> = rules
            .key
            .iter()
            .map(|field| {
                self.mapper
                    .text(fields, field)
                    .map(|text| on_one_line(&text))
            })
            .collect();
        let Some(parts) = parts else {
            let reason = format!(
                "the row lacks a column of its key: {}",
                rules.key.join(", ")
            );
            batch.rejects.push(refuse(reason));
            return;
        };
        let mut key = parts.join("|");
        let learnt = match &rules.learnt {
            None => self.learnt,
            Some(moment) => match self.mapper.moment(moment, &key, fields) {
                Ok(when) => when.and_then(|when| when.latest()).or(self.learnt),
                Err(reason) => {
                    batch.rejects.push(refuse(format!("learnt: {reason}")));
                    return;
                }
            },
        };
        let count = self.seen.entry(hash_of(&key)).or_default();
        *count += 1;
        if *count > 1 {
            key = format!("{key}#{count}");
        }
        let name = hex(&digest_of(fields));
        let version = Version {
            name: &name,
            learnt,
            line,
        };
        self.mapper.publish(&key, fields, version, batch);
    }
}

/// A key is one line, as a name is.
fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Eight bytes that tell keys apart.
fn hash_of(key: &str) -> [u8; 8] {
    let fields = Fields::from([(String::new(), key.into())]);
    let mut hash = [0; 8];
    hash.copy_from_slice(&digest_of(&fields)[..8]);
    hash
}

impl Rows {
    /// The next row and its line, or why it is none; `None` at the end.
    fn next_row(
        &mut self,
        rename: &BTreeMap<String, String>,
    ) -> io::Result<Option<(u64, Result<Fields, String>)>> {
        match self {
            Self::Csv {
                reader,
                keeper,
                header,
            } => loop {
                let mut record = csv::ByteRecord::new();
                let is_read = reader.read_byte_record(&mut record).map_err(unread)?;
                if !is_read {
                    return Ok(None);
                }
                keeper.row_ended();
                let line = record
                    .position()
                    .map_or(0, |position| keeper.line(position));
                let Ok(cells) = csv::StringRecord::from_byte_record(record) else {
                    return Ok(Some((
                        line,
                        Err("no UTF-8; convert the file first".to_owned()),
                    )));
                };
                let Some(names) = header else {
                    *header = Some(names_of(&cells, rename));
                    continue;
                };
                if cells.len() > names.len()
                    && cells.iter().skip(names.len()).any(|cell| !cell.is_empty())
                {
                    let reason = format!("{} cells under {} names", cells.len(), names.len());
                    return Ok(Some((line, Err(reason))));
                }
                let cells = names
                    .iter()
                    .zip(&cells)
                    .filter(|(name, _)| !name.is_empty());
                let fields = cells.map(|(name, cell)| (name.clone(), cell.into()));
                return Ok(Some((line, Ok(fields.collect()))));
            },
            Self::Json(lines) => loop {
                let read = match lines.next_line()? {
                    None => return Ok(None),
                    Some(Line::Bad(reason)) => Err(reason.to_owned()),
                    Some(Line::Text(text)) => {
                        // An array of objects, one a line, reads like lines of objects.
                        let text = text
                            .trim_start_matches('[')
                            .trim_end_matches([',', ']', ' ']);
                        if text.is_empty() {
                            continue;
                        }
                        object(text, rename)
                    }
                };
                return Ok(Some((lines.number(), read)));
            },
        }
    }
}

/// The names of columns; a name that comes twice is numbered.
fn names_of(cells: &csv::StringRecord, rename: &BTreeMap<String, String>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for cell in cells {
        let cell = cell.trim();
        let name = rename.get(cell).map_or(cell, String::as_str);
        let same = names.iter().filter(|other| other.as_str() == name).count();
        names.push(match same {
            0 => name.to_owned(),
            _ if name.is_empty() => String::new(),
            _ => format!("{name}#{}", same + 1),
        });
    }
    names
}

fn object(text: &str, rename: &BTreeMap<String, String>) -> Result<Fields, String> {
    let object: BTreeMap<String, Box<RawValue>> = serde_json::from_str(text)
        .map_err(|error| format!("no object of JSON on one line: {error}"))?;
    let fields = object.into_iter().map(|(field, value)| {
        let name = rename.get(&field).cloned().unwrap_or(field);
        (name, value.get().into())
    });
    Ok(fields.collect())
}

fn unread(error: csv::Error) -> io::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error,
        other => io::Error::new(io::ErrorKind::InvalidData, format!("no CSV: {other:?}")),
    }
}

impl Source for Table {
    fn next_batch(&mut self) -> io::Result<Option<Batch>> {
        let mut batch = Batch::default();
        for rows in 0..ROWS {
            match self.rows.next_row(&self.mapper.mapping.records.rename)? {
                Some((line, Ok(fields))) => self.publish(&fields, line, &mut batch),
                Some((line, Err(reason))) => batch.rejects.push(Reject {
                    line,
                    record: None,
                    field: None,
                    reason,
                }),
                None if rows == 0 => return Ok(None),
                None => break,
            }
        }
        Ok(Some(batch))
    }
}
