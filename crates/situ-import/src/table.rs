//! Tables: rows of CSV, or objects of JSON.

use std::collections::{HashMap, hash_map::Entry};
use std::io;

use situ_core::Instant;

use crate::importer::{Batch, Reject, Source};
use crate::input::Input;
use crate::mapper::{Fields, Mapper, Notation, Version, digest_of, hex};
use crate::mapping::{Mapping, Shape};
use crate::rows::Rows;

/// How many rows make a batch.
const ROWS: usize = 100;

/// A table, one record a row. A row that was imported before, from this file or another, makes the same events.
pub struct Table {
    rows: Rows,
    mapper: Mapper,
    learnt: Option<Instant>,
    keys: Keys,
}

impl Table {
    /// A table, read from an input as a mapping says. `learnt` is when it became public, where the rows do not say.
    #[must_use]
    pub fn new(input: Input, mapping: Mapping, learnt: Option<Instant>) -> Self {
        let notation = match mapping.shape() {
            Shape::Json => Notation::Json,
            _ => Notation::Plain,
        };
        let rows = Rows::new(input, &mapping);
        Self {
            rows,
            mapper: Mapper::new(mapping, notation, false),
            learnt,
            keys: Keys::default(),
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
        let mut key = match self.mapper.key(fields) {
            Ok(key) => key,
            Err(reason) => {
                batch.rejects.push(refuse(reason));
                return;
            }
        };
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
        key = self.keys.name(key);
        let name = hex(&digest_of(fields));
        let version = Version {
            name: &name,
            learnt,
            line,
        };
        self.mapper.publish(&key, fields, version, batch);
    }
}

/// Names records, or columns, whose keys are not their own: the second of a key is `KEY#2`, or the next such name that no other has.
#[derive(Default)]
pub(crate) struct Keys {
    /// The numbers tried for each name that was given, by its hash.
    tried: HashMap<[u8; 8], u32>,
}

impl Keys {
    /// The name of the next record of a key.
    pub(crate) fn name(&mut self, key: String) -> String {
        let hash = hash_of(&key);
        let mut number = self.tried.get(&hash).copied().unwrap_or_default();
        let name = loop {
            number += 1;
            if number == 1 {
                break key;
            }
            let name = format!("{key}#{number}");
            if let Entry::Vacant(free) = self.tried.entry(hash_of(&name)) {
                free.insert(1);
                break name;
            }
        };
        self.tried.insert(hash, number);
        name
    }
}

/// Eight bytes that tell keys apart.
fn hash_of(key: &str) -> [u8; 8] {
    let fields = Fields::from([(String::new(), key.into())]);
    let mut hash = [0; 8];
    hash.copy_from_slice(&digest_of(&fields)[..8]);
    hash
}

impl Source for Table {
    fn next_batch(&mut self) -> io::Result<Option<Batch>> {
        let mut batch = Batch::default();
        for rows in 0..ROWS {
            match self.rows.next_row()? {
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

    fn notes(&self) -> Vec<String> {
        self.mapper.unmet()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_records_have_one_name() {
        for (keys, expected) in [
            (vec!["1", "1", "1"], vec!["1", "1#2", "1#3"]),
            (vec!["1", "1#2", "1", "1"], vec!["1", "1#2", "1#3", "1#4"]),
            (vec!["1", "1", "1#2", "1"], vec!["1", "1#2", "1#2#2", "1#3"]),
        ] {
            let mut names = Keys::default();
            let named: Vec<String> = keys
                .iter()
                .map(|key| names.name((*key).to_owned()))
                .collect();
            assert_eq!(named, expected);
        }
    }
}
