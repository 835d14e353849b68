//! What would be done, in order, each step with what must be true after it and the way back. How a step is written down
//! for a shell is a report's business.

use crate::chain::FileNo;
use crate::estate::{Machine, MachineNo};

use super::course::Course;
use super::facts::Facts;
use super::method::Method;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// What is done, in words.
    pub title: String,
    /// What is done.
    pub action: Action,
    /// What must be true afterwards.
    pub expect: String,
    /// How it is taken back, in words.
    pub way_back: String,
    /// How it is taken back, where one command does it.
    pub undo: Option<Action>,
}

/// What one step does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// See that the files have the lengths that the plan was made for.
    CheckUnchanged {
        /// The files.
        files: Vec<FileNo>,
    },
    /// See that a machine is off.
    RequireOff {
        /// The machine.
        machine: MachineNo,
    },
    /// See that nobody has a disk open.
    RequireDetached {
        /// The disk.
        file: FileNo,
    },
    /// Make a checkpoint, so that deleting it makes Hyper-V look for what it has to merge.
    CreateCheckpoint {
        /// The machine.
        machine: MachineNo,
    },
    /// Delete the checkpoint that [`Action::CreateCheckpoint`] made.
    RemoveCreated {
        /// The machine.
        machine: MachineNo,
    },
    /// Delete a checkpoint.
    RemoveCheckpoint {
        /// The checkpoint.
        checkpoint: MachineNo,
    },
    /// Wait until Hyper-V has merged: until the files are gone.
    AwaitMerge {
        /// The machine.
        machine: MachineNo,
        /// The files that go.
        gone: Vec<FileNo>,
    },
    /// Merge a file, and all files between it and the target, into the target.
    Merge {
        /// The topmost file.
        top: FileNo,
        /// The file that survives.
        into: FileNo,
        /// All files whose content moves, the topmost first.
        sources: Vec<FileNo>,
    },
    /// Give a disk another parent.
    Relink {
        /// The disk.
        child: FileNo,
        /// Its new parent.
        parent: FileNo,
    },
    /// Put another disk on a drive of a machine.
    Repoint {
        /// The machine.
        machine: MachineNo,
        /// Which of its disks.
        disk: usize,
        /// What is put there.
        to: Target,
    },
    /// Write what a disk holds into a new file.
    Convert {
        /// The disk.
        from: FileNo,
    },
    /// See that a disk can be opened with all its parents.
    CheckChain {
        /// The disk.
        file: Target,
    },
}

impl Action {
    /// Whether it changes anything.
    pub fn changes(&self) -> bool {
        !matches!(
            self,
            Self::CheckUnchanged { .. }
                | Self::RequireOff { .. }
                | Self::RequireDetached { .. }
                | Self::AwaitMerge { .. }
                | Self::CheckChain { .. }
        )
    }

    /// The disks that it names.
    pub fn disks(&self) -> Vec<Target> {
        let files = |files: &[FileNo]| files.iter().copied().map(Target::File).collect();
        match self {
            Self::CheckUnchanged { files: all } | Self::AwaitMerge { gone: all, .. } => files(all),
            Self::RequireDetached { file } | Self::Convert { from: file } => {
                let mut all = vec![Target::File(*file)];
                all.extend(matches!(self, Self::Convert { .. }).then_some(Target::New));
                all
            }
            Self::Merge { into, sources, .. } => sources.iter().copied().chain([*into]).map(Target::File).collect(),
            Self::Relink { child, parent } => files(&[*child, *parent]),
            Self::Repoint { to, .. } | Self::CheckChain { file: to } => vec![*to],
            Self::RequireOff { .. }
            | Self::CreateCheckpoint { .. }
            | Self::RemoveCreated { .. }
            | Self::RemoveCheckpoint { .. } => Vec::new(),
        }
    }
}

/// A disk of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target {
    /// A file that is there.
    File(FileNo),
    /// The file that an export makes.
    New,
}

const COPY: &str =
    "only a copy of the files takes it back: make one, or see that a backup of the machine can be restored, first.";

/// The steps of a way, or why it cannot be gone.
pub(super) fn steps(facts: &Facts<'_>, course: &Course, method: Method) -> Result<Vec<Step>, String> {
    if method == Method::Leave {
        return Ok(Vec::new());
    }
    let Some(target) = course.target else { return Err("the parent was not found".to_owned()) };
    match method {
        Method::Leave => Ok(Vec::new()),
        Method::Native => native(facts, course),
        Method::OnePass => Ok(by_hand(facts, course, target, vec![(course.merged.clone(), target)])),
        Method::Pairwise => {
            let below = course.merged.iter().skip(1).copied().chain([target]);
            let pairs = course.merged.iter().zip(below).map(|(file, into)| (vec![*file], into)).collect();
            Ok(by_hand(facts, course, target, pairs))
        }
        Method::Export => Ok(export(facts, course)),
    }
}

fn by_hand(facts: &Facts<'_>, course: &Course, target: FileNo, merges: Vec<(Vec<FileNo>, FileNo)>) -> Vec<Step> {
    let mut steps = before(facts, course);
    for (sources, into) in merges {
        let Some(top) = sources.first().copied() else { continue };
        let files = if sources.len() == 1 {
            String::new()
        } else {
            format!(" with the {} below it", sources.len().saturating_sub(1))
        };
        steps.push(Step {
            title: format!("Merge {}{files} into {}", facts.name(top), facts.name(into)),
            expect:
                "The target holds the content. Windows removes the merged files, or leaves them; either way they are \
                     no longer valid: keep what is left until the machine has run and a backup was made."
                    .to_owned(),
            way_back: format!(
                "Broken off: run the same step again, the merged file is usable until the merge is complete; never \
                 delete it. Complete, {COPY}"
            ),
            undo: None,
            action: Action::Merge { top, into, sources },
        });
    }
    for child in &course.above {
        steps.push(Step {
            title: format!("Give {} the parent {}", facts.name(*child), facts.name(target)),
            action: Action::Relink { child: *child, parent: target },
            expect: "Get-VHD shows the survivor as its parent.".to_owned(),
            way_back: "The same command with the former parent, as long as that is there and was not merged."
                .to_owned(),
            undo: None,
        });
    }
    steps.extend(repoint(facts, course, Target::File(target)));
    let check = |file: FileNo| check_chain(facts, Target::File(file));
    match course.above.as_slice() {
        [] => steps.push(check(target)),
        above => steps.extend(above.iter().map(|child| check(*child))),
    }
    steps
}

fn export(facts: &Facts<'_>, course: &Course) -> Vec<Step> {
    let mut steps = before(facts, course);
    steps.push(Step {
        title: format!("Write what {} holds into a new file", facts.name(course.top())),
        action: Action::Convert { from: course.top() },
        expect: "The new file is there and holds the whole disk; no old file has changed.".to_owned(),
        way_back: "Delete the new file.".to_owned(),
        undo: None,
    });
    steps.push(check_chain(facts, Target::New));
    steps.extend(repoint(facts, course, Target::New));
    steps
}

/// What is made sure of before anything is changed.
fn before(facts: &Facts<'_>, course: &Course) -> Vec<Step> {
    let nothing = || "Nothing was changed.".to_owned();
    let mut steps = vec![unchanged(course)];
    for machine in facts.machines_of(&course.users()) {
        let Some(found) = facts.machines.get(machine) else { continue };
        steps.push(Step {
            title: format!("See that {} is off", found.title()),
            action: Action::RequireOff { machine },
            expect: "Its state is Off, not Saved.".to_owned(),
            way_back: nothing(),
            undo: None,
        });
    }
    steps.push(Step {
        title: format!("See that nobody has {} open", facts.name(course.top())),
        action: Action::RequireDetached { file: course.top() },
        expect: "It is neither attached nor mounted.".to_owned(),
        way_back: nothing(),
        undo: None,
    });
    steps
}

fn unchanged(course: &Course) -> Step {
    let mut files = course.chain();
    files.extend(&course.above);
    Step {
        title: "See that nothing has changed since the plan was made".to_owned(),
        action: Action::CheckUnchanged { files },
        expect:
            "Every file has the length that it had. vhdxray verify, with this plan as JSON, compares everything that \
                 the plan rests on."
                .to_owned(),
        way_back: "Nothing was changed.".to_owned(),
        undo: None,
    }
}

/// Every drive that has one of the merged files gets the survivor.
fn repoint(facts: &Facts<'_>, course: &Course, to: Target) -> Vec<Step> {
    let mut steps = Vec::new();
    // Whatever stands on the named file through a child goes on to do so.
    let moved: &[FileNo] = if course.above.is_empty() { &course.merged } else { &[] };
    for machine in facts.machines_of(moved) {
        let Some(found) = facts.machines.get(machine) else { continue };
        for (disk, attached) in found.disks.iter().enumerate() {
            let Some(old) = attached.file().filter(|file| moved.contains(file)) else { continue };
            let controller = &attached.drive.controller;
            let kind = controller.kind.name().to_uppercase();
            steps.push(Step {
                title: format!(
                    "Put the survivor on {kind} {} location {} of {}",
                    controller.number,
                    attached.drive.location,
                    found.title()
                ),
                action: Action::Repoint { machine, disk, to },
                expect: "Get-VMHardDiskDrive shows the survivor on that drive.".to_owned(),
                way_back: "Put the former disk back, as long as it is there and was not merged.".to_owned(),
                undo: (to == Target::New).then_some(Action::Repoint { machine, disk, to: Target::File(old) }),
            });
        }
    }
    steps
}

fn check_chain(facts: &Facts<'_>, file: Target) -> Step {
    let title = match file {
        Target::File(file) => format!("See that {} can be opened with all its parents", facts.name(file)),
        Target::New => "See that the new file can be opened".to_owned(),
    };
    Step {
        title,
        action: Action::CheckChain { file },
        expect:
            "Test-VHD finds nothing wrong. vhdxray verify --after, with this plan as JSON, proves the content where \
                 the plan was made with --hash. Then start the machine, look at it, and make a full backup."
                .to_owned(),
        way_back: "Nothing was changed.".to_owned(),
        undo: None,
    }
}

fn native(facts: &Facts<'_>, course: &Course) -> Result<Vec<Step>, String> {
    let kept: Vec<FileNo> = course.changed().into_iter().skip(1).collect();
    let checkpoints = facts.checkpoints_of(&kept);
    let Some(machine) = course.merging_machine(facts) else {
        return Err(
            "no machine was found that runs on this disk, so that there is nothing to ask Hyper-V for".to_owned()
        );
    };
    let is_automatic = |file: &FileNo| {
        let extension = facts.path(*file).extension().unwrap_or_default();
        extension.eq_ignore_ascii_case("avhdx") || extension.eq_ignore_ascii_case("avhd")
    };
    if checkpoints.is_empty() && !course.merged.iter().all(is_automatic) {
        let why =
            "no checkpoint accounts for these files, and Hyper-V merges by itself only what it made for one (.avhdx)";
        return Err(why.to_owned());
    }
    let mut steps = vec![unchanged(course)];
    for checkpoint in &checkpoints {
        steps.extend(facts.machines.get(*checkpoint).map(|found| remove(found, *checkpoint)));
    }
    if checkpoints.is_empty() {
        let title = facts.machines.get(machine).map(Machine::title).unwrap_or_default();
        steps.push(Step {
            title: format!("Make a checkpoint of {title}"),
            action: Action::CreateCheckpoint { machine },
            expect:
                "The machine has one checkpoint more. None accounts for these files, and deleting one makes Hyper-V \
                     look for all that it has to merge."
                    .to_owned(),
            way_back: "Delete it again, which is the next step.".to_owned(),
            undo: None,
        });
        steps.push(Step {
            title: "Delete it again".to_owned(),
            action: Action::RemoveCreated { machine },
            expect: "Hyper-V starts to merge.".to_owned(),
            way_back: format!("The merge goes on by itself; {COPY}"),
            undo: None,
        });
    }
    steps.push(Step {
        title: "Wait until Hyper-V has merged".to_owned(),
        action: Action::AwaitMerge { machine, gone: course.merged.clone() },
        expect: "The merged files are gone, and the machine's drive names the survivor.".to_owned(),
        way_back: "The merge goes on by itself, also after a restart of the host; nothing is to be deleted by hand."
            .to_owned(),
        undo: None,
    });
    Ok(steps)
}

fn remove(checkpoint: &Machine, number: MachineNo) -> Step {
    Step {
        title: format!("Delete {}", checkpoint.title()),
        action: Action::RemoveCheckpoint { checkpoint: number },
        expect: "It is no longer listed, and Hyper-V starts to merge.".to_owned(),
        way_back: format!("A checkpoint that was deleted does not come back; {COPY}"),
        undo: None,
    }
}
