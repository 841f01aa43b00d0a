//! What holds of every history.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod log;

use std::collections::{BTreeMap, BTreeSet};

use log::{Log, id, instant, restored, situation};
use proptest::prelude::*;
use situ_core::{
    AsOf, EventId, Extent, Instant, Kind, Known, PlaceId, Position, Projection, Recorded, Service,
    Valid, When,
};
use situ_services::{
    Board, Change, ChangeClass, Freshness, Notice, PlaceBoard, Services, Status, StatusId,
    TimeToLive, Watch,
};

/// One random event: numbers that `Told::line` makes words of.
#[derive(Debug, Clone)]
struct Told {
    kind: u8,
    source: u8,
    scope: u8,
    degree: u8,
    occurred: u8,
    form: u8,
    learnt: u8,
    nth: u8,
    target: u8,
}

fn told() -> impl Strategy<Value = Told> {
    let small = |end: u8| 0..end;
    (
        small(12),
        small(3),
        small(9),
        small(4),
        small(48),
        small(6),
        small(60),
        small(8),
        small(30),
    )
        .prop_map(
            |(kind, source, scope, degree, occurred, form, learnt, nth, target)| Told {
                kind,
                source,
                scope,
                degree,
                occurred,
                form,
                learnt,
                nth,
                target,
            },
        )
}

fn history() -> impl Strategy<Value = Vec<Told>> {
    prop::collection::vec(told(), 1..24)
}

/// Six hours a step from 1 February 2026 in Pakistan, so that moments and days often coincide.
fn moment(step: u8) -> Instant {
    instant("2026-02-01T00:00:00+05:00")
        .saturating_add_nanos(i64::from(step) * 6 * 3600 * 1_000_000_000)
}

const SCOPES: [&str; 9] = [
    r#"{"of":{"area":{"place":"PK-BA"}}}"#,
    r#"{"of":{"area":{"place":"quetta"}}}"#,
    r#"{"of":{"area":{"place":"gwadar"}}}"#,
    r#"{"of":{"area":{"place":"PK-BA"}},"except":[{"area":{"place":"quetta"}}]}"#,
    r#"{"of":{"segment":{"from":"quetta","to":"gwadar"}}}"#,
    r#"{"of":{"segment":{"from":"gwadar","to":"quetta","route":"M-8"}}}"#,
    r#"{"of":{"route":{"name":"M-8"}},"except":[{"facility":{"name":"bridge","place":"quetta"}}]}"#,
    r#"{"of":{"some_of":{"within":"PK-BA","named":[{"area":{"place":"quetta"}}],"at_least":3}}}"#,
    r#"{"of":{"between":{"a":"PK-BA"}}}"#,
];

impl Told {
    fn line(&self, number: usize) -> String {
        let target = |target: u8| id(u32::from(target) % u32::try_from(number + 3).unwrap());
        let kind = [
            "ServiceSuspended",
            "ServiceSuspended",
            "ServiceConfirmed",
            "ServiceConfirmed",
            "ServiceRestored",
            "ServiceRestored",
            "ServiceOutlookGiven",
            "ClaimRetracted",
            "ClaimRetracted",
            "PlaceDescribed",
            "SituationOpened",
            "ServiceConfirmed",
        ][usize::from(self.kind)];
        let mut payload = match kind {
            "ClaimRetracted" => {
                format!(r#"{{"target":"{}","reason":"other"}}"#, target(self.target))
            }
            "PlaceDescribed" => {
                let (place, within) = [
                    ("quetta", "PK-BA"),
                    ("gwadar", "PK-BA"),
                    ("quetta", "PK"),
                    ("PK-BA", "PK"),
                ][usize::from(self.scope % 4)];
                format!(r#"{{"place":"{place}","names":["n"],"within":["{within}"]}}"#)
            }
            "SituationOpened" => {
                let zone = ["Asia/Karachi", "UTC"][usize::from(self.degree % 2)];
                format!(r#"{{"title":"t","zone":"{zone}"}}"#)
            }
            _ => format!(
                r#"{{"service":"road","scope":{}}}"#,
                SCOPES[usize::from(self.scope)]
            ),
        };
        let add = |payload: &mut String, more: &str| {
            payload.pop();
            payload.push_str(more);
            payload.push('}');
        };
        let degree = ["none", "partial", "normal", "unknown"][usize::from(self.degree)];
        match kind {
            "ServiceSuspended" if degree == "normal" => add(&mut payload, r#","degree":"none""#),
            "ServiceRestored" if degree == "none" => add(&mut payload, r#","degree":"normal""#),
            "ServiceOutlookGiven" => add(&mut payload, r#","expected_end":"2026-02-05[UTC]""#),
            "ServiceSuspended" | "ServiceConfirmed" | "ServiceRestored" => {
                add(&mut payload, &format!(r#","degree":"{degree}""#));
            }
            _ => {}
        }
        let may_count = kind == "ServiceSuspended" || !matches!(degree, "normal" | "unknown");
        if matches!(kind, "ServiceSuspended" | "ServiceConfirmed")
            && may_count
            && (1..=4).contains(&self.nth)
        {
            let is_dated = self.form < 4 || kind == "ServiceConfirmed";
            let on = day(if is_dated { self.occurred } else { self.learnt });
            add(
                &mut payload,
                &format!(r#","ordinal":{{"nth":{},"on":"{on}"}}"#, self.nth),
            );
        }
        let must = matches!(kind, "ServiceConfirmed" | "ServiceRestored");
        let occurred = match self.form {
            0 | 1 => Some(self.day()),
            2 => Some(moment(self.occurred).to_string()),
            3 => Some(format!(
                "{}/{}",
                moment(self.occurred),
                moment(self.occurred + 5)
            )),
            _ if must => Some(self.day()),
            _ => None,
        };
        let occurred = occurred.map_or(String::new(), |when| format!(r#""occurred":"{when}","#));
        format!(
            r#"{{"kind":"{kind}","id":"{}","situation":"balochistan-2026",{occurred}"learnt_at":"{}","source":{{"origin":"{}"}},"payload":{payload}}}"#,
            id(u32::try_from(number).unwrap() + 1),
            moment(self.learnt),
            ["a", "b", "c"][usize::from(self.source)],
        )
    }

    fn day(&self) -> String {
        day(self.occurred)
    }
}

fn day(step: u8) -> String {
    format!("2026-02-{:02}[Asia/Karachi]", step / 4 + 1)
}

fn log_of(history: &[Told]) -> Vec<Recorded> {
    let mut log = Log::default();
    for (number, told) in history.iter().enumerate() {
        log.line(&told.line(number));
    }
    log.recorded
}

/// Saved and restored half way, which changes nothing.
fn fold<'a>(recorded: impl IntoIterator<Item = &'a Recorded>) -> Services {
    let recorded: Vec<&Recorded> = recorded.into_iter().collect();
    let half = recorded.len() / 2;
    restored::fold(recorded, half)
}

/// Whether a claim speaks of a moment: a return told of longer than a day does so when that time is over, as far as it was by then.
fn speaks_of(recorded: &Recorded, valid: Instant) -> bool {
    let learnt = recorded.learnt_at;
    let occurred = recorded.event().unwrap().occurred;
    let earliest = occurred.as_ref().and_then(When::earliest).unwrap_or(learnt);
    let latest = occurred.as_ref().and_then(When::latest).unwrap_or(learnt);
    let is_longer = latest.min(learnt) > earliest.saturating_add_nanos(25 * 3600 * 1_000_000_000);
    if recorded.kind == Kind::ServiceRestored && is_longer {
        latest.min(learnt) <= valid
    } else {
        earliest <= valid
    }
}

fn ask(services: &Services, valid: Instant, known: Known) -> Board {
    let as_of = AsOf {
        valid: Valid(valid),
        known,
    };
    services.at(&situation(), as_of, &TimeToLive::default())
}

/// Every event an answer names anywhere.
fn named(board: &Board) -> BTreeSet<String> {
    let json = serde_json::to_string(board).unwrap();
    json.match_indices("00000000-0000-7000-8000-")
        .map(|(start, _)| json[start..start + 36].to_owned())
        .collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn asked_as_of_a_position_the_whole_answers_as_the_prefix_did(history in history(), valid in 0u8..60) {
        let recorded = log_of(&history);
        let whole = fold(&recorded);
        let mut growing = Services::default();
        let everything = Known::Position(Position::new(u64::MAX));
        for recorded in &recorded {
            growing.apply(recorded).unwrap();
            let known = Known::Position(recorded.position);
            let answer = ask(&whole, moment(valid), known);
            prop_assert_eq!(&answer, &ask(&growing, moment(valid), everything));
            prop_assert_eq!(answer.position, recorded.position);
        }
    }

    #[test]
    fn restored_is_folded(history in history(), valid in 0u8..60) {
        let recorded = log_of(&history);
        let mut whole = Services::default();
        let touched: Vec<_> = recorded.iter().map(|recorded| whole.apply(recorded).unwrap()).collect();
        let states = (0..=recorded.len() as u64).map(|length| Known::Position(Position::new(length)));
        let states: Vec<Known> = states.chain((0..60).step_by(7).map(|hour| Known::Learnt(moment(hour)))).collect();
        let asked = |services: &Services| -> Vec<Board> {
            states.iter().map(|known| ask(services, moment(valid), *known)).collect()
        };
        let expected = asked(&whole);
        let halves = [0, recorded.len() / 3, recorded.len() / 2, recorded.len() - 1];
        for half in halves {
            let mut restored = restored::fold(&recorded[..half], half);
            restored = restored::restored(&restored, Position::new(half as u64), &BTreeSet::from([situation()]));
            for (recorded, touched) in recorded.iter().zip(&touched).skip(half) {
                prop_assert_eq!(&restored.apply(recorded).unwrap(), touched);
            }
            prop_assert_eq!(restored.register(), whole.register());
            prop_assert_eq!(restored.save(&situation()), whole.save(&situation()));
            prop_assert_eq!(&asked(&restored), &expected);
        }
    }

    #[test]
    fn asked_as_known_at_a_moment_the_whole_answers_as_if_nothing_else_had_been_recorded(
        history in history(), valid in 0u8..60, known in 0u8..60,
    ) {
        let recorded = log_of(&history);
        let known = moment(known);
        let whole = ask(&fold(&recorded), moment(valid), Known::Learnt(known));
        let public: Vec<_> = recorded.iter().filter(|recorded| recorded.learnt_at <= known).collect();
        let part = ask(&fold(public), moment(valid), Known::Position(Position::new(u64::MAX)));
        prop_assert_eq!(whole.services, part.services);
    }

    #[test]
    fn what_occurs_later_changes_nothing_unless_it_says_how_it_was_before(history in history(), valid in 0u8..48) {
        let recorded = log_of(&history);
        let everything = Known::Position(Position::new(u64::MAX));
        let valid = moment(valid);
        let is_later = |recorded: &Recorded| {
            let occurred = recorded.event().unwrap().occurred;
            let from = occurred.as_ref().map_or(Some(recorded.learnt_at), When::earliest);
            // Back as told ahead is an outlook, and known from its telling.
            let is_ahead = recorded.kind == Kind::ServiceRestored && recorded.learnt_at <= valid;
            recorded.kind.as_str().starts_with("Service") && from > Some(valid) && !is_ahead
        };
        let says_before = |recorded: &Recorded| {
            recorded.body.contains("ordinal") || recorded.body.contains("except") || recorded.kind == Kind::ServiceConfirmed
        };
        let recorded: Vec<_> = recorded.iter().filter(|recorded| !(is_later(recorded) && says_before(recorded))).collect();
        // A claim may name a stretch as one of those within a place: that is no occurrence.
        let is_geography = |recorded: &Recorded| recorded.body.contains("named");
        let earlier = recorded.iter().copied().filter(|recorded| !is_later(recorded) || is_geography(recorded));
        let earlier = fold(earlier);
        prop_assert_eq!(
            ask(&fold(recorded), valid, everything).services,
            ask(&earlier, valid, everything).services
        );
    }

    #[test]
    fn nothing_operates_without_an_event_that_says_so(history in history(), valid in 0u8..60) {
        let recorded = log_of(&history);
        let normal: BTreeSet<EventId> = recorded
            .iter()
            .filter(|recorded| recorded.body.contains(r#""degree":"normal""#))
            .map(|recorded| recorded.id)
            .collect();
        let board = ask(&fold(&recorded), moment(valid), Known::Position(Position::new(u64::MAX)));
        for status in board.services {
            if status.status == Status::Operating {
                prop_assert!(status.rests_on.iter().any(|evidence| normal.contains(&evidence.event)));
            }
            for run in status.runs {
                let says_so = run.events.iter().any(|event| normal.contains(event));
                prop_assert!(run.status != Status::Operating || says_so);
            }
        }
    }

    #[test]
    fn nothing_operates_at_a_moment_of_which_nobody_says_so(history in history(), valid in 0u8..60) {
        let recorded = log_of(&history);
        let says_so: BTreeSet<EventId> = recorded
            .iter()
            .filter(|recorded| recorded.body.contains(r#""degree":"normal""#) && speaks_of(recorded, moment(valid)))
            .map(|recorded| recorded.id)
            .collect();
        let board = ask(&fold(&recorded), moment(valid), Known::Position(Position::new(u64::MAX)));
        for status in board.services.iter().filter(|status| status.status == Status::Operating) {
            prop_assert!(status.rests_on.iter().any(|evidence| says_so.contains(&evidence.event)));
        }
    }

    #[test]
    fn an_answer_names_only_what_was_known_and_days_count_from_the_start(history in history(), valid in 0u8..60, known in 0u8..60) {
        let recorded = log_of(&history);
        let known = moment(known);
        let board = ask(&fold(&recorded), moment(valid), Known::Learnt(known));
        let public: BTreeSet<String> = recorded
            .iter()
            .filter(|recorded| recorded.learnt_at <= known)
            .map(|recorded| recorded.id.to_string())
            .collect();
        prop_assert!(named(&board).is_subset(&public));
        for status in &board.services {
            prop_assert!(status.unobserved <= status.day);
            prop_assert!(status.last_confirmed.iter().all(|confirmed| confirmed.at <= moment(valid)));
            prop_assert!(status.since.earliest.is_none_or(|earliest| earliest <= moment(valid)));
        }
    }
}

/// A claim of the simple model, at moments only, from one source: when, learnt when, of the province or of the city in it,
/// which kind, and which degree.
#[derive(Debug, Clone, Copy)]
struct Simple {
    occurred: u8,
    learnt: u8,
    of_province: bool,
    kind: &'static str,
    degree: &'static str,
}

fn simple() -> impl Strategy<Value = Vec<Simple>> {
    let kinds = prop::sample::select(vec![
        "ServiceSuspended",
        "ServiceConfirmed",
        "ServiceRestored",
    ]);
    let degrees = prop::sample::select(vec!["none", "partial", "normal", "unknown"]);
    let claims = (0u8..48, any::<bool>(), kinds, degrees);
    prop::collection::vec(claims, 1..10).prop_map(|claims| {
        let claims = claims.into_iter().enumerate();
        claims
            .map(|(index, (occurred, of_province, kind, degree))| Simple {
                occurred,
                // A day later or more, each at another moment.
                learnt: u8::try_from(index).unwrap() + 52,
                of_province,
                kind,
                degree: match (kind, degree) {
                    ("ServiceSuspended", "normal") => "none",
                    ("ServiceRestored", "none") => "normal",
                    (_, degree) => degree,
                },
            })
            .collect()
    })
}

fn word(degree: &str) -> &'static str {
    match degree {
        "none" => "suspended",
        "normal" => "operating",
        "unknown" => "unknown",
        _ => "restricted",
    }
}

/// The status of the city at a moment, hour by hour: what is told last of an hour holds, except that "still so" of the whole
/// province says nothing of a city about which something else was told.
fn naive(claims: &[Simple], valid: u8) -> Option<&'static str> {
    let mut status = None;
    let mut told_of_city = false;
    for hour in 0..=valid {
        let mut now: Vec<_> = claims
            .iter()
            .filter(|claim| claim.occurred == hour)
            .collect();
        now.sort_by_key(|claim| claim.learnt);
        for claim in now {
            let same = status == Some(word(claim.degree));
            if claim.of_province && claim.kind == "ServiceConfirmed" && told_of_city && !same {
                continue;
            }
            told_of_city = !claim.of_province || (same && told_of_city);
            status = Some(word(claim.degree));
        }
    }
    status
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_city_in_a_province_is_as_in_the_simple_model_hour_by_hour(claims in simple()) {
        let mut log = Log::default();
        log.place("quetta", "PK-BA");
        for claim in &claims {
            log.line(&format!(
                r#"{{"kind":"{}","situation":"balochistan-2026","occurred":"{}","learnt_at":"{}","source":{{"origin":"a"}},"payload":{{"service":"road","scope":{},"degree":"{}"}}}}"#,
                claim.kind, moment(claim.occurred), moment(claim.learnt), SCOPES[usize::from(!claim.of_province)], claim.degree,
            ));
        }
        let services = fold(&log.recorded);
        let scope = Extent::Area { place: PlaceId::new("quetta").unwrap() };
        for valid in 0..50 {
            let as_of = AsOf { valid: Valid(moment(valid)), known: Known::Position(Position::new(99)) };
            let status = services.status(&situation(), Service::Road, &scope, as_of, &TimeToLive::default());
            let status = status.map(|status| serde_json::to_value(status.status).unwrap());
            prop_assert_eq!(status, naive(&claims, valid).map(serde_json::Value::from), "at {}", valid);
        }
    }
}

/// What a reader of one source may be told, to the minute, of two cities in a province.
#[derive(Debug, Clone, Copy)]
struct Minutes {
    occurred: u16,
    delay: u16,
    kind: &'static str,
    degree: &'static str,
    scope: usize,
    retracted_after: Option<u16>,
}

const TOLD_OF: [&str; 4] = [
    r#"{"of":{"area":{"place":"PK-BA"}}}"#,
    r#"{"of":{"area":{"place":"quetta"}}}"#,
    r#"{"of":{"area":{"place":"gwadar"}}}"#,
    r#"{"of":{"area":{"place":"PK-BA"}},"except":[{"area":{"place":"quetta"}}]}"#,
];
const CITIES: [&str; 2] = ["quetta", "gwadar"];
const TIME_TO_LIVE: u16 = 30;

fn minutes() -> impl Strategy<Value = Vec<Minutes>> {
    let kinds = prop::sample::select(vec![
        "ServiceSuspended",
        "ServiceConfirmed",
        "ServiceRestored",
    ]);
    let degrees = prop::sample::select(vec!["none", "partial", "normal"]);
    let retracted = prop::option::weighted(0.2, 0u16..60);
    let claims = (0u16..120, 0u16..20, kinds, degrees, 0usize..4, retracted);
    let claim =
        claims.prop_map(
            |(occurred, delay, kind, degree, scope, retracted_after)| Minutes {
                occurred,
                delay,
                kind,
                degree: match (kind, degree) {
                    ("ServiceSuspended", "normal") => "none",
                    ("ServiceRestored", "none") => "normal",
                    (_, degree) => degree,
                },
                scope,
                retracted_after,
            },
        );
    prop::collection::vec(claim, 1..10)
}

fn minute(minute: u16) -> Instant {
    instant("2026-02-01T00:00:00+05:00").saturating_add_nanos(i64::from(minute) * 60_000_000_000)
}

/// How a city is as known at a minute, and whether anybody said so within the time to live, told minute by minute. What is told
/// twice of one minute, and learnt at one minute, revises nothing: of one scope it is a contradiction. A "still so" that was revised
/// says nothing any more.
fn minute_by_minute(claims: &[Minutes], city: usize, now: u16) -> Option<(&'static str, bool)> {
    let mut state: Option<(&'static str, u16)> = None;
    let (mut told_of_city, mut is_disputed) = (false, false);
    for past in 0..=now {
        let mut told_at_once: Vec<(u16, bool, &str)> = Vec::new();
        let stands = |claim: &Minutes| {
            let learnt = claim.occurred + claim.delay;
            let gone = claim.retracted_after.map(|after| learnt + after);
            claim.occurred == past && learnt <= now && gone.is_none_or(|gone| gone > now)
        };
        let is_of_city = |claim: &Minutes| claim.scope == city + 1 || claim.scope == 3 && city == 0;
        let told = claims.iter().enumerate().filter(|(_, claim)| stands(claim));
        let mut told: Vec<_> = told.collect();
        told.sort_by_key(|(index, claim)| (claim.delay, is_of_city(claim), *index));
        let is_still = |claim: &Minutes| {
            let is_exempt = claim.scope == 3 && city == 0;
            claim.kind == "ServiceConfirmed" && !is_exempt
        };
        // The scopes 0 and 3 are both told of the province.
        let is_revised = |claim: &Minutes| {
            let told = told.iter().rev().map(|(_, other)| *other);
            let still = told.filter(|other| is_still(other) && other.scope % 3 == claim.scope % 3);
            let newest = still.max_by_key(|other| other.delay);
            let otherwise = newest.filter(|newest| newest.degree != claim.degree);
            is_still(claim) && otherwise.is_some_and(|newest| newest.delay > claim.delay)
        };
        for (_, claim) in &told {
            if is_revised(claim) {
                continue;
            }
            let is_of_province = matches!(claim.scope, 0 | 3);
            let before = state.map(|(degree, _)| degree);
            let degree = match (is_of_province, is_of_city(claim), claim.kind) {
                (false, false, _) => continue,
                (true, true, "ServiceRestored") => before
                    .filter(|before| *before != "normal")
                    .unwrap_or("none"),
                (true, true, _) => continue,
                _ => claim.degree,
            };
            let is_same = before == Some(degree);
            let is_only_confirmed = !is_of_city(claim) && claim.kind == "ServiceConfirmed";
            if is_only_confirmed && told_of_city && !is_same {
                continue;
            }
            told_of_city = is_of_city(claim) || is_same && told_of_city;
            is_disputed = told_at_once.iter().any(|(delay, of_city, other)| {
                (*delay, *of_city) == (claim.delay, is_of_city(claim)) && *other != degree
            });
            told_at_once.push((claim.delay, is_of_city(claim), degree));
            state = Some((degree, past));
        }
    }
    state.map(|(degree, said)| {
        let degree = if is_disputed { "unknown" } else { degree };
        (degree, now - said <= TIME_TO_LIVE)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 120, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn two_cities_are_as_in_the_simple_model_minute_by_minute(claims in minutes()) {
        let mut log = Log::default();
        log.place("quetta", "PK-BA");
        log.place("gwadar", "PK-BA");
        for claim in &claims {
            let learnt = claim.occurred + claim.delay;
            let told = log.line(&format!(
                r#"{{"kind":"{}","situation":"balochistan-2026","occurred":"{}","learnt_at":"{}","source":{{"origin":"a"}},"payload":{{"service":"road","scope":{},"degree":"{}"}}}}"#,
                claim.kind, minute(claim.occurred), minute(learnt), TOLD_OF[claim.scope], claim.degree,
            ));
            if let Some(after) = claim.retracted_after {
                log.line(&format!(
                    r#"{{"kind":"ClaimRetracted","situation":"balochistan-2026","learnt_at":"{}","payload":{{"target":"{told}","reason":"other"}}}}"#,
                    minute(learnt + after),
                ));
            }
        }
        let services = fold(&log.recorded);
        let time_to_live = TimeToLive::all(std::time::Duration::from_secs(u64::from(TIME_TO_LIVE) * 60));
        for now in 0..170 {
            let as_of = AsOf { valid: Valid(minute(now)), known: Known::Learnt(minute(now)) };
            for (city, place) in CITIES.iter().enumerate() {
                let scope = Extent::Area { place: PlaceId::new(*place).unwrap() };
                let status = services.status(&situation(), Service::Road, &scope, as_of, &time_to_live);
                let status = status.filter(|status| status.freshness != Freshness::Unconfirmed);
                let status = status.map(|status| (status.degree.as_str(), status.freshness == Freshness::Fresh));
                prop_assert_eq!(status, minute_by_minute(&claims, city, now), "{} at {}", place, now);
            }
        }
    }
}

fn about(services: &Services, valid: Instant, known: Known) -> PlaceBoard {
    let as_of = AsOf {
        valid: Valid(valid),
        known,
    };
    let place = PlaceId::new("quetta").unwrap();
    services.about(&situation(), &place, as_of, &TimeToLive::default())
}

fn history_of(services: &Services, id: &str, valid: Instant, known: Known) -> Vec<Change> {
    let as_of = AsOf {
        valid: Valid(valid),
        known,
    };
    services.history(
        &situation(),
        &id.parse().unwrap(),
        as_of,
        &TimeToLive::default(),
    )
}

const IDS: [&str; 6] = [
    "road@PK-BA",
    "road@quetta",
    "road@segment:quetta..gwadar:M-8",
    "road@route:M-8",
    "road@some_of:PK-BA",
    "road@between:PK-BA",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_place_and_a_history_are_answered_by_the_whole_as_by_the_prefix(history in history(), valid in 0u8..60, id in 0usize..6) {
        let recorded = log_of(&history);
        let whole = fold(&recorded);
        let mut growing = Services::default();
        let everything = Known::Position(Position::new(u64::MAX));
        for recorded in &recorded {
            growing.apply(recorded).unwrap();
            let known = Known::Position(recorded.position);
            let at = moment(valid);
            prop_assert_eq!(about(&whole, at, known), about(&growing, at, everything));
            let histories = [history_of(&whole, IDS[id], at, known), history_of(&growing, IDS[id], at, everything)];
            prop_assert_eq!(&histories[0], &histories[1]);
        }
    }

    #[test]
    fn a_history_is_a_chain_and_misses_nothing_a_reader_would_have_seen(history in history(), valid in 0u8..60, id in 0usize..6) {
        let recorded = log_of(&history);
        let services = fold(&recorded);
        let id: StatusId = IDS[id].parse().unwrap();
        let end = moment(valid);
        let find = |valid, known| {
            let as_of = AsOf { valid: Valid(valid), known };
            services.find(&situation(), &id, as_of, &TimeToLive::default())
        };
        let changes = history_of(&services, &id.to_string(), end, Known::Learnt(end));
        for pair in changes.windows(2) {
            prop_assert_eq!(&pair[0].to, &pair[1].from);
            prop_assert!(pair[0].at <= pair[1].at);
        }
        for now in (0..=valid).map(moment) {
            let status = find(now, Known::Learnt(now));
            let last = changes.iter().rfind(|change| change.at <= now).and_then(|change| change.to.as_ref());
            let seen = status.as_ref().map(|status| (status.status, status.degree, status.freshness, &status.scope.except));
            prop_assert_eq!(seen, last.map(|to| (to.status, to.degree, to.freshness, &to.except)), "at {}", now);
        }
    }

    #[test]
    fn nothing_in_a_place_or_a_history_operates_without_an_event_that_says_so(history in history(), valid in 0u8..60, id in 0usize..6) {
        let recorded = log_of(&history);
        let services = fold(&recorded);
        let everything = Known::Position(Position::new(u64::MAX));
        let normal: BTreeSet<EventId> = recorded
            .iter()
            .filter(|recorded| recorded.body.contains(r#""degree":"normal""#))
            .map(|recorded| recorded.id)
            .collect();
        let board = about(&services, moment(valid), everything);
        let nearby = board.nearby.iter().map(|nearby| &nearby.status);
        for status in board.inside.iter().chain(nearby) {
            let says_so = status.rests_on.iter().any(|evidence| normal.contains(&evidence.event));
            prop_assert!(status.status != Status::Operating || says_so);
        }
        let changes = history_of(&services, IDS[id], moment(valid), everything);
        let operates = changes.iter().any(|change| change.to.as_ref().is_some_and(|to| to.status == Status::Operating));
        prop_assert!(!operates || !normal.is_empty());
    }
}

/// What somebody who watches from the start is told, event by event, with looks at the clock in between or not.
fn watched(recorded: &[Recorded], looks: bool) -> Vec<Notice> {
    let (mut services, mut watch) = (Services::default(), Watch::new(TimeToLive::default()));
    let (mut notices, mut clock) = (Vec::new(), Instant::from_unix_nanos(0));
    for recorded in recorded {
        if looks && recorded.learnt_at > clock {
            let halfway = (recorded.learnt_at.unix_nanos() - clock.unix_nanos()) / 2;
            notices.extend(watch.pass_time(&services, clock.saturating_add_nanos(halfway)));
        }
        clock = clock.max(recorded.learnt_at);
        let touched = services.apply(recorded).unwrap();
        notices.extend(watch.notices(&services, recorded, &touched));
    }
    notices
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 60, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whoever_watches_is_told_every_change_once_and_in_order(history in history()) {
        let recorded = log_of(&history);
        let (mut services, mut watch) = (Services::default(), Watch::new(TimeToLive::default()));
        let mut told: BTreeMap<StatusId, situ_services::Brief> = BTreeMap::new();
        let mut clock = recorded[0].learnt_at;
        for recorded in &recorded {
            clock = clock.max(recorded.learnt_at);
            let touched = services.apply(recorded).unwrap();
            for notice in watch.notices(&services, recorded, &touched) {
                let change = notice.change;
                prop_assert_eq!(told.get(&change.id), change.from.as_ref());
                prop_assert!(!change.events.is_empty() || change.class == ChangeClass::WentStale || change.at <= clock);
                match change.to {
                    Some(to) => told.insert(change.id, to),
                    None => told.remove(&change.id),
                };
            }
            let as_of = AsOf { valid: Valid(clock), known: Known::Position(recorded.position) };
            let board = services.at(&situation(), as_of, &TimeToLive::default());
            for status in &board.services {
                let seen = told.get(&status.id).map(|to| (to.status, to.degree, to.freshness, &to.except, &to.since));
                let is = (status.status, status.degree, status.freshness, &status.scope.except, &status.since);
                prop_assert_eq!(seen, Some(is), "{} at {} as known at {}", status.id, clock, recorded.position);
            }
        }
    }

    #[test]
    fn who_looks_at_the_clock_in_between_and_who_begins_later_is_told_the_same(history in history(), begins in 0usize..24) {
        let recorded = log_of(&history);
        let notices = watched(&recorded, false);
        prop_assert_eq!(&watched(&recorded, true), &notices);
        let begins = begins.min(recorded.len());
        let (mut services, mut watch) = (Services::default(), Watch::new(TimeToLive::default()));
        for recorded in &recorded[..begins] {
            services.apply(recorded).unwrap();
            watch.pass_over(recorded);
        }
        watch.look(&services);
        let mut later = Vec::new();
        for recorded in &recorded[begins..] {
            let touched = services.apply(recorded).unwrap();
            later.extend(watch.notices(&services, recorded, &touched));
        }
        prop_assert_eq!(&later[..], &notices[notices.len() - later.len()..]);
        let before = notices.len() - later.len();
        let is_before = |notice: &Notice| notice.position.get() <= begins as u64;
        prop_assert!(notices[..before].iter().all(is_before));
    }
}
