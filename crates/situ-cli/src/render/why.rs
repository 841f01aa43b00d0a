//! Why a figure is what it is, as a page.

use std::io::{self, Write};

use situ_core::ClaimRef;
use situ_tolls::{
    Certainty, ClaimShown, Conflict, Derivation, DerivationStep, Reading, Verdict, WhichEnd, Why,
};

use unicode_width::UnicodeWidthStr as _;

use super::figure::{origin, spoken};
use super::lines::standing_by;
use super::names::Names;
use super::number::{grouped, plural, regrouped};
use super::paint::Tone;
use super::table::{Cell, Table, paragraph};
use super::toll::{flag_in_words, flag_name};

/// The whole page below its heading.
pub(crate) fn write(
    why: &Why,
    names: &Names<'_>,
    all_conflicts: bool,
    out: &mut dyn Write,
) -> io::Result<()> {
    shown(why, names, out)?;
    considered(why, names, out)?;
    not_used(why, names, out)?;
    let (plain, derivations): (Vec<_>, Vec<_>) = why
        .derivations
        .iter()
        .partition(|derivation| derivation.steps.len() == 1);
    said_outright(&plain, names, out)?;
    for derivation in derivations {
        derived(derivation, names, out)?;
    }
    conflicts(why, names, all_conflicts, out)?;
    notes(why, names, out)?;
    rests_on(why, names, out)?;
    beside(why, names, out)
}

fn heading(out: &mut dyn Write, text: &str) -> io::Result<()> {
    writeln!(out, "\n{}", Tone::Strong.paint(text))
}

/// The figure, what is shown, and both ends.
fn shown(why: &Why, names: &Names<'_>, out: &mut dyn Write) -> io::Result<()> {
    let toll = &why.toll;
    let figure = toll.figure.display_in(names.zone).to_string();
    let shown = toll
        .shown
        .map_or_else(|| "no single number".to_owned(), grouped);
    let title = format!("{figure}: {shown}");
    writeln!(out, "{}", Tone::Strong.paint(&title))?;
    let mut table = Table::indented(2);
    let mut row = |name: &str, text: String| {
        table.row([Cell::new(name, Tone::Quiet), Cell::from(regrouped(&text))]);
    };
    row("in words", toll.words.clone());
    let (first, second) = match toll.reading {
        Reading::Floor => (("floor", &toll.floor), ("point", &toll.point)),
        Reading::Point => (("point", &toll.point), ("floor", &toll.floor)),
    };
    for (index, (name, bounds)) in [first, second].into_iter().enumerate() {
        let means = if index == 0 {
            format!(" ({})", why.reading)
        } else {
            String::new()
        };
        row(&format!("as {name}"), format!("{}{means}", bounds.words));
    }
    let policy = &why.rule.policy;
    let rule = format!(
        "{}, version {}: {}",
        policy.name, policy.version, why.rule.words
    );
    row("policy", rule);
    table.write(out)
}

/// "Pakistani military (ISPR), as of 5 Feb".
fn said_by(claim: &ClaimShown, names: &Names<'_>) -> String {
    format!(
        "{}, as of {}",
        origin(claim, names),
        names.when(&claim.as_of)
    )
}

fn cited(claim: &ClaimShown, names: &Names<'_>) -> String {
    names.cite.of(ClaimRef::Claim(claim.claim))
}

/// Whether the names of sources leave no room for a column beside them.
fn is_wide<'c>(claims: impl Iterator<Item = &'c ClaimShown>, names: &Names<'_>) -> bool {
    const MOST: usize = 48;
    let mut widths = claims.map(|claim| said_by(claim, names).width());
    widths.any(|width| width > MOST)
}

/// A claim, who said it, and what became of it.
fn row_of(
    table: &mut Table,
    claim: &ClaimShown,
    tone: Tone,
    is_wide: bool,
    became: &str,
    names: &Names<'_>,
) {
    let (cited, said) = (cited(claim, names), regrouped(&claim.said));
    let (cited, said) = (Cell::new(cited, Tone::Quiet), Cell::new(said, tone));
    let by = said_by(claim, names);
    if is_wide {
        table.row([cited, said, Cell::from(format!("{by}; {became}"))]);
    } else {
        let became = Cell::new(became, Tone::Quiet);
        table.row([cited, said, Cell::from(by), became]);
    }
}

fn considered(why: &Why, names: &Names<'_>, out: &mut dyn Write) -> io::Result<()> {
    if why.considered.is_empty() {
        heading(out, "Nobody claims it; it follows from other figures")?;
        return Ok(());
    }
    heading(out, "The claims that stand")?;
    let is_wide = is_wide(
        why.considered.iter().map(|considered| &considered.claim),
        names,
    );
    let mut table = Table::indented(2);
    for considered in &why.considered {
        let because = regrouped(&considered.because);
        let by = considered
            .by
            .map(|by| names.cite.of(by))
            .unwrap_or_default();
        let (verdict, tone) = match considered.verdict {
            Verdict::Picked => (format!("picked: {because}"), Tone::Strong),
            Verdict::Counted => (format!("counted: {because}"), Tone::Strong),
            Verdict::PassedOver => (format!("passed over: {because}"), Tone::Plain),
            Verdict::GivenUp => (because, Tone::Alarm),
            Verdict::SpokenFor => (format!("older, of the side of {by}"), Tone::Quiet),
        };
        row_of(
            &mut table,
            &considered.claim,
            tone,
            is_wide,
            &verdict,
            names,
        );
    }
    table.write(out)
}

fn not_used(why: &Why, names: &Names<'_>, out: &mut dyn Write) -> io::Result<()> {
    if why.not_used.is_empty() {
        return Ok(());
    }
    heading(out, "The claims that do not stand")?;
    let is_wide = is_wide(why.not_used.iter().map(|not_used| &not_used.claim), names);
    let mut table = Table::indented(2);
    for not_used in &why.not_used {
        let claim = &not_used.claim;
        let by = not_used.by.map(|by| names.cite.of(by));
        let standing = standing_by(not_used.standing, &by.unwrap_or_default());
        row_of(&mut table, claim, Tone::Plain, is_wide, &standing, names);
    }
    table.write(out)
}

/// "At least 255".
fn end_in_words(end: WhichEnd, value: u64) -> String {
    match end {
        WhichEnd::Least => format!("at least {}", grouped(value)),
        WhichEnd::Most => format!("at most {}", grouped(value)),
    }
}

/// The ends that are what some claim says.
fn said_outright(
    derivations: &[&Derivation],
    names: &Names<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    if derivations.is_empty() {
        return Ok(());
    }
    heading(out, "Ends that a claim itself gives")?;
    let mut table = Table::indented(2);
    for derivation in derivations {
        let step = &derivation.steps[0];
        table.row([
            Cell::from(end_in_words(derivation.end, derivation.value)),
            Cell::from(as_reading(derivation.reading)),
            Cell::new(because(step, names), Tone::Quiet),
        ]);
    }
    table.write(out)
}

const fn as_reading(reading: Reading) -> &'static str {
    match reading {
        Reading::Floor => "as floor",
        Reading::Point => "as point",
    }
}

fn derived(derivation: &Derivation, names: &Names<'_>, out: &mut dyn Write) -> io::Result<()> {
    let reading = as_reading(derivation.reading);
    let end = end_in_words(derivation.end, derivation.value);
    heading(out, &format!("Why {end}, {reading}"))?;
    let mut table = Table::indented(2);
    for (number, step) in (1..).zip(&derivation.steps) {
        let as_of = step
            .as_of
            .as_ref()
            .map(|as_of| format!(", as of {}", names.when(as_of)))
            .unwrap_or_default();
        table.row([
            Cell::number(format!("{number}"), Tone::Quiet),
            Cell::from(end_in_words(step.end, step.value)),
            Cell::from(format!(
                "{}{as_of}; {}",
                spoken(&step.figure, names),
                because(step, names)
            )),
        ]);
    }
    table.write(out)?;
    let mut told: Vec<&str> = Vec::new();
    for step in &derivation.steps {
        let (Some(name), Some(means)) = (step.constraint, step.means) else {
            continue;
        };
        if !told.contains(&name) {
            told.push(name);
            paragraph(out, 2, &format!("{name}: {means}"), Tone::Quiet)?;
        }
    }
    Ok(())
}

/// Who said it, or from which steps it follows.
fn because(step: &DerivationStep, names: &Names<'_>) -> String {
    if let Some(claim) = &step.claim {
        return format!("said by {} {}", origin(claim, names), cited(claim, names));
    }
    let name = step.constraint.unwrap_or_default();
    let declared = step
        .declared_by
        .map(|event| format!(" {}", names.cite.of(event)))
        .unwrap_or_default();
    let numbers = |steps: &[usize]| steps.iter().map(ToString::to_string).collect::<Vec<_>>();
    let from = match (step.plus.as_slice(), step.minus.as_slice()) {
        ([only], []) => format!("from {only}"),
        (plus, minus) => {
            let plus = numbers(plus).join(" + ");
            let steps = numbers(minus)
                .iter()
                .fold(plus, |text, step| format!("{text} − {step}"));
            format!("{}, steps {steps}", regrouped(&step.expression))
        }
    };
    format!("{from}: {name}{declared}")
}

fn conflicts(why: &Why, names: &Names<'_>, all: bool, out: &mut dyn Write) -> io::Result<()> {
    let conflicts = &why.toll.conflicts;
    if conflicts.is_empty() {
        return Ok(());
    }
    heading(out, "Claims that cannot all be right")?;
    let told = if all { conflicts.len() } else { 3 };
    for conflict in conflicts.iter().take(told) {
        paragraph(out, 2, &in_words(conflict, names), Tone::Alarm)?;
    }
    if conflicts.len() > told {
        let more = plural(conflicts.len() - told, "more conflict");
        paragraph(out, 2, &format!("{more} (--all)"), Tone::Alarm)?;
    }
    if why.toll.more_conflicts && all {
        let text = "the search for conflicts stopped at its limit; there may be more";
        paragraph(out, 2, text, Tone::Quiet)?;
    }
    Ok(())
}

/// A clash, by how many people, and by which claims.
pub(crate) fn in_words(conflict: &Conflict, names: &Names<'_>) -> String {
    let kind = match conflict.certainty {
        Certainty::Certain => "conflict",
        Certainty::Possible => "possible conflict",
    };
    format!(
        "{kind}: {}; {} apart ({})",
        regrouped(&conflict.words),
        grouped(conflict.gap),
        names.cite.list(&conflict.claims)
    )
}

fn notes(why: &Why, names: &Names<'_>, out: &mut dyn Write) -> io::Result<()> {
    let flags = &why.toll.flags;
    if flags.is_empty() {
        return Ok(());
    }
    heading(out, "Before you use it")?;
    for flag in flags {
        let kind = flag_name(flag.flag);
        let claims = match flag.claims.as_slice() {
            [] => String::new(),
            claims => format!(" ({})", names.cite.list(claims)),
        };
        let text = format!("{kind}: {}{claims}", flag_in_words(flag, names));
        paragraph(out, 2, &regrouped(&text), Tone::Warning)?;
    }
    Ok(())
}

fn rests_on(why: &Why, names: &Names<'_>, out: &mut dyn Write) -> io::Result<()> {
    let beside_others = |used: &&situ_tolls::Used| !used.contributed.ends_with("beside the others");
    let used: Vec<_> = why.used.iter().filter(beside_others).collect();
    if used.is_empty() {
        return Ok(());
    }
    heading(out, "What it rests on")?;
    let mut table = Table::indented(2);
    for used in used {
        let about = match (&used.figure, &used.claim) {
            (Some(figure), Some(claim)) => {
                format!("{}; {}", spoken(figure, names), said_by(claim, names))
            }
            _ => "a declaration".to_owned(),
        };
        table.row([
            Cell::new(names.cite.of(used.name), Tone::Quiet),
            Cell::from(regrouped(&used.contributed)),
            Cell::new(about, Tone::Quiet),
        ]);
    }
    table.write(out)
}

fn beside(why: &Why, names: &Names<'_>, out: &mut dyn Write) -> io::Result<()> {
    if why.beside.is_empty() {
        return Ok(());
    }
    heading(out, "Other figures of the same people, never mixed with it")?;
    let mut table = Table::indented(2);
    for beside in &why.beside {
        let figure = beside.figure.display_in(names.zone).to_string();
        table.row([
            Cell::new(cited(&beside.claim, names), Tone::Quiet),
            Cell::from(regrouped(&beside.claim.said)),
            Cell::from(figure),
            Cell::new(said_by(&beside.claim, names), Tone::Quiet),
        ]);
    }
    table.write(out)
}
