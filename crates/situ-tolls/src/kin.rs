//! Which cells may bear on each other: a question looks at these and at no others.
//!
//! Kinship looks at no clock: what was ever declared holds here for ever. So it may take too many for kin, and never too few,
//! and a claim added to it changes nothing it said before but joins what was apart.

use std::collections::HashMap;

use situ_core::{Basis, Outcome, PlaceId, Who};

use crate::claims::{Cell, CellIx};

/// People of one outcome in one set of places, whose cells are kin.
type Family = usize;
/// A set of places by number; the first is the whole situation.
type PlacesIx = usize;

/// The families of cells, joined where one may bound another.
#[derive(Debug, Clone)]
pub(crate) struct Kin {
    /// For each set of places.
    families: Vec<Vec<Beside>>,
    /// For each family its clan, by way of others.
    above: Vec<Family>,
    /// For each family that heads a clan, the cells of the clan.
    cells: Vec<Vec<CellIx>>,
    places: Vec<Vec<PlaceId>>,
    places_index: HashMap<Vec<PlaceId>, PlacesIx>,
    /// The sets a place is in.
    sets_of: HashMap<PlaceId, Vec<PlacesIx>>,
    /// For each set of places those that may lie in it or around it.
    near: Vec<Vec<PlacesIx>>,
    around: HashMap<PlaceId, Vec<PlaceId>>,
    inside: HashMap<PlaceId, Vec<PlaceId>>,
    /// How many cells were taken in.
    taken: usize,
    /// What was taken in besides cells, and after how many of them: in the same order it makes the same families.
    besides: Vec<(usize, Besides)>,
}

/// What makes kin besides cells.
#[derive(Debug, Clone)]
pub(crate) enum Besides {
    Partition {
        outcome: Outcome,
        places: Vec<PlaceId>,
        who: Vec<Who>,
    },
    Place {
        place: PlaceId,
        within: Vec<PlaceId>,
    },
}

/// Bases whose counts bound each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Related {
    Reported,
    Verified,
    Estimated,
}

impl Related {
    const fn to(basis: Basis) -> Self {
        match basis {
            Basis::Reported
            | Basis::Identified
            | Basis::BodyRecovered
            | Basis::PresumedIncluded => Self::Reported,
            Basis::Verified => Self::Verified,
            Basis::Estimated => Self::Estimated,
        }
    }
}

/// What the cells of one clan have in common.
type Class = (Outcome, Related);

/// The families of one class in one set of places.
type Beside = (Class, Vec<(Who, Family)>);

/// The whole situation.
const WHOLE: PlacesIx = 0;

impl Default for Kin {
    fn default() -> Self {
        Self {
            families: vec![Vec::new()],
            above: Vec::new(),
            cells: Vec::new(),
            places: vec![Vec::new()],
            places_index: HashMap::from([(Vec::new(), WHOLE)]),
            sets_of: HashMap::new(),
            near: vec![Vec::new()],
            around: HashMap::new(),
            inside: HashMap::new(),
            taken: 0,
            besides: Vec::new(),
        }
    }
}

impl Kin {
    /// Takes in a cell that was not there.
    pub(crate) fn add_cell(&mut self, cell: &Cell, index: CellIx) {
        let places = self.places(&cell.places);
        let class = (cell.outcome, Related::to(cell.basis));
        let family = self.family(class, cell.who, places);
        let head = self.head(family);
        self.cells[head].push(index);
        self.taken += 1;
    }

    /// What was taken in besides cells, and after how many of them.
    pub(crate) fn besides(&self) -> &[(usize, Besides)] {
        &self.besides
    }

    /// Takes in what makes kin besides cells.
    pub(crate) fn add_besides(&mut self, besides: &Besides) {
        match besides {
            Besides::Partition {
                outcome,
                places,
                who,
            } => self.add_partition(*outcome, places, who),
            Besides::Place { place, within } => self.add_place(place, within),
        }
    }

    /// Makes kin of the whole and the parts of a partition, claimed or not; a partition holds for every basis.
    pub(crate) fn add_partition(&mut self, outcome: Outcome, places: &[PlaceId], who: &[Who]) {
        let besides = Besides::Partition {
            outcome,
            places: places.to_vec(),
            who: who.to_vec(),
        };
        self.besides.push((self.taken, besides));
        let mut places = places.to_vec();
        places.sort();
        places.dedup();
        let places = self.places(&places);
        for related in [Related::Reported, Related::Verified, Related::Estimated] {
            let families: Vec<Family> = who
                .iter()
                .map(|who| self.family((outcome, related), *who, places))
                .collect();
            for family in &families {
                self.join(*family, families[0]);
            }
        }
    }

    /// Takes in that a place lies within others.
    pub(crate) fn add_place(&mut self, place: &PlaceId, within: &[PlaceId]) {
        let besides = Besides::Place {
            place: place.clone(),
            within: within.to_vec(),
        };
        self.besides.push((self.taken, besides));
        for outer in within {
            self.around
                .entry(place.clone())
                .or_default()
                .push(outer.clone());
            self.inside
                .entry(outer.clone())
                .or_default()
                .push(place.clone());
            let inner_sets = self.sets_reached(std::slice::from_ref(place), &self.inside);
            let outer_sets = self.sets_reached(std::slice::from_ref(outer), &self.around);
            for inner in inner_sets {
                for outer in &outer_sets {
                    self.make_near(inner, *outer);
                }
            }
        }
    }

    /// The cells of every clan of an outcome, or of all; the same clan once.
    pub(crate) fn clans(&self, outcome: Option<Outcome>) -> Vec<&[CellIx]> {
        let is_asked = |class: &Class| outcome.is_none_or(|outcome| class.0 == outcome);
        let classes = self.families.iter().flatten();
        let families = classes
            .filter(|(class, _)| is_asked(class))
            .flat_map(|(_, families)| families);
        self.clans_with(families.map(|(_, family)| *family))
    }

    /// The clans that a figure may be read from: its own, or where nobody claims it those of the same outcome and places.
    pub(crate) fn clans_of(
        &self,
        outcome: Outcome,
        basis: Basis,
        who: Who,
        places: &[PlaceId],
    ) -> Vec<&[CellIx]> {
        let class = (outcome, Related::to(basis));
        let families = self
            .places_index
            .get(places)
            .map_or(&[][..], |places| self.families_at(*places, class));
        match families.iter().find(|(of, _)| *of == who) {
            Some((_, family)) => self.clans_with([*family]),
            None => self.clans_with(families.iter().map(|(_, family)| *family)),
        }
    }

    fn clans_with(&self, families: impl IntoIterator<Item = Family>) -> Vec<&[CellIx]> {
        let mut heads: Vec<Family> = families
            .into_iter()
            .map(|family| self.head(family))
            .collect();
        heads.sort_unstable();
        heads.dedup();
        let cells = heads.into_iter().map(|head| self.cells[head].as_slice());
        cells.filter(|cells| !cells.is_empty()).collect()
    }

    fn families_at(&self, places: PlacesIx, class: Class) -> &[(Who, Family)] {
        let classes = &self.families[places];
        classes
            .iter()
            .find(|(other, _)| *other == class)
            .map_or(&[][..], |(_, families)| families)
    }

    fn places(&mut self, sorted: &[PlaceId]) -> PlacesIx {
        if let Some(index) = self.places_index.get(sorted) {
            return *index;
        }
        let index = self.places.len();
        self.places.push(sorted.to_vec());
        self.places_index.insert(sorted.to_vec(), index);
        self.near.push(Vec::new());
        self.families.push(Vec::new());
        let mut near = self.sets_reached(sorted, &self.around);
        near.extend(self.sets_reached(sorted, &self.inside));
        for place in sorted {
            self.sets_of.entry(place.clone()).or_default().push(index);
        }
        self.make_near(index, WHOLE);
        for other in near {
            self.make_near(index, other);
        }
        index
    }

    /// The sets that hold one of these places, or one reached from them over any number of steps.
    fn sets_reached(
        &self,
        places: &[PlaceId],
        steps: &HashMap<PlaceId, Vec<PlaceId>>,
    ) -> Vec<PlacesIx> {
        let mut seen: Vec<&PlaceId> = places.iter().collect();
        let mut sets = Vec::new();
        let mut next = 0;
        while let Some(place) = seen.get(next).copied() {
            next += 1;
            sets.extend(self.sets_of.get(place).into_iter().flatten().copied());
            for step in steps.get(place).into_iter().flatten() {
                if !seen.contains(&step) {
                    seen.push(step);
                }
            }
        }
        sets.sort_unstable();
        sets.dedup();
        sets
    }

    fn make_near(&mut self, a: PlacesIx, b: PlacesIx) {
        if a == b || self.near[a].contains(&b) {
            return;
        }
        self.near[a].push(b);
        self.near[b].push(a);
        for (class, here) in self.families[a].clone() {
            let there = self.families_at(b, class).to_vec();
            for (who, family) in here {
                self.join_related(who, family, &there);
            }
        }
    }

    fn family(&mut self, class: Class, who: Who, places: PlacesIx) -> Family {
        let beside = self.families_at(places, class).to_vec();
        if let Some((_, family)) = beside.iter().find(|(of, _)| *of == who) {
            return *family;
        }
        let family = self.above.len();
        self.above.push(family);
        self.cells.push(Vec::new());
        self.join_related(who, family, &beside);
        for near in self.near[places].clone() {
            let there = self.families_at(near, class).to_vec();
            self.join_related(who, family, &there);
        }
        let classes = &mut self.families[places];
        match classes.iter_mut().find(|(other, _)| *other == class) {
            Some((_, families)) => families.push((who, family)),
            None => classes.push((class, vec![(who, family)])),
        }
        family
    }

    fn join_related(&mut self, who: Who, family: Family, others: &[(Who, Family)]) {
        for (other_who, other) in others {
            if who.is_within(*other_who) || other_who.is_within(who) {
                self.join(family, *other);
            }
        }
    }

    fn head(&self, family: Family) -> Family {
        let mut head = family;
        while self.above[head] != head {
            head = self.above[head];
        }
        head
    }

    /// Makes one clan of two: the smaller joins the larger, so that no way up is long.
    fn join(&mut self, a: Family, b: Family) {
        let (a, b) = (self.head(a), self.head(b));
        if a == b {
            return;
        }
        let (larger, smaller) = if self.cells[a].len() >= self.cells[b].len() {
            (a, b)
        } else {
            (b, a)
        };
        let moved = std::mem::take(&mut self.cells[smaller]);
        self.cells[larger].extend(moved);
        self.above[smaller] = larger;
    }
}
