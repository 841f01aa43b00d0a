//! Which events a subscriber wants to be told.

use std::collections::BTreeSet;

use situ_core::{
    Event, EventStore, Extent, Kind, Known, Payload, PlaceId, Position, Projection, ReadError,
    Recorded, Register, ServiceScope, SituationId, SourceId,
};

/// Lets an event through if it is of one of the kinds, one of the situations, one of the sources, *and* one of the places named;
/// where none is named, any will do.
///
/// An event that does not read as stored passes: whoever asks for its source or place should find out.
///
/// ```
/// use situ_core::Kind;
/// use situ_follow::Filter;
///
/// let tolls = Filter { kinds: [Kind::CasualtiesReported, Kind::ClaimRetracted].into(), ..Filter::default() };
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The kinds.
    pub kinds: BTreeSet<Kind>,
    /// The situations.
    pub situations: BTreeSet<SituationId>,
    /// Who claims it; passing it on does not count.
    pub sources: BTreeSet<SourceId>,
    /// The places it names, or those they lie in as described when it was recorded.
    ///
    /// Figures that name none are about the situation, and so about the places that was opened with. A retraction names no
    /// place, nor does a statement; what is excepted from a service's scope is not named by it.
    pub places: BTreeSet<PlaceId>,
}

/// A filter, and what it needs to know of places.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sieve {
    filter: Filter,
    register: Register,
    /// Up to where the register has been told.
    known: Position,
}

/// How many events are read at a time.
const PAGE: usize = 4096;

impl Sieve {
    pub(crate) fn new(filter: Filter) -> Self {
        Self {
            filter,
            ..Self::default()
        }
    }

    /// Reads what was said of places up to a position, if that matters.
    pub(crate) fn catch_up(
        &mut self,
        store: &dyn EventStore,
        position: Position,
    ) -> Result<(), ReadError> {
        while !self.filter.places.is_empty() && self.known < position {
            let missing = position.get() - self.known.get();
            let limit = usize::try_from(missing).map_or(PAGE, |missing| missing.min(PAGE));
            let page = store.read_after(self.known, limit)?;
            if page.is_empty() {
                return Ok(());
            }
            page.iter().for_each(|recorded| self.learn(recorded));
        }
        Ok(())
    }

    /// Keeps the events that pass; they are those after the ones seen before.
    pub(crate) fn sift(&mut self, mut events: Vec<Recorded>) -> Vec<Recorded> {
        if !self.filter.places.is_empty() {
            events.iter().for_each(|recorded| self.learn(recorded));
        }
        events.retain(|recorded| self.passes(recorded));
        events
    }

    fn learn(&mut self, recorded: &Recorded) {
        // What does not read describes nothing; it passes the filter itself, so that whoever follows is told.
        let _ = self.register.apply(recorded);
        self.known = recorded.position;
    }

    fn passes(&self, recorded: &Recorded) -> bool {
        let Filter {
            kinds,
            situations,
            sources,
            places,
        } = &self.filter;
        if !allows(kinds, &recorded.kind) || !allows(situations, &recorded.situation) {
            return false;
        }
        if sources.is_empty() && places.is_empty() {
            return true;
        }
        let Ok(event) = recorded.event() else {
            return true;
        };
        let source = event.source.as_ref();
        let is_of_source =
            sources.is_empty() || source.is_some_and(|source| sources.contains(&source.origin));
        is_of_source && (places.is_empty() || self.is_placed(&event, recorded.position))
    }

    fn is_placed(&self, event: &Event, position: Position) -> bool {
        let known = Known::Position(position);
        let situation = &event.situation;
        let mut named = Vec::new();
        let is_of_situation = name_places(&event.payload, &mut named);
        let opened = self.register.situation(situation, known);
        if let Some(opened) = opened.filter(|_| is_of_situation) {
            named.extend(&opened.places);
        }
        let lies_in_one = |place: &PlaceId| {
            let mut outer = self.filter.places.iter();
            outer.any(|outer| self.register.lies_within(situation, place, outer, known))
        };
        named.into_iter().any(lies_in_one)
    }
}

fn allows<T: Ord>(named: &BTreeSet<T>, value: &T) -> bool {
    named.is_empty() || named.contains(value)
}

/// Collects the places a payload names; says whether it speaks of its whole situation by naming none.
fn name_places<'a>(payload: &'a Payload, named: &mut Vec<&'a PlaceId>) -> bool {
    match payload {
        Payload::SituationOpened(opened) => named.extend(&opened.places),
        Payload::PlaceDescribed(described) => named.push(&described.place),
        Payload::AttackOccurred(attack) => {
            named.extend(attack.places.iter().chain(&attack.unnamed_places_within));
        }
        Payload::OperationConducted(operation) => named.extend(&operation.places),
        Payload::CasualtiesReported(reported) => {
            named.extend(reported.figures.iter().flat_map(|figure| &figure.places));
            return reported
                .figures
                .iter()
                .any(|figure| figure.places.is_empty());
        }
        Payload::OutcomeChanged(changed) => {
            named.extend(&changed.places);
            return changed.places.is_empty();
        }
        Payload::PartitionDeclared(declared) => {
            named.extend(&declared.places);
            return declared.places.is_empty();
        }
        Payload::ServiceSuspended(suspended) => name_scope(&suspended.scope, named),
        Payload::ServiceConfirmed(confirmed) => name_scope(&confirmed.scope, named),
        Payload::ServiceRestored(restored) => name_scope(&restored.scope, named),
        Payload::ServiceOutlookGiven(outlook) => name_scope(&outlook.scope, named),
        _ => {}
    }
    false
}

fn name_scope<'a>(scope: &'a ServiceScope, named: &mut Vec<&'a PlaceId>) {
    name_extent(&scope.of, named);
}

fn name_extent<'a>(extent: &'a Extent, named: &mut Vec<&'a PlaceId>) {
    match extent {
        Extent::Area { place } => named.push(place),
        Extent::Segment { from, to, .. } => named.extend([from, to]),
        Extent::Facility { place, .. } => named.extend(place),
        Extent::Between { a, b } => named.extend([a].into_iter().chain(b)),
        Extent::SomeOf {
            within,
            named: members,
            ..
        } => {
            named.push(within);
            members.iter().for_each(|member| name_extent(member, named));
        }
        Extent::Route { .. } | Extent::Operator { .. } | Extent::Network { .. } => {}
    }
}

#[cfg(test)]
mod tests;
