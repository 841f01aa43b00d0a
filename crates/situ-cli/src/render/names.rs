//! Names of places, sources and codes, as known then.

use situ_core::{
    AgeBand, Extent, Harm, Instant, Known, PlaceId, Register, Role, Service, ServiceScope, Sex,
    SituationId, SourceId, When, Who, Zone,
};

use super::{moment, number};
use crate::ledger::Citation;

/// What the names in a line depend on: whose they are, as known when, in which zone.
#[derive(Clone, Copy)]
pub(crate) struct Names<'a> {
    pub(crate) register: &'a Register,
    pub(crate) cite: &'a Citation<'a>,
    pub(crate) situation: &'a SituationId,
    pub(crate) known: Known,
    pub(crate) zone: Zone,
    /// The year that need not be said.
    pub(crate) year: i32,
}

impl Names<'_> {
    /// A place's first name, or its id.
    pub(crate) fn place(&self, place: &PlaceId) -> String {
        let described = self.register.place(self.situation, place, self.known);
        let name = described.and_then(|described| described.names.first());
        name.map_or_else(|| place.to_string(), ToString::to_string)
    }

    /// The smallest place both lie in, the nearest to the first.
    pub(crate) fn smallest_with_both(&self, one: &PlaceId, other: &PlaceId) -> Option<PlaceId> {
        let lies_in = |outer: &PlaceId| {
            self.register
                .lies_within(self.situation, other, outer, self.known)
        };
        let mut places = vec![one.clone()];
        let mut next = 0;
        while let Some(place) = places.get(next).cloned() {
            if lies_in(&place) {
                return Some(place);
            }
            next += 1;
            let described = self.register.place(self.situation, &place, self.known);
            for outer in described.map_or(&[][..], |described| &described.within) {
                if !places.contains(outer) {
                    places.push(outer.clone());
                }
            }
        }
        None
    }

    /// Several places.
    pub(crate) fn places(&self, places: &[PlaceId]) -> String {
        list(places.iter().map(|place| self.place(place)))
    }

    /// A source's name, or its id.
    pub(crate) fn source(&self, source: &SourceId) -> String {
        let described = self.register.source(self.situation, source, self.known);
        described.map_or_else(
            || source.to_string(),
            |described| described.name.to_string(),
        )
    }

    /// A time, as spoken.
    pub(crate) fn when(&self, when: &When) -> String {
        moment::when(when, self.zone, self.year)
    }

    /// A moment, as spoken.
    pub(crate) fn moment(&self, instant: Instant) -> String {
        moment::moment(instant, self.zone, self.year)
    }

    /// Whose harm, as an addition: nothing for all.
    pub(crate) fn harm(&self, harm: Harm) -> String {
        match harm {
            Harm::All => String::new(),
            Harm::Attacks => "in the attacks".to_owned(),
            Harm::Operations => "in the operations".to_owned(),
            Harm::Event(event) => format!("in {}", self.cite.event(event)),
        }
    }

    /// Where a service is meant.
    pub(crate) fn scope(&self, scope: &ServiceScope) -> String {
        let of = self.extent(&scope.of);
        if scope.except.is_empty() {
            return of;
        }
        let except = scope.except.iter().map(|extent| self.extent(extent));
        format!("{of}, except {}", list(except))
    }

    /// A shape.
    pub(crate) fn extent(&self, extent: &Extent) -> String {
        match extent {
            Extent::Area { place } => self.place(place),
            Extent::Segment { from, to, route } => {
                let ends = format!("{}–{}", self.place(from), self.place(to));
                route
                    .as_ref()
                    .map_or(ends.clone(), |route| format!("{ends} ({route})"))
            }
            Extent::Route { name } | Extent::Operator { name } | Extent::Network { name } => {
                name.to_string()
            }
            Extent::Facility { name, place } => match place {
                Some(place) => format!("{name}, {}", self.place(place)),
                None => name.to_string(),
            },
            Extent::Between { a, b: Some(b) } => {
                format!("between {} and {}", self.place(a), self.place(b))
            }
            Extent::Between { a, b: None } => format!("between {} and elsewhere", self.place(a)),
            Extent::SomeOf {
                within,
                named,
                at_least,
                words,
            } => {
                let place = self.place(within);
                let words = words
                    .as_ref()
                    .map(|words| format!(" (\"{words}\")"))
                    .unwrap_or_default();
                let unnamed = at_least.get() as usize - named.len().min(at_least.get() as usize);
                if named.is_empty() {
                    return format!("{at_least} or more unnamed parts of {place}{words}");
                }
                let named = named.iter().map(|extent| self.extent(extent));
                let others = (unnamed > 0).then(|| format!("{unnamed} or more unnamed in {place}"));
                format!("{}{words}", list(named.chain(others)))
            }
        }
    }
}

/// A word of a vocabulary, as read: "mobile_data" is "mobile data".
pub(crate) fn spelled(word: &str) -> String {
    word.replace('_', " ")
}

/// A service, as read.
pub(crate) fn service(service: Service) -> String {
    match service {
        Service::Sms => "SMS".to_owned(),
        other => spelled(other.as_str()),
    }
}

/// Which people: "civilians", "civilians, female".
pub(crate) fn who(who: Who) -> String {
    let role = match who.role {
        Role::All => "everyone",
        Role::Civilian => "civilians",
        Role::SecurityForces => "security forces",
        Role::OtherSecurity => "other security forces",
        Role::NonStateArmed => "non-state armed",
        Role::Medical => "health workers",
        Role::Rescue => "rescue workers",
        Role::Humanitarian => "humanitarian workers",
        Role::Journalist => "journalists",
        Role::Official => "officials",
        Role::Protester => "protesters",
        other => other.as_str(),
    };
    match (who.sex, who.age) {
        (None, None) => role.to_owned(),
        (Some(Sex::Female), None) => format!("{role}: women, girls"),
        (Some(Sex::Male), None) => format!("{role}: men, boys"),
        (None, Some(AgeBand::Child)) => format!("{role}: children"),
        (None, Some(AgeBand::Adult)) => format!("{role}: adults"),
        (None, Some(AgeBand::Elderly)) => format!("{role}: elderly"),
        (Some(Sex::Female), Some(AgeBand::Child)) => format!("{role}: girls"),
        (Some(Sex::Male), Some(AgeBand::Child)) => format!("{role}: boys"),
        (Some(Sex::Female), Some(AgeBand::Adult)) => format!("{role}: women"),
        (Some(Sex::Male), Some(AgeBand::Adult)) => format!("{role}: men"),
        (Some(Sex::Female), Some(AgeBand::Elderly)) => format!("{role}: elderly women"),
        (Some(Sex::Male), Some(AgeBand::Elderly)) => format!("{role}: elderly men"),
    }
}

/// "a, b and c".
pub(crate) fn list(items: impl IntoIterator<Item = String>) -> String {
    let items: Vec<String> = items.into_iter().collect();
    match items.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// "5th".
pub(crate) fn nth(number: u64) -> String {
    number::ordinal(number)
}
