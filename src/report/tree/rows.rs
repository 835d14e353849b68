//! The lines of a tree: what stands in each column, and the lines that lead to it.

use std::path::Path;

use crate::chain::FileNo;
use crate::estate::FoundFile;
use crate::image::DiskType;
use crate::inspect::Folder;
use crate::report::{Paint, place, text};

use super::notes::{self, Note};
use super::{Page, broken};

/// Deepest level that is drawn with lines of its own. What lies deeper keeps this indent and tells its level.
const MAX_INDENT: usize = 10;

/// Number of columns beside the name.
pub(super) const CELLS: usize = 6;

/// One file.
#[derive(Debug)]
pub(super) struct Row {
    /// The lines of the tree before the name.
    pub lead: String,
    /// The lines of the tree before what stands below the name.
    pub below: String,
    /// The name.
    pub name: String,
    /// How the name is painted.
    pub paint: Paint,
    /// What stands in the columns.
    pub cells: [String; CELLS],
    /// What stands below.
    pub notes: Vec<Note>,
}

/// The rows of a tree, depth first. Roots of broken trees get what is wrong with them as notes.
pub(super) fn of_tree(page: &Page<'_>, root: FileNo, folder: Option<&Folder>) -> Vec<Row> {
    let mut rows = Vec::new();
    // The lines that lead to the children of the last file seen at each level.
    let mut leads: Vec<String> = Vec::new();
    for branch in page.trees.branches(page.inspection, root) {
        let Some(file) = page.inspection.file(branch.file) else { continue };
        let level = branch.depth.min(MAX_INDENT);
        leads.truncate(level);
        let before = leads.last().cloned().unwrap_or_default();
        let (lead, onward) = match (branch.depth, branch.last) {
            (0, _) => (String::new(), String::new()),
            (_, true) => (format!("{before}└─ "), format!("{before}   ")),
            (_, false) => (format!("{before}├─ "), format!("{before}│  ")),
        };
        let deep = match branch.depth.saturating_sub(MAX_INDENT) {
            0 => String::new(),
            _ => format!("(level {}) ", branch.depth.saturating_add(1)),
        };
        let below = if branch.has_children { format!("{onward}│") } else { format!("{onward} ") };
        let mut notes = Vec::new();
        if branch.depth == 0 && folder.is_none() {
            notes = broken::reasons(page, branch.file);
        }
        notes.extend(notes::of_file(page, branch.file));
        let alarm = branch.depth == 0 && folder.is_none() || !file.is_readable();
        rows.push(Row {
            lead: format!("{lead}{deep}"),
            below,
            name: name(page, file, folder),
            paint: if alarm { Paint::Alarm } else { Paint::Plain },
            cells: cells(page, file),
            notes,
        });
        leads.push(onward);
    }
    rows
}

/// The name alone for a file in the folder under which it is shown, else the path as it was found.
fn name(page: &Page<'_>, file: &FoundFile, folder: Option<&Folder>) -> String {
    let in_folder =
        folder.is_some_and(|folder| folder.origin == file.origin && file.path.parent() == Some(folder.path.as_path()));
    match file.path.file_name().filter(|_| in_folder) {
        Some(name) => text::path(Path::new(name)),
        None => place::path(&page.inspection.inventory, file.origin, &file.path),
    }
}

fn cells(page: &Page<'_>, file: &FoundFile) -> [String; CELLS] {
    const UNKNOWN: &str = "?";
    let disk = file.disk.as_deref();
    let disk_type = disk.and_then(|disk| disk.disk_type).map_or(UNKNOWN, DiskType::name);
    let size = |bytes: Option<_>| bytes.map_or_else(|| UNKNOWN.to_owned(), text::size);
    let blocks = match file.blocks.as_deref() {
        None => String::new(),
        Some(Ok(counts)) => format!("{} / {}", text::count(counts.present()), text::count(counts.total())),
        Some(Err(_)) => UNKNOWN.to_owned(),
    };
    let modified = file.stamp.and_then(|stamp| stamp.modified);
    [
        format!("{} {disk_type}", file.kind.name().to_uppercase()),
        size(disk.and_then(|disk| disk.virtual_size)),
        size(file.stamp.map(|stamp| stamp.size)),
        size(file.stamp.and_then(|stamp| stamp.allocated)),
        blocks,
        modified.map_or_else(
            || UNKNOWN.to_owned(),
            |then| text::age(then, page.inspection.as_of(file).unwrap_or(page.style.as_of)),
        ),
    ]
}
