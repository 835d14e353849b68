//! The lines of a tree: what stands in each column, and the lines that lead to it.

use std::fmt::Write as _;
use std::path::{Component, Path};

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
    /// The lines of the tree before what stands below the name, where anything does.
    pub below: String,
    /// The name.
    pub name: String,
    /// How the name is painted.
    pub paint: Paint,
    /// What stands in the columns.
    pub cells: Cells,
    /// What stands below.
    pub notes: Vec<Note>,
}

/// What stands in the columns of a row: one text, all of it ASCII, so that a byte is a column, and where each part of it
/// ends. There may be a million rows.
#[derive(Debug)]
pub(super) struct Cells {
    text: String,
    ends: [usize; CELLS],
}

impl Cells {
    fn of(page: &Page<'_>, file: &FoundFile) -> Self {
        const UNKNOWN: &str = "?";
        let disk = file.disk.as_deref();
        let mut text = String::with_capacity(64);
        let push_size = |text: &mut String, bytes: Option<_>| match bytes {
            Some(bytes) => text::push_size(text, bytes),
            None => text.push_str(UNKNOWN),
        };
        text.push_str(file.kind.name());
        text.make_ascii_uppercase();
        text.push(' ');
        text.push_str(disk.and_then(|disk| disk.disk_type).map_or(UNKNOWN, DiskType::name));
        let disk_type = text.len();
        push_size(&mut text, disk.and_then(|disk| disk.virtual_size));
        let virtual_size = text.len();
        push_size(&mut text, file.stamp.map(|stamp| stamp.size));
        let size = text.len();
        push_size(&mut text, file.stamp.and_then(|stamp| stamp.allocated));
        let allocated = text.len();
        match file.blocks.as_deref() {
            None => {}
            Some(Ok(counts)) => {
                text::push_count(&mut text, counts.present());
                text.push_str(" / ");
                text::push_count(&mut text, counts.total());
            }
            Some(Err(_)) => text.push_str(UNKNOWN),
        }
        let blocks = text.len();
        match file.stamp.and_then(|stamp| stamp.modified) {
            Some(then) => {
                text::push_age(&mut text, then, page.inspection.as_of(file).unwrap_or(page.style.as_of));
            }
            None => text.push_str(UNKNOWN),
        }
        let written = text.len();
        Self { text, ends: [disk_type, virtual_size, size, allocated, blocks, written] }
    }

    /// The columns from left to right.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        let mut start = 0;
        self.ends.iter().map(move |end| {
            let cell = self.text.get(start..*end).unwrap_or_default();
            start = *end;
            cell
        })
    }
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
        let before = leads.last().map_or("", String::as_str);
        let (mut lead, onward) = match (branch.depth, branch.last) {
            (0, _) => (String::new(), String::new()),
            (_, true) => ([before, "└─ "].concat(), [before, "   "].concat()),
            (_, false) => ([before, "├─ "].concat(), [before, "│  "].concat()),
        };
        if branch.depth > MAX_INDENT {
            let _ = write!(lead, "(level {}) ", branch.depth.saturating_add(1));
        }
        let mut notes = Vec::new();
        if branch.depth == 0 && folder.is_none() {
            notes = broken::reasons(page, branch.file);
        }
        notes.extend(notes::of_file(page, branch.file));
        let alarm = branch.depth == 0 && folder.is_none() || !file.is_readable();
        let below = if branch.has_children { "│" } else { " " };
        rows.push(Row {
            lead,
            below: if notes.is_empty() { String::new() } else { [&onward, below].concat() },
            name: name(page, file, folder),
            paint: if alarm { Paint::Alarm } else { Paint::Plain },
            cells: Cells::of(page, file),
            notes,
        });
        leads.push(onward);
    }
    rows
}

/// The name alone for a file in the folder under which it is shown, else the path as it was found.
fn name(page: &Page<'_>, file: &FoundFile, folder: Option<&Folder>) -> String {
    let is_in = |parent: &Path, folder: &Folder| {
        folder.origin == file.origin && (parent.as_os_str() == folder.path.as_os_str() || parent == folder.path)
    };
    let mut parts = file.path.components();
    match (parts.next_back(), folder) {
        (Some(Component::Normal(name)), Some(folder)) if is_in(parts.as_path(), folder) => text::path(Path::new(name)),
        _ => place::path(&page.inspection.inventory, file.origin, &file.path),
    }
}
