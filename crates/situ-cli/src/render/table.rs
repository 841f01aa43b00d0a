//! Aligned columns.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr as _;

use super::paint::Tone;

/// Where lines are broken.
pub(crate) const WIDTH: usize = 100;

/// One cell: a text and its tone.
#[derive(Debug, Clone, Default)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
    is_number: bool,
}

impl Cell {
    pub(crate) fn new(text: impl Into<String>, tone: Tone) -> Self {
        Self {
            text: text.into(),
            tone,
            is_number: false,
        }
    }

    /// Aligned to the right.
    pub(crate) fn number(text: impl Into<String>, tone: Tone) -> Self {
        Self {
            text: text.into(),
            tone,
            is_number: true,
        }
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::new(text, Tone::Plain)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::new(text, Tone::Plain)
    }
}

/// Rows of cells; the last column wraps under itself, unless it is a list.
#[derive(Debug, Default)]
pub(crate) struct Table {
    indent: usize,
    is_list: bool,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// A table set in by so many columns.
    pub(crate) fn indented(indent: usize) -> Self {
        Self {
            indent,
            ..Self::default()
        }
    }

    /// A table of one line a row, whatever its length, for pipes.
    pub(crate) fn list() -> Self {
        Self {
            is_list: true,
            ..Self::default()
        }
    }

    pub(crate) fn row<const N: usize>(&mut self, cells: [Cell; N]) {
        self.rows.push(cells.into());
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    pub(crate) fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let widths: Vec<usize> = (0..columns)
            .map(|column| {
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                cells.map(|cell| cell.text.width()).max().unwrap_or(0)
            })
            .collect();
        for row in &self.rows {
            self.write_row(row, &widths, out)?;
        }
        Ok(())
    }

    fn write_row(&self, row: &[Cell], widths: &[usize], out: &mut dyn Write) -> io::Result<()> {
        let mut line = " ".repeat(self.indent);
        let mut used = self.indent;
        let Some((last, cells)) = row.split_last() else {
            return Ok(());
        };
        for (cell, width) in cells.iter().zip(widths) {
            let padding = " ".repeat(width - cell.text.width());
            let text = cell.tone.paint(&cell.text);
            if cell.is_number {
                line.push_str(&padding);
                line.push_str(&text);
            } else {
                line.push_str(&text);
                line.push_str(&padding);
            }
            line.push_str("  ");
            used += width + 2;
        }
        let hanging = format!("\n{}", " ".repeat(used));
        let width = if self.is_list {
            usize::MAX
        } else {
            WIDTH.saturating_sub(used).max(24)
        };
        let lines: Vec<String> = wrap(&last.text, width)
            .iter()
            .map(|text| last.tone.paint(text))
            .collect();
        line.push_str(&lines.join(&hanging));
        writeln!(out, "{}", line.trim_end_matches(' '))
    }
}

/// Breaks a text at spaces into lines of at most so many columns, as far as its words allow.
pub(crate) fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split(' ') {
        let line = lines.last_mut().expect("there is always a line");
        if line.is_empty() {
            line.push_str(word);
        } else if line.width() + 1 + word.width() <= width {
            line.push(' ');
            line.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

/// Writes a paragraph, set in, broken under itself.
pub(crate) fn paragraph(
    out: &mut dyn Write,
    indent: usize,
    text: &str,
    tone: Tone,
) -> io::Result<()> {
    for line in wrap(text, WIDTH.saturating_sub(indent)) {
        writeln!(out, "{}{}", " ".repeat(indent), tone.paint(&line))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_what_a_terminal_shows() {
        let mut table = Table::indented(2);
        table.row([
            "کوئٹہ".into(),
            Cell::number("1\u{202f}000", Tone::Plain),
            "end".into(),
        ]);
        table.row(["Quetta".into(), Cell::number("36", Tone::Plain), "".into()]);
        let mut out = Vec::new();
        table.write(&mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "  کوئٹہ   1\u{202f}000  end\n  Quetta     36\n"
        );
    }

    #[test]
    fn the_last_column_wraps_under_itself() {
        let mut table = Table::indented(0);
        table.row(["a".into(), "word ".repeat(30).trim_end().into()]);
        let mut out = Vec::new();
        table.write(&mut out).unwrap();
        let text = String::from_utf8(out).unwrap();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines.iter().all(|line| line.width() <= WIDTH), "{text}");
        assert!(lines[1].starts_with("   word"), "{text}");
    }
}
