//! `VHDX08xx`: files that depend on each other.

pub(super) mod ambiguous;
pub(super) mod cycle;
pub(super) mod golden_parent;
pub(super) mod identity_mismatch;
pub(super) mod mixed_formats;
pub(super) mod parent_missing;
pub(super) mod parent_newer;
pub(super) mod parent_outside;
pub(super) mod parent_unreadable;
pub(super) mod second_guid;
pub(super) mod sector_sizes;
pub(super) mod siblings;
pub(super) mod too_deep;
pub(super) mod virtual_sizes;

use crate::chain::{CandidateReason, Link};
use crate::format::vhdx::parent_locator::PARENT_LINKAGE;

use super::finding::Finding;
use super::parent_locator::recorded;
use super::prelude::{FileRange, LinkedFile};

/// From this many children on a parent counts as a golden image.
const GOLDEN: usize = 5;

/// Place and facts of a link.
fn place(finding: Finding, file: &LinkedFile<'_>, link: &Link) -> Finding {
    let finding = match file.value_range(PARENT_LINKAGE) {
        Some(range) => finding.in_range(range),
        None => finding,
    };
    finding
        .with_some("expected", link.expected)
        .with_some("found", link.found)
        .with("recorded_paths", recorded(file, link))
}

/// Files worth a look, as related places.
fn candidates(finding: Finding, file: &LinkedFile<'_>, link: &Link) -> Finding {
    link.candidates.iter().take(crate::limits::MAX_SAMPLES).fold(finding, |finding, candidate| {
        let Some(found) = file.subject.file(candidate.file) else { return finding };
        let note = match candidate.why {
            CandidateReason::SameIdentity => "has the expected identity",
            CandidateReason::RecordedPath => "a recorded path leads to it",
            CandidateReason::SameVirtualDiskId => "has the same virtual disk id, which is no proof",
        };
        finding.see_file(found, None, note)
    })
}

/// The children of a file, as related places.
fn children(finding: Finding, file: &LinkedFile<'_>) -> Finding {
    let children = file.subject.forest.children(file.number);
    let shown = children.iter().take(crate::limits::MAX_SAMPLES).filter_map(|child| file.subject.file(*child));
    shown.fold(finding, |finding, child| finding.see_file(child, None, "a child"))
}

/// The place of a metadata item, where the file has one.
fn item_place(finding: Finding, place: Option<FileRange>) -> Finding {
    match place {
        Some(range) => finding.in_range(range),
        None => finding,
    }
}
