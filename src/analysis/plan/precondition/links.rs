//! The chain is whole and proved.

use crate::chain::windows_path::{PathKind, WindowsPath, eq_ignore_case};
use crate::chain::{Lead, Link, LinkStatus, RecordedPath};
use crate::image::{DiskType, Image, Survey};
use crate::limits::MAX_MERGE_DEPTH;

use super::{Method, Precondition};
use crate::analysis::plan::ask::Ask;
use crate::analysis::plan::course::Course;
use crate::analysis::plan::facts::{Facts, why_broken};

/// 1: every parent was found.
pub(super) fn parent_found(facts: &Facts<'_>, course: &Course) -> Precondition {
    const RE_LINK: &str = "Bring the missing file back, or name the folder that it lies in (--search, --map). Where it has \
        only moved, or the recorded path is wrong, before the merge: Set-VHD -Path child -ParentPath parent. It compares \
        the identities; -IgnoreIdMismatch is right only where the parent is proved by other means.";
    let mut it = Precondition::new(1, "parent-found", "every parent of the chain is there");
    let mut is_whole_here = true;
    for file in course.chain() {
        let Some(link) = facts.forest.link(file) else { continue };
        let is_gap =
            !link.status.is_linked() && !matches!(link.status, LinkStatus::IdentityMismatch | LinkStatus::Cycle);
        if let (true, Some(why)) = (is_gap, why_broken(facts, link)) {
            it.fail(file, why, &Method::ACTIVE);
        }
        is_whole_here &= link.status.is_linked();
        match leads_nowhere(facts, link) {
            // Whoever opens the chain stops there, whatever is to be done with it.
            Some(Nowhere { why, is_certain: true }) => it.fail(file, why, &Method::ACTIVE),
            Some(Nowhere { why, is_certain: false }) => {
                it.unknown(file, why);
                it.ask.push(Ask::Parent(file));
            }
            None => {}
        }
    }
    let seen = format!("{} files from the disk down to its base", course.chain().len());
    let unblock = if is_whole_here {
        format!("{RE_LINK} Windows opens nothing of the chain before; vhdxray export reads it all the same.")
    } else {
        RE_LINK.to_owned()
    };
    it.end_or_ask(
        &unblock,
        "Say with --map where the recorded paths are now, or ask the host whether it finds the parent. Where it does not, \
         before the merge: Set-VHD -Path child -ParentPath parent.",
        seen,
    )
}

/// Why Windows would not find a parent that was found here.
struct Nowhere {
    why: String,
    /// Whether every recorded path was looked at; else one that leads out of what was named may be right.
    is_certain: bool,
}

/// Windows follows the recorded paths and nothing else: neither an identity nor a name in the same folder leads it.
fn leads_nowhere(facts: &Facts<'_>, link: &Link) -> Option<Nowhere> {
    let parent = link.parent.filter(|_| link.status.is_linked())?;
    let any = |wanted: &dyn Fn(&Lead) -> bool| link.recorded.iter().any(|path| wanted(&path.leads));
    if any(&|lead| matches!(lead, Lead::To(to) if *to == parent)) || !any(&|lead| !matches!(lead, Lead::Elsewhere)) {
        return None;
    }
    let name = facts.name(parent);
    let is_told = |path: &RecordedPath| is_told_by_another(path, link) || is_told_by_itself(path, link);
    let is_certain = link.recorded.iter().all(|path| path.leads != Lead::Elsewhere || is_told(path));
    let mut why = if any(&|lead| matches!(lead, Lead::Itself)) {
        format!("it records its own path as that of its parent; by its identity the parent is {name}")
    } else {
        format!("no path that it records leads to its parent, which by its identity is {name}")
    };
    if !is_certain {
        why.push_str("; other recorded paths lead out of what was looked at");
    }
    Some(Nowhere { why, is_certain })
}

/// Whether a path by the name of a volume says once more what one by its drive or mount point says, and that leads to a
/// place that was looked at.
fn is_told_by_another(path: &RecordedPath, link: &Link) -> bool {
    let on_volume = WindowsPath::parse(&path.path);
    let says_the_same = |other: &RecordedPath| {
        let drive = WindowsPath::parse(&other.path);
        let mut below = drive.components().iter().rev().zip(on_volume.components().iter().rev());
        other.leads != Lead::Elsewhere
            && matches!(drive.kind(), PathKind::DriveAbsolute { .. })
            && drive.components().len() >= on_volume.components().len()
            && below.all(|(a, b)| eq_ignore_case(a, b))
    };
    matches!(on_volume.kind(), PathKind::Volume { .. }) && link.recorded.iter().any(says_the_same)
}

/// Whether a path ends in the name of another one that leads to the child itself: all of them are recorded of one file.
fn is_told_by_itself(path: &RecordedPath, link: &Link) -> bool {
    let wanted = WindowsPath::parse(&path.path);
    let is_alike = |other: &RecordedPath| {
        let own = WindowsPath::parse(&other.path);
        let names = wanted.components().last().zip(own.components().last());
        names.is_some_and(|(a, b)| eq_ignore_case(a, b))
    };
    link.recorded.iter().any(|other| matches!(other.leads, Lead::Itself) && is_alike(other))
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
