//! What a reader should know before using a figure.

use situ_core::{ClaimRef, Role, SourceKind, Who, WindowKind};

use crate::answer::{Group, Period, Resolved};
use crate::carry::Carried;
use crate::claims::{Claim, Moment, Moved, Span};
use crate::lines::Current;
use crate::relative::relative_period;
use crate::solver::{Evidence, Node};
use crate::toll::{Bounds, Certainty, Conflict, Flag, FlagKind, Part, Parts};

/// What is said of a figure, as far as some flag is about it.
pub(crate) struct Told<'t> {
    pub(crate) floor: &'t Bounds,
    pub(crate) current: &'t [(Evidence, &'t Current<'t>)],
    pub(crate) candidates: &'t [&'t Claim],
    pub(crate) is_disputed: bool,
    pub(crate) shown: Option<u64>,
    pub(crate) parts: Option<&'t Parts>,
    pub(crate) conflicts: &'t [Conflict],
    /// The claims retracted without a replacement that it followed from.
    pub(crate) derived_from: &'t [ClaimRef],
}

impl Resolved<'_> {
    pub(crate) fn flags(&self, group: &Group, node: Option<Node>, told: &Told<'_>) -> Vec<Flag> {
        let Told {
            floor,
            current,
            candidates,
            is_disputed,
            shown,
            parts,
            conflicts,
            derived_from,
        } = *told;
        let mut flags = Vec::new();
        let mut flag = |flag, words: String, claims: Vec<ClaimRef>| {
            flags.push(Flag {
                flag,
                words,
                claims,
            });
        };
        if is_disputed {
            let names = candidates
                .iter()
                .map(|claim| ClaimRef::Claim(claim.id))
                .collect();
            flag(
                FlagKind::Disputed,
                "independent sources exclude each other".to_owned(),
                names,
            );
        }
        if current.is_empty() && (shown.is_some() || node.is_some()) {
            flag(
                FlagKind::Derived,
                "nobody claims it; it follows from other figures".to_owned(),
                Vec::new(),
            );
        }
        let total = shown.filter(|shown| *shown < floor.least);
        if let (Some(total), Some(proof)) = (total, &floor.least_by)
            && proof.constraints.contains(&"partition")
        {
            let words = format!(
                "{total} is below {}, which its parts already sum to",
                floor.least
            );
            flag(FlagKind::StaleTotal, words, proof.witnesses.clone());
        }
        if !derived_from.is_empty() {
            let words =
                "more was known of it by a claim that is retracted, and nothing replaces that";
            flag(
                FlagKind::DerivedFromRetracted,
                words.to_owned(),
                derived_from.to_vec(),
            );
        }
        for (words, claims) in self.moved_since(current) {
            flag(FlagKind::MovedSince, words, claims);
        }
        for (words, claims) in self.anew(current) {
            flag(FlagKind::CounterRestarted, words, claims);
        }
        for (_, current) in current {
            let name = ClaimRef::Claim(current.claim.id);
            if let Some(newer) = current.stale_after {
                let words = format!(
                    "{} as of {} would stand before it, but was retracted and nothing replaces it",
                    newer.quantity,
                    newer.report.as_of.edtf()
                );
                flag(
                    FlagKind::Stale,
                    words,
                    vec![name, ClaimRef::Claim(newer.id)],
                );
            }
            if let Some((words, mut claims)) =
                node.and_then(|node| self.own_parts(node, current.claim))
            {
                claims.insert(0, name);
                flag(FlagKind::TotalEqualsOwnParts, words, claims);
            }
            if let Some((words, earlier)) = self.relayed(current.claim) {
                let earlier = earlier.iter().map(|claim| ClaimRef::Claim(claim.id));
                flag(
                    FlagKind::Relay,
                    words,
                    [name].into_iter().chain(earlier).collect(),
                );
            }
            if self.is_self_declared(current.claim) {
                let words = format!(
                    "{} speaks of its own people",
                    current.claim.report.source.origin
                );
                flag(FlagKind::SelfDeclared, words, vec![name]);
            }
            if let Some(words) = suspect(current.claim, conflicts) {
                flag(FlagKind::PeriodSuspect, words, vec![name]);
            }
        }
        if matches!(group.period, Period::Window(_, WindowKind::Unstated)) && !current.is_empty() {
            let words = "the source does not say whether it counts those harmed or those announced in the window";
            flag(FlagKind::WindowUnstated, words.to_owned(), Vec::new());
        }
        let unobserved: Vec<&str> = parts
            .filter(|parts| parts.declared_by.is_some())
            .map_or(&[][..], |parts| &parts.parts)
            .iter()
            .filter(|part| !self.is_observed(group, part))
            .map(|part| part.who.as_str())
            .collect();
        if !unobserved.is_empty() {
            flag(
                FlagKind::UnobservedParts,
                format!("nobody claims a figure for {}", unobserved.join(", ")),
                Vec::new(),
            );
        }
        flags
    }

    /// The changes of outcome after the as-of of claims that they do not carry: another source tells them, or they may be counted
    /// already, or moved people of whom these claims count only some.
    fn moved_since(&self, current: &[(Evidence, &Current<'_>)]) -> Vec<(String, Vec<ClaimRef>)> {
        let mut told = Vec::new();
        if self.context.claims.moved.is_empty() {
            return told;
        }
        for moved in self.context.moves() {
            let why_not = |(evidence, current): &(Evidence, &Current<'_>)| {
                let carried = &self.network.carried[*evidence as usize];
                self.why_not_moved(moved, current.claim, carried)
            };
            let left_out = current
                .iter()
                .filter_map(|one| Some((one.1.claim, why_not(one)?)));
            let left_out: Vec<(&Claim, &str)> = left_out.collect();
            let Some((_, why_not)) = left_out.first() else {
                continue;
            };
            let change = &moved.change;
            let words = format!(
                "{} moved from {} to {} on {}, as {} says: {why_not}",
                change.count.get(),
                change.from,
                change.to,
                moved.at.edtf(),
                moved.origin
            );
            let claims = left_out.iter().map(|(claim, _)| ClaimRef::Claim(claim.id));
            told.push((
                words,
                claims.chain([ClaimRef::Event(moved.event)]).collect(),
            ));
        }
        told
    }

    /// Why a change is not counted in a claim it may be about; none where it is counted, or is not about it.
    fn why_not_moved(
        &self,
        moved: &Moved,
        claim: &Claim,
        carried: &Carried<'_>,
    ) -> Option<&'static str> {
        let (at, who) = (Moment::of(&moved.at), claim.cell.who);
        if claim.moment() > at || !self.context.is_about(moved, &claim.cell) {
            return None;
        }
        let is_own = claim.report.source.origin == moved.origin;
        let is_carried = carried.changes.iter().any(|one| one.event == moved.event);
        if is_carried {
            return carried.is_stuck().then_some(
                "too few are counted here to take them from, or too many to add them to",
            );
        }
        if who != moved.change.people && who.is_within(moved.change.people) {
            return Some("some of them may be of those counted here");
        }
        if !moved.change.people.is_within(who) {
            return None;
        }
        match (claim.moment() == at, is_own) {
            (true, true) if claim.report.learnt_at < moved.learnt_at => {
                Some("on the very as-of of this figure, which may count them or not")
            }
            (false, false) => {
                Some("another source, after the as-of of this figure, which does not count them")
            }
            _ => None,
        }
    }

    /// The counters that began anew.
    fn anew(&self, current: &[(Evidence, &Current<'_>)]) -> Vec<(String, Vec<ClaimRef>)> {
        let mut told = Vec::new();
        for (evidence, current) in current {
            let index = *evidence as usize;
            let Some((before, restart)) = self.context.epoch_before(&self.network.current, index)
            else {
                continue;
            };
            let before: &Claim = &self.network.carried[before].claim;
            let (origin, on) = (&restart.origin, restart.at.edtf());
            let as_of = before.report.as_of.edtf();
            let carried = &self.network.carried[index];
            let words = match carried.words() {
                Some(words) => format!(
                    "the counter of {origin} began anew: {words}; whoever was harmed after {as_of} and before {on} is in neither"
                ),
                None if carried.continues.is_some() => format!(
                    "the counter of {origin} began anew on {on}, and the sum with {} as of {as_of} is more than a figure may be",
                    before.quantity
                ),
                None => format!(
                    "the counter of {origin} began anew on {on} and does not hold its {} as of {as_of}; the continuous series does",
                    before.quantity
                ),
            };
            let claims = [ClaimRef::Claim(before.id), ClaimRef::Event(restart.event)];
            told.push((
                words,
                [vec![ClaimRef::Claim(current.claim.id)], claims.to_vec()].concat(),
            ));
        }
        told
    }

    fn is_observed(&self, group: &Group, part: &Part) -> bool {
        self.network
            .current
            .iter()
            .map(|current| &current.claim.cell)
            .filter(|cell| cell.places == group.places)
            .any(|cell| {
                (cell.who.role, cell.who.sex, cell.who.age) == (part.who, part.sex, part.age)
                    && cell.outcome == group.outcome
            })
    }

    /// Whether a total is nothing but the sum of its own report's parts, in words, with their names.
    fn own_parts(&self, node: Node, total: &Claim) -> Option<(String, Vec<ClaimRef>)> {
        let sum = total.quantity.shown()?;
        for partition in self.network.partitions_of(node) {
            let parts: Vec<&Claim> = partition
                .parts
                .iter()
                .filter_map(|(who, _)| {
                    self.network
                        .current
                        .iter()
                        .map(|current| current.claim)
                        .find(|claim| {
                            claim.is_of_same_report(total)
                                && claim.cell.outcome == total.cell.outcome
                                && claim.cell.places == total.cell.places
                                && claim.cell.basis == total.cell.basis
                                && claim.cell.span == total.cell.span
                                && claim.cell.who == *who
                                && claim.moment() == total.moment()
                        })
                })
                .collect();
            let numbers: Option<Vec<u64>> =
                parts.iter().map(|part| part.quantity.shown()).collect();
            let Some(numbers) =
                numbers.filter(|numbers| numbers.len() > 1 && numbers.iter().sum::<u64>() == sum)
            else {
                continue;
            };
            let sum: Vec<String> = numbers.iter().map(u64::to_string).collect();
            let words = format!(
                "equals the sum of its own report's parts ({}), so it is no independent evidence",
                sum.join(" + ")
            );
            return Some((
                words,
                parts.iter().map(|part| ClaimRef::Claim(part.id)).collect(),
            ));
        }
        None
    }

    /// An earlier claim of another origin with the same number for the same people in the same places, or earlier ones of one
    /// report whose people are parts of these and sum to it.
    fn relayed(&self, claim: &Claim) -> Option<(String, Vec<&Claim>)> {
        if !matches!(claim.cell.span, Span::Cumulative(_)) {
            return None;
        }
        let is_earlier = |earlier: &&Claim| {
            earlier.report.source.origin != claim.report.source.origin
                && earlier.cell.outcome == claim.cell.outcome
                && earlier.cell.places == claim.cell.places
                && earlier.cell.basis == claim.cell.basis
                && matches!(earlier.cell.span, Span::Cumulative(_))
                && (earlier.report.learnt_at, earlier.id) < (claim.report.learnt_at, claim.id)
        };
        let current = self.network.current.iter().map(|current| current.claim);
        let earlier: Vec<&Claim> = current.filter(is_earlier).collect();
        let is_same = |earlier: &&&Claim| {
            earlier.cell.who == claim.cell.who && earlier.quantity == claim.quantity
        };
        if let Some(earlier) = earlier.iter().find(is_same) {
            let words = format!(
                "the same number as an earlier claim of {}",
                earlier.report.source.origin
            );
            return Some((words, vec![earlier]));
        }
        let sum = claim.quantity.shown().filter(|sum| *sum > 0)?;
        earlier
            .chunk_by(|a, b| a.id.event == b.id.event)
            .find_map(|report| {
                let parts = parts_that_sum(report, claim.cell.who, sum)?;
                let numbers = parts.iter().map(|part| part.quantity.to_string());
                let words = format!(
                    "the sum of earlier claims of {} ({})",
                    parts[0].report.source.origin,
                    numbers.collect::<Vec<_>>().join(" + ")
                );
                Some((words, parts))
            })
    }

    fn is_self_declared(&self, claim: &Claim) -> bool {
        let Some(source) =
            self.register
                .source(self.situation, &claim.report.source.origin, self.known)
        else {
            return false;
        };
        match claim.cell.who.role {
            Role::NonStateArmed => source.kind == SourceKind::PartyToConflict,
            role if role.is_within(Role::SecurityForces) && role != Role::All => {
                source.party.is_some()
                    && matches!(source.kind, SourceKind::Official | SourceKind::Military)
            }
            _ => false,
        }
    }
}

/// Claims of one report about parts of some people, two or more, each of another role, that sum to a number.
fn parts_that_sum<'c>(report: &[&'c Claim], whole: Who, sum: u64) -> Option<Vec<&'c Claim>> {
    let is_part = |claim: &&&Claim| {
        let who = claim.cell.who;
        who.role.part_of() == Some(whole.role) && (who.sex, who.age) == (whole.sex, whole.age)
    };
    let parts: Vec<(&Claim, u64)> = report
        .iter()
        .filter(is_part)
        .filter_map(|claim| Some((*claim, claim.quantity.shown().filter(|n| *n > 0)?)))
        .collect();
    // A role has few parts; a report that names one of them over and over is not searched.
    let bits = u32::try_from(parts.len()).ok().filter(|bits| *bits <= 10)?;
    (1_u32..1 << bits)
        .filter(|choice| choice.count_ones() > 1)
        .find_map(|choice| {
            let chosen = parts.iter().enumerate();
            let chosen = chosen.filter(|(bit, _)| choice >> bit & 1 == 1);
            let chosen: Vec<&(&Claim, u64)> = chosen.map(|(_, part)| part).collect();
            let mut roles: Vec<Role> = chosen
                .iter()
                .map(|(claim, _)| claim.cell.who.role)
                .collect();
            roles.sort_unstable();
            roles.dedup();
            let total: u64 = chosen.iter().map(|(_, number)| number).sum();
            (total == sum && roles.len() == chosen.len())
                .then(|| chosen.iter().map(|(claim, _)| *claim).collect())
        })
}

/// Why the start of a claim is suspect: it clashes for certain, and was coded from words that count back from when they were
/// said.
fn suspect(claim: &Claim, conflicts: &[Conflict]) -> Option<String> {
    let is_clashing = |conflict: &Conflict| {
        conflict.certainty == Certainty::Certain
            && conflict.claims.contains(&ClaimRef::Claim(claim.id))
    };
    if !conflicts.iter().any(is_clashing) {
        return None;
    }
    let said = [&claim.words, &claim.report.words];
    let mut said = said.into_iter().flatten();
    let words = said.find_map(|words| relative_period(words.as_str()))?;
    Some(format!(
        "it clashes for certain, and \"{words}\" counts back from when that was said: its start is suspect"
    ))
}
