//! The trees of checkpoints. No configuration says which checkpoint was made over which; the places of the disks that
//! they keep do: what is below in the chain is older.

use std::collections::BTreeMap;

use crate::chain::{FileNo, Forest};

use super::{AttachedDisk, Machine, MachineNo, Machines};

/// A checkpoint in its machine's tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckpointNode {
    /// The checkpoint.
    pub checkpoint: MachineNo,
    /// The one that it was made over; `None` for the first.
    pub parent: Option<MachineNo>,
    /// Whether its disks disagree about what lies below it.
    pub disagreement: bool,
}

impl Machines {
    /// The checkpoints of a machine, oldest first, each with the one below it.
    ///
    /// Where two keep the same files, nothing was written between them, and the times at which they were made decide.
    pub(super) fn tree_of(&self, machine: MachineNo, forest: &Forest) -> Vec<CheckpointNode> {
        let mut checkpoints: Vec<(MachineNo, &Machine)> = self.checkpoints(machine).collect();
        checkpoints.sort_by_cached_key(|(number, checkpoint)| {
            (depth(checkpoint, forest), checkpoint.configuration.created, *number)
        });
        // The latest checkpoint that keeps a file.
        let mut keeps: BTreeMap<FileNo, MachineNo> = BTreeMap::new();
        // Which came first.
        let mut order: BTreeMap<MachineNo, usize> = BTreeMap::new();
        let mut nodes = Vec::new();
        for (number, checkpoint) in checkpoints {
            let kept = || checkpoint.disks.iter().filter_map(|disk| Some((disk, disk.file()?)));
            let below: Vec<(&AttachedDisk, Option<MachineNo>)> = kept()
                .map(|(disk, file)| (disk, forest.ancestry(file).find_map(|below| keeps.get(&below).copied())))
                .collect();
            let parent = below.iter().filter_map(|(_, below)| *below).max_by_key(|below| order.get(below));
            // A drive that the one below did not have says nothing about it.
            let had = |disk: &AttachedDisk| {
                let parent = parent.and_then(|parent| self.get(parent));
                parent.is_some_and(|parent| {
                    parent.disks.iter().any(|other| other.file().is_some() && is_same_drive(other, disk))
                })
            };
            nodes.push(CheckpointNode {
                checkpoint: number,
                parent,
                disagreement: below.iter().any(|(disk, below)| *below != parent && had(disk)),
            });
            order.insert(number, order.len());
            keeps.extend(kept().map(|(_, file)| (file, number)));
        }
        nodes
    }
}

/// Whether two disks hang in the same place of a machine.
pub(super) fn is_same_drive(a: &AttachedDisk, b: &AttachedDisk) -> bool {
    let place = |disk: &AttachedDisk| (disk.drive.controller.kind, disk.drive.controller.number, disk.drive.location);
    place(a) == place(b)
}

fn depth(checkpoint: &Machine, forest: &Forest) -> usize {
    checkpoint.disks.iter().filter_map(AttachedDisk::file).map(|file| forest.ancestry(file).count()).max().unwrap_or(0)
}
