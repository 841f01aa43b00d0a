//! What a question is answered from: views restored where they were saved, and folded on to the head of the log.

use std::io::Write;

use situ_core::{
    Census, DecodeError, Position, Projection, Recorded, Register, SavedError, SavedReader,
    SavedWriter, SituationId,
};
use situ_services::Services;
use situ_sqlite::{Prefix, SavedAt, SavedView, SqliteStore};
use situ_tolls::Tolls;

use crate::ledger::Ledger;
use crate::render::number::grouped;
use crate::run::Session;

/// How a view of people is saved.
pub(crate) const TOLLS: SavedView = view::<Tolls>(Tolls::SAVED);

/// How a view of services is saved.
pub(crate) const SERVICES: SavedView = view::<Services>(Services::SAVED);

const REGISTER: SavedView = view::<Register>(Register::SAVED);
const CENSUS: SavedView = view::<Census>(Census::SAVED);

/// Every view that is saved.
pub(crate) const ALL: [SavedView; 4] = [REGISTER, CENSUS, TOLLS, SERVICES];

const fn view<V: Projection>(layout: u32) -> SavedView {
    SavedView {
        name: V::NAME,
        version: V::VERSION,
        layout,
    }
}

/// Puts a view together from what was saved of some situations.
type Restore<V> = fn(Register, Position, Vec<(SituationId, &[u8])>) -> Result<V, SavedError>;

/// A view of one situation, and what every question needs to know of the log, folded up to its head.
pub(crate) struct Folded<V> {
    pub(crate) ledger: Ledger,
    pub(crate) census: Census,
    pub(crate) view: V,
}

/// The tolls of the situation asked about.
pub(crate) fn tolls(
    store: &SqliteStore,
    session: &mut Session<'_>,
) -> anyhow::Result<Folded<Tolls>> {
    folded(store, session, &TOLLS, |register, position, parts| {
        Tolls::restore(register, position, parts)
    })
}

/// The services of the situation asked about.
pub(crate) fn services(
    store: &SqliteStore,
    session: &mut Session<'_>,
) -> anyhow::Result<Folded<Services>> {
    folded(store, session, &SERVICES, |register, position, parts| {
        Services::restore(register, position, parts)
    })
}

/// What is to be known of a log before it is asked or written to.
pub(crate) fn ledger(store: &SqliteStore, err: &mut dyn Write) -> anyhow::Result<Ledger> {
    let (ledger, _) = census(store, err)?;
    Ok(ledger)
}

/// The same, with what the log holds.
pub(crate) fn census(store: &SqliteStore, err: &mut dyn Write) -> anyhow::Result<(Ledger, Census)> {
    let start = saved(store, &[REGISTER, CENSUS], err, |prefix| {
        let (ledger, census) = shared(store, prefix)?;
        Ok((ledger, census, ()))
    })?;
    let (ledger, mut census, ()) = start.unwrap_or_default();
    let ledger = fold_on(ledger, store, err, |recorded| census.apply(recorded))?;
    Ok((ledger, census))
}

fn folded<V: Projection + Default>(
    store: &SqliteStore,
    session: &mut Session<'_>,
    view: &SavedView,
    restore: Restore<V>,
) -> anyhow::Result<Folded<V>> {
    let named = session.global.situation.as_ref();
    let err = &mut *session.err;
    let start = saved(store, &[REGISTER, CENSUS, *view], err, |prefix| {
        let (ledger, census) = shared(store, prefix)?;
        let mut asked: Vec<SituationId> = census.situations().cloned().collect();
        match named {
            Some(named) => asked.retain(|situation| situation == named),
            // Which one is meant must be said; until then there is nothing to restore.
            None if asked.len() > 1 => asked.clear(),
            None => {}
        }
        let restored = restored(store, prefix, view, &ledger.register, asked, restore)?;
        Ok((ledger, census, restored))
    })?;
    let (ledger, mut census, mut view) = start.unwrap_or_default();
    let ledger = fold_on(ledger, store, err, |recorded| {
        census.apply(recorded)?;
        view.apply(recorded).map(drop)
    })?;
    Ok(Folded {
        ledger,
        census,
        view,
    })
}

fn restored<V>(
    store: &SqliteStore,
    prefix: &Prefix,
    view: &SavedView,
    register: &Register,
    situations: Vec<SituationId>,
    restore: Restore<V>,
) -> Result<V, SavedError> {
    let mut parts = Vec::with_capacity(situations.len());
    for situation in situations {
        let bytes = part(store, prefix, view, situation.as_str())?;
        parts.push((situation, bytes));
    }
    let parts = parts.iter().map(|(id, bytes)| (id.clone(), &bytes[..]));
    restore(register.clone(), prefix.position(), parts.collect())
}

/// Reads what was saved of some views; `None`, with a note where there is something, where it is of no use.
fn saved<T>(
    store: &SqliteStore,
    views: &[SavedView],
    err: &mut dyn Write,
    read: impl FnOnce(&Prefix) -> Result<T, SavedError>,
) -> anyhow::Result<Option<T>> {
    let useless = match store.saved_at(views) {
        SavedAt::Nowhere => return Ok(None),
        SavedAt::OtherVersion => "they are of another version of situ".to_owned(),
        SavedAt::Useless(why) => why.to_owned(),
        SavedAt::Prefix(prefix) => match read(&prefix) {
            Ok(read) => return Ok(Some(read)),
            Err(error) => error.to_string(),
        },
    };
    let path = store.path().display();
    writeln!(
        err,
        "note: the views saved in {path} are not used: {useless}; `situ rebuild` saves them anew"
    )?;
    Ok(None)
}

/// Descriptions, retractions, and what the log held.
fn shared(store: &SqliteStore, prefix: &Prefix) -> Result<(Ledger, Census), SavedError> {
    let bytes = part(store, prefix, &REGISTER, "")?;
    let mut reader = SavedReader::new(&bytes)?;
    let register = Register::restore(&mut reader)?;
    reader.end()?;
    let bytes = part(store, prefix, &CENSUS, "")?;
    let mut reader = SavedReader::new(&bytes)?;
    let census = Census::restore(&mut reader)?;
    reader.end()?;
    let ledger = Ledger::restored(register, &census, prefix.position());
    Ok((ledger, census))
}

fn part(
    store: &SqliteStore,
    prefix: &Prefix,
    view: &SavedView,
    part: &str,
) -> Result<Vec<u8>, SavedError> {
    let bytes = store.saved_part(view, prefix, part);
    bytes.ok_or(SavedError::new("a part is missing or was changed"))
}

/// Folds the events that are newer than what was restored, and says so where they are many.
fn fold_on(
    ledger: Ledger,
    store: &SqliteStore,
    err: &mut dyn Write,
    each: impl FnMut(&Recorded) -> Result<(), DecodeError>,
) -> anyhow::Result<Ledger> {
    const MANY: u64 = 50_000;
    let before = ledger.head.get();
    let ledger = ledger.read_on(store, each)?;
    let folded = ledger.head.get().saturating_sub(before);
    if folded > MANY {
        let folded = grouped(folded);
        writeln!(
            err,
            "note: {folded} events were read for this; after `situ rebuild` the next question reads only newer ones"
        )?;
    }
    Ok(ledger)
}

/// All that is saved, of a whole log.
#[derive(Default)]
pub(crate) struct Views {
    pub(crate) prefix: Prefix,
    pub(crate) ledger: Ledger,
    pub(crate) census: Census,
    pub(crate) tolls: Tolls,
    pub(crate) services: Services,
}

impl Views {
    /// What is saved of a log, whole; nothing folded yet where that is of no use.
    pub(crate) fn saved(store: &SqliteStore, err: &mut dyn Write) -> anyhow::Result<Self> {
        let read = saved(store, &ALL, err, |prefix| {
            let (ledger, census) = shared(store, prefix)?;
            let all = || census.situations().cloned().collect();
            let register = &ledger.register;
            let tolls = restored(
                store,
                prefix,
                &TOLLS,
                register,
                all(),
                |register, position, parts| Tolls::restore(register, position, parts),
            )?;
            let services = restored(
                store,
                prefix,
                &SERVICES,
                register,
                all(),
                |register, position, parts| Services::restore(register, position, parts),
            )?;
            Ok(Self {
                prefix: *prefix,
                ledger,
                census,
                tolls,
                services,
            })
        })?;
        Ok(read.unwrap_or_default())
    }

    /// Folds on to the head of the log; passes on each event.
    pub(crate) fn read_on(
        mut self,
        store: &SqliteStore,
        mut each: impl FnMut(&Recorded),
    ) -> anyhow::Result<Self> {
        self.ledger = std::mem::take(&mut self.ledger).read_on(store, |recorded| {
            each(recorded);
            self.prefix.take(recorded);
            self.census.apply(recorded)?;
            self.tolls.apply(recorded)?;
            self.services.apply(recorded).map(drop)
        })?;
        Ok(self)
    }

    /// The parts a view is saved in, with their names.
    pub(crate) fn parts(&self, view: &SavedView) -> impl Iterator<Item = (&str, Vec<u8>)> {
        parts(
            view,
            &self.ledger.register,
            &self.census,
            &self.tolls,
            &self.services,
        )
    }
}

/// The parts a view is saved in, with their names: one of each situation, or one.
pub(crate) fn parts<'a>(
    view: &SavedView,
    register: &'a Register,
    census: &'a Census,
    tolls: &'a Tolls,
    services: &'a Services,
) -> impl Iterator<Item = (&'a str, Vec<u8>)> {
    let view = *view;
    let is_whole = view == REGISTER || view == CENSUS;
    let whole = is_whole.then_some("");
    let situations = census.situations().filter(move |_| !is_whole);
    let names = whole.into_iter().map(|name| (name, None));
    let names = names.chain(situations.map(|situation| (situation.as_str(), Some(situation))));
    names.map(move |(name, situation)| {
        let bytes = match situation {
            Some(situation) if view == TOLLS => tolls.save(situation),
            Some(situation) => services.save(situation),
            None => {
                let mut writer = SavedWriter::default();
                if view == REGISTER {
                    register.save(&mut writer);
                } else {
                    census.save(&mut writer);
                }
                writer.finish()
            }
        };
        (name, bytes)
    })
}

#[cfg(test)]
mod tests {
    use sha2::Digest as _;
    use situ_core::{Condition, Event, EventStore as _, from_line};

    use super::*;

    /// The story of `situ demo --whole`, folded.
    fn story() -> Views {
        let files = [
            include_str!("../demo/balochistan-2026.ndjson"),
            include_str!("../demo/balochistan-2026-before-and-after.ndjson"),
        ];
        let lines = files.iter().flat_map(|file| file.lines());
        let line = |line| from_line(line, 1, || unreachable!("every line has an id")).unwrap();
        let mut events: Vec<Event> = lines.map(line).collect();
        events.sort_by_key(|event| event.learnt_at);
        let folder = tempfile::tempdir().unwrap();
        let store = SqliteStore::create(folder.path().join("log.db")).unwrap();
        let now = "2026-02-07T00:00:00Z".parse().unwrap();
        store.append(&events, &Condition::None, now).unwrap();
        Views::default().read_on(&store, |_| {}).unwrap()
    }

    #[test]
    fn a_layout_that_changes_has_a_new_version() {
        let views = story();
        let digest = |view: &SavedView| {
            let mut hasher = sha2::Sha256::new();
            for (name, bytes) in views.parts(view) {
                hasher.update(name);
                hasher.update(bytes);
            }
            let digest: [u8; 32] = hasher.finalize().into();
            let hex: String = digest[..8]
                .iter()
                .map(|byte| format!("{byte:02x}"))
                .collect();
            format!("{} {}.{} {hex}", view.name, view.version, view.layout)
        };
        // Another digest of the same version would be read as what it is not: raise `SAVED` of the view, then change this line.
        assert_eq!(
            ALL.each_ref().map(digest),
            [
                "register 1.1 80e58d3d33a91bcc",
                "census 1.1 60995c307a5091ac",
                "tolls 1.1 65298dd6503406e6",
                "services 1.1 c4bc0374e9beea84",
            ]
        );
    }
}
