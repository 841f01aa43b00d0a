//! Is the code in order? Imports point one way, every file says what it is for, nothing is switched off.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The crates of the project a crate may depend on; everything may depend on `situ-core`.
const IMPORTS: &[(&str, &[&str])] = &[
    ("situ-core", &[]),
    ("situ-sqlite", &["situ-core"]),
    ("situ-memory", &["situ-core"]),
    ("situ-tolls", &["situ-core"]),
    ("situ-services", &["situ-core"]),
    ("situ-rows", &["situ-core", "situ-services", "situ-tolls"]),
    (
        "situ-follow",
        &[
            "situ-core",
            "situ-rows",
            "situ-services",
            "situ-sqlite",
            "situ-tolls",
        ],
    ),
    (
        "situ-import",
        &["situ-core", "situ-rows", "situ-services", "situ-tolls"],
    ),
    (
        "situ-cli",
        &[
            "situ-core",
            "situ-follow",
            "situ-import",
            "situ-memory",
            "situ-rows",
            "situ-services",
            "situ-sqlite",
            "situ-tolls",
        ],
    ),
];

/// The names in a section of a manifest.
fn section(manifest: &str, name: &str) -> BTreeSet<String> {
    let mut inside = false;
    let mut names = BTreeSet::new();
    for line in manifest.lines() {
        if let Some(header) = line.strip_prefix('[') {
            inside = header.trim_end_matches(']') == name;
        } else if inside
            && let Some(name) = line
                .split(['.', '=', ' '])
                .next()
                .filter(|name| !name.is_empty())
        {
            names.insert(name.to_owned());
        }
    }
    names
}

fn manifest(name: &str) -> String {
    fs::read_to_string(root().join("crates").join(name).join("Cargo.toml")).unwrap()
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() && !path.ends_with("target") {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|other| other == extension) {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn sources() -> Vec<(PathBuf, String)> {
    let folders = [root().join("crates"), root().join("tests")];
    let files = folders.iter().flat_map(|folder| files(folder, "rs"));
    files
        .map(|path| (path.clone(), fs::read_to_string(path).unwrap()))
        .collect()
}

#[test]
fn imports_point_one_way() {
    let crates: BTreeSet<String> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let listed: BTreeSet<String> = IMPORTS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(crates, listed, "every crate has its line in IMPORTS");
    for (name, allowed) in IMPORTS {
        for import in section(&manifest(name), "dependencies")
            .iter()
            .filter(|import| import.starts_with("situ-"))
        {
            assert!(
                allowed.contains(&import.as_str()),
                "{name} must not depend on {import}"
            );
        }
    }
}

#[test]
fn only_the_store_speaks_sql_and_only_the_command_prints() {
    for (name, _) in IMPORTS {
        let dependencies = section(&manifest(name), "dependencies");
        assert!(
            *name == "situ-sqlite" || !dependencies.contains("rusqlite"),
            "{name} must not speak SQL"
        );
        for printing in ["clap", "anyhow", "anstream"] {
            assert!(
                *name == "situ-cli" || !dependencies.contains(printing),
                "{name} must not depend on {printing}"
            );
        }
    }
}

#[test]
fn the_core_and_the_views_do_nothing_to_the_world() {
    let pure = ["situ-core", "situ-tolls", "situ-services"]
        .map(|name| root().join("crates").join(name).join("src"));
    let worldly = [
        "std::fs",
        "std::net",
        "std::thread",
        "std::env",
        "std::process",
        "SystemTime",
        "Utc::now",
        "Instant::now",
        "now_v7",
    ];
    let sources = pure
        .iter()
        .flat_map(|folder| files(folder, "rs"))
        .filter(|path| !path.ends_with("tests.rs"));
    for path in sources {
        let text = fs::read_to_string(&path).unwrap();
        let code = text.split("#[cfg(test)]").next().unwrap();
        for word in worldly {
            assert!(!code.contains(word), "{} names {word}", path.display());
        }
    }
}

#[test]
fn every_source_file_says_what_it_is_for() {
    for (path, text) in sources()
        .into_iter()
        .filter(|(path, _)| !path.ends_with("tests.rs"))
    {
        assert!(
            text.starts_with("//! "),
            "{} does not begin with a `//!` line",
            path.display()
        );
    }
}

#[test]
fn nothing_is_switched_off_or_left_for_later() {
    let this = Path::new("tidy.rs");
    for (path, text) in sources()
        .into_iter()
        .filter(|(path, _)| !path.ends_with(this))
    {
        for word in [
            "#[ignore",
            "should_panic",
            "todo!(",
            "unimplemented!(",
            "FIXME",
            "TODO",
            "#[allow(",
        ] {
            assert!(!text.contains(word), "{} has `{word}`", path.display());
        }
    }
}

/// SQLite's locks wake nobody, so a connection that waits for another process can only ask again.
#[test]
fn nobody_sleeps_but_who_waits_for_another_process() {
    let [this, waits] = ["tidy.rs", "situ-sqlite/src/schema.rs"].map(Path::new);
    for (path, text) in sources() {
        let may_sleep = path.ends_with(this) || path.ends_with(waits);
        assert!(
            may_sleep || !text.contains("thread::sleep"),
            "{} sleeps",
            path.display()
        );
    }
}

#[test]
fn versions_and_lints_stand_once_in_the_root_manifest() {
    let manifests = files(&root().join("crates"), "toml")
        .into_iter()
        .chain([root().join("tests/Cargo.toml")]);
    for path in manifests.filter(|path| path.ends_with("Cargo.toml")) {
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.contains("[lints]\nworkspace = true"),
            "{} has lints of its own",
            path.display()
        );
        assert!(
            text.contains("license.workspace = true"),
            "{} has a licence of its own",
            path.display()
        );
        let own = text.lines().find(|line| line.contains("version = \""));
        assert_eq!(own, None, "{} has a version of its own", path.display());
    }
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        assert!(root().join(licence).is_file(), "{licence} is missing");
    }
}
