//! What stands below a file in a tree: only what is worth a line.

use crate::chain::{FileNo, FoundBy, Link, LinkStatus};
use crate::estate::FoundFile;
use crate::image::vhdx::LogState;
use crate::report::{Paint, place, text};

use super::Page;

/// One note.
#[derive(Debug)]
pub(super) struct Note {
    pub paint: Paint,
    /// A word before the text, in a column of its own; empty for a note that is a sentence.
    pub label: &'static str,
    pub text: String,
}

impl Note {
    /// A sentence.
    pub(super) fn new(paint: Paint, text: impl Into<String>) -> Self {
        Self { paint, label: "", text: text.into() }
    }

    /// A fact under its label.
    pub(super) fn fact(label: &'static str, text: impl Into<String>) -> Self {
        Self { paint: Paint::Plain, label, text: text.into() }
    }
}

/// The notes about a file, the worst first.
pub(super) fn of_file(page: &Page<'_>, number: FileNo) -> Vec<Note> {
    let Some(file) = page.inspection.file(number) else { return Vec::new() };
    let mut notes = Vec::new();
    if let Some(error) = &file.error {
        let reason = text::printable(&error.reason().to_string());
        notes.push(Note::new(Paint::Alarm, format!("cannot be read: {reason}")));
    }
    notes.extend(log(file));
    notes.extend(page.inspection.link(number).into_iter().flat_map(|link| of_link(file, link)));
    notes.extend(copies(page, number));
    if let Some(Ok(counts)) = file.blocks.as_deref()
        && counts.reserved() > 0
    {
        let what = format!("{} blocks in a state that no specification knows", text::count(counts.reserved()));
        notes.push(Note::new(Paint::Notice, what));
    }
    if file.changed_while_read {
        let what =
            "changed while it was read, as a running machine's disk does: what is said here may be of two moments";
        notes.push(Note::new(Paint::Notice, what));
    }
    if !file.named {
        let what = "not below what was named; shown because a named disk depends on it";
        notes.push(Note::new(Paint::Faint, what));
    }
    if !(file.other_paths.is_empty() && file.elsewhere.is_empty()) {
        let inventory = &page.inspection.inventory;
        let here = file.other_paths.iter().map(|path| place::path(inventory, file.origin, path));
        let elsewhere = file.elsewhere.iter().map(|(origin, path)| place::path(inventory, *origin, path));
        let paths = here.chain(elsewhere).collect::<Vec<_>>().join(", ");
        notes.push(Note::new(Paint::Faint, format!("one file with {paths}")));
    }
    notes
}

/// The state of the log, wherever it is not clean.
fn log(file: &FoundFile) -> Option<Note> {
    let disk = file.disk.as_deref()?;
    let dirty = |paint, what: &str| Some(Note::new(paint, what));
    match (disk.log_state?, disk.replayed) {
        (LogState::Clean, _) => None,
        (LogState::Dirty, true) => {
            dirty(Paint::Notice, "dirty log: shown as after its replay, which was done in memory alone")
        }
        (LogState::Dirty, false) => {
            dirty(Paint::Notice, "dirty log, not replayed: shown as it stands on disk, which may be out of date")
        }
        (LogState::Corrupt, _) => {
            dirty(Paint::Alarm, "corrupt log: the file is not right without it, and it cannot be replayed")
        }
    }
}

/// How the parent was found, where that is not by the first recorded path.
fn of_link(file: &FoundFile, link: &Link) -> Vec<Note> {
    let mut notes = Vec::new();
    match link.status {
        LinkStatus::LinkedBySecondGuid => notes.push(Note::new(
            Paint::Notice,
            "parent proved by the second identity (parent_linkage2): a merge was under way and may not have ended",
        )),
        LinkStatus::Unreadable => notes.push(Note::new(Paint::Alarm, "its parent cannot be read")),
        _ => {}
    }
    if link.status.is_linked() {
        let how = match link.found_by {
            Some(FoundBy::Identity) => Some("by identity, for it was moved or renamed"),
            Some(FoundBy::SameFolderName) => Some("beside it"),
            Some(FoundBy::Map) => Some("through --map"),
            _ => None,
        };
        let what = how.map(|how| format!("parent found {how}; recorded as {}", recorded_name(file)));
        notes.extend(what.map(|what| Note::new(Paint::Faint, what)));
    }
    notes
}

/// Files of the same identity, which its children could be linked to as well.
fn copies(page: &Page<'_>, number: FileNo) -> Option<Note> {
    let children = page.inspection.forest.children(number);
    let mut links = children.iter().filter_map(|child| page.inspection.link(*child));
    let link = links.find(|link| !link.copies.is_empty())?;
    let copies = paths(page, &link.copies, link.copies_left_out);
    Some(Note::new(Paint::Notice, format!("has copies of the same identity: {copies}")))
}

/// The first path under which the parent was recorded.
pub(super) fn recorded_name(file: &FoundFile) -> String {
    let hint = file.disk.as_deref().and_then(|disk| disk.parent()?.hints.first());
    hint.map_or_else(|| "nothing".to_owned(), |hint| text::printable(&hint.path))
}

/// Most files that one note names.
pub(super) const MAX_NAMED: usize = 4;

/// The paths of files, in one line; `left_out` is how many more there are than are given.
pub(super) fn paths(page: &Page<'_>, files: &[FileNo], left_out: usize) -> String {
    let named = files.iter().take(MAX_NAMED).filter_map(|file| place::of(page.inspection, *file));
    let more = files.len().saturating_sub(MAX_NAMED).saturating_add(left_out);
    let rest = (more > 0).then(|| format!("and {more} more"));
    named.chain(rest).collect::<Vec<_>>().join(", ")
}
