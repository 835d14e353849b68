//! The chain is whole and proved.

use crate::chain::{FoundBy, Lead, Link, LinkStatus, RecordedPath};
use crate::image::{DiskType, Image, Survey};
use crate::limits::MAX_MERGE_DEPTH;

use super::{Method, Precondition};
use crate::analysis::plan::course::Course;
use crate::analysis::plan::facts::{Facts, why_broken};

/// 1: every parent was found.
pub(super) fn parent_found(facts: &Facts<'_>, course: &Course) -> Precondition {
    let mut it = Precondition::new(1, "parent-found", "every parent of the chain is there");
    for file in course.chain() {
        let Some(link) = facts.forest.link(file) else { continue };
        let is_gap =
            !link.status.is_linked() && !matches!(link.status, LinkStatus::IdentityMismatch | LinkStatus::Cycle);
        if let (true, Some(why)) = (is_gap, why_broken(facts, link)) {
            it.fail(file, why, &Method::ACTIVE);
        }
        if let Some(why) = leads_nowhere(facts, link) {
            it.fail(file, why, &[]);
        }
    }
    let seen = format!("{} files from the disk down to its base", course.chain().len());
    it.end(
        "Bring the missing file back, or name the folder that it lies in (--search, --map). Where it has only moved, or \
         the recorded path is wrong, before the merge: Set-VHD -Path child -ParentPath parent. It compares the \
         identities; -IgnoreIdMismatch is right only where the parent is proved by other means.",
        seen,
    )
}

/// Why Windows would not find a parent that was found here by its identity alone. Paths that lead out of what was looked
/// at tell nothing.
fn leads_nowhere(facts: &Facts<'_>, link: &Link) -> Option<String> {
    let parent = link.parent.filter(|_| link.status.is_linked())?;
    let to_parent = |path: &RecordedPath| matches!(path.leads, Lead::To(to) if to == parent);
    if link.recorded.iter().any(to_parent) {
        return None;
    }
    let name = facts.name(parent);
    let wrong = |wanted: fn(&Lead) -> bool| link.recorded.iter().any(|path| wanted(&path.leads));
    if wrong(|lead| matches!(lead, Lead::Itself)) {
        Some(format!("it records its own path as that of its parent; by its identity the parent is {name}"))
    } else if link.found_by == Some(FoundBy::Identity) && wrong(|lead| matches!(lead, Lead::NotThere | Lead::To(_))) {
        Some(format!("no path that it records leads to its parent, which by its identity is {name}"))
    } else {
        None
    }
}

/// 2: every parent is the one that its child means.
pub(super) fn identity(facts: &Facts<'_>, course: &Course) -> Precondition {
    let mut it = Precondition::new(2, "identity", "every parent is the one that its child records");
    for file in course.chain() {
        let Some(link) = facts.forest.link(file) else { continue };
        match link.status {
            LinkStatus::IdentityMismatch => {
                it.fail(file, why_broken(facts, link).unwrap_or_default(), &Method::ACTIVE);
            }
            LinkStatus::LinkedBySecondGuid => {
                it.saw(file, "its parent has the second identity that it records: a merge was under way");
            }
            LinkStatus::Cycle => it.unknown(file, "following its parents leads back to it"),
            status if !status.is_linked() => it.unknown(file, "its parent was not found, so that nothing was compared"),
            _ => {}
        }
    }
    it.end(
        "Find the file that has the recorded identity. Set-VHD -IgnoreIdMismatch is right only where the parent is \
         proved to be the same to the byte; otherwise it destroys what the guest sees.",
        "each child records the identity of its parent",
    )
}

/// 3: no parent was written to after its child was made.
pub(super) fn parent_unchanged(facts: &Facts<'_>, course: &Course) -> Precondition {
    let mut it = Precondition::new(3, "parent-unchanged", "no parent was written to since its child was made");
    for file in course.chain() {
        let (Some(link), Some(image)) = (facts.forest.link(file), facts.image(file)) else { continue };
        let parent = link.parent.and_then(|parent| facts.image(parent));
        let related =
            || image.virtual_disk_id().is_some() && parent.and_then(Image::virtual_disk_id) == image.virtual_disk_id();
        match link.status {
            LinkStatus::IdentityMismatch if related() => it.fail(
                file,
                "its parent is the same disk in another state: it was written to, or replaced by another copy",
                &Method::ACTIVE,
            ),
            LinkStatus::IdentityMismatch => it.unknown(file, "the file in its parent's place may be any disk"),
            LinkStatus::Linked if matches!(image.survey(), Survey::Vhd(_)) => {
                it.unknown(file, "a VHD keeps its unique id when it is written to, so that this cannot be told");
            }
            LinkStatus::LinkedBySecondGuid => {
                it.saw(file, "its parent has the second identity that it records: a merge changed it");
            }
            status if !status.is_linked() => it.unknown(file, "its parent was not found"),
            _ => {}
        }
    }
    it.end(
        "Restore the parent as it was when the child was made. For a VHD compare the times of last write; what was \
         mounted or started on the parent since is lost or breaks the child.",
        "a VHDX gets another identity whenever its data is written to, and each parent has the recorded one",
    )
}

/// 14: the chain ends, and is no deeper than can be opened.
pub(super) fn no_cycle(facts: &Facts<'_>, course: &Course) -> Precondition {
    let mut it = Precondition::new(14, "no-cycle", "the chain ends, and is not too deep to open");
    for file in course.chain() {
        if facts.forest.link(file).is_some_and(|link| link.status == LinkStatus::Cycle) {
            it.fail(file, "following its parents leads back to it", &Method::ACTIVE);
        }
    }
    if let Some(last) = course.chain().last().copied() {
        match facts.forest.link(last) {
            Some(link) if link.status == LinkStatus::Cycle => {}
            Some(_) => it.unknown(last, "its parent was not found: what comes below it is not known"),
            None if facts.image(last).is_none() => {
                it.unknown(last, "it cannot be read: whether it has a parent itself is not known");
            }
            None => {}
        }
    }
    let depth = course.chain().len();
    if depth > MAX_MERGE_DEPTH {
        it.fail(course.top(), format!("{depth} files"), &Method::ACTIVE);
    }
    if let Some(base) = course.chain().last().filter(|base| facts.forest.link(**base).is_none()) {
        let is_base = facts.image(*base).and_then(Image::disk_type).is_some_and(|kind| kind != DiskType::Differencing);
        if is_base {
            it.saw(*base, format!("the base, after {depth} files"));
        }
    }
    it.end(
        "Find the true parent by its identity and set it with Set-VHD -ParentPath; merge a chain that is too deep in \
         pieces, from its lower end up.",
        format!("{depth} files"),
    )
}
