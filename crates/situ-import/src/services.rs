//! What records say of services, as the `[[services]]` of a mapping read them.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::Deserialize;
use situ_core::{
    Cause, Causes, ClaimRef, Degree, EventId, Extent, Name, Payload, PlaceDescribed, PlaceId,
    RetractionReason, Service, ServiceConfirmed, ServiceOutlookGiven, ServiceRestored,
    ServiceScope, ServiceSuspended, SourceId, Text, When,
};

use crate::feeds;
use crate::importer::{Batch, Reject, Sourced};
use crate::mapper::{Fields, Mapper, Version};
use crate::mapping::{ChangeKind, Condition, Mapping, Moment, Shape, holds};

/// What a record says of a service.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ServiceRule {
    /// Only of records that say this.
    #[serde(rename = "where")]
    pub(crate) where_: Condition,
    service: Option<Word<Service>>,
    /// How much of it is left.
    degree: Option<Word<Degree>>,
    /// Why, as stated.
    cause: Option<Word<Cause>>,
    /// Where: the first of these whose fields say something.
    scope: Vec<ScopeRule>,
    /// Since when.
    start: Option<Moment>,
    /// When it ended, as reported.
    end: Option<Moment>,
    /// Only of these records is the end a report; of others it is expected.
    ended_where: Condition,
    /// When it is expected to end.
    expected_end: Option<Moment>,
    /// Whether a record confirms what is under way when it becomes public.
    confirms: Option<bool>,
    /// The first of these fields that says something holds the source's own words.
    words: Vec<String>,
}

/// A word of a vocabulary: always the same, or what a field says.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
enum Word<T> {
    Always(T),
    Said {
        field: String,
        words: BTreeMap<String, T>,
        /// Words of the field that mean none.
        #[serde(default = "Vec::new")]
        nothing: Vec<String>,
        /// Where the field says nothing.
        otherwise: Option<T>,
    },
}

/// Where a service is meant, by the fields that say it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum ScopeRule {
    /// Always this place.
    Place(PlaceId),
    /// A place, as the last field that says something names it; it lies in what those before it name.
    Area(Names),
    Segment {
        from: Names,
        to: Names,
        route: Option<Names>,
    },
    Between {
        a: Names,
        b: Option<Names>,
    },
    Route(Names),
    Operator(Names),
    Network(Names),
    Facility(Names),
}

/// A field, or several that make up one name.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Names {
    One(String),
    Several(Vec<String>),
}

impl Names {
    fn fields(&self) -> &[String] {
        match self {
            Self::One(field) => std::slice::from_ref(field),
            Self::Several(fields) => fields,
        }
    }
}

impl ScopeRule {
    fn fields(&self) -> Vec<&String> {
        let names: Vec<&Names> = match self {
            Self::Place(_) => Vec::new(),
            Self::Segment { from, to, route } => [from, to].into_iter().chain(route).collect(),
            Self::Between { a, b } => std::iter::once(a).chain(b).collect(),
            Self::Area(names)
            | Self::Route(names)
            | Self::Operator(names)
            | Self::Network(names)
            | Self::Facility(names) => vec![names],
        };
        names.into_iter().flat_map(Names::fields).collect()
    }
}

/// Completes the rules of a mapping by those of its shape; says what they lack then.
pub(crate) fn complete(mapping: &mut Mapping) -> Result<(), String> {
    if mapping.shape == Shape::Cap && mapping.records.learnt.is_some() {
        let reason = "alerts of CAP say when they were sent; leave records.learnt out";
        return Err(reason.to_owned());
    }
    let usual = feeds::usual(mapping.shape).map(toml::from_str::<ServiceRule>);
    let usual = usual.transpose().map_err(|error| error.to_string())?;
    for (number, rule) in (1..).zip(&mut mapping.services) {
        if let Some(usual) = &usual {
            rule.complete(usual);
        }
        let wrong = match () {
            () if rule.service.is_none() => "name the `service`",
            () if rule.scope.is_empty() => "say where: `scope`, with the fields that name it",
            () if rule.start.is_none() => "say since when: `start`",
            () if rule.end.is_none() && !rule.ended_where.is_empty() => "`ended_where` needs `end`",
            () => continue,
        };
        return Err(format!("services {number}: {wrong}"));
    }
    Ok(())
}

impl ServiceRule {
    /// The fields its words are read from, and those of which one says where.
    pub(crate) fn words_and_scopes(&self) -> (Vec<&String>, Vec<&String>) {
        fn field<T>(word: &Option<Word<T>>) -> Option<&String> {
            match word {
                Some(Word::Said { field, .. }) => Some(field),
                Some(Word::Always(_)) | None => None,
            }
        }
        let words = [
            field(&self.service),
            field(&self.degree),
            field(&self.cause),
        ];
        let scopes = self.scope.iter().flat_map(ScopeRule::fields);
        (words.into_iter().flatten().collect(), scopes.collect())
    }

    /// The times it reads.
    pub(crate) fn moments(&self) -> impl Iterator<Item = &Moment> {
        let times = [&self.start, &self.end, &self.expected_end];
        times.into_iter().flatten()
    }

    fn complete(&mut self, usual: &Self) {
        fn take<T: Clone>(mine: &mut Option<T>, usual: &Option<T>) {
            if mine.is_none() {
                mine.clone_from(usual);
            }
        }
        take(&mut self.service, &usual.service);
        take(&mut self.degree, &usual.degree);
        take(&mut self.cause, &usual.cause);
        take(&mut self.start, &usual.start);
        take(&mut self.confirms, &usual.confirms);
        if self.end.is_none() && self.expected_end.is_none() {
            self.end.clone_from(&usual.end);
            self.ended_where.clone_from(&usual.ended_where);
            self.expected_end.clone_from(&usual.expected_end);
        }
        if self.scope.is_empty() {
            self.scope.clone_from(&usual.scope);
        }
        if self.words.is_empty() {
            self.words.clone_from(&usual.words);
        }
    }
}

/// Which claim of a record is meant: a record makes each at most once, so that a change is told from a new claim.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct ClaimKey {
    service: Service,
    scope: ServiceScope,
    /// Which claim of the record about this service and scope it is, from 1.
    nth: u32,
    step: Step,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Step {
    Suspended,
    Confirmed,
    Expected,
    Restored,
}

/// What a record claims of services.
pub(crate) type Claims = BTreeMap<ClaimKey, Stated>;

/// A claim about a service, but for its words.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stated {
    origin: SourceId,
    /// Since when, or when it ended or is expected to.
    when: Option<When>,
    degree: Degree,
    cause: Option<Cause>,
    words: Words,
}

/// Words make no other claim.
#[derive(Debug, Clone)]
struct Words(Option<Text>);

impl PartialEq for Words {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What tells claims about one service, scope and step apart.
type Said = (Option<When>, Degree, Option<Cause>);

/// The claims of a record as they are read.
#[derive(Default)]
struct Gathered {
    claims: Claims,
    /// What was said of each service, scope and step.
    said: HashMap<ClaimKey, HashSet<Said>>,
}

impl Gathered {
    /// Adds a claim, under the next number; said twice by one record, it is one claim.
    fn add(&mut self, mut claim: ClaimKey, stated: Stated) {
        let said = self.said.entry(claim.clone()).or_default();
        if said.insert((stated.when.clone(), stated.degree, stated.cause)) {
            claim.nth = u32::try_from(said.len()).unwrap_or(u32::MAX);
            self.claims.insert(claim, stated);
        }
    }
}

/// The claims of a record that stand.
#[derive(Debug, Default)]
pub(crate) struct Standing(BTreeMap<ClaimKey, Told>);

#[derive(Debug)]
struct Told {
    stated: Stated,
    event: EventId,
    /// What was told before, and not taken back since.
    before: Vec<EventId>,
}

/// A place that records named.
pub(crate) struct Named {
    /// The name its id was made of, where it was.
    made_of: Option<String>,
    within: Vec<PlaceId>,
}

/// What cannot be read: the field, where one is at fault, and why.
type Wrong = (Option<String>, String);

impl Mapper {
    /// What a record claims of services, in its parts; and what could not be read.
    pub(crate) fn services(
        &mut self,
        key: &str,
        fields: &Fields,
        parts: &[Fields],
        version: Version<'_>,
        batch: &mut Batch,
    ) -> Claims {
        let mut gathered = Gathered::default();
        if self.mapping.services.is_empty() {
            return gathered.claims;
        }
        let origin = match self.origin(fields) {
            Ok(Some(origin)) => origin,
            Ok(None) => return gathered.claims,
            Err((field, reason)) => {
                // Figures have said so already.
                if self.mapping.figures.is_empty() {
                    batch.rejects.push(Reject {
                        line: version.line,
                        record: Some(key.to_owned()),
                        field: Some(field),
                        reason,
                    });
                }
                return gathered.claims;
            }
        };
        let rules = std::mem::take(&mut self.mapping.services);
        for part in parts {
            for rule in &rules {
                if let Err((field, reason)) =
                    self.service(rule, (key, &origin), part, version, &mut gathered, batch)
                {
                    batch.rejects.push(Reject {
                        line: version.line,
                        record: Some(key.to_owned()),
                        field,
                        reason,
                    });
                }
            }
        }
        self.mapping.services = rules;
        gathered.claims
    }

    /// What one rule reads in one part of a record.
    fn service(
        &mut self,
        rule: &ServiceRule,
        (key, origin): (&str, &SourceId),
        part: &Fields,
        version: Version<'_>,
        gathered: &mut Gathered,
        batch: &mut Batch,
    ) -> Result<(), Wrong> {
        if !holds(&rule.where_, |field| self.text(part, field)) {
            return Ok(());
        }
        let Some(service) = self.word(rule.service.as_ref(), part)? else {
            return Ok(());
        };
        let degree = match &rule.degree {
            None => Degree::None,
            said => match self.word(said.as_ref(), part)? {
                Some(degree) => degree,
                None => return Ok(()),
            },
        };
        let cause = self.word(rule.cause.as_ref(), part)?;
        let Some(scope) = self.scope(&rule.scope, part, batch)? else {
            return Ok(());
        };
        let time = |moment: Option<&Moment>| match moment {
            Some(moment) if self.is_stated(moment, part) => self
                .moment(moment, key, part)
                .map_err(|reason| (None, reason)),
            _ => Ok(None),
        };
        let start = time(rule.start.as_ref())?;
        let mut end = time(rule.end.as_ref())?;
        let mut expected = time(rule.expected_end.as_ref())?;
        let is_reported = holds(&rule.ended_where, |field| self.text(part, field));
        let is_ahead = |end: &When| match (end.latest(), version.learnt) {
            (Some(latest), Some(learnt)) => latest > learnt,
            _ => true,
        };
        // An end that was to come when it was told, or of which nobody knows that it had come, is a plan.
        if let Some(planned) = end.take_if(|end| !is_reported || is_ahead(end)) {
            expected = expected.or(Some(planned));
        }
        for end in [&end, &expected].into_iter().flatten() {
            let starts = start.as_ref().and_then(When::earliest);
            if starts
                .zip(end.latest())
                .is_some_and(|(start, end)| end < start)
            {
                let start = start.as_ref().map(When::to_string).unwrap_or_default();
                return Err((
                    None,
                    format!("it ends at {end}, before it starts at {start}"),
                ));
            }
        }
        let words = rule.words.iter().find_map(|field| self.said(part, field));
        let words = words.and_then(|words| Text::new(shortened(&words)).ok());
        let stated = |when: Option<When>, degree, cause| Stated {
            origin: origin.clone(),
            when,
            degree,
            cause,
            words: Words(words.clone()),
        };
        let mut claim = |step, stated: Stated| {
            let claim = ClaimKey {
                service,
                scope: scope.clone(),
                nth: 0,
                step,
            };
            gathered.add(claim, stated);
        };
        let confirmed = version.learnt.filter(|learnt| {
            let is_begun = start
                .as_ref()
                .and_then(When::latest)
                .is_some_and(|start| start < *learnt);
            let is_over = expected
                .as_ref()
                .and_then(When::latest)
                .is_some_and(|end| end <= *learnt);
            rule.confirms == Some(true) && is_begun && !is_over && end.is_none()
        });
        claim(Step::Suspended, stated(start, degree, cause));
        if let Some(confirmed) = confirmed {
            claim(
                Step::Confirmed,
                stated(Some(When::instant(confirmed)), degree, None),
            );
        }
        if expected.is_some() {
            claim(Step::Expected, stated(expected, Degree::Normal, None));
        }
        if end.is_some() {
            claim(Step::Restored, stated(end, Degree::Normal, None));
        }
        Ok(())
    }

    fn word<T: Copy>(&self, word: Option<&Word<T>>, part: &Fields) -> Result<Option<T>, Wrong> {
        match word {
            None => Ok(None),
            Some(Word::Always(word)) => Ok(Some(*word)),
            Some(Word::Said {
                field,
                words,
                nothing,
                otherwise,
            }) => {
                let Some(said) = self.said(part, field) else {
                    return Ok(*otherwise);
                };
                let said = said.trim();
                match words.get(said) {
                    Some(word) => Ok(Some(*word)),
                    None if nothing.iter().any(|word| word == said) => Ok(None),
                    None => {
                        let shown: String = said.chars().take(40).collect();
                        let reason = format!(
                            "the mapping does not say what `{shown}` means; put it under `words` or `nothing`"
                        );
                        Err((Some(field.clone()), reason))
                    }
                }
            }
        }
    }

    /// The first scope whose fields say something.
    fn scope(
        &mut self,
        rules: &[ScopeRule],
        part: &Fields,
        batch: &mut Batch,
    ) -> Result<Option<ServiceScope>, Wrong> {
        for rule in rules {
            if let Some(of) = self.extent(rule, part, batch)? {
                return Ok(Some(ServiceScope::of(of)));
            }
        }
        Ok(None)
    }

    fn extent(
        &mut self,
        rule: &ScopeRule,
        part: &Fields,
        batch: &mut Batch,
    ) -> Result<Option<Extent>, Wrong> {
        Ok(match rule {
            ScopeRule::Place(place) => Some(Extent::Area {
                place: place.clone(),
            }),
            ScopeRule::Area(names) => self
                .area(names.fields(), part, batch)?
                .map(|place| Extent::Area { place }),
            ScopeRule::Segment { from, to, route } => {
                let ends = self.joined(from, part).zip(self.joined(to, part));
                let Some((start, stop)) = ends else {
                    return Ok(None);
                };
                let route = match route.as_ref().map(|route| self.joined(route, part)) {
                    Some(None) => return Ok(None),
                    route => route.flatten(),
                };
                Some(Extent::Segment {
                    from: self.place(from, &start, None, batch)?,
                    to: self.place(to, &stop, None, batch)?,
                    route: route.map(|route| name(&route)).transpose()?,
                })
            }
            ScopeRule::Between { a, b } => {
                let Some(one) = self.joined(a, part) else {
                    return Ok(None);
                };
                let other = match b {
                    None => None,
                    Some(b) => match self.joined(b, part) {
                        None => return Ok(None),
                        Some(other) => Some(self.place(b, &other, None, batch)?),
                    },
                };
                Some(Extent::Between {
                    a: self.place(a, &one, None, batch)?,
                    b: other,
                })
            }
            ScopeRule::Route(names) => self.named(names, part)?.map(|name| Extent::Route { name }),
            ScopeRule::Operator(names) => self
                .named(names, part)?
                .map(|name| Extent::Operator { name }),
            ScopeRule::Network(names) => self
                .named(names, part)?
                .map(|name| Extent::Network { name }),
            ScopeRule::Facility(names) => self
                .named(names, part)?
                .map(|name| Extent::Facility { name, place: None }),
        })
    }

    fn named(&self, names: &Names, part: &Fields) -> Result<Option<Name>, Wrong> {
        self.joined(names, part).map(|said| name(&said)).transpose()
    }

    /// What the fields say, all of them.
    fn joined(&self, names: &Names, part: &Fields) -> Option<String> {
        let said = names.fields().iter();
        let said: Option<Vec<_>> = said.map(|field| self.said(part, field)).collect();
        Some(on_one_line(&said?.join(", "))).filter(|said| !said.is_empty())
    }

    /// The innermost place that is named; it lies in the one before it.
    fn area(
        &mut self,
        fields: &[String],
        part: &Fields,
        batch: &mut Batch,
    ) -> Result<Option<PlaceId>, Wrong> {
        let mut innermost = None;
        for field in fields {
            let names = Names::One(field.clone());
            if let Some(said) = self.joined(&names, part) {
                innermost = Some(self.place(&names, &said, innermost.as_ref(), batch)?);
            }
        }
        Ok(innermost)
    }

    /// The id of a place by its name; one that nobody described yet is described.
    fn place(
        &mut self,
        names: &Names,
        said: &str,
        within: Option<&PlaceId>,
        batch: &mut Batch,
    ) -> Result<PlaceId, Wrong> {
        let field = || names.fields().first().cloned();
        let given = self.mapping.place_ids.get(said);
        let place = match given {
            Some(place) => place.clone(),
            None => PlaceId::new(slug(said)).map_err(|_| {
                let reason = format!("`{said}` makes no id of a place; give it one in [place_ids]");
                (field(), reason)
            })?,
        };
        if self.mapping.places.iter().any(|known| known.id == place) {
            return Ok(place);
        }
        // A name that was given its id may be any.
        let made_of = given.is_none().then(|| said.to_owned());
        let within: Vec<PlaceId> = within.into_iter().cloned().collect();
        if let Some(told) = self.places.get(&place) {
            if told.within != within {
                let reason = format!(
                    "`{said}` lies in another place here than before; give the two ids in [place_ids], or describe it in [[places]]"
                );
                return Err((field(), reason));
            }
            if let Some((said, other)) = made_of.as_ref().zip(told.made_of.as_ref())
                && said.to_lowercase() != other.to_lowercase()
            {
                let reason = format!(
                    "`{said}` and `{other}` make one id, {place}; give both one in [place_ids], the same where they are one place"
                );
                return Err((field(), reason));
            }
            return Ok(place);
        }
        let described = PlaceDescribed {
            place: place.clone(),
            names: vec![name(said)?],
            codes: Vec::new(),
            within: within.clone(),
            point: None,
        };
        self.places.insert(place.clone(), Named { made_of, within });
        self.describe(described.into(), batch);
        Ok(place)
    }

    /// Whether a time stands in a field that its publisher states.
    fn is_stated(&self, moment: &Moment, part: &Fields) -> bool {
        let mut fields = moment.fields.iter();
        let said = fields.find(|field| self.said(part, field).is_some());
        said.is_none_or(|field| !self.is_filled_in(field, part))
    }

    /// Says what is new of services, and takes back what is not said any more.
    pub(crate) fn tell_services(
        &self,
        standing: &mut Standing,
        (key, published): (&str, Option<EventId>),
        (fields, now): (&Fields, Claims),
        version: Version<'_>,
        batch: &mut Batch,
    ) {
        let changes = &self.mapping.changes;
        let retract =
            |target: EventId, why: (RetractionReason, Option<ClaimRef>), batch: &mut Batch| {
                self.retract(ClaimRef::Event(target), why, key, version, published, batch);
            };
        let all = std::mem::take(&mut standing.0).into_iter();
        let (kept, gone): (BTreeMap<_, _>, Vec<_>) = {
            let (kept, gone): (Vec<_>, Vec<_>) =
                all.partition(|(claim, _)| now.contains_key(claim));
            (kept.into_iter().collect(), gone)
        };
        standing.0 = kept;
        for (claim, stated) in now {
            let before = standing.0.remove(&claim);
            let before = match before {
                Some(before) if before.stated == stated => {
                    // Its words may be others.
                    standing.0.insert(claim, Told { stated, ..before });
                    continue;
                }
                before => before,
            };
            let event = self.tell(&claim, &stated, (key, published), fields, version, batch);
            let mut told = Told {
                stated,
                event,
                before: Vec::new(),
            };
            if let Some(mut before) = before {
                let is_revised = changes.as_ == ChangeKind::Revision
                    && before.stated.when == told.stated.when
                    && before.stated.origin == told.stated.origin;
                // Another forecast, and a later confirmation, say nothing against the one before.
                let adds = matches!(claim.step, Step::Expected | Step::Confirmed);
                if adds || is_revised {
                    before.before.push(before.event);
                    told.before = before.before;
                } else {
                    let why = (changes.reason, Some(ClaimRef::Event(event)));
                    retract(before.event, why, batch);
                    for earlier in before.before {
                        retract(earlier, why, batch);
                    }
                }
            }
            standing.0.insert(claim, told);
        }
        for (_, told) in gone {
            for event in told.before.into_iter().chain([told.event]) {
                retract(event, (changes.removed, None), batch);
            }
        }
    }

    /// The id of a claim, made from what it is about: whoever knows record and version knows it.
    pub(crate) fn service_id(&self, claim: &ClaimKey, key: &str, version: Version<'_>) -> EventId {
        let step = match claim.step {
            Step::Suspended => "suspended",
            Step::Confirmed => "confirmed",
            Step::Expected => "expected",
            Step::Restored => "restored",
        };
        let service = claim.service;
        let scope = serde_json::to_string(&claim.scope).unwrap_or_default();
        self.id(
            key,
            &format!("{step} {service} {} {scope}", claim.nth),
            version,
        )
    }

    fn tell(
        &self,
        claim: &ClaimKey,
        stated: &Stated,
        (key, published): (&str, Option<EventId>),
        fields: &Fields,
        version: Version<'_>,
        batch: &mut Batch,
    ) -> EventId {
        let id = self.service_id(claim, key, version);
        let ClaimKey {
            service,
            scope,
            step,
            ..
        } = claim.clone();
        let words = stated.words.0.clone();
        let mut occurred = stated.when.clone();
        let payload: Payload = match step {
            Step::Suspended => ServiceSuspended {
                service,
                scope,
                degree: stated.degree,
                causes: Causes {
                    stated: stated.cause,
                    assessed: None,
                },
                ordered_by: None,
                ordinal: None,
                words,
            }
            .into(),
            Step::Confirmed => ServiceConfirmed {
                service,
                scope,
                degree: stated.degree,
                ordinal: None,
                words,
            }
            .into(),
            Step::Restored => ServiceRestored {
                service,
                scope,
                degree: stated.degree,
                words,
            }
            .into(),
            Step::Expected => {
                let Some(expected_end) =
                    std::mem::replace(&mut occurred, version.learnt.map(When::instant))
                else {
                    return id;
                };
                ServiceOutlookGiven {
                    service,
                    scope,
                    expected_end,
                    words,
                }
                .into()
            }
        };
        let mut event = self.event(id, payload, version);
        event.occurred = occurred;
        event.source = Some(self.claimant(stated.origin.clone(), fields));
        event.caused_by = published;
        batch.events.push(Sourced {
            event,
            line: version.line,
        });
        id
    }
}

fn name(said: &str) -> Result<Name, Wrong> {
    Name::new(said).map_err(|error| (None, format!("the name of a place or route: {error}")))
}

/// Runs of white space become one space.
pub(crate) fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// On one line, and as long as a text may be.
fn shortened(words: &str) -> String {
    let mut words = on_one_line(words);
    if let Some((end, _)) = words
        .char_indices()
        .find(|(at, character)| at + character.len_utf8() > Text::LIMIT)
    {
        words.truncate(end);
    }
    words
}

/// Letters and digits, with hyphens between.
fn slug(name: &str) -> String {
    let lower = name.to_lowercase();
    let pieces = lower.split(|character: char| !character.is_alphanumeric());
    let pieces: Vec<&str> = pieces.filter(|piece| !piece.is_empty()).collect();
    pieces.join("-")
}
