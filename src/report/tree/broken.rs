//! What is broken, and what could not be read: the reason, what was expected, and who might be meant.

use std::io::{self, Write};

use crate::chain::{CandidateReason, FileNo, Link, LinkStatus};
use crate::report::{Paint, place, text};

use super::Page;
use super::notes::{MAX_NAMED, Note, paths};

/// Why the chain ends at this file, as notes below it.
pub(super) fn reasons(page: &Page<'_>, number: FileNo) -> Vec<Note> {
    let (Some(file), Some(link)) = (page.inspection.file(number), page.inspection.link(number)) else {
        return Vec::new();
    };
    let mut notes = vec![Note::new(Paint::Alarm, reason(page, number, link))];
    notes.extend(link.expected.map(|guid| Note::fact("expects", guid.to_string())));
    notes.extend(
        link.found.filter(|found| Some(*found) != link.expected).map(|guid| Note::fact("found", guid.to_string())),
    );
    for hint in file.disk.iter().filter_map(|disk| disk.parent()).flat_map(|parent| &parent.hints) {
        notes.push(Note::fact("recorded", format!("{}  ({})", text::printable(&hint.path), hint.key)));
    }
    notes.extend(candidates(page, link));
    notes
}

/// Files worth a look; the one that lies in the parent's place is named in the reason.
fn candidates(page: &Page<'_>, link: &Link) -> Vec<Note> {
    let others: Vec<_> = link.candidates.iter().filter(|candidate| Some(candidate.file) != link.parent).collect();
    let mut notes = Vec::new();
    for candidate in others.iter().take(MAX_NAMED) {
        let why = match candidate.why {
            CandidateReason::SameIdentity => "has the expected identity",
            CandidateReason::RecordedPath => "lies where the parent was recorded",
            CandidateReason::SameVirtualDiskId => "same virtual disk id: a relative, which proves nothing",
        };
        let path = place::of(page.inspection, candidate.file);
        notes.push(Note::fact("candidate", format!("{}  ({why})", path.unwrap_or_default())));
    }
    let more = others.len().saturating_sub(MAX_NAMED).saturating_add(link.candidates_left_out);
    notes.extend((more > 0).then(|| Note::fact(" ", format!("and {more} more"))));
    notes
}

fn files_of(link: &Link) -> usize {
    link.candidates.len().saturating_add(link.candidates_left_out)
}

fn reason(page: &Page<'_>, number: FileNo, link: &Link) -> String {
    let in_place = || link.parent.map(|parent| paths(page, &[parent], 0)).unwrap_or_default();
    match link.status {
        LinkStatus::Missing => {
            "parent missing: no file has its identity, and there is none where it was recorded".to_owned()
        }
        LinkStatus::Outside => "parent outside: no file here has its identity, and every recorded path leads out of \
                                what was named, where nothing was opened; name its folder too, or say --search DIR or \
                                --map FROM=TO"
            .to_owned(),
        LinkStatus::IdentityMismatch => {
            format!(
                "wrong parent: {} lies where it was recorded, and is another disk or another state of it",
                in_place()
            )
        }
        LinkStatus::Ambiguous => {
            format!("ambiguous parent: {} files have its identity, and nothing decides", files_of(link))
        }
        LinkStatus::Cycle if link.parent == Some(number) => "names itself as its parent".to_owned(),
        LinkStatus::Cycle => format!("its parents lead back to itself, through {}", in_place()),
        LinkStatus::Unreadable => format!("its parent {} cannot be read", in_place()),
        LinkStatus::UnusableLocator => {
            let why = link.problem.as_ref().map(|problem| text::printable(&problem.reason().to_string()));
            format!("does not say by what to know its parent: {}", why.unwrap_or_default())
        }
        LinkStatus::Linked | LinkStatus::LinkedBySecondGuid => String::new(),
    }
}

impl Page<'_> {
    /// Everything that could not be read, one line each, disks of the trees above included.
    pub(super) fn write_unreadable(&self, out: &mut dyn Write) -> io::Result<()> {
        let paths = self.inspection.unreadable_paths();
        let files = self
            .inspection
            .reported()
            .filter_map(|(_, file)| Some((file.origin, file.path.as_path(), file.error.as_ref()?)));
        let mut all: Vec<_> = paths.into_iter().chain(files).collect();
        if all.is_empty() {
            return Ok(());
        }
        all.sort_by_key(|(origin, path, _)| (*path, *origin));
        writeln!(out, "{}", self.style.paint(Paint::Alarm, "Cannot be read"))?;
        for (origin, path, error) in all {
            let reason = text::printable(&error.reason().to_string());
            writeln!(
                out,
                "  {}: {reason}",
                self.style.paint(Paint::Strong, place::path(&self.inspection.inventory, origin, path))
            )?;
        }
        writeln!(out)
    }
}
