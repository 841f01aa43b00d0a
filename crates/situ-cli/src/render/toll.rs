//! Tolls as a page.

use std::borrow::Cow;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::io::{self, Write};

use clap::ValueEnum;
use situ_core::{
    Basis, ClaimRef, Harm, Instant, Interval, Outcome, PlaceId, Role, SourceId, When, Who,
    WindowKind,
};
use situ_tolls::{
    Bounds, Brief, Certainty, ClaimShown, Conflict, Flag, FlagKind, Reading, Toll, TollPeriod,
};

use super::names::{Names, list, spelled, who};
use super::number::{grouped, interval, plural, regrouped};
use super::paint::Tone;
use super::table::{Cell, Table, paragraph};
use super::{changes, chart};

/// How much is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// Figures, who says so, and what a reader must know.
    Brief,
    /// The evidence too.
    Evidence,
}

/// Which windows are shown of those that count the same people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Windows {
    /// Those up to the newest as-of
    Newest,
    /// All of them
    All,
}

/// Figures under the headings they share.
pub(crate) fn write(
    tolls: &[Toll],
    names: &Names<'_>,
    (detail, windows): (Detail, Windows),
    out: &mut dyn Write,
) -> io::Result<()> {
    let shown = match windows {
        Windows::Newest => Cow::Owned(without_earlier_windows(tolls)),
        Windows::All => Cow::Borrowed(tolls),
    };
    let left_out = tolls.len() - shown.len();
    let mut rest = &shown[..];
    while let Some(first) = rest.first() {
        let count = rest
            .iter()
            .take_while(|toll| is_beside(toll, first))
            .count();
        let (group, others) = rest.split_at(count);
        let heading = heading(group, names);
        writeln!(out, "{}", Tone::Strong.paint(&heading))?;
        let origin = first_origin(group, names);
        if let Some(origin) = &origin {
            let others = group.iter().flat_map(|toll| &toll.claims);
            let has_others = others
                .map(|claim| self::origin(claim, names))
                .any(|other| other != *origin);
            let unless = if has_others { "; others are named" } else { "" };
            paragraph(out, 2, &format!("said by {origin}{unless}"), Tone::Quiet)?;
        }
        figures(group, origin.as_deref(), names, out)?;
        for sum in group.iter().filter_map(|toll| sum(toll, names)) {
            paragraph(out, 2, &sum, Tone::Plain)?;
        }
        conflicts(group, names, detail, out)?;
        given_up(group, names, out)?;
        implied(group, names, out)?;
        notes(group, names, out)?;
        if detail == Detail::Evidence {
            for toll in group {
                evidence(toll, names, out)?;
            }
        }
        rest = others;
        if !rest.is_empty() {
            writeln!(out)?;
        }
    }
    if left_out > 0 {
        let earlier = plural(left_out, "earlier window");
        let text = format!("and {earlier} (--windows all, or --json)");
        writeln!(out)?;
        paragraph(out, 0, &text, Tone::Quiet)?;
    }
    Ok(())
}

/// Figures that share a heading on one axis each.
pub(crate) fn chart(
    tolls: &[Toll],
    names: &Names<'_>,
    windows: Windows,
    out: &mut dyn Write,
) -> io::Result<()> {
    let shown = match windows {
        Windows::Newest => Cow::Owned(without_earlier_windows(tolls)),
        Windows::All => Cow::Borrowed(tolls),
    };
    let groups = shown.chunk_by(is_beside);
    for (index, group) in groups.enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        writeln!(out, "{}", Tone::Strong.paint(&heading(group, names)))?;
        let rows = group.iter().map(|toll| {
            let brief = Brief::of(toll);
            chart::Row::Point(changes::point(label(toll, names), Some(&brief)))
        });
        chart::write(&rows.collect::<Vec<_>>(), out)?;
    }
    Ok(())
}

/// Leaves out the windows of a group of people that end before its newest one.
fn without_earlier_windows(tolls: &[Toll]) -> Vec<Toll> {
    let mut newest = HashMap::new();
    for toll in tolls {
        if let Some(window) = window(toll) {
            let end = newest.entry(window).or_insert(None);
            *end = (*end).max(end_of(toll));
        }
    }
    let is_shown =
        |toll: &&Toll| window(toll).is_none_or(|window| newest.get(&window) == Some(&end_of(toll)));
    tolls.iter().filter(is_shown).cloned().collect()
}

/// What a window counts, whenever.
type Counted<'a> = (Outcome, Who, Harm, &'a [PlaceId], Basis, WindowKind);

fn window(toll: &Toll) -> Option<Counted<'_>> {
    let TollPeriod::Window { counts, .. } = &toll.period else {
        return None;
    };
    let places = toll.places.as_slice();
    let people = people(toll);
    Some((
        toll.outcome,
        people,
        toll.scope,
        places,
        toll.basis,
        *counts,
    ))
}

fn end_of(toll: &Toll) -> Option<Instant> {
    toll.as_of.as_ref().and_then(When::latest)
}

/// Whether two figures count the same outcome, time and place, of other people or of other harm.
fn is_beside(toll: &Toll, other: &Toll) -> bool {
    toll.outcome == other.outcome
        && toll.period == other.period
        && toll.places == other.places
        && toll.basis == other.basis
}

/// "Killed since 31 Jan".
fn heading(group: &[Toll], names: &Names<'_>) -> String {
    let toll = &group[0];
    let period = match &toll.period {
        TollPeriod::Incident => ", in one incident".to_owned(),
        TollPeriod::Cumulative { since: None } => ", start of counting not said".to_owned(),
        TollPeriod::Cumulative { since: Some(since) } => {
            format!(" since {}", since_words(&names.when(since)))
        }
        TollPeriod::Window { from, .. } => {
            let until = group.iter().find_map(|toll| toll.as_of.as_ref());
            let until = until
                .map(|when| format!(" to {}", names.when(when)))
                .unwrap_or_default();
            format!(" in the window {}{until}", since_words(&names.when(from)))
        }
    };
    let mut heading = format!("{}{period}", capital(toll.outcome));
    for part in [in_places(toll, names), basis(toll)] {
        if !part.is_empty() {
            heading += &format!(", {part}");
        }
    }
    heading
}

/// Who said the first figure of a group that somebody said; the others name their source only where it is another.
fn first_origin(group: &[Toll], names: &Names<'_>) -> Option<String> {
    let mut claims = group.iter().flat_map(by_weight);
    claims.next().map(|claim| origin(claim, names))
}

/// "Senior security official via News report, as of 4 Feb".
fn origin(claim: &ClaimShown, names: &Names<'_>) -> String {
    let via = match claim.via.as_slice() {
        [] => String::new(),
        via => format!(
            " via {}",
            list(via.iter().map(|source| names.source(source)))
        ),
    };
    format!(
        "{}{via}, as of {}",
        names.source(&claim.source),
        names.when(&claim.as_of)
    )
}

fn since_words(when: &str) -> &str {
    when.strip_prefix("since ").unwrap_or(when)
}

fn capital(outcome: Outcome) -> String {
    let word = outcome.as_str();
    word[..1].to_uppercase() + &word[1..]
}

fn in_places(toll: &Toll, names: &Names<'_>) -> String {
    if toll.places.is_empty() {
        String::new()
    } else {
        format!("in {}", names.places(&toll.places))
    }
}

fn basis(toll: &Toll) -> String {
    match toll.basis {
        Basis::Reported => String::new(),
        other => spelled(other.as_str()),
    }
}

fn figures(
    group: &[Toll],
    first_origin: Option<&str>,
    names: &Names<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut table = Table::indented(2);
    for toll in group {
        let indent = match toll.scope {
            Harm::All => "  ".repeat(depth(people(toll))),
            _ => String::new(),
        };
        let tone = if toll.conflicts.is_empty() {
            Tone::Strong
        } else {
            Tone::Alarm
        };
        table.row([
            Cell::from(format!("{indent}{}", label(toll, names))),
            Cell::new(regrouped(&bounds_of(toll).1), tone),
            Cell::new(said_by(toll, first_origin, names), Tone::Quiet),
        ]);
    }
    table.write(out)
}

/// Which people, and of which harm where not of all.
fn label(toll: &Toll, names: &Names<'_>) -> String {
    let scope = names.harm(toll.scope);
    let people = who(people(toll));
    if scope.is_empty() {
        people
    } else {
        format!("{people} {scope}")
    }
}

const fn people(toll: &Toll) -> Who {
    Who {
        role: toll.who,
        sex: toll.sex,
        age: toll.age,
    }
}

/// How far a group lies within another.
fn depth(people: Who) -> usize {
    let mut depth = usize::from(people.sex.is_some() || people.age.is_some());
    let mut role = people.role;
    while let Some(whole) = role.part_of() {
        depth += 1;
        role = whole;
    }
    depth + usize::from(role != Role::All)
}

/// The bounds a line shows: those of the reading; where only counts taken as exact say anything, those.
fn bounds_of(toll: &Toll) -> (&Bounds, String) {
    let bounds = match toll.reading {
        Reading::Floor => &toll.floor,
        Reading::Point => &toll.point,
    };
    let says_more = toll.point.interval() != Interval::ANY;
    if toll.claims.is_empty() && bounds.interval() == Interval::ANY && says_more {
        return (&toll.point, format!("{} as counted", toll.point.words));
    }
    (bounds, without_how(toll).to_owned())
}

/// The words of a figure without how its claim comes to them, which stands with the claim.
fn without_how(toll: &Toll) -> &str {
    let carried = toll
        .claims
        .iter()
        .filter_map(|claim| claim.carried.as_ref());
    let mut short = carried.filter_map(|carried| {
        let short = toll.words.strip_suffix(&carried.words)?;
        short.strip_suffix(": ")
    });
    short.next().unwrap_or(&toll.words)
}

/// Whether an expression holds nothing but numbers that are known.
fn is_said(expression: &str) -> bool {
    !expression.is_empty() && !expression.contains("unknown")
}

/// Who said it and when, or how it follows.
fn said_by(toll: &Toll, first_origin: Option<&str>, names: &Names<'_>) -> String {
    const SHOWN: usize = 4;
    let claims = by_weight(toll).into_iter().take(SHOWN);
    let mut said: Vec<String> = claims
        .map(|claim| said(claim, toll, first_origin, names))
        .collect();
    if toll.claims.len() > SHOWN {
        said.push(format!("and {} more", toll.claims.len() - SHOWN));
    }
    if said.is_empty() {
        let bounds = bounds_of(toll).0;
        let proofs = bounds.least_by.iter().chain(&bounds.most_by);
        let mut derived: Vec<String> = proofs
            .filter(|proof| is_said(&proof.expression))
            .map(|proof| {
                format!(
                    "{} ({})",
                    regrouped(&proof.expression),
                    names.cite.list(&proof.witnesses)
                )
            })
            .collect();
        derived.dedup();
        if derived.is_empty() {
            return "nothing follows for them".to_owned();
        }
        return format!("follows from {}", derived.join(", "));
    }
    said.join("; ")
}

/// The claims of a figure: those in dispute first, then the newest.
fn by_weight(toll: &Toll) -> Vec<&ClaimShown> {
    let is_disputed = |claim: &ClaimShown| {
        let disputes = toll.flags.iter();
        let mut disputes = disputes.filter(|flag| flag.flag == FlagKind::Disputed);
        disputes.any(|flag| flag.claims.contains(&ClaimRef::Claim(claim.claim)))
    };
    let mut claims: Vec<&ClaimShown> = toll.claims.iter().collect();
    claims.sort_by_key(|claim| Reverse((is_disputed(claim), claim.as_of.latest(), claim.position)));
    claims
}

fn said(claim: &ClaimShown, toll: &Toll, first_origin: Option<&str>, names: &Names<'_>) -> String {
    let origin = origin(claim, names);
    let quoted = claim.words.as_ref().map(situ_core::Text::as_str);
    let is_shown = toll.claims.len() == 1 && toll.words.contains(&claim.said);
    let said = match &claim.carried {
        Some(carried) => Some(regrouped(&carried.words)),
        None => (!is_shown).then(|| regrouped(&claim.said)),
    };
    let quoted = quoted
        .filter(|words| *words != claim.said)
        .map(|words| format!("\"{words}\""));
    let origin = (first_origin != Some(origin.as_str())).then_some(origin);
    let parts: Vec<String> = origin.into_iter().chain(said).chain(quoted).collect();
    let cited = names.cite.of(ClaimRef::Claim(claim.claim));
    if parts.is_empty() {
        cited
    } else {
        format!("{} {cited}", parts.join(", "))
    }
}

/// A figure as the sum of its parts, where something is known of each.
fn sum(toll: &Toll, names: &Names<'_>) -> Option<String> {
    let parts = toll.parts.as_ref()?;
    let whole = toll.point.interval();
    let mut numbers: Vec<Interval> = parts.parts.iter().map(|part| part.point).collect();
    let people = label(toll, names);
    if !parts.sum_checks && !toll.conflicts.is_empty() {
        let [claim] = toll.claims.as_slice() else {
            return None;
        };
        let said = regrouped(&claim.said);
        return added(&numbers)
            .map(|sum| format!("{people} as counted does not add up: {said} against {sum}"));
    }
    let rest = match parts.remainder {
        Interval {
            least: 0,
            most: Some(0),
        } => "; nobody left over",
        remainder => {
            numbers.push(remainder);
            " unclassified"
        }
    };
    let whole = added(&[whole])?;
    added(&numbers).map(|sum| format!("{people} as counted: {whole} = {sum}{rest}"))
}

/// "197 + 22 + 36", if every number is known and in order.
fn added(numbers: &[Interval]) -> Option<String> {
    let is_known = |number: &Interval| {
        *number != Interval::ANY && number.most.is_none_or(|most| number.least <= most)
    };
    let numbers: Option<Vec<String>> = numbers
        .iter()
        .map(|number| is_known(number).then(|| interval(*number)))
        .collect();
    numbers.map(|numbers| numbers.join(" + "))
}

/// The clashes of a group, each once, with the people it is about; in brief the widest of each figure, and how many more.
fn conflicts(
    group: &[Toll],
    names: &Names<'_>,
    detail: Detail,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut clashes: Vec<(&Conflict, Vec<String>)> = Vec::new();
    for toll in group {
        for conflict in &toll.conflicts {
            let people = label(toll, names);
            match clashes.iter_mut().find(|(other, _)| *other == conflict) {
                Some((_, about)) => about.push(people),
                None => clashes.push((conflict, vec![people])),
            }
        }
    }
    let is_widest = |conflict: &Conflict| {
        let mut widest = group.iter().filter_map(|toll| toll.conflicts.first());
        widest.any(|widest| widest == conflict)
    };
    let (told, left_out): (Vec<_>, Vec<_>) = clashes
        .into_iter()
        .partition(|(conflict, _)| detail == Detail::Evidence || is_widest(conflict));
    for (conflict, about) in told {
        let text = format!(
            "{}, {}: {}; {} apart ({})",
            certainty(conflict),
            all_or(about, group.len()),
            regrouped(&conflict.words),
            grouped(conflict.gap),
            names.cite.list(&conflict.claims)
        );
        paragraph(out, 2, &text, Tone::Alarm)?;
    }
    if !left_out.is_empty() {
        let of = |kind| {
            let left_out = left_out.iter();
            left_out
                .filter(|(conflict, _)| conflict.certainty == kind)
                .count()
        };
        let kinds = [
            (of(Certainty::Certain), "more conflict"),
            (of(Certainty::Possible), "more possible conflict"),
        ];
        let kinds = kinds.into_iter().filter(|(count, _)| *count > 0);
        let kinds = list(kinds.map(|(count, kind)| plural(count, kind)));
        paragraph(out, 2, &format!("{kinds} (--evidence)"), Tone::Alarm)?;
    }
    if group.iter().any(|toll| toll.more_conflicts) && detail == Detail::Evidence {
        let text = "the search for conflicts stopped at its limit; there may be more";
        paragraph(out, 2, text, Tone::Quiet)?;
    }
    Ok(())
}

/// What the policy `consistent` gave up for the figures of a group.
fn given_up(group: &[Toll], names: &Names<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut given_up: Vec<ClaimRef> = Vec::new();
    for claim in group.iter().flat_map(|toll| &toll.given_up) {
        if !given_up.contains(claim) {
            given_up.push(*claim);
        }
    }
    if given_up.is_empty() {
        return Ok(());
    }
    let cited = names.cite.list(&given_up);
    let claims = plural(given_up.len(), "claim");
    let text = format!("given up so that the rest agree: {claims} ({cited})");
    paragraph(out, 2, &text, Tone::Plain)
}

const fn certainty(conflict: &Conflict) -> &'static str {
    match conflict.certainty {
        Certainty::Certain => "conflict",
        Certainty::Possible => "possible conflict",
    }
}

/// The people something is about, or that it is about all of a group.
fn all_or(about: Vec<String>, group: usize) -> String {
    if about.len() == group && about.len() > 1 {
        "all of them".to_owned()
    } else {
        list(about)
    }
}

/// What a window implies about the running counts at its start, on its condition.
fn implied(group: &[Toll], names: &Names<'_>, out: &mut dyn Write) -> io::Result<()> {
    let implied = group
        .iter()
        .filter_map(|toll| Some((toll, toll.implied.as_ref()?)));
    let mut condition = None;
    let mut before = Vec::new();
    for (toll, implied) in implied {
        let bounds = Interval {
            least: implied.least,
            most: implied.most,
        };
        if bounds == Interval::ANY || !is_said(&implied.expression) {
            continue;
        }
        let expression = regrouped(&implied.expression);
        before.push(format!(
            "{} {} ({expression})",
            label(toll, names),
            interval(bounds)
        ));
        condition = Some(implied.condition);
    }
    let Some(condition) = condition else {
        return Ok(());
    };
    paragraph(
        out,
        2,
        &format!("{condition}, there were before it: {}", list(before)),
        Tone::Plain,
    )
}

/// The warnings of a group, each once, with the people it is about.
fn notes(group: &[Toll], names: &Names<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut notes: Vec<(String, Vec<String>)> = Vec::new();
    for toll in group {
        for flag in &toll.flags {
            // The row itself says how it follows.
            if flag.flag == FlagKind::Derived {
                continue;
            }
            let people = label(toll, names);
            let said = flag_in_words(flag, names);
            match notes.iter_mut().find(|(words, _)| *words == said) {
                Some((_, about)) => about.push(people),
                None => notes.push((said, vec![people])),
            }
        }
    }
    for (words, about) in notes {
        let about = all_or(about, group.len());
        paragraph(
            out,
            2,
            &format!("note, {about}: {}", regrouped(&words)),
            Tone::Warning,
        )?;
    }
    Ok(())
}

/// The kind of a warning: "self declared".
pub(crate) fn flag_name(flag: FlagKind) -> String {
    let name = serde_json::to_value(flag).expect("a kind of warning is a word");
    spelled(name.as_str().unwrap_or_default())
}

/// A warning in words, with the name of the source in it.
pub(crate) fn flag_in_words(flag: &Flag, names: &Names<'_>) -> String {
    let sum = "the sum of earlier claims of ";
    if let Some(told) = flag.words.strip_prefix(sum)
        && let Some((id, parts)) = told.split_once(' ')
        && let Ok(id) = SourceId::new(id)
    {
        return format!("{sum}{} {parts}", names.source(&id));
    }
    let (before, after) = match flag.flag {
        FlagKind::SelfDeclared => ("", " speaks of its own people"),
        FlagKind::Relay => ("the same number as an earlier claim of ", ""),
        _ => return flag.words.clone(),
    };
    let id = flag
        .words
        .strip_prefix(before)
        .and_then(|words| words.strip_suffix(after))
        .and_then(|id| SourceId::new(id).ok());
    id.map_or_else(
        || flag.words.clone(),
        |id| format!("{before}{}{after}", names.source(&id)),
    )
}

fn evidence(toll: &Toll, names: &Names<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::indented(4);
    for support in &toll.rests_on {
        table.row([
            Cell::new(names.cite.of(support.claim), Tone::Quiet),
            Cell::from(regrouped(&support.contributed)),
        ]);
    }
    for aside in &toll.set_aside {
        let by = aside
            .by
            .map(|by| format!(", by {}", names.cite.of(by)))
            .unwrap_or_default();
        let why = aside
            .retraction
            .map(|reason| format!(" ({})", spelled(reason.as_str())))
            .unwrap_or_default();
        table.row([
            Cell::new(names.cite.of(aside.claim), Tone::Quiet),
            Cell::from(format!(
                "set aside: {} of {}, {}{by}{why}",
                regrouped(&aside.said.to_string()),
                aside.source,
                aside.reason.words()
            )),
        ]);
    }
    if !table.is_empty() {
        let (_, words) = bounds_of(toll);
        let figure = toll.figure.display_in(names.zone);
        writeln!(out, "  {figure}, {}, rests on", regrouped(&words))?;
        table.write(out)?;
    }
    Ok(())
}
