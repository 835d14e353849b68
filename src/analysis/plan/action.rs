//! One step of a way, and what it does: values, which a report writes down for a shell.

use crate::chain::FileNo;
use crate::estate::MachineNo;

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
    /// What is asked once more right before it is done: it was asked at the beginning, and much may have happened since.
    pub asks: Vec<Action>,
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
    /// See that drives of a machine hold the disks that they held, and that it has the checkpoints that it had: a
    /// checkpoint that was made since leaves every file its length, and freezes what would be merged.
    CheckMachine {
        /// The machine.
        machine: MachineNo,
        /// Which of its disks.
        disks: Vec<usize>,
        /// All its checkpoints.
        checkpoints: Vec<MachineNo>,
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
        /// What must be there.
        from: Target,
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
                | Self::CheckMachine { .. }
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
            // What must be there is named as the machine recorded it, unless this plan makes it.
            Self::Repoint { from, to, .. } => {
                [*from].into_iter().filter(|from| *from == Target::New).chain([*to]).collect()
            }
            Self::CheckChain { file: to } => vec![*to],
            Self::RequireOff { .. }
            | Self::CheckMachine { .. }
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
