//! A log opened to ask about its figures.

use situ_core::{Census, Projection as _, Recorded, Zone};
use situ_sqlite::SqliteStore;
use situ_tolls::{FigureName, Question, Tolls};

use crate::args::{FigureArg, Read, Which};
use crate::commands::add::harm;
use crate::exit::NotThere;
use crate::ledger::{self, Ledger};
use crate::question;
use crate::run::Session;
use crate::saved;

/// The file, and everything folded from it that a question about figures needs.
pub(crate) struct Folded {
    pub(crate) store: SqliteStore,
    pub(crate) ledger: Ledger,
    pub(crate) tolls: Tolls,
    pub(crate) census: Census,
}

impl Folded {
    /// Opens the log to ask about one situation, and reads what is newer than what was saved of it.
    pub(crate) fn read(session: &mut Session<'_>) -> anyhow::Result<Self> {
        let store = ledger::open_to_read(session.global.store())?;
        let folded = saved::tolls(&store, session)?;
        Ok(Self {
            store,
            ledger: folded.ledger,
            tolls: folded.view,
            census: folded.census,
        })
    }

    /// Opens the log and reads it whole, to ask about any situation; passes on each event.
    pub(crate) fn read_whole(
        session: &Session<'_>,
        mut each: impl FnMut(&Recorded),
    ) -> anyhow::Result<Self> {
        let store = ledger::open_to_read(session.global.store())?;
        let (mut tolls, mut census) = (Tolls::default(), Census::default());
        let ledger = Ledger::read(&store, |recorded| {
            each(recorded);
            census.apply(recorded)?;
            tolls.apply(recorded).map(drop)
        })?;
        Ok(Self {
            store,
            ledger,
            tolls,
            census,
        })
    }

    /// The figure meant by a name, in the zone of the situation.
    pub(crate) fn figure(
        question: &question::Question,
        figure: &FigureArg,
    ) -> anyhow::Result<FigureName> {
        Ok(figure.resolve(question.zone)?)
    }

    /// The figures meant, and how they are read.
    pub(crate) fn which(
        &self,
        question: &question::Question,
        which: &Which,
        read: Option<&Read>,
    ) -> anyhow::Result<Question> {
        self::which(&self.store, question.zone, which, read)
    }

    /// Nothing is known of a figure; says which figures are.
    pub(crate) fn unknown(&self, question: &question::Question, figure: &FigureName) -> NotThere {
        const LISTED: usize = 4;
        let (situation, zone) = (&question.situation, question.zone);
        let known = self
            .tolls
            .at(situation, question.as_of, &Question::default());
        let figure = figure.display_in(zone).to_string();
        let names = known.tolls.iter();
        let mut names: Vec<String> = names
            .map(|toll| toll.figure.display_in(zone).to_string())
            .collect();
        // Those that say most of the same words, in their order, stand first.
        names.sort_by_key(|name| std::cmp::Reverse(in_common(name, &figure)));
        names.truncate(LISTED);
        let told = match names.as_slice() {
            [] => "no figure was known then; ask a later moment with --known or --at".to_owned(),
            names => format!("known were {}", names.join(", ")),
        };
        let more = match known.tolls.len().saturating_sub(LISTED) {
            0 => String::new(),
            more => format!(" and {more} more (`situ toll --json`)"),
        };
        NotThere(format!(
            "nothing was known of {figure} in {situation}; {told}{more}"
        ))
    }
}

/// How many words two names of figures have in common.
fn in_common(name: &str, other: &str) -> usize {
    let words = |name: &str| -> Vec<String> {
        let words = name.split(['/', '@', ',', '+']);
        words.map(str::to_owned).collect()
    };
    let others = words(other);
    let words = words(name).into_iter();
    words.filter(|word| others.contains(word)).count()
}

/// The figures meant, and how they are read; times in them are of a zone.
pub(crate) fn which(
    store: &SqliteStore,
    zone: Zone,
    which: &Which,
    read: Option<&Read>,
) -> anyhow::Result<Question> {
    let figure = which.figure.as_ref();
    let scope = which.scope.as_deref();
    Ok(Question {
        figure: figure.map(|figure| figure.resolve(zone)).transpose()?,
        outcome: which.outcome,
        who: which.who.map(|who| who.0),
        scope: scope.map(|scope| harm(scope, store)).transpose()?,
        place: which.place.clone(),
        basis: which.basis,
        policy: read.map(|read| read.policy.clone()).unwrap_or_default(),
        reading: read.map(|read| read.reading.0).unwrap_or_default(),
        ..Question::default()
    })
}
