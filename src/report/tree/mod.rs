//! `scan --format tree`: the machines, the trees of chains by folder, what is broken apart from them, what nothing needs,
//! and a summary that fits a screen.

mod broken;
mod columns;
mod machines;
mod notes;
mod rows;
mod summary;
mod unneeded;

use std::io::{self, Write};
use std::path::Path;

use crate::chain::FileNo;
use crate::inspect::{Inspection, Summary, Trees};

use super::{Paint, Style, place, text};
use columns::Columns;
use notes::Note;
use rows::Row;

/// Writes the report.
pub fn write(inspection: &Inspection, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let trees = inspection.trees();
    let page = Page { inspection, trees: &trees, summary: inspection.summary(), style };
    let sound: Vec<(&crate::inspect::Folder, Vec<Row>)> =
        trees.sound.iter().map(|folder| (folder, page.rows(&folder.roots, Some(folder)))).collect();
    let broken: Vec<Vec<Row>> = trees.broken.iter().map(|root| page.rows(&[*root], None)).collect();
    let columns = Columns::fit(sound.iter().flat_map(|(_, rows)| rows), style.width);
    page.write_machines(out)?;
    if !sound.is_empty() {
        columns.write_heads(style, out)?;
    }
    for (folder, rows) in &sound {
        page.write_folder(folder, out)?;
        page.write_rows(rows, &columns, out)?;
        writeln!(out)?;
    }
    if !broken.is_empty() {
        // These rows have whole paths for names, which would push the columns above far out.
        let columns = Columns::fit(broken.iter().flatten(), style.width);
        writeln!(out, "{}", style.paint(Paint::Alarm, "Broken chains"))?;
        columns.write_heads(style, out)?;
        for rows in &broken {
            page.write_rows(rows, &columns, out)?;
            writeln!(out)?;
        }
    }
    page.write_unreadable(out)?;
    page.write_unneeded(out)?;
    page.write_others(out)?;
    page.write_summary(out)
}

/// What every part of the report is made from.
struct Page<'a> {
    inspection: &'a Inspection,
    trees: &'a Trees,
    summary: Summary,
    style: Style,
}

impl Page<'_> {
    fn rows(&self, roots: &[FileNo], folder: Option<&crate::inspect::Folder>) -> Vec<Row> {
        roots.iter().flat_map(|root| rows::of_tree(self, *root, folder)).collect()
    }

    fn write_folder(&self, folder: &crate::inspect::Folder, out: &mut dyn Write) -> io::Result<()> {
        let path = match folder.path.as_os_str() {
            empty if empty.is_empty() => Path::new("."),
            _ => &folder.path,
        };
        let name = place::path(&self.inspection.inventory, folder.origin, path);
        let on_disk = folder.allocated.map(|bytes| format!(", {} on disk", text::size(bytes))).unwrap_or_default();
        let totals = format!("{}, {}{on_disk}", text::plural(folder.files, "disk"), text::size(folder.size));
        writeln!(out, "{}  {}", self.style.paint(Paint::Strong, name), self.style.paint(Paint::Faint, totals))
    }

    fn write_rows(&self, rows: &[Row], columns: &Columns, out: &mut dyn Write) -> io::Result<()> {
        let mut line = String::new();
        for row in rows {
            columns.write_row(row, self.style, &mut line, out)?;
            for note in &row.notes {
                self.write_note(note, &row.below, out)?;
            }
        }
        Ok(())
    }

    /// A note stands below its file, on the lines of the tree, and goes on in the next line where the terminal ends.
    fn write_note(&self, note: &Note, below: &str, out: &mut dyn Write) -> io::Result<()> {
        const INDENT: usize = 4;
        const LABEL: usize = 11;
        const HANG: usize = 2;
        const LEAST: usize = 24;
        let (label, hang) = match note.label {
            "" => (String::new(), HANG),
            label => (text::left(label, LABEL), LABEL),
        };
        let used = text::width(below).saturating_add(INDENT).saturating_add(hang);
        let room = self.style.width.map_or(usize::MAX, |width| width.saturating_sub(used).max(LEAST));
        let lead = format!("{}{}", self.style.paint(Paint::Faint, below), " ".repeat(INDENT));
        for (number, line) in text::wrap(&note.text, room).iter().enumerate() {
            let label = if number == 0 { label.clone() } else { " ".repeat(hang) };
            writeln!(out, "{lead}{}{}", self.style.paint(Paint::Faint, label), self.style.paint(note.paint, line))?;
        }
        Ok(())
    }
}
