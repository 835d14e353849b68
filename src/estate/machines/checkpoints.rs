//! The trees of checkpoints. No configuration says which checkpoint was made over which; the places of the disks that
//! they keep do: what is below in the chain is older.

use std::collections::{BTreeMap, BTreeSet};

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
        let mut nodes = Vec::new();
        for (number, checkpoint) in checkpoints {
            let kept = || checkpoint.disks.iter().filter_map(AttachedDisk::file);
            let below: BTreeSet<Option<MachineNo>> =
                kept().map(|file| forest.ancestry(file).find_map(|below| keeps.get(&below).copied())).collect();
            nodes.push(CheckpointNode {
                checkpoint: number,
                parent: below.iter().flatten().next_back().copied(),
                disagreement: below.len() > 1,
            });
            keeps.extend(kept().map(|file| (file, number)));
        }
        nodes
    }
}

fn depth(checkpoint: &Machine, forest: &Forest) -> usize {
    checkpoint.disks.iter().filter_map(AttachedDisk::file).map(|file| forest.ancestry(file).count()).max().unwrap_or(0)
}
