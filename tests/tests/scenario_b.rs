//! How the figures of Balochistan came out, from the first report to the last, by both sides: the right answers in the end and on
//! the evenings before.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use situ_core::{
    AsOf, Basis, ClaimRef, Condition, Event, EventStore, Harm, Instant, Known, Outcome, Payload,
    Position, Projection, Role, Service, SituationId, SourceId, Valid, Who, replay,
};
use situ_services::{ConflictKind, Freshness, How, ServiceStatus, Services, Status, TimeToLive};
use situ_sqlite::SqliteStore;
use situ_tests::balochistan;
use situ_tolls::{
    Certainty, FigureName, FlagKind, Policy, Question, Reason, Toll, TollPeriod, Tolls,
};
use tempfile::TempDir;

const BETWEEN: &str = r#"{"between""#;
const DERA: &str = r#"{"segment":{"from":"dera-ghazi-khan""#;
const NUSHKI: &str = r#"{"segment":{"from":"nushki""#;
const SECTION: &str = r#"{"facility""#;
const QUETTA: &str = r#"{"area":{"place":"quetta""#;
const SEVERAL: &str = r#"{"some_of""#;

/// A moment in Pakistan: `6 20:00` is 6 February 2026, 20:00, `31 20:00` is in January.
fn pkt(day_and_time: &str) -> Instant {
    let (day, time) = day_and_time.split_once(' ').unwrap();
    let day: u32 = day.parse().unwrap();
    let month = if day > 20 { 1 } else { 2 };
    let text = format!("2026-{month:02}-{day:02}T{time}:00+05:00");
    text.parse().unwrap()
}

/// A file with the whole story in it, and what was folded from it.
struct Desk {
    folder: TempDir,
    story: Vec<Event>,
    tolls: Tolls,
    services: Services,
    head: Position,
}

impl Desk {
    fn told() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::create(file_in(&folder)).unwrap();
        let story = balochistan();
        store
            .append(&story, &Condition::None, pkt("6 20:00"))
            .unwrap();
        let (mut tolls, mut services) = (Tolls::default(), Services::default());
        let head = replay(&store, Position::START, |recorded| {
            tolls.apply(recorded)?;
            services.apply(recorded).map(drop)
        });
        Self {
            folder,
            story,
            tolls,
            services,
            head: head.unwrap(),
        }
    }

    /// A moment, with all known.
    fn now(&self, valid: &str) -> AsOf {
        AsOf {
            valid: Valid(pkt(valid)),
            known: Known::Position(self.head),
        }
    }

    fn figures(&self, as_of: AsOf, question: &Question) -> Vec<Toll> {
        let situation = SituationId::new("balochistan-2026").unwrap();
        self.tolls.at(&situation, as_of, question).tolls
    }

    /// The running count of people killed under a policy.
    fn killed_by(&self, as_of: AsOf, role: Role, scope: Harm, policy: Policy) -> Toll {
        let question = Question {
            superseded: true,
            outcome: Some(Outcome::Killed),
            who: Some(Who::any(role)),
            scope: Some(scope),
            policy,
            ..Question::default()
        };
        let running = |toll: &Toll| matches!(toll.period, TollPeriod::Cumulative { .. });
        let mut figures = self.figures(as_of, &question);
        figures.retain(running);
        let [figure] = figures.try_into().unwrap();
        figure
    }

    fn killed(&self, as_of: AsOf, role: Role) -> Toll {
        self.killed_by(as_of, role, Harm::All, Policy::Latest)
    }

    /// What each policy shows of people killed: latest, the military, highest, lowest.
    fn shown(&self, as_of: AsOf, role: Role) -> [Option<u64>; 4] {
        let policies = [
            Policy::Latest,
            Policy::Trusted(vec![SourceId::new("ispr").unwrap()]),
            Policy::Highest,
            Policy::Lowest,
        ];
        policies.map(|policy| self.killed_by(as_of, role, Harm::All, policy).shown)
    }

    fn service(&self, as_of: AsOf, service: Service, scope: &str) -> Option<ServiceStatus> {
        let situation = SituationId::new("balochistan-2026").unwrap();
        let board = self.services.at(&situation, as_of, &TimeToLive::default());
        let mut found: Vec<ServiceStatus> = board.services;
        found.retain(|status| {
            let of = serde_json::to_string(&status.scope.of).unwrap();
            status.service == service && of.starts_with(scope)
        });
        assert!(found.len() <= 1, "several {service} {scope}");
        found.pop()
    }

    /// A claim by the row of its report and what it says: `13: 216`; a declaration by its kind.
    fn row(&self, name: ClaimRef) -> String {
        let event = self
            .story
            .iter()
            .find(|event| event.id == name.event())
            .unwrap();
        let url = event
            .source
            .as_ref()
            .and_then(|source| source.url.as_ref())
            .map_or("", |url| url.as_str());
        let row = match url.strip_prefix("urn:situ:scenario:").unwrap_or(url) {
            "report-a" => "11",
            other => other.strip_prefix("row-").unwrap_or(other),
        };
        match (&event.payload, name) {
            (Payload::CasualtiesReported(reported), ClaimRef::Claim(claim)) => {
                let figure = usize::from(claim.figure) - 1;
                format!("{row}: {}", reported.figures[figure].quantity)
            }
            (payload, _) => payload.kind().to_string(),
        }
    }

    /// Claims by their rows, without declarations.
    fn rows(&self, names: &[ClaimRef]) -> Vec<String> {
        let claims = names
            .iter()
            .filter(|name| matches!(name, ClaimRef::Claim(_)));
        claims.map(|name| self.row(*name)).collect()
    }

    /// The conflicts of a figure: certainty, claims, gap.
    fn conflicts(&self, toll: &Toll) -> Vec<(Certainty, Vec<String>, u64)> {
        let conflicts = toll.conflicts.iter();
        conflicts
            .map(|conflict| {
                (
                    conflict.certainty,
                    self.rows(&conflict.claims),
                    conflict.gap,
                )
            })
            .collect()
    }

    /// The claims a warning is about.
    fn flagged(&self, toll: &Toll, kind: FlagKind) -> Vec<Vec<String>> {
        let flags = toll.flags.iter().filter(|flag| flag.flag == kind);
        flags.map(|flag| self.rows(&flag.claims)).collect()
    }

    /// The current claims of a figure, by their rows.
    fn claims(&self, toll: &Toll) -> Vec<String> {
        let claims = toll.claims.iter();
        claims
            .map(|claim| self.row(ClaimRef::Claim(claim.claim)))
            .collect()
    }

    fn json(&self, args: &[&str]) -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_situ-under-test"))
            .env_remove("SITU_STORE")
            .env("SITU_NOW", "2026-02-06T15:00:00Z")
            .arg("--store")
            .arg(file_in(&self.folder))
            .arg("--json")
            .args(args)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{args:?}: {errors}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The running count of people killed, as the command gives it on the evening of 6 February.
    fn killed_as_json(&self, who: &str, policy: &str) -> Value {
        let asked = ["--outcome", "killed", "--who", who, "--scope", "all"];
        let answer = self.json(&[&["toll", "--policy", policy], &asked[..]].concat());
        let figures = answer["data"]["figures"].as_array().unwrap();
        let running = |figure: &&Value| figure["period"]["cumulative"].is_object();
        figures.iter().find(running).unwrap().clone()
    }
}

fn file_in(folder: &TempDir) -> PathBuf {
    folder.path().join("situ.db")
}

/// A moment, as known then.
fn then(valid: &str) -> AsOf {
    AsOf {
        valid: Valid(pkt(valid)),
        known: Known::Learnt(pkt(valid)),
    }
}

/// A status in one line, with its day once stale.
fn brief(status: Option<ServiceStatus>) -> String {
    let Some(status) = status else {
        return "unheard of".to_owned();
    };
    let stale = match status.freshness {
        Freshness::Fresh => "",
        Freshness::Stale => "last known ",
        Freshness::Unconfirmed => "unconfirmed ",
    };
    let day = match (status.day, status.last_day) {
        (Some(day), _) => format!(", day {day}"),
        (None, Some(last)) => format!(", day {} on {}", last.day, last.on),
        (None, None) => String::new(),
    };
    format!("{stale}{:?}{day}", status.status).to_lowercase()
}

#[test]
fn militants_killed_are_93_to_216_and_disputed_by_two_sides() {
    let desk = Desk::told();
    let end = desk.now("6 20:00");
    let latest = desk.killed(end, Role::NonStateArmed);
    assert_eq!(latest.words, "93–216, disputed");
    assert_eq!(
        desk.shown(end, Role::NonStateArmed),
        [Some(93), Some(216), Some(216), Some(93)]
    );
    for policy in [Policy::Envelope, Policy::Consensus] {
        let toll = desk.killed_by(end, Role::NonStateArmed, Harm::All, policy);
        assert_eq!(
            (toll.shown, toll.words.as_str()),
            (None, "93–216, disputed"),
            "{}",
            toll.policy.name
        );
    }
    let [sides] = &desk.flagged(&latest, FlagKind::Disputed)[..] else {
        panic!("one dispute: {:#?}", latest.flags);
    };
    let mut sides = sides.clone();
    sides.sort();
    assert_eq!(sides, ["13: 216", "14: 93"]);
}

#[test]
fn security_forces_killed_are_22_against_over_362() {
    let desk = Desk::told();
    let end = desk.now("6 20:00");
    let latest = desk.killed(end, Role::SecurityForces);
    assert_eq!(
        (latest.shown, latest.words.as_str()),
        (Some(363), "22 or more, disputed")
    );
    let newest = latest
        .claims
        .iter()
        .find(|claim| claim.source.as_str() == "bla")
        .unwrap();
    assert_eq!(newest.words.as_ref().unwrap().as_str(), "over 362");
    let point = newest.quantity.point();
    assert_eq!((point.least, point.most), (363, None));
    let [sides] = &desk.flagged(&latest, FlagKind::Disputed)[..] else {
        panic!("one dispute: {:#?}", latest.flags);
    };
    let mut sides = sides.clone();
    sides.sort();
    assert_eq!(sides, ["13: 22", "14: more than 362"]);
    let [_, ispr, _, lowest] = desk.shown(end, Role::SecurityForces);
    assert_eq!((ispr, lowest), (Some(22), Some(22)));
}

#[test]
fn the_command_answers_the_same_as_json() {
    let desk = Desk::told();
    for (policy, shown) in [
        ("latest", Some(93)),
        ("trusted:ispr", Some(216)),
        ("highest", Some(216)),
        ("lowest", Some(93)),
        ("envelope", None),
        ("consensus", None),
    ] {
        let militants = desk.killed_as_json("non_state_armed", policy);
        assert_eq!(militants["shown"], Value::from(shown), "{policy}");
        assert_eq!(militants["words"], "93–216, disputed", "{policy}");
    }
    let security = desk.killed_as_json("security_forces", "latest");
    assert_eq!(security["shown"], 363);

    let board = desk.json(&["services"]);
    let services = board["data"]["services"].as_array().unwrap();
    let found = |service: &str, scope: &str| {
        let is_it = |status: &&Value| {
            status["service"] == service && status["scope"]["of"].to_string().starts_with(scope)
        };
        services.iter().find(is_it).unwrap()
    };
    let rail = found("rail", BETWEEN);
    assert_eq!(rail["status"], "operating");
    assert_eq!(rail["since"]["earliest"], "2026-02-04T19:00:00Z");
    assert_eq!(rail["runs"][0]["days"], 5);
    assert_eq!(rail["conflicts"][0]["gap_days"], 1);
    let quetta = found("mobile_data", QUETTA);
    assert_eq!(
        quetta["last_day"],
        serde_json::json!({ "day": 6, "on": "2026-02-05" })
    );
    assert_eq!(found("road", DERA)["status"], "operating");
    assert_eq!(found("road", NUSHKI)["status"], "restricted");
}

#[test]
fn a_figure_with_a_start_is_the_count_since_then_alone() {
    let desk = Desk::told();
    let named = |name: &str| {
        let zone = "Asia/Karachi".parse().unwrap();
        let question = Question {
            superseded: true,
            figure: Some(FigureName::parse_in(name, zone).unwrap()),
            ..Question::default()
        };
        let [toll] = desk
            .figures(desk.now("6 20:00"), &question)
            .try_into()
            .unwrap();
        toll
    };
    let wide = named("killed/non_state_armed/since:2026-01-30");
    assert_eq!(desk.claims(&wide), ["3: 108", "5: 133"]);
    // Nobody counts everyone since 29 January as one number.
    let derived = named("killed/all/since:2026-01-29");
    assert_eq!((derived.shown, derived.claims.len()), (None, 0));
    assert!(derived.least >= 216 + 22 + 36, "{}", derived.words);
}

#[test]
fn since_31_january_at_most_175_militants_can_have_died_against_at_least_197() {
    let desk = Desk::told();
    let militants = desk.killed(desk.now("6 20:00"), Role::NonStateArmed);
    let conflicts = desk.conflicts(&militants);
    let clash = |third: &str, gap| {
        let mut claims = ["1: 41", "13: 216", third].map(str::to_owned).to_vec();
        claims.sort();
        (Certainty::Certain, claims, gap)
    };
    let sorted: Vec<_> = conflicts
        .into_iter()
        .map(|(certainty, mut claims, gap)| {
            claims.sort();
            (certainty, claims, gap)
        })
        .collect();
    assert_eq!(sorted[0], clash("11: at least 197", 22), "{sorted:#?}");
    assert!(sorted.contains(&clash("10: 184", 9)), "{sorted:#?}");
    assert!(sorted.contains(&clash("8: 177", 2)), "{sorted:#?}");
}

#[test]
fn consistent_gives_up_the_fewest_claims_and_says_which() {
    let desk = Desk::told();
    let consistent = Policy::Consistent(Vec::new());
    let toll = desk.killed_by(
        desk.now("6 20:00"),
        Role::NonStateArmed,
        Harm::All,
        consistent,
    );
    assert_eq!(toll.shown, Some(216));
    let mut given_up = desk.rows(&toll.given_up);
    given_up.sort();
    let expected = ["14: 93", "1: 41", "2: 11", "3: 108", "6: 145"];
    assert_eq!(given_up, expected);
    // What clashes is told all the same.
    let latest = desk.killed(desk.now("6 20:00"), Role::NonStateArmed);
    assert_eq!(desk.conflicts(&toll), desk.conflicts(&latest));
}

#[test]
fn two_sides_over_one_figure_are_a_dispute_and_no_conflict() {
    let desk = Desk::told();
    for role in [Role::NonStateArmed, Role::SecurityForces] {
        let toll = desk.killed(desk.now("6 20:00"), role);
        for (_, claims, _) in desk.conflicts(&toll) {
            assert!(
                !claims.iter().any(|claim| claim.starts_with("14: ")),
                "{claims:?}"
            );
        }
    }
}

#[test]
fn the_start_of_row_11_is_suspect_as_it_was_coded_from_relative_words() {
    let desk = Desk::told();
    let suspect = |figure: &Value| {
        let flags = figure["flags"].as_array().unwrap().iter();
        let flags = flags.filter(|flag| flag["flag"] == "period_suspect");
        flags
            .flat_map(|flag| flag["claims"].as_array().unwrap().clone())
            .map(|claim| desk.row(claim.as_str().unwrap().parse().unwrap()))
            .collect::<Vec<_>>()
    };
    let answer = desk.json(&["toll", "--who", "non_state_armed"]);
    let figures = answer["data"]["figures"].as_array().unwrap();
    let suspects: Vec<String> = figures.iter().flat_map(suspect).collect();
    assert!(
        suspects.contains(&"11: at least 197".to_owned()),
        "{suspects:?}"
    );
}

#[test]
fn a_misquote_through_one_more_outlet_never_replaces_what_the_military_said() {
    let desk = Desk::told();
    let mut moments: Vec<Instant> = desk
        .story
        .iter()
        .map(|event| event.learnt_at.unwrap())
        .filter(|moment| *moment >= pkt("31 18:03"))
        .collect();
    moments.dedup();
    for moment in moments {
        let as_of = AsOf {
            valid: Valid(moment),
            known: Known::Learnt(moment),
        };
        let civilians = desk.killed(as_of, Role::Civilian);
        let claims = desk.claims(&civilians);
        assert!(claims.contains(&"4: 18".to_owned()), "{moment}: {claims:?}");
        assert!(
            !claims.contains(&"4: 15".to_owned()),
            "{moment}: {claims:?}"
        );
    }
    let civilians = desk.killed(then("31 20:00"), Role::Civilian);
    let misquote = civilians
        .set_aside
        .iter()
        .find(|aside| desk.row(aside.claim) == "4: 15")
        .unwrap();
    assert_eq!(misquote.reason, Reason::Revised);
    assert_eq!(desk.row(misquote.by.unwrap()), "4: 18");
}

#[test]
fn two_figures_for_civilians_in_one_article_are_a_conflict_within_the_line() {
    let desk = Desk::told();
    for as_of in [then("3 20:00"), desk.now("3 20:00")] {
        let civilians = desk.killed(as_of, Role::Civilian);
        let claims = desk.claims(&civilians);
        for both in ["10: 31", "10: 17"] {
            assert!(claims.contains(&both.to_owned()), "{claims:?}");
        }
        let conflicts = desk.conflicts(&civilians);
        let within = (
            Certainty::Certain,
            vec!["10: 31".to_owned(), "10: 17".to_owned()],
            14,
        );
        assert!(conflicts.contains(&within), "{conflicts:#?}");
    }
    let civilians = desk.killed(desk.now("6 20:00"), Role::Civilian);
    let superseded: Vec<String> = civilians
        .set_aside
        .iter()
        .filter(|aside| aside.reason == Reason::Superseded)
        .map(|aside| desk.row(aside.claim))
        .collect();
    for both in ["10: 31", "10: 17"] {
        assert!(superseded.contains(&both.to_owned()), "{superseded:?}");
    }
}

#[test]
fn counts_that_start_a_day_earlier_are_other_cells_and_no_revisions() {
    let desk = Desk::told();
    let first = desk.killed(then("31 20:00"), Role::NonStateArmed);
    let mut claims = desk.claims(&first);
    claims.sort();
    assert_eq!(claims, ["14: 7", "2: 67", "3: 108", "4: 92", "5: 133"]);
    assert_eq!(first.set_aside, []);
    let end = desk.claims(&desk.killed(desk.now("6 20:00"), Role::NonStateArmed));
    for earlier_start in ["3: 108", "5: 133"] {
        assert!(end.contains(&earlier_start.to_owned()), "{end:?}");
    }
}

#[test]
fn bodies_in_hospital_are_another_basis() {
    let desk = Desk::told();
    let end = desk.now("6 20:00");
    let by_default = desk.figures(end, &Question::default());
    assert!(
        by_default
            .iter()
            .all(|toll| toll.basis == Basis::Reported && toll.shown != Some(167))
    );
    let bodies = Question {
        superseded: true,
        basis: Some(Basis::BodyRecovered),
        ..Question::default()
    };
    let bodies: Vec<Toll> = desk
        .figures(end, &bodies)
        .into_iter()
        .filter(|toll| !toll.claims.is_empty())
        .collect();
    let [bodies] = &bodies[..] else {
        panic!("one figure: {bodies:#?}");
    };
    assert_eq!((bodies.who, bodies.shown), (Role::NonStateArmed, Some(167)));
    assert_eq!(desk.claims(bodies), ["8: 167"]);
}

#[test]
fn the_councils_figures_are_of_the_attacks_and_relay_those_of_others() {
    let desk = Desk::told();
    let end = desk.now("6 20:00");
    let attacks = |role| desk.killed_by(end, role, Harm::Attacks, Policy::Highest);
    let (all, civilians) = (attacks(Role::All), attacks(Role::Civilian));
    assert_eq!((all.shown, civilians.shown), (Some(48), Some(31)));
    assert_eq!(desk.claims(&civilians), ["12: 31"]);
    let relayed = desk.flagged(&civilians, FlagKind::Relay);
    assert!(
        relayed.iter().any(|claims| claims[0] == "12: 31"),
        "{relayed:?}"
    );
}

#[test]
fn the_councils_48_is_the_sum_of_what_others_said_before() {
    let desk = Desk::told();
    let all = desk.killed_by(
        desk.now("6 20:00"),
        Role::All,
        Harm::Attacks,
        Policy::Latest,
    );
    let relayed = desk.flagged(&all, FlagKind::Relay);
    assert!(
        relayed
            .iter()
            .any(|claims| claims.contains(&"12: 48".to_owned())),
        "{:#?}",
        all.flags
    );
}

#[test]
fn on_the_evenings_before_the_two_sides_stood_as_known_then() {
    let desk = Desk::told();
    let militants = [
        ("31 20:00", "7–133, disputed", [7, 133, 133, 7]),
        ("2 20:00", "7–177, disputed", [7, 177, 177, 7]),
        ("3 20:00", "7–184, disputed", [184, 184, 184, 7]),
        ("5 20:00", "7–216, disputed", [216, 216, 216, 7]),
    ];
    for (evening, words, [latest, state, highest, lowest]) in militants {
        let as_of = then(evening);
        let toll = desk.killed(as_of, Role::NonStateArmed);
        assert_eq!(toll.words, words, "{evening}");
        let [shown, _, high, low] = desk.shown(as_of, Role::NonStateArmed);
        assert_eq!(
            (shown, high, low),
            (Some(latest), Some(highest), Some(lowest)),
            "{evening}"
        );
        let sides = desk.flagged(&toll, FlagKind::Disputed);
        assert_eq!(sides.len(), 1, "{evening}");
        assert!(
            sides[0]
                .iter()
                .any(|side| side.ends_with(&format!(": {state}"))),
            "{evening}: {sides:?}"
        );
    }
    let evening = then("1 20:00");
    let toll = desk.killed(evening, Role::NonStateArmed);
    assert_eq!(
        (toll.shown, toll.words.as_str()),
        (Some(150), "7–150, disputed")
    );

    for (evening, words, latest) in [
        ("31 20:00", "15–84, disputed", 84),
        ("1 20:00", "17–84, disputed", 17),
        ("2 20:00", "17 or more, disputed", 201),
        ("5 20:00", "22 or more, disputed", 22),
    ] {
        let toll = desk.killed(then(evening), Role::SecurityForces);
        assert_eq!(
            (toll.shown, toll.words.as_str()),
            (Some(latest), words),
            "{evening}"
        );
    }

    for (evening, latest) in [
        ("31 20:00", 18),
        ("1 20:00", 31),
        ("2 20:00", 33),
        ("5 20:00", 36),
    ] {
        let toll = desk.killed(then(evening), Role::Civilian);
        assert_eq!(toll.shown, Some(latest), "{evening}");
        assert_eq!(
            desk.flagged(&toll, FlagKind::Disputed),
            [[""; 0]; 0],
            "{evening}"
        );
    }
}

#[test]
fn nothing_was_known_before_the_first_report() {
    let desk = Desk::told();
    let before = AsOf {
        valid: Valid(pkt("6 20:00")),
        known: Known::Learnt(pkt("30 17:59")),
    };
    assert_eq!(desk.figures(before, &Question::default()), []);
    assert_eq!(
        brief(desk.service(before, Service::Rail, BETWEEN)),
        "unheard of"
    );
    let first = desk.figures(then("30 18:00"), &Question::default());
    let [window] = &first[..] else {
        panic!("one figure: {first:#?}");
    };
    assert!(matches!(window.period, TollPeriod::Window { .. }));
    assert_eq!(desk.claims(window), ["1: 41"]);
}

#[test]
fn trains_run_since_5_february_after_five_days_that_two_ordinals_count_differently() {
    let desk = Desk::told();
    let rail = |as_of| desk.service(as_of, Service::Rail, BETWEEN);
    let end = rail(desk.now("6 20:00")).unwrap();
    assert_eq!(brief(Some(end.clone())), "last known operating");
    assert_eq!(
        (end.since.how, end.since.earliest),
        (How::Stated, Some(pkt("5 00:00")))
    );
    let [suspended, operating] = &end.runs[..] else {
        panic!("two runs: {:#?}", end.runs);
    };
    assert_eq!(
        (suspended.status, operating.status),
        (Status::Suspended, Status::Operating)
    );
    assert_eq!(
        (suspended.days, suspended.since.earliest),
        (Some(5), Some(pkt("31 00:00")))
    );
    let [clash] = &end.conflicts[..] else {
        panic!("one conflict: {:#?}", end.conflicts);
    };
    assert_eq!(
        (clash.kind, clash.gap_days, clash.witnesses.len()),
        (ConflictKind::Start, Some(1), 2)
    );

    for (evening, expected) in [
        ("1 20:00", "unheard of"),
        ("2 20:00", "suspended, day 4"),
        ("3 20:00", "last known suspended, day 4 on 2026-02-02"),
        ("4 12:00", "suspended, day 5"),
        ("5 18:13", "last known suspended, day 5 on 2026-02-04"),
        ("5 20:00", "operating"),
    ] {
        assert_eq!(brief(rail(then(evening))), expected, "{evening}");
    }
    assert_eq!(rail(then("2 20:00")).unwrap().conflicts, []);
    assert_eq!(rail(then("4 12:00")).unwrap().conflicts.len(), 1);
}

#[test]
fn mobile_data_in_quetta_were_off_for_the_sixth_day_on_5_february() {
    let desk = Desk::told();
    let quetta = |as_of| desk.service(as_of, Service::MobileData, QUETTA);
    assert_eq!(
        brief(quetta(desk.now("6 20:00"))),
        "last known suspended, day 6 on 2026-02-05"
    );
    assert_eq!(brief(quetta(then("5 20:00"))), "suspended, day 6");
    assert_eq!(brief(quetta(then("5 18:15"))), "unheard of");
    let since = quetta(desk.now("6 20:00")).unwrap().since;
    assert_eq!(
        (since.how, since.earliest),
        (How::Inferred, Some(pkt("31 00:00")))
    );
    let others = desk.service(desk.now("6 20:00"), Service::MobileData, SEVERAL);
    assert_eq!(others.unwrap().unnamed.unwrap().at_least, 2);
}

#[test]
fn the_highways_are_clear_except_a_section_at_nushki() {
    let desk = Desk::told();
    let road = |as_of, scope| desk.service(as_of, Service::Road, scope);
    let end = desk.now("6 20:00");
    let dera = road(end, DERA).unwrap();
    assert_eq!(dera.since.earliest, Some(pkt("5 00:00")));
    for (scope, before, after) in [
        (DERA, "suspended", "operating"),
        (NUSHKI, "suspended", "restricted"),
        (SECTION, "unheard of", "suspended"),
    ] {
        assert_eq!(brief(road(then("5 18:14"), scope)), before, "{scope}");
        assert_eq!(brief(road(then("5 20:00"), scope)), after, "{scope}");
        assert_eq!(brief(road(end, scope)), after, "{scope}");
    }
}
