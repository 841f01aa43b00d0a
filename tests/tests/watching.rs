//! `situ watch` by a name, ended in every way: the next one goes on at once, and nothing is left out.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const SITU: &str = env!("CARGO_BIN_EXE_situ-under-test");

fn situ(folder: &Path, line: &[&str]) -> Command {
    let mut command = Command::new(SITU);
    command.args(line).current_dir(folder);
    command
}

fn demo() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let told = situ(folder.path(), &["demo", "--whole", "--store", "situ.db"]).output();
    assert!(told.unwrap().status.success());
    folder
}

/// The positions of the notices of figures of a whole watch.
fn positions(folder: &Path, line: &[&str]) -> Vec<u64> {
    let output = situ(folder, line).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    let printed = String::from_utf8(output.stdout).unwrap();
    printed.lines().map(position).collect()
}

fn position(line: &str) -> u64 {
    let notice: serde_json::Value = serde_json::from_str(line).unwrap();
    notice["position"].as_u64().unwrap()
}

fn send(signal: &str, child: &Child) {
    let id = child.id().to_string();
    let sent = Command::new("kill").args([signal, &id]).status().unwrap();
    assert!(sent.success());
}

const BY_NAME: [&str; 6] = ["watch", "--name", "ticker", "--only", "figures", "--from"];

#[test]
fn a_watch_ended_by_a_signal_frees_its_name_and_the_next_one_tells_the_rest() {
    for signal in ["-INT", "-TERM"] {
        let folder = demo();
        let watch = [&BY_NAME[..], &["beginning"]].concat();
        let mut child = situ(folder.path(), &watch)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut told: Vec<u64> = Vec::new();
        while told.last() != Some(&62) {
            told.push(position(&lines.next().unwrap().unwrap()));
        }
        send(signal, &child);
        told.extend(lines.map(|line| position(&line.unwrap())));
        assert!(child.wait().unwrap().success());
        let once = [&BY_NAME[..], &["beginning", "--once"]].concat();
        assert_eq!(positions(folder.path(), &once), Vec::<u64>::new());
        let whole = [
            "watch",
            "--only",
            "figures",
            "--from",
            "beginning",
            "--once",
        ];
        assert_eq!(told, positions(folder.path(), &whole));
    }
}

#[test]
fn a_watch_whose_command_fails_frees_its_name_and_begins_again_with_that_event() {
    let folder = demo();
    let exec = "cat >> told; test $(wc -l < told) -ne 3";
    let failing = [&BY_NAME[..], &["@40", "--once", "--exec", exec]].concat();
    let output = situ(folder.path(), &failing).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let error = String::from_utf8(output.stderr).unwrap();
    assert!(error.contains("at a notice of @43"), "{error}");
    let once = [&BY_NAME[..], &["beginning", "--once"]].concat();
    assert_eq!(positions(folder.path(), &once).first(), Some(&43));
}
