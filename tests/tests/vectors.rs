//! Other people's hostile inputs, put through the wire form.
//!
//! The data lies beside the repository and may be absent; the tests then say so and pass.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::path::PathBuf;

use serde_json::Value;
use situ_core::{Event, EventId, Instant, WireError, from_line, from_lines, to_line};
use situ_tests::shared;

fn vectors(folder: &str) -> Option<PathBuf> {
    shared(&format!("vectors/{folder}"))
}

fn id() -> EventId {
    EventId::from_content(Instant::from_unix_nanos(0), [7; 10])
}

fn all(input: &[u8]) -> Vec<Result<Event, WireError>> {
    from_lines(input, id).collect()
}

/// A line of an unknown kind around a payload, whatever its bytes.
fn around(payload: &[u8]) -> Vec<u8> {
    let start = br#"{"kind":"Weather","situation":"s","payload":"#;
    [&start[..], payload, b"}"].concat()
}

fn assert_explained(name: &str, error: &WireError) {
    let message = error.to_string();
    assert!(message.contains("; "), "{name}: no remedy in {message}");
    assert!(message.len() < 1000, "{name}: {message}");
    assert!(!message.chars().any(char::is_control), "{name}: {message}");
}

/// Whether every line read back as the same event, and every error explained itself; never a panic.
fn assert_sound(name: &str, read: &[Result<Event, WireError>]) {
    for line in read {
        match line {
            Ok(event) => {
                let line = to_line(event).unwrap();
                assert_eq!(from_line(&line, 1, id).as_ref(), Ok(event), "{name}");
            }
            Err(error) => assert_explained(name, error),
        }
    }
}

#[test]
fn what_is_no_json_is_refused_and_what_is_json_never_panics() {
    let Some(folder) = vectors("json-test-suite") else {
        return;
    };
    let mut cases = 0;
    for folder in [folder.join("test_parsing"), folder.join("test_transform")] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            if !name.ends_with(".json") {
                continue;
            }
            let bytes = std::fs::read(&path).unwrap();
            let as_lines = all(&bytes);
            let as_payload = all(&around(&bytes));
            let inside = all(&around(&[b"{\"x\":", &bytes[..], b"}"].concat()));
            for read in [&as_lines, &as_payload, &inside] {
                assert_sound(&name, read);
                if name.starts_with("n_") {
                    assert!(read.iter().all(Result::is_err), "{name} was read");
                }
            }
            let text = std::str::from_utf8(&bytes).unwrap_or("\n");
            let is_bounded = !text.contains('\n') && !text.contains(r"\u0000");
            let has_keys_twice = name.contains("duplicate");
            if name.starts_with("y_") && is_bounded && !has_keys_twice {
                assert!(inside.iter().all(Result::is_ok), "{name}: {inside:?}");
            }
            cases += 1;
        }
    }
    assert!(cases > 300, "{cases} cases");
}

#[test]
fn hostile_text_is_kept_as_it_is_or_refused_with_a_reason() {
    let Some(folder) = vectors("naughty-strings") else {
        return;
    };
    let file = std::fs::read_to_string(folder.join("blns.json")).unwrap();
    let strings: Vec<String> = serde_json::from_str(&file).unwrap();
    let mut kept = 0;
    for text in &strings {
        let quoted = Value::from(text.as_str()).to_string();
        let line = format!(
            r#"{{"kind":"CounterRestarted","situation":"s","occurred":"2026-02-04[UTC]","source":{{"origin":"a"}},"payload":{{"epoch":"2","words":{quoted}}}}}"#
        );
        let read = from_line(&line, 1, id);
        if let Ok(event) = &read {
            let written: Value = serde_json::from_str(&to_line(event).unwrap()).unwrap();
            assert_eq!(written["payload"]["words"].as_str(), Some(text.as_str()));
            kept += 1;
        }
        assert_sound(text, &[read]);
        assert_sound(text, &all(text.as_bytes()));
        assert_sound(text, &all(&around(quoted.as_bytes())));
    }
    assert!(
        kept * 10 > strings.len() * 9,
        "{kept} of {} kept",
        strings.len()
    );
}
