//! `--json` keeps its contract: `docs/json.md` and real answers agree on every field and its type.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

/// A documented field.
struct Field {
    kind: String,
    is_optional: bool,
}

/// The fields of a command, by path.
type Contract = BTreeMap<String, Field>;

fn contracts() -> BTreeMap<String, Contract> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/json.md");
    let page = std::fs::read_to_string(page).expect("the contract is there");
    let mut contracts: BTreeMap<String, Contract> = BTreeMap::new();
    let mut command = String::new();
    for line in page.lines() {
        if let Some(heading) = line.strip_prefix("## situ ") {
            command = heading.to_owned();
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let Some((name, rest)) = cells
            .get(1)
            .and_then(|cell| cell.strip_prefix('`')?.split_once('`'))
        else {
            continue;
        };
        let field = Field {
            kind: cells[2].to_owned(),
            is_optional: rest.trim() == "?",
        };
        contracts
            .entry(command.clone())
            .or_default()
            .insert(name.to_owned(), field);
    }
    contracts
}

/// Says where a value differs from the contract; counts the fields seen.
struct Reader<'a> {
    contract: &'a Contract,
    wrong: Vec<String>,
    seen: BTreeMap<String, usize>,
}

impl Reader<'_> {
    fn object(&mut self, path: &str, value: &Value) {
        let Some(object) = value.as_object() else {
            self.wrong.push(format!("{path} is {value}, no object"));
            return;
        };
        let child = |name: &str| {
            if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            }
        };
        for (name, value) in object {
            self.field(&child(name), value);
        }
        for (documented, field) in self.contract {
            let name = match documented.rsplit_once('.') {
                Some((parent, name)) if parent == path => name,
                None if path.is_empty() => documented,
                _ => continue,
            };
            if !field.is_optional && !object.contains_key(name) {
                self.wrong.push(format!("{documented} is missing"));
            }
        }
    }

    fn field(&mut self, path: &str, value: &Value) {
        *self.seen.entry(path.to_owned()).or_default() += 1;
        let Some(field) = self.contract.get(path) else {
            self.wrong.push(format!("{path} is not documented"));
            return;
        };
        let (kind, is_nullable) = match field.kind.strip_suffix(" or null") {
            Some(kind) => (kind, true),
            None => (field.kind.as_str(), false),
        };
        if value.is_null() && is_nullable {
            return;
        }
        if let Some(item) = kind
            .strip_prefix('[')
            .and_then(|kind| kind.strip_suffix(']'))
        {
            let Some(items) = value.as_array() else {
                self.wrong.push(format!("{path} is {value}, no list"));
                return;
            };
            for value in items {
                self.value(&format!("{path}[]"), item, value);
            }
        } else {
            self.value(path, kind, value);
        }
    }

    fn value(&mut self, path: &str, kind: &str, value: &Value) {
        let is_right = match kind {
            "object" => return self.object(path, value),
            "integer" => value.is_u64(),
            "boolean" => value.is_boolean(),
            "string" | "time" => value.is_string(),
            "instant" => value
                .as_str()
                .is_some_and(|text| text.ends_with('Z') && text.contains('T')),
            "figures" | "services" => value.is_array(),
            _ => !value.is_null(),
        };
        if !is_right {
            self.wrong.push(format!("{path} is {value}, not {kind}"));
        }
    }
}

struct Situ {
    folder: tempfile::TempDir,
}

impl Situ {
    fn run(&self, line: &[&str]) -> Value {
        let output = Command::new(env!("CARGO_BIN_EXE_situ-under-test"))
            .args(line)
            .arg("--json")
            .current_dir(self.folder.path())
            .env("SITU_NOW", "2026-02-06T15:00:00Z")
            .output()
            .expect("the command runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{line:?}: {errors}");
        serde_json::from_slice(&output.stdout).expect("one JSON object")
    }
}

#[test]
fn every_field_is_documented_and_every_documented_field_is_there() {
    let situ = Situ {
        folder: tempfile::tempdir().unwrap(),
    };
    let unread = r#"{"seq":1,"known_at":"2026-02-01T10:00:00Z","op":"version_unparseable"}"#;
    let mapping = "dataset = \"d\"\nshape = \"history\"\nsituation = { id = \"balochistan-2026\", zone = \"Asia/Karachi\", opened = \"2026-01-31T00:00:00Z\" }\npublisher = { id = \"desk\" }\n";
    for (name, text) in [("unread.jsonl", unread), ("unread.toml", mapping)] {
        std::fs::write(situ.folder.path().join(name), text).unwrap();
    }
    let noon = "2026-02-04T12:00:00+05:00";
    let add = ["add", "--source", "bla", "--learnt", noon];
    let add = |rest: &[&'static str]| [&add[..], rest].concat();
    let rail = "between:PK-BA";
    let questions: Vec<Vec<&str>> = vec![
        vec!["demo", "--store", "situ.db"],
        vec!["toll", "--at", noon],
        vec!["toll", "--at", noon, "--by", "day"],
        vec!["toll", "--at", noon, "--by", "week"],
        vec!["toll", "--at", noon, "--by", "source"],
        vec!["toll", "killed/civilian/since:2026-01-31", "--at", noon],
        vec!["services", "--at", noon],
        vec!["services", "--at", "2026-02-08"],
        vec!["services", "--at", noon, "--place", "nushki"],
        vec!["services", "why", "rail", "--at", noon],
        vec!["services", "--days", "3"],
        vec!["services", "history", "rail"],
        vec!["services", "history", "rail", "--axis", "recorded"],
        vec![
            "init",
            "--situation",
            "other",
            "--title",
            "Other",
            "--zone",
            "UTC",
        ],
        vec!["correct", "@16#3", "--to", "38"],
        vec!["retract", "@17#1", "--reason", "misquote"],
        vec![
            "retract",
            "019c2705-8880-7000-8000-0000000000ff",
            "--reason",
            "other",
            "--dangling",
            "--situation",
            "other",
        ],
        vec![
            "why",
            "killed/civilian",
            "--at",
            noon,
            "--situation",
            "balochistan-2026",
        ],
        vec![
            "why",
            "killed/non_state_armed",
            "--at",
            noon,
            "--reading",
            "point",
            "--situation",
            "balochistan-2026",
        ],
        vec![
            "history",
            "killed/civilian",
            "--at",
            noon,
            "--situation",
            "balochistan-2026",
        ],
        vec![
            "history",
            "killed/civilian",
            "--axis",
            "recorded",
            "--at",
            noon,
            "--situation",
            "balochistan-2026",
        ],
        vec![
            "diff",
            "--known",
            "@16..now",
            "--at",
            noon,
            "--situation",
            "balochistan-2026",
        ],
        vec!["claims", "--at", noon, "--situation", "balochistan-2026"],
        vec![
            "cite",
            "killed/all",
            "--at",
            noon,
            "--situation",
            "balochistan-2026",
        ],
        vec!["show", "@16"],
        vec!["show", "@16#3"],
        vec!["show", "@6"],
        vec!["log", "--limit", "3"],
        vec!["import", "unread.jsonl", "--map", "unread.toml"],
        vec!["rebuild"],
        vec!["check"],
        vec!["rebuild", "--drop"],
    ];
    let balochistan = ["--situation", "balochistan-2026"];
    let more: Vec<Vec<&str>> = vec![
        add(&[
            "suspended",
            "water",
            "PK-BA",
            "--when",
            "2026-02-02",
            "--cause",
            "damage",
            "--ordered-by",
            "Utility",
        ]),
        add(&[
            "casualties",
            "--as-of",
            "2026-02-04",
            "--injured",
            "30 to 40",
        ]),
        add(&["casualties", "--as-of", "2026-02-03", "--injured", "30"]),
        vec!["casualties", "--at", noon],
        add(&[
            "partition",
            "--outcome",
            "killed",
            "--whole",
            "civilian",
            "--part",
            "civilian/female/child",
            "--part",
            "civilian/male/child",
        ]),
        add(&[
            "casualties",
            "--as-of",
            "2026-02-04",
            "--since",
            "2026-01-31",
            "--killed",
            "security_forces=over 84",
            "--killed",
            "civilian/female/child=1",
            "--killed",
            "civilian/male/child=2",
        ]),
        add(&[
            "suspended",
            "rail",
            rail,
            "--when",
            "2026-02-01",
            "--cause",
            "damage",
            "--ordered-by",
            "Railways",
        ]),
        add(&[
            "confirmed",
            "rail",
            rail,
            "--when",
            "2026-02-04",
            "--nth",
            "3",
            "--degree",
            "partial",
        ]),
        add(&[
            "casualties",
            "--as-of",
            "2026-02-04",
            "--place",
            "quetta",
            "--injured",
            "3",
        ]),
        vec!["toll", "--at", noon, "--by", "place"],
        vec!["toll", "--at", noon],
        vec!["services", "--at", noon],
        vec!["services", "--at", noon, "--place", "nushki"],
        vec!["services", "why", "rail", "--at", noon],
        vec!["services", "--days", "3"],
        vec!["services", "history", "rail"],
        vec!["services", "history", "rail", "--axis", "recorded"],
    ];
    let more = more
        .into_iter()
        .map(|line| [&line[..], &balochistan].concat());
    let contracts = contracts();
    let mut seen: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for line in questions.into_iter().chain(more) {
        let answer = situ.run(&line);
        let keys: Vec<&String> = answer.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["as_of", "data"], "{line:?}");
        let as_of = &answer["as_of"];
        assert!(
            as_of["valid"].is_string() && as_of["position"].is_u64(),
            "{line:?}: {as_of}"
        );
        assert!(
            as_of["known"]["position"].is_u64() || as_of["known"]["learnt"].is_string(),
            "{line:?}: {as_of}"
        );
        let sub_command = line.iter().take(2).copied().collect::<Vec<_>>().join(" ");
        let (command, contract) = contracts
            .get_key_value(&sub_command)
            .or_else(|| contracts.get_key_value(line[0]))
            .expect(line[0]);
        let mut reader = Reader {
            contract,
            wrong: Vec::new(),
            seen: BTreeMap::new(),
        };
        reader.object("", &answer["data"]);
        assert!(
            reader.wrong.is_empty(),
            "{line:?}:\n{}",
            reader.wrong.join("\n")
        );
        let all = seen.entry(command).or_default();
        for (path, count) in reader.seen {
            *all.entry(path).or_default() += count;
        }
    }
    let unseen: Vec<String> = contracts
        .iter()
        .flat_map(|(command, contract)| contract.keys().map(move |path| (command.as_str(), path)))
        .filter(|(command, path)| {
            !seen
                .get(command)
                .is_some_and(|seen| seen.contains_key(*path))
        })
        .map(|(command, path)| format!("{command}: {path}"))
        .collect();
    // What no short story brings about: a broken file, a partition by sex or age, a service that is expected back or changed
    // its degree.
    let rare = [
        "check: differences[].",
        "toll: figures[].parts.parts[].",
        "toll: figures[].claims[].carried",
        "check: unknown_kinds[].",
        "services: services[].changed",
        "services: services[].outlook",
        "services: services[].announced",
        "services: services[].service_day",
        "services: services[].conflicts[].gap_days",
        "why: derivations[].steps[].epoch",
        "claims: lines[].epoch",
        "cite: differences[]",
        "cite: notes[]",
        // Below.
        "watch of a ",
        "followers: ",
    ];
    let forgotten: Vec<&String> = unseen
        .iter()
        .filter(|path| !rare.iter().any(|rare| path.starts_with(rare)))
        .collect();
    assert!(
        forgotten.is_empty(),
        "documented, but in no answer: {forgotten:#?}"
    );
}

/// Runs a command that prints one object a line.
fn lines(situ: &Situ, line: &[&str]) -> Vec<Value> {
    let output = Command::new(env!("CARGO_BIN_EXE_situ-under-test"))
        .args(line)
        .current_dir(situ.folder.path())
        .env("SITU_NOW", "2026-02-06T15:00:00Z")
        .output()
        .expect("the command runs");
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{line:?}: {errors}");
    let printed = String::from_utf8(output.stdout).expect("the command prints UTF-8");
    let lines = printed.lines().map(serde_json::from_str);
    lines
        .collect::<Result<_, _>>()
        .expect("one JSON object a line")
}

#[test]
fn every_notice_is_as_documented() {
    let situ = Situ {
        folder: tempfile::tempdir().unwrap(),
    };
    situ.run(&["demo", "--whole", "--store", "situ.db"]);
    let late = [
        "add",
        "casualties",
        "--source",
        "ispr",
        "--killed",
        "civilian=12",
    ];
    situ.run(
        &[
            &late[..],
            &["--since", "2026-01-31", "--as-of", "2026-02-01"],
        ]
        .concat(),
    );
    let contracts = contracts();
    let mut seen: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    let notices = lines(&situ, &["watch", "--from", "beginning", "--once"]);
    assert!(notices.len() > 80, "{}", notices.len());
    for notice in &notices {
        let (command, contract) = match notice["of"].as_str() {
            Some("figure") => contracts.get_key_value("watch of a figure"),
            _ => contracts.get_key_value("watch of a service"),
        }
        .expect("both are documented");
        let mut reader = Reader {
            contract,
            wrong: Vec::new(),
            seen: BTreeMap::new(),
        };
        reader.object("", notice);
        assert!(
            reader.wrong.is_empty(),
            "{notice}:\n{}",
            reader.wrong.join("\n")
        );
        seen.entry(command).or_default().append(&mut reader.seen);
    }
    for (command, seen) in seen {
        let unseen = contracts[command]
            .keys()
            .filter(|path| !seen.contains_key(*path));
        assert_eq!(
            unseen.collect::<Vec<_>>(),
            Vec::<&String>::new(),
            "{command}"
        );
    }
    let entries = lines(
        &situ,
        &["watch", "--from", "@62", "--once", "--only", "figures"],
    );
    assert!(
        entries.iter().any(|notice| notice["past"].is_object()),
        "{entries:?}"
    );
}

#[test]
fn a_citation_given_as_json_is_checked_as_json() {
    let situ = Situ {
        folder: tempfile::tempdir().unwrap(),
    };
    situ.run(&["demo", "--store", "situ.db"]);
    let cited = situ.run(&["cite", "killed/all", "--at", "2026-02-04T12:00:00+05:00"]);
    let line = cited["data"]["citation"].as_str().unwrap();
    let checked = situ.run(&["cite", "--check", line]);
    assert_eq!(checked["data"]["holds"], true);
    assert_eq!(checked["data"]["citation"], line);
    assert_eq!(checked["data"]["shown"], 255);
}

#[test]
fn the_name_of_a_figure_asks_for_it_again() {
    let situ = Situ {
        folder: tempfile::tempdir().unwrap(),
    };
    situ.run(&["demo", "--store", "situ.db"]);
    let answer = situ.run(&["toll"]);
    let figures = answer["data"]["figures"].as_array().unwrap();
    assert!(figures.len() > 10, "{answer}");
    for figure in figures {
        let name = figure["figure"].as_str().unwrap();
        let named = situ.run(&["toll", name]);
        assert_eq!(
            named["data"]["figures"],
            Value::from(vec![figure.clone()]),
            "{name}"
        );
    }
}
