//! From records to events, as a mapping says.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, NaiveDate, NaiveDateTime};
use sha2::{Digest as _, Sha256};
use situ_core::{
    AttackOccurred, CasualtiesReported, ClaimId, ClaimRef, ClaimRetracted, Count, Event,
    EventError, EventId, Figure, Harm, Instant, Name, Payload, Period, PlaceDescribed, PlaceId,
    Quantity, RecordField, RecordPublished, RetractionReason, SituationOpened, Source,
    SourceDescribed, SourceId, Text, Verbatim, When,
};

use crate::importer::{Batch, Reject, Sourced};
use crate::mapping::{
    ChangeKind, Coded, Described, FigureRule, FormRule, Hours, Mapping, Moment, PeriodRule,
    ScopeRule, TimePrecision, first_of, holds, holds_any,
};
use crate::services::{Named, Standing};
use crate::unmet::Unmet;

/// The fields of a record, each as it stood in the file.
pub(crate) type Fields = BTreeMap<String, Box<str>>;

/// The place of a figure in a mapping: its rule, and which of the places it is spread over.
type RuleAt = (usize, usize);

/// What a record claims.
type Claims = BTreeMap<RuleAt, Claimed>;

/// How the fields of a file are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Notation {
    /// Each is a value of JSON: a string has its quotes.
    Json,
    /// Each is text.
    Plain,
}

/// Which version of a record is meant: its name makes ids, so that the same version gives the same events.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Version<'a> {
    pub(crate) name: &'a str,
    pub(crate) learnt: Option<Instant>,
    pub(crate) line: u64,
}

/// Turns records into events, and keeps what it needs to tell a change from a repetition.
pub(crate) struct Mapper {
    pub(crate) mapping: Mapping,
    notation: Notation,
    /// Whether versions of a record follow one another, and so are to be compared.
    is_history: bool,
    is_begun: bool,
    live: HashMap<String, Live>,
    /// The places told, by digests of their ids, and whether with a point.
    pub(crate) located: HashMap<[u8; 32], bool>,
    /// The places that records named.
    pub(crate) places: HashMap<PlaceId, Named>,
    /// What the mapping reads and no record had so far.
    unmet: Unmet,
}

/// What stands of a record.
#[derive(Default)]
struct Live {
    published: Option<EventId>,
    attack: Option<Attacked>,
    /// What it claims by the place of the rule in the mapping, in the claims that say so: the last of them, and those it revises.
    claims: BTreeMap<RuleAt, (Claimed, Vec<ClaimId>)>,
    services: Standing,
    /// When the record as it is became known, and when what it claims did.
    learnt: Option<Instant>,
    claims_learnt: Option<Instant>,
    /// What does not stand any more, and when that became known.
    taken_back: BTreeMap<ClaimRef, Option<Instant>>,
}

impl Live {
    /// Whether what it claims became known after a version that follows: that one says it anew.
    fn is_later_than(&self, version: Version<'_>) -> bool {
        self.claims_learnt > version.learnt
    }

    /// What does not stand any more, which whoever knew this version and none of a later time does not know.
    fn known_later(&self, version: Version<'_>) -> Vec<ClaimRef> {
        let taken_back = self.taken_back.iter();
        let later = taken_back.filter(|(_, learnt)| **learnt > version.learnt);
        later.map(|(target, _)| *target).collect()
    }

    /// Takes note of what a version told.
    fn remember(&mut self, told: &[Sourced], version: Version<'_>) {
        self.claims_learnt = version.learnt;
        for sourced in told {
            if let Payload::ClaimRetracted(retracted) = &sourced.event.payload {
                self.taken_back.insert(retracted.target, version.learnt);
            }
        }
    }
}

/// That a record is an attack: the event that says so, what it says, and when it was.
type Attacked = (EventId, AttackOccurred, When);

/// What a figure of a record says.
#[derive(Debug, Clone, PartialEq)]
struct Claimed {
    origin: SourceId,
    as_of: When,
    figure: Figure,
}

impl Claimed {
    /// Whether it states another number for the same thing.
    fn revises(&self, other: &Self) -> bool {
        let mut same = other.clone();
        same.figure.quantity = self.figure.quantity;
        *self == same
    }
}

impl Mapper {
    pub(crate) fn new(mapping: Mapping, notation: Notation, is_history: bool) -> Self {
        Self {
            unmet: Unmet::of(&mapping),
            mapping,
            notation,
            is_history,
            is_begun: false,
            live: HashMap::new(),
            located: HashMap::new(),
            places: HashMap::new(),
        }
    }

    /// What the mapping reads and no record had, in words; nothing where there was no record.
    pub(crate) fn unmet(&self) -> Vec<String> {
        match self.is_begun {
            true => self.unmet.told(),
            false => Vec::new(),
        }
    }

    /// Describes the situation, its sources and its places, once.
    pub(crate) fn begin(&mut self, batch: &mut Batch) {
        if std::mem::replace(&mut self.is_begun, true) {
            return;
        }
        let mapping = &self.mapping;
        let mut payloads: Vec<Payload> = Vec::new();
        if let Some(title) = &mapping.situation.title {
            payloads.push(
                SituationOpened {
                    title: title.clone(),
                    zone: mapping.situation.zone,
                    places: Vec::new(),
                }
                .into(),
            );
        }
        let sources = std::iter::once(&mapping.publisher).chain(&mapping.sources);
        payloads.extend(sources.filter_map(described).map(Payload::from));
        payloads.extend(mapping.places.iter().map(|place| {
            PlaceDescribed {
                place: place.id.clone(),
                names: place.names.clone(),
                codes: Vec::new(),
                within: place.within.clone(),
                point: None,
            }
            .into()
        }));
        for payload in payloads {
            self.describe(payload, batch);
        }
    }

    /// Describes something that is known since the situation opened.
    pub(crate) fn describe(&self, payload: Payload, batch: &mut Batch) {
        let situation = &self.mapping.situation;
        let said = format!("{payload:?}");
        let id = id(Some(situation.opened), &[situation.id.as_str(), &said]);
        let mut event = Event::new(id, situation.id.clone(), payload);
        event.learnt_at = Some(situation.opened);
        batch.events.push(Sourced { event, line: 1 });
    }

    /// Publishes a record as it stands in a version.
    pub(crate) fn publish(
        &mut self,
        key: &str,
        fields: &Fields,
        version: Version<'_>,
        batch: &mut Batch,
    ) {
        self.publish_in_parts(key, fields, std::slice::from_ref(fields), version, batch);
    }

    /// The same, where a record says several things of services, each in fields of its own.
    ///
    /// Where anything in it cannot be read, the record is kept and nothing is claimed by it: what it claimed before stands.
    pub(crate) fn publish_in_parts(
        &mut self,
        key: &str,
        fields: &Fields,
        parts: &[Fields],
        version: Version<'_>,
        batch: &mut Batch,
    ) {
        self.begin(batch);
        self.unmet.meet(fields);
        let reject = |field: Option<&str>, reason: String| Reject {
            line: version.line,
            record: Some(key.to_owned()),
            field: field.map(str::to_owned),
            reason,
        };
        let is_derived = holds(&self.mapping.records.derived_where, |field| {
            self.text(fields, field)
        }) && !self.mapping.records.derived_where.is_empty();
        let record = match self.record(key, fields, is_derived) {
            Ok(record) => record,
            Err((field, reason)) => {
                batch.rejects.push(reject(field, reason));
                return;
            }
        };
        let mut wrong = Vec::new();
        let place = match self.mapping.location.clone() {
            Some(location) => self.locate(&location, fields, batch),
            None => Ok(None),
        };
        let place = place.unwrap_or_else(|(field, reason)| {
            wrong.push(reject(Some(&field), reason));
            None
        });
        let moment = self.mapping.as_of.as_ref();
        let as_of = moment.map_or(Ok(None), |moment| self.moment(moment, key, fields));
        let is_timed = as_of.is_ok();
        let as_of = as_of.unwrap_or_else(|reason| {
            wrong.push(reject(None, format!("as_of: {reason}")));
            None
        });
        let published = self.id(key, "record", version);
        let mut event = self.event(published, record, version);
        event.occurred.clone_from(&as_of);
        event.source = Some(self.publisher());
        // What a log would refuse must not leave claims behind that rest on it. Escaped, a byte takes six at most.
        let rough = fields
            .iter()
            .map(|(name, value)| name.len() + value.len() + 16);
        if rough.sum::<usize>() > Event::LIMIT / 8
            && let Err(EventError::TooLarge(_)) = event.encode(&mut Vec::new())
        {
            let reason = "the record is over the limit of 256 KiB".to_owned();
            batch.rejects.push(reject(None, reason));
            return;
        }
        batch.events.push(Sourced {
            event,
            line: version.line,
        });
        let mut live = self.live.remove(key).unwrap_or_default();
        let before = batch.events.len();
        let goes_back = live.is_later_than(version);
        (live.published, live.learnt) = (Some(published), version.learnt);
        let as_of = as_of.filter(|_| !is_derived);
        let attack = self.attack(
            &live,
            key,
            fields,
            (as_of.as_ref(), place.as_ref()),
            version,
        );
        let about = (attack.as_ref().map(|(id, ..)| *id), place.as_ref());
        let (mut claims, mut services) = (BTreeMap::new(), BTreeMap::new());
        let mut places = Batch::default();
        // Of a record whose time cannot be read there is nothing more to say.
        if !is_derived && is_timed {
            let refused;
            (claims, refused) = self.claims(as_of.as_ref(), fields, about);
            let refused = refused.into_iter();
            wrong.extend(refused.map(|(field, reason)| reject(Some(&field), reason)));
            services = self.services(key, fields, parts, version, &mut places);
            wrong.append(&mut places.rejects);
        }
        if wrong.is_empty() {
            if goes_back {
                self.take_back_services(&mut live, key, version, batch);
                let why = (self.mapping.changes.removed, None);
                for target in live.known_later(version) {
                    self.retract(target, why, key, version, live.published, batch);
                }
            }
            self.tell_attack(&mut live, key, attack, version, batch);
            self.claim(&mut live, key, (fields, claims), version, batch);
        }
        batch.events.append(&mut places.events);
        if wrong.is_empty() {
            let record = (key, live.published);
            self.tell_services(
                &mut live.services,
                record,
                (fields, services),
                version,
                batch,
            );
        }
        if self.is_history {
            if wrong.is_empty() {
                live.remember(&batch.events[before..], version);
            }
            self.live.insert(key.to_owned(), live);
        }
        batch.rejects.append(&mut wrong);
    }

    /// Takes back a record that a version no longer has, and all that was claimed by it.
    pub(crate) fn remove(&mut self, key: &str, version: Version<'_>, batch: &mut Batch) {
        let Some(mut live) = self.live.remove(key) else {
            return;
        };
        let before = batch.events.len();
        self.take_back(&mut live, key, version, batch);
        if let Some(published) = live.published.take() {
            let why = (self.mapping.changes.removed, None);
            self.retract(ClaimRef::Event(published), why, key, version, None, batch);
        }
        live.learnt = version.learnt;
        live.remember(&batch.events[before..], version);
        self.live.insert(key.to_owned(), live);
    }

    /// Takes back all that a record claims.
    fn take_back(&self, live: &mut Live, key: &str, version: Version<'_>, batch: &mut Batch) {
        self.take_back_services(live, key, version, batch);
        let claims = std::mem::take(&mut live.claims).into_values();
        let claims = claims.flat_map(|(_, told)| told).map(ClaimRef::Claim);
        let attack = live.attack.take().map(|(id, ..)| ClaimRef::Event(id));
        let why = (self.mapping.changes.removed, None);
        for target in claims.chain(attack).chain(live.known_later(version)) {
            self.retract(target, why, key, version, live.published, batch);
        }
    }

    fn take_back_services(
        &self,
        live: &mut Live,
        key: &str,
        version: Version<'_>,
        batch: &mut Batch,
    ) {
        let record = (key, live.published);
        let nothing = (&Fields::new(), BTreeMap::new());
        self.tell_services(&mut live.services, record, nothing, version, batch);
    }

    /// The records last told with a later time than this, in order of their keys: a version that became known before those before it
    /// has what they changed.
    pub(crate) fn told_after(&self, learnt: Instant) -> Vec<String> {
        let late = self.live.iter();
        let late = late.filter(|(_, live)| live.learnt.max(live.claims_learnt) > Some(learnt));
        let mut keys: Vec<String> = late.map(|(key, _)| key.clone()).collect();
        keys.sort();
        keys
    }

    /// Notes that a version was read to its end, or that it could not be read, as a record of its own.
    pub(crate) fn note_version(
        &mut self,
        fields: &[(&str, &str)],
        version: Version<'_>,
        batch: &mut Batch,
    ) {
        self.begin(batch);
        let mut noted = BTreeMap::new();
        for (field, said) in fields {
            // An error message may hold what a log does not take.
            let said: String = said
                .chars()
                .filter(|char| !char.is_control())
                .take(1000)
                .collect();
            if let (Ok(field), Ok(said)) = (Name::new(*field), Verbatim::new(said)) {
                noted.insert(field, RecordField::Stated(Some(said)));
            }
        }
        let names = (
            Name::new(versions_of(&self.mapping.dataset)),
            Name::new(version.name),
        );
        let (Ok(dataset), Ok(key)) = names else {
            return;
        };
        let record = RecordPublished {
            dataset,
            key,
            fields: noted,
        };
        let id = self.id("", "version", version);
        let mut event = self.event(id, record, version);
        event.source = Some(self.publisher());
        batch.events.push(Sourced {
            event,
            line: version.line,
        });
    }

    fn record<'a>(
        &self,
        key: &str,
        fields: &'a Fields,
        is_derived: bool,
    ) -> Result<RecordPublished, (Option<&'a str>, String)> {
        let key = Name::new(key).map_err(|error| (None, format!("the key: {error}")))?;
        let mut published = BTreeMap::new();
        for (field, value) in fields {
            let refuse = |error: String| (Some(field.as_str()), error);
            let name = Name::new(field.as_str()).map_err(|error| refuse(error.to_string()))?;
            let value = Verbatim::new(value.clone()).map_err(|error| refuse(error.to_string()))?;
            let field = match is_derived || self.is_filled_in(field, fields) {
                true => RecordField::Derived(Some(value)),
                false => RecordField::Stated(Some(value)),
            };
            published.insert(name, field);
        }
        Ok(RecordPublished {
            dataset: self.mapping.dataset.clone(),
            key,
            fields: published,
        })
    }

    /// Whether the publisher filled the field of this record in.
    pub(crate) fn is_filled_in(&self, field: &str, fields: &Fields) -> bool {
        let mut rules = self.mapping.records.derived_if.iter();
        self.mapping.is_derived(field)
            || rules.any(|rule| {
                rule.fields.iter().any(|derived| derived == field)
                    && holds(&rule.where_, |field| self.text(fields, field))
            })
    }

    fn is_attack(&self, fields: &Fields) -> bool {
        let rule = self.mapping.attack.as_ref();
        rule.is_some_and(|rule| holds(&rule.where_, |field| self.text(fields, field)))
    }

    /// The attack a record is, under the id of the one that stands where it says the same.
    fn attack(
        &self,
        live: &Live,
        key: &str,
        fields: &Fields,
        (as_of, place): (Option<&When>, Option<&PlaceId>),
        version: Version<'_>,
    ) -> Option<Attacked> {
        let rule = self.mapping.attack.as_ref()?;
        let as_of = as_of.filter(|_| self.is_attack(fields))?;
        let words = rule
            .words
            .as_ref()
            .and_then(|field| self.text(fields, field));
        let attack = AttackOccurred {
            mode: self.coded(rule.modes.as_ref(), fields).unwrap_or(rule.mode),
            targets: Vec::new(),
            places: place.into_iter().cloned().collect(),
            unnamed_places_within: None,
            part_of: None,
            words: words.and_then(|words| Text::new(words.as_ref()).ok()),
        };
        let id = match &live.attack {
            Some((id, before, when))
                if (before, when) == (&attack, as_of) && !live.is_later_than(version) =>
            {
                *id
            }
            _ => self.id(key, "attack", version),
        };
        Some((id, attack, as_of.clone()))
    }

    /// Says that a record is an attack where that is new, and takes back that it is another.
    fn tell_attack(
        &self,
        live: &mut Live,
        key: &str,
        now: Option<Attacked>,
        version: Version<'_>,
        batch: &mut Batch,
    ) {
        let id = |attack: &Option<Attacked>| attack.as_ref().map(|(id, ..)| *id);
        let before = id(&live.attack);
        if before == id(&now) {
            return;
        }
        if let Some((id, attack, as_of)) = &now {
            let mut event = self.event(*id, attack.clone(), version);
            event.occurred = Some(as_of.clone());
            event.source = Some(self.publisher());
            event.caused_by = live.published;
            batch.events.push(Sourced {
                event,
                line: version.line,
            });
        }
        if let Some(before) = before {
            let why = (self.mapping.changes.reason, id(&now).map(ClaimRef::Event));
            let target = ClaimRef::Event(before);
            self.retract(target, why, key, version, live.published, batch);
        }
        live.attack = now;
    }

    /// Says what is new, and takes back what is not said any more.
    fn claim(
        &self,
        live: &mut Live,
        key: &str,
        (fields, now): (&Fields, Claims),
        version: Version<'_>,
        batch: &mut Batch,
    ) {
        let goes_back = live.is_later_than(version);
        let changed: Vec<_> = now
            .iter()
            .filter(|(rule, claimed)| {
                live.claims
                    .get(rule)
                    .is_none_or(|(before, _)| goes_back || before != *claimed)
            })
            .map(|(rule, claimed)| (*rule, claimed.clone()))
            .collect();
        let id = self.id(key, "claims", version);
        if let Some((_, first)) = changed.first() {
            let reported = CasualtiesReported {
                figures: changed
                    .iter()
                    .map(|(_, claimed)| claimed.figure.clone())
                    .collect(),
                words: self.words(fields),
                epoch: None,
            };
            let mut event = self.event(id, reported, version);
            event.occurred = Some(first.as_of.clone());
            event.source = Some(self.claimant(first.origin.clone(), fields));
            event.caused_by = live.published;
            batch.events.push(Sourced {
                event,
                line: version.line,
            });
        }
        let changes = &self.mapping.changes;
        let mut fallen: Vec<(ClaimId, (RetractionReason, Option<ClaimRef>))> = Vec::new();
        for (figure, (rule, claimed)) in (1..).zip(changed) {
            let claim = ClaimId { event: id, figure };
            let (before, mut told) = live.claims.remove(&rule).unzip();
            let revises = before.is_none_or(|before: Claimed| claimed.revises(&before));
            // What became known later wins on its line, so a revision of an earlier time revises nothing.
            if changes.as_ == ChangeKind::Correction || !revises || goes_back {
                let why = (changes.reason, Some(ClaimRef::Claim(claim)));
                fallen.extend(told.take().into_iter().flatten().map(|told| (told, why)));
            }
            let mut told: Vec<ClaimId> = told.unwrap_or_default();
            told.push(claim);
            live.claims.insert(rule, (claimed, told));
        }
        let (kept, gone): (BTreeMap<_, _>, BTreeMap<_, _>) = std::mem::take(&mut live.claims)
            .into_iter()
            .partition(|(rule, _)| now.contains_key(rule));
        live.claims = kept;
        let gone = gone.into_values().flat_map(|(_, told)| told);
        fallen.extend(gone.map(|told| (told, (changes.removed, None))));
        for (claim, why) in fallen {
            let target = ClaimRef::Claim(claim);
            self.retract(target, why, key, version, live.published, batch);
        }
    }

    /// What a record claims, by the place of the rule in the mapping; and what could not be read.
    fn claims(
        &self,
        as_of: Option<&When>,
        fields: &Fields,
        (attack, location): (Option<EventId>, Option<&PlaceId>),
    ) -> (Claims, Vec<(String, String)>) {
        let mut claims = BTreeMap::new();
        let mut refused = Vec::new();
        let origin = match self.origin(fields) {
            Ok(Some(origin)) => origin,
            Ok(None) => return (claims, refused),
            Err(why) => return (claims, vec![why]),
        };
        for (at, rule, place, name, said) in self.spoken(fields) {
            let figure = match as_of {
                Some(as_of) => self
                    .quantity(rule, (name, &said), fields)
                    .and_then(|quantity| self.figure(rule, as_of, fields, attack, quantity))
                    .map(|figure| figure.map(|figure| (as_of.clone(), figure))),
                None if rule.scope == ScopeRule::Record && !self.is_attack(fields) => Ok(None),
                None => Err("a figure, and no field of [as_of] says of when".to_owned()),
            };
            match figure {
                Ok(Some((as_of, mut figure))) => {
                    figure.places.extend(place.or(location).cloned());
                    let claimed = Claimed {
                        origin: origin.clone(),
                        as_of,
                        figure,
                    };
                    claims.insert(at, claimed);
                }
                Ok(None) => {}
                Err(reason) => refused.push((name.to_owned(), reason)),
            }
        }
        (claims, refused)
    }

    /// The figures of which a record says something: where the rule stands, of which place, in which field and what.
    fn spoken<'a>(
        &'a self,
        fields: &'a Fields,
    ) -> impl Iterator<
        Item = (
            RuleAt,
            &'a FigureRule,
            Option<&'a PlaceId>,
            &'a str,
            Cow<'a, str>,
        ),
    > {
        let text = |field: &str| self.text(fields, field);
        let rules = self.mapping.figures.iter().enumerate();
        let rules = rules
            .filter(move |(_, rule)| holds(&rule.where_, text) && !holds_any(&rule.unless, text));
        let spread = rules.flat_map(|(number, rule)| {
            let places = rule.spread().into_iter().enumerate();
            places.map(move |(place, (names, id))| ((number, place), rule, names, id))
        });
        spread.filter_map(|(at, rule, names, place)| {
            let (name, said) = names.iter().find_map(|name| {
                let said = self.said(fields, name)?;
                let is_absent = rule.absent.iter().any(|word| word == said.trim());
                (!is_absent).then_some((name, said))
            })?;
            (!self.is_filled_in(name, fields)).then_some((at, rule, place, name.as_str(), said))
        })
    }

    /// `None` where its window has no length, or the record is no attack.
    fn figure(
        &self,
        rule: &FigureRule,
        as_of: &When,
        fields: &Fields,
        attack: Option<EventId>,
        (quantity, words): (Quantity, Option<Text>),
    ) -> Result<Option<Figure>, String> {
        let period = match rule.period {
            PeriodRule::Incident => Period::Incident,
            PeriodRule::Cumulative => Period::Cumulative {
                since: rule.since.clone(),
            },
            PeriodRule::Window => match self.window_start(rule, as_of, fields)? {
                Some(from) => Period::Window {
                    counts: rule.counts,
                    from,
                },
                None => return Ok(None),
            },
        };
        let scope = match rule.scope {
            ScopeRule::All => Harm::All,
            ScopeRule::Attacks => Harm::Attacks,
            ScopeRule::Operations => Harm::Operations,
            ScopeRule::Record => match attack {
                Some(attack) => Harm::Event(attack),
                None => return Ok(None),
            },
        };
        Ok(Some(Figure {
            outcome: rule.outcome,
            who: rule.who,
            sex: rule.sex,
            age: rule.age,
            quantity,
            words: words.or_else(|| rule.words.clone()),
            scope,
            places: Vec::new(),
            period,
            basis: rule.basis,
        }))
    }

    /// Where a window starts that ends with the as-of.
    fn window_start(
        &self,
        rule: &FigureRule,
        as_of: &When,
        fields: &Fields,
    ) -> Result<Option<When>, String> {
        let hours = match &rule.hours {
            Some(Hours::Fixed(hours)) => u64::from(*hours),
            Some(Hours::Field(field)) => match self.said(fields, field) {
                Some(said) => self
                    .number(&said)
                    .map_err(|reason| format!("{field}: {reason}"))?,
                None => return Ok(None),
            },
            None => return Ok(None),
        };
        if hours == 0 {
            return Ok(None);
        }
        if hours > 24 * 366 {
            return Err(format!("a window of {hours} hours is longer than a year"));
        }
        let end = as_of.latest().ok_or("the as-of has no end")?;
        let zone = self.mapping.situation.zone;
        let early = || format!("a window of {hours} hours begins before any time a log holds");
        let span = i64::try_from(hours).unwrap_or(i64::MAX);
        if as_of.precision() == situ_core::Precision::Day && hours % 24 == 0 {
            let days = chrono::Days::new(hours / 24 - 1);
            let first = zone.day_of(end).checked_sub_days(days).ok_or_else(early)?;
            let first = format!("{first}[{zone}]").parse();
            return first.map(Some).map_err(|_| early());
        }
        let start = end.saturating_add_nanos(-span * 3600 * 1_000_000_000);
        let start = readable(start).ok_or_else(early)?;
        Ok(Some(When::instant(start)))
    }

    /// Who claims the figures of a record; `None` where nobody does.
    pub(crate) fn origin(&self, fields: &Fields) -> Result<Option<SourceId>, (String, String)> {
        let Some(claimed_by) = &self.mapping.claimed_by else {
            return Ok(Some(self.mapping.publisher.id.clone()));
        };
        let Some(field) = &claimed_by.field else {
            return Ok(claimed_by.id.clone());
        };
        let Some(said) = self.said(fields, field) else {
            return Ok(None);
        };
        match claimed_by.ids.get(said.trim()) {
            Some(id) => Ok(Some(id.clone())),
            None => {
                let shown: String = said.chars().take(40).collect();
                let reason = format!("claimed_by.ids of the mapping has no `{shown}`");
                Err((field.clone(), reason))
            }
        }
    }

    fn publisher(&self) -> Source {
        let publisher = &self.mapping.publisher;
        Source {
            url: publisher.url.clone(),
            ..Source::new(publisher.id.clone())
        }
    }

    /// The source of figures: what stands in one record is one report, so its digest is that of the record.
    pub(crate) fn claimant(&self, origin: SourceId, fields: &Fields) -> Source {
        let publisher = &self.mapping.publisher.id;
        let via = (origin != *publisher).then(|| publisher.clone());
        Source {
            via: via.into_iter().collect(),
            digest: Name::new(format!("sha256:{}", hex(&digest_of(fields)))).ok(),
            ..Source::new(origin)
        }
    }

    pub(crate) fn retract(
        &self,
        target: ClaimRef,
        (reason, replacement): (RetractionReason, Option<ClaimRef>),
        key: &str,
        version: Version<'_>,
        caused_by: Option<EventId>,
        batch: &mut Batch,
    ) {
        let id = self.id(key, &format!("retract {target}"), version);
        let retracted = ClaimRetracted {
            target,
            reason,
            replacement,
            words: None,
        };
        let mut event = self.event(id, retracted, version);
        event.source = Some(self.publisher());
        event.caused_by = caused_by;
        batch.events.push(Sourced {
            event,
            line: version.line,
        });
    }

    pub(crate) fn event(
        &self,
        id: EventId,
        payload: impl Into<Payload>,
        version: Version<'_>,
    ) -> Event {
        let mut event = Event::new(id, self.mapping.situation.id.clone(), payload);
        event.learnt_at = version.learnt;
        event
    }

    pub(crate) fn id(&self, key: &str, role: &str, version: Version<'_>) -> EventId {
        let mapping = &self.mapping;
        let parts = [
            mapping.situation.id.as_str(),
            mapping.publisher.id.as_str(),
            mapping.dataset.as_str(),
            version.name,
            key,
            role,
        ];
        id(version.learnt, &parts)
    }

    /// The key of a row of a table.
    pub(crate) fn key(&self, fields: &Fields) -> Result<String, String> {
        let mut parts = Vec::new();
        for column in &self.mapping.records.key {
            let name = column.name();
            let Some(text) = self.text(fields, name) else {
                return Err(format!("the row has no `{name}`, which is of its key"));
            };
            // A key is one line, as a name is.
            let words: Vec<&str> = column.cut(&text).split_whitespace().collect();
            parts.push(words.join(" "));
        }
        Ok(parts.join("|"))
    }

    /// What a field says, without the signs of its notation; `None` where it is not there, or null.
    pub(crate) fn text<'a>(&self, fields: &'a Fields, field: &str) -> Option<Cow<'a, str>> {
        let value = fields.get(field)?;
        if self.notation == Notation::Plain {
            return Some(Cow::Borrowed(value));
        }
        match serde_json::from_str(value) {
            Ok(serde_json::Value::String(text)) => Some(Cow::Owned(text)),
            Ok(serde_json::Value::Null) => None,
            _ => Some(Cow::Borrowed(value)),
        }
    }

    /// The same, but `None` also where it holds a word that stands for no value.
    pub(crate) fn said<'a>(&self, fields: &'a Fields, field: &str) -> Option<Cow<'a, str>> {
        let text = self.text(fields, field)?;
        let absent = &self.mapping.values.absent;
        let is_absent = absent.iter().any(|word| word.as_str() == text.trim());
        (!is_absent).then_some(text)
    }

    fn number(&self, said: &str) -> Result<u64, String> {
        let rules = &self.mapping.values;
        let mut digits = Cow::Borrowed(said.trim());
        if let Some(group) = &rules.group {
            digits = Cow::Owned(digits.replace(group.as_str(), ""));
        }
        let whole = match digits.split_once('.') {
            Some((whole, rest))
                if rules.whole_decimals && rest.bytes().all(|byte| byte == b'0') =>
            {
                whole
            }
            _ => &digits,
        };
        let is_number = !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit());
        match whole.parse() {
            Ok(number) if is_number => Ok(number),
            _ => {
                let shown: String = said.chars().take(40).collect();
                Err(format!("`{shown}` is no whole number of people"))
            }
        }
    }

    /// What a figure says, and in which words where the quantity does not hold all of it.
    fn quantity(
        &self,
        rule: &FigureRule,
        (name, said): (&str, &str),
        fields: &Fields,
    ) -> Result<(Quantity, Option<Text>), String> {
        let count = self.count(said)?;
        if let (Some(low), Some(high)) = (&rule.low, &rule.high) {
            return self.bounded(count, name, (low, high), fields);
        }
        let quantity = match rule.form {
            FormRule::Exactly => Quantity::exactly(count),
            FormRule::AtLeast => Quantity::at_least(count),
            FormRule::UpTo => Quantity::up_to(count),
            FormRule::About => Quantity::about(count),
        };
        Ok((quantity, None))
    }

    /// A figure between two others: what the source thinks best is kept in words.
    fn bounded(
        &self,
        best: Count,
        name: &str,
        (low_field, high_field): (&str, &str),
        fields: &Fields,
    ) -> Result<(Quantity, Option<Text>), String> {
        let stated = |field: &str| {
            let said = self.said(fields, field);
            said.filter(|_| !self.is_filled_in(field, fields))
        };
        let bound = |field: &str| match stated(field) {
            Some(said) => self
                .count(&said)
                .map_err(|reason| format!("{field}: {reason}")),
            None => Err(format!("`{field}` says nothing, and bounds it")),
        };
        let (low, high) = (bound(low_field)?, bound(high_field)?);
        if low > best || best > high {
            return Err(format!(
                "{low_field} ≤ {name} ≤ {high_field} does not hold: {}, {}, {}",
                low.get(),
                best.get(),
                high.get()
            ));
        }
        if low == high {
            return Ok((Quantity::exactly(best), None));
        }
        let quantity = Quantity::between(low, high).map_err(|error| error.to_string())?;
        Ok((quantity, Text::new(format!("{name} {}", best.get())).ok()))
    }

    fn count(&self, said: &str) -> Result<Count, String> {
        Count::new(self.number(said)?).map_err(|error| error.to_string())
    }

    /// What the word of a field stands for.
    pub(crate) fn coded<T: Copy>(&self, coded: Option<&Coded<T>>, fields: &Fields) -> Option<T> {
        let coded = coded?;
        let said = self.said(fields, &coded.field)?;
        coded.words.get(said.trim()).copied()
    }

    /// The words the figures were taken from; what is no text is left to the record.
    fn words(&self, fields: &Fields) -> Option<Text> {
        let field = self.mapping.claimed_by.as_ref()?.words.as_ref()?;
        let said = self.said(fields, field)?;
        Text::new(said.trim()).ok()
    }

    /// The time a record says; `None` where it says none.
    pub(crate) fn moment(
        &self,
        moment: &Moment,
        key: &str,
        fields: &Fields,
    ) -> Result<Option<When>, String> {
        let text = if moment.fields.is_empty() {
            let second = key.rsplit_once('#');
            let is_number =
                |end: &str| !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit());
            let plain = second
                .filter(|(_, end)| is_number(end))
                .map_or(key, |(plain, _)| plain);
            Some(Cow::Borrowed(plain))
        } else {
            moment
                .fields
                .iter()
                .find_map(|field| self.said(fields, field))
        };
        let Some(text) = text else {
            return Ok(None);
        };
        let start = self.written(moment, &text)?;
        let end = match &moment.until {
            Some(until) => self.moment(until, key, fields)?,
            None => None,
        };
        match (end, self.coded(moment.precision.as_ref(), fields)) {
            (Some(end), _) => self.until(&start, &end).map(Some),
            (None, Some(precision)) => self.as_fine_as(start, precision).map(Some),
            (None, None) => Ok(Some(start)),
        }
    }

    fn written(&self, moment: &Moment, text: &str) -> Result<When, String> {
        let text = text.trim();
        let text = moment.first.map_or(text, |first| first_of(text, first));
        self.time(text, &moment.formats).ok_or_else(|| {
            let shown: String = text.chars().take(40).collect();
            format!("`{shown}` is no time as the mapping says they are written")
        })
    }

    /// From the start of one time to the end of another.
    fn until(&self, start: &When, end: &When) -> Result<When, String> {
        if start == end {
            return Ok(start.clone());
        }
        let zone = self.mapping.situation.zone;
        let interval = format!("{}/{}[{zone}]", start.edtf(), end.edtf());
        let without_zone = format!("{}/{}", start.edtf(), end.edtf());
        let read = interval.parse().or_else(|_| without_zone.parse());
        read.map_err(|_| format!("{without_zone} is no span of time"))
    }

    /// A day, as finely as it is known.
    fn as_fine_as(&self, when: When, precision: TimePrecision) -> Result<When, String> {
        let zone = self.mapping.situation.zone;
        let refuse = || format!("{when} cannot be said less finely");
        let start = when.earliest().ok_or_else(refuse)?;
        let day = zone.day_of(start);
        let text = match precision {
            TimePrecision::Day => return Ok(when),
            TimePrecision::Week => {
                let week = chrono::Days::new(6);
                let (first, last) = (day - week, day + week);
                format!("{first}/{last}[{zone}]")
            }
            TimePrecision::Month => format!("{}[{zone}]", day.format("%Y-%m")),
            TimePrecision::Year => format!("{}[{zone}]", day.format("%Y")),
        };
        text.parse().map_err(|_| refuse())
    }

    fn time(&self, text: &str, formats: &[String]) -> Option<When> {
        let zone = self.mapping.situation.zone;
        let day = |day: NaiveDate| format!("{day}[{zone}]").parse::<When>().ok();
        let local = |local: NaiveDateTime| readable(zone.moment(local)).map(When::instant);
        if formats.is_empty() {
            let as_local = || NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%S").ok();
            let with_zone = format!("{text}[{zone}]");
            return with_zone
                .parse()
                .ok()
                .or_else(|| text.parse().ok())
                .or_else(|| local(as_local()?));
        }
        formats.iter().find_map(|format| {
            if format == "%s" {
                let seconds: i64 = text.parse().ok()?;
                let nanos = seconds.checked_mul(1_000_000_000)?;
                return readable(Instant::from_unix_nanos(nanos)).map(When::instant);
            }
            if let Ok(moment) = DateTime::parse_from_str(text, format) {
                return readable(moment.to_utc().into()).map(When::instant);
            }
            let as_local = || NaiveDateTime::parse_from_str(text, format).ok();
            match NaiveDate::parse_from_str(text, format) {
                Ok(read) if as_local().is_none() => day(read),
                _ => local(as_local()?),
            }
        })
    }
}

/// An instant in the years a log holds; `None` for another, which could be told but never be read.
fn readable(instant: Instant) -> Option<Instant> {
    instant.to_string().parse().ok()
}

/// The name of the dataset that holds the versions of another.
pub(crate) fn versions_of(dataset: &Name) -> String {
    format!("{}/versions", dataset.as_str())
}

fn described(source: &Described) -> Option<SourceDescribed> {
    Some(SourceDescribed {
        id: source.id.clone(),
        name: source.name.clone()?,
        kind: source.kind,
        party: source.party.clone(),
    })
}

/// Digest of the fields of a record.
pub(crate) fn digest_of(fields: &Fields) -> [u8; 32] {
    let mut hash = Sha256::new();
    for (field, value) in fields {
        put(&mut hash, field);
        put(&mut hash, value);
    }
    hash.finalize().into()
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// With its length first, so that two texts never read as one.
pub(crate) fn put(hash: &mut Sha256, text: &str) {
    hash.update((text.len() as u64).to_be_bytes());
    hash.update(text);
}

fn id(learnt: Option<Instant>, parts: &[&str]) -> EventId {
    let mut hash = Sha256::new();
    put(&mut hash, "situ-import-1");
    for part in parts {
        put(&mut hash, part);
    }
    let digest: [u8; 32] = hash.finalize().into();
    let mut first = [0; 10];
    first.copy_from_slice(&digest[..10]);
    let learnt = learnt.unwrap_or(Instant::from_unix_nanos(0));
    EventId::from_content(learnt, first)
}
