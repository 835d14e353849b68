//! The parent: what the file says of it, and what became of the search for it.

use std::io;

use crate::chain::{CandidateReason, FileNo, FoundBy, Link, LinkStatus};
use crate::format::text::Utf16Text;
use crate::format::vhdx::parent_locator::VHDX_LOCATOR;
use crate::image::vhdx::VhdxSurvey;
use crate::inspect::Inspection;
use crate::report::{Paint, text};

use super::sheet::{Cell, Sheet};
use super::vhdx;

/// The parent locator of a VHDX file, every key as it is.
pub(super) fn locator(sheet: &mut Sheet<'_>, survey: &VhdxSurvey) -> io::Result<()> {
    let Some(locator) = survey.metadata().and_then(crate::image::vhdx::MetadataSurvey::parent_locator) else {
        return Ok(());
    };
    sheet.section("Parent locator")?;
    if locator.locator_type != VHDX_LOCATOR {
        sheet.painted_row("Type", Paint::Alarm, format!("{}, unknown", locator.locator_type))?;
    }
    let shown = |found: Option<&Utf16Text>| match found {
        Some(found) if found.exact().is_some() => Cell::new(text::printable(&found.lossy())),
        Some(found) => {
            Cell::new(format!("{} (not valid UTF-16)", text::printable(&found.lossy()))).paint(Paint::Notice)
        }
        None => Cell::new("outside the item").paint(Paint::Alarm),
    };
    let rows = locator.entries.iter().map(|entry| vec![shown(entry.key.as_ref()), shown(entry.value.as_ref())]);
    sheet.table(&rows.collect::<Vec<_>>())?;
    match usize::from(locator.key_value_count).checked_sub(locator.entries.len()) {
        Some(missing @ 1..) => {
            sheet.prose(Paint::Alarm, &format!("{missing} more entries are claimed and do not fit the item"))
        }
        _ => Ok(()),
    }
}

/// What became of the search for the parent.
pub(super) fn link(sheet: &mut Sheet<'_>, inspection: &Inspection, number: FileNo) -> io::Result<()> {
    let Some(link) = inspection.link(number) else { return Ok(()) };
    sheet.section("Parent")?;
    let paint = if link.status.is_linked() { Paint::Good } else { Paint::Alarm };
    sheet.painted_row("Link", paint, format!("{}: {}", link.status.name(), meaning(link.status)))?;
    let path = |file: FileNo| inspection.file(file).map(|file| text::path(&file.path));
    sheet.optional("File", link.parent.and_then(path))?;
    sheet.optional("Found by", link.found_by.map(found_by))?;
    sheet.optional("Expected identity", link.expected)?;
    sheet.optional("Found identity", link.found)?;
    sheet.optional("Problem", link.problem.as_ref().map(vhdx::reason))?;
    sheet.list("Candidates", &candidates(inspection, link))?;
    let mut copies: Vec<String> = link.copies.iter().filter_map(|copy| path(*copy)).collect();
    copies.extend(left_out(link.copies_left_out));
    sheet.list("Copies of the parent", &copies)
}

fn candidates(inspection: &Inspection, link: &Link) -> Vec<String> {
    link.candidates
        .iter()
        .filter_map(|candidate| {
            let why = match candidate.why {
                CandidateReason::SameIdentity => "has the expected identity",
                CandidateReason::RecordedPath => "a recorded path leads to it",
                CandidateReason::SameVirtualDiskId => "has the same VirtualDiskId: a relative, which proves nothing",
            };
            Some(format!("{} ({why})", text::path(&inspection.file(candidate.file)?.path)))
        })
        .chain(left_out(link.candidates_left_out))
        .collect()
}

fn left_out(count: usize) -> Option<String> {
    (count > 0).then(|| format!("and {} more", text::count(u64::try_from(count).unwrap_or(u64::MAX))))
}

/// What a status means, in words that go on after it.
pub(super) fn meaning(status: LinkStatus) -> &'static str {
    match status {
        LinkStatus::Linked => "the parent has the identity that this file expects",
        LinkStatus::LinkedBySecondGuid => {
            "the parent has the second identity that this file accepts; a merge was under way"
        }
        LinkStatus::Missing => "no file with the expected identity is among those that were looked at",
        LinkStatus::Outside => {
            "every recorded path leads out of what was named, and nothing was opened there; name more with --search or --map"
        }
        LinkStatus::IdentityMismatch => "a recorded path leads to a file of another identity",
        LinkStatus::Ambiguous => "several files have the expected identity, and nothing decides between them",
        LinkStatus::Cycle => "following the parents leads back to this file",
        LinkStatus::Unreadable => "the parent is there and cannot be read",
        LinkStatus::UnusableLocator => "the file does not say by what to know its parent",
    }
}

fn found_by(by: FoundBy) -> &'static str {
    match by {
        FoundBy::Identity => "its identity alone: it was moved or renamed",
        FoundBy::RelativePath => "the recorded relative path",
        FoundBy::VolumePath => "the recorded volume path",
        FoundBy::AbsoluteWin32Path => "the recorded absolute path",
        FoundBy::SameFolderName => "its recorded name, in this file's folder",
        FoundBy::Map => "a recorded path, through --map",
    }
}
