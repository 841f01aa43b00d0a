//! `situ record`: what a record of a dataset said, as known then.

use std::collections::BTreeMap;

use serde::Serialize;
use situ_core::{
    EventId, Instant, Known, Name, Position, Projection as _, RecordField, SituationId, TextError,
    Verbatim,
};
use situ_import::{Publication, RecordKey, Records};

use crate::answer;
use crate::args::RecordArgs;
use crate::exit::{Exit, Hinted, NotThere};
use crate::ledger::{self, Ledger};
use crate::question::Question;
use crate::render::moment;
use crate::render::number::plural;
use crate::run::Session;

/// The answer.
#[derive(Debug, Serialize)]
struct Answer<'a> {
    dataset: &'a Name,
    key: &'a Name,
    status: Status,
    /// The event it was published by; null where the record was absent.
    published: Option<Published>,
    fields: BTreeMap<&'a Name, Field<'a>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Present,
    FieldAbsent,
    RecordAbsent,
}

#[derive(Debug, Serialize)]
struct Published {
    event: EventId,
    position: Position,
    learnt_at: Instant,
}

#[derive(Debug, Serialize)]
struct Field<'a> {
    /// As it stood in the file.
    value: &'a Verbatim,
    /// Whether the publisher filled it in.
    derived: bool,
}

pub(crate) fn run(args: &RecordArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let store = ledger::open_to_read(session.global.store())?;
    let mut records = Records::default();
    let ledger = Ledger::read(&store, |recorded| records.apply(recorded))?;
    let mut question = Question::resolve(session, &ledger)?;
    let dataset = dataset(args, &records, &question.situation)?;
    if let Some(version) = args.version_number {
        question.position = reached(version, &records, &question.situation, &dataset)?;
        question.as_of.known = Known::Position(question.position);
    }
    let key = RecordKey {
        situation: question.situation.clone(),
        dataset,
        key: key(&args.key)?,
    };
    let record = records.record(&key, question.as_of.known);
    let answer = answer(args, &key, record);
    if session.global.json {
        answer::write(session.out, (&question).into(), &answer)?;
    } else {
        print(args, &answer, &question, session)?;
    }
    Ok(match answer.status {
        Status::Present => Exit::Answered,
        Status::FieldAbsent | Status::RecordAbsent => Exit::No,
    })
}

/// The key, where it can be one.
fn key(text: &str) -> anyhow::Result<Name> {
    const SHOWN: usize = 60;
    let hint = "name a record as `situ record` does: 2023-10-19, or 2026-02-01|Quetta where a key has several columns";
    Name::new(text).map_err(|error| {
        let message = match error {
            TextError::Empty => "the key of the record is empty".to_owned(),
            TextError::TooLong { len, limit } => {
                let start: String = text.chars().take(SHOWN).collect();
                format!("the key `{start}…` has {len} bytes; a key has at most {limit}")
            }
            TextError::Forbidden { .. } => format!("no record has this key: {error}"),
        };
        Hinted::new(message, hint).into()
    })
}

/// The position after which the log held a version; before the first, nothing was known of the dataset.
fn reached(
    version: u64,
    records: &Records,
    situation: &SituationId,
    dataset: &Name,
) -> anyhow::Result<Position> {
    let versions = records.versions(situation, dataset);
    let Some((last, _)) = versions.last_key_value() else {
        let message = format!("{dataset} has no versions: it was not imported as a history");
        return Err(NotThere(format!("{message}; ask with --known")).into());
    };
    if version > *last {
        let number = plural(versions.len(), "version");
        return Err(NotThere(format!(
            "there is no version {version} of {dataset}: the log holds {number}, the last of them {last}; without --version-number the newest answers"
        ))
        .into());
    }
    let reached = records.version(situation, dataset, version);
    Ok(reached.unwrap_or(Position::START))
}

/// The dataset asked about: the one named, or the only one there is.
fn dataset(args: &RecordArgs, records: &Records, situation: &SituationId) -> anyhow::Result<Name> {
    let all = records.datasets(situation);
    if let Some(named) = &args.dataset {
        if all.contains(&named) {
            return Ok(named.clone());
        }
        return Err(NotThere(format!("there is no dataset {named} in {situation}")).into());
    }
    let is_versions = |name: &Name| name.as_str().ends_with("/versions");
    let sets: Vec<&Name> = all.into_iter().filter(|name| !is_versions(name)).collect();
    match sets[..] {
        [only] => Ok(only.clone()),
        [] => Err(NotThere(format!("no records were imported into {situation}")).into()),
        _ => {
            let names: Vec<&str> = sets.iter().map(|name| name.as_str()).collect();
            let hint = format!("name one with --dataset: {}", names.join(", "));
            Err(Hinted::new("the situation has several datasets", hint).into())
        }
    }
}

fn answer<'a>(
    args: &RecordArgs,
    key: &'a RecordKey,
    record: Option<&'a Publication>,
) -> Answer<'a> {
    let fields: BTreeMap<_, _> = record
        .into_iter()
        .flat_map(|record| &record.fields)
        .filter(|(name, _)| args.field.as_ref().is_none_or(|field| field == *name))
        .filter_map(|(name, field)| Some((name, said(field)?)))
        .collect();
    let status = match record {
        None => Status::RecordAbsent,
        Some(_) if args.field.is_some() && fields.is_empty() => Status::FieldAbsent,
        Some(_) => Status::Present,
    };
    Answer {
        dataset: &key.dataset,
        key: &key.key,
        status,
        published: record.map(|record| Published {
            event: record.event,
            position: record.position,
            learnt_at: record.learnt_at,
        }),
        fields,
    }
}

fn said(field: &RecordField) -> Option<Field<'_>> {
    let (value, derived) = match field {
        RecordField::Stated(value) => (value.as_ref()?, false),
        RecordField::Derived(value) => (value.as_ref()?, true),
    };
    Some(Field { value, derived })
}

fn print(
    args: &RecordArgs,
    answer: &Answer<'_>,
    question: &Question,
    session: &mut Session<'_>,
) -> anyhow::Result<()> {
    let out = &mut *session.out;
    let key = answer.key;
    let Some(published) = &answer.published else {
        writeln!(out, "record absent: {} had no {key} then", answer.dataset)?;
        return Ok(());
    };
    match (&args.field, answer.status) {
        (Some(field), Status::FieldAbsent) => {
            writeln!(out, "field absent: {key} had no {field} then")?;
        }
        _ => {
            for (name, field) in &answer.fields {
                let derived = if field.derived { " (derived)" } else { "" };
                writeln!(out, "{name}: {}{derived}", field.value.as_str())?;
            }
        }
    }
    let learnt = moment::local(published.learnt_at, question.zone);
    writeln!(
        out,
        "as published {learnt} (@{} {})",
        published.position, published.event
    )?;
    Ok(())
}
