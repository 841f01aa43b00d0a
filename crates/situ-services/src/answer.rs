//! From the steps of a timeline to a status with its evidence.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::num::NonZeroU32;
use std::ops::RangeInclusive;
use std::time::Duration;

use chrono::NaiveDate;
use situ_core::{Degree, EventId, Extent, Instant, ServiceScope, SourceId, When};

use crate::board::{
    Cause, Conflict, ConflictKind, Contribution, Day, Evidence, Freshness, How, LastConfirmed,
    LastDay, Outlook, Party, Run, Says, ServiceStatus, SetAside, SetAsideReason, Since, Status,
    Witness,
};
use crate::claim::{Claim, Mark, MarkKind, is_down, severity, status_of};
use crate::starts::{Start, Starts, narrowed};
use crate::status_id::StatusId;
use crate::timeline::{Question, Step, Timeline};

impl<'a> Question<'a> {
    /// The status a timeline amounts to.
    pub(crate) fn answer(self, timeline: &Timeline<'a>, time_to_live: Duration) -> ServiceStatus {
        let mut status = self.bare(timeline);
        let Some(last) = timeline.steps.len().checked_sub(1) else {
            self.without_a_status(&mut status, timeline);
            set_aside_once(&mut status);
            return status;
        };
        let step = &timeline.steps[last];
        let told = step.status();
        let vouchers = self.vouchers(timeline, told);
        let deniers = self.deniers(timeline, step);
        status.status = if deniers.is_empty() {
            told
        } else {
            Status::Disputed
        };
        if status.status != Status::Disputed {
            status.degree = step.mark.degree;
        }
        let run = current_run(timeline, status.status);
        status.covered_by = self.covering_lines(timeline, &run);
        let ranges = status_ranges(timeline).into_iter();
        let mut starts: Starts = ranges
            .map(|range| (range.clone(), self.start(timeline, range)))
            .collect();
        let start = match starts.last_mut() {
            Some((range, last)) if *range == run => last.take(),
            _ => self.start(timeline, run.clone()),
        };
        status.changed = self.changed(timeline, &run);
        self.date(&mut status, timeline, &run, &start, &vouchers, time_to_live);
        status.since = start.since.clone();
        status.rests_on = rests_on(timeline, &run, &start, &vouchers, &deniers);
        self.describe(&mut status, timeline, &run);
        status.conflicts = self.conflicts(timeline, start, &mut starts, step, &deniers);
        for displaced in &timeline.displaced {
            let conflict = self.start_conflict(&displaced.by, &displaced.implied);
            if !status.conflicts.contains(&conflict) {
                status.conflicts.push(conflict);
            }
        }
        status.runs = self.runs(timeline, starts);
        status.set_aside.extend(ended(timeline, &run));
        set_aside_once(&mut status);
        status
    }

    /// A status of which nothing is known yet.
    fn bare(self, timeline: &Timeline<'a>) -> ServiceStatus {
        let of = timeline
            .spelled
            .clone()
            .unwrap_or_else(|| timeline.reach.extent.clone());
        let except = timeline
            .steps
            .last()
            .map_or(Vec::new(), |step| self.excepted(timeline, step));
        ServiceStatus {
            id: StatusId::new(self.service, &timeline.reach.extent),
            service: self.service,
            scope: ServiceScope { of, except },
            degree: Degree::Unknown,
            status: Status::Unknown,
            covered_by: Vec::new(),
            since: Since {
                earliest: None,
                latest: None,
                how: How::Unknown,
                rests_on: Vec::new(),
            },
            changed: None,
            last_confirmed: None,
            announced: false,
            freshness: Freshness::Unconfirmed,
            fresh_until: None,
            day: None,
            service_day: None,
            unobserved: None,
            last_day: None,
            unnamed: None,
            causes: Vec::new(),
            ordered_by: Vec::new(),
            outlook: None,
            rests_on: Vec::new(),
            set_aside: timeline.set_aside.clone(),
            conflicts: Vec::new(),
            runs: Vec::new(),
        }
    }

    /// What there is to say where no claim tells how it is: a start that others contradict, and when it is expected back.
    fn without_a_status(self, status: &mut ServiceStatus, timeline: &Timeline<'a>) {
        for displaced in &timeline.displaced {
            status.status = Status::Disputed;
            for claim in [displaced.implied.claim, displaced.by.claim] {
                add(&mut status.rests_on, claim, Contribution::Dispute);
            }
            let conflict = self.start_conflict(&displaced.by, &displaced.implied);
            status.conflicts.push(conflict);
        }
        self.look_ahead(status, timeline.outlooks.last().copied());
    }

    /// When it is expected back.
    fn look_ahead(self, status: &mut ServiceStatus, claim: Option<&'a Claim>) {
        let Some((claim, end)) = claim.and_then(|claim| Some((claim, claim.expected_end()?)))
        else {
            return;
        };
        add(&mut status.rests_on, claim, Contribution::Outlook);
        status.outlook = Some(Outlook {
            expected_end: end.clone(),
            passed: end
                .latest()
                .is_some_and(|latest| latest < self.as_of.valid.0),
            event: claim.event,
            source: claim.source.clone(),
        });
    }

    /// The larger scopes that claims of the run speak of.
    fn covering_lines(self, timeline: &Timeline<'a>, run: &RangeInclusive<usize>) -> Vec<StatusId> {
        let steps = &timeline.steps[run.clone()];
        let larger = timeline.lines.iter().enumerate();
        larger
            .take(timeline.lines.len() - 1)
            .filter(|(rank, _)| steps.iter().any(|step| step.mark.rank == *rank))
            .map(|(_, line)| StatusId::new(self.service, line))
            .collect()
    }

    /// What the claim in force excepts, as far as it bears on the scope.
    fn excepted(self, timeline: &Timeline<'a>, step: &Step<'a>) -> Vec<Extent> {
        let known = self.as_of.known;
        let scope = &timeline.reach.extent;
        let bears = |except: &&Extent| {
            let piece = self.ledger.reach(
                self.register,
                self.service,
                &crate::claim::normal(except),
                known,
            );
            self.ledger.lies_in(self.register, &piece, scope, known)
                || self.ledger.touches(self.register, except, scope, known)
        };
        let claim = step.mark.claim;
        if step.mark.kind == MarkKind::Exception {
            return Vec::new();
        }
        claim.scope.except.iter().filter(bears).cloned().collect()
    }

    /// The claims that speak of later moments and say that it was so without a break since before.
    fn vouchers(self, timeline: &Timeline<'a>, status: Status) -> Vec<&'a Claim> {
        if matches!(status, Status::Unknown | Status::Disputed) {
            return Vec::new();
        }
        let rank = timeline.steps.last().map_or(0, |step| step.mark.rank);
        let mut vouchers: Vec<_> = self
            .covering(timeline)
            .filter(|mark| status_of(mark.degree) == status)
            .map(|mark| mark.claim)
            .collect();
        for mark in &timeline.later {
            let is_still = matches!(mark.kind, MarkKind::Still | MarkKind::Exception);
            let is_same = status_of(mark.degree) == status
                || (mark.kind == MarkKind::Exception && is_down(timeline_degree(timeline)));
            match (is_same, is_still) {
                (true, true) => {
                    vouchers.push(mark.claim);
                    break;
                }
                (true, false) => {}
                (false, true) if mark.rank < rank => {}
                (false, _) => break,
            }
        }
        vouchers.sort_by_key(|claim| claim.position);
        vouchers.dedup_by_key(|claim| claim.position);
        vouchers
    }

    /// Later claims whose ordinal says that it was otherwise at the moment asked about.
    fn deniers(self, timeline: &Timeline<'a>, step: &Step<'a>) -> Vec<&'a Claim> {
        let status = status_of(step.mark.degree);
        self.covering(timeline)
            .filter(|mark| status_of(mark.degree) != status && mark.rank == step.mark.rank)
            .map(|mark| mark.claim)
            .collect()
    }

    /// Later claims whose ordinal implies a start before the moment asked about.
    fn covering<'t>(self, timeline: &'t Timeline<'a>) -> impl Iterator<Item = &'t Mark<'a>> {
        timeline.later.iter().filter(move |mark| {
            mark.implied_start(self.zone)
                .is_some_and(|start| start.from <= self.as_of.valid.0)
        })
    }

    /// Since when it has been at the very degree, where that began within the run.
    fn changed(self, timeline: &Timeline<'a>, run: &RangeInclusive<usize>) -> Option<Since> {
        let degree = timeline.steps[*run.end()].mark.degree;
        let mut first = *run.end();
        while first > *run.start() && timeline.steps[first - 1].mark.degree == degree {
            first -= 1;
        }
        (first > *run.start()).then(|| self.start_of_change(timeline, first))
    }

    /// When a step began that follows another state.
    fn start_of_change(self, timeline: &Timeline<'a>, step: usize) -> Since {
        let mark = &timeline.steps[step].mark;
        let (earliest, how) = match mark.kind {
            MarkKind::Onset | MarkKind::Return if mark.is_dated => {
                let before = step.checked_sub(1).map(|before| &timeline.steps[before]);
                let earliest = narrowed(mark, mark.span.earliest, before);
                (earliest, How::Stated)
            }
            MarkKind::ImpliedStart => (mark.span.earliest, How::Inferred),
            _ => {
                let before = step
                    .checked_sub(1)
                    .map(|before| timeline.steps[before].mark.span.from);
                (before, How::Unknown)
            }
        };
        let latest = match how {
            How::Unknown => Some(mark.span.to.min(self.as_of.valid.0)),
            _ => mark.span.latest,
        };
        Since {
            earliest,
            latest,
            how,
            rests_on: vec![mark.event],
        }
    }

    /// Last confirmation, freshness and days.
    fn date(
        self,
        status: &mut ServiceStatus,
        timeline: &Timeline<'a>,
        run: &RangeInclusive<usize>,
        start: &Start,
        vouchers: &[&'a Claim],
        time_to_live: Duration,
    ) {
        let valid = self.as_of.valid.0;
        let confirmed = self.last_confirmed(timeline, run);
        status.announced = confirmed.is_some_and(Mark::is_announced);
        status.fresh_until = confirmed.map(|mark| {
            let nanos = i64::try_from(time_to_live.as_nanos()).unwrap_or(i64::MAX);
            if !mark.is_announced() {
                return mark.span.confirmed.saturating_add_nanos(nanos);
            }
            let begun = mark.span.to.saturating_add_nanos(nanos);
            let planned = announced_outlook(timeline, mark).and_then(|(_, end)| end.latest());
            planned.map_or(begun, |end| begun.max(end))
        });
        status.last_confirmed = confirmed.map(|mark| LastConfirmed {
            at: mark.span.confirmed.min(valid),
            when: mark.claim.occurred.clone(),
            event: mark.claim.event,
            source: mark.claim.source.clone(),
        });
        let is_recent = status.fresh_until.is_some_and(|until| valid <= until);
        status.freshness = if is_recent || !vouchers.is_empty() {
            Freshness::Fresh
        } else {
            Freshness::Stale
        };
        let Some(first) = start.day().filter(|_| is_down(status.degree)) else {
            return;
        };
        let today = self.zone.day_of(valid);
        match (status.freshness, &status.last_confirmed) {
            (Freshness::Fresh, _) => {
                status.day = nth(first, today);
                status.unobserved = status
                    .day
                    .map(|days| days - self.observed(timeline, run, first, today, vouchers));
            }
            (_, Some(confirmed)) => {
                let on = self.zone.day_of(confirmed.at);
                status.last_day = nth(first, on).map(|day| LastDay { day, on: Day(on) });
            }
            (_, None) => {}
        }
    }

    /// The claim of the run that speaks of the latest moment; of two, the one that says "still".
    fn last_confirmed<'t>(
        self,
        timeline: &'t Timeline<'a>,
        run: &RangeInclusive<usize>,
    ) -> Option<&'t Mark<'a>> {
        let status = timeline.steps[*run.end()].status();
        let is_disputed = status == Status::Disputed;
        timeline.steps[run.clone()]
            .iter()
            .filter(|step| is_disputed || step.status() == status)
            .map(|step| &step.mark)
            .filter(|mark| mark.is_direct())
            .max_by_key(|mark| {
                // What was announced speaks of the start it told.
                let confirmed = if mark.is_announced() {
                    mark.span.to
                } else {
                    mark.span.confirmed
                };
                (confirmed.min(self.as_of.valid.0), mark.kind, mark.order())
            })
    }

    /// How many of the days from `first` to `last` somebody reported or vouched for.
    fn observed(
        self,
        timeline: &Timeline<'a>,
        run: &RangeInclusive<usize>,
        first: NaiveDate,
        last: NaiveDate,
        vouchers: &[&'a Claim],
    ) -> u32 {
        if !vouchers.is_empty() {
            return nth(first, last).unwrap_or(0);
        }
        let day = |instant: Instant| self.zone.day_of(instant.min(self.as_of.valid.0));
        let mut spans = Vec::new();
        let seen = timeline.steps[run.clone()].iter();
        for step in seen.filter(|step| !step.mark.is_announced()) {
            let mark = &step.mark;
            let until = day(mark.span.to);
            let from = match (mark.kind, mark.claim.implied_start(self.zone)) {
                (MarkKind::Onset | MarkKind::Return, None) => day(mark.span.from),
                (MarkKind::ImpliedStart, _) => day(mark.span.from),
                (_, Some(start)) => day(start.from),
                (_, None) => first,
            };
            spans.push((from.max(first), until.min(last)));
        }
        spans.sort_unstable();
        let mut counted = 0;
        let mut next = first;
        for (from, until) in spans {
            if let Some(days) = nth(from.max(next), until) {
                counted += days;
                next = until.succ_opt().unwrap_or(until);
            }
        }
        counted
    }

    /// Causes, orders and outlook, as told during the run.
    fn describe(
        self,
        status: &mut ServiceStatus,
        timeline: &Timeline<'a>,
        run: &RangeInclusive<usize>,
    ) {
        if status.status == Status::Operating {
            return;
        }
        let steps = &timeline.steps[run.clone()];
        let mut seen = BTreeSet::new();
        for step in steps {
            let claim = step.mark.claim;
            let Some(background) = claim
                .background
                .as_deref()
                .filter(|_| seen.insert(claim.event))
            else {
                continue;
            };
            let event = claim.event;
            let causes = &background.causes;
            status.causes.extend(causes.stated.map(|cause| Cause {
                cause,
                assessed_by: None,
                event,
            }));
            status
                .causes
                .extend(causes.assessed.iter().map(|assessed| Cause {
                    cause: assessed.cause,
                    assessed_by: Some(assessed.by.clone()),
                    event,
                }));
            status
                .ordered_by
                .extend(background.ordered_by.iter().map(|name| Party {
                    name: name.clone(),
                    event,
                }));
        }
        let began = steps[0].mark.span.from;
        let told_since = |claim: &&&Claim| claim.span().to >= began;
        let newest = timeline.outlooks.iter().rev().find(told_since).copied();
        let announced = || {
            let mut announced = steps.iter().filter(|step| step.mark.is_announced());
            announced.find_map(|step| announced_outlook(timeline, &step.mark))
        };
        let newest = newest.or_else(|| announced().map(|(claim, _)| claim));
        self.look_ahead(status, newest);
    }

    /// The stretches of one status, oldest first.
    fn runs(self, timeline: &Timeline<'a>, starts: Starts) -> Vec<Run> {
        let mut runs = Vec::with_capacity(starts.len());
        for (range, start) in starts {
            let steps = &timeline.steps[range.clone()];
            let next = range.end() + 1;
            let until = (next < timeline.steps.len()).then(|| self.start_of_change(timeline, next));
            let mut events: Vec<_> = steps.iter().map(|step| step.mark.event).collect();
            let sources = steps.iter().filter_map(|step| step.mark.source);
            let sources = sources.map(|number| self.ledger.source(number));
            let mut sources: Vec<&SourceId> = sources.collect();
            sources.sort_unstable();
            sources.dedup();
            let sources = sources.into_iter().cloned().collect();
            keep_first(&mut events, |event| *event);
            let last_day = until.as_ref().and_then(|until| self.last_day(until, steps));
            let direct = steps.iter().filter(|step| step.mark.is_direct());
            runs.push(Run {
                status: steps[0].status(),
                days: start
                    .day()
                    .zip(last_day)
                    .and_then(|(first, last)| nth(first, last)),
                since: start.since,
                until,
                last_confirmed: direct
                    .map(|step| step.mark.span.confirmed.min(self.as_of.valid.0))
                    .max(),
                sources,
                events,
            });
        }
        runs
    }

    /// The last day a run touched, where its end is told to the day: the day before, unless it was still so on that very day.
    fn last_day(self, until: &Since, steps: &[Step<'a>]) -> Option<NaiveDate> {
        let day = |instant| self.zone.day_of(instant);
        let (earliest, latest) = (until.earliest?, until.latest?);
        let is_unclear = || earliest != latest && day(earliest) != day(latest);
        if until.how == How::Unknown || is_unclear() {
            return None;
        }
        let before = day(earliest.saturating_add_nanos(-1));
        let direct = steps.iter().filter(|step| step.mark.is_direct());
        let told = direct.map(|step| day(step.mark.span.from)).max();
        Some(told.map_or(before, |told| before.max(told)))
    }

    fn conflicts(
        self,
        timeline: &Timeline<'a>,
        start: Start,
        starts: &mut Starts,
        last: &Step<'a>,
        deniers: &[&'a Claim],
    ) -> Vec<Conflict> {
        let mut conflicts = start.conflicts;
        for denier in deniers {
            conflicts.push(Conflict {
                kind: ConflictKind::Unbroken,
                possible: false,
                witnesses: vec![
                    self.says_degree(&last.mark),
                    Witness {
                        event: denier.event,
                        source: denier.source.clone(),
                        says: Says::Degree(denier.degree().unwrap_or(Degree::Unknown)),
                    },
                ],
                gap_days: None,
            });
        }
        for step in &timeline.steps {
            let (against, possible) = if step.against.is_empty() {
                (&step.perhaps_against, true)
            } else {
                (&step.against, false)
            };
            conflicts.extend(against.iter().map(|other| Conflict {
                kind: ConflictKind::Status,
                possible,
                witnesses: vec![
                    self.says_degree(&timeline.steps[*other].mark),
                    self.says_degree(&step.mark),
                ],
                gap_days: None,
            }));
        }
        for (_, start) in starts {
            conflicts.append(&mut start.conflicts);
        }
        leave_out_repeated(&mut conflicts);
        conflicts
    }

    pub(crate) fn says_degree(self, mark: &Mark<'_>) -> Witness {
        self.witness(mark.event, mark.source, Says::Degree(mark.degree))
    }

    /// An event with its source by number, since claims lie far apart in memory.
    pub(crate) fn witness(self, event: EventId, source: Option<NonZeroU32>, says: Says) -> Witness {
        let source = source.map(|number| self.ledger.source(number).clone());
        Witness {
            event,
            source,
            says,
        }
    }
}

/// Until when a closure told ahead was to last, as last told ahead by the same source.
fn announced_outlook<'a>(
    timeline: &Timeline<'a>,
    mark: &Mark<'a>,
) -> Option<(&'a Claim, &'a When)> {
    let ends = timeline
        .outlooks
        .iter()
        .rev()
        .filter_map(|claim| claim.expected_end().map(|end| (*claim, end)));
    let mut planned = ends.filter(|(claim, end)| {
        claim.source == mark.claim.source && end.latest() >= Some(mark.span.to)
    });
    planned.next()
}

fn timeline_degree(timeline: &Timeline<'_>) -> Degree {
    timeline
        .steps
        .last()
        .map_or(Degree::Unknown, |step| step.mark.degree)
}

/// The last steps that are at the last degree or worse; of what is not down, those of the same status.
fn current_run(timeline: &Timeline<'_>, status: Status) -> RangeInclusive<usize> {
    let last = timeline.steps.len() - 1;
    let degree = timeline.steps[last].mark.degree;
    let belongs = |step: usize| match severity(degree) {
        Some(severe) if severe > 0 && status != Status::Disputed => {
            timeline.is_at_least(step, severe)
        }
        _ => timeline.steps[step].status() == timeline.steps[last].status(),
    };
    let mut first = last;
    while first > 0 && belongs(first - 1) {
        first -= 1;
    }
    first..=last
}

fn status_ranges(timeline: &Timeline<'_>) -> Vec<RangeInclusive<usize>> {
    let mut ranges = Vec::new();
    let mut first = 0;
    for next in 1..=timeline.steps.len() {
        if next == timeline.steps.len()
            || timeline.steps[next].status() != timeline.steps[first].status()
        {
            ranges.push(first..=next - 1);
            first = next;
        }
    }
    ranges
}

/// Which day `day` is, counting `first` as the first.
fn nth(first: NaiveDate, day: NaiveDate) -> Option<u32> {
    u32::try_from((day - first).num_days() + 1)
        .ok()
        .filter(|nth| *nth > 0)
}

pub(crate) fn days_between(first: NaiveDate, second: NaiveDate) -> u32 {
    u32::try_from((second - first).num_days()).unwrap_or(0)
}

/// Leaves out what was kept before under the same key.
pub(crate) fn keep_first<T, K: Ord>(items: &mut Vec<T>, key: impl Fn(&T) -> K) {
    if !are_distinct(items.iter().map(&key)) {
        let mut seen = BTreeSet::new();
        items.retain(|item| seen.insert(key(item)));
    }
}

/// Whether none is there twice, as is nearly always so: sorting is then faster than a set.
fn are_distinct<K: Ord>(keys: impl Iterator<Item = K>) -> bool {
    let mut keys: Vec<K> = keys.collect();
    keys.sort_unstable();
    keys.windows(2).all(|pair| pair[0] != pair[1])
}

/// Leaves out what was said before.
fn leave_out_repeated(conflicts: &mut Vec<Conflict>) {
    let between = |conflict: &Conflict| match conflict.witnesses.as_slice() {
        [one, other] => Some((one.event, other.event)),
        _ => None,
    };
    if are_distinct(conflicts.iter().map(between)) {
        return;
    }
    let mut seen = HashSet::with_capacity(conflicts.len());
    let is_new = conflicts.iter().map(|conflict| seen.insert(conflict));
    let mut is_new = is_new.collect::<Vec<_>>().into_iter();
    conflicts.retain(|_| is_new.next() == Some(true));
}

/// Leaves out of what is set aside what the status rests on all the same, and what is told twice.
fn set_aside_once(status: &mut ServiceStatus) {
    if status.set_aside.is_empty() {
        return;
    }
    let rests_on = status.rests_on.iter().map(|evidence| evidence.event);
    let set_aside = status.set_aside.iter().map(|aside| aside.event);
    if are_distinct(rests_on.clone().chain(set_aside)) {
        return;
    }
    let mut seen: BTreeSet<_> = rests_on.collect();
    status.set_aside.retain(|aside| seen.insert(aside.event));
}

/// Adds to what a claim contributes.
fn add(evidence: &mut Vec<Evidence>, claim: &Claim, contribution: Contribution) {
    let event = claim.event;
    match evidence.iter_mut().find(|known| known.event == event) {
        Some(known) if known.contributes.contains(&contribution) => {}
        Some(known) => known.contributes.push(contribution),
        None => evidence.push(Evidence {
            event,
            source: claim.source.clone(),
            contributes: vec![contribution],
        }),
    }
}

fn rests_on(
    timeline: &Timeline<'_>,
    run: &RangeInclusive<usize>,
    start: &Start,
    vouchers: &[&Claim],
    deniers: &[&Claim],
) -> Vec<Evidence> {
    let mut evidence: Vec<Evidence> = Vec::new();
    let mut places = BTreeMap::new();
    let starts: BTreeSet<_> = match start.since.how {
        How::Unknown => BTreeSet::new(),
        How::Stated | How::Inferred => start.since.rests_on.iter().copied().collect(),
    };
    let mut add = |claim: &Claim, contribution: Contribution| {
        let index = *places.entry(claim.event).or_insert_with(|| {
            evidence.push(Evidence {
                event: claim.event,
                source: claim.source.clone(),
                contributes: Vec::new(),
            });
            evidence.len() - 1
        });
        let contributes = &mut evidence[index].contributes;
        if !contributes.contains(&contribution) {
            contributes.push(contribution);
        }
    };
    let steps = &timeline.steps;
    for index in run.clone() {
        let step = &steps[index];
        let claim = step.mark.claim;
        for other in &step.against {
            add(steps[*other].mark.claim, Contribution::Dispute);
        }
        let is_start = starts.contains(&claim.event);
        if is_start {
            add(claim, Contribution::Start);
        }
        match step.mark.kind {
            _ if !step.against.is_empty() => add(claim, Contribution::Dispute),
            _ if index == *run.end() => add(claim, Contribution::Status),
            MarkKind::Exception => add(claim, Contribution::Exception),
            MarkKind::Still => add(claim, Contribution::Confirmation),
            MarkKind::Onset | MarkKind::Return if !is_start => {
                add(claim, Contribution::Confirmation);
            }
            _ => {}
        }
    }
    for voucher in vouchers {
        add(voucher, Contribution::Vouches);
    }
    for denier in deniers {
        add(denier, Contribution::Dispute);
    }
    evidence
}

/// The claims of earlier runs, ended by the first claim of this one; some of them more than once.
fn ended<'t>(
    timeline: &'t Timeline<'_>,
    run: &RangeInclusive<usize>,
) -> impl Iterator<Item = SetAside> + use<'t> {
    let by: EventId = timeline.steps[*run.start()].mark.event;
    let earlier = timeline.steps[..*run.start()].iter();
    earlier.map(move |step| SetAside {
        event: step.mark.event,
        reason: SetAsideReason::Ended { by },
    })
}
