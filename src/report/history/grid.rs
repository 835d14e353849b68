//! Rows in columns, the last of which is as long as it likes.

use std::io::{self, Write};

use crate::report::{Paint, Style, text};

/// A table; columns whose head starts with `<` start at their left end.
pub(super) struct Grid<const N: usize> {
    heads: [&'static str; N],
    rows: Vec<([String; N], Paint)>,
}

impl<const N: usize> Grid<N> {
    pub(super) fn new(heads: [&'static str; N]) -> Self {
        Self { heads, rows: Vec::new() }
    }

    pub(super) fn row(&mut self, cells: [String; N], paint: Paint) {
        self.rows.push((cells, paint));
    }

    pub(super) fn write(&self, title: &str, style: Style, out: &mut dyn Write) -> io::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{}", style.paint(Paint::Strong, title))?;
        let heads = self.heads.map(|head| head.trim_start_matches('<').to_owned());
        let mut widths = heads.each_ref().map(|head| text::width(head));
        for (cells, _) in &self.rows {
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = (*width).max(text::width(cell));
            }
        }
        let line = |cells: &[String; N]| {
            let columns = cells.iter().zip(widths).zip(self.heads);
            let columns =
                columns.map(
                    |((cell, width), head)| {
                        if head.starts_with('<') { text::left(cell, width) } else { text::right(cell, width) }
                    },
                );
            columns.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        writeln!(out, "  {}", style.paint(Paint::Faint, line(&heads)))?;
        for (cells, paint) in &self.rows {
            writeln!(out, "  {}", style.paint(*paint, line(cells)))?;
        }
        Ok(())
    }
}
