//! `situ export package`: a folder of everything, with its description.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use anyhow::Context as _;
use sha2::Digest as _;
use situ_core::{EventId, Recorded, SituationId, SourceId};
use situ_import::export::{CsvWriter, Exported, Guard, Package, PackagedFile};
use situ_rows::{CLAIMS, SERVICES, TOLLS, Table};
use situ_tolls::{Citation, LogState, Policy};

use super::{Asked, LeftOut, Notes, events, guard, said};
use crate::args::{EventsFormat, PackageArgs};
use crate::exit::Hinted;
use crate::run::Session;

pub(super) fn write(
    args: &PackageArgs,
    asked: &Asked,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let folder = &args.folder;
    make(folder)?;
    let mut left_out = LeftOut::default();
    let exported = asked.exported(&mut left_out)?;
    let (mut files, mut notes) = (Vec::new(), Notes::default());
    let guard = guard(args.spreadsheet_safe);
    for (table, path) in [
        (&CLAIMS, "claims.csv"),
        (&TOLLS, "tolls.csv"),
        (&SERVICES, "services.csv"),
    ] {
        let written = file(folder, path, |out| {
            let mut writer = CsvWriter::new(table, guard, out)?;
            asked.rows(table, &exported, &args.policy, &mut left_out, |_, row| {
                Ok(writer.row(row)?)
            })?;
            notes.guarded += writer.finish()?;
            Ok(())
        })?;
        files.push(described(Some(table), path, written));
    }
    let mut again = LeftOut::default();
    let written = file(folder, "events.ndjson", |out| {
        events(asked, EventsFormat::Ndjson, Guard::None, out, &mut again).map(drop)
    })?;
    files.push(described(None, "events.ndjson", written));
    left_out.unstamped = again.unstamped;
    let package = Package {
        title: title(&exported, asked),
        created: session.now.instant(),
        as_of: asked.as_of,
        position: asked.position,
        situations: situations(&exported, asked),
        sources: sources(&exported, asked)?,
        licences: &args.licence,
        policy: &args.policy,
        restricted_left_out: left_out.restricted,
        guard,
        citations: match left_out.restricted {
            0 => citations(&exported, asked, &args.policy)?,
            _ => Vec::new(),
        },
        files,
    };
    let path = "datapackage.json";
    file(folder, path, |out| {
        Ok(out.write_all(package.to_json().as_bytes())?)
    })?;
    writeln!(
        session.err,
        "{} holds {path}, claims.csv, tolls.csv, services.csv and events.ndjson",
        folder.display()
    )?;
    said(&left_out, notes, session.err)
}

/// Makes the folder; one with anything in it is left alone.
fn make(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let mut inside =
        fs::read_dir(folder).with_context(|| format!("cannot read {}", folder.display()))?;
    if inside.next().is_some() {
        let message = format!("{} is not empty", folder.display());
        return Err(Hinted::new(message, "name a folder that is not there yet").into());
    }
    Ok(())
}

/// Bytes and digest of what was written.
struct Written {
    bytes: u64,
    sha256: String,
}

/// Writes a file of the folder, and says what it came to.
fn file(
    folder: &Path,
    name: &str,
    write: impl FnOnce(&mut dyn Write) -> anyhow::Result<()>,
) -> anyhow::Result<Written> {
    let path = folder.join(name);
    let create = || -> anyhow::Result<Written> {
        let mut out = Hashed {
            out: BufWriter::new(File::create_new(&path)?),
            sha256: sha2::Sha256::new(),
            bytes: 0,
        };
        write(&mut out)?;
        out.flush()?;
        let digest = out.sha256.finalize();
        Ok(Written {
            bytes: out.bytes,
            sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
        })
    };
    create().with_context(|| format!("cannot write {}", path.display()))
}

/// Passes bytes on, and takes their digest.
struct Hashed<W> {
    out: W,
    sha256: sha2::Sha256,
    bytes: u64,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.out.write(bytes)?;
        self.sha256.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

fn described<'a>(table: Option<&'a Table>, path: &'a str, written: Written) -> PackagedFile<'a> {
    PackagedFile {
        table,
        path,
        bytes: written.bytes,
        sha256: written.sha256,
    }
}

fn situations(exported: &Exported, asked: &Asked) -> Vec<SituationId> {
    let all = exported.situations();
    all.filter(|other| asked.is_of(other)).cloned().collect()
}

fn title(exported: &Exported, asked: &Asked) -> String {
    let (register, known) = (exported.register(), asked.as_of.known);
    let titles: Vec<String> = situations(exported, asked)
        .iter()
        .map(|situation| match register.situation(situation, known) {
            Some(opened) => opened.title.to_string(),
            None => situation.to_string(),
        })
        .collect();
    titles.join("; ")
}

/// Who claims what is exported, by their names as described.
fn sources(exported: &Exported, asked: &Asked) -> anyhow::Result<Vec<(SourceId, String)>> {
    let (register, known) = (exported.register(), asked.as_of.known);
    let mut sources = BTreeMap::new();
    asked.each(&mut LeftOut::default(), |recorded| {
        if !asked.is_asked(recorded) {
            return Ok(());
        }
        if let Some(source) = recorded.event()?.source {
            let id = source.origin;
            let described = register.source(&recorded.situation, &id, known);
            let name =
                described.map_or_else(|| id.to_string(), |described| described.name.to_string());
            sources.entry(id).or_insert(name);
        }
        Ok(())
    })?;
    Ok(sources.into_iter().collect())
}

/// A line to cite each figure by.
fn citations(exported: &Exported, asked: &Asked, policy: &Policy) -> anyhow::Result<Vec<Citation>> {
    let as_of = asked.as_of;
    let situations = situations(exported, asked);
    let needed: BTreeSet<EventId> = situations
        .iter()
        .flat_map(|situation| exported.rests_on(situation, as_of, policy))
        .collect();
    let mut events: HashMap<EventId, Recorded> = HashMap::new();
    let mut log: Option<LogState> = None;
    asked.each(&mut LeftOut::default(), |recorded| {
        if recorded.position <= asked.position {
            let learnt = log.map_or(recorded.learnt_at, |log| log.learnt.max(recorded.learnt_at));
            log = Some(LogState {
                position: recorded.position,
                head: recorded.id,
                learnt,
            });
        }
        if needed.contains(&recorded.id) {
            events.insert(recorded.id, recorded.clone());
        }
        Ok(())
    })?;
    let Some(log) = log else {
        return Ok(Vec::new());
    };
    let find = |id: EventId| events.get(&id);
    let sha256 = |bytes: &[u8]| sha2::Sha256::digest(bytes).into();
    let mut citations = Vec::new();
    for situation in &situations {
        citations.extend(exported.citations(situation, as_of, log, policy, &find, &sha256)?);
    }
    Ok(citations)
}
