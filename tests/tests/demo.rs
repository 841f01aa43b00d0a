//! The right answers of the demo, through the command, the file and JSON.

use std::process::Command;

use serde_json::Value;

struct Told {
    folder: tempfile::TempDir,
}

fn told() -> Told {
    let told = Told {
        folder: tempfile::tempdir().expect("there is room for a folder"),
    };
    told.ask(&["demo", "--store", "situ.db"]);
    told
}

impl Told {
    fn ask(&self, line: &[&str]) -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_situ-under-test"))
            .args(line)
            .arg("--json")
            .current_dir(self.folder.path())
            .env("SITU_NOW", "2026-02-08T00:00:00Z")
            .output()
            .expect("the command runs");
        assert!(
            output.status.success(),
            "{line:?}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).expect("one JSON object")
    }

    /// The running count of everything, for some people.
    fn figure(&self, who: &str, rest: &[&str]) -> Value {
        let line = [
            "toll",
            "--outcome",
            "killed",
            "--scope",
            "all",
            "--who",
            who,
        ];
        let answer = self.ask(&[&line[..], &["--at", "2026-02-04T12:00:00+05:00"], rest].concat());
        let figures = answer["data"]["figures"]
            .as_array()
            .expect("a list")
            .clone();
        let is_count = |figure: &Value| figure["period"]["cumulative"].is_object();
        figures.into_iter().find(is_count).expect("a running count")
    }

    fn service(&self, service: &str, at: &str) -> Vec<Value> {
        let answer = self.ask(&["services", "--service", service, "--at", at]);
        answer["data"]["services"]
            .as_array()
            .expect("a list")
            .clone()
    }
}

#[test]
fn the_toll_is_255_with_its_parts_and_never_a_sum_with_the_window() {
    let told = told();
    let all = told.figure("all", &[]);
    assert_eq!(
        (&all["shown"], &all["least"], &all["most"]),
        (&255.into(), &255.into(), &Value::Null)
    );
    assert_eq!(all["words"], "at least 255");
    assert_eq!(all["parts"]["sum_checks"], true);
    assert_eq!(all["parts"]["remainder"]["most"], 0);
    let flags: Vec<&Value> = all["flags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|flag| &flag["flag"])
        .collect();
    assert!(
        flags.contains(&&"total_equals_own_parts".into()),
        "{flags:?}"
    );
    assert_eq!(told.figure("non_state_armed", &[])["least"], 197);
    assert_eq!(told.figure("security_forces", &[])["shown"], 22);
    assert_eq!(told.figure("civilian", &[])["shown"], 36);
    assert_eq!(told.figure("civilian/female", &[])["least"], 1);
    assert_eq!(told.figure("civilian/child", &[])["least"], 1);
}

#[test]
fn without_row_5_the_armed_follow_from_the_total() {
    let without = Told {
        folder: tempfile::tempdir().unwrap(),
    };
    let story = include_str!("../../crates/situ-cli/demo/balochistan-2026.ndjson");
    let is_row_5 = |line: &&str| line.contains("\"scope\":\"operations\"");
    let lines: Vec<&str> = story.lines().filter(|line| !is_row_5(line)).collect();
    assert_eq!(lines.len(), 26);
    std::fs::write(without.folder.path().join("story.ndjson"), lines.join("\n")).unwrap();
    without.ask(&["init"]);
    assert_eq!(
        without.ask(&["add", "--file", "story.ndjson"])["data"]["added"],
        26
    );
    let point = &without.figure("non_state_armed", &["--reading", "point"])["point"];
    assert_eq!(
        (&point["least"], &point["most"]),
        (&197.into(), &197.into()),
        "{point}"
    );
}

#[test]
fn rail_is_in_its_fifth_day_also_half_an_hour_past_midnight() {
    let told = told();
    for at in ["2026-02-04T12:00:00+05:00", "2026-02-04T00:30:00+05:00"] {
        let rail = &told.service("rail", at)[0];
        assert_eq!(
            (&rail["status"], &rail["day"]),
            (&"suspended".into(), &5.into()),
            "{at}"
        );
        assert_eq!(rail["since"]["how"], "inferred");
    }
}

#[test]
fn three_days_on_everything_is_stale_and_nothing_restored() {
    let told = told();
    let mut count = 0;
    for service in ["rail", "road", "mobile_voice", "mobile_data"] {
        for status in told.service(service, "2026-02-07T12:00:00+05:00") {
            assert_eq!(status["status"], "suspended", "{status}");
            assert_eq!(status["freshness"], "stale", "{status}");
            assert!(status["day"].is_null(), "{status}");
            count += 1;
        }
    }
    assert_eq!(count, 6);
    let rail = &told.service("rail", "2026-02-07T12:00:00+05:00")[0];
    assert_eq!(
        rail["last_day"],
        serde_json::json!({"day": 5, "on": "2026-02-04"})
    );
}

#[test]
fn at_seven_in_the_morning_only_the_council_had_spoken() {
    let told = told();
    let then = ["--at", "2026-02-04T07:00:00+05:00", "--known", "then"];
    let none = serde_json::json!([]);
    assert_eq!(
        told.ask(&[&["toll"], &then[..]].concat())["data"]["figures"],
        none
    );
    assert_eq!(
        told.ask(&[&["services"], &then[..]].concat())["data"]["services"],
        none
    );
    let log = told.ask(&[&["log"], &then[..]].concat());
    let claims: Vec<&Value> = log["data"]["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|entry| entry["event"]["source"].is_object())
        .collect();
    assert_eq!(claims.len(), 1);
    assert_eq!(
        claims[0]["event"]["payload"]["on_behalf_of"],
        "UN Security Council"
    );
}
