//! The state of one service in one scope, step by step over the occurred axis.

use std::collections::BTreeMap;

use situ_core::{AsOf, Degree, EventId, Extent, Instant, Position, Register, Service, Zone};

use crate::board::{How, SetAside, SetAsideReason, Status};
use crate::claim::{Claim, Mark, MarkKind, Span, is_down, members, normal, severity, status_of};
use crate::ledger::{Entry, Ledger, News, Part, Reach};
use crate::starts::{Displaced, Told, prevailing};

/// A day on which the clocks go back has 25 hours.
const LONGEST_DAY: i64 = 25 * 3600 * 1_000_000_000;

/// A question about one service in one scope.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) register: &'a Register,
    pub(crate) ledger: &'a Ledger,
    pub(crate) zone: Zone,
    pub(crate) service: Service,
    pub(crate) as_of: AsOf,
}

/// What bears on one service in one scope, as visible at the moment asked about.
pub(crate) struct Timeline<'a> {
    pub(crate) reach: Reach,
    /// The lines whose claims bear on it, by rank: itself last.
    pub(crate) lines: Vec<Extent>,
    /// The state after each mark, in order.
    pub(crate) steps: Vec<Step<'a>>,
    /// What speaks of later moments only, in order.
    pub(crate) later: Vec<Mark<'a>>,
    /// When the next claim begins to be visible, by what it implies too.
    pub(crate) next: Option<Instant>,
    /// Starts that ordinals imply and others prevail over, where the moment asked about lies between the two.
    pub(crate) displaced: Vec<Displaced<'a>>,
    /// Outlooks, in order.
    pub(crate) outlooks: Vec<&'a Claim>,
    pub(crate) set_aside: Vec<SetAside>,
    /// The scope as the first claim on it spells it; `None`: nobody spoke of just this scope.
    pub(crate) spelled: Option<Extent>,
}

/// The state of a service after a mark.
pub(crate) struct Step<'a> {
    pub(crate) mark: Mark<'a>,
    /// The steps it contradicts.
    pub(crate) against: Vec<usize>,
    /// The steps it contradicts if they speak of the same moment.
    pub(crate) perhaps_against: Vec<usize>,
    /// How particular the claim is that made it so.
    rank: usize,
}

impl Step<'_> {
    pub(crate) fn status(&self) -> Status {
        if self.against.is_empty() {
            status_of(self.mark.degree)
        } else {
            Status::Disputed
        }
    }
}

impl<'a> Timeline<'a> {
    /// Whether anything visible bears on it.
    pub(crate) fn is_empty(&self) -> bool {
        self.steps.is_empty()
            && self.displaced.is_empty()
            && self.outlooks.is_empty()
            && self.set_aside.is_empty()
    }

    /// Whether a step is at least so bad, by any side of a dispute.
    pub(crate) fn is_at_least(&self, step: usize, severe: u8) -> bool {
        let bad = |step: &Step<'_>| severity(step.mark.degree) >= Some(severe);
        let step = &self.steps[step];
        bad(step) || step.against.iter().any(|other| bad(&self.steps[*other]))
    }
}

impl<'a> Question<'a> {
    /// Gathers what bears on a scope and folds it.
    pub(crate) fn timeline(self, extent: &Extent) -> Timeline<'a> {
        let known = self.as_of.known;
        let reach = self
            .ledger
            .reach(self.register, self.service, extent, known);
        let lines = self
            .ledger
            .outer_lines(self.register, self.service, &reach, known);
        let entries = |line| self.ledger.entries(self.service, line, known);
        let most = lines
            .iter()
            .map(|line| entries(line).size_hint().1.unwrap_or(0));
        let mut gathered = Gathered {
            question: self,
            marks: Vec::with_capacity(most.sum()),
            outlooks: Vec::new(),
            set_aside: Vec::new(),
            first_spelling: None,
            next: None,
            is_unretracted: self.register.is_unretracted(),
        };
        for (rank, line) in lines.iter().enumerate() {
            let whose = if rank + 1 == lines.len() {
                Whose::Own
            } else {
                Whose::Larger
            };
            for (entry, claim) in entries(line) {
                gathered.take(&reach, line, whose, rank, entry, claim);
            }
        }
        gathered.fold(reach, lines)
    }
}

/// What makes a claim the first: its latest moment, its earliest, when it was learnt, its position.
type FirstBy = (Instant, Instant, Instant, Position);

/// Whose line a claim is on: that of the scope asked about, or of one it lies in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Own,
    Larger,
}

struct Gathered<'a> {
    question: Question<'a>,
    marks: Vec<Mark<'a>>,
    outlooks: Vec<&'a Claim>,
    set_aside: Vec<SetAside>,
    /// The first claim on the scope itself, and what makes it the first.
    first_spelling: Option<(FirstBy, &'a Claim)>,
    /// When the next claim begins to be visible.
    next: Option<Instant>,
    is_unretracted: bool,
}

impl<'a> Gathered<'a> {
    fn take(
        &mut self,
        reach: &Reach,
        line: &Extent,
        whose: Whose,
        rank: usize,
        entry: &Entry,
        claim: &'a Claim,
    ) {
        let Question {
            register,
            ledger,
            zone,
            as_of,
            ..
        } = self.question;
        let part = entry.part;
        let span = match (entry.news, part) {
            (News::Outlook, Part::Exception) => return,
            // What is told ahead is known from its telling.
            (News::Outlook, _) if entry.degree.is_some() => Span::at(entry.learnt_at),
            _ => entry.span(),
        };
        if part == Part::Exception && self.is_out_of_place(line, claim) {
            if whose == Whose::Own && span.from <= as_of.valid.0 {
                let (event, reason) = (claim.event, SetAsideReason::NotInside);
                self.set_aside.push(SetAside { event, reason });
            }
            return;
        }
        let implied = (entry.has_ordinal && part != Part::Exception)
            .then(|| claim.implied_start(zone))
            .flatten()
            .filter(|_| entry.degree.is_some_and(is_down));
        let is_visible = |span: &Span| span.from <= as_of.valid.0;
        for begins in [Some(span), implied].into_iter().flatten() {
            if !is_visible(&begins) && self.next.is_none_or(|next| begins.from < next) {
                self.next = Some(begins.from);
            }
        }
        let visible = is_visible(&span) || implied.as_ref().is_some_and(is_visible);
        if visible && whose == Whose::Own {
            let order = (span.to, span.from, entry.learnt_at, entry.position);
            if self.first_spelling.is_none_or(|(first, _)| order < first) {
                self.first_spelling = Some((order, claim));
            }
        }
        let mut set_aside = |reason| {
            if visible {
                let event = claim.event;
                self.set_aside.push(SetAside { event, reason });
            }
        };
        if !self.is_unretracted
            && let Some(retraction) = register.event_retraction(claim.event, as_of.known)
        {
            set_aside(SetAsideReason::Retracted {
                by: retraction.event,
                reason: retraction.reason,
            });
            return;
        }
        let excepts = |extent| ledger.lies_in(register, reach, extent, as_of.known);
        let may_except = entry.has_except && part != Part::Exception;
        if may_except && claim.scope.except.iter().any(excepts) {
            set_aside(SetAsideReason::Excepted);
            return;
        }
        let degree = entry.degree.filter(|_| entry.news != News::Outlook);
        let Some(degree) = degree else {
            if visible {
                self.outlooks.push(claim);
            }
            return;
        };
        let kind = match part {
            Part::Exception => MarkKind::Exception,
            _ => match entry.news {
                News::Still => MarkKind::Still,
                News::Return => MarkKind::Return,
                News::Onset | News::Outlook => MarkKind::Onset,
            },
        };
        let may_cut = entry.has_except && degree == Degree::Normal;
        let degree = if may_cut && self.is_cut(reach, claim) {
            Degree::Partial
        } else {
            degree
        };
        let mark = Mark {
            claim,
            event: entry.event,
            source: entry.source,
            is_dated: entry.is_dated,
            has_ordinal: entry.has_ordinal,
            learnt_at: entry.learnt_at,
            position: entry.position,
            kind,
            degree,
            span,
            begins: span.from,
            rank,
            is_unnamed: part == Part::Unnamed,
        };
        self.marks.push(mark);
        self.marks.extend(implied.map(|span| Mark {
            kind: MarkKind::ImpliedStart,
            span,
            begins: span.from,
            ..mark
        }));
    }

    /// Whether what a claim excepts is known not to lie in what it speaks of.
    fn is_out_of_place(&self, except: &Extent, claim: &Claim) -> bool {
        let Question {
            register,
            ledger,
            service,
            as_of,
            ..
        } = self.question;
        let known = as_of.known;
        let scope = normal(&claim.scope.of);
        let reach = |extent| ledger.reach(register, service, extent, known);
        let lies_in = |inner, outer| ledger.lies_in(register, &reach(inner), outer, known);
        if scope == *except || lies_in(except, &scope) {
            return false;
        }
        let is_apart = matches!(scope, Extent::Area { .. })
            && ledger.is_described(register, except, known)
            && !ledger.touches(register, except, &scope, known);
        is_apart || lies_in(&scope, except)
    }

    /// Whether a claim excepts a piece of a line, so that not all of it can be as usual.
    fn is_cut(&self, reach: &Reach, claim: &Claim) -> bool {
        let Question {
            register,
            ledger,
            service,
            as_of,
            ..
        } = self.question;
        let is_linear = matches!(
            reach.extent,
            Extent::Segment { .. } | Extent::Route { .. } | Extent::Between { .. }
        );
        is_linear
            && claim.scope.except.iter().any(|except| {
                let piece = ledger.reach(register, service, &normal(except), as_of.known);
                ledger.touches(register, except, &reach.extent, as_of.known)
                    || ledger.lies_in(register, &piece, &reach.extent, as_of.known)
            })
    }

    fn fold(mut self, reach: Reach, lines: Vec<Extent>) -> Timeline<'a> {
        self.leave_out_revised();
        self.marks.sort_by_key(Mark::order);
        let displaced = self.displace_starts();
        self.put_onsets_before_what_is_more_exact();
        self.delay_vague_returns();
        self.outlooks.sort_by_key(|claim| {
            let span = claim.span();
            let told = span.to.min(claim.learnt_at);
            (told, span.from, claim.learnt_at, claim.position)
        });
        let valid = self.question.as_of.valid.0;
        let begins = self.marks.iter().map(|mark| mark.begins);
        self.next = self
            .next
            .into_iter()
            .chain(begins)
            .filter(|begins| *begins > valid)
            .min();
        let mut steps = Vec::with_capacity(self.marks.len());
        let mut later = Vec::new();
        for mark in self.marks {
            if mark.begins > valid {
                later.extend(Some(mark).filter(Mark::is_direct));
            } else if let Some(by) = carved(&steps, &mark) {
                let reason = SetAsideReason::Carved { by };
                let event = mark.claim.event;
                self.set_aside.push(SetAside { event, reason });
            } else {
                steps.push(step(&steps, mark));
            }
        }
        let spelled = self
            .first_spelling
            .and_then(|(_, claim)| spelling(claim, &reach.extent));
        Timeline {
            reach,
            lines,
            steps,
            later,
            next: self.next,
            displaced,
            outlooks: self.outlooks,
            set_aside: self.set_aside,
            spelled,
        }
    }

    /// Moves the start an ordinal implies to the one that prevails in the run the ordinal is told of, where that is later: a run
    /// has one start.
    fn displace_starts(&mut self) -> Vec<Displaced<'a>> {
        let Question { zone, as_of, .. } = self.question;
        let is_implied = |mark: &Mark<'a>| mark.kind == MarkKind::ImpliedStart;
        if !self.marks.iter().any(is_implied) {
            return Vec::new();
        }
        let direct = self.marks.iter().filter(|mark| mark.is_direct());
        let direct: Vec<_> = direct.copied().collect();
        let mut displaced = Vec::new();
        for mark in self.marks.iter_mut().filter(|mark| is_implied(mark)) {
            let Some(by) = prevailing(&direct, mark, zone) else {
                continue;
            };
            let implied = Told::new(mark, mark.span, How::Inferred);
            if mark.span.from <= as_of.valid.0 && as_of.valid.0 < by.span.from {
                displaced.push(Displaced { implied, by });
            }
            mark.span = by.span;
            mark.begins = by.span.from;
        }
        self.marks.sort_by_key(Mark::order);
        displaced
    }

    /// Lets a suspension told of a longer time, the day or the month, stand before what is told of a moment or shorter time in it
    /// and was not learnt before it.
    fn put_onsets_before_what_is_more_exact(&mut self) {
        let valid = self.question.as_of.valid.0;
        for index in 1..self.marks.len() {
            let onset = self.marks[index];
            if onset.kind != MarkKind::Onset || onset.span.is_short() {
                continue;
            }
            let is_more_exact = |other: &Mark<'a>| {
                other.is_direct()
                    && other.begins <= valid
                    && other.degree != onset.degree
                    && onset.learnt_at <= other.learnt_at
                    && onset.span.contains(other.span)
                    && !onset.span.is_same_as(other.span)
            };
            let earlier = self.marks[..index].iter().enumerate().rev();
            let first = earlier
                .take_while(|(_, other)| other.span.to >= onset.span.from)
                .filter(|(_, other)| is_more_exact(other))
                .last();
            if let Some((first, _)) = first {
                self.marks[first..=index].rotate_right(1);
            }
        }
    }

    /// Lets a return take hold when its time is over, where that is longer than a day or it was down within it: it operates
    /// at no moment of which nobody says so. "Back on the 5th" counts from the start of that day.
    fn delay_vague_returns(&mut self) {
        let valid = self.question.as_of.valid.0;
        for index in 0..self.marks.len() {
            let mark = self.marks[index];
            let severe = severity(mark.degree);
            if mark.kind != MarkKind::Return || mark.span.is_short() || severe.is_none() {
                continue;
            }
            let span = mark.span;
            let is_against = |other: &Mark<'a>| {
                let is_told = other.begins <= valid || other.kind == MarkKind::Still;
                is_told
                    && other.is_direct()
                    && other.span.from >= span.from
                    && severity(other.degree) > severe
            };
            let earlier = self.marks[..index].iter().rev();
            let mut earlier = earlier.take_while(|other| other.span.to >= span.from);
            let is_longer_than_a_day = span.to > span.from.saturating_add_nanos(LONGEST_DAY);
            if is_longer_than_a_day || earlier.any(is_against) {
                self.marks[index].begins = span.to;
            }
        }
    }

    /// A source that tells the same moment otherwise revises itself: fewer relays win, then what was learnt later.
    fn leave_out_revised(&mut self) {
        let is_still = |mark: &&Mark<'a>| mark.kind == MarkKind::Still;
        let still = self.marks.iter().filter(is_still);
        let mut spans: Vec<_> = still
            .map(|mark| (mark.span.earliest, mark.span.latest))
            .collect();
        spans.sort_unstable();
        if spans.windows(2).all(|pair| pair[0] != pair[1]) {
            return;
        }
        let mut newest: BTreeMap<_, &Claim> = BTreeMap::new();
        let key = |mark: &Mark<'a>| {
            let span = (mark.span.earliest, mark.span.latest);
            (mark.claim.source.clone(), span, mark.rank, mark.is_unnamed)
        };
        let weight = |claim: &Claim| (std::cmp::Reverse(claim.relays), claim.learnt_at);
        for mark in self.marks.iter().filter(is_still) {
            let best = newest.entry(key(mark)).or_insert(mark.claim);
            if weight(mark.claim) > weight(best) {
                *best = mark.claim;
            }
        }
        let mut revised = BTreeMap::new();
        for mark in self.marks.iter().filter(is_still) {
            let best = newest[&key(mark)];
            if weight(mark.claim) < weight(best) && mark.claim.degree() != best.degree() {
                revised.insert(mark.claim.event, best.event);
            }
        }
        let valid = self.question.as_of.valid.0;
        self.marks.retain(|mark| {
            let by = revised.get(&mark.claim.event);
            if let Some(by) = by.filter(|_| mark.span.from <= valid && mark.is_direct()) {
                let reason = SetAsideReason::Revised { by: *by };
                let event = mark.claim.event;
                self.set_aside.push(SetAside { event, reason });
            }
            by.is_none()
        });
    }
}

/// Whether a claim that only says "still so" of a larger scope meets a state a more particular claim made.
fn carved(steps: &[Step<'_>], mark: &Mark<'_>) -> Option<EventId> {
    let last = steps.last()?;
    let differs = status_of(resolved(steps, mark)) != status_of(last.mark.degree);
    (!mark.is_change() && differs && mark.rank < last.rank).then(|| {
        let decider = steps.iter().rev().find(|step| step.mark.rank == last.rank);
        decider.unwrap_or(last).mark.claim.event
    })
}

/// The degree a mark amounts to after what came before.
fn resolved(steps: &[Step<'_>], mark: &Mark<'_>) -> Degree {
    let before = steps.last().map(|step| step.mark.degree);
    match (mark.kind, before) {
        (MarkKind::Exception, Some(before)) if is_down(before) => before,
        (MarkKind::Exception, _) => Degree::None,
        (MarkKind::Return, Some(before))
            if mark.is_unnamed && mark.degree == Degree::Normal && is_down(before) =>
        {
            match unnamed_down(steps) {
                // Some of several came back: which of those that were down is not said.
                None => Degree::Partial,
                Some((down, back)) => {
                    let count = |claim: &Claim| members(&claim.scope);
                    let back = back.iter().map(|claim| count(claim));
                    let left = count(down).saturating_sub(back.sum());
                    if count(mark.claim) < left {
                        before
                    } else {
                        Degree::Normal
                    }
                }
            }
        }
        _ => mark.degree,
    }
}

/// The claim that last told how many unnamed members are down, and those that told since how many of them came back; `None` where
/// nobody told that.
pub(crate) fn unnamed_down<'a>(steps: &[Step<'a>]) -> Option<(&'a Claim, Vec<&'a Claim>)> {
    let mut back = Vec::new();
    let down = steps.iter().rev().map(|step| &step.mark);
    for mark in down.take_while(|mark| is_down(mark.degree)) {
        if !mark.is_unnamed {
            continue;
        }
        if mark.kind == MarkKind::Return && mark.claim.degree() == Some(Degree::Normal) {
            back.push(mark.claim);
        } else {
            return Some((mark.claim, back));
        }
    }
    None
}

fn step<'a>(steps: &[Step<'a>], mark: Mark<'a>) -> Step<'a> {
    let degree = resolved(steps, &mark);
    let status = status_of(degree);
    let mark = Mark { degree, ..mark };
    let mut step = Step {
        mark,
        against: Vec::new(),
        perhaps_against: Vec::new(),
        rank: mark.rank,
    };
    if let Some(last) = steps.last()
        && status_of(last.mark.degree) == status
    {
        step.rank = mark.rank.max(last.rank);
    }
    for (index, other) in steps.iter().enumerate().rev() {
        let other_mark = &other.mark;
        if other_mark.span.to < mark.span.from {
            break;
        }
        let same_time = other_mark.span.is_same_as(mark.span);
        if status_of(other_mark.degree) == status {
            if same_time {
                continue;
            }
            break;
        }
        let is_revised = revises(&mark, other_mark) && !may_be_undone(&mark, other_mark);
        if other_mark.rank != mark.rank || is_revised {
            continue;
        }
        match clash(&mark, other_mark) {
            Some(Clash::Certain) => step.against.push(index),
            Some(Clash::Possible) => step.perhaps_against.push(index),
            None => {}
        }
    }
    step
}

/// How surely two claims contradict each other.
enum Clash {
    Certain,
    /// Only if they speak of the same moment.
    Possible,
}

fn clash(mark: &Mark<'_>, other: &Mark<'_>) -> Option<Clash> {
    let is_same = mark.span.is_same_as(other.span);
    if may_be_undone(mark, other) {
        return Some(Clash::Possible);
    }
    if follows(mark, other) || !is_same && !other.span.overlaps(mark.span) {
        return None;
    }
    Some(if is_same {
        Clash::Certain
    } else {
        Clash::Possible
    })
}

/// Whether a suspension learnt later than a return within the time it is told of may be what that return ended.
fn may_be_undone(mark: &Mark<'_>, other: &Mark<'_>) -> bool {
    let is_same = mark.span.is_same_as(other.span);
    let is_belated = mark.span.latest.is_some_and(|last| last < mark.learnt_at);
    mark.kind == MarkKind::Onset
        && other.kind == MarkKind::Return
        && !mark.span.is_moment()
        && mark.learnt_at > other.learnt_at
        && mark.span.contains(other.span)
        && (!is_same || is_belated)
}

/// Whether a mark tells a change that may well have come after the other, though both speak of the same day.
fn follows(mark: &Mark<'_>, other: &Mark<'_>) -> bool {
    if !mark.is_change() {
        return false;
    }
    if mark.span.is_same_as(other.span) {
        return !mark.span.is_moment() && mark.learnt_at > other.learnt_at;
    }
    let is_way_back = mark.kind == MarkKind::Return && other.kind == MarkKind::Onset;
    mark.learnt_at > other.learnt_at || mark.span.to > other.span.to || is_way_back
}

/// Whether a source tells later what it told otherwise before.
fn revises(mark: &Mark<'_>, other: &Mark<'_>) -> bool {
    mark.source == other.source && mark.learnt_at > other.learnt_at
}

/// The scope as a claim spells it.
fn spelling(claim: &Claim, extent: &Extent) -> Option<Extent> {
    let named = match &claim.scope.of {
        Extent::SomeOf { named, .. } => named.as_slice(),
        _ => &[],
    };
    std::iter::once(&claim.scope.of)
        .chain(named)
        .chain(&claim.scope.except)
        .find(|spelled| normal(spelled) == *extent)
        .cloned()
}
