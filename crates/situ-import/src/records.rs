//! What the records of a dataset said, as known at any moment.

use std::collections::BTreeMap;

use situ_core::{
    DecodeError, EventId, Instant, Kind, Known, Name, Payload, Position, Projection, RecordField,
    Recorded, Register, SituationId,
};

/// A record of a dataset, by its key.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RecordKey {
    /// The situation.
    pub situation: SituationId,
    /// The dataset.
    pub dataset: Name,
    /// The record's key in it.
    pub key: Name,
}

/// A view: every record that was published, with all its versions.
///
/// Of what was known, the publication that stands last in the log says what the record was; if it or one after it is retracted, the record
/// was gone.
#[derive(Debug, Default)]
pub struct Records {
    register: Register,
    published: BTreeMap<RecordKey, Vec<Publication>>,
}

/// A record as it was published once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publication {
    /// The event that says so.
    pub event: EventId,
    /// Where it stands in the log.
    pub position: Position,
    /// When it became public.
    pub learnt_at: Instant,
    /// Its fields.
    pub fields: BTreeMap<Name, RecordField>,
}

/// What a field of a record said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said<'a> {
    /// This, as it stood in the file: where that was JSON, a text has its quotes.
    Present {
        /// The field.
        field: &'a RecordField,
        /// Where it was published.
        published: &'a Publication,
    },
    /// The record was there, without the field.
    FieldAbsent {
        /// Where it was published.
        published: &'a Publication,
    },
    /// There was no such record.
    RecordAbsent,
}

impl Records {
    /// What a field of a record said, as known then.
    #[must_use]
    pub fn field(&self, record: &RecordKey, field: &Name, known: Known) -> Said<'_> {
        let Some(published) = self.record(record, known) else {
            return Said::RecordAbsent;
        };
        match published.fields.get(field) {
            Some(RecordField::Stated(None) | RecordField::Derived(None)) | None => {
                Said::FieldAbsent { published }
            }
            Some(field) => Said::Present { field, published },
        }
    }

    /// A record, as known then; `None` where it was not published yet, or was gone.
    #[must_use]
    pub fn record(&self, record: &RecordKey, known: Known) -> Option<&Publication> {
        let published = self.published.get(record)?;
        for one in published.iter().rev() {
            // That it is gone may be known before it was.
            if self.register.event_retraction(one.event, known).is_some() {
                return None;
            }
            if known.includes(one.learnt_at, one.position) {
                return Some(one);
            }
        }
        None
    }

    /// Every publication of a record, in the order of the log.
    #[must_use]
    pub fn publications(&self, record: &RecordKey) -> &[Publication] {
        self.published.get(record).map_or(&[], Vec::as_slice)
    }

    /// The records of a dataset that were ever published, in order of their keys.
    pub fn keys<'a>(
        &'a self,
        situation: &'a SituationId,
        dataset: &'a Name,
    ) -> impl Iterator<Item = &'a RecordKey> {
        self.published
            .keys()
            .filter(move |record| record.situation == *situation && record.dataset == *dataset)
    }

    /// The datasets of a situation, in order of their names.
    #[must_use]
    pub fn datasets(&self, situation: &SituationId) -> Vec<&Name> {
        let of_situation = self
            .published
            .keys()
            .filter(|record| record.situation == *situation);
        let mut datasets: Vec<&Name> = of_situation.map(|record| &record.dataset).collect();
        datasets.dedup();
        datasets
    }

    /// The versions of a dataset that the log holds, by their numbers: for each the position after which it held this version, and no
    /// later one.
    ///
    /// A dataset that is no history has none. A version that changed nothing may be missing: a history of operations does not tell
    /// of it.
    #[must_use]
    pub fn versions(&self, situation: &SituationId, dataset: &Name) -> BTreeMap<u64, Position> {
        let Ok(versions) = Name::new(crate::mapper::versions_of(dataset)) else {
            return BTreeMap::new();
        };
        let versions = self
            .published
            .iter()
            .filter(|(record, _)| record.situation == *situation && record.dataset == versions);
        let numbered = versions.filter_map(|(record, published)| {
            let number = record.key.as_str().parse().ok()?;
            Some((number, published.first()?.position))
        });
        numbered.collect()
    }

    /// The position after which the log held a version of a dataset, and no later one; `None` before the first.
    ///
    /// Of a number the log does not hold, that of the version before it: between two, a version that changed nothing is meant.
    /// So a number beyond the last gives the last, for the log cannot tell a version that changed nothing from one that was never
    /// published or not imported yet; who must not take one for the other compares with [`Records::versions`], as the command does.
    #[must_use]
    pub fn version(
        &self,
        situation: &SituationId,
        dataset: &Name,
        version: u64,
    ) -> Option<Position> {
        let versions = self.versions(situation, dataset);
        versions
            .range(..=version)
            .next_back()
            .map(|(_, position)| *position)
    }
}

impl Projection for Records {
    const NAME: &'static str = "records";
    const VERSION: u32 = 1;
    type Touched = ();

    fn apply(&mut self, recorded: &Recorded) -> Result<(), DecodeError> {
        if !matches!(recorded.kind, Kind::RecordPublished | Kind::ClaimRetracted) {
            return Ok(());
        }
        self.register.apply(recorded)?;
        let event = recorded.event()?;
        if let Payload::RecordPublished(record) = event.payload {
            let key = RecordKey {
                situation: recorded.situation.clone(),
                dataset: record.dataset,
                key: record.key,
            };
            self.published.entry(key).or_default().push(Publication {
                event: recorded.id,
                position: recorded.position,
                learnt_at: recorded.learnt_at,
                fields: record.fields,
            });
        }
        Ok(())
    }
}
