//! What is saved beside a log is believed only as far as it is what was saved: whatever becomes of it, the answers stay.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn situ(store: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_situ-under-test"))
        .args(["--store", store.to_str().unwrap()])
        .args(arguments)
        .env("SITU_NOW", "2026-02-06T15:00:00Z")
        .env_remove("SITU_STORE")
        .output()
        .unwrap()
}

fn answer(store: &Path, question: &[&str]) -> (String, String) {
    let output = situ(store, question);
    assert!(output.status.success(), "{output:?}");
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (text(output.stdout), text(output.stderr))
}

const QUESTIONS: [&[&str]; 3] = [
    &["toll", "--json"],
    &["services", "--json"],
    &["show", "@16", "--json"],
];

/// A log, and the same with saved views, up to before its last event.
fn with_saved(test: impl FnOnce(&Path, u64, &[String])) {
    let folder = tempfile::tempdir().unwrap();
    let store = folder.path().join("log.db");
    answer(&store, &["demo", "--whole"]);
    let bare = fs::metadata(&store).unwrap().len();
    answer(&store, &["rebuild"]);
    answer(&store, &["retract", "@55", "--reason", "misquote"]);
    let whole = folder.path().join("whole.db");
    fs::copy(&store, &whole).unwrap();
    answer(&whole, &["rebuild", "--drop"]);
    let expected = QUESTIONS.map(|question| answer(&whole, question).0);
    test(&store, bare, &expected);
}

#[test]
fn saved_views_answer_as_the_whole_log_does() {
    with_saved(|store, _, expected| {
        for (question, expected) in QUESTIONS.iter().zip(expected) {
            assert_eq!(&answer(store, question), &(expected.clone(), String::new()));
        }
        let (said, _) = answer(store, &["check"]);
        assert!(
            said.contains("what is saved up to @62 is what the log gives"),
            "{said}"
        );
    });
}

#[test]
fn a_byte_changed_anywhere_in_what_is_saved_changes_no_answer() {
    with_saved(|store, bare, expected| {
        let file = fs::read(store).unwrap();
        let saved = usize::try_from(bare).unwrap()..file.len();
        assert!(saved.len() > 10_000, "{saved:?}");
        let mut noticed = 0;
        for at in saved.step_by(1009) {
            let mut changed = file.clone();
            changed[at] ^= 0x10;
            fs::write(store, changed).unwrap();
            for (question, expected) in QUESTIONS.iter().zip(expected) {
                let (said, note) = answer(store, question);
                assert_eq!(&said, expected, "byte {at}");
                noticed += usize::from(note.contains("are not used"));
            }
        }
        assert!(noticed > 10, "{noticed}");
    });
}
