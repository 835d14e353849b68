//! The tree of a machine's checkpoints. No configuration says which checkpoint was made over which; the places of the
//! disks that they keep do: what is below in the chain is older.

use std::collections::BTreeSet;

use crate::chain::Forest;

use super::machines::{AttachedDisk, Machine, MachineNo, Machines};

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
    pub fn checkpoint_tree(&self, machine: MachineNo, forest: &Forest) -> Vec<CheckpointNode> {
        let mut checkpoints: Vec<(MachineNo, &Machine)> = self.checkpoints(machine).collect();
        checkpoints.sort_by_key(|(number, checkpoint)| (depth(checkpoint, forest), checkpoint.configuration.created, *number));
        let mut nodes: Vec<CheckpointNode> = Vec::new();
        for (place, (number, checkpoint)) in checkpoints.iter().enumerate() {
            let earlier = checkpoints.get(..place).unwrap_or_default();
            let below: Vec<Option<MachineNo>> =
                checkpoint.disks.iter().filter_map(|disk| below(disk, earlier, forest)).collect();
            let distinct: BTreeSet<Option<MachineNo>> = below.iter().copied().collect();
            nodes.push(CheckpointNode {
                checkpoint: *number,
                parent: below.iter().flatten().next_back().copied(),
                disagreement: distinct.len() > 1,
            });
        }
        nodes
    }
}

fn depth(checkpoint: &Machine, forest: &Forest) -> usize {
    checkpoint.disks.iter().filter_map(AttachedDisk::file).map(|file| forest.ancestry(file).count()).max().unwrap_or(0)
}

/// The nearest of the earlier checkpoints whose disk lies below this one; `None` where the disk was not found.
fn below(disk: &AttachedDisk, earlier: &[(MachineNo, &Machine)], forest: &Forest) -> Option<Option<MachineNo>> {
    let file = disk.file()?;
    // The same file kept twice: the later checkpoint was made when nothing had been written since the earlier one.
    Some(forest.ancestry(file).find_map(|below| {
        earlier.iter().rev().find(|(_, other)| other.disks.iter().any(|disk| disk.file() == Some(below))).map(|(number, _)| *number)
    }))
}
