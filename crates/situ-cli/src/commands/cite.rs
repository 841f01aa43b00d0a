//! `situ cite`: a figure in one line that can be checked anywhere, and the check.

use std::collections::HashMap;
use std::io::Read as _;

use anyhow::Context as _;
use serde::Serialize;
use sha2::Digest as _;
use situ_core::{AsOf, EventId, Instant, Known, Position, Recorded, SituationId};
use situ_tolls::{Checked, Citation as Cited, Discrepancy, FigureName, LogState, Toll};

use crate::answer::{self, ResolvedAsOf};
use crate::args::{CiteArgs, FigureArg};
use crate::asked::Folded;
use crate::exit::{Exit, Hinted};
use crate::question::Question;
use crate::render::moment;
use crate::render::number::regrouped;
use crate::render::paint::Tone;
use crate::render::table::paragraph;
use crate::run::Session;

/// The answer to `situ cite FIGURE`, and to `--check`.
#[derive(Debug, Serialize)]
struct Cite {
    citation: String,
    situation: SituationId,
    figure: FigureName,
    shown: Option<u64>,
    least: u64,
    most: Option<u64>,
    /// Whether it holds; null where nothing was checked.
    holds: Option<bool>,
    differences: Vec<String>,
    notes: Vec<String>,
}

/// The most a citation may be long; one of a thousand claims is far shorter.
const LIMIT: u64 = 1 << 20;

pub(crate) fn run(args: &CiteArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    match (&args.check, &args.figure) {
        (Some(citation), _) => check(citation, session),
        (None, Some(figure)) => cite(figure, args, session),
        (None, None) => unreachable!("the command line requires one of both"),
    }
}

fn sha256(bytes: &[u8]) -> [u8; 32] {
    sha2::Sha256::digest(bytes).into()
}

fn cite(figure: &FigureArg, args: &CiteArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let mut passed = Passed::default();
    let folded = Folded::read_whole(session, |recorded| passed.take(recorded))?;
    let question = Question::resolve(session, &folded.ledger)?;
    let figure = Folded::figure(&question, figure)?;
    let policy = &args.read.policy;
    let asked = situ_tolls::Question {
        figure: Some(figure.clone()),
        policy: policy.clone(),
        reading: args.read.reading.0,
        ..situ_tolls::Question::default()
    };
    let answer = folded.tolls.at(&question.situation, question.as_of, &asked);
    let Some(toll) = answer.tolls.into_iter().next() else {
        return Err(folded.unknown(&question, &figure).into());
    };
    let log = passed.state(question.position)?;
    let events = events(&toll, &folded)?;
    let find = |id: EventId| events.get(&id);
    let (situation, as_of) = (&question.situation, question.as_of);
    let cited = Cited::of(&toll, situation, as_of, log, policy, &find, &sha256)?;
    if session.global.json {
        let cite = Cite {
            citation: cited.to_string(),
            situation: question.situation.clone(),
            figure: cited.figure,
            shown: cited.shown,
            least: cited.least,
            most: cited.most,
            holds: None,
            differences: Vec::new(),
            notes: Vec::new(),
        };
        answer::write(session.out, ResolvedAsOf::from(&question), cite)?;
    } else {
        writeln!(session.out, "{cited}")?;
    }
    Ok(Exit::Answered)
}

/// What passed by of a log while it was read: where each event stood, and the latest moment of learning up to there.
#[derive(Default)]
struct Passed(Vec<(Position, EventId, Instant)>);

impl Passed {
    fn take(&mut self, recorded: &Recorded) {
        let latest = self.0.last().map_or(recorded.learnt_at, |(_, _, latest)| {
            recorded.learnt_at.max(*latest)
        });
        self.0.push((recorded.position, recorded.id, latest));
    }

    fn state(&self, position: Position) -> anyhow::Result<LogState> {
        let at = self.0.partition_point(|(other, ..)| *other <= position);
        let (position, head, learnt) = at
            .checked_sub(1)
            .and_then(|at| self.0.get(at).copied())
            .context("nothing was in the log at that position")?;
        Ok(LogState {
            position,
            head,
            learnt,
        })
    }
}

/// The events a figure rests on.
fn events(toll: &Toll, folded: &Folded) -> anyhow::Result<HashMap<EventId, Recorded>> {
    let names = toll.rests_on.iter().map(|support| support.claim.event());
    found(names, folded)
}

fn found(
    ids: impl Iterator<Item = EventId>,
    folded: &Folded,
) -> anyhow::Result<HashMap<EventId, Recorded>> {
    let mut events = HashMap::new();
    for id in ids {
        let Some(position) = folded.store.position_of(id)? else {
            continue;
        };
        if let Some(recorded) = crate::reference::at(&folded.store, position)? {
            events.insert(id, recorded);
        }
    }
    Ok(events)
}

fn check(citation: &str, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let mut text = citation.to_owned();
    if citation == "-" {
        text.clear();
        let mut input = (&mut *session.input).take(LIMIT);
        input
            .read_to_string(&mut text)
            .context("cannot read the citation from standard input")?;
    }
    let cited: Cited = text.parse().map_err(|error: situ_tolls::CitationError| {
        Hinted::new(
            error.to_string(),
            "give the whole line that `situ cite` printed, in quotes, or with --check - on standard input",
        )
    })?;
    let folded = Folded::read_whole(session, |_| ())?;
    let events = found(cited.events(), &folded)?;
    let checked = cited.check(&folded.tolls, &|id| events.get(&id), &sha256);
    let exit = if checked.holds() {
        Exit::Answered
    } else {
        Exit::No
    };
    let differences = checked.discrepancies.iter().map(Discrepancy::to_string);
    let notes = checked.notes.iter().map(ToString::to_string);
    let (differences, notes): (Vec<String>, Vec<String>) = (differences.collect(), notes.collect());
    if session.global.json {
        let resolved = ResolvedAsOf {
            valid: checked.as_of.valid,
            known: checked.as_of.known,
            position: folded.ledger.head,
        };
        let cite = Cite {
            citation: cited.to_string(),
            situation: cited.situation,
            figure: cited.figure,
            shown: cited.shown,
            least: cited.least,
            most: cited.most,
            holds: Some(checked.holds()),
            differences,
            notes,
        };
        answer::write(session.out, resolved, cite)?;
        return Ok(exit);
    }
    print(&cited, &checked, &differences, &notes, &folded, session)?;
    Ok(exit)
}

fn print(
    cited: &Cited,
    checked: &Checked,
    differences: &[String],
    notes: &[String],
    folded: &Folded,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let out = &mut *session.out;
    let AsOf { valid, known } = checked.as_of;
    let zone = folded.ledger.register.zone(&cited.situation, known);
    let figure = cited.figure.display_in(zone);
    let shown = cited
        .shown
        .map_or_else(|| "no single number".to_owned(), |shown| shown.to_string());
    let known = match known {
        Known::Position(position) => format!("as the log knew at @{position}"),
        Known::Learnt(learnt) => format!("as known at {}", moment::local(learnt, zone)),
    };
    let at = moment::local(valid.0, zone);
    let (verdict, tone) = if checked.holds() {
        ("holds", Tone::Good)
    } else {
        ("does not hold", Tone::Alarm)
    };
    writeln!(out, "{}", tone.paint(&format!("The citation {verdict}.")))?;
    let rests = match cited.rests.len() {
        1 => "1 event".to_owned(),
        count => format!("{count} events"),
    };
    let text = format!(
        "{figure} in {}: {shown} by {}, at {at}, {known}; it rests on {rests}",
        cited.situation, cited.policy
    );
    paragraph(out, 2, &regrouped(&text), Tone::Plain)?;
    for difference in differences {
        paragraph(out, 2, &format!("differs: {difference}"), Tone::Alarm)?;
    }
    for note in notes {
        paragraph(out, 2, &format!("note: {note}"), Tone::Warning)?;
    }
    Ok(())
}
