//! What is to be merged into what, and who hangs on the files that this changes.

use crate::chain::{FileNo, LinkStatus};
use crate::error::{Error, Result};
use crate::estate::MachineNo;
use crate::image::DiskType;

use super::facts::Facts;

/// The files that a plan is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Course {
    /// The files whose content moves down, the named one first; never empty.
    pub merged: Vec<FileNo>,
    /// The file that survives and takes the content; `None` where the parent was not found.
    pub target: Option<FileNo>,
    /// What the target depends on itself, down to the base.
    pub below: Vec<FileNo>,
    /// The children of the named file: what they see does not change, and they get another parent.
    pub above: Vec<FileNo>,
    /// Everything that depends on the named file, the children among it.
    pub dependants: Vec<FileNo>,
    /// Other children of files that change: what they see changes, so that they are lost.
    pub siblings: Vec<Sibling>,
    /// What Hyper-V merges as well when it is asked to merge this: other disks of the machine that the same checkpoints
    /// keep. No other way touches them.
    pub also: Vec<Course>,
}

/// A disk that is lost when its parent changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sibling {
    /// The file.
    pub file: FileNo,
    /// The parent that changes.
    pub parent: FileNo,
    /// What depends on the sibling, which is lost with it.
    pub dependants: Vec<FileNo>,
}

impl Course {
    /// The named file.
    pub fn top(&self) -> FileNo {
        self.merged.first().copied().unwrap_or(FileNo(usize::MAX))
    }

    /// The merged files and the target: what changes or goes.
    pub fn changed(&self) -> Vec<FileNo> {
        self.merged.iter().copied().chain(self.target).collect()
    }

    /// What machines have that run on what changes: it, and what depends on the named file.
    pub fn users(&self) -> Vec<FileNo> {
        self.changed().into_iter().chain(self.dependants.iter().copied()).collect()
    }

    /// The machine that Hyper-V merges for when a checkpoint is deleted: the first that runs on the named file.
    pub(super) fn merging_machine(&self, facts: &Facts<'_>) -> Option<MachineNo> {
        let standing: Vec<FileNo> = [self.top()].into_iter().chain(self.dependants.iter().copied()).collect();
        facts.machines_of(&standing).first().copied()
    }

    /// The files through which the named one is read, itself first.
    pub fn chain(&self) -> Vec<FileNo> {
        self.merged.iter().copied().chain(self.target).chain(self.below.iter().copied()).collect()
    }

    /// The chain, and those of the disks that are merged with it.
    pub fn all_chains(&self) -> Vec<FileNo> {
        self.chain().into_iter().chain(self.also.iter().flat_map(Self::chain)).collect()
    }

    /// Everything that the plan rests on: the chain, what hangs on it, what is lost, and all of that of the disks that
    /// are merged with it.
    pub fn concerned(&self) -> Vec<FileNo> {
        let siblings =
            self.siblings.iter().flat_map(|sibling| [sibling.file].into_iter().chain(sibling.dependants.clone()));
        let mut all = self.chain();
        let also = self.also.iter().flat_map(Self::concerned);
        for file in self.dependants.iter().copied().chain(siblings).chain(also) {
            if !all.contains(&file) {
                all.push(file);
            }
        }
        all
    }
}

/// What is to be merged of one disk: `file` into `into`, which must be one of its ancestors, or else into its parent.
pub(super) fn one_disk(facts: &Facts<'_>, file: FileNo, into: Option<FileNo>) -> Result<Course> {
    let refuse = |why: String| Error::refused("", None, why).with_path(facts.path(file));
    let found = facts.file(file).ok_or_else(|| refuse("no such file".to_owned()))?;
    let image = found.image.as_deref().ok_or_else(|| match &found.error {
        Some(error) => error.clone().with_path(&found.path),
        None => refuse(format!("a {} file is no virtual disk", found.kind.name())),
    })?;
    if let (None, Some(error)) = (image.disk_type(), image.blockers().first()) {
        return Err(error.clone().with_path(&found.path));
    }
    if image.disk_type() != Some(DiskType::Differencing) && facts.forest.link(file).is_none() {
        return Err(refuse("is no differencing disk: it has no parent to merge into".to_owned()));
    }
    let ancestry = ancestry(facts, file);
    let target = match into {
        None => ancestry.get(1).copied(),
        Some(into) if into == file => return Err(refuse("cannot be merged into itself".to_owned())),
        Some(into) if ancestry.contains(&into) => Some(into),
        Some(into) => {
            return Err(refuse(format!("{} is none of the disks that it depends on", facts.name(into))));
        }
    };
    let place = target.and_then(|target| ancestry.iter().position(|known| *known == target)).unwrap_or(1);
    let (merged, rest) = ancestry.split_at_checked(place).unwrap_or((&ancestry, &[]));
    let mut course = Course {
        merged: merged.to_vec(),
        target,
        below: rest.iter().skip(1).copied().collect(),
        above: facts.forest.children(file).to_vec(),
        dependants: Vec::new(),
        siblings: Vec::new(),
        also: Vec::new(),
    };
    add_dependants(facts, file, &mut course.dependants);
    course.siblings = siblings(facts, &course);
    Ok(course)
}

/// The file and what it depends on, also through a parent that is in the right place and has another identity: that is
/// what Windows would try to open.
fn ancestry(facts: &Facts<'_>, file: FileNo) -> Vec<FileNo> {
    let mut all: Vec<FileNo> = Vec::new();
    let mut next = Some(file);
    while let Some(at) = next.filter(|at| !all.contains(at)) {
        all.push(at);
        let link = facts.forest.link(at);
        next = link.filter(|link| link.status != LinkStatus::Cycle).and_then(|link| link.parent);
    }
    all
}

fn siblings(facts: &Facts<'_>, course: &Course) -> Vec<Sibling> {
    let changed = course.changed();
    let mut all = Vec::new();
    for parent in changed.iter().skip(1) {
        for child in facts.forest.children(*parent).iter().filter(|child| !changed.contains(child)) {
            let mut dependants = Vec::new();
            add_dependants(facts, *child, &mut dependants);
            all.push(Sibling { file: *child, parent: *parent, dependants });
        }
    }
    all
}

pub(super) fn add_dependants(facts: &Facts<'_>, file: FileNo, found: &mut Vec<FileNo>) {
    let mut waiting = facts.forest.children(file).to_vec();
    while let Some(next) = waiting.pop() {
        if !found.contains(&next) {
            found.push(next);
            waiting.extend(facts.forest.children(next));
        }
    }
    found.sort();
}
