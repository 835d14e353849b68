//! The numbers of the whole.

use std::collections::BTreeMap;

use crate::estate::verdict::Confidence;
use crate::image::FileKind;
use crate::units::ByteLen;

use super::coverage::count;
use super::{ChainStatus, Inspection};

/// The numbers of what is reported.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Number of files.
    pub files: u64,
    /// Number of virtual disks among them, unreadable ones included.
    pub images: u64,
    /// Number of chains; a disk without parent and children is one.
    pub chains: u64,
    /// Number of chains that are whole.
    pub complete_chains: u64,
    /// Number of chains of which a parent is missing or not proved.
    pub broken_chains: u64,
    /// Number of chains of which a file cannot be read.
    pub unreadable_chains: u64,
    /// Number of files that cannot be read.
    pub unreadable_files: u64,
    /// Number of disks whose log is to be replayed, or cannot be.
    pub dirty_logs: u64,
    /// Number of files that changed while they were read.
    pub changed_files: u64,
    /// Bytes of the virtual disks that the leaves show.
    pub virtual_size: ByteLen,
    /// Bytes of all files.
    pub file_size: ByteLen,
    /// Bytes that all files take on their volumes, where the system tells.
    pub allocated: Option<ByteLen>,
    /// Bytes of the disks alone.
    pub image_size: ByteLen,
    /// Bytes that the disks alone take on their volumes, where the system tells.
    pub image_allocated: Option<ByteLen>,
    /// Number of files that are no disks.
    pub other_files: u64,
    /// Bytes of what is no disk.
    pub other_size: ByteLen,
    /// Number of machines whose configurations were found, each once; checkpoints are not counted.
    pub machines: u64,
    /// Bytes of files that nothing that was looked at needs, where that was judged.
    pub orphans: Option<ByteLen>,
    /// Bytes of those among them of which that is at least probable.
    pub reclaimable: Option<ByteLen>,
    /// What is no disk, by kind.
    pub others: BTreeMap<FileKind, KindTotal>,
}

/// How many files of a kind there are, and how large they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KindTotal {
    /// Number of files.
    pub files: u64,
    /// Bytes of them.
    pub size: ByteLen,
}

impl Inspection {
    /// The numbers of what is reported.
    pub fn summary(&self) -> Summary {
        let chains = |status| count(self.chains.iter().filter(|chain| chain.status == status).count());
        let mut summary = Summary {
            chains: count(self.chains.len()),
            complete_chains: chains(ChainStatus::Complete),
            broken_chains: chains(ChainStatus::Broken),
            unreadable_chains: chains(ChainStatus::Unreadable),
            virtual_size: sum(self.chains.iter().filter_map(|chain| chain.virtual_size)),
            allocated: Some(ByteLen::ZERO),
            image_allocated: Some(ByteLen::ZERO),
            ..Summary::default()
        };
        summary.machines = count(self.machines.all.iter().filter(|machine| machine.is_machine()).count());
        if !self.verdicts.is_empty() || self.inventory.files.is_empty() {
            let bytes = |least| {
                let unneeded = self
                    .reported()
                    .filter_map(|(number, _)| self.verdict(number))
                    .filter(|verdict| verdict.is_unneeded() && verdict.confidence >= least);
                sum(unneeded.filter_map(|verdict| verdict.at_stake))
            };
            summary.orphans = Some(bytes(Confidence::Possible));
            summary.reclaimable = Some(bytes(Confidence::Probable));
        }
        for (_, file) in self.reported() {
            summary.files = summary.files.saturating_add(1);
            summary.unreadable_files = summary.unreadable_files.saturating_add(u64::from(!file.is_readable()));
            summary.changed_files = summary.changed_files.saturating_add(u64::from(file.changed_while_read));
            let dirty = file.disk.as_ref().is_some_and(|disk| !disk.is_log_clean());
            summary.dirty_logs = summary.dirty_logs.saturating_add(u64::from(dirty));
            let size = file.stamp.map(|stamp| stamp.size).unwrap_or_default();
            let allocated = file.stamp.map_or(Some(ByteLen::ZERO), |stamp| stamp.allocated);
            summary.file_size = summary.file_size.saturating_add(size);
            summary.allocated = add(summary.allocated, allocated);
            if file.is_image() {
                summary.images = summary.images.saturating_add(1);
                summary.image_size = summary.image_size.saturating_add(size);
                summary.image_allocated = add(summary.image_allocated, allocated);
            } else {
                let total = summary.others.entry(file.kind).or_default();
                total.files = total.files.saturating_add(1);
                total.size = total.size.saturating_add(size);
                summary.other_files = summary.other_files.saturating_add(1);
                summary.other_size = summary.other_size.saturating_add(size);
            }
        }
        summary
    }
}

fn add(a: Option<ByteLen>, b: Option<ByteLen>) -> Option<ByteLen> {
    Some(a?.saturating_add(b?))
}

fn sum(lengths: impl Iterator<Item = ByteLen>) -> ByteLen {
    lengths.fold(ByteLen::ZERO, ByteLen::saturating_add)
}
