//! What a reader should know before using a figure.

use situ_core::{ClaimRef, Role, SourceKind, WindowKind};

use crate::answer::{Group, Period, Resolved};
use crate::claims::{Claim, Moment, Moved, Span};
use crate::lines::Current;
use crate::solver::{Evidence, Node};
use crate::toll::{Bounds, Flag, FlagKind, Part, Parts};

impl Resolved<'_> {
    #[expect(
        clippy::too_many_arguments,
        reason = "each is a part of the answer that some flag is about"
    )]
    pub(crate) fn flags(
        &self,
        group: &Group,
        node: Option<Node>,
        floor: &Bounds,
        current: &[(Evidence, &Current<'_>)],
        candidates: &[&Claim],
        is_disputed: bool,
        shown: Option<u64>,
        parts: Option<&Parts>,
    ) -> Vec<Flag> {
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
        for moved in self.moved_since(group, current) {
            let change = &moved.change;
            let (count, from, to) = (change.count.get(), change.from, change.to);
            let words = format!(
                "{count} moved from {from} to {to} on {}, after the as-of of this figure, and are not counted in it",
                moved.at.edtf()
            );
            flag(
                FlagKind::MovedSince,
                words,
                vec![ClaimRef::Event(moved.event)],
            );
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
            if let Some(earlier) = self.relayed(current.claim) {
                let words = format!(
                    "the same number as an earlier claim of {}",
                    earlier.report.source.origin
                );
                flag(
                    FlagKind::Relay,
                    words,
                    vec![name, ClaimRef::Claim(earlier.id)],
                );
            }
            if self.is_self_declared(current.claim) {
                let words = format!(
                    "{} speaks of its own people",
                    current.claim.report.source.origin
                );
                flag(FlagKind::SelfDeclared, words, vec![name]);
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

    /// The changes of outcome of a claim's source that came after all its claims here, which would have absorbed them.
    fn moved_since(&self, group: &Group, current: &[(Evidence, &Current<'_>)]) -> Vec<&Moved> {
        let is_visible = |moved: &&Moved| {
            self.known.includes(moved.learnt_at, moved.position)
                && moved
                    .at
                    .earliest()
                    .is_none_or(|earliest| earliest <= self.valid.0)
                && self
                    .register
                    .event_retraction(moved.event, self.known)
                    .is_none()
        };
        let is_about = |moved: &&Moved| {
            let change = &moved.change;
            [change.from, change.to].contains(&group.outcome)
                && change.people == group.who
                && change.scope == group.harm
                && matches!(group.period, Period::Cumulative(_))
        };
        let is_after = |moved: &&Moved| {
            let claims = current.iter().map(|(_, current)| current.claim);
            let mut own = claims
                .filter(|claim| claim.report.source.origin == moved.origin)
                .peekable();
            own.peek().is_some() && own.all(|claim| claim.moment() < Moment::of(&moved.at))
        };
        self.moved
            .iter()
            .filter(is_visible)
            .filter(is_about)
            .filter(is_after)
            .collect()
    }

    fn is_observed(&self, group: &Group, part: &Part) -> bool {
        self.network
            .current
            .iter()
            .map(|current| &current.claim.cell)
            .any(|cell| {
                (cell.who.role, cell.who.sex, cell.who.age) == (part.who, part.sex, part.age)
                    && cell.outcome == group.outcome
            })
    }

    /// Whether a total is nothing but the sum of its own report's parts, in words, with their names.
    fn own_parts(&self, node: Node, total: &Claim) -> Option<(String, Vec<ClaimRef>)> {
        let sum = total.quantity.shown()?;
        let partitions = self
            .network
            .partitions
            .iter()
            .filter(|(whole, _)| *whole == node);
        for (_, partition) in partitions {
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

    /// An earlier claim of another origin with the same number for the same people in the same places.
    fn relayed(&self, claim: &Claim) -> Option<&Claim> {
        self.network
            .current
            .iter()
            .map(|current| current.claim)
            .find(|earlier| {
                earlier.report.source.origin != claim.report.source.origin
                    && earlier.cell.outcome == claim.cell.outcome
                    && earlier.cell.who == claim.cell.who
                    && earlier.cell.places == claim.cell.places
                    && earlier.cell.basis == claim.cell.basis
                    && matches!(
                        (earlier.cell.span, claim.cell.span),
                        (Span::Cumulative(_), Span::Cumulative(_))
                    )
                    && earlier.quantity == claim.quantity
                    && (earlier.report.learnt_at, earlier.report.position)
                        < (claim.report.learnt_at, claim.report.position)
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
