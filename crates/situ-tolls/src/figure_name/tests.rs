use std::collections::{BTreeSet, HashSet};

use proptest::prelude::*;
use situ_core::EventId;

use super::*;

const EVENT: &str = "019c2500-0000-7000-8000-000000000001";

fn karachi() -> Zone {
    "Asia/Karachi".parse().unwrap()
}

/// Reads `text` as typed in Karachi; it must print as `printed` there, and read back in both forms.
fn check(text: &str, printed: &str) {
    let name = FigureName::parse_in(text, karachi()).unwrap_or_else(|e| panic!("{text}: {e}"));
    assert_eq!(name.display_in(karachi()).to_string(), printed, "{text}");
    assert_eq!(name.to_string().parse(), Ok(name.clone()), "{text}");
}

#[test]
fn a_name_leaves_out_what_goes_without_saying() {
    check("killed", "killed/all");
    check("killed/all", "killed/all");
    check("killed/all/all/reported", "killed/all");
    check("killed/female", "killed/all/female");
    check("killed@quetta", "killed/all@quetta");
    check("injured/civilian", "injured/civilian");
    check(
        "killed/non_state_armed/operations",
        "killed/non_state_armed/operations",
    );
    check("killed/all/incident", "killed/all/incident");
    check(
        &format!("killed/all/event:{EVENT}"),
        &format!("killed/all/event:{EVENT}"),
    );
    check("killed/all/since:2026-01-31", "killed/all/since:2026-01-31");
}

#[test]
fn the_words_of_a_name_come_in_any_order_and_print_in_one() {
    check(
        "killed/body_recovered/attacks/child/female@nushki+quetta+nushki/civilian/since:2026-01-31",
        "killed/civilian/female/child@nushki+quetta/attacks/body_recovered/since:2026-01-31",
    );
    check("killed/incident/civilian", "killed/civilian/incident");
    check("killed/civilian/all", "killed/civilian");
}

#[test]
fn the_start_of_a_period_runs_to_the_end_whatever_it_holds() {
    check(
        "killed/all/since:2026-01-29/2026-01-30",
        "killed/all/since:2026-01-29/2026-01-30",
    );
    check(
        "killed/all/unstated:[2026-01-29,2026-01-30]",
        "killed/all/unstated:[2026-01-29,2026-01-30]",
    );
    check(
        "killed/all/since:2026-01-31%",
        "killed/all/since:2026-01-31%",
    );
    check(
        "killed/all/since:/2026-01-31",
        "killed/all/since:/2026-01-31",
    );
    check(
        "killed/all/reporting:2026-02-02T15:00:00+05:00",
        "killed/all/reporting:2026-02-02T10:00:00Z",
    );
}

#[test]
fn a_zone_is_left_out_only_where_it_is_the_readers_and_nothing_else_is_meant_without() {
    let bare = "killed/all/since:2026-01-31T05:00:00Z/..";
    check(bare, bare);
    let zoned = format!("{bare}[Asia/Karachi]");
    check(&zoned, &zoned);
    check(
        "killed/all/since:2026-01-31[Asia/Karachi]",
        "killed/all/since:2026-01-31",
    );
    let elsewhere = "killed/all/since:2026-01-31[UTC]";
    check(elsewhere, elsewhere);
    assert_eq!(
        "killed/all/since:2026-01-31"
            .parse::<FigureName>()
            .unwrap_err()
            .to_string(),
        "cannot read from when the figure counts: `2026-01-31` does not say in which zone; write 2026-01-31[Asia/Karachi], \
         or an instant with its offset"
    );
}

#[test]
fn a_place_is_encoded_where_it_would_end_early_or_wake_the_shell() {
    let name = FigureName {
        places: ["a/b+c@d%e", "it's*", "PK-BA", "کوئٹہ", "iso:x,y=z"]
            .map(|id| PlaceId::new(id).unwrap())
            .to_vec(),
        ..FigureName::parse_in("killed", karachi()).unwrap()
    };
    let printed = "killed/all@PK-BA+a%2Fb%2Bc%40d%25e+iso:x,y=z+it%27s%2A+کوئٹہ";
    assert_eq!(name.to_string(), printed);
    check(printed, printed);
    check("killed/all@it's+%6eushki", "killed/all@it%27s+nushki");
}

#[test]
fn what_names_no_figure_is_refused_with_what_to_write() {
    let refused = |text: &str, expected: &str| {
        let error = FigureName::parse_in(text, karachi()).expect_err(text);
        let message = error.to_string();
        assert!(message.contains(expected), "{text}: {message}");
    };
    refused("", "unknown outcome ``; it is one of killed, injured");
    refused("civilian", "unknown outcome `civilian`");
    refused("since:2026-01-31", "unknown outcome `since:2026-01-31`");
    refused("killed/", "a word is missing in `killed/`; write one slash");
    refused("killed//all", "a word is missing in `killed//all`");
    refused("killed/@quetta", "a word is missing");
    refused(
        "killed/civilans",
        "unknown word `civilans` in a figure; after the outcome come people (all, civilian,",
    );
    refused(
        "killed/civilian/police",
        "`police` says for a second time which role",
    );
    refused(
        "killed/all/civilian",
        "`civilian` says for a second time which role",
    );
    refused(
        "killed/all/incident/since:2026-01-31",
        "`since` says for a second time over which time",
    );
    refused("killed@a/all@b", "`@b` says for a second time where");
    refused(
        "killed/all@",
        "`@` names no places: one is empty; write @quetta",
    );
    refused("killed/all@a@b", "a second @ (write + between two places");
    refused(
        "killed/all@a%4",
        "`a%4` is not percent-encoded (write %25 for a %)",
    );
    refused("killed/all@%+1", "`%` is not percent-encoded");
    refused("killed/all@%ff", "`%ff` is not percent-encoded");
    refused("killed/all@a%20b", "`a b` has white space");
    refused(
        "killed/all/event:1",
        "unknown scope `event:1`; it is one of all, attacks",
    );
    refused(
        "killed/all/since",
        "`since` does not say from when; write since:2026-01-31",
    );
    refused(
        "killed/all/occurrence:",
        "`occurrence` does not say from when",
    );
    refused(
        "killed/all/since:yesterday",
        "cannot read from when the figure counts: `yesterday` is no date",
    );
    refused(
        "killed/since:2026-01-31/civilian@quetta",
        "`civilian@quetta` stands behind the start of the period; write since:… last",
    );
}

#[test]
fn no_word_of_a_name_means_two_things_but_all() {
    let mut seen = BTreeSet::new();
    let words = Role::ALL.iter().map(|word| word.as_str());
    let words = words
        .chain(Sex::ALL.iter().map(|word| word.as_str()))
        .chain(AgeBand::ALL.iter().map(|word| word.as_str()))
        .chain(Basis::ALL.iter().map(|word| word.as_str()))
        .chain(PERIODS.iter().map(|(word, _)| *word))
        .chain(["attacks", "operations", "event", "incident"]);
    for word in words {
        assert!(seen.insert(word), "{word}");
    }
}

#[test]
fn a_claim_is_named_by_its_cell() {
    let figure: Figure = serde_json::from_str(
        r#"{"outcome": "killed", "who": "civilian", "age": "child", "quantity": {"at_least": 1}, "places": ["b", "a", "b"],
            "scope": "attacks", "basis": "identified", "period": {"cumulative": {"since": "2026-01-31[Asia/Karachi]"}}}"#,
    )
    .unwrap();
    let name = FigureName::of(&figure);
    assert_eq!(
        name.to_string(),
        "killed/civilian/child@a+b/attacks/identified/since:2026-01-31[Asia/Karachi]"
    );
    assert_eq!(
        name.without_start().to_string(),
        "killed/civilian/child@a+b/attacks/identified"
    );
    let window: FigureName = "killed/all/occurrence:2026-02-03[UTC]".parse().unwrap();
    assert_eq!(window.clone().without_start(), window);
}

fn place() -> impl Strategy<Value = PlaceId> {
    let character = prop_oneof![
        3 => proptest::sample::select("ab0-._:,=/+@%#?[]~'\"$ک".chars().collect::<Vec<_>>()),
        1 => any::<char>(),
    ];
    prop::collection::vec(character, 1..8)
        .prop_filter_map("no id", |text| PlaceId::new(String::from_iter(text)).ok())
}

fn when() -> impl Strategy<Value = When> {
    let times = [
        "2026-01-31[Asia/Karachi]",
        "2026-01-31[UTC]",
        "2026-01-31~[Asia/Karachi]",
        "2026-01-31%[Asia/Karachi]",
        "2026-01[Asia/Karachi]",
        "2026-01-29/2026-01-30[Asia/Karachi]",
        "[2026-01-29,2026-01-30][Asia/Karachi]",
        "{2026-01-29,2026-01-30}[UTC]",
        "../2026-02-04[Asia/Karachi]",
        "/2026-02-04[Asia/Karachi]",
        "2026-01-31T05:00:00Z",
        "2026-01-31T05:00:00Z/..",
        "2026-01-31T05:00:00Z/..[Asia/Karachi]",
        "2026-01-31/2026-02-01T05:00:00Z[Asia/Karachi]",
    ];
    proptest::sample::select(times.to_vec()).prop_map(|text| text.parse().unwrap())
}

fn name() -> impl Strategy<Value = FigureName> {
    let one_of = |words: usize| 0..words;
    let scope = prop_oneof![
        Just(Harm::All),
        Just(Harm::Attacks),
        Just(Harm::Operations),
        any::<u128>().prop_map(|id| Harm::Event(EventId::new(uuid::Uuid::from_u128(id)))),
    ];
    let period = prop_oneof![
        Just(Period::Incident),
        prop::option::of(when()).prop_map(|since| Period::Cumulative { since }),
        (one_of(WindowKind::ALL.len()), when()).prop_map(|(counts, from)| Period::Window {
            counts: WindowKind::ALL[counts],
            from,
        }),
    ];
    let who = (
        one_of(Role::ALL.len()),
        prop::option::of(one_of(Sex::ALL.len())),
        prop::option::of(one_of(AgeBand::ALL.len())),
    )
        .prop_map(|(role, sex, age)| Who {
            role: Role::ALL[role],
            sex: sex.map(|sex| Sex::ALL[sex]),
            age: age.map(|age| AgeBand::ALL[age]),
        });
    let places = prop::collection::vec(place(), 0..4).prop_map(sorted);
    let words = (one_of(Outcome::ALL.len()), one_of(Basis::ALL.len()));
    (words, who, places, scope, period).prop_map(
        |((outcome, basis), who, places, scope, period)| FigureName {
            outcome: Outcome::ALL[outcome],
            who,
            scope,
            places,
            basis: Basis::ALL[basis],
            period,
        },
    )
}

proptest! {
    #[test]
    fn any_name_prints_and_reads_back_as_itself_in_every_form(name in name()) {
        let text = name.to_string();
        prop_assert_eq!(text.parse(), Ok(name.clone()));
        for zone in [karachi(), Zone::UTC] {
            prop_assert_eq!(FigureName::parse_in(&text, zone), Ok(name.clone()));
            let local = name.display_in(zone).to_string();
            prop_assert_eq!(FigureName::parse_in(&local, zone), Ok(name.clone()), "{}", local);
        }
        let json = serde_json::to_string(&name).unwrap();
        prop_assert_eq!(serde_json::from_str::<FigureName>(&json).unwrap(), name);
    }

    #[test]
    fn the_places_of_a_name_need_no_quotes_and_hide_no_sign_of_its_grammar(place in place()) {
        let name = FigureName { places: vec![place], ..FigureName::parse_in("killed", karachi()).unwrap() };
        let text = name.to_string();
        let written = text.strip_prefix("killed/all@").unwrap();
        let is_plain = |c: char| !c.is_ascii() || c.is_ascii_alphanumeric() || "-._:,=%".contains(c);
        prop_assert!(written.chars().all(is_plain), "{}", written);
    }

    #[test]
    fn reading_any_text_never_panics_and_what_is_read_prints_shortest(text in "(killed|x)?[/@+:%.a-z0-9]{0,12}(all|child|since:2026|@a%2f)?") {
        if let Ok(name) = FigureName::parse_in(&text, karachi()) {
            prop_assert_eq!(FigureName::parse_in(&name.display_in(karachi()).to_string(), karachi()), Ok(name));
        }
    }

    #[test]
    fn names_are_equal_ordered_and_hashed_alike(a in name(), other in name(), part in 0..6) {
        let mut b = a.clone();
        match part {
            0 => b.outcome = other.outcome,
            1 => b.who = other.who,
            2 => b.scope = other.scope,
            3 => b.places = other.places,
            4 => b.basis = other.basis,
            _ => b.period = other.period,
        }
        prop_assert_eq!(a == b, a.cmp(&b).is_eq());
        prop_assert_eq!(a == b, HashSet::from([a.clone(), b.clone()]).len() == 1);
        prop_assert_eq!(a == b, a.to_string() == b.to_string());
    }
}
