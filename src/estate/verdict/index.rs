//! What verdicts look up again and again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::chain::FileNo;
use crate::estate::FileFacts;
use crate::estate::correlate::Resolved;
use crate::estate::machines::MachineNo;

use super::Evidence;
use super::copies::Copies;
use super::uses::Uses;

/// Files and configurations by what they are asked for.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The disks of which there are copies.
    pub copies: Copies,
    /// By virtual disk id: a disk in use whose parent is not proved.
    pub broken_in_use: BTreeMap<Uuid, FileNo>,
    /// The configurations by their files.
    pub machine_in: BTreeMap<FileNo, MachineNo>,
    /// The configurations one of whose disks was not found in its place.
    pub gaps: Gaps,
}

/// The configurations one of whose disks was not found in its place, by the folders around them: the first of each.
#[derive(Debug, Default)]
pub(super) struct Gaps {
    first: Option<MachineNo>,
    /// By their own folders.
    beside: BTreeMap<PathBuf, MachineNo>,
    /// By the folders above, with everything below these.
    below: BTreeMap<PathBuf, MachineNo>,
}

impl Gaps {
    /// Adds a configuration; they come in their order.
    fn add(&mut self, machine: MachineNo, file: &FileFacts) {
        self.first.get_or_insert(machine);
        for folder in file.places().filter_map(Path::parent) {
            self.beside.entry(folder.to_owned()).or_insert(machine);
            if let Some(root) = folder.parent() {
                self.below.entry(root.to_owned()).or_insert(machine);
            }
        }
    }

    /// The first whose missing disk could be a file under another name, for it lies near.
    pub(super) fn near(&self, file: &FileFacts) -> Option<MachineNo> {
        let folders = || file.places().filter_map(Path::parent);
        let beside = folders().filter_map(|folder| self.beside.get(folder));
        let below = folders().flat_map(Path::ancestors).filter_map(|folder| self.below.get(folder));
        beside.chain(below).min().copied()
    }

    /// The first of all.
    pub(super) fn first(&self) -> Option<MachineNo> {
        self.first
    }
}

impl Index {
    pub(super) fn new(evidence: &Evidence<'_>, uses: &Uses) -> Self {
        let mut index = Self { copies: Copies::new(evidence, uses), ..Self::default() };
        for (number, file) in super::numbered(evidence) {
            let unproved = evidence.forest.link(number).is_some_and(|link| !link.status.is_linked());
            if let Some(id) = file.virtual_disk_id.filter(|_| unproved && uses.is_needed(number)) {
                index.broken_in_use.entry(id).or_insert(number);
            }
        }
        for (number, machine) in evidence.machines.iter() {
            index.machine_in.insert(machine.file, number);
            // A likeness of names proves nothing: the disk may be another that was moved and renamed.
            let in_place = Resolved::is_by_place;
            let misses = machine.disks.iter().any(|disk| disk.drive.disk_path().is_some() && !in_place(&disk.found));
            if let Some(file) = evidence.file(machine.file).filter(|_| misses) {
                index.gaps.add(number, file);
            }
        }
        index
    }
}
