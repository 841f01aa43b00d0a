//! `situ rebuild`: saves what questions are answered from, so that they need not read the whole log.

use serde::Serialize;
use situ_core::Position;

use crate::answer::{self, ResolvedAsOf};
use crate::args::RebuildArgs;
use crate::exit::Exit;
use crate::ledger;
use crate::render::number::{grouped, plural};
use crate::run::Session;
use crate::saved::{ALL, Views};

/// The answer.
#[derive(Debug, Serialize)]
struct Rebuilt {
    file: String,
    /// How many events were folded for it.
    folded: u64,
    /// What is saved now.
    views: Vec<Saved>,
}

#[derive(Debug, Serialize)]
struct Saved {
    view: &'static str,
    version: u32,
    position: Position,
    bytes: u64,
}

pub(crate) fn run(args: &RebuildArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let path = session.global.store();
    let file = path.display().to_string();
    let store = ledger::open_to_write(path)?;
    if args.drop {
        let was_there = store.drop_saved()?;
        let said = match was_there {
            true => format!("{file}: the saved views are deleted"),
            false => format!("{file}: nothing was saved"),
        };
        let rebuilt = Rebuilt {
            file,
            folded: 0,
            views: Vec::new(),
        };
        return tell(
            rebuilt,
            &said,
            situ_core::EventStore::head(&store)?,
            session,
        );
    }
    let views = Views::saved(&store, session.err)?;
    let before = views.ledger.head;
    let head = situ_core::EventStore::head(&store)?;
    let views = views.read_on(&store, |recorded| {
        session.progress(recorded.position, head);
    })?;
    let position = views.ledger.head;
    let mut rebuilt = Rebuilt {
        file,
        folded: position.get() - before.get(),
        views: Vec::new(),
    };
    for view in &ALL {
        let bytes = store.save(view, &views.prefix, views.parts(view))?;
        rebuilt.views.push(Saved {
            view: view.name,
            version: view.version,
            position,
            bytes,
        });
    }
    let bytes = rebuilt.views.iter().map(|saved| saved.bytes).sum();
    let folded = usize::try_from(rebuilt.folded).unwrap_or(usize::MAX);
    let names = ALL.map(|view| view.name).join(", ");
    let said = format!(
        "{}: {names} are saved up to @{position}, in {} bytes; {} folded for it",
        rebuilt.file,
        grouped(bytes),
        plural(folded, "event"),
    );
    tell(rebuilt, &said, position, session)
}

fn tell(
    rebuilt: Rebuilt,
    said: &str,
    head: Position,
    session: &mut Session<'_>,
) -> anyhow::Result<Exit> {
    if session.global.json {
        let resolved = ResolvedAsOf::head(session.now.instant(), head);
        answer::write(session.out, resolved, rebuilt)?;
    } else {
        writeln!(session.out, "{said}")?;
    }
    Ok(Exit::Answered)
}
