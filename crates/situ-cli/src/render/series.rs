//! Series of a figure, as tables and as charts.

use std::io::{self, Write};

use super::changes::point;
use super::chart;
use super::figure::{brief, spoken};
use super::moment;
use super::names::{Names, list};
use super::paint::Tone;
use super::table::{Cell, Table};
use super::toll::flag_name;
use crate::series::{By, Of, Row, Series};

/// Each series under the name of its figure, as a table or on an axis.
pub(crate) fn write(
    all: &[Series],
    is_chart: bool,
    names: &Names<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    for (index, series) in all.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let by = match series.by {
            By::Place => "by place",
            By::Day => "at the end of each day",
            By::Week => "at the end of each week",
            By::Source => "by source",
        };
        let title = format!("{}, {by}", spoken(&series.figure, names));
        writeln!(out, "{}", Tone::Strong.paint(&title))?;
        if is_chart {
            let rows = series.rows.iter();
            let rows: Vec<chart::Row> = rows
                .map(|row| chart::Row::Point(point(label(row, names), row.brief.as_ref())))
                .collect();
            chart::write(&rows, out)?;
        } else {
            table(&series.rows, names, out)?;
        }
    }
    Ok(())
}

fn table(rows: &[Row], names: &Names<'_>, out: &mut dyn Write) -> io::Result<()> {
    let mut table = Table::indented(2);
    for row in rows {
        let flags = row.brief.as_ref().map(|brief| &brief.flags);
        let flags = flags.into_iter().flatten().map(|flag| flag_name(*flag));
        let is_doubtful = row.brief.as_ref().is_some_and(|brief| brief.conflicts > 0);
        let tone = if is_doubtful {
            Tone::Alarm
        } else {
            Tone::Strong
        };
        table.row([
            Cell::from(label(row, names)),
            Cell::new(brief(row.brief.as_ref()), tone),
            Cell::new(list(flags), Tone::Quiet),
        ]);
    }
    table.write(out)
}

fn label(row: &Row, names: &Names<'_>) -> String {
    match &row.of {
        Of::Places(places) if places.is_empty() => "the whole".to_owned(),
        Of::Places(places) => names.places(places),
        Of::Day(day) => moment::day(*day, names.year),
        Of::Week(day) => format!("to {}", moment::day(*day, names.year)),
        Of::Source(source) => names.source(source),
    }
}
