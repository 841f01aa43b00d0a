//! Services as a page.

use std::io::{self, Write};

use situ_core::{ClaimRef, Degree, EventId, Extent, PlaceId};
use situ_services::{
    Brief, Change, ChangeClass, Conflict, ConflictKind, Contribution, Freshness, How, Nearby,
    Relation, ServiceStatus, SetAsideReason, Since, Status, StatusId,
};

use crate::commands::services::Said;

use super::moment;
use super::names::{Names, list, nth, service, spelled};
use super::number::plural;
use super::paint::Tone;
use super::summary::summary;
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

/// The same under a heading for each place.
pub(crate) fn write_by_place(
    services: &[ServiceStatus],
    names: &Names<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut places: Vec<(String, Vec<ServiceStatus>)> = Vec::new();
    for status in services {
        let place = home(status, names);
        let place = place.map_or_else(|| "no place said".to_owned(), |place| names.place(&place));
        match places.iter_mut().find(|(known, _)| *known == place) {
            Some((_, services)) => services.push(status.clone()),
            None => places.push((place, vec![status.clone()])),
        }
    }
    for (index, (place, services)) in places.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{}", Tone::Strong.paint(place))?;
        write(services, names, out)?;
    }
    Ok(())
}

/// The smallest place that holds a scope, where one is known: of a stretch, also by what covers it.
fn home(status: &ServiceStatus, names: &Names<'_>) -> Option<PlaceId> {
    match &status.scope.of {
        Extent::Area { place } | Extent::SomeOf { within: place, .. } => Some(place.clone()),
        Extent::Facility { place, .. } => place.clone(),
        Extent::Between { a, b: None } => Some(a.clone()),
        Extent::Segment { from, to, .. }
        | Extent::Between {
            a: from,
            b: Some(to),
        } => {
            let of_ends = names.smallest_with_both(from, to);
            let mut covering = status.covered_by.iter().rev().filter_map(area);
            let covering = covering.find(|area| {
                let lies_in = |outer| names.smallest_with_both(outer, area).as_ref() == Some(outer);
                of_ends.as_ref().is_none_or(lies_in)
            });
            covering.cloned().or(of_ends)
        }
        Extent::Route { .. } | Extent::Operator { .. } | Extent::Network { .. } => None,
    }
}

/// The place that all of a service in it has a status of.
fn area(status: &StatusId) -> Option<&PlaceId> {
    match status.scope() {
        Extent::Area { place } => Some(place),
        _ => None,
    }
}

/// What may concern a place, and how.
pub(crate) fn write_nearby(
    nearby: &[Nearby],
    names: &Names<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (relation, heading) in [
        (
            Relation::Reaches,
            "begins or ends there, or in what it lies in",
        ),
        (Relation::MayInclude, "may include it"),
        (Relation::NoPlace, "of which no place is said"),
    ] {
        let related = nearby.iter().filter(|nearby| nearby.relation == relation);
        let services: Vec<_> = related.map(|nearby| nearby.status.clone()).collect();
        if !services.is_empty() {
            writeln!(out, "\n{}", Tone::Strong.paint(heading))?;
            write(&services, names, out)?;
        }
    }
    Ok(())
}

/// The ids, each with its state in words.
pub(crate) fn write_ids(
    services: &[ServiceStatus],
    names: &Names<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = Table::list();
    for status in services {
        table.row([
            Cell::new(status.id.to_string(), Tone::Strong),
            Cell::new(state(status, names), tone(status)),
        ]);
    }
    table.write(out)
}

/// A status in full, and what it is made of.
pub(crate) fn write_why(
    status: &ServiceStatus,
    claims: &[Said],
    names: &Names<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let what = format!("{}, {}", service(status.service), place(status, names));
    writeln!(
        out,
        "{}: {}",
        Tone::Strong.paint(&what),
        tone(status).paint(&state(status, names))
    )?;
    let mut table = Table::indented(2);
    let quiet = |label: &str| Cell::new(label, Tone::Quiet);
    table.row([quiet("id"), status.id.to_string().into()]);
    let start = |of: &Since| {
        let said = since(of, names);
        let said = said.strip_prefix("since ").unwrap_or(&said);
        said.strip_prefix("start ").unwrap_or(said).to_owned()
    };
    table.row([quiet("start"), start(&status.since).into()]);
    if let Some(changed) = &status.changed {
        let degree = spelled(status.degree.as_str());
        table.row([quiet(&format!("{degree} since")), start(changed).into()]);
    }
    if let Some(said) = confirmation(status, names) {
        let said = said.strip_prefix("last ").unwrap_or(&said);
        let (label, said) = said.split_once(' ').unwrap_or(("confirmed", said));
        table.row([quiet(label), said.into()]);
    }
    table.row([quiet("freshness"), freshness(status, names).into()]);
    if !status.covered_by.is_empty() {
        table.row([
            quiet("covered by"),
            covered(&status.covered_by, names).into(),
        ]);
    }
    table.write(out)?;
    remarks(status, names, out)?;
    for (heading, is_set_aside) in [("rests on", false), ("set aside", true)] {
        let mut table = Table::indented(2);
        for said in claims
            .iter()
            .filter(|said| said.set_aside.is_some() == is_set_aside)
        {
            let role = match said.set_aside {
                Some(reason) => why_aside(reason, names),
                None => contributes(&said.contributes),
            };
            let event = said.recorded.event().map_err(io::Error::other)?;
            let source = event
                .source
                .as_ref()
                .map(|source| names.source(&source.origin));
            let source = source.map_or(String::new(), |source| format!(" ({source})"));
            table.row([
                Cell::new(names.cite.event(said.recorded.id), Tone::Quiet),
                Cell::from(role),
                Cell::from(format!("{}{source}", summary(&event, names))),
            ]);
        }
        if !table.is_empty() {
            writeln!(out, "\n{}", Tone::Strong.paint(heading))?;
            table.write(out)?;
        }
    }
    Ok(())
}

/// One line for each change.
pub(crate) fn write_history(
    changes: &[Change],
    names: &Names<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = Table::indented(2);
    for change in changes {
        table.row([
            Cell::new(names.moment(change.at), Tone::Quiet),
            Cell::new(change.class.words(), tone_of(change.class)),
            Cell::from(became(change, names)),
        ]);
    }
    table.write(out)
}

pub(crate) const fn tone_of(class: ChangeClass) -> Tone {
    match class {
        ChangeClass::Restored | ChangeClass::Settled => Tone::Good,
        ChangeClass::New | ChangeClass::Worse | ChangeClass::Conflict => Tone::Alarm,
        ChangeClass::WentStale | ChangeClass::Retraction | ChangeClass::Unclear => Tone::Warning,
        _ => Tone::Plain,
    }
}

/// A status in a word, and whether it is only the last known.
pub(crate) fn in_a_word(brief: Option<&Brief>) -> String {
    let Some(brief) = brief else {
        return "nothing known".to_owned();
    };
    let word = state_word(brief.status, brief.degree);
    match brief.freshness {
        Freshness::Stale => format!("last known {word}"),
        _ => word,
    }
}

/// What it became, and by which events.
pub(crate) fn became(change: &Change, names: &Names<'_>) -> String {
    let Some(to) = &change.to else {
        let events = change.events.iter().map(|event| names.cite.event(*event));
        let events = events.collect::<Vec<_>>().join(" ");
        return format!("nothing of its own: all members are known {events}");
    };
    let mut said = vec![in_a_word(Some(to))];
    said.extend(to.at_least.map(|count| format!("{count} or more unnamed")));
    if to.status != Status::Unknown {
        said.push(since(&to.since, names));
    }
    if !to.except.is_empty() {
        let except = to.except.iter().map(|extent| names.extent(extent));
        said.push(format!("except {}", list(except)));
    }
    for conflict in &change.arose {
        let (kind, about) = conflict_about(conflict);
        said.push(format!("{kind}, {about}"));
    }
    let events = change.events.iter().map(|event| names.cite.event(*event));
    let events: Vec<String> = events.collect();
    format!("{} {}", said.join("; "), events.join(" "))
        .trim_end()
        .to_owned()
}

/// "conflict", and "when it began, 1 day apart".
fn conflict_about(conflict: &Conflict) -> (&'static str, String) {
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
    (kind, format!("{about}{gap}"))
}

fn freshness(status: &ServiceStatus, names: &Names<'_>) -> String {
    let until = status.fresh_until.map(|until| names.moment(until));
    match (status.freshness, until) {
        (Freshness::Fresh, Some(until)) => format!("fresh until {until}"),
        (Freshness::Fresh, None) => "fresh".to_owned(),
        (Freshness::Stale, Some(until)) => format!("stale since {until}: only last known so"),
        (Freshness::Stale, None) => "stale".to_owned(),
        (Freshness::Unconfirmed, _) => "nothing that stands says anything".to_owned(),
    }
}

fn covered(by: &[StatusId], names: &Names<'_>) -> String {
    let larger = by
        .iter()
        .map(|id| format!("{} ({id})", names.extent(id.scope())));
    list(larger)
}

fn contributes(contributes: &[Contribution]) -> String {
    let words = contributes.iter().map(|contribution| match contribution {
        Contribution::Status => "status",
        Contribution::Start => "start",
        Contribution::Confirmation => "confirms",
        Contribution::Exception => "exception",
        Contribution::Vouches => "vouches",
        Contribution::Dispute => "disputes",
        Contribution::Count => "count",
        Contribution::Outlook => "outlook",
    });
    words.collect::<Vec<_>>().join(", ")
}

fn why_aside(reason: SetAsideReason, names: &Names<'_>) -> String {
    let by = |event: EventId| names.cite.event(event);
    match reason {
        SetAsideReason::Retracted { by: event, reason } => {
            format!("retracted by {}, {}", by(event), spelled(reason.as_str()))
        }
        SetAsideReason::Ended { by: event } => format!("ended by {}", by(event)),
        SetAsideReason::Revised { by: event } => format!("revised by {}", by(event)),
        SetAsideReason::Carved { by: event } => format!("carved out by {}", by(event)),
        SetAsideReason::Excepted => "excepts this".to_owned(),
        SetAsideReason::NotInside => {
            "excepts this, which does not lie in what it speaks of".to_owned()
        }
    }
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
    let word = state_word(status.status, status.degree);
    let word = if status.freshness == Freshness::Stale {
        format!("last known {word}")
    } else {
        word
    };
    if let Some(day) = status.day {
        let service_day = status
            .service_day
            .map(|day| format!(" ({} day of service)", nth(day.into())));
        let service_day = service_day.unwrap_or_default();
        return format!("{word}, {} day{service_day}", nth(day.into()));
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

pub(crate) fn state_word(status: Status, degree: Degree) -> String {
    match status {
        Status::Restricted => format!("restricted ({})", spelled(degree.as_str())),
        _ => status.word().to_owned(),
    }
}

/// When and by whom all of them were last confirmed, where it is one source at one time.
fn shared_confirmation(services: &[ServiceStatus], names: &Names<'_>) -> Option<String> {
    let mut confirmations = services.iter().map(|status| confirmation(status, names));
    let first = confirmations.next()??;
    confirmations
        .all(|other| other.as_ref() == Some(&first))
        .then_some(first)
}

/// "last confirmed 4 Feb by News report"; of what was told ahead, when it was announced.
fn confirmation(status: &ServiceStatus, names: &Names<'_>) -> Option<String> {
    let confirmed = status.last_confirmed.as_ref()?;
    let told = confirmed.when.as_ref().filter(|_| !status.announced);
    let when = told.map_or_else(|| names.moment(confirmed.at), |when| names.when(when));
    let what = if status.announced {
        "announced"
    } else {
        "last confirmed"
    };
    let by = confirmed
        .source
        .as_ref()
        .map(|source| format!(" by {}", names.source(source)))
        .unwrap_or_default();
    Some(format!("{what} {when}{by}"))
}

/// Where, since when, last confirmed by whom.
fn details(status: &ServiceStatus, is_confirmation_said: bool, names: &Names<'_>) -> String {
    let since = if status.rests_on.is_empty() && !status.set_aside.is_empty() {
        "what was said of it was taken back or set aside".to_owned()
    } else {
        since(&status.since, names)
    };
    let mut said = vec![place(status, names), since];
    if let Some(unobserved) = status.unobserved.filter(|days| *days > 0) {
        let days = if unobserved == 1 { "one day" } else { "days" };
        let count = if unobserved == 1 {
            String::new()
        } else {
            format!("{unobserved} ")
        };
        said.push(format!("{count}{days} of it unobserved"));
    }
    if status.announced {
        said.push("nobody has reported it since".to_owned());
    }
    if !status.covered_by.is_empty() {
        let larger = status.covered_by.iter().map(|id| names.extent(id.scope()));
        said.push(format!("covered by {}", list(larger)));
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
        let (kind, about) = conflict_about(conflict);
        let events: Vec<ClaimRef> = conflict
            .witnesses
            .iter()
            .map(|witness| ClaimRef::Event(witness.event))
            .collect();
        let text = format!("{kind}, {what}: {about} ({})", names.cite.list(&events));
        paragraph(out, 2, &text, Tone::Alarm)?;
    }
    let causes = status.causes.iter().map(|cause| {
        let said = spelled(cause.cause.as_str());
        match &cause.assessed_by {
            Some(by) => format!("{said} as assessed by {}", names.source(by)),
            None => said,
        }
    });
    let orders = status
        .ordered_by
        .iter()
        .map(|party| format!("ordered by {}", party.name));
    let mut reasons: Vec<String> = Vec::new();
    for reason in causes.chain(orders) {
        if !reasons.contains(&reason) {
            reasons.push(reason);
        }
    }
    let why = list(reasons);
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
