//! Services as a page.

use std::io::{self, Write};

use situ_core::{ClaimRef, Degree, Extent};
use situ_services::{ConflictKind, Freshness, How, ServiceStatus, Since, Status};

use super::moment;
use super::names::{Names, list, nth, service, spelled};
use super::number::plural;
use super::paint::Tone;
use super::table::{Cell, Table, paragraph};

/// A line or two for each service and scope, then what a reader must know.
pub(crate) fn write(
    services: &[ServiceStatus],
    names: &Names<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let shared = shared_confirmation(services, names);
    if let Some(confirmed) = &shared {
        paragraph(out, 2, confirmed, Tone::Quiet)?;
    }
    let mut table = Table::indented(2);
    for status in services {
        table.row([
            Cell::new(service(status.service), Tone::Strong),
            Cell::new(state(status, names), tone(status)),
            Cell::from(details(status, shared.is_some(), names)),
        ]);
    }
    table.write(out)?;
    for status in services {
        remarks(status, names, out)?;
    }
    Ok(())
}

const fn tone(status: &ServiceStatus) -> Tone {
    match (status.status, status.freshness) {
        (Status::Unknown, _) | (_, Freshness::Stale) => Tone::Warning,
        (Status::Operating, _) => Tone::Good,
        (Status::Restricted, _) => Tone::Warning,
        (Status::Suspended | Status::Disputed, _) => Tone::Alarm,
    }
}

/// "suspended, 5th day"; once stale "last known suspended, 5th day on 4 Feb".
fn state(status: &ServiceStatus, names: &Names<'_>) -> String {
    let word = match status.status {
        Status::Suspended => "suspended".to_owned(),
        Status::Restricted => format!("restricted ({})", spelled(status.degree.as_str())),
        Status::Operating if status.degree == Degree::Normal => "operating".to_owned(),
        Status::Operating => format!("operating ({})", spelled(status.degree.as_str())),
        Status::Unknown => "unknown".to_owned(),
        Status::Disputed => "disputed".to_owned(),
    };
    let word = if status.freshness == Freshness::Stale {
        format!("last known {word}")
    } else {
        word
    };
    if let Some(day) = status.day {
        return format!("{word}, {} day", nth(day.into()));
    }
    if let Some(last) = status.last_day {
        return format!(
            "{word}, {} day on {}",
            nth(last.day.into()),
            moment::day(last.on.0, names.year)
        );
    }
    word
}

/// When and by whom all of them were last confirmed, where it is one source at one time.
fn shared_confirmation(services: &[ServiceStatus], names: &Names<'_>) -> Option<String> {
    let mut confirmations = services.iter().map(|status| confirmation(status, names));
    let first = confirmations.next()??;
    confirmations
        .all(|other| other.as_ref() == Some(&first))
        .then_some(first)
}

/// "last confirmed 4 Feb by News report".
fn confirmation(status: &ServiceStatus, names: &Names<'_>) -> Option<String> {
    let confirmed = status.last_confirmed.as_ref()?;
    let when = confirmed
        .when
        .as_ref()
        .map_or_else(|| names.moment(confirmed.at), |when| names.when(when));
    let by = confirmed
        .source
        .as_ref()
        .map(|source| format!(" by {}", names.source(source)))
        .unwrap_or_default();
    Some(format!("last confirmed {when}{by}"))
}

/// Where, since when, last confirmed by whom.
fn details(status: &ServiceStatus, is_confirmation_said: bool, names: &Names<'_>) -> String {
    let mut said = vec![place(status, names), since(&status.since, names)];
    if let Some(unobserved) = status.unobserved.filter(|days| *days > 0) {
        let days = if unobserved == 1 { "one day" } else { "days" };
        let count = if unobserved == 1 {
            String::new()
        } else {
            format!("{unobserved} ")
        };
        said.push(format!("{count}{days} of it unobserved"));
    }
    let cited = status
        .last_confirmed
        .as_ref()
        .map(|confirmed| format!(" {}", names.cite.event(confirmed.event)));
    let cited = cited.unwrap_or_default();
    match confirmation(status, names).filter(|_| !is_confirmation_said) {
        Some(confirmation) => said.push(format!("{confirmation}{cited}")),
        None => return said.join("; ") + &cited,
    }
    said.join("; ")
}

fn place(status: &ServiceStatus, names: &Names<'_>) -> String {
    let (Some(unnamed), Extent::SomeOf { within, .. }) = (&status.unnamed, &status.scope.of) else {
        return names.scope(&status.scope);
    };
    let words = unnamed
        .words
        .as_ref()
        .map(|words| format!(" (\"{words}\")"))
        .unwrap_or_default();
    format!(
        "{} or more unnamed in {}{words}",
        unnamed.at_least,
        names.place(within)
    )
}

fn since(since: &Since, names: &Names<'_>) -> String {
    let day = |instant| names.zone.day_of(instant);
    let spoken = |instant| moment::day(day(instant), names.year);
    match (since.how, since.earliest, since.latest) {
        (How::Stated, Some(first), Some(last)) if day(first) == day(last) => {
            format!("since {}", spoken(first))
        }
        (How::Inferred, Some(first), Some(last)) if day(first) == day(last) => {
            format!("since {} (inferred)", spoken(first))
        }
        (How::Stated | How::Inferred, Some(first), Some(last)) => {
            format!("since {} to {}", spoken(first), spoken(last))
        }
        (_, Some(first), Some(last)) if day(first) == day(last) => {
            format!("start unknown, on {}", spoken(first))
        }
        (_, Some(first), Some(last)) => format!(
            "start unknown, between {} and {}",
            spoken(first),
            spoken(last)
        ),
        (_, Some(first), None) => format!("start unknown, not before {}", spoken(first)),
        (How::Stated | How::Inferred, None, Some(last)) => {
            format!("since {} or before", spoken(last))
        }
        (How::Unknown, None, _) | (_, None, None) => "start unknown".to_owned(),
    }
}

fn remarks(status: &ServiceStatus, names: &Names<'_>, out: &mut dyn Write) -> io::Result<()> {
    let what = format!("{}, {}", service(status.service), place(status, names));
    for conflict in &status.conflicts {
        let about = match conflict.kind {
            ConflictKind::Status => "how it was at one moment",
            ConflictKind::Start => "when it began",
            ConflictKind::Unbroken => "whether it was unbroken",
        };
        let kind = if conflict.possible {
            "possible conflict"
        } else {
            "conflict"
        };
        let gap = conflict
            .gap_days
            .map(|days| format!(", {} apart", plural(days as usize, "day")))
            .unwrap_or_default();
        let events: Vec<ClaimRef> = conflict
            .witnesses
            .iter()
            .map(|witness| ClaimRef::Event(witness.event))
            .collect();
        let text = format!(
            "{kind}, {what}: {about}{gap} ({})",
            names.cite.list(&events)
        );
        paragraph(out, 2, &text, Tone::Alarm)?;
    }
    let causes = status
        .causes
        .iter()
        .map(|cause| spelled(cause.cause.as_str()));
    let orders = status
        .ordered_by
        .iter()
        .map(|party| format!("ordered by {}", party.name));
    let why = list(causes.chain(orders));
    if !why.is_empty() {
        paragraph(out, 2, &format!("cause, {what}: {why}"), Tone::Plain)?;
    }
    if let Some(outlook) = &status.outlook {
        let passed = if outlook.passed {
            ", which has passed"
        } else {
            ""
        };
        let text = format!(
            "outlook, {what}: expected back {}{passed}",
            names.when(&outlook.expected_end)
        );
        paragraph(out, 2, &text, Tone::Plain)?;
    }
    Ok(())
}
