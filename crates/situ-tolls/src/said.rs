//! What every line says, claim by claim, and how each claim stands.

use std::collections::BTreeMap;

use serde::Serialize;
use situ_core::{
    AsOf, ClaimRef, Instant, Known, Name, Period, Register, RetractionReason, SituationId,
    SourceId, Valid, When,
};

use crate::answer::{Group, cells_asked};
use crate::claims::{CellIx, Claim, Claims, Moment, Span};
use crate::figure_name::FigureName;
use crate::lines::{Listed, Standing, epoch, standing};
use crate::toll::{ClaimShown, Reason};
use crate::tolls::{Question, Tolls};

/// What one origin says of one count, from its newest as-of back: nothing is merged, and nothing is left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The count, with its start where the source says one.
    pub figure: FigureName,
    /// Who says it first.
    pub source: SourceId,
    /// The party the origin speaks for, as described then.
    pub party: Option<Name>,
    /// The counter's epoch, as said or as its restarts say.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Name>,
    /// Newest as-of first; on the same as-of those with fewer relays first, then those learnt later.
    pub said: Vec<Said>,
}

/// A claim on its line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Said {
    /// The claim: how many, by whose way, as of when, learnt when.
    #[serde(flatten)]
    pub claim: ClaimShown,
    /// How it stands on its line.
    pub standing: ClaimStanding,
    /// The claim that stands before it, or the event that retracts it.
    pub by: Option<ClaimRef>,
    /// Why it was retracted, if it was.
    pub retraction: Option<RetractionReason>,
}

/// How a claim stands on its line, as known then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ClaimStanding {
    /// What the line says; several, where it says different things of one as-of at once.
    Current,
    /// A newer as-of of the line stands before it.
    Superseded,
    /// The same as-of was stated again, nearer to the source or later.
    Revised,
    /// The same number for the same as-of, said again.
    Repeated,
    /// Taken back, or a relay of what was taken back.
    Retracted,
}

impl ClaimStanding {
    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Superseded => Reason::Superseded.words(),
            Self::Revised => Reason::Revised.words(),
            Self::Repeated => Reason::Repeated.words(),
            Self::Retracted => Reason::Retracted.words(),
        }
    }
}

impl From<Reason> for ClaimStanding {
    fn from(reason: Reason) -> Self {
        match reason {
            Reason::Superseded => Self::Superseded,
            Reason::Revised => Self::Revised,
            Reason::Repeated => Self::Repeated,
            Reason::Retracted => Self::Retracted,
        }
    }
}

impl Tolls {
    /// Every line asked for, with all its claims that were known then and speak of a time begun by then.
    ///
    /// Policy and reading of the question say nothing here, and where it names no basis, lines of every basis are given. Lines
    /// come in the order of the figures of an answer, then by start, source and epoch.
    #[must_use]
    pub fn lines(&self, situation: &SituationId, as_of: AsOf, question: &Question) -> Vec<Line> {
        let Some(claims) = self.claims(situation) else {
            return Vec::new();
        };
        let register = self.register();
        let cells = cells_asked(situation, claims, register, as_of.known, question);
        let teller = Teller {
            situation,
            claims,
            register,
            as_of,
        };
        let mut lines: Vec<(Key, Line)> = Vec::new();
        for cell in cells {
            lines.extend(teller.lines(cell));
        }
        lines.sort_by(|(a, _), (b, _)| a.cmp(b));
        lines.into_iter().map(|(_, line)| line).collect()
    }

    /// What each line says for one as-of, as known at a moment: the claims whose as-of may be `on`, with every revision of them.
    ///
    /// How they stand is asked as of the end of `on`, so a later as-of supersedes nothing here. Lines that say nothing for it
    /// are left out.
    #[must_use]
    pub fn lines_for(
        &self,
        situation: &SituationId,
        on: &When,
        known: Known,
        question: &Question,
    ) -> Vec<Line> {
        let on = Moment::of(on);
        let as_of = AsOf {
            valid: Valid(on.latest),
            known,
        };
        let mut lines = self.lines(situation, as_of, question);
        for line in &mut lines {
            line.said
                .retain(|said| Moment::of(&said.claim.as_of).overlaps(on));
        }
        lines.retain(|line| !line.said.is_empty());
        lines
    }
}

/// The order of lines.
type Key = (Group, Option<(Instant, Instant)>, SourceId, Option<Name>);

struct Teller<'a> {
    situation: &'a SituationId,
    claims: &'a Claims,
    register: &'a Register,
    as_of: AsOf,
}

impl Teller<'_> {
    /// The lines of one cell.
    fn lines(&self, cell: CellIx) -> Vec<(Key, Line)> {
        let all = |_: &_| Listed::All;
        let Standing { current, aside, .. } =
            standing(self.claims, &[cell], self.register, self.as_of, &all);
        let current = current
            .into_iter()
            .map(|current| (current.claim, ClaimStanding::Current, None, None));
        let aside = aside.into_iter().map(|aside| {
            let standing = aside.reason.into();
            (aside.claim, standing, aside.by, aside.retraction)
        });
        let mut told: Vec<_> = current.chain(aside).collect();
        told.sort_by(|(a, ..), (b, ..)| {
            let place = |claim: &Claim| (claim.precedence(), claim.order_of_log());
            place(b).cmp(&place(a))
        });
        let mut lines: BTreeMap<Key, Line> = BTreeMap::new();
        for (claim, standing, by, retraction) in told {
            let line = lines
                .entry(self.key(claim))
                .or_insert_with(|| self.line(claim));
            line.said.push(Said {
                claim: ClaimShown::of(claim, self.party(claim)),
                standing,
                by,
                retraction,
            });
        }
        lines.into_iter().collect()
    }

    fn key(&self, claim: &Claim) -> Key {
        let start = match claim.cell.span {
            Span::Cumulative(since) => since.map(|since| (since.earliest, since.latest)),
            Span::Window(..) | Span::Incident => None,
        };
        (
            Group::of(&claim.cell),
            start,
            claim.report.source.origin.clone(),
            self.epoch(claim),
        )
    }

    fn line(&self, claim: &Claim) -> Line {
        Line {
            figure: claim.figure_name(),
            source: claim.report.source.origin.clone(),
            party: self.party(claim).cloned(),
            epoch: self.epoch(claim),
            said: Vec::new(),
        }
    }

    fn epoch(&self, claim: &Claim) -> Option<Name> {
        epoch(self.claims, self.register, claim, self.as_of).cloned()
    }

    fn party(&self, claim: &Claim) -> Option<&Name> {
        let origin = &claim.report.source.origin;
        self.register
            .source(self.situation, origin, self.as_of.known)?
            .party
            .as_ref()
    }
}

impl Claim {
    /// The name of the cell it counts, with its start.
    pub(crate) fn figure_name(&self) -> FigureName {
        FigureName {
            outcome: self.cell.outcome,
            who: self.cell.who,
            scope: self.cell.harm,
            places: self.cell.places.to_vec(),
            basis: self.cell.basis,
            period: match (self.cell.span, self.start.clone()) {
                (Span::Incident, _) => Period::Incident,
                (Span::Cumulative(_), since) => Period::Cumulative { since },
                (Span::Window(counts, _), Some(from)) => Period::Window { counts, from },
                (Span::Window(counts, from), None) => Period::Window {
                    counts,
                    from: When::instant(from.earliest),
                },
            },
        }
    }
}

impl ClaimShown {
    pub(crate) fn of(claim: &Claim, party: Option<&Name>) -> Self {
        Self {
            claim: claim.id,
            position: claim.report.position,
            source: claim.report.source.origin.clone(),
            party: party.cloned(),
            via: claim.report.source.via.clone(),
            quantity: claim.quantity,
            said: claim.quantity.to_string(),
            words: claim.words.clone(),
            as_of: claim.report.as_of.clone(),
            since: claim.start.clone(),
            scope: claim.cell.harm,
            learnt_at: claim.report.learnt_at,
            carried: None,
        }
    }
}
