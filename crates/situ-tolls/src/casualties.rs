//! Casualties: the killed and the injured together, each person once.

use std::collections::BTreeMap;

use serde::Serialize;
use situ_core::{AsOf, ClaimRef, Interval, Outcome, Period, SituationId, SourceId};

use crate::answer::{Group, cells_asked};
use crate::claims::{Cell, Claim, Kept, Line, Moment};
use crate::figure_name::FigureName;
use crate::network::Context;
use crate::toll::{Bounds, Flag, FlagKind, Reading, Toll};
use crate::tolls::{Question, Tolls};
use crate::words::{single, words};

/// The killed and the injured of one group of people together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Casualties {
    /// The name of the figure of the killed, which asks for it.
    pub killed: FigureName,
    /// The name of the figure of the injured.
    pub injured: FigureName,
    /// The number a reader is shown: where one source counts both, their sum; none where some may be counted twice, or only an
    /// interval can be given.
    pub shown: Option<u64>,
    /// The lower end under `reading`.
    pub least: u64,
    /// The upper end under `reading`; none where there is no upper end.
    pub most: Option<u64>,
    /// In words, under `reading`.
    pub words: String,
    /// The reading `least`, `most` and `words` come from.
    pub reading: Reading,
    /// What both figures come to if a bare number is an exact count.
    pub point: Sum,
    /// What both figures come to if a running count is a lower bound.
    pub floor: Sum,
    /// How many may be counted both as injured and as killed.
    pub twice: u64,
    /// The claims and other events it rests on, each once.
    pub rests_on: Vec<ClaimRef>,
    /// What a reader should know before using it.
    pub flags: Vec<Flag>,
}

/// Both ends of a sum.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sum {
    /// The lower end.
    pub least: u64,
    /// The upper end, if there is one.
    pub most: Option<u64>,
    /// In words.
    pub words: String,
    /// The arithmetic of the lower end: "11 + 50 − 1".
    pub expression: String,
}

impl Tolls {
    /// The casualties of every group of people of whom somebody counts the killed and somebody the injured, over the same time.
    ///
    /// People who moved from injured to killed are counted once where the source told so. Where it did not, and its killed rose
    /// while its injured fell by less, so many may be counted twice: the lower end is less by them, and a flag says so. Windows
    /// have no casualties of their own. The outcome of the question, and of the figure it names, says nothing here.
    #[must_use]
    pub fn casualties(
        &self,
        situation: &SituationId,
        as_of: AsOf,
        question: &Question,
    ) -> Vec<Casualties> {
        let Some(claims) = self.claims(situation) else {
            return Vec::new();
        };
        let of = |outcome| Question {
            outcome: Some(outcome),
            figure: question
                .figure
                .clone()
                .map(|figure| FigureName { outcome, ..figure }),
            ..question.clone()
        };
        let as_killed = |toll: &Toll| Group {
            outcome: Outcome::Killed,
            ..Group::named(&toll.figure)
        };
        let is_summed = |toll: &Toll| !matches!(toll.figure.period, Period::Window { .. });
        let injured = self.at(situation, as_of, &of(Outcome::Injured)).tolls;
        let injured: BTreeMap<Group, Toll> = injured
            .into_iter()
            .map(|toll| (as_killed(&toll), toll))
            .collect();
        let killed = self.at(situation, as_of, &of(Outcome::Killed)).tolls;
        let both = killed.into_iter().filter(is_summed).filter_map(|killed| {
            let injured = injured.get(&as_killed(&killed))?;
            Some((killed, injured))
        });
        let context = Context {
            situation,
            claims,
            register: self.register(),
            as_of,
        };
        both.map(|(killed, injured)| casualties(context, &killed, injured))
            .collect()
    }
}

fn casualties(context: Context<'_>, killed: &Toll, injured: &Toll) -> Casualties {
    let double = Doubles { context }.most(killed, injured);
    let twice = double.as_ref().map_or(0, |double| double.people);
    let point = sum(&killed.point, &injured.point, twice);
    let floor = sum(&killed.floor, &injured.floor, twice);
    let read = match killed.reading {
        Reading::Point => &point,
        Reading::Floor => &floor,
    };
    let is_of_one = || {
        let mut sources = [killed, injured]
            .into_iter()
            .flat_map(|toll| toll.claims.iter().map(|claim| &claim.source));
        let first = sources.next();
        first.is_some() && sources.all(|source| Some(source) == first)
    };
    let shown = killed
        .shown
        .zip(injured.shown)
        .filter(|_| twice == 0 && is_of_one())
        .map(|(killed, injured)| killed.saturating_add(injured));
    let mut rests_on: Vec<ClaimRef> = [killed, injured]
        .into_iter()
        .flat_map(|toll| toll.rests_on.iter().map(|support| support.claim))
        .collect();
    rests_on.sort_unstable();
    rests_on.dedup();
    Casualties {
        killed: killed.figure.clone(),
        injured: injured.figure.clone(),
        shown: shown.or_else(|| {
            single(Interval {
                least: point.least,
                most: point.most,
            })
        }),
        least: read.least,
        most: read.most,
        words: read.words.clone(),
        reading: killed.reading,
        twice,
        rests_on,
        flags: double.map(Double::flag).into_iter().collect(),
        point,
        floor,
    }
}

fn sum(killed: &Bounds, injured: &Bounds, twice: u64) -> Sum {
    let least = killed.least.saturating_add(injured.least);
    let apart = killed.least.max(injured.least);
    let most = killed.most.zip(injured.most);
    let most = most.map(|(killed, injured)| killed.saturating_add(injured));
    let least = least.saturating_sub(twice).max(apart);
    let mut expression = format!("{} + {}", killed.least, injured.least);
    if twice > 0 {
        expression += &format!(" − {twice}");
    }
    Sum {
        least,
        most,
        words: words(Interval { least, most }),
        expression,
    }
}

/// People who may be counted twice.
struct Double {
    people: u64,
    claims: [ClaimRef; 2],
}

impl Double {
    fn flag(self) -> Flag {
        Flag {
            flag: FlagKind::PossibleDoubleCount,
            words: format!(
                "the killed rose and the injured did not fall by as many, nor is anybody said to have moved: up to {} may be counted in both",
                self.people
            ),
            claims: self.claims.to_vec(),
        }
    }
}

/// What a line says, or a change tells, at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    /// So many people moved: a later as-of has absorbed them, one of the same moment too.
    Moved {
        from: Outcome,
        to: Outcome,
        count: u64,
    },
    Says {
        killed: Option<u64>,
        injured: Option<u64>,
    },
}

struct Doubles<'a> {
    context: Context<'a>,
}

impl<'a> Doubles<'a> {
    /// The most people any two lines of a figure may count twice: those of one source, or where no source counts both, any.
    fn most(&self, killed: &Toll, injured: &Toll) -> Option<Double> {
        let killed = self.current_lines(killed);
        let injured = self.current_lines(injured);
        let pairs = || {
            killed
                .iter()
                .flat_map(|killed| injured.iter().map(move |injured| (killed, injured)))
        };
        let is_of_one =
            |(killed, injured): &(&Lines<'_>, &Lines<'_>)| killed.origin == injured.origin;
        let mut doubles: Vec<Double> = pairs()
            .filter(is_of_one)
            .filter_map(|pair| self.double(pair))
            .collect();
        if !pairs().any(|pair| is_of_one(&pair)) {
            doubles = pairs().filter_map(|pair| self.double(pair)).collect();
        }
        doubles.into_iter().max_by_key(|double| double.people)
    }

    /// The lines of a figure by source, whichever start they count from.
    fn current_lines(&self, toll: &Toll) -> Vec<Lines<'a>> {
        let Context {
            situation,
            claims,
            register,
            as_of,
        } = self.context;
        let question = Question {
            figure: Some(toll.figure.clone()),
            ..Question::default()
        };
        let cells = cells_asked(situation, claims, register, as_of.known, &question);
        let mut by_origin: BTreeMap<&SourceId, Vec<&Claim>> = BTreeMap::new();
        for Kept { lines, .. } in cells.iter().map(|cell| &claims.cells[*cell]) {
            for line in lines {
                by_origin
                    .entry(&line.origin)
                    .or_default()
                    .extend(self.standing(line));
            }
        }
        let lines = by_origin
            .into_iter()
            .filter(|(_, claims)| !claims.is_empty());
        lines
            .map(|(origin, mut claims)| {
                // Of several starts at one moment the count over the longest time comes last, and stands.
                claims.sort_by_key(|claim| (claim.moment(), claim.quantity.point().least));
                Lines { origin, claims }
            })
            .collect()
    }

    /// What a line said for each as-of, as known then.
    fn standing(&self, line: &'a Line) -> Vec<&'a Claim> {
        let AsOf { valid, known } = self.context.as_of;
        let is_live = |claim: &&Claim| {
            self.context
                .register
                .claim_retraction(claim.id, known)
                .is_none()
        };
        let mut said: Vec<&Claim> = line.visible(valid, known).filter(is_live).collect();
        said.dedup_by_key(|claim| claim.moment());
        said
    }

    /// Who may be counted twice: as often as the killed rose, by as many of them as were injured before, less those by whom the
    /// injured fell since.
    fn double(&self, (killed, injured): (&Lines<'_>, &Lines<'_>)) -> Option<Double> {
        let mut steps: BTreeMap<(Moment, u8), Vec<Step>> = BTreeMap::new();
        let mut says: BTreeMap<Moment, (Option<u64>, Option<u64>)> = BTreeMap::new();
        for claim in &killed.claims {
            says.entry(claim.moment()).or_default().0 = Some(claim.quantity.point().least);
        }
        for claim in &injured.claims {
            says.entry(claim.moment()).or_default().1 = Some(claim.quantity.point().least);
        }
        for (moment, (killed, injured)) in says {
            let says = Step::Says { killed, injured };
            steps.entry((moment, 1)).or_default().push(says);
        }
        let (of_killed, of_injured) = (killed.claims.last()?, injured.claims.last()?);
        for moved in self.context.moves() {
            let of = |line: &Lines<'_>, cell: &Cell| {
                *line.origin == moved.origin && self.context.is_counted_in(moved, cell)
            };
            if of(killed, &of_killed.cell) || of(injured, &of_injured.cell) {
                let step = Step::Moved {
                    from: moved.change.from,
                    to: moved.change.to,
                    count: moved.change.count.get(),
                };
                let at = (Moment::of(&moved.at), 0);
                steps.entry(at).or_default().push(step);
            }
        }
        let people = twice(steps.into_values().flatten());
        (people > 0).then(|| Double {
            people,
            claims: [of_killed, of_injured].map(|claim| ClaimRef::Claim(claim.id)),
        })
    }
}

/// What one source says of a figure over time, oldest first.
struct Lines<'a> {
    origin: &'a SourceId,
    claims: Vec<&'a Claim>,
}

fn twice(steps: impl Iterator<Item = Step>) -> u64 {
    let (mut killed, mut injured, mut twice) = (0_u64, 0_u64, 0_u64);
    for step in steps {
        match step {
            Step::Moved { from, to, count } => {
                for (outcome, number) in [
                    (Outcome::Killed, &mut killed),
                    (Outcome::Injured, &mut injured),
                ] {
                    if outcome == from {
                        *number = number.saturating_sub(count);
                    }
                    if outcome == to {
                        *number = number.saturating_add(count);
                    }
                }
            }
            Step::Says {
                killed: new_killed,
                injured: new_injured,
            } => {
                let rise = new_killed.unwrap_or(killed).saturating_sub(killed);
                let fall = injured.saturating_sub(new_injured.unwrap_or(injured));
                twice = twice.saturating_add(rise.min(injured)).saturating_sub(fall);
                killed = new_killed.unwrap_or(killed);
                injured = new_injured.unwrap_or(injured);
            }
        }
        twice = twice.min(injured).min(killed);
    }
    twice
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(killed: u64, injured: u64) -> Step {
        Step::Says {
            killed: Some(killed),
            injured: Some(injured),
        }
    }

    const DIED: Step = Step::Moved {
        from: Outcome::Injured,
        to: Outcome::Killed,
        count: 1,
    };

    fn check(steps: &[Step], expected: u64) {
        assert_eq!(twice(steps.iter().copied()), expected, "{steps:?}");
    }

    #[test]
    fn who_rose_among_the_killed_and_did_not_fall_among_the_injured_may_be_counted_twice() {
        check(&[says(10, 50)], 0);
        check(&[says(10, 50), says(11, 50)], 1);
        check(&[says(10, 50), says(11, 49)], 0);
        check(&[says(10, 50), says(13, 49)], 2);
        check(&[says(10, 50), says(11, 60), says(12, 60)], 2);
        check(&[says(10, 50), says(11, 50), says(11, 49)], 0);
        check(&[says(0, 0), says(10, 50)], 0);
        check(&[says(0, 3), says(10, 50)], 3);
        check(&[says(10, 50), says(8, 50)], 0);
    }

    #[test]
    fn who_is_said_to_have_moved_is_not_counted_twice() {
        check(&[says(10, 50), DIED], 0);
        check(&[says(10, 50), DIED, says(11, 49)], 0);
        check(&[says(10, 50), DIED, says(11, 50)], 0);
        check(&[says(10, 50), DIED, says(12, 49)], 1);
    }

    #[test]
    fn a_count_of_one_that_comes_later_may_hold_some_of_the_other() {
        let killed = |number| Step::Says {
            killed: Some(number),
            injured: None,
        };
        let injured = |number| Step::Says {
            killed: None,
            injured: Some(number),
        };
        check(&[killed(10), injured(50)], 0);
        check(&[injured(50), killed(10)], 10);
        check(&[injured(50), killed(10), injured(45)], 5);
    }
}
