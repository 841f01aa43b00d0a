//! Feeds: documents of alerts or of works, each of which is a record that may speak of services.

mod cap;
mod gtfs_rt;
mod listed;
mod wzdx;

use std::collections::{HashMap, VecDeque};
use std::io::{self, Read as _};

use situ_core::{BATCH_LIMIT, ClaimRef, Event, EventId, Instant, Kind, Text};

use crate::importer::{Batch, Reject, Source};
use crate::input::{Input, LINE_LIMIT};
use crate::json::{short_enough, twice};
use crate::mapper::{Fields, Mapper, Notation, Version, digest_of, hex};
use crate::mapping::{Mapping, Shape};

/// The largest document, in bytes: a feed is read whole.
const DOCUMENT_LIMIT: u64 = 32 * 1024 * 1024;

/// How many records make a batch, unless they make many events.
const RECORDS: usize = 100;

/// The largest record, in bytes of its document.
const RECORD_LIMIT: usize = LINE_LIMIT;

/// How many things a record may say: entities and periods multiply, and a small alert could say more than there is room for.
const PARTS: usize = 10_000;

/// How many bytes they may take in memory: each repeats what is said of all.
const PARTS_BYTES: usize = 32 * 1024 * 1024;

/// The usual rules for services of a shape, where it has some.
pub(crate) const fn usual(shape: Shape) -> Option<&'static str> {
    match shape {
        Shape::History | Shape::Csv | Shape::Hxl | Shape::Json => None,
        Shape::Cap => Some(include_str!("feeds/cap.toml")),
        Shape::GtfsRt => Some(include_str!("feeds/gtfs_rt.toml")),
        Shape::Wzdx => Some(include_str!("feeds/wzdx.toml")),
    }
}

/// A feed: CAP alerts, GTFS-Realtime alerts, or a WZDx feed of road works, as the mapping's shape says.
///
/// Each alert, or each piece of road works, is a record. That something is not in a feed any more closes nothing.
pub struct Feed {
    input: Option<Input>,
    mapper: Mapper,
    learnt: Option<Instant>,
    items: Items,
    /// The claims of the alerts so far that made some, for whoever cancels them.
    claims: HashMap<cap::Reference, Vec<EventId>>,
    /// What was cancelled and had not been read by then: it may stand further down.
    cancels: VecDeque<Cancel>,
}

/// That an alert takes back another.
struct Cancel {
    cancelled: cap::Reference,
    /// The claims it made, where the one that cancels it says what it was about.
    about: Vec<EventId>,
    key: String,
    version: String,
    learnt: Option<Instant>,
    line: u64,
    /// The record that cancels it.
    cause: EventId,
}

/// The records of a document, made one at a time.
type Items = Box<dyn Iterator<Item = Result<Item, Reject>>>;

/// A record of a feed.
struct Item {
    key: String,
    line: u64,
    /// When it became public, where it says so.
    learnt: Option<Instant>,
    fields: Fields,
    /// What it says of services: each part may make a claim.
    parts: Vec<Fields>,
    /// Why other things it says make no claim.
    odd: Vec<String>,
    /// What makes an alert of CAP one that others may cancel, and what it cancels.
    alert: Option<cap::Links>,
}

impl Feed {
    /// A feed, read from an input as a mapping says. `learnt` is when it became public, where it does not say.
    #[must_use]
    pub fn new(input: Input, mapping: Mapping, learnt: Option<Instant>) -> Self {
        let notation = match mapping.shape() {
            Shape::Wzdx => Notation::Json,
            _ => Notation::Plain,
        };
        Self {
            input: Some(input),
            mapper: Mapper::new(mapping, notation, false),
            learnt,
            items: Box::new(std::iter::empty()),
            claims: HashMap::new(),
            cancels: VecDeque::new(),
        }
    }

    fn read(&mut self, input: Input) -> io::Result<()> {
        let mut document = Vec::new();
        let read = input.take(DOCUMENT_LIMIT + 1).read_to_end(&mut document)?;
        if read as u64 > DOCUMENT_LIMIT {
            let reason = "the document is over the limit of 32 MiB";
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        let items = match self.mapper.mapping.shape() {
            Shape::GtfsRt => gtfs_rt::items(document),
            Shape::Wzdx => wzdx::items(document),
            _ => cap::items(document),
        };
        self.items = match items {
            Ok(items) => items,
            Err((line, reason)) => Box::new(std::iter::once(Err(refused(line, reason)))),
        };
        Ok(())
    }

    fn publish(&mut self, item: Item, batch: &mut Batch) {
        let Item {
            key,
            line,
            learnt,
            fields,
            parts,
            odd,
            alert,
        } = item;
        let refuse = |reason: String| Reject {
            line,
            record: Some(key.clone()),
            field: None,
            reason,
        };
        batch.rejects.extend(odd.into_iter().map(refuse));
        let learnt = match &self.mapper.mapping.records.learnt {
            None => learnt.or(self.learnt),
            Some(moment) => match self.mapper.moment(moment, &key, &fields) {
                Ok(when) => when
                    .and_then(|when| when.latest())
                    .or(learnt)
                    .or(self.learnt),
                Err(reason) => return batch.rejects.push(refuse(format!("learnt: {reason}"))),
            },
        };
        let name = match &alert {
            Some(alert) => alert.this.version(),
            None => hex(&digest_of(&fields)),
        };
        let version = Version {
            name: &name,
            learnt,
            line,
        };
        let before = batch.events.len();
        let Some(alert) = alert else {
            self.mapper
                .publish_in_parts(&key, &fields, &parts, version, batch);
            return;
        };
        if !alert.is_cancel {
            self.mapper
                .publish_in_parts(&key, &fields, &parts, version, batch);
            let told = batch.events[before..].iter();
            let claims = told.filter(|told| told.event.caused_by.is_some());
            let claims = claims.map(|told| told.event.id).collect();
            self.claims.insert(alert.this, claims);
            return;
        }
        self.mapper
            .publish_in_parts(&key, &fields, &[], version, batch);
        let mut told = batch.events[before..].iter().map(|told| &told.event);
        let record = told.find(|event| event.payload.kind() == Kind::RecordPublished);
        let Some(cause) = record.map(|event| event.id) else {
            return;
        };
        if self.mapper.mapping.services.is_empty() {
            return;
        }
        for cancelled in alert.references {
            // Its claims are named by what they are about, which the cancelling alert may repeat.
            let about = match self.claims.contains_key(&cancelled) || parts.is_empty() {
                true => Vec::new(),
                false => {
                    let name = cancelled.version();
                    let then = Version {
                        name: &name,
                        learnt: Some(cancelled.sent),
                        line,
                    };
                    let about = self.mapper.services(&key, &fields, &parts, then, batch);
                    let ids = about
                        .keys()
                        .map(|claim| self.mapper.service_id(claim, &cancelled.identifier, then));
                    ids.collect()
                }
            };
            let cancel = Cancel {
                cancelled,
                about,
                key: key.clone(),
                version: name.clone(),
                learnt,
                line,
                cause,
            };
            match self.claims.contains_key(&cancel.cancelled) {
                true => self.cancel(cancel, batch),
                false => self.cancels.push_back(cancel),
            }
        }
    }

    /// Takes back what an alert claimed.
    fn cancel(&self, cancel: Cancel, batch: &mut Batch) {
        let claims = match self.claims.get(&cancel.cancelled) {
            Some(claims) => claims,
            None if !cancel.about.is_empty() => &cancel.about,
            None => {
                let reason = format!(
                    "it cancels {}, which is not in this file, and does not say what that was about; import both in one file, or take the claims back by hand",
                    cancel.cancelled
                );
                batch.rejects.push(Reject {
                    line: cancel.line,
                    record: Some(cancel.key),
                    field: None,
                    reason,
                });
                return;
            }
        };
        let version = Version {
            name: &cancel.version,
            learnt: cancel.learnt,
            line: cancel.line,
        };
        for claim in claims {
            self.mapper.retract(
                ClaimRef::Event(*claim),
                (self.mapper.mapping.changes.removed, None),
                &cancel.key,
                version,
                Some(cancel.cause),
                batch,
            );
        }
    }
}

impl Source for Feed {
    fn next_batch(&mut self) -> io::Result<Option<Batch>> {
        if let Some(input) = self.input.take() {
            self.read(input)?;
        }
        let mut batch = Batch::default();
        for records in 0..RECORDS {
            match self.items.next() {
                Some(Ok(item)) => self.publish(item, &mut batch),
                Some(Err(reject)) => batch.rejects.push(reject),
                None => match self.cancels.pop_front() {
                    Some(cancel) => self.cancel(cancel, &mut batch),
                    None if records == 0 => return Ok(None),
                    None => break,
                },
            }
            if batch.events.len() >= BATCH_LIMIT {
                break;
            }
        }
        Ok(Some(batch))
    }

    fn notes(&self) -> Vec<String> {
        self.mapper.unmet()
    }
}

fn refused(line: u64, reason: String) -> Reject {
    Reject {
        line,
        record: None,
        field: None,
        reason,
    }
}

/// The fields of a record as they are found: each once, and no more of them than a log takes.
#[derive(Default)]
struct Found {
    fields: Fields,
    bytes: usize,
}

impl Found {
    /// Adds a field; a value that is longer than one may be goes on in fields `name+2`, `name+3` and so on.
    fn put(&mut self, name: &str, value: &str) -> Result<(), String> {
        let mut rest = value;
        for nth in 1.. {
            let limit = Text::LIMIT.min(rest.len());
            let end = (0..=limit).rev().find(|end| rest.is_char_boundary(*end));
            let (piece, more) = rest.split_at(end.unwrap_or(rest.len()));
            let name = match nth {
                1 => name.to_owned(),
                _ => format!("{name}+{nth}"),
            };
            self.add(name, piece)?;
            rest = more;
            if rest.is_empty() {
                break;
            }
        }
        Ok(())
    }

    /// A field takes at least its bytes in the log, so that what is refused here would be refused there, after it was held.
    fn add(&mut self, name: String, value: &str) -> Result<(), String> {
        short_enough(&name)?;
        self.bytes += name.len() + value.len();
        if self.bytes > Event::LIMIT {
            return Err("the record is over the limit of 256 KiB".to_owned());
        }
        if self.fields.contains_key(&name) {
            return Err(twice(&name));
        }
        self.fields.insert(name, value.into());
        Ok(())
    }
}

/// What a record says of services, as far as there is room for it.
#[derive(Default)]
struct Parts {
    parts: Vec<Fields>,
    bytes: usize,
}

impl Parts {
    /// What a field takes beside its text, roughly.
    const FIELD: usize = 64;

    fn add(&mut self, part: Fields) -> Result<(), String> {
        let fields = part.iter();
        let bytes = fields.map(|(name, value)| name.len() + value.len() + Self::FIELD);
        self.bytes += bytes.sum::<usize>();
        if self.bytes > PARTS_BYTES {
            let reason = "what it says, once for each thing it is about, is over the limit of 32 MiB; split it, or say less of each";
            return Err(reason.to_owned());
        }
        self.parts.push(part);
        Ok(())
    }
}

/// The name of the nth of one name.
fn numbered(name: &str, nth: usize) -> String {
    match nth {
        1 => name.to_owned(),
        _ => format!("{name}#{nth}"),
    }
}

/// The line a byte stands on, from 1.
fn line_of(document: &[u8], at: usize) -> u64 {
    let before = &document[..at.min(document.len())];
    1 + before.iter().filter(|byte| **byte == b'\n').count() as u64
}
