//! Tables in plain columns.

use std::io::{self, Write};

use crate::report::{Paint, Style, text};

/// Head of a column of paths that is not the last one.
pub(super) const FILE: &str = "FILE";

/// Blanks between columns.
const GAP: usize = 2;
/// Fewest columns that a path keeps.
const MIN_PATH: usize = 28;

/// A table whose last column is a path, and the one before it where it has the head [`FILE`].
pub(super) struct Table<const N: usize> {
    heads: [&'static str; N],
    hidden: Option<&'static str>,
    rows: Vec<Row<N>>,
}

enum Row<const N: usize> {
    Cells([String; N]),
    Note(String),
}

impl<const N: usize> Table<N> {
    pub(super) fn new(heads: &[&'static str; N]) -> Self {
        Self { heads: *heads, hidden: None, rows: Vec::new() }
    }

    pub(super) fn hide(&mut self, head: &'static str) {
        self.hidden = Some(head);
    }

    pub(super) fn row(&mut self, cells: [String; N]) {
        self.rows.push(Row::Cells(cells));
    }

    pub(super) fn note(&mut self, note: String) {
        self.rows.push(Row::Note(note));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes the table. On a narrow terminal the columns of `expendable` heads are left out, the first of them first,
    /// and then the middle of paths.
    pub(super) fn write(&self, expendable: &[&str], style: Style, out: &mut dyn Write) -> io::Result<()> {
        let mut widths = self.heads.map(|head| (self.hidden != Some(head)).then(|| text::width(head)));
        for row in &self.rows {
            if let Row::Cells(cells) = row {
                for (width, cell) in widths.iter_mut().zip(cells) {
                    *width = width.map(|width| width.max(text::width(cell)));
                }
            }
        }
        if let Some(terminal) = style.width {
            self.fit(&mut widths, expendable, terminal);
        }
        let line = |cells: &[String; N]| {
            let mut line = Vec::new();
            for (place, ((cell, width), head)) in cells.iter().zip(widths).zip(self.heads).enumerate() {
                let Some(width) = width else { continue };
                line.push(match () {
                    () if self.is_path(place) => text::left(&text::middle_of_path(cell, width), width),
                    () if head.is_empty() => text::left(cell, width),
                    () => text::right(cell, width),
                });
            }
            line.join("  ").trim_end().to_owned()
        };
        writeln!(out, "{}", style.paint(Paint::Strong, line(&self.heads.map(str::to_owned))))?;
        for row in &self.rows {
            match row {
                Row::Cells(cells) => writeln!(out, "{}", line(cells))?,
                Row::Note(note) => writeln!(out, "    {}", style.paint(Paint::Alarm, note))?,
            }
        }
        Ok(())
    }

    fn is_path(&self, place: usize) -> bool {
        place.saturating_add(1) == N || self.heads.get(place) == Some(&FILE) && place.saturating_add(2) == N
    }

    fn fit(&self, widths: &mut [Option<usize>; N], expendable: &[&str], terminal: usize) {
        let paths = (0..N).filter(|place| self.is_path(*place)).count();
        let beside_paths = |widths: &[Option<usize>; N]| {
            let others = widths.iter().enumerate().filter(|(place, _)| !self.is_path(*place));
            let sum =
                others.filter_map(|(_, width)| *width).fold(0, |sum: usize, width| sum.saturating_add(width + GAP));
            sum.saturating_add(paths.saturating_sub(1).saturating_mul(GAP))
        };
        for head in expendable {
            if beside_paths(widths).saturating_add(MIN_PATH.saturating_mul(paths)) <= terminal {
                break;
            }
            let column = self.heads.iter().position(|other| other == head);
            if let Some(width) = column.and_then(|column| widths.get_mut(column)) {
                *width = None;
            }
        }
        let room = terminal.saturating_sub(beside_paths(widths)).checked_div(paths).unwrap_or_default().max(MIN_PATH);
        for (_, width) in widths.iter_mut().enumerate().filter(|(place, _)| self.is_path(*place)) {
            *width = width.map(|width| width.min(room));
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn written(width: Option<usize>) -> String {
        let mut table = Table::new(&["TO WIN", "", "META", FILE, "AND BELOW IT"]);
        let path = |name: &str| format!("/a/folder with a long name/and one more/{name}");
        table.row(["7 B".to_owned(), "█".repeat(20), "4.0 MiB".to_owned(), path("leaf.avhdx"), path("base.vhdx")]);
        let mut out = Vec::new();
        let style = Style { color: false, width, as_of: Timestamp::UNIX_EPOCH };
        table.write(&["META", ""], style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_narrow_terminal_loses_columns_before_names() {
        let wide = written(None);
        assert!(wide.contains("META") && wide.contains("more/leaf.avhdx  /a/folder"), "{wide}");
        for (width, keeps, loses) in [(95, "█", "META"), (80, "7 B", "█")] {
            let narrow = written(Some(width));
            assert!(narrow.lines().all(|line| text::width(line) <= width), "{narrow}");
            assert!(narrow.contains(keeps) && !narrow.contains(loses), "{width}: {narrow}");
            assert!(narrow.contains("leaf.avhdx") && narrow.contains("base.vhdx"), "{narrow}");
        }
    }
}
