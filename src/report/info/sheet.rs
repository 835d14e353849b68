//! A page of sections: labels and values in two columns, tables, and lines of prose.

use std::fmt::Display;
use std::io::{self, Write};

use crate::report::{Paint, Style, text};

/// Columns of the labels: the longest is `FragmentationPercentage`.
const LABELS: usize = 24;
/// Columns of a line of prose where nothing bounds it.
const PROSE: usize = 100;

pub(in crate::report) struct Sheet<'a> {
    out: &'a mut dyn Write,
    style: Style,
}

/// A cell of a table.
pub(in crate::report) struct Cell {
    text: String,
    paint: Paint,
    right: bool,
}

impl Cell {
    pub(in crate::report) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), paint: Paint::Plain, right: false }
    }

    pub(in crate::report) fn number(text: impl Into<String>) -> Self {
        Self { right: true, ..Self::new(text) }
    }

    pub(in crate::report) fn paint(self, paint: Paint) -> Self {
        Self { paint, ..self }
    }
}

impl<'a> Sheet<'a> {
    pub(in crate::report) fn new(out: &'a mut dyn Write, style: Style) -> Self {
        Self { out, style }
    }

    /// The first line.
    pub(in crate::report) fn title(&mut self, title: &str) -> io::Result<()> {
        writeln!(self.out, "{}", self.style.paint(Paint::Strong, title))
    }

    /// The heading of a section.
    pub(in crate::report) fn section(&mut self, heading: &str) -> io::Result<()> {
        writeln!(self.out, "\n{}", self.style.paint(Paint::Strong, heading))
    }

    /// A label and its value.
    pub(in crate::report) fn row(&mut self, label: &str, value: impl Display) -> io::Result<()> {
        self.painted_row(label, Paint::Plain, value)
    }

    /// A label and a value that means something.
    pub(in crate::report) fn painted_row(&mut self, label: &str, paint: Paint, value: impl Display) -> io::Result<()> {
        let label = text::left(label, LABELS);
        writeln!(self.out, "  {} {}", self.style.paint(Paint::Faint, label), self.style.paint(paint, value))
    }

    /// A label and its value, if there is one.
    pub(in crate::report) fn optional(&mut self, label: &str, value: Option<impl Display>) -> io::Result<()> {
        value.map_or(Ok(()), |value| self.row(label, value))
    }

    /// A label and all values, one a line.
    pub(in crate::report) fn list(&mut self, label: &str, values: &[String]) -> io::Result<()> {
        values.iter().enumerate().try_for_each(|(number, value)| self.row(if number == 0 { label } else { "" }, value))
    }

    /// Rows of cells in columns as wide as they need to be.
    pub(in crate::report) fn table(&mut self, rows: &[Vec<Cell>]) -> io::Result<()> {
        let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
        let widths: Vec<usize> = (0..columns)
            .map(|column| rows.iter().filter_map(|row| row.get(column)).map(|cell| text::width(&cell.text)).max())
            .map(Option::unwrap_or_default)
            .collect();
        for row in rows {
            // Nothing follows the last text, so that no line ends in blanks.
            let filled = row.iter().rposition(|cell| !cell.text.is_empty()).map_or(0, |last| last.saturating_add(1));
            for (number, (cell, width)) in row.iter().take(filled).zip(&widths).enumerate() {
                let last = number.saturating_add(1) == filled;
                let padded = match (cell.right, last) {
                    (true, _) => text::right(&cell.text, *width),
                    (false, true) => cell.text.clone(),
                    (false, false) => text::left(&cell.text, *width),
                };
                write!(self.out, "  {}", self.style.paint(cell.paint, padded))?;
            }
            writeln!(self.out)?;
        }
        Ok(())
    }

    /// Prose, broken into lines between words.
    pub(in crate::report) fn prose(&mut self, paint: Paint, prose: &str) -> io::Result<()> {
        self.words(paint, prose, "  ", "  ")
    }

    /// An item of a list in prose.
    pub(in crate::report) fn bullet(&mut self, paint: Paint, prose: &str) -> io::Result<()> {
        self.words(paint, prose, "  - ", "    ")
    }

    fn words(&mut self, paint: Paint, prose: &str, first: &str, others: &str) -> io::Result<()> {
        let columns = self.style.width.unwrap_or(PROSE).clamp(40, PROSE).saturating_sub(first.len());
        for (number, line) in text::wrap(prose, columns).into_iter().enumerate() {
            let indent = if number == 0 { first } else { others };
            writeln!(self.out, "{indent}{}", self.style.paint(paint, line))?;
        }
        Ok(())
    }

    /// An empty line.
    pub(in crate::report) fn gap(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(width: Option<usize>, write: impl FnOnce(&mut Sheet<'_>) -> io::Result<()>) -> String {
        let mut out = Vec::new();
        let style = Style { color: false, width, as_of: jiff::Timestamp::UNIX_EPOCH };
        write(&mut Sheet::new(&mut out, style)).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn tables_align_and_end_without_blanks() {
        let rows = [
            vec![Cell::new("a"), Cell::number("1"), Cell::new("")],
            vec![Cell::new("long"), Cell::number("100"), Cell::new("end")],
        ];
        assert_eq!(shown(None, |sheet| sheet.table(&rows)), "  a       1\n  long  100  end\n");
    }

    #[test]
    fn prose_is_broken_into_lines_and_items_hang() {
        let prose = "one two three four five six seven eight nine ten";
        let item = "  - one two three four five six seven\n    eight nine ten\n";
        assert_eq!(shown(Some(10), |sheet| sheet.bullet(Paint::Plain, prose)), item);
        let lines = "  one two three four five six seven\n  eight nine ten\n";
        assert_eq!(shown(Some(10), |sheet| sheet.prose(Paint::Plain, prose)), lines);
    }
}
