//! Why a figure is what it is: the rule, the claims it weighed, and each bound step by step.

use serde::Serialize;
use situ_core::{AsOf, ClaimRef, Name, Period, SituationId, When};

use crate::answer::{Group, Resolved, why};
use crate::claims::{Claim, Span};
use crate::figure_name::FigureName;
use crate::lines::Current;
use crate::policy::{Picked, Policy, newest};
use crate::said::ClaimStanding;
use crate::solver::{Derived, End, Evidence, Node, Side, Solution};
use crate::toll::{ClaimShown, PolicyUsed, Reading, Toll};
use crate::tolls::{Question, Tolls};

/// Everything behind one figure.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Why {
    /// The figure, with its bounds, conflicts and flags.
    pub toll: Toll,
    /// The rule that picked what is shown.
    pub rule: RuleUsed,
    /// The reading the ends come from, in words.
    pub reading: &'static str,
    /// The claims of the figure that stand, and what the rule made of each; the one it picked first.
    pub considered: Vec<Considered>,
    /// What it rests on, in the order of the log.
    pub used: Vec<Used>,
    /// The claims of the figure that do not stand, and why, in the order of the log.
    pub not_used: Vec<NotUsed>,
    /// Claims about the same people that make figures of their own: another scope, basis, place or time. They bound this one by
    /// constraints alone.
    pub beside: Vec<Beside>,
    /// How each end is derived.
    pub derivations: Vec<Derivation>,
}

/// A policy by name and version, and what it does in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RuleUsed {
    /// Name and version.
    #[serde(flatten)]
    pub policy: PolicyUsed,
    /// In words.
    pub words: &'static str,
}

/// A claim of the figure that stands, before the rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Considered {
    /// The claim.
    #[serde(flatten)]
    pub claim: ClaimShown,
    /// What became of it.
    pub verdict: Verdict,
    /// The claim that was picked instead, or that speaks for it.
    pub by: Option<ClaimRef>,
    /// Why, in words.
    pub because: String,
}

/// What a rule made of a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// It is shown.
    Picked,
    /// It is part of what is shown: an end of an envelope, or one that a consensus takes in.
    Counted,
    /// Another was picked.
    PassedOver,
    /// Not weighed: a newer claim of its side speaks for it.
    SpokenFor,
    /// Not weighed: it was given up, so that the rest agree.
    GivenUp,
}

/// A claim or declaration a figure rests on, and what it gave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Used {
    /// Its name.
    #[serde(serialize_with = "crate::toll::as_text")]
    pub name: ClaimRef,
    /// The count the claim is of; none for a declaration.
    pub figure: Option<FigureName>,
    /// The claim; none for a declaration.
    pub claim: Option<ClaimShown>,
    /// What it contributed, in words.
    pub contributed: String,
}

/// A claim of the figure that does not stand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NotUsed {
    /// The claim.
    #[serde(flatten)]
    pub claim: ClaimShown,
    /// How it stands on its line.
    pub standing: ClaimStanding,
    /// The same in words.
    pub because: &'static str,
    /// The claim that stands before it, or the event that retracts it.
    pub by: Option<ClaimRef>,
}

/// A claim that makes another figure of the same people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Beside {
    /// That figure, with its start where the source says one.
    pub figure: FigureName,
    /// The claim.
    #[serde(flatten)]
    pub claim: ClaimShown,
}

/// One end of a figure under one reading, step by step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Derivation {
    /// The reading.
    pub reading: Reading,
    /// Which end.
    pub end: WhichEnd,
    /// The number it comes to.
    pub value: u64,
    /// The steps; each uses those before it, and the last one is the end itself.
    pub steps: Vec<DerivationStep>,
}

/// An end of an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WhichEnd {
    /// At least so many.
    Least,
    /// At most so many.
    Most,
}

/// One step: an end of some count, from a claim, or from a constraint and the steps before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DerivationStep {
    /// The count it is about, with its start where one is known.
    pub figure: FigureName,
    /// Of which epoch of whose counter, where it began anew.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Name>,
    /// As of when.
    pub as_of: Option<When>,
    /// Which end of it.
    pub end: WhichEnd,
    /// The number.
    pub value: u64,
    /// The claim; none where a constraint is used.
    pub claim: Option<ClaimShown>,
    /// The constraint used, by name; none for a claim.
    pub constraint: Option<&'static str>,
    /// What the constraint says.
    pub means: Option<&'static str>,
    /// The event the constraint or the number comes from: a partition, a change of outcome, a restart; none where the constraint
    /// always holds.
    pub declared_by: Option<ClaimRef>,
    /// The steps whose numbers are added, counted from 1.
    pub plus: Vec<usize>,
    /// The steps whose numbers are taken away.
    pub minus: Vec<usize>,
    /// The arithmetic: "255 − 22 − 36"; the number alone for a claim.
    pub expression: String,
}

impl Tolls {
    /// Why a figure is what it is under a policy and a reading; none where nothing at all is known of it.
    #[must_use]
    pub fn why(
        &self,
        situation: &SituationId,
        as_of: AsOf,
        figure: &FigureName,
        policy: &Policy,
        reading: Reading,
    ) -> Option<Why> {
        let question = Question {
            superseded: true,
            figure: Some(figure.clone()),
            policy: policy.clone(),
            reading,
            ..Question::default()
        };
        let claims = self.claims(situation)?;
        why(situation, claims, self.register(), as_of, figure, &question)
    }
}

impl Resolved<'_> {
    /// Why one figure is what it is.
    pub(crate) fn why(&self, group: &Group, nodes: &[Node], question: &Question) -> Option<Why> {
        let toll = self.toll(group, nodes, question)?;
        Some(Why {
            rule: RuleUsed {
                policy: question.policy.used(),
                words: rule_in_words(&question.policy),
            },
            reading: reading_in_words(question.reading),
            considered: self.considered(group, &question.policy),
            used: self.used(&toll),
            not_used: self.not_used(group),
            beside: self.beside(group),
            derivations: self.derivations(group, nodes, &toll),
            toll,
        })
    }

    fn current(&self) -> impl Iterator<Item = (Evidence, &Current<'_>)> {
        (0..).zip(&self.network.current)
    }

    fn considered(&self, group: &Group, policy: &Policy) -> Vec<Considered> {
        let own: Vec<(Evidence, &Claim)> = self
            .current()
            .filter(|(_, current)| group.holds(&current.claim.cell))
            .map(|(evidence, _)| (evidence, self.network.carried(evidence)))
            .collect();
        let kept = own.iter().copied();
        let kept = kept.filter(|(evidence, _)| !self.repair.gives_up(*evidence));
        let newest_of = self.sides.newest(kept);
        let candidates: Vec<&Claim> = newest_of.iter().map(|(_, claim)| *claim).collect();
        let picked = policy.pick(&candidates);
        let mut considered: Vec<Considered> = own
            .iter()
            .map(|(evidence, claim)| {
                let side = self.sides.of(*evidence);
                let speaker = newest_of.iter().find(|(other, _)| Some(*other) == side);
                let (verdict, by, because) = match speaker {
                    _ if self.repair.gives_up(*evidence) => {
                        let because =
                            "given up, with as few others as can be, so that the rest agree";
                        (Verdict::GivenUp, None, because.to_owned())
                    }
                    Some((_, speaker)) if speaker.id != claim.id => {
                        let who = self.sides.party(*evidence).map_or_else(
                            || claim.report.source.origin.to_string(),
                            ToString::to_string,
                        );
                        let because = format!(
                            "{} as of {} is newer and speaks for {who}",
                            speaker.quantity,
                            speaker.report.as_of.edtf()
                        );
                        (Verdict::SpokenFor, Some(speaker.id), because)
                    }
                    _ => {
                        let (verdict, because) = verdict(claim, &picked, policy);
                        let instead = match &picked {
                            Picked::Claim(picked) if picked.id != claim.id => Some(picked.id),
                            _ => None,
                        };
                        (verdict, instead, because)
                    }
                };
                Considered {
                    claim: self.shown(*evidence, self.network.current[*evidence as usize].claim),
                    verdict,
                    by: by.map(ClaimRef::Claim),
                    because,
                }
            })
            .collect();
        considered.sort_by_key(|considered| considered.verdict);
        considered
    }

    fn used(&self, toll: &Toll) -> Vec<Used> {
        let used = toll.rests_on.iter().map(|support| {
            let evidence = self.network.evidence_named(support.claim);
            let claim = evidence.and_then(|one| Some((one, self.network.claim_of(one)?)));
            Used {
                name: support.claim,
                figure: claim.map(|(_, claim)| claim.figure_name()),
                claim: claim.map(|(one, claim)| self.shown(one, claim)),
                contributed: support.contributed.clone(),
            }
        });
        used.collect()
    }

    fn not_used(&self, group: &Group) -> Vec<NotUsed> {
        let aside = self.standing.aside.iter();
        let own = aside.filter(|aside| group.holds(&aside.claim.cell));
        own.map(|aside| NotUsed {
            claim: self.shown_then(aside.claim),
            standing: aside.reason.into(),
            because: aside.reason.words(),
            by: aside.by,
        })
        .collect()
    }

    /// A claim with the party its source belonged to.
    fn shown_then(&self, claim: &Claim) -> ClaimShown {
        let origin = &claim.report.source.origin;
        let source = self.register.source(self.situation, origin, self.known);
        ClaimShown::of(claim, source.and_then(|source| source.party.as_ref()))
    }

    fn beside(&self, group: &Group) -> Vec<Beside> {
        let is_beside = |claim: &&Claim| {
            (claim.cell.outcome, claim.cell.who) == (group.outcome, group.who)
                && !group.holds(&claim.cell)
        };
        let claims = self.current().map(|(_, current)| current.claim);
        let mut beside: Vec<&Claim> = claims.filter(is_beside).collect();
        beside.sort_by_key(|claim| (Group::of(&claim.cell), newest(claim)));
        let beside = beside.into_iter().map(|claim| Beside {
            figure: claim.figure_name(),
            claim: self.shown_then(claim),
        });
        beside.collect()
    }

    /// Both ends under both readings, as far as they are known; the reading asked for first.
    fn derivations(&self, group: &Group, nodes: &[Node], toll: &Toll) -> Vec<Derivation> {
        let Some(newest) = nodes.first().copied() else {
            return Vec::new();
        };
        let readings = match toll.reading {
            Reading::Floor => [Reading::Floor, Reading::Point],
            Reading::Point => [Reading::Point, Reading::Floor],
        };
        let mut derivations: Vec<Derivation> = Vec::new();
        for reading in readings {
            let (bounds, lowest) = match reading {
                Reading::Floor => (&toll.floor, self.floor_node(group, nodes).unwrap_or(newest)),
                Reading::Point => (&toll.point, newest),
            };
            let solution = self.solution(reading, lowest);
            if let Some(end) = solution.lower(lowest).filter(|_| bounds.least_by.is_some()) {
                derivations.push(self.derivation(reading, solution, end));
            }
            let solution = self.solution(reading, newest);
            if let Some(end) = solution.upper(newest).filter(|_| bounds.most_by.is_some()) {
                derivations.push(self.derivation(reading, solution, end));
            }
        }
        derivations
    }

    fn derivation(&self, reading: Reading, solution: &Solution, end: End) -> Derivation {
        let derived = solution.steps(end);
        let steps: Vec<DerivationStep> = derived
            .iter()
            .map(|step| self.step(step, &derived))
            .collect();
        let last = steps.last().expect("an end has a step");
        Derivation {
            reading,
            end: last.end,
            value: last.value,
            steps,
        }
    }

    fn step(&self, step: &Derived, all: &[Derived]) -> DerivationStep {
        let (plus, minus) = (from_1(&step.plus), from_1(&step.minus));
        let count = &self.network.counts[step.node];
        let claim = step.evidence.filter(|_| step.rule.is_none());
        let claim = claim.and_then(|one| Some((one, self.network.claim_of(one)?)));
        let declared = step.evidence.filter(|_| claim.is_none());
        DerivationStep {
            figure: self.figure_of(step.node),
            epoch: count.epoch.as_ref().map(|(_, epoch)| epoch.clone()),
            as_of: self.as_of(Some(step.node)),
            end: match step.side {
                Side::Lower => WhichEnd::Least,
                Side::Upper => WhichEnd::Most,
            },
            value: people(step.value),
            claim: claim.map(|(one, claim)| self.shown(one, claim)),
            constraint: step.rule,
            means: step.rule.map(constraint_in_words),
            declared_by: declared.map(|one| self.network.name_of(one)),
            expression: expression(step, all),
            plus,
            minus,
        }
    }

    /// The name of the cell a count is of, its start in the words of whoever counts from there.
    fn figure_of(&self, node: Node) -> FigureName {
        let cell = &self.network.counts[node].cell;
        let claims = self.network.current.iter().map(|current| current.claim);
        let mut same = claims.filter(|claim| claim.cell.span == cell.span);
        let start = same.find_map(|claim| claim.start.clone());
        let or_instant = |moment: crate::claims::Moment| {
            let start = start.clone();
            start.unwrap_or_else(|| When::instant(moment.earliest))
        };
        FigureName {
            outcome: cell.outcome,
            who: cell.who,
            scope: cell.harm,
            places: cell.places.to_vec(),
            basis: cell.basis,
            period: match cell.span {
                Span::Incident => Period::Incident,
                Span::Cumulative(since) => Period::Cumulative {
                    since: since.map(or_instant),
                },
                Span::Window(counts, from) => Period::Window {
                    counts,
                    from: or_instant(from),
                },
            },
        }
    }
}

/// Places in a list as people count them.
fn from_1(places: &[usize]) -> Vec<usize> {
    places.iter().map(|place| place + 1).collect()
}

fn people(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// The arithmetic of one step, with the numbers of those it uses.
fn expression(step: &Derived, all: &[Derived]) -> String {
    if step.plus.is_empty() {
        return step.value.to_string();
    }
    let values = |places: &[usize]| {
        let values = places.iter().map(|place| all[*place].value.to_string());
        values.collect::<Vec<_>>()
    };
    let plus = values(&step.plus).join(" + ");
    let minus = values(&step.minus);
    minus
        .iter()
        .fold(plus, |text, value| format!("{text} − {value}"))
}

/// What a policy made of a claim that it weighed.
fn verdict(claim: &Claim, picked: &Picked<'_>, policy: &Policy) -> (Verdict, String) {
    let point = claim.quantity.point();
    match picked {
        Picked::Claim(shown) if shown.id == claim.id => {
            let because = match policy {
                Policy::Latest => "the newest as-of; where several have it, the one learnt last",
                Policy::Consistent(_) => "the newest as-of of what is not given up",
                Policy::Trusted(_) => "the first source of the order that has a claim",
                Policy::Highest => "the greatest number",
                Policy::Lowest => "the smallest number",
                Policy::Envelope | Policy::Consensus => "it is the only one",
            };
            (Verdict::Picked, because.to_owned())
        }
        Picked::Claim(shown) => {
            let because = match policy {
                Policy::Latest | Policy::Consistent(_) if shown.moment() > claim.moment() => {
                    format!("its as-of is older than {}", shown.report.as_of.edtf())
                }
                Policy::Latest | Policy::Consistent(_) => {
                    "the same as-of, learnt earlier".to_owned()
                }
                Policy::Trusted(order) if order.contains(&claim.report.source.origin) => {
                    format!(
                        "{} stands before it in the order",
                        shown.report.source.origin
                    )
                }
                Policy::Trusted(_) => "its source is not in the order".to_owned(),
                Policy::Highest => format!("{} is more, or newer", shown.quantity),
                Policy::Lowest => format!("{} is less, or older", shown.quantity),
                Policy::Envelope | Policy::Consensus => format!("{} is shown", shown.quantity),
            };
            (Verdict::PassedOver, because)
        }
        Picked::Interval(interval) => {
            let is_end = point.least == interval.least || point.most == interval.most;
            let because = match policy {
                Policy::Envelope if is_end => "it is an end of the envelope",
                Policy::Envelope => "it lies within the envelope",
                _ => "it allows what all allow",
            };
            (Verdict::Counted, because.to_owned())
        }
        Picked::Nothing => {
            let because = match policy {
                Policy::Consensus => "it excludes another, so there is no consensus",
                Policy::Trusted(_) => "its source is not in the order",
                _ => "nothing is shown",
            };
            (Verdict::PassedOver, because.to_owned())
        }
    }
}

/// What a policy does.
const fn rule_in_words(policy: &Policy) -> &'static str {
    match policy {
        Policy::Consistent(_) => {
            "gives up the claims that weigh least together, so that nothing clashes any more, and shows the newest of the rest"
        }
        Policy::Latest => {
            "of the newest claim of each side the one with the newest as-of; of those with one as-of the one learnt last"
        }
        Policy::Trusted(_) => {
            "of the newest claim of each side that of the first source in the order that has one"
        }
        Policy::Highest => {
            "of the newest claim of each side the one with the greatest number; \"at least\" counts as that number"
        }
        Policy::Lowest => "of the newest claim of each side the one with the smallest number",
        Policy::Envelope => {
            "the smallest range that holds the newest claim of each side; no single number, unless they agree"
        }
        Policy::Consensus => {
            "what the newest claim of each side allows; nothing where they exclude each other"
        }
    }
}

const fn reading_in_words(reading: Reading) -> &'static str {
    match reading {
        Reading::Floor => "a running count is at least so many; rival counts do not clash",
        Reading::Point => "a bare number is just so many; rival counts clash",
    }
}

/// What a constraint says.
fn constraint_in_words(name: &str) -> &'static str {
    match name {
        "partition" => {
            "a whole is at least the sum of its parts, and just that where the parts are said to be all"
        }
        "subset" => "some of a group are no more than the group",
        "scope" => {
            "harm of one event, of the attacks or of the operations is no more than what it is part of"
        }
        "place" => "people in a place are no more than in any place around it",
        "basis order" => {
            "those identified or recovered are no more than those reported, and those no more than with the presumed"
        }
        "time" => "a count over some time is no more than one over all of it",
        "older count" => "the dead stay dead: an older running count is no more than a newer one",
        "time additivity" => {
            "the count at the start of a window and the window together make the count at its end"
        }
        "outcome change" => {
            "people who moved from one outcome to another are in the one no more, and in the other from then on"
        }
        "continuous series" => {
            "what a counter came to before it began anew and what it came to since make one count"
        }
        "windows in a row" => {
            "windows of which none begins before the other is over are no more than what covers them all, and just that where they leave no gap"
        }
        "same moment" => "two as-ofs that may be one moment are taken as one",
        _ => "one count bounds another",
    }
}
