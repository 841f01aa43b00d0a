//! Histories of files in repositories of git, made here by the installed `git`.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use situ_core::{EventStore as _, Position, Recorded};
use situ_import::{GitFile, History, Imported, Mapping, Source, import};

mod taken;

use taken::Log;
use tempfile::TempDir;

#[path = "feeds/mutation.rs"]
mod mutation;

use mutation::mutated;

const MAPPING: &str = r#"
dataset = "floods"
shape = "json"
[situation]
id = "floods-2026"
title = "Floods"
zone = "Asia/Dhaka"
opened = "2026-01-01T00:00:00Z"
[publisher]
id = "desk"
name = "Disaster desk"
[records]
key = ["day"]
[as_of]
fields = ["day"]
[[figures]]
fields = ["dead"]
outcome = "killed"
period = "cumulative"
"#;

/// Whether git is there; where it is not, that is said past the capture of output.
fn has_git() -> bool {
    let is_there = Command::new("git").arg("--version").output().is_ok();
    if !is_there {
        let _ = writeln!(std::io::stderr(), "SKIPPED: there is no git to run");
    }
    is_there
}

/// A repository, and the commits it is to get.
struct Repository {
    folder: TempDir,
    stream: String,
    commits: usize,
}

impl Repository {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let repository = Self {
            folder,
            stream: String::new(),
            commits: 0,
        };
        repository.git(&["init", "--quiet", "-b", "main", "."]);
        repository
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn git(&self, args: &[&str]) -> String {
        self.git_with(args, "")
    }

    fn git_with(&self, args: &[&str], input: &str) -> String {
        let mut git = Command::new("git")
            .current_dir(self.path())
            .args(args)
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_COMMITTER_DATE", "2026-02-01T10:00:00Z")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        git.stdin
            .take()
            .unwrap()
            .write_all(input.as_bytes())
            .unwrap();
        let output = git.wait_with_output().unwrap();
        assert!(output.status.success(), "{args:?}");
        String::from_utf8(output.stdout).unwrap()
    }

    /// A commit on a branch: its time, and the files it writes or deletes.
    fn commit(&mut self, branch: &str, time: &str, files: &[(&str, Option<&str>)]) -> usize {
        let time = chrono::DateTime::parse_from_rfc3339(time).unwrap();
        let (seconds, offset) = (time.timestamp(), time.format("%z"));
        self.commits += 1;
        let stream = &mut self.stream;
        writeln!(stream, "commit refs/heads/{branch}\nmark :{}", self.commits).unwrap();
        writeln!(
            stream,
            "committer A <a@example.org> {seconds} {offset}\ndata 0"
        )
        .unwrap();
        for (path, text) in files {
            match text {
                Some(text) => {
                    writeln!(
                        stream,
                        "M 100644 inline {path}\ndata {}\n{text}",
                        text.len()
                    )
                }
                None => writeln!(stream, "D {path}"),
            }
            .unwrap();
        }
        self.commits
    }

    /// Writes the commits; returns the hashes of those on the first-parent line, the oldest first.
    fn write(&mut self) -> Vec<String> {
        let stream = std::mem::take(&mut self.stream);
        let stream = format!("feature done\n{stream}done\n");
        self.git_with(&["fast-import", "--quiet", "--force"], &stream);
        let hashes = self.git(&["log", "--first-parent", "--reverse", "--format=%H", "main"]);
        hashes.lines().map(str::to_owned).collect()
    }
}

impl Log {
    fn tell(&mut self, source: &mut dyn Source) -> Imported {
        import(source, self).unwrap()
    }

    fn tell_git(&mut self, repository: &Path, path: &str, mapping: &str) -> Imported {
        let file = GitFile::open(repository, Path::new(path)).unwrap();
        let mapping = Mapping::from_toml(mapping).unwrap();
        self.tell(&mut History::of_git(file, mapping))
    }

    fn tell_history(&mut self, history: String) -> Imported {
        let mapping = MAPPING.replace("\"json\"", "\"history\"");
        let mapping = Mapping::from_toml(&mapping).unwrap();
        let input = std::io::Cursor::new(history);
        self.tell(&mut History::new(Box::new(input), mapping))
    }

    fn lines(&self) -> Vec<String> {
        let events = self.store.read_after(Position::START, 1000).unwrap();
        events.iter().map(Recorded::to_line).collect()
    }
}

/// Versions 1 to 9 of a file under two names: two days; a revision by a clock that runs backwards; one that cannot be read; a day
/// that comes twice; a merge; the file deleted; renamed; a field gone, and a day.
fn told(repository: &mut Repository) -> Vec<String> {
    let mut commit = |branch: &str, time: &str, path: &str, text: &str| {
        repository.commit(branch, time, &[(path, Some(text))])
    };
    let old = "data/day by day.json";
    commit(
        "main",
        "2026-02-01T10:00:00+06:00",
        old,
        r#"[{"day": "2026-01-31", "dead": 12, "more": {"hurt": NaN, "by": ["a", "b"]}}, {"day": "2026-02-01", "dead": null}]"#,
    );
    commit(
        "main",
        "2026-02-03T10:00:00Z",
        old,
        r#"[{"day": "2026-01-31", "more": {"by": ["a","b"], "hurt": "NaN"}, "dead": 21}, {"day": "2026-02-01", "dead": null}]"#,
    );
    commit("main", "2026-02-03T11:00:00Z", "readme", "not the file");
    let base = commit(
        "main",
        "2026-02-02T10:00:00Z",
        old,
        r#"[{"day": "2026-01-31", "dead": 12}, {"day": "2026-02-01", "dead": 3,}]"#,
    );
    commit(
        "side",
        "2026-02-02T11:00:00Z",
        old,
        r#"[{"day": "2026-01-31", "dead": 99}]"#,
    );
    let stream = &mut repository.stream;
    let from = format!("mark :{}\n", repository.commits);
    let at = stream.rfind("M 100644").unwrap();
    assert!(stream.contains(&from));
    stream.insert_str(at, &format!("from :{base}\n"));
    let twice = r#"[{"day": "2026-01-31", "dead": 12}, {"day": "2026-02-01", "dead": 3}, {"day": "2026-01-31", "dead": 13}]"#;
    repository.commit("main", "2026-02-04T10:00:00Z", &[(old, Some(twice))]);
    let merged = r#"[{"day": "2026-01-31", "dead": 99}, {"day": "2026-02-01", "dead": 3}, {"day": "2026-01-31", "dead": 13}]"#;
    repository.commit("main", "2026-02-05T10:00:00Z", &[(old, Some(merged))]);
    let at = repository.stream.rfind("M 100644").unwrap();
    let side = format!("merge :{}\n", base + 1);
    repository.stream.insert_str(at, &side);
    let new = "floods.json";
    repository.commit("main", "2026-02-06T10:00:00Z", &[(old, None)]);
    repository.commit("main", "2026-02-07T10:00:00Z", &[(old, Some(merged))]);
    repository.commit(
        "main",
        "2026-02-08T10:00:00Z",
        &[(old, None), (new, Some(merged))],
    );
    let last = r#"[{"day": "2026-01-31"}, {"day": "2026-02-01", "dead": 3}]"#;
    repository.commit("main", "2026-02-09T10:00:00Z", &[(new, Some(last))]);
    let mut hashes = repository.write();
    hashes.remove(2);
    hashes
}

/// The same, as a history tells it.
fn as_history(hashes: &[String]) -> String {
    let versions: [(&str, &[&str]); 9] = [
        (
            "2026-02-01T10:00:00+06:00",
            &[
                r#""op": "record_added", "key": "2026-01-31", "value": {"day": "2026-01-31", "dead": 12, "more.hurt": "NaN", "more.by": ["a", "b"]}"#,
                r#""op": "record_added", "key": "2026-02-01", "value": {"day": "2026-02-01", "dead": null}"#,
            ],
        ),
        (
            "2026-02-03T10:00:00Z",
            &[
                r#""op": "field_changed", "key": "2026-01-31", "field": "dead", "old": 12, "new": 21"#,
            ],
        ),
        (
            "2026-02-02T10:00:00Z",
            &[
                r#""op": "version_unparseable", "error": "line 1: no object of JSON: trailing comma at line 1 column 33""#,
            ],
        ),
        (
            "2026-02-04T10:00:00Z",
            &[
                r#""op": "field_changed", "key": "2026-01-31", "field": "dead", "old": 21, "new": 12"#,
                r#""op": "field_removed", "key": "2026-01-31", "field": "more.hurt", "old": "NaN""#,
                r#""op": "field_removed", "key": "2026-01-31", "field": "more.by", "old": ["a", "b"]"#,
                r#""op": "field_changed", "key": "2026-02-01", "field": "dead", "old": null, "new": 3"#,
                r#""op": "record_added", "key": "2026-01-31#2", "value": {"day": "2026-01-31", "dead": 13}"#,
            ],
        ),
        (
            "2026-02-05T10:00:00Z",
            &[
                r#""op": "field_changed", "key": "2026-01-31", "field": "dead", "old": 12, "new": 99"#,
            ],
        ),
        (
            "2026-02-06T10:00:00Z",
            &[r#""op": "version_unparseable", "error": "the file is not there in this version""#],
        ),
        ("2026-02-07T10:00:00Z", &[]),
        ("2026-02-08T10:00:00Z", &[]),
        (
            "2026-02-09T10:00:00Z",
            &[
                r#""op": "field_removed", "key": "2026-01-31", "field": "dead", "old": 99"#,
                r#""op": "record_removed", "key": "2026-01-31#2""#,
            ],
        ),
    ];
    let mut history = String::new();
    for ((seq, hash), (known_at, operations)) in (1..).zip(hashes).zip(versions) {
        for operation in operations {
            writeln!(
                history,
                r#"{{"seq": {seq}, "known_at": "{known_at}", "commit": "{hash}", {operation}}}"#
            )
            .unwrap();
        }
    }
    history
}

#[test]
fn a_file_in_git_is_told_as_its_history_is() {
    if !has_git() {
        return;
    }
    let mut repository = Repository::new();
    let hashes = told(&mut repository);
    assert_eq!(hashes.len(), 9);
    let mut of_git = Log::default();
    let once = of_git.tell_git(repository.path(), "floods.json", MAPPING);
    assert_eq!(of_git.rejects, [""; 0]);
    assert_eq!((once.versions, once.unread_versions), (9, 2));
    let mut of_history = Log::default();
    of_history.tell_history(as_history(&hashes));
    assert_eq!(of_history.rejects, [""; 0]);
    // A history has no line for a version that changed nothing: versions 7 and 8.
    let unchanged = |line: &String| line.contains(&hashes[6]) || line.contains(&hashes[7]);
    let (unchanged, lines): (Vec<_>, Vec<_>) = of_git.lines().into_iter().partition(unchanged);
    assert_eq!(unchanged.len(), 2);
    assert_eq!(lines, of_history.lines());
    let twice = of_git.tell_git(repository.path(), "floods.json", MAPPING);
    assert_eq!((twice.added, twice.already_there), (0, once.added));
}

#[test]
fn new_commits_add_what_is_new() {
    if !has_git() {
        return;
    }
    let mut repository = Repository::new();
    let mut log = Log::default();
    let csv = MAPPING.replace("\"json\"", "\"csv\"");
    let text = "day,dead,by\n2026-01-31,12,\"Desk, \"\"one\"\"\"\n";
    repository.commit("main", "2026-02-01T10:00:00Z", &[("a.csv", Some(text))]);
    repository.write();
    let first = log.tell_git(repository.path(), "a.csv", &csv);
    assert_eq!((first.added, first.already_there), (5, 0));
    assert!(
        log.lines()[2].contains(r#""by":{"stated":"\"Desk, \\\"one\\\"\""}"#),
        "{:?}",
        log.lines()
    );
    let revised = text.replace("12", "13");
    let lacking = "date,dead\n2026-01-31,12\n";
    let folder = repository.path().join("sub");
    std::fs::create_dir(&folder).unwrap();
    let before = repository.git(&["rev-parse", "main"]);
    for (time, text) in [
        ("2026-02-02T10:00:00Z", revised.as_str()),
        ("2026-02-03T10:00:00Z", lacking),
        ("2026-02-04T10:00:00Z", "\n"),
        (
            "2026-02-05T10:00:00Z",
            "version https://git-lfs.github.com/spec/v1\n",
        ),
    ] {
        repository.commit("main", time, &[("a.csv", Some(text))]);
    }
    let from = format!("data 0\nfrom {before}");
    repository.stream = repository.stream.replacen("data 0\n", &from, 1);
    repository.write();
    // Asked for from a folder within the repository.
    let then = log.tell_git(&folder, "../a.csv", &csv);
    // A record, a claim, a retraction and a version; then three that cannot be read.
    assert_eq!((then.added, then.already_there), (4 + 3, first.added));
    assert_eq!((then.versions, then.unread_versions), (5, 3));
    let errors: Vec<_> = log
        .lines()
        .into_iter()
        .filter_map(|line| Some(line.split_once(r#""error":{"stated":"#)?.1.to_owned()))
        .collect();
    for (error, expected) in errors.iter().zip([
        "line 2: the row has no `day`, which is of its key",
        "the file is empty",
        "there is no column `day`",
    ]) {
        assert!(error.starts_with(&format!("\"{expected}\"")), "{error}");
    }
    assert_eq!(errors.len(), 3);
}

#[test]
fn a_figure_that_cannot_be_read_says_in_which_version() {
    if !has_git() {
        return;
    }
    let mut repository = Repository::new();
    let text = "[\n{\"day\": \"2026-01-31\",\n \"dead\": -3},\n{\"day\": \"2026-02-01\", \"dead\": \"many\"}]";
    repository.commit("main", "2026-02-01T10:00:00Z", &[("a.json", Some(text))]);
    let hash = &repository.write()[0][..12];
    let mut log = Log::default();
    log.tell_git(repository.path(), "a.json", MAPPING);
    let place = format!("field dead: in version 1 (commit {hash}):");
    assert_eq!(
        log.rejects,
        [
            format!("line 2, record 2026-01-31, {place} `-3` is no whole number of people"),
            format!("line 4, record 2026-02-01, {place} `many` is no whole number of people"),
        ]
    );
}

#[test]
fn a_compressed_file_is_read_and_one_that_is_cut_is_not() {
    if !has_git() {
        return;
    }
    let repository = Repository::new();
    let mut zip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    zip.write_all(b"day,dead\n2026-01-31,12\n").unwrap();
    let zipped = zip.finish().unwrap();
    for bytes in [&zipped[..], &zipped[..20]] {
        std::fs::write(repository.path().join("a.csv.gz"), bytes).unwrap();
        repository.git(&["add", "a.csv.gz"]);
        let desk = ["-c", "user.name=a", "-c", "user.email=a@example.org"];
        repository.git(&[&desk[..], &["commit", "--quiet", "-m", "more"]].concat());
    }
    let mut log = Log::default();
    let csv = MAPPING.replace("\"json\"", "\"csv\"");
    let imported = log.tell_git(repository.path(), "a.csv.gz", &csv);
    assert_eq!((imported.versions, imported.unread_versions), (2, 1));
    let lines = log.lines();
    let error = lines
        .iter()
        .find(|line| line.contains("\"error\""))
        .unwrap();
    assert!(
        error.contains("the file cannot be decompressed: "),
        "{error}"
    );
    assert!(lines.iter().any(|line| line.contains("\"quantity\":12")));
}

#[test]
fn what_is_no_file_of_a_repository_is_told() {
    if !has_git() {
        return;
    }
    let refused = |folder: &Path, path: &str| {
        let file = GitFile::open(folder, Path::new(path));
        let said = file.map(drop).unwrap_err().to_string();
        said.replace(folder.to_str().unwrap(), "R")
    };
    let outside = tempfile::tempdir().unwrap();
    assert_eq!(
        refused(outside.path(), "a"),
        "R is no repository of git; name the folder of a clone"
    );
    let nowhere = outside.path().join("nowhere");
    assert_eq!(
        refused(&nowhere, "a"),
        "R is no repository of git; name the folder of a clone"
    );
    let mut repository = Repository::new();
    assert_eq!(
        refused(repository.path(), "a"),
        "R has no commit; commit the file first"
    );
    for time in ["2026-02-01T10:00:00Z", "2026-02-02T10:00:00Z"] {
        repository.commit("main", time, &[("d/a", Some(time))]);
    }
    repository.write();
    assert_eq!(
        refused(repository.path(), "a"),
        "no commit of R has a file a; the path counts from R"
    );
    assert_eq!(
        refused(repository.path(), "d"),
        "d is a folder; name one file in it"
    );
    let no_path = "no path of a file that git can be asked for; name it as `git ls-files` does";
    for path in ["", ".", "..", "/elsewhere", "a\nb"] {
        assert_eq!(
            refused(repository.path(), path),
            format!("{path} is {no_path}")
        );
    }
    let from = format!("file://{}", repository.path().display());
    let shallow = outside.path().join("shallow");
    let to = shallow.to_str().unwrap();
    repository.git(&["clone", "--quiet", "--depth", "1", &from, to]);
    assert_eq!(
        refused(&shallow, "d/a"),
        "R is a shallow clone, without its older versions; fetch them with `git fetch --unshallow`"
    );
    // One that was cloned with a filter has promised what it does not have.
    repository.git(&["config", "uploadpack.allowFilter", "true"]);
    let partial = outside.path().join("partial");
    let to = partial.to_str().unwrap();
    repository.git(&["clone", "--quiet", "--filter=blob:none", &from, to]);
    assert_eq!(
        refused(&partial, "d/a"),
        "R is a partial clone, without all contents; clone it without --filter"
    );
    // A bare repository will do.
    let bare = outside.path().join("bare");
    repository.git(&["clone", "--quiet", "--bare", &from, bare.to_str().unwrap()]);
    assert!(GitFile::open(&bare, Path::new("d/a")).is_ok());
}

#[test]
fn a_thousand_mutated_versions_are_told_or_read_whole() {
    if !has_git() {
        return;
    }
    for (file, shape, text) in [
        (
            "a.csv",
            "csv",
            "day,dead\n2026-01-31,12\n2026-02-01,\"13\"\n",
        ),
        (
            "a.json",
            "json",
            r#"[{"day": "2026-01-31", "dead": 12}, {"day": "2026-02-01", "more": {"dead": NaN}}]"#,
        ),
    ] {
        let mut repository = Repository::new();
        for seed in 1..=1000 {
            // Bytes that are no text cannot be written into this stream; the rows of tables are mutated with them.
            let text = String::from_utf8_lossy(&mutated(text.as_bytes(), seed)).into_owned();
            repository.commit("main", "2026-02-01T10:00:00Z", &[(file, Some(&text))]);
        }
        repository.write();
        let mut log = Log::default();
        let mapping = MAPPING.replace("\"json\"", &format!("\"{shape}\""));
        let imported = log.tell_git(repository.path(), file, &mapping);
        assert!(imported.versions > 800, "{imported:?}");
        let unread = imported.unread_versions;
        assert!(unread > 100 && unread < imported.versions, "{imported:?}");
        let events = log.store.read_after(Position::START, 100_000).unwrap();
        for recorded in &events {
            recorded.event().unwrap();
        }
        let twice = log.tell_git(repository.path(), file, &mapping);
        assert_eq!((twice.added, twice.already_there), (0, imported.added));
    }
}
