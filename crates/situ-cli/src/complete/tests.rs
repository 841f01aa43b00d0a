use std::fs::File;
use std::time::{Duration, SystemTime};

use situ_core::{Condition, Event, EventStore as _, from_line};

use super::*;

fn figures(names: &[&str]) -> Vec<(FigureName, Zone)> {
    let karachi: Zone = "Asia/Karachi".parse().unwrap();
    let name = |name: &&str| (FigureName::parse_in(name, karachi).unwrap(), karachi);
    names.iter().map(name).collect()
}

fn check(typed: &str, claimed: &[&str], expected: &[&str]) {
    assert_eq!(candidates(typed, &figures(claimed)), expected, "{typed}");
}

#[test]
fn without_a_log_an_outcome_is_offered_then_people_then_what_else_may_be_said() {
    check(
        "",
        &[],
        &[
            "killed/",
            "injured/",
            "missing/",
            "captured/",
            "detained/",
            "displaced/",
            "evacuated/",
            "rescued/",
        ],
    );
    check("re", &[], &["rescued/"]);
    check("killed/m", &[], &["killed/military", "killed/medical"]);
    check("killed/all/f", &[], &["killed/all/female"]);
    check(
        "killed/all/female/",
        &[],
        &[
            "killed/all/female/child",
            "killed/all/female/adult",
            "killed/all/female/elderly",
            "killed/all/female/attacks",
            "killed/all/female/operations",
            "killed/all/female/verified",
            "killed/all/female/identified",
            "killed/all/female/body_recovered",
            "killed/all/female/presumed_included",
            "killed/all/female/estimated",
            "killed/all/female/incident",
            "killed/all/female/since:",
            "killed/all/female/occurrence:",
            "killed/all/female/reporting:",
            "killed/all/female/unstated:",
        ],
    );
    check("killed/all/since:2026", &[], &[]);
    check("kiled/", &[], &[]);
    check("killed/alll/", &[], &[]);
}

#[test]
fn figures_of_the_log_come_first_and_their_starts_once_the_rest_is_typed() {
    let claimed = [
        "killed/civilian/since:2026-01-31",
        "killed/civilian/since:2026-01-30[UTC]",
        "killed/civilian@quetta/attacks",
        "killed/all/unstated:2026-02-03",
    ];
    check("kil", &claimed[3..], &["killed/all/unstated:2026-02-03"]);
    check(
        "killed/c",
        &claimed,
        &["killed/civilian", "killed/civilian@quetta/attacks"],
    );
    check(
        "killed/civilian/s",
        &claimed,
        &[
            "killed/civilian/since:2026-01-31",
            "killed/civilian/since:2026-01-30[UTC]",
        ],
    );
    check(
        "killed/civilian@",
        &claimed,
        &["killed/civilian@quetta/attacks"],
    );
    check(
        "killed/all/u",
        &claimed,
        &["killed/all/unstated:2026-02-03"],
    );
}

#[test]
fn the_log_is_the_one_the_line_names_then_that_of_the_environment() {
    let environment = |name: &str| match name {
        "SITU_STORE" => Some(OsString::from("env.db")),
        "HOME" => Some(OsString::from("/home/desk")),
        _ => None,
    };
    let asked = |line: &[&str]| {
        let line: Vec<OsString> = line.iter().map(OsString::from).collect();
        Asked::on(&line, environment)
    };
    let check = |line: &[&str], expected: &str| {
        assert_eq!(asked(line).store, Path::new(expected), "{line:?}");
    };
    check(&["situ", "toll", "k"], "env.db");
    check(&["situ", "toll", "--store", "a.db", "k"], "a.db");
    check(&["situ", "--store=a.db", "toll", "k"], "a.db");
    check(&["situ", "toll", "--store", "'my file.db'"], "my file.db");
    check(&["situ", "toll", r"--store=my\ file.db"], "my file.db");
    check(&["situ", "toll", "--store", "~/a.db"], "/home/desk/a.db");
    check(&["situ", "toll", "--store"], "env.db");
    check(&["situ", "toll", "--stores=a.db"], "env.db");
    assert_eq!(Asked::on(&[], |_| None).store, Path::new("situ.db"));
    assert_eq!(
        Asked::on(&[], |_| Some(OsString::new())).store,
        Path::new("situ.db")
    );
    let situation = asked(&["situ", "toll", "--situation", "s"]).situation;
    assert_eq!(situation.as_deref(), Some("s"));
}

#[test]
fn a_look_into_the_log_leaves_its_folder_untouched() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("situ.db");
    let lines = include_str!("../../demo/balochistan-2026.ndjson").lines();
    let story: Vec<Event> = lines
        .map(|line| from_line(line, 1, || unreachable!("every line has an id")).unwrap())
        .collect();
    let now = "2026-02-06T15:00:00Z".parse().unwrap();
    let log = SqliteStore::create(&store).unwrap();
    log.append(&story, &Condition::None, now).unwrap();
    drop(log);
    // A file made and removed again shows in when its folder was changed.
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1);
    let opened = File::open(folder.path()).unwrap();
    opened.set_modified(long_ago).unwrap();
    let asked = Asked {
        store,
        situation: None,
    };
    let figures = asked.figures();
    assert_eq!(figures.len(), 10);
    assert_eq!(opened.metadata().unwrap().modified().unwrap(), long_ago);
    let elsewhere = Asked {
        situation: Some("elsewhere".to_owned()),
        ..asked
    };
    assert_eq!(elsewhere.figures(), []);
}

#[test]
fn a_log_that_is_none_offers_nothing_and_stays_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("notes.txt");
    let asked = Asked {
        store: store.clone(),
        situation: None,
    };
    assert_eq!(asked.figures(), []);
    assert!(!store.exists());
    std::fs::write(&store, "no log").unwrap();
    assert_eq!(asked.figures(), []);
    assert_eq!(std::fs::read(&store).unwrap(), b"no log");
}

#[test]
fn every_shell_that_can_be_named_gets_a_script_that_asks_situ() {
    for shell in <clap_complete::Shell as clap::ValueEnum>::value_variants() {
        let mut script = Vec::new();
        write_script(*shell, &mut script).unwrap();
        let script = String::from_utf8(script).unwrap();
        assert!(script.contains(VARIABLE), "{shell}: {script}");
    }
}

#[test]
fn a_word_is_read_as_the_shell_would() {
    let check = |word: &str, expected: &str| assert_eq!(unquoted(word), expected, "{word}");
    check("plain", "plain");
    check("'two words'", "two words");
    check(r#""a \" b"'c\d'"#, r#"a " bc\d"#);
    check(r"two\ words", "two words");
    check("'begun", "begun");
}
