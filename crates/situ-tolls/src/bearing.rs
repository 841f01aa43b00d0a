//! The events that may move a figure: those with claims of its clan, and what retracts, relates or describes them.
//!
//! Found by way of the clan, so looking for them costs what the clan costs, whatever else the log holds.

use std::collections::{BTreeMap, BTreeSet};

use situ_core::{
    ClaimRef, EventId, Harm, Instant, Known, PlaceId, Position, Recorded, Register, Retraction,
    SituationId, SourceId, Valid,
};

use crate::answer::{Group, clan_of};
use crate::claims::{CellIx, Claim, Claims};
use crate::figure_name::FigureName;

/// An event that may move a figure.
#[derive(Debug, Clone)]
pub(crate) struct Bearing<'a> {
    pub(crate) event: EventId,
    pub(crate) position: Position,
    pub(crate) learnt_at: Instant,
    pub(crate) does: Does<'a>,
}

/// What the event does.
#[derive(Debug, Clone)]
pub(crate) enum Does<'a> {
    /// Makes claims of the clan.
    Claims(Vec<&'a Claim>),
    /// Takes back an event of the clan or a claim of it, or, at odd depths, a retraction.
    Retracts {
        replacement: Option<ClaimRef>,
        /// The claims of the clan that are hit in the end.
        claims: Vec<&'a Claim>,
        depth: usize,
    },
    Restarts(&'a SourceId),
    MovesOutcome,
    Partitions,
    /// Describes a source, a place, or what an incident is part of.
    Describes,
}

/// Every event that may move a figure, in the order of the log, whatever was known.
pub(crate) fn bearings<'a>(
    situation: &SituationId,
    claims: &'a Claims,
    register: &'a Register,
    figure: &FigureName,
) -> Vec<Bearing<'a>> {
    let mut finding = Finding {
        situation,
        claims,
        register,
        figure,
        found: BTreeMap::new(),
    };
    finding.claims();
    finding.declarations();
    finding.incidents();
    finding.sources();
    finding.places();
    finding.retractions();
    finding.found.into_values().collect()
}

/// What an event does to a figure that makes claims of some cells, or takes back claims of them; and what takes back others in
/// favour of it.
///
/// It is all that [`bearings`] has of these events, and costs nothing for what else there is of the clan.
pub(crate) fn bearings_of<'a>(
    (recorded, cells): (&Recorded, &[CellIx]),
    claims: &'a Claims,
    register: &'a Register,
    figure: &FigureName,
) -> Vec<Bearing<'a>> {
    let clan = clan_of(claims, figure);
    let is_of_clan = |cell: &CellIx| clan.contains(cell);
    if let Some(retraction) = register.retraction(recorded.id) {
        let bearing = retracting(claims, register, &is_of_clan, retraction);
        return bearing.into_iter().collect();
    }
    let own = claims.claims_at(recorded.position, cells, is_of_clan);
    let makes = (!own.is_empty()).then_some(Bearing {
        event: recorded.id,
        position: recorded.position,
        learnt_at: recorded.learnt_at,
        does: Does::Claims(own),
    });
    let retractions = register.retractions_in_favour_of(recorded.id);
    let takes_back = retractions.filter_map(|one| retracting(claims, register, &is_of_clan, one));
    makes.into_iter().chain(takes_back).collect()
}

/// What a retraction takes back in the end; none where that is no claim of the clan.
fn retracting<'a>(
    claims: &'a Claims,
    register: &Register,
    is_of_clan: &impl Fn(&CellIx) -> bool,
    retraction: &Retraction,
) -> Option<Bearing<'a>> {
    let (mut first, mut depth) = (retraction, 0);
    let mut seen = BTreeSet::from([retraction.event]);
    while let Some(next) = register.retraction(first.target.event()) {
        if !seen.insert(next.event) {
            return None;
        }
        (first, depth) = (next, depth + 1);
    }
    let mut hit = claims.claims_of(first.target.event(), is_of_clan);
    if let ClaimRef::Claim(target) = first.target {
        hit.retain(|claim| claim.id == target);
    }
    (!hit.is_empty()).then_some(Bearing {
        event: retraction.event,
        position: retraction.position,
        learnt_at: retraction.learnt_at,
        does: Does::Retracts {
            replacement: retraction.replacement,
            claims: hit,
            depth,
        },
    })
}

struct Finding<'a, 'q> {
    situation: &'q SituationId,
    claims: &'a Claims,
    register: &'a Register,
    figure: &'q FigureName,
    found: BTreeMap<Position, Bearing<'a>>,
}

impl<'a> Finding<'a, '_> {
    fn add(&mut self, event: EventId, position: Position, learnt_at: Instant, does: Does<'a>) {
        self.found.insert(
            position,
            Bearing {
                event,
                position,
                learnt_at,
                does,
            },
        );
    }

    fn claims(&mut self) {
        let claims = self.claims;
        let mut of_event: BTreeMap<Position, Vec<&'a Claim>> = BTreeMap::new();
        for cell in clan_of(claims, self.figure) {
            for claim in claims.cells[cell]
                .lines
                .iter()
                .flat_map(crate::claims::Line::claims)
            {
                of_event
                    .entry(claim.report.position)
                    .or_default()
                    .push(claim);
            }
        }
        for (position, mut claims) in of_event {
            claims.sort_by_key(|claim| claim.id.figure);
            let (event, learnt_at) = (claims[0].id.event, claims[0].report.learnt_at);
            self.add(event, position, learnt_at, Does::Claims(claims));
        }
    }

    /// The claims found.
    fn clan(&self) -> impl Iterator<Item = &'a Claim> {
        self.found
            .values()
            .flat_map(|bearing| match &bearing.does {
                Does::Claims(claims) => claims.as_slice(),
                _ => &[],
            })
            .copied()
    }

    fn declarations(&mut self) {
        let claims = self.claims;
        let outcomes: BTreeSet<_> = self.clan().map(|claim| claim.cell.outcome).collect();
        let origins: BTreeSet<_> = self
            .clan()
            .map(|claim| &claim.report.source.origin)
            .collect();
        for declared in &claims.declared {
            if outcomes.contains(&declared.partition.outcome) {
                let (event, position) = (declared.event, declared.position);
                self.add(event, position, declared.learnt_at, Does::Partitions);
            }
        }
        for restart in &claims.restarts {
            let is_of = |outcome| outcomes.contains(&outcome);
            if origins.contains(&restart.origin) && restart.outcome.is_none_or(is_of) {
                let does = Does::Restarts(&restart.origin);
                self.add(restart.event, restart.position, restart.learnt_at, does);
            }
        }
        for moved in &claims.moved {
            if outcomes.contains(&moved.change.from) || outcomes.contains(&moved.change.to) {
                let (event, position) = (moved.event, moved.position);
                self.add(event, position, moved.learnt_at, Does::MovesOutcome);
            }
        }
    }

    /// The incidents whose harm is counted, and those they are part of.
    fn incidents(&mut self) {
        let claims = self.claims;
        let harms = self.clan().map(|claim| claim.cell.harm);
        let mut events: Vec<EventId> = harms
            .chain([self.figure.scope])
            .filter_map(|harm| match harm {
                Harm::Event(event) => Some(event),
                Harm::All | Harm::Attacks | Harm::Operations => None,
            })
            .collect();
        let mut seen = BTreeSet::new();
        while let Some(event) = events.pop() {
            let Some(incident) = claims.incidents.get(&event).filter(|_| seen.insert(event)) else {
                continue;
            };
            let (position, learnt_at) = (incident.position, incident.learnt_at);
            self.add(event, position, learnt_at, Does::Describes);
            events.extend(incident.part_of);
        }
    }

    fn sources(&mut self) {
        let origins: BTreeSet<&SourceId> = self
            .clan()
            .map(|claim| &claim.report.source.origin)
            .collect();
        for origin in origins {
            for described in self.register.descriptions_of_source(self.situation, origin) {
                let (event, position) = (described.event, described.position);
                self.add(event, position, described.learnt_at, Does::Describes);
            }
        }
    }

    /// The places counted in, and those around them.
    fn places(&mut self) {
        let counted = self.clan().flat_map(|claim| &*claim.cell.places);
        let mut places: Vec<PlaceId> = counted.chain(&self.figure.places).cloned().collect();
        let mut seen = BTreeSet::new();
        while let Some(place) = places.pop() {
            if !seen.insert(place.clone()) {
                continue;
            }
            for described in self.register.descriptions_of_place(self.situation, &place) {
                let (event, position) = (described.event, described.position);
                self.add(event, position, described.learnt_at, Does::Describes);
                places.extend(described.value.within.iter().cloned());
            }
        }
    }

    /// What retracts an event found, what retracts that, and so on.
    fn retractions(&mut self) {
        let found = self.found.values().map(|bearing| {
            let claims = match &bearing.does {
                Does::Claims(claims) => claims.clone(),
                _ => Vec::new(),
            };
            (bearing.event, claims, 0)
        });
        let mut targets: Vec<(EventId, Vec<&'a Claim>, usize)> = found.collect();
        let mut seen = BTreeSet::new();
        while let Some((event, claims, depth)) = targets.pop() {
            for retraction in self.register.retractions_of(event) {
                if !seen.insert(retraction.event) {
                    continue;
                }
                let is_hit = |claim: &&&Claim| match retraction.target {
                    ClaimRef::Event(_) => true,
                    ClaimRef::Claim(target) => depth > 0 || claim.id == target,
                };
                let hit: Vec<&Claim> = claims.iter().filter(is_hit).copied().collect();
                if depth == 0 && hit.is_empty() && !claims.is_empty() {
                    continue;
                }
                targets.push((retraction.event, hit.clone(), depth + 1));
                let does = Does::Retracts {
                    replacement: retraction.replacement,
                    claims: hit,
                    depth,
                };
                let (position, learnt_at) = (retraction.position, retraction.learnt_at);
                self.add(retraction.event, position, learnt_at, does);
            }
        }
    }
}

impl<'a> Bearing<'a> {
    /// Whether it was known then.
    pub(crate) fn is_known(&self, known: Known) -> bool {
        known.includes(self.learnt_at, self.position)
    }

    /// Whether it speaks of a time begun by then, as far as it makes claims.
    pub(crate) fn has_begun(&self, valid: Valid) -> bool {
        match &self.does {
            Does::Claims(claims) => claims[0].moment().earliest <= valid.0,
            _ => true,
        }
    }

    /// The claims of the clan it makes or takes back, as far as they were known and speak of a time begun by then.
    pub(crate) fn claims(&self, valid: Valid, known: Known) -> Vec<&'a Claim> {
        let claims = match &self.does {
            Does::Claims(claims) | Does::Retracts { claims, .. } => claims.as_slice(),
            _ => &[],
        };
        let is_visible = |claim: &&&Claim| claim.is_visible(valid, known);
        claims.iter().filter(is_visible).copied().collect()
    }

    /// Whether it bears on a figure itself, not only on figures that bound it.
    pub(crate) fn is_direct(&self, figure: &Group, claims: &[&Claim]) -> bool {
        match &self.does {
            Does::Claims(_) | Does::Retracts { .. } => {
                claims.iter().any(|claim| figure.holds(&claim.cell))
            }
            _ => false,
        }
    }
}
