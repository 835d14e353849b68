//! Rows in columns, the last of which is as long as it likes.

use std::io::{self, Write};

use crate::report::{Paint, Style, text};

/// Blanks before a row.
const MARGIN: usize = 2;
/// Blanks between columns.
const GAP: usize = 2;
/// Fewest columns that the last one keeps.
const MIN_LAST: usize = 28;

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

    /// Writes the table under a title, if there are rows. On a narrow terminal the columns of `expendable` heads are left
    /// out, the first of them first, and then the middle of what stands last.
    pub(super) fn write(&self, title: &str, expendable: &[&str], style: Style, out: &mut dyn Write) -> io::Result<()> {
        if self.rows.is_empty() {
            return Ok(());
        }
        writeln!(out, "\n{}", style.paint(Paint::Strong, title))?;
        let heads = self.heads.map(|head| head.trim_start_matches('<').to_owned());
        let mut widths = heads.each_ref().map(|head| Some(text::width(head)));
        for (cells, _) in &self.rows {
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = (*width).max(Some(text::width(cell)));
            }
        }
        if let Some(terminal) = style.width {
            self.fit(&mut widths, expendable, terminal);
        }
        writeln!(out, "{}", style.paint(Paint::Faint, self.line(&heads, &widths)))?;
        for (cells, paint) in &self.rows {
            writeln!(out, "{}", style.paint(*paint, self.line(cells, &widths)))?;
        }
        Ok(())
    }

    fn fit(&self, widths: &mut [Option<usize>; N], expendable: &[&str], terminal: usize) {
        let beside_last = |widths: &[Option<usize>; N]| {
            let columns = widths.iter().take(N.saturating_sub(1)).flatten();
            columns.fold(MARGIN, |sum, width| sum.saturating_add(*width).saturating_add(GAP))
        };
        for head in expendable {
            if beside_last(widths).saturating_add(MIN_LAST) <= terminal {
                break;
            }
            let column = self.heads.iter().position(|other| other.trim_start_matches('<') == *head);
            if let Some(width) = column.and_then(|column| widths.get_mut(column)) {
                *width = None;
            }
        }
        let room = terminal.saturating_sub(beside_last(widths)).max(MIN_LAST);
        if let Some(Some(last)) = widths.last_mut() {
            *last = (*last).min(room);
        }
    }

    fn line(&self, cells: &[String; N], widths: &[Option<usize>; N]) -> String {
        let mut line = " ".repeat(MARGIN);
        for (number, ((cell, width), head)) in cells.iter().zip(widths).zip(self.heads).enumerate() {
            let Some(width) = *width else { continue };
            if line.len() > MARGIN {
                line.push_str(&" ".repeat(GAP));
            }
            let is_last = number.saturating_add(1) == N;
            line.push_str(&match head.starts_with('<') {
                true if is_last => text::middle_of_path(cell, width),
                true => text::left(cell, width),
                false => text::right(cell, width),
            });
        }
        line.truncate(line.trim_end().len());
        line
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn written(width: Option<usize>) -> String {
        let mut grid = Grid::new(["SIZE", "<NOTE", "<PATH"]);
        let path = "/a/folder with a long name/and one more/file-of-the-machine.vhdx";
        grid.row(["7 B".to_owned(), "a note of some length".to_owned(), path.to_owned()], Paint::Plain);
        let mut out = Vec::new();
        let style = Style { color: false, width, as_of: Timestamp::UNIX_EPOCH };
        grid.write("Title", &["NOTE"], style, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_narrow_terminal_loses_columns_before_names() {
        let wide = written(None);
        assert!(wide.ends_with(
            "  7 B  a note of some length  /a/folder with a long name/and one more/file-of-the-machine.vhdx\n"
        ));
        let narrow = written(Some(50));
        assert!(narrow.lines().all(|line| text::width(line) <= 50), "{narrow}");
        assert!(!narrow.contains("NOTE") && narrow.contains("file-of-the-machine.vhdx"), "{narrow}");
        let middle = written(Some(75));
        assert!(middle.contains("NOTE") && middle.lines().all(|line| text::width(line) <= 75), "{middle}");
    }
}
