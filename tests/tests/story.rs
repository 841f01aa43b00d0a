//! The story of 4 February through the real store and the real command: the right answers, as people read them and as JSON.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

const DEMO: &str = include_str!("../../crates/situ-cli/demo/balochistan-2026.ndjson");
const NOON: &str = "2026-02-04 12:00";

/// A file with the story in it, and the command.
struct Desk {
    folder: TempDir,
}

impl Desk {
    /// Tells the lines of the demo that are wanted.
    fn told(wanted: impl Fn(&str) -> bool) -> Self {
        let desk = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let lines: Vec<&str> = DEMO.lines().filter(|line| wanted(line)).collect();
        let file = desk.folder.path().join("events.ndjson");
        std::fs::write(&file, lines.join("\n")).unwrap();
        desk.run(&["init"]);
        desk.run(&["add", "--file", file.to_str().unwrap()]);
        desk
    }

    fn store(&self) -> PathBuf {
        self.folder.path().join("situ.db")
    }

    fn run(&self, args: &[&str]) -> Output {
        let output = command(&self.store()).args(args).output().unwrap();
        assert!(
            output.status.success(),
            "{args:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output
    }

    fn text(&self, args: &[&str]) -> String {
        String::from_utf8(self.run(args).stdout).unwrap()
    }

    fn json(&self, args: &[&str]) -> Value {
        serde_json::from_str(&self.text(&[args, &["--json"]].concat())).unwrap()
    }

    fn figures(&self, args: &[&str]) -> Vec<Value> {
        self.json(&[&["toll"], args].concat())["data"]["figures"]
            .as_array()
            .unwrap()
            .clone()
    }

    fn services(&self, args: &[&str]) -> Vec<Value> {
        self.json(&[&["services"], args].concat())["data"]["services"]
            .as_array()
            .unwrap()
            .clone()
    }
}

fn command(store: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_situ-under-test"));
    command
        .env_remove("SITU_STORE")
        .env("SITU_NOW", "2026-02-08T00:00:00Z")
        .arg("--store")
        .arg(store);
    command
}

/// The running count of a group, without sex or age.
fn running<'a>(figures: &'a [Value], who: &str, scope: &str) -> Option<&'a Value> {
    figures.iter().find(|figure| {
        figure["who"] == who
            && figure["scope"] == scope
            && figure["outcome"] == "killed"
            && figure["period"]["cumulative"].is_object()
            && figure.get("sex").is_none()
            && figure.get("age").is_none()
    })
}

fn service<'a>(services: &'a [Value], service: &str) -> Vec<&'a Value> {
    services
        .iter()
        .filter(|status| status["service"] == service)
        .collect()
}

#[test]
fn at_noon_the_figures_are_those_of_the_report() {
    let desk = Desk::told(|_| true);
    let figures = desk.figures(&["--at", NOON]);
    let all = running(&figures, "all", "all").unwrap();
    assert_eq!(
        (&all["shown"], &all["least"], &all["most"]),
        (&255.into(), &255.into(), &Value::Null)
    );
    assert_eq!(all["words"], "at least 255");
    assert_eq!(
        (&all["reading"], &all["policy"]["name"]),
        (&"floor".into(), &"latest".into())
    );
    let points: Vec<_> = all["parts"]["parts"]
        .as_array()
        .unwrap()
        .iter()
        .map(|part| part["point"]["least"].clone())
        .collect();
    assert_eq!(points, [197, 22, 36]);
    assert_eq!(
        all["parts"]["remainder"],
        serde_json::json!({ "least": 0, "most": 0 })
    );
    assert_eq!(all["flags"][0]["flag"], "total_equals_own_parts");
    assert!(!all["rests_on"].as_array().unwrap().is_empty());

    for (who, number) in [
        ("non_state_armed", 197),
        ("civilian", 36),
        ("security_forces", 22),
    ] {
        let figure = running(&figures, who, "all").unwrap();
        assert_eq!(
            (&figure["shown"], &figure["least"]),
            (&number.into(), &number.into()),
            "{who}"
        );
    }
    for (sex, age) in [(Some("female"), None), (None, Some("child"))] {
        let some = |figure: &&Value| {
            figure["sex"].as_str() == sex
                && figure["age"].as_str() == age
                && figure["who"] == "civilian"
        };
        let some = figures.iter().find(some).unwrap();
        assert_eq!(some["least"], 1);
    }
    let dozens = running(&figures, "all", "attacks").unwrap();
    assert_eq!(
        (&dozens["shown"], &dozens["least"]),
        (&Value::Null, &24.into())
    );
    assert_eq!(dozens["conflicts"], serde_json::json!([]));
    for figure in &figures {
        assert!(
            ![285, 275, 217]
                .iter()
                .any(|wrong| figure["shown"] == *wrong),
            "{figure}"
        );
    }
}

#[test]
fn the_window_implies_what_was_counted_at_its_start_and_says_if() {
    let desk = Desk::told(|_| true);
    let figures = desk.figures(&["--at", NOON]);
    let implied: Vec<_> = figures
        .iter()
        .filter(|figure| figure["implied"].is_object())
        .map(|figure| {
            (
                figure["who"].as_str().unwrap(),
                figure["implied"]["least"].as_u64().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        implied,
        [
            ("all", 225),
            ("civilian", 31),
            ("security_forces", 17),
            ("non_state_armed", 177)
        ]
    );
    assert!(
        desk.text(&["toll", "--at", NOON])
            .contains("if the window counts people harmed in it")
    );
}

#[test]
fn without_row_5_the_militants_follow_from_rows_6_and_12() {
    let desk = Desk::told(|line| !line.contains("over the past four days"));
    let figures = desk.figures(&["--at", NOON]);
    let militants = running(&figures, "non_state_armed", "all").unwrap();
    assert_eq!(
        (&militants["point"]["least"], &militants["point"]["most"]),
        (&197.into(), &197.into())
    );
    assert_eq!(
        militants["point"]["least_by"]["expression"],
        "255 − 22 − 36"
    );
    assert!(desk.text(&["toll", "--at", NOON]).contains("255 − 22 − 36"));

    let desk = Desk::told(|line| {
        !line.contains("over the past four days") && !line.contains("PartitionDeclared")
    });
    let figures = desk.figures(&["--at", NOON]);
    let militants = running(&figures, "non_state_armed", "all").unwrap();
    assert_eq!(
        (&militants["shown"], &militants["point"]["least"]),
        (&Value::Null, &0.into())
    );
    assert_eq!(militants["point"]["words"], "at most 197");
}

#[test]
fn at_noon_the_services_are_down_with_what_is_known_of_them() {
    let desk = Desk::told(|_| true);
    for at in [NOON, "2026-02-04T00:30:00+05:00"] {
        let services = desk.services(&["--at", at]);
        let rail = service(&services, "rail")[0];
        assert_eq!(
            (&rail["status"], &rail["day"]),
            (&"suspended".into(), &5.into()),
            "{at}"
        );
        assert_eq!(rail["since"]["how"], "inferred");
        assert_eq!(
            rail["since"]["earliest"], "2026-01-30T19:00:00Z",
            "31 January begins at 19:00 UTC"
        );
    }
    let services = desk.services(&["--at", NOON]);
    for name in ["mobile_voice", "mobile_data"] {
        let [status] = service(&services, name)[..] else {
            panic!("one entry for {name}")
        };
        assert_eq!(
            (&status["status"], &status["day"]),
            (&"suspended".into(), &Value::Null)
        );
        assert_eq!(status["unnamed"]["at_least"], 3);
        assert_eq!(status["since"]["how"], "unknown");
        assert!(
            status["last_confirmed"]["when"]
                .as_str()
                .unwrap()
                .starts_with("2026-02-04")
        );
    }
    let roads = service(&services, "road");
    assert_eq!(roads.len(), 3, "two named segments, and the unnamed rest");
    assert_eq!(
        roads
            .iter()
            .filter(|road| road["unnamed"].is_object())
            .count(),
        1
    );
    for road in roads {
        assert_eq!(
            (&road["status"], &road["day"]),
            (&"suspended".into(), &Value::Null)
        );
    }
}

#[test]
fn three_days_of_silence_restore_nothing() {
    let desk = Desk::told(|_| true);
    let services = desk.services(&["--at", "2026-02-07 12:00"]);
    assert_eq!(services.len(), 6);
    for status in &services {
        assert_eq!(
            (&status["status"], &status["freshness"]),
            (&"suspended".into(), &"stale".into())
        );
        assert_eq!(status["day"], Value::Null);
    }
    let rail = service(&services, "rail")[0];
    assert_eq!(
        rail["last_day"],
        serde_json::json!({ "day": 5, "on": "2026-02-04" })
    );
    let text = desk.text(&["services", "--at", "2026-02-07 12:00"]);
    assert!(
        text.contains("last known suspended, 5th day on 4 Feb"),
        "{text}"
    );
}

#[test]
fn at_seven_only_the_councils_statement_was_known() {
    let desk = Desk::told(|_| true);
    let then = ["--at", NOON, "--known", "2026-02-04T07:00:00+05:00"];
    assert_eq!(desk.figures(&then), Vec::<Value>::new());
    assert_eq!(desk.services(&then), Vec::<Value>::new());
    let log = desk.json(&["log", "--known", "2026-02-04T07:00:00+05:00"]);
    let claims: Vec<&str> = log["data"]["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["event"]["kind"].as_str().unwrap())
        .filter(|kind| !kind.ends_with("Described") && *kind != "SituationOpened")
        .collect();
    assert_eq!(claims, ["StatementIssued"]);
}

#[test]
fn every_answer_says_what_it_was_resolved_at() {
    let desk = Desk::told(|_| true);
    let answer = desk.json(&["toll", "--at", NOON]);
    let head = DEMO.lines().count();
    assert_eq!(answer["as_of"]["valid"], "2026-02-04T07:00:00Z");
    assert_eq!(answer["as_of"]["position"], head);
    let earlier = desk.json(&["toll", "--at", NOON, "--known", "@15"]);
    assert_eq!(earlier["as_of"]["position"], 15);
    assert_eq!(earlier["data"]["figures"].as_array().unwrap().len(), 2);
}
