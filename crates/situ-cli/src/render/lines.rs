//! What every line says, as a page.

use std::io::{self, Write};

use situ_core::ClaimRef;
use situ_tolls::{ClaimStanding, Line, Said};

use super::names::{Names, list, spelled};
use super::number::regrouped;
use super::paint::Tone;
use super::table::{Cell, Table};

/// Every line under the name of its figure.
pub(crate) fn write(lines: &[Line], names: &Names<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut last = None;
    for line in lines {
        if last != Some(&line.figure) {
            if last.is_some() {
                writeln!(out)?;
            }
            let figure = line.figure.display_in(names.zone).to_string();
            writeln!(out, "{}", Tone::Strong.paint(&figure))?;
            last = Some(&line.figure);
        }
        let source = names.source(&line.source);
        let party = line
            .party
            .as_ref()
            .filter(|party| party.as_str() != source)
            .map(|party| format!(" ({party})"))
            .unwrap_or_default();
        let epoch = line
            .epoch
            .as_ref()
            .map(|epoch| format!(", counting anew: {epoch}"))
            .unwrap_or_default();
        writeln!(out, "  {source}{party}{epoch}")?;
        said(&line.said, names, out)?;
    }
    Ok(())
}

fn said(said: &[Said], names: &Names<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::indented(4);
    for said in said {
        let claim = &said.claim;
        let (number, rest) = match said.standing {
            ClaimStanding::Current => (Tone::Strong, Tone::Plain),
            _ => (Tone::Quiet, Tone::Quiet),
        };
        table.row([
            Cell::new(names.when(&claim.as_of), rest),
            Cell::new(regrouped(&claim.said), number),
            Cell::new(names.cite.of(ClaimRef::Claim(claim.claim)), Tone::Quiet),
            Cell::new(
                format!("learnt {}", names.moment(claim.learnt_at)),
                Tone::Quiet,
            ),
            Cell::new(standing(said, names), rest),
        ]);
    }
    table.write(out)
}

/// How a claim stands, and which claim or event made it so.
pub(crate) fn standing_by(standing: ClaimStanding, by: &str) -> String {
    match standing {
        ClaimStanding::Current => "current".to_owned(),
        ClaimStanding::Superseded => format!("superseded by {by}"),
        ClaimStanding::Revised => format!("revised by {by}"),
        ClaimStanding::Repeated => format!("says the same as {by}"),
        ClaimStanding::Retracted => format!("retracted by {by}"),
    }
}

/// How a claim stands, through whom it came, and in which words.
fn standing(said: &Said, names: &Names<'_>) -> String {
    let by = said.by.map(|by| names.cite.of(by)).unwrap_or_default();
    let why = said
        .retraction
        .map(|reason| format!(" ({})", spelled(reason.as_str())))
        .unwrap_or_default();
    let standing = format!("{}{why}", standing_by(said.standing, &by));
    let via = match said.claim.via.as_slice() {
        [] => None,
        via => Some(format!(
            "via {}",
            list(via.iter().map(|source| names.source(source)))
        )),
    };
    let words = said.claim.words.as_ref();
    let words = words
        .filter(|words| words.as_str() != said.claim.said)
        .map(|words| format!("\"{words}\""));
    let parts: Vec<String> = [Some(standing), via, words].into_iter().flatten().collect();
    parts.join(", ")
}
