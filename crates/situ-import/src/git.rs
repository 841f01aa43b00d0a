//! The versions of a file in a repository of git, by the `git` that is installed.

use std::collections::{HashMap, HashSet};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use flate2::read::MultiGzDecoder;
use situ_core::Instant;

use crate::history::is_same;
use crate::mapper::{Fields, Mapper};
use crate::mapping::{KeyColumn, Mapping, Shape};
use crate::operations::{Change, Operation, Step};
use crate::rows::Rows;
use crate::table::Keys;

/// The largest version of a file that is read, in bytes, decompressed.
const FILE_LIMIT: u64 = 256 * 1024 * 1024;

/// A file in a repository of git, with every commit on the first-parent line that touched it, the oldest first.
///
/// Where a commit renamed it, its versions under the old name come before. It runs the installed `git` and reads only.
pub struct GitFile {
    /// Its versions under each name it has had, the oldest last.
    names: Vec<Listing>,
    contents: Contents,
    seq: u64,
}

/// A file in git that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// There is no `git` to run.
    #[error("cannot run git: {0}; install it, or put it on the path")]
    Missing(io::Error),
    /// There is no repository.
    #[error("{0} is no repository of git; name the folder of a clone")]
    NoRepository(PathBuf),
    /// Nothing was ever committed, or what is checked out was not.
    #[error("{0} has no commit; commit the file first")]
    Empty(PathBuf),
    /// Older versions were left out when it was cloned.
    #[error(
        "{0} is a shallow clone, without its older versions; fetch them with `git fetch --unshallow`"
    )]
    Shallow(PathBuf),
    /// Contents were left out when it was cloned.
    #[error("{0} is a partial clone, without all contents; clone it without --filter")]
    Partial(PathBuf),
    /// No commit touched a file of that name.
    #[error("no commit of {repository} has a file {path}; the path counts from {repository}")]
    NoFile {
        /// The repository.
        repository: PathBuf,
        /// The file.
        path: String,
    },
    /// It is a folder.
    #[error("{0} is a folder; name one file in it")]
    Folder(String),
    /// The name cannot be asked for.
    #[error("{0} is no path of a file that git can be asked for; name it as `git ls-files` does")]
    Path(PathBuf),
    /// What git says.
    #[error("git fails: {0}")]
    Failed(String),
}

/// A commit that touched the file.
struct Commit {
    hash: String,
    known_at: String,
}

/// The commits that touched a file under one name.
struct Listing {
    path: String,
    child: Child,
    lines: BufReader<ChildStdout>,
    ahead: Option<Commit>,
}

/// The contents of files at commits.
struct Contents {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl GitFile {
    /// A file by its path from a folder of a repository, as the commit that is checked out has it or once had it.
    ///
    /// # Errors
    /// When there is no `git`, no repository, not all of it, or no such file.
    pub fn open(repository: &Path, path: &Path) -> Result<Self, GitError> {
        let prefix = prefix_of(repository)?;
        let path = from_top(repository, &prefix, path)?;
        let head = ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"];
        if output(repository, &head)?.is_err() {
            return Err(GitError::Empty(repository.to_owned()));
        }
        let mut names = Vec::new();
        let mut next = Some(("HEAD".to_owned(), path.clone()));
        while let Some((revision, path)) = next.take() {
            let listing = Listing::new(repository, &revision, path)?;
            if let Some(oldest) = &listing.ahead {
                next = renamed_from(repository, &oldest.hash, &listing.path)?;
                names.push(listing);
            }
        }
        if names.is_empty() {
            let repository = repository.to_owned();
            return Err(GitError::NoFile { repository, path });
        }
        let newest = format!("HEAD:{path}");
        let kind = output(repository, &["cat-file", "-t", &newest])?;
        if kind.as_deref() == Ok("tree\n") {
            return Err(GitError::Folder(path));
        }
        Ok(Self {
            names,
            contents: Contents::new(repository)?,
            seq: 0,
        })
    }

    /// The next version, told by what it does to the records of the one before.
    pub(crate) fn next_step(
        &mut self,
        mapper: &Mapper,
        standing: &HashMap<String, Fields>,
    ) -> io::Result<Option<Step>> {
        let (commit, path) = loop {
            let Some(listing) = self.names.last_mut() else {
                return Ok(None);
            };
            match listing.next_commit()? {
                Some(commit) => break (commit, listing.path.clone()),
                None => drop(self.names.pop()),
            }
        };
        self.seq += 1;
        let mut step = Step {
            seq: self.seq,
            known_at: commit.known_at,
            commit: Some(commit.hash),
            lines: (1, 1),
            operations: Vec::new(),
            error: None,
        };
        let hash = step.commit.as_deref().unwrap_or_default();
        let read = self.contents.read(hash, &path)?;
        match read.and_then(|bytes| records(bytes, mapper)) {
            Ok((records, last_line)) => {
                step.lines.1 = last_line;
                step.operations = operations(records, standing, last_line);
            }
            Err(reason) => step.error = Some(reason),
        }
        Ok(Some(step))
    }
}

/// A record of a version: its key, its fields and its line.
type Row = (String, Fields, u64);

/// The records of a version and its last line, or why it cannot be read: all of it, or nothing.
fn records(bytes: Vec<u8>, mapper: &Mapper) -> Result<(Vec<Row>, u64), String> {
    if bytes.trim_ascii().is_empty() {
        return Err("the file is empty".to_owned());
    }
    let mapping = &mapper.mapping;
    let mut rows = Rows::new(Box::new(io::Cursor::new(bytes)), mapping);
    let mut records = Vec::new();
    let mut keys = Keys::default();
    let mut last_line = 1;
    while let Some((line, row)) = rows.next_row().map_err(|error| error.to_string())? {
        last_line = line;
        let at = |reason: String| format!("line {line}: {reason}");
        let fields = as_json(row.map_err(at)?, mapping);
        let key = keys.name(mapper.key(&fields).map_err(at)?);
        records.push((key, fields, line));
    }
    let columns = mapping.records.key.iter().map(KeyColumn::name);
    match rows.lacks(columns) {
        Some(column) => Err(format!("there is no column `{column}`")),
        None => Ok((records, last_line)),
    }
}

/// The cells of a table as JSON, as all histories have their values.
fn as_json(fields: Fields, mapping: &Mapping) -> Fields {
    if mapping.shape() == Shape::Json {
        return fields;
    }
    let cells = fields.into_iter();
    cells
        .map(|(name, cell)| (name, serde_json::Value::from(&*cell).to_string().into()))
        .collect()
}

/// What leads from the records that stand to those of a version.
fn operations(
    records: Vec<Row>,
    standing: &HashMap<String, Fields>,
    last_line: u64,
) -> Vec<Operation> {
    let now: HashSet<&str> = records.iter().map(|(key, ..)| key.as_str()).collect();
    let gone = standing.keys().filter(|key| !now.contains(key.as_str()));
    let mut gone: Vec<String> = gone.cloned().collect();
    gone.sort();
    let mut operations = Vec::new();
    for (key, fields, line) in records {
        let changes = match standing.get(&key) {
            Some(before) => changes(before, fields),
            None => vec![Change::Added(fields)],
        };
        operations.extend(changes.into_iter().map(|change| Operation {
            key: key.clone(),
            change,
            line,
        }));
    }
    operations.extend(gone.into_iter().map(|key| Operation {
        key,
        change: Change::Removed,
        line: last_line,
    }));
    operations
}

fn changes(before: &Fields, now: Fields) -> Vec<Change> {
    let gone = before.iter().filter(|(field, _)| !now.contains_key(*field));
    let gone = gone.map(|(field, old)| Change::Field {
        field: field.clone(),
        old: Some(old.clone()),
        new: None,
    });
    let mut changes: Vec<Change> = gone.collect();
    for (field, new) in now {
        let old = before.get(&field).cloned();
        if old.as_ref().is_none_or(|old| !is_same(old, &new)) {
            changes.push(Change::Field {
                field,
                old,
                new: Some(new),
            });
        }
    }
    changes
}

impl Listing {
    fn new(repository: &Path, revision: &str, path: String) -> Result<Self, GitError> {
        let spec = format!(":(top,literal){path}");
        let mut child = git(repository)
            .args(["log", "--first-parent", "--reverse", "--no-color"])
            .args(["--format=tformat:%H %ct %cI", revision, "--", &spec])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(GitError::Missing)?;
        let lines = child.stdout.take().map(BufReader::new);
        let lines = lines.ok_or_else(|| GitError::Failed("no output".to_owned()))?;
        let mut listing = Self {
            path,
            child,
            lines,
            ahead: None,
        };
        let ahead = listing.next_commit();
        listing.ahead = ahead.map_err(|error| GitError::Failed(error.to_string()))?;
        Ok(listing)
    }

    fn next_commit(&mut self) -> io::Result<Option<Commit>> {
        if let Some(ahead) = self.ahead.take() {
            return Ok(Some(ahead));
        }
        let mut line = String::new();
        if self.lines.read_line(&mut line)? == 0 {
            let status = self.child.wait()?;
            if !status.success() {
                return Err(io::Error::other(format!("git log ends with {status}")));
            }
            return Ok(None);
        }
        let mut words = line.split_whitespace();
        match (words.next(), words.next(), words.next()) {
            (Some(hash), Some(seconds), Some(known_at)) => Ok(Some(Commit {
                hash: hash.to_owned(),
                known_at: readable(known_at, seconds),
            })),
            _ => Err(io::Error::other(format!("git log says `{}`", line.trim()))),
        }
    }
}

impl Drop for Listing {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// The time of a commit as it was written; where its offset is none that a clock has, in UTC.
fn readable(known_at: &str, seconds: &str) -> String {
    let seconds: Option<i64> = seconds.parse().ok();
    match (known_at.parse::<Instant>(), seconds) {
        (Err(_), Some(seconds)) => {
            let nanos = i128::from(seconds) * 1_000_000_000;
            i64::try_from(nanos).map_or_else(
                |_| known_at.to_owned(),
                |nanos| Instant::from_unix_nanos(nanos).to_string(),
            )
        }
        _ => known_at.to_owned(),
    }
}

impl Contents {
    fn new(repository: &Path) -> Result<Self, GitError> {
        let mut child = git(repository)
            .args(["cat-file", "--batch"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(GitError::Missing)?;
        match (child.stdin.take(), child.stdout.take()) {
            (Some(questions), Some(answers)) => Ok(Self {
                child,
                questions,
                answers: BufReader::new(answers),
            }),
            _ => Err(GitError::Failed("no output".to_owned())),
        }
    }

    /// The file as a commit has it, decompressed, or why there is nothing to read.
    fn read(&mut self, commit: &str, path: &str) -> io::Result<Result<Vec<u8>, String>> {
        writeln!(self.questions, "{commit}:{path}")?;
        self.questions.flush()?;
        let mut head = String::new();
        self.answers.read_line(&mut head)?;
        let head = head.trim_end();
        if head.ends_with(" missing") {
            return Ok(Err("the file is not there in this version".to_owned()));
        }
        let words: Vec<&str> = head.split(' ').collect();
        let [_, kind, size] = words[..] else {
            return Err(io::Error::other(format!("git cat-file says `{head}`")));
        };
        let size: u64 = size
            .parse()
            .map_err(|_| io::Error::other(format!("git cat-file says `{head}`")))?;
        let too_long = Err(format!(
            "the file is over the limit of {} MiB",
            FILE_LIMIT >> 20
        ));
        let mut bytes = Vec::new();
        let mut content = (&mut self.answers).take(size);
        if size <= FILE_LIMIT {
            content.read_to_end(&mut bytes)?;
        } else {
            io::copy(&mut content, &mut io::sink())?;
        }
        self.answers.read_exact(&mut [0])?;
        if size > FILE_LIMIT {
            return Ok(too_long);
        }
        if kind != "blob" {
            return Ok(Err(format!(
                "there is a {kind} and no file in this version"
            )));
        }
        if !Path::new(path)
            .extension()
            .is_some_and(|ending| ending.eq_ignore_ascii_case("gz"))
        {
            return Ok(Ok(bytes));
        }
        let mut unpacked = Vec::new();
        let unpack = MultiGzDecoder::new(bytes.as_slice())
            .take(FILE_LIMIT + 1)
            .read_to_end(&mut unpacked);
        Ok(match unpack {
            Err(error) => Err(format!("the file cannot be decompressed: {error}")),
            Ok(_) if unpacked.len() as u64 > FILE_LIMIT => too_long,
            Ok(_) => Ok(unpacked),
        })
    }
}

impl Drop for Contents {
    fn drop(&mut self) {
        end(&mut self.child);
    }
}

/// Ends a `git` that only reads; one that has ended is none the worse.
fn end(child: &mut Child) {
    let _ = child.kill();
    let _ = child.wait();
}

/// The installed `git`, in a repository, with nothing of the surroundings that would change what it says.
fn git(repository: &Path) -> Command {
    let mut git = Command::new("git");
    for variable in [
        "GIT_DIR",
        "GIT_WORK_TREE",
        "GIT_COMMON_DIR",
        "GIT_INDEX_FILE",
        "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_NAMESPACE",
        "GIT_PREFIX",
        "GIT_GRAFT_FILE",
        "GIT_SHALLOW_FILE",
        "GIT_LITERAL_PATHSPECS",
        "GIT_GLOB_PATHSPECS",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_ICASE_PATHSPECS",
    ] {
        git.env_remove(variable);
    }
    git.env("LC_ALL", "C")
        .env("GIT_OPTIONAL_LOCKS", "0")
        .env("GIT_NO_LAZY_FETCH", "1")
        .env("GIT_TERMINAL_PROMPT", "0")
        .args(["--no-pager", "--no-replace-objects"])
        .args(["-c", "log.showSignature=false", "-c", "log.follow=false"])
        .arg("-C")
        .arg(repository);
    git
}

/// What a `git` prints, or what it complains of.
fn output(repository: &Path, args: &[&str]) -> Result<Result<String, String>, GitError> {
    let output = git(repository)
        .args(args)
        .stdin(Stdio::null())
        .output()
        .map_err(GitError::Missing)?;
    let said = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(if output.status.success() {
        Ok(said(output.stdout))
    } else {
        Err(said(output.stderr).trim().replace('\n', "; "))
    })
}

/// The folder within the repository; an error where there is no repository, or not all of it.
fn prefix_of(repository: &Path) -> Result<String, GitError> {
    let said = output(
        repository,
        &["rev-parse", "--is-shallow-repository", "--show-prefix"],
    )?;
    let said = said.map_err(|complaint| {
        if complaint.contains("not a git repository") || !repository.is_dir() {
            GitError::NoRepository(repository.to_owned())
        } else {
            GitError::Failed(complaint)
        }
    })?;
    let mut lines = said.lines();
    if lines.next() == Some("true") {
        return Err(GitError::Shallow(repository.to_owned()));
    }
    // Where it was cloned with a filter, the remote has promised what is not there; older versions of git note it elsewhere.
    let promised = r"^(extensions\.partialclone|remote\..*\.promisor)$";
    let partial = output(repository, &["config", "--get-regexp", promised])?;
    if partial.is_ok() {
        return Err(GitError::Partial(repository.to_owned()));
    }
    Ok(lines.next().unwrap_or_default().to_owned())
}

/// A path as git has it: from the top of the repository, with slashes.
fn from_top(repository: &Path, prefix: &str, path: &Path) -> Result<String, GitError> {
    let refuse = || GitError::Path(path.to_owned());
    let below = match path.is_absolute() {
        true => {
            let folder = repository.canonicalize().map_err(|_| refuse())?;
            let below = path
                .strip_prefix(&folder)
                .or_else(|_| path.strip_prefix(repository));
            below.map_err(|_| refuse())?
        }
        false => path,
    };
    let mut parts: Vec<&str> = prefix.split('/').filter(|part| !part.is_empty()).collect();
    for component in below.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => drop(parts.pop().ok_or_else(refuse)?),
            Component::Normal(part) => parts.push(part.to_str().ok_or_else(refuse)?),
            Component::RootDir | Component::Prefix(_) => return Err(refuse()),
        }
    }
    let path = parts.join("/");
    match path.is_empty() || path.contains(['\n', '\0']) {
        true => Err(refuse()),
        false => Ok(path),
    }
}

/// Where a commit took a file from, if it renamed it: the commit before, and the old name.
fn renamed_from(
    repository: &Path,
    commit: &str,
    path: &str,
) -> Result<Option<(String, String)>, GitError> {
    let before = format!("{commit}^1");
    let parent = output(repository, &["rev-parse", "--verify", "--quiet", &before])?;
    let Ok(parent) = parent else {
        return Ok(None);
    };
    let parent = parent.trim();
    let compare = ["diff-tree", "-r", "-z", "-M", "-l1000", "--diff-filter=R"];
    let compare = [&compare[..], &["--name-status", parent, commit]].concat();
    let renames = output(repository, &compare)?.map_err(GitError::Failed)?;
    let words: Vec<&str> = renames.split('\0').collect();
    let renamed = words.chunks_exact(3).find(|words| words[2] == path);
    Ok(renamed.map(|words| (parent.to_owned(), words[1].to_owned())))
}
