//! An event in one line.

use situ_core::{
    CasualtiesReported, Event, Figure, Ordinal, Payload, Period, SpeechAct, StatementIssued, When,
};

use super::names::{Names, list, nth, service, spelled, who};
use super::number;

/// What an event says, in one line.
pub(crate) fn summary(event: &Event, names: &Names<'_>) -> String {
    let occurred = event.occurred.as_ref();
    match &event.payload {
        Payload::SituationOpened(opened) => format!("{}; days in {}", opened.title, opened.zone),
        Payload::PlaceDescribed(place) => {
            let name = place
                .names
                .first()
                .map(ToString::to_string)
                .unwrap_or_default();
            join(
                format!("{} is {name}", place.place),
                "in",
                &names.places(&place.within),
            )
        }
        Payload::SourceDescribed(source) => {
            let party = source
                .party
                .as_ref()
                .map(ToString::to_string)
                .unwrap_or_default();
            let kind = spelled(source.kind.as_str());
            join(
                format!("{} is {}, {kind}", source.id, source.name),
                "of",
                &party,
            )
        }
        Payload::SourceAssessed(assessed) => {
            let reliability = assessed.reliability.map(situ_core::Reliability::as_str);
            let credibility = assessed.credibility.map(situ_core::Credibility::as_str);
            let grade: String = reliability.into_iter().chain(credibility).collect();
            format!(
                "{} assesses {} as {grade}",
                assessed.by,
                names.source(&assessed.assessed)
            )
        }
        Payload::AttackOccurred(attack) => {
            let unnamed = attack
                .unnamed_places_within
                .as_ref()
                .map(|place| format!("unnamed places in {}", names.place(place)));
            let places = list(
                attack
                    .places
                    .iter()
                    .map(|place| names.place(place))
                    .chain(unnamed),
            );
            let what = join(spelled(attack.mode.as_str()), "at", &places);
            let targets = list(attack.targets.iter().map(ToString::to_string));
            dated(join(what, "on", &targets), occurred, names)
        }
        Payload::OperationConducted(operation) => {
            let against = list(operation.against.iter().map(ToString::to_string));
            let mode = spelled(operation.mode.as_str());
            let state = spelled(operation.state.as_str());
            let what = join(format!("{}: {mode}", operation.actor), "against", &against);
            let what = join(what, "in", &names.places(&operation.places));
            dated(format!("{what}, {state}"), occurred, names)
        }
        Payload::CasualtiesReported(reported) => casualties(reported, occurred, names),
        Payload::OutcomeChanged(change) => {
            let people = format!(
                "{} {}",
                number::grouped(change.count.get()),
                who(change.people)
            );
            dated(
                format!("{people}: {} → {}", change.from, change.to),
                occurred,
                names,
            )
        }
        Payload::StatementIssued(statement) => {
            let acts = list(statement.acts.iter().map(act));
            dated(format!("{} {acts}", speaker(statement)), occurred, names)
        }
        Payload::ServiceSuspended(suspended) => {
            let degree = match suspended.degree {
                situ_core::Degree::None => "suspended".to_owned(),
                other => format!("cut to {}", spelled(other.as_str())),
            };
            let what = format!(
                "{} {degree}: {}",
                service(suspended.service),
                names.scope(&suspended.scope)
            );
            let since = occurred.map_or("start unknown".to_owned(), |when| {
                format!("since {}", bare(names.when(when)))
            });
            format!(
                "{what}; {since}{}",
                ordinal(suspended.ordinal.as_ref(), names)
            )
        }
        Payload::ServiceConfirmed(confirmed) => {
            let degree = match confirmed.degree {
                situ_core::Degree::None => "still suspended".to_owned(),
                other => format!("still {}", spelled(other.as_str())),
            };
            let what = format!(
                "{} {degree}: {}",
                service(confirmed.service),
                names.scope(&confirmed.scope)
            );
            dated(
                what + &ordinal(confirmed.ordinal.as_ref(), names),
                occurred,
                names,
            )
        }
        Payload::ServiceRestored(restored) => {
            let degree = match restored.degree {
                situ_core::Degree::Normal => "restored".to_owned(),
                other => format!("restored, {}", spelled(other.as_str())),
            };
            let what = format!(
                "{} {degree}: {}",
                service(restored.service),
                names.scope(&restored.scope)
            );
            dated(what, occurred, names)
        }
        Payload::ServiceOutlookGiven(outlook) => format!(
            "{} expected back {}: {}",
            service(outlook.service),
            names.when(&outlook.expected_end),
            names.scope(&outlook.scope)
        ),
        Payload::PartitionDeclared(partition) => {
            let parts: Vec<String> = partition.parts.iter().map(|part| who(*part)).collect();
            let rest = match partition.coverage {
                situ_core::Coverage::Exhaustive => "",
                situ_core::Coverage::Partial => " + a remainder",
            };
            let scope = names.harm(partition.scope);
            let what = format!(
                "{} {} = {}{rest}",
                partition.outcome,
                who(partition.whole),
                parts.join(" + ")
            );
            if scope.is_empty() {
                what
            } else {
                format!("{what}, {scope}")
            }
        }
        Payload::CounterRestarted(restarted) => {
            let outcome = restarted
                .outcome
                .map(|outcome| format!(" of {outcome}"))
                .unwrap_or_default();
            dated(
                format!("counting{outcome} begins anew: {}", restarted.epoch),
                occurred,
                names,
            )
        }
        Payload::RecordPublished(record) => {
            format!(
                "{} {}: {}",
                record.dataset,
                record.key,
                number::plural(record.fields.len(), "field")
            )
        }
        Payload::ClaimRetracted(retracted) => {
            let reason = spelled(retracted.reason.as_str());
            let instead = retracted
                .replacement
                .map(|replacement| format!("; instead {}", names.cite.of(replacement)))
                .unwrap_or_default();
            format!(
                "{} does not stand: {reason}{instead}",
                names.cite.of(retracted.target)
            )
        }
        Payload::Unknown(unknown) => format!(
            "unknown kind or version ({} bytes kept as they are)",
            unknown.json.get().len()
        ),
        _ => String::new(),
    }
}

/// Figures by outcome, then their period.
fn casualties(reported: &CasualtiesReported, occurred: Option<&When>, names: &Names<'_>) -> String {
    let mut said: Vec<String> = Vec::new();
    let mut outcome = None;
    for figure in &reported.figures {
        let text = people(figure, names);
        if outcome == Some(figure.outcome) {
            said.push(text);
        } else {
            said.push(format!("{} {text}", figure.outcome));
            outcome = Some(figure.outcome);
        }
    }
    let period = reported
        .figures
        .first()
        .map(|figure| period(&figure.period, names))
        .unwrap_or_default();
    let as_of = occurred
        .map(|when| format!("as of {}", names.when(when)))
        .unwrap_or_default();
    let times = if period.is_empty() {
        as_of
    } else {
        format!("{period}, {as_of}")
    };
    format!("{} ({times})", said.join("; "))
}

/// "civilians 36".
pub(crate) fn people(figure: &Figure, names: &Names<'_>) -> String {
    let quantity = number::regrouped(&figure.quantity.to_string());
    let scope = names.harm(figure.scope);
    let places = names.places(&figure.places);
    let text = join(format!("{} {quantity}", who(figure.who())), "in", &places);
    if scope.is_empty() {
        text
    } else {
        format!("{text} {scope}")
    }
}

/// "since 31 Jan", "from 3 Feb, unstated".
pub(crate) fn period(period: &Period, names: &Names<'_>) -> String {
    match period {
        Period::Incident => "one incident".to_owned(),
        Period::Cumulative { since: None } => "since the beginning".to_owned(),
        Period::Cumulative { since: Some(since) } => format!("since {}", bare(names.when(since))),
        Period::Window { counts, from } => {
            let counts = match counts {
                situ_core::WindowKind::Occurrence => "harmed",
                situ_core::WindowKind::Reporting => "announced",
                situ_core::WindowKind::Unstated => "harmed or announced",
            };
            format!("{counts} from {}", bare(names.when(from)))
        }
    }
}

/// Who spoke, and for whom.
pub(crate) fn speaker(statement: &StatementIssued) -> String {
    match &statement.on_behalf_of {
        Some(behalf) => format!("{} for {behalf}", statement.speaker),
        None => statement.speaker.to_string(),
    }
}

/// One act of a statement, as a verb with its object.
fn act(act: &SpeechAct) -> String {
    let verb = spelled(act.act.as_str());
    let to = list(act.addressed_to.iter().map(ToString::to_string));
    join(verb, "to", &to)
}

/// The acts of a statement in full, with their words.
pub(crate) fn acts_in_full(statement: &StatementIssued) -> String {
    let full = statement.acts.iter().map(|speech| {
        let words = speech
            .words
            .as_ref()
            .map(|words| format!(" \"{words}\""))
            .unwrap_or_default();
        format!("{}{words}", act(speech))
    });
    full.collect::<Vec<_>>().join("; ")
}

fn ordinal(ordinal: Option<&Ordinal>, names: &Names<'_>) -> String {
    ordinal
        .map(|ordinal| {
            format!(
                ", {} day on {}",
                nth(ordinal.nth.get().into()),
                names.when(&ordinal.on)
            )
        })
        .unwrap_or_default()
}

fn dated(text: String, occurred: Option<&When>, names: &Names<'_>) -> String {
    occurred.map_or(text.clone(), |when| format!("{text}; {}", names.when(when)))
}

/// Without a "since" of its own, for where one is said already.
fn bare(when: String) -> String {
    when.strip_prefix("since ")
        .map(str::to_owned)
        .unwrap_or(when)
}

fn join(text: String, word: &str, rest: &str) -> String {
    if rest.is_empty() {
        text
    } else {
        format!("{text} {word} {rest}")
    }
}
