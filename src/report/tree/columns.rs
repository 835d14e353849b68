//! The columns of the trees: as wide as what stands in them; where the terminal is too narrow, names give way first,
//! then whole columns.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::report::{Paint, Style, text};

use super::rows::{CELLS, Row};

const HEADS: [&str; CELLS] = ["TYPE", "VIRTUAL", "FILE", "ON DISK", "BLOCKS", "WRITTEN"];
const NAME_HEAD: &str = "NAME";
/// The only column whose text starts at its left end.
const LEFT_ALIGNED: usize = 0;
/// Which columns a narrow terminal does without, the first to go first: blocks, virtual size, type.
const EXPENDABLE: [usize; 3] = [4, 1, 0];
/// Fewest columns that a name and the lines before it keep.
const MIN_NAME: usize = 28;
const GAP: &str = "  ";

/// How wide each column is.
#[derive(Debug)]
pub(super) struct Columns {
    name: usize,
    /// `None` for a column that is left out.
    cells: [Option<usize>; CELLS],
}

impl Columns {
    /// Columns for these rows on a terminal of this width.
    pub(super) fn fit<'a>(rows: impl Iterator<Item = &'a Row>, width: Option<usize>) -> Self {
        let mut name = NAME_HEAD.len();
        let mut cells = HEADS.map(|head| Some(head.len()));
        let mut any = [false; CELLS];
        for row in rows {
            name = name.max(text::width(&row.lead).saturating_add(text::width(&row.name)));
            for ((cell, any), text) in cells.iter_mut().zip(&mut any).zip(row.cells.iter()) {
                *cell = (*cell).max(Some(text.len()));
                *any |= !text.is_empty();
            }
        }
        // Blocks that were not counted need no column.
        for (cell, any) in cells.iter_mut().zip(any) {
            *cell = cell.filter(|_| any);
        }
        let mut columns = Self { name, cells };
        if let Some(width) = width {
            for number in EXPENDABLE {
                if columns.beside_name().saturating_add(columns.name.min(MIN_NAME)) <= width {
                    break;
                }
                if let Some(cell) = columns.cells.get_mut(number) {
                    *cell = None;
                }
            }
            columns.name = columns.name.min(width.saturating_sub(columns.beside_name()).max(MIN_NAME));
        }
        columns
    }

    fn beside_name(&self) -> usize {
        self.cells.iter().flatten().map(|cell| cell.saturating_add(GAP.len())).sum()
    }

    pub(super) fn write_heads(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        let mut line = text::left(NAME_HEAD, self.name);
        self.push_cells(HEADS.into_iter(), &mut line);
        writeln!(out, "{}", style.paint(Paint::Faint, line.trim_end()))
    }

    /// Writes a row; `line` is room for it that is used again.
    pub(super) fn write_row(&self, row: &Row, style: Style, line: &mut String, out: &mut dyn Write) -> io::Result<()> {
        let room = self.name.saturating_sub(text::width(&row.lead));
        let wide = text::width(&row.name);
        let (name, wide) = if wide <= room {
            (Cow::Borrowed(row.name.as_str()), wide)
        } else {
            let name = text::middle_of_path(&row.name, room);
            let wide = text::width(&name);
            (Cow::Owned(name), wide)
        };
        line.clear();
        style.push(line, Paint::Faint, &row.lead);
        style.push(line, row.paint, &name);
        let end_of_name = line.len();
        push_blanks(line, room.saturating_sub(wide));
        self.push_cells(row.cells.iter(), line);
        let blanks = line.get(end_of_name..).map_or(0, |cells| cells.len().saturating_sub(cells.trim_end().len()));
        line.truncate(line.len().saturating_sub(blanks));
        line.push('\n');
        out.write_all(line.as_bytes())
    }

    fn push_cells<'t>(&self, texts: impl Iterator<Item = &'t str>, line: &mut String) {
        for (number, (cell, text)) in self.cells.iter().zip(texts).enumerate() {
            let Some(width) = *cell else { continue };
            line.push_str(GAP);
            let blanks = width.saturating_sub(text.len());
            if number == LEFT_ALIGNED {
                line.push_str(text);
                push_blanks(line, blanks);
            } else {
                push_blanks(line, blanks);
                line.push_str(text);
            }
        }
    }
}

fn push_blanks(line: &mut String, count: usize) {
    const BLANKS: &str = "                                ";
    for start in (0..count).step_by(BLANKS.len()) {
        line.push_str(BLANKS.get(..count.saturating_sub(start)).unwrap_or(BLANKS));
    }
}
