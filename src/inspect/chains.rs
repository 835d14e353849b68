//! Chains: each leaf with what lies below it.

use crate::chain::FileNo;
use crate::estate::Machine;
use crate::threads::Threads;
use crate::units::ByteLen;
use crate::vm::ConfigurationKind;

use super::Inspection;

/// A leaf with everything it depends on.
#[derive(Clone, Debug)]
pub struct Chain {
    /// The files, leaf first, base last; ends at the first link that is broken.
    pub files: Vec<FileNo>,
    /// Whether the virtual disk can be read from the leaf.
    pub status: ChainStatus,
    /// Bytes of the virtual disk as the leaf has it.
    pub virtual_size: Option<ByteLen>,
    /// Bytes of all files of the chain.
    pub file_size: ByteLen,
}

/// Whether a chain is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ChainStatus {
    /// From the leaf to a base that has no parent, each link proved by identity.
    Complete,
    /// A parent is missing or not proved.
    Broken,
    /// A file of it cannot be read.
    Unreadable,
}

impl ChainStatus {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Broken => "broken",
            Self::Unreadable => "unreadable",
        }
    }
}

/// The place of a disk in its chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Neither parent nor children.
    Standalone,
    /// Children, and no parent.
    Base,
    /// A parent and children.
    Intermediate,
    /// A parent (found or not) and no children.
    Leaf,
    /// Cannot be read.
    Unreadable,
}

impl Role {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standalone => "standalone",
            Self::Base => "base",
            Self::Intermediate => "intermediate",
            Self::Leaf => "leaf",
            Self::Unreadable => "unreadable",
        }
    }
}

impl Inspection {
    /// The machine that uses the leaf of a chain.
    pub fn owner(&self, chain: &Chain) -> Option<&Machine> {
        let leaf = *chain.files.first()?;
        self.machines.attaching(leaf).find(|machine| machine.is_machine())
    }

    /// The checkpoints that keep files of a chain, in the order of the chain.
    pub fn checkpoints_over<'a>(&'a self, chain: &'a Chain) -> impl Iterator<Item = &'a Machine> {
        let attaching = chain.files.iter().flat_map(|file| self.machines.attaching(*file));
        attaching.filter(|machine| machine.kind() == ConfigurationKind::Checkpoint)
    }
}

/// See [`Inspection::role`].
pub(super) fn role(inspection: &Inspection, file: FileNo) -> Option<Role> {
    let found = inspection.file(file).filter(|found| found.is_image())?;
    if !found.is_readable() {
        return Some(Role::Unreadable);
    }
    let has_children = !inspection.forest.children(file).is_empty();
    Some(match (inspection.link(file).is_some(), has_children) {
        (false, false) => Role::Standalone,
        (false, true) => Role::Base,
        (true, true) => Role::Intermediate,
        (true, false) => Role::Leaf,
    })
}

/// One chain for every disk without children, in the order of the files.
pub(super) fn chains(inspection: &Inspection, threads: Threads) -> Vec<Chain> {
    let leaves = inspection
        .files()
        .filter(|(number, file)| file.is_image() && file.named && inspection.forest.children(*number).is_empty());
    let leaves: Vec<FileNo> = leaves.map(|(leaf, _)| leaf).collect();
    let chains = threads.map(leaves.len(), |number| leaves.get(number).map(|leaf| chain(inspection, *leaf)));
    chains.into_iter().flatten().collect()
}

/// See [`Inspection::chain`].
pub(super) fn chain(inspection: &Inspection, leaf: FileNo) -> Chain {
    let files: Vec<FileNo> = inspection.forest.ancestry(leaf).collect();
    let members = || files.iter().filter_map(|file| inspection.file(*file));
    let last_link = files.last().and_then(|last| inspection.link(*last));
    let status = if members().any(|member| !member.is_readable()) {
        ChainStatus::Unreadable
    } else {
        match last_link.map(|link| link.status) {
            None => ChainStatus::Complete,
            Some(crate::chain::LinkStatus::Unreadable) => ChainStatus::Unreadable,
            Some(_) => ChainStatus::Broken,
        }
    };
    Chain {
        status,
        virtual_size: inspection.file(leaf).and_then(|file| file.disk.as_ref()?.virtual_size),
        file_size: members()
            .filter_map(|member| member.stamp)
            .fold(ByteLen::ZERO, |sum, stamp| sum.saturating_add(stamp.size)),
        files,
    }
}
