//! The claims of one situation, by service and scope, and which scope lies in which.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::num::NonZeroU32;

use std::sync::Arc;

use situ_core::{
    Degree, EventId, Extent, Instant, Known, PlaceId, Position, Recorded, Register, Service,
    ServiceScope, SituationId, SourceId,
};

use crate::claim::{Claim, Says, Span, normal};

/// The claims of one situation.
#[derive(Debug, Clone)]
pub(crate) struct Ledger {
    pub(crate) situation: SituationId,
    claims: Vec<Claim>,
    sources: Vec<SourceId>,
    source_numbers: BTreeMap<SourceId, NonZeroU32>,
    lines: BTreeMap<Service, Lines>,
    /// The places a scope was declared to lie in, being named as one of "some of" them.
    members: BTreeMap<(Service, Extent), Vec<(PlaceId, u32)>>,
    /// What else may change a status: descriptions and retractions.
    others: Vec<Other>,
    /// How many claims, and how many others, were taken in by [`Ledger::take_new`].
    taken: (usize, usize),
}

/// The lines of one service: looked up with every claim, which keys in order would make slow.
#[derive(Debug, Clone, Default)]
struct Lines {
    numbers: HashMap<Extent, u32>,
    lines: Vec<Line>,
    in_order: BTreeSet<Extent>,
    betweens: Vec<Extent>,
}

/// The claims on one scope.
#[derive(Debug, Clone)]
struct Line {
    /// How the last of them spells its scope.
    spelled: Arc<ServiceScope>,
    entries: Vec<Entry>,
}

impl Lines {
    fn contains(&self, extent: &Extent) -> bool {
        self.numbers.contains_key(extent)
    }

    fn entries(&self, extent: &Extent) -> &[Entry] {
        let number = self.numbers.get(extent);
        number.map_or(&[], |number| &self.lines[*number as usize].entries)
    }

    /// Adds an entry of a claim that spells its scope so; where the claim before spells it the same, the two share it.
    fn add(&mut self, extent: &Extent, entry: Entry, spelled: &mut Arc<ServiceScope>) {
        let number = match self.numbers.get(extent) {
            Some(number) => *number,
            None => self.begin(extent, spelled),
        };
        let line = &mut self.lines[number as usize];
        line.entries.push(entry);
        if line.spelled == *spelled {
            *spelled = Arc::clone(&line.spelled);
        } else {
            line.spelled = Arc::clone(spelled);
        }
    }

    fn begin(&mut self, extent: &Extent, spelled: &Arc<ServiceScope>) -> u32 {
        let number = u32::try_from(self.lines.len()).expect("a service has fewer than 2^32 scopes");
        self.numbers.insert(extent.clone(), number);
        self.lines.push(Line {
            spelled: Arc::clone(spelled),
            entries: Vec::new(),
        });
        self.in_order.insert(extent.clone());
        if matches!(extent, Extent::Between { .. }) {
            self.betweens.push(extent.clone());
        }
        number
    }
}

/// A description, or a retraction.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Other {
    pub(crate) learnt_at: Instant,
    pub(crate) position: Position,
    pub(crate) event: EventId,
    /// `None`: a description.
    pub(crate) retracts: Option<EventId>,
}

/// An event that may change a status.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn<'a> {
    pub(crate) learnt_at: Instant,
    pub(crate) position: Position,
    pub(crate) event: EventId,
    /// `None`: a description or a retraction.
    pub(crate) claim: Option<&'a Claim>,
}

/// A claim on a line, with what decides where it stands: the claims of a line lie far apart in memory, its entries do not.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    claim: u32,
    pub(crate) event: EventId,
    /// Its number in the ledger; claims without one have none.
    pub(crate) source: Option<NonZeroU32>,
    pub(crate) part: Part,
    pub(crate) learnt_at: Instant,
    pub(crate) position: Position,
    /// When it speaks of, as told.
    earliest: Option<Instant>,
    latest: Option<Instant>,
    /// `None`: an outlook.
    pub(crate) degree: Option<Degree>,
    pub(crate) news: News,
    /// Whether it says when.
    pub(crate) is_dated: bool,
    pub(crate) has_ordinal: bool,
    pub(crate) has_except: bool,
}

impl Entry {
    /// When it speaks of.
    pub(crate) fn span(&self) -> Span {
        Span::new(self.earliest, self.latest, self.learnt_at)
    }
}

/// What kind of news a claim is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    /// It got worse, or began to be told of.
    Onset,
    /// It was still so.
    Still,
    /// It came back.
    Return,
    /// It is expected back.
    Outlook,
}

impl News {
    fn of(claim: &Claim) -> Self {
        match claim.says {
            _ if claim.expected_end().is_some() => Self::Outlook,
            Says::Suspended(_) => Self::Onset,
            Says::Confirmed(_) => Self::Still,
            Says::Restored(_) => Self::Return,
            Says::Expected(_) => Self::Outlook,
        }
    }
}

/// Which part of a claim's scope a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// All of it, or a named member.
    Named,
    /// The members nobody named.
    Unnamed,
    /// What did not come back with the rest.
    Exception,
}

impl Ledger {
    pub(crate) const fn new(situation: SituationId) -> Self {
        Self {
            situation,
            claims: Vec::new(),
            sources: Vec::new(),
            source_numbers: BTreeMap::new(),
            lines: BTreeMap::new(),
            members: BTreeMap::new(),
            others: Vec::new(),
            taken: (0, 0),
        }
    }

    /// Notes a description or a retraction.
    pub(crate) fn note(&mut self, recorded: &Recorded, retracts: Option<EventId>) {
        self.others.push(Other {
            learnt_at: recorded.learnt_at,
            position: recorded.position,
            event: recorded.id,
            retracts,
        });
    }

    /// Every claim, in the order of the log.
    pub(crate) fn claims(&self) -> &[Claim] {
        &self.claims
    }

    /// The descriptions and retractions, in the order of the log.
    pub(crate) fn others(&self) -> &[Other] {
        &self.others
    }

    /// The claims, with their numbers, and the others that came since this was last asked.
    pub(crate) fn take_new(
        &mut self,
    ) -> (
        impl Iterator<Item = (u32, &Claim)>,
        impl Iterator<Item = &Other>,
    ) {
        let now = (self.claims.len(), self.others.len());
        let (claims, others) = std::mem::replace(&mut self.taken, now);
        let claims = (0..).zip(&self.claims).skip(claims);
        (claims, self.others[others..].iter())
    }

    /// Whether nothing came since [`Ledger::take_new`].
    pub(crate) const fn is_taken(&self) -> bool {
        let (claims, others) = self.taken;
        claims == self.claims.len() && others == self.others.len()
    }

    /// The claim recorded at a position.
    pub(crate) fn claim_at(&self, position: Position) -> Option<&Claim> {
        let at = self
            .claims
            .binary_search_by_key(&position, |claim| claim.position);
        at.ok().map(|at| &self.claims[at])
    }

    /// The description or retraction recorded at a position.
    pub(crate) fn other_at(&self, position: Position) -> Option<&Other> {
        let at = self
            .others
            .binary_search_by_key(&position, |other| other.position);
        at.ok().map(|at| &self.others[at])
    }

    /// Notes a description or a retraction that was saved.
    pub(crate) fn add_other(&mut self, other: Other) {
        self.others.push(other);
    }

    /// Everything that may change a status of a service, in no order.
    pub(crate) fn turns(&self, service: Service) -> impl Iterator<Item = Turn<'_>> {
        let claims = self
            .claims
            .iter()
            .filter(move |claim| claim.service == service);
        let claims = claims.map(|claim| Turn {
            learnt_at: claim.learnt_at,
            position: claim.position,
            event: claim.event,
            claim: Some(claim),
        });
        let others = self.others.iter().map(|other| Turn {
            learnt_at: other.learnt_at,
            position: other.position,
            event: other.event,
            claim: None,
        });
        claims.chain(others)
    }

    /// Adds a claim, whose [`parts`] these are.
    pub(crate) fn add(&mut self, mut claim: Claim, parts: &[(Extent, Part)]) {
        let number =
            u32::try_from(self.claims.len()).expect("a situation has fewer than 2^32 claims");
        let service = claim.service;
        let source = claim.source.as_ref().map(|source| self.number_of(source));
        let (earliest, latest) = claim.bounds();
        let entry = Entry {
            claim: number,
            event: claim.event,
            source,
            part: Part::Named,
            learnt_at: claim.learnt_at,
            position: claim.position,
            earliest,
            latest,
            degree: claim.degree(),
            news: News::of(&claim),
            is_dated: claim.occurred.is_some(),
            has_ordinal: claim.ordinal.is_some(),
            has_except: !claim.scope.except.is_empty(),
        };
        let lines = self.lines.entry(service).or_default();
        for (extent, part) in parts {
            if let Extent::SomeOf { within, named, .. } = &claim.scope.of
                && *part == Part::Named
                && named.iter().any(|member| normal(member) == *extent)
            {
                let key = (service, extent.clone());
                self.members
                    .entry(key)
                    .or_default()
                    .push((within.clone(), number));
            }
            let part = *part;
            lines.add(extent, Entry { part, ..entry }, &mut claim.scope);
        }
        self.claims.push(claim);
    }

    /// The number of a source, a new one for one not met before.
    fn number_of(&mut self, source: &SourceId) -> NonZeroU32 {
        if let Some(number) = self.source_numbers.get(source) {
            return *number;
        }
        self.sources.push(source.clone());
        let number = u32::try_from(self.sources.len())
            .ok()
            .and_then(NonZeroU32::new);
        let number = number.expect("a situation has fewer than 2^32 sources");
        self.source_numbers.insert(source.clone(), number);
        number
    }

    /// The source of a number.
    pub(crate) fn source(&self, number: NonZeroU32) -> &SourceId {
        &self.sources[number.get() as usize - 1]
    }

    pub(crate) fn claim(&self, number: u32) -> &Claim {
        &self.claims[number as usize]
    }

    /// Every service and scope anybody spoke of.
    pub(crate) fn lines(&self) -> impl Iterator<Item = (Service, &Extent)> {
        self.lines
            .iter()
            .flat_map(|(service, lines)| lines.in_order.iter().map(|extent| (*service, extent)))
    }

    /// Every service anybody spoke of.
    pub(crate) fn services(&self) -> impl Iterator<Item = Service> {
        self.lines.keys().copied()
    }

    /// The scopes of one service.
    pub(crate) fn extents(&self, service: Service) -> impl Iterator<Item = &Extent> {
        let lines = self.lines.get(&service);
        lines.into_iter().flat_map(|lines| &lines.in_order)
    }

    /// The claims on a line that were known then.
    pub(crate) fn entries(
        &self,
        service: Service,
        extent: &Extent,
        known: Known,
    ) -> impl Iterator<Item = (&Entry, &Claim)> {
        let lines = self.lines.get(&service);
        lines
            .map_or(&[][..], |lines| lines.entries(extent))
            .iter()
            .filter(move |entry| known.includes(entry.learnt_at, entry.position))
            .map(|entry| (entry, self.claim(entry.claim)))
    }

    /// Where a scope lies, as known then.
    pub(crate) fn reach(
        &self,
        register: &Register,
        service: Service,
        extent: &Extent,
        known: Known,
    ) -> Reach {
        let atlas = Atlas {
            register,
            situation: &self.situation,
            known,
        };
        let declared = self
            .members
            .get(&(service, extent.clone()))
            .into_iter()
            .flatten()
            .filter(|(_, number)| {
                let claim = self.claim(*number);
                known.includes(claim.learnt_at, claim.position)
                    && stands(register, claim.event, known)
            })
            .flat_map(|(within, _)| atlas.ancestors(within));
        let mut areas = atlas.areas(extent);
        areas.extend(declared);
        if let Extent::Area { place } = extent {
            areas.retain(|area| area != place);
        }
        areas.sort_unstable();
        areas.dedup();
        Reach {
            extent: extent.clone(),
            areas,
        }
    }

    /// The lines a scope lies in, itself last: the more particular, the later.
    pub(crate) fn outer_lines(
        &self,
        register: &Register,
        service: Service,
        reach: &Reach,
        known: Known,
    ) -> Vec<Extent> {
        let Some(lines) = self.lines.get(&service) else {
            return Vec::new();
        };
        let atlas = Atlas {
            register,
            situation: &self.situation,
            known,
        };
        let mut areas: Vec<_> = reach
            .areas
            .iter()
            .map(|place| Extent::Area {
                place: place.clone(),
            })
            .filter(|area| lines.contains(area))
            .collect();
        if areas.len() > 1 {
            areas.sort_by_cached_key(|area| (atlas.depth(area), area.clone()));
        }
        let mut outer = areas;
        outer.extend(
            lines
                .betweens
                .iter()
                .filter(|between| reach.lies_in_between(&atlas, between))
                .cloned(),
        );
        outer.extend(reach.routes().filter(|route| lines.contains(route)));
        outer.push(reach.extent.clone());
        outer
    }

    /// Whether one scope lies in another, or is the same.
    pub(crate) fn lies_in(
        &self,
        register: &Register,
        reach: &Reach,
        outer: &Extent,
        known: Known,
    ) -> bool {
        let atlas = Atlas {
            register,
            situation: &self.situation,
            known,
        };
        let outer = normal(outer);
        outer == reach.extent
            || match &outer {
                Extent::Area { place } => reach.areas.contains(place),
                Extent::Between { .. } => reach.lies_in_between(&atlas, &outer),
                other => reach.routes().any(|route| route == *other),
            }
    }

    /// Whether a scope names places, and all of them are described.
    pub(crate) fn is_described(&self, register: &Register, extent: &Extent, known: Known) -> bool {
        let places = places(extent);
        let is_described =
            |place: &&PlaceId| register.place(&self.situation, place, known).is_some();
        !places.is_empty() && places.iter().all(is_described)
    }

    /// Whether two scopes have a place in common.
    pub(crate) fn touches(
        &self,
        register: &Register,
        one: &Extent,
        other: &Extent,
        known: Known,
    ) -> bool {
        let lies = |inner, outer| register.lies_within(&self.situation, inner, outer, known);
        places(one).iter().any(|one| {
            places(other)
                .iter()
                .any(|other| lies(one, other) || lies(other, one))
        })
    }
}

/// The scopes a claim speaks of.
pub(crate) fn parts(claim: &Claim) -> Vec<(Extent, Part)> {
    let mut parts = vec![];
    let of = normal(&claim.scope.of);
    match &claim.scope.of {
        Extent::SomeOf { named, .. } => {
            parts.extend(named.iter().map(|member| (normal(member), Part::Named)));
            parts.push((of, Part::Unnamed));
        }
        _ => parts.push((of, Part::Named)),
    }
    if matches!(claim.says, Says::Restored(_)) {
        let excepted = claim.scope.except.iter();
        parts.extend(excepted.map(|extent| (normal(extent), Part::Exception)));
    }
    parts
}

pub(crate) fn stands(register: &Register, event: EventId, known: Known) -> bool {
    register.event_retraction(event, known).is_none()
}

/// A scope, and the areas it lies in.
#[derive(Debug, Clone)]
pub(crate) struct Reach {
    pub(crate) extent: Extent,
    areas: Vec<PlaceId>,
}

impl Reach {
    /// The stretch without its route, and the route itself, where the route is named.
    fn routes(&self) -> impl Iterator<Item = Extent> {
        let routes = match &self.extent {
            Extent::Segment {
                from,
                to,
                route: Some(name),
            } => vec![
                Extent::Route { name: name.clone() },
                Extent::Segment {
                    from: from.clone(),
                    to: to.clone(),
                    route: None,
                },
            ],
            _ => Vec::new(),
        };
        routes.into_iter()
    }

    fn lies_in_between(&self, atlas: &Atlas<'_>, outer: &Extent) -> bool {
        let (Extent::Between { a, b }, Some((one, other))) = (outer, ends(&self.extent)) else {
            return false;
        };
        if *outer == self.extent {
            return false;
        }
        let joins = |one: &PlaceId, other: &PlaceId| {
            atlas.lies(one, a)
                && match b {
                    Some(b) => atlas.lies(other, b),
                    None => atlas.is_described(other) && !atlas.lies(other, a),
                }
        };
        joins(one, other) || joins(other, one)
    }
}

/// The two ends of a scope that has two.
fn ends(extent: &Extent) -> Option<(&PlaceId, &PlaceId)> {
    match extent {
        Extent::Segment { from, to, .. } => Some((from, to)),
        Extent::Between { a, b: Some(b) } => Some((a, b)),
        _ => None,
    }
}

/// The places a scope names.
fn places(extent: &Extent) -> Vec<&PlaceId> {
    match extent {
        Extent::Area { place } | Extent::SomeOf { within: place, .. } => vec![place],
        Extent::Facility {
            place: Some(place), ..
        } => vec![place],
        Extent::Between { a, b: None } => vec![a],
        other => ends(other).map_or(Vec::new(), |(one, other)| vec![one, other]),
    }
}

/// The places of a situation as described then.
struct Atlas<'a> {
    register: &'a Register,
    situation: &'a SituationId,
    known: Known,
}

impl Atlas<'_> {
    fn lies(&self, inner: &PlaceId, outer: &PlaceId) -> bool {
        self.register
            .lies_within(self.situation, inner, outer, self.known)
    }

    fn is_described(&self, place: &PlaceId) -> bool {
        self.register
            .place(self.situation, place, self.known)
            .is_some()
    }

    /// A place and all it lies in.
    fn ancestors(&self, place: &PlaceId) -> Vec<PlaceId> {
        let mut seen = vec![place.clone()];
        let mut next = 0;
        while let Some(place) = seen.get(next).cloned() {
            next += 1;
            let described = self.register.place(self.situation, &place, self.known);
            for parent in described.map_or(&[][..], |described| &described.within) {
                if !seen.contains(parent) {
                    seen.push(parent.clone());
                }
            }
        }
        seen
    }

    /// The areas a scope lies in by the places it names; a stretch lies in an area if both its ends do.
    fn areas(&self, extent: &Extent) -> Vec<PlaceId> {
        match extent {
            Extent::Between { b: None, .. } => Vec::new(),
            _ => match places(extent).as_slice() {
                [place] => self.ancestors(place),
                [one, other] => {
                    let others = self.ancestors(other);
                    let mut common = self.ancestors(one);
                    common.retain(|place| others.contains(place));
                    common
                }
                _ => Vec::new(),
            },
        }
    }

    /// How many places an area lies in: the deeper, the more particular.
    fn depth(&self, area: &Extent) -> usize {
        self.areas(area).len()
    }
}
