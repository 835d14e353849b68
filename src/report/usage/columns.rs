//! Tables in plain columns.

use std::io::{self, Write};

use crate::report::{Paint, Style, text};

/// Head of a column of paths that is not the last one.
pub(super) const FILE: &str = "FILE";

/// A table whose last column is a path.
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

    pub(super) fn write(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        let mut widths = self.heads.map(text::width);
        for row in &self.rows {
            if let Row::Cells(cells) = row {
                for (width, cell) in widths.iter_mut().zip(cells) {
                    *width = (*width).max(text::width(cell));
                }
            }
        }
        let line = |cells: &[String; N]| {
            let mut line = Vec::new();
            for (place, ((cell, width), head)) in cells.iter().zip(widths).zip(self.heads).enumerate() {
                if self.hidden == Some(head) {
                    continue;
                }
                let last = place.saturating_add(1) == N;
                let is_words = last || head.is_empty() || head == FILE;
                line.push(if is_words { text::left(cell, width) } else { text::right(cell, width) });
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
}
