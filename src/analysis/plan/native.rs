//! What Hyper-V merges when a checkpoint is deleted. A checkpoint keeps all disks of its machine at once, and with it all
//! of them are merged, whichever was asked about.

use std::collections::{BTreeMap, BTreeSet};

use crate::chain::FileNo;
use crate::error::Result;
use crate::estate::{self, AttachedDisk, Machine, MachineNo};
use crate::vm::ConfigurationKind;

use super::course::{Course, add_dependants, one_disk};
use super::facts::Facts;

/// What is to be merged: `file` into `into`, which must be one of its ancestors, or else into its parent; with it what
/// Hyper-V would merge of the machine's other disks.
pub fn course(facts: &Facts<'_>, file: FileNo, into: Option<FileNo>) -> Result<Course> {
    let mut course = one_disk(facts, file, into)?;
    course.also = also(facts, &course);
    Ok(course)
}

/// The checkpoints that are deleted to merge a course: those of its machine that keep the target or a file between, the
/// one that keeps the lowest first.
pub(super) fn checkpoints(facts: &Facts<'_>, course: &Course) -> Vec<MachineNo> {
    let Some(owner) = course.merging_machine(facts) else { return Vec::new() };
    let mut all = Vec::new();
    for file in kept(course) {
        for number in facts.checkpoints_of(&[file]) {
            let is_own = facts.machines.get(number).is_some_and(|found| found.owner == Some(owner));
            if is_own && !all.contains(&number) {
                all.push(number);
            }
        }
    }
    all
}

/// What a checkpoint may keep that stands in the way of a course, the lowest file first: all that changes but the
/// topmost.
pub(super) fn kept(course: &Course) -> Vec<FileNo> {
    course.target.into_iter().chain(course.merged.iter().skip(1).rev().copied()).collect()
}

/// Whether Hyper-V made a file for a checkpoint, by its name: only such files it merges and deletes by itself.
pub(super) fn is_automatic(facts: &Facts<'_>, file: FileNo) -> bool {
    estate::is_automatic(facts.path(file))
}

/// Whether a machine or one of its checkpoints has a file or what depends on it. Hyper-V knows no other.
pub(super) fn leads_to(facts: &Facts<'_>, owner: MachineNo, file: FileNo) -> bool {
    let mut tree = vec![file];
    add_dependants(facts, file, &mut tree);
    tree.into_iter().any(|file| is_own(facts, owner, file))
}

/// Files that Hyper-V would delete with the checkpoints: no disk of the machine needs them then.
pub(super) fn deleted(facts: &Facts<'_>, course: &Course) -> Vec<FileNo> {
    let Some(owner) = course.merging_machine(facts) else { return Vec::new() };
    let fates = fates(facts, course, owner, &checkpoints(facts, course));
    fates.into_iter().filter(|(_, fate)| *fate == Fate::Deleted).map(|(file, _)| file).collect()
}

/// What becomes of a file when the checkpoints that keep it are deleted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// Something else needs it.
    Stays,
    /// This child is merged into it.
    Takes(FileNo),
    /// Nothing that Hyper-V knows of needs it.
    Deleted,
}

/// The merges of the machine's other disks that go with a course.
fn also(facts: &Facts<'_>, course: &Course) -> Vec<Course> {
    let Some(owner) = course.merging_machine(facts) else { return Vec::new() };
    let checkpoints = checkpoints(facts, course);
    let links = if checkpoints.is_empty() {
        left_over(facts, course, owner)
    } else {
        let fates = fates(facts, course, owner, &checkpoints).into_iter();
        let takes = fates.filter_map(|(file, fate)| match fate {
            Fate::Takes(child) => Some((child, file)),
            Fate::Stays | Fate::Deleted => None,
        });
        let mut links: BTreeMap<FileNo, FileNo> = takes.collect();
        for target in links.values().copied().collect::<Vec<_>>() {
            go_on(facts, course, owner, target, &mut links);
        }
        links
    };
    let parents: BTreeSet<FileNo> = links.values().copied().collect();
    let tops = links.keys().filter(|child| !parents.contains(child));
    let one = |top: &FileNo| {
        let mut target = *links.get(top)?;
        while let Some(next) = links.get(&target) {
            target = *next;
        }
        one_disk(facts, *top, Some(target)).ok()
    };
    tops.filter_map(one).collect()
}

/// The files of other disks that these checkpoints keep.
fn fates(facts: &Facts<'_>, course: &Course, owner: MachineNo, checkpoints: &[MachineNo]) -> Vec<(FileNo, Fate)> {
    let changed = course.changed();
    let disks = checkpoints.iter().filter_map(|number| facts.machines.get(*number)).flat_map(|found| &found.disks);
    let files: BTreeSet<FileNo> = disks.filter_map(AttachedDisk::file).filter(|file| !changed.contains(file)).collect();
    files.into_iter().map(|file| (file, fate(facts, owner, checkpoints, file))).collect()
}

fn fate(facts: &Facts<'_>, owner: MachineNo, checkpoints: &[MachineNo], file: FileNo) -> Fate {
    let deleted: Vec<&Machine> = checkpoints.iter().filter_map(|number| facts.machines.get(*number)).collect();
    let goes = |found: &Machine| deleted.iter().any(|checkpoint| checkpoint.file == found.file);
    if facts.machines.attaching(file).any(|found| belongs(facts, owner, found) && !goes(found)) {
        return Fate::Stays;
    }
    let own = facts.forest.children(file).iter().copied().filter(|child| leads_to(facts, owner, *child));
    match own.collect::<Vec<_>>().as_slice() {
        [child] => Fate::Takes(*child),
        [] if is_automatic(facts, file) => Fate::Deleted,
        _ => Fate::Stays,
    }
}

/// Where no checkpoint accounts for a course, one is made and deleted again, and Hyper-V merges whatever it finds then: of
/// every disk of the machine all that it made for a checkpoint that is no more. Each file with its parent.
fn left_over(facts: &Facts<'_>, course: &Course, owner: MachineNo) -> BTreeMap<FileNo, FileNo> {
    let mut links = BTreeMap::new();
    if course.merged.iter().all(|file| is_automatic(facts, *file)) {
        let users = course.users();
        let disks = facts.machines.get(owner).map(|machine| machine.disks.as_slice()).unwrap_or_default();
        for file in disks.iter().filter_map(AttachedDisk::file).filter(|file| !users.contains(file)) {
            go_on(facts, course, owner, file, &mut links);
        }
    }
    links
}

/// Adds what Hyper-V may merge as well from a file down, for no checkpoint accounts for it any more.
fn go_on(facts: &Facts<'_>, course: &Course, owner: MachineNo, from: FileNo, links: &mut BTreeMap<FileNo, FileNo>) {
    let changed = course.changed();
    let mut at = from;
    while let Some(parent) = unaccounted(facts, owner, at).filter(|parent| !changed.contains(parent))
        && !links.contains_key(&at)
    {
        links.insert(at, parent);
        at = parent;
    }
}

/// The parent of a file that Hyper-V made for a checkpoint, where the machine has no checkpoint that keeps the two apart.
pub(super) fn unaccounted(facts: &Facts<'_>, owner: MachineNo, file: FileNo) -> Option<FileNo> {
    let parent = facts.forest.parent(file).filter(|_| is_automatic(facts, file))?;
    let keeping = facts.checkpoints_of(&[parent]).into_iter().filter_map(|number| facts.machines.get(number));
    let is_kept = keeping.filter(|found| found.owner == Some(owner)).count() > 0;
    (!is_kept).then_some(parent)
}

fn is_own(facts: &Facts<'_>, owner: MachineNo, file: FileNo) -> bool {
    facts.machines.attaching(file).any(|found| belongs(facts, owner, found))
}

/// Whether a configuration is that of a machine or of one of its checkpoints.
fn belongs(facts: &Facts<'_>, owner: MachineNo, found: &Machine) -> bool {
    let is_it = facts.machines.get(owner).is_some_and(|machine| machine.file == found.file);
    is_it || found.kind() == ConfigurationKind::Checkpoint && !found.backup_copy && found.owner == Some(owner)
}
