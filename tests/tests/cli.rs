//! Pages of commands and what they print, run as they read.
//!
//! A page is Markdown. In a block marked `console`, a line `$ …` is run by `sh`, `> …` goes on with it; below stands what it
//! prints on both streams, and first `? N` where the exit code is not 0. `[..]` stands for anything in a line, a line `...` for
//! any lines. A block marked `file=NAME` makes a file. A page has a folder of its own, and the clock stands still at
//! 2026-02-06 20:00 in Karachi. With `SITU_PAGES=overwrite` in the environment the pages are rewritten to what is printed.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The standing clock: 20:00 in Karachi.
const NOW: &str = "2026-02-06T15:00:00Z";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// A part of a page.
enum Part {
    /// Lines that are read by people only.
    Prose(String),
    File {
        name: String,
        text: String,
    },
    Run {
        command: String,
        expected: String,
    },
}

fn parts(page: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        parts.push(Part::Prose(line.to_owned()));
        let Some(info) = line.strip_prefix("```") else {
            continue;
        };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if info == "console" {
            parts.extend(runs(&block));
        } else if let Some((_, name)) = info.split_once("file=") {
            let text = block
                .iter()
                .fold(String::new(), |text, line| text + line + "\n");
            parts.push(Part::File {
                name: name.to_owned(),
                text,
            });
        } else {
            parts.extend(block.iter().map(|line| Part::Prose((*line).to_owned())));
        }
        parts.push(Part::Prose("```".to_owned()));
    }
    parts
}

fn runs(block: &[&str]) -> Vec<Part> {
    let mut runs: Vec<Part> = Vec::new();
    for line in block {
        match (
            line.strip_prefix("$ "),
            line.strip_prefix("> "),
            runs.last_mut(),
        ) {
            (Some(command), ..) => runs.push(Part::Run {
                command: command.to_owned(),
                expected: String::new(),
            }),
            (None, Some(more), Some(Part::Run { command, expected })) if expected.is_empty() => {
                *command += "\n";
                *command += more;
            }
            (None, _, Some(Part::Run { expected, .. })) => {
                *expected += line;
                *expected += "\n";
            }
            _ => panic!("a console block begins with `$ `, not `{line}`"),
        }
    }
    runs
}

/// What a command prints on both streams, after its exit code where that is not 0.
fn run(command: &str, folder: &Path) -> String {
    let path = std::env::var("PATH").expect("PATH is set");
    let output = Command::new("sh")
        .args(["-c", &format!("exec 2>&1\n{command}")])
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{}:{path}", folder.join(".bin").display()))
        .env("SITU_NOW", NOW)
        .output()
        .expect("sh runs");
    let printed = String::from_utf8(output.stdout).expect("the command prints UTF-8");
    let code = match output.status.code() {
        Some(0) => String::new(),
        Some(code) => format!("? {code}\n"),
        None => "? killed\n".to_owned(),
    };
    let end = if printed.is_empty() || printed.ends_with('\n') {
        ""
    } else {
        "\n"
    };
    code + &printed + end
}

/// Whether lines are as expected, with `[..]` and `...` standing for anything.
fn matches(expected: &[&str], printed: &[&str]) -> bool {
    match (expected.split_first(), printed.split_first()) {
        (None, None) => true,
        (Some((&"...", rest)), None) => matches(rest, printed),
        (Some((&"...", rest)), Some((_, fewer))) => {
            matches(rest, printed) || matches(expected, fewer)
        }
        (Some((line, rest)), Some((printed, fewer))) => {
            line_matches(line, printed) && matches(rest, fewer)
        }
        _ => false,
    }
}

fn line_matches(expected: &str, printed: &str) -> bool {
    let Some((start, rest)) = expected.split_once("[..]") else {
        return expected == printed;
    };
    let Some(printed) = printed.strip_prefix(start) else {
        return false;
    };
    let ends = printed
        .char_indices()
        .map(|(at, _)| at)
        .chain([printed.len()]);
    ends.into_iter()
        .any(|at| line_matches(rest, &printed[at..]))
}

/// Runs a page; returns it as it should read, and what differs.
fn read(page: &str) -> (String, String) {
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let bin = folder.path().join(".bin");
    fs::create_dir(&bin).expect("the folder is new");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_situ-under-test"), bin.join("situ"))
        .expect("writing works");
    let (mut rewritten, mut differences) = (String::new(), String::new());
    for part in parts(page) {
        match part {
            Part::Prose(line) => writeln!(rewritten, "{line}").expect("writing works"),
            Part::File { name, text } => {
                fs::write(folder.path().join(&name), &text).expect("writing works");
                rewritten += &text;
            }
            Part::Run { command, expected } => {
                let printed = run(&command, folder.path());
                let as_expected: Vec<&str> = expected.lines().collect();
                let is_right = matches(&as_expected, &printed.lines().collect::<Vec<_>>());
                if !is_right {
                    writeln!(
                        differences,
                        "$ {command}\nexpected:\n{expected}printed:\n{printed}"
                    )
                    .expect("writing works");
                }
                writeln!(rewritten, "$ {}", command.replace('\n', "\n> ")).expect("writing works");
                rewritten += if is_right { &expected } else { &printed };
            }
        }
    }
    (rewritten, differences)
}

fn check(page: &Path) {
    let text = fs::read_to_string(page).expect("the page can be read");
    let (rewritten, differences) = read(&text);
    if std::env::var_os("SITU_PAGES").is_some_and(|wish| wish == "overwrite") {
        fs::write(page, rewritten).expect("the page can be written");
        return;
    }
    assert!(differences.is_empty(), "{}:\n{differences}", page.display());
}

fn pages() -> Vec<PathBuf> {
    let folder = fs::read_dir(root().join("tests/cli")).expect("there are pages");
    let mut pages: Vec<PathBuf> = folder
        .map(|entry| entry.expect("the folder can be read").path())
        .collect();
    pages.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    let run = [
        "README.md",
        "docs/export.md",
        "docs/following.md",
        "docs/import.md",
        "docs/services.md",
        "docs/tolls.md",
    ];
    pages.extend(run.map(|page| root().join(page)));
    pages.sort();
    assert!(pages.len() >= 8, "pages are missing: {pages:?}");
    pages
}

#[test]
fn every_page_runs_as_it_reads() {
    for page in pages() {
        check(&page);
    }
}

#[test]
fn a_page_that_differs_is_told() {
    let page =
        |expected: &str| format!("```console\n$ echo one; echo two; exit 3\n{expected}```\n");
    let differs = |expected: &str| !read(&page(expected)).1.is_empty();
    assert!(!differs("? 3\none\ntwo\n"));
    assert!(!differs("? 3\n...\nt[..]o\n"));
    assert!(differs("one\ntwo\n"));
    assert!(differs("? 3\none\n"));
    assert!(differs("? 3\none\nt[..]x\n"));
    let rewritten = page("? 3\none\ntwo\n");
    assert_eq!(read(&page("wrong\n")).0, rewritten);
}

#[test]
fn the_help_fits_a_screen() {
    let folder = tempfile::tempdir().unwrap();
    let help = Command::new(env!("CARGO_BIN_EXE_situ-under-test"))
        .arg("-h")
        .current_dir(folder.path())
        .output()
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(
        help.lines().count() <= 40,
        "{} lines:\n{help}",
        help.lines().count()
    );
    assert!(
        help.lines().all(|line| line.chars().count() <= 80),
        "{help}"
    );
    assert!(help.contains("Examples:"), "{help}");
}

#[test]
fn only_colours_differ_with_and_without_colour() {
    let folder = tempfile::tempdir().unwrap();
    let demo = |color: &str, no_color: &str| {
        let output = Command::new(env!("CARGO_BIN_EXE_situ-under-test"))
            .args(["demo", "--color", color])
            .current_dir(folder.path())
            .env("NO_COLOR", no_color)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let plain = demo("auto", "1");
    let coloured = demo("always", "1");
    assert!(!plain.contains('\u{1b}'));
    assert!(coloured.contains("\u{1b}[1m"));
    let mut stripped = String::new();
    let mut characters = coloured.chars();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            characters.by_ref().find(|end| *end == 'm');
        } else {
            stripped.push(character);
        }
    }
    assert_eq!(stripped, plain);
    assert!(
        plain.lines().all(|line| line.chars().count() <= 100),
        "{plain}"
    );
}
