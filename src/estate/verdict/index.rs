//! What verdicts look up again and again.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use uuid::Uuid;

use crate::chain::FileNo;
use crate::estate::FileFacts;
use crate::estate::correlate::Resolved;
use crate::estate::machines::MachineNo;
use crate::estate::names::{disk_stem, folded_name};
use crate::image::FileKind;

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
    /// By virtual disk id: the disk of a machine that was written to last, and when.
    pub last_used: BTreeMap<Uuid, (Timestamp, FileNo)>,
    /// The VHD sets.
    pub sets: Sets,
    /// What Hyper-V Replica has left.
    pub logs: ReplicaLogs,
}

/// The logs of Hyper-V Replica by their folders, which need not be called as they usually are.
#[derive(Debug, Default)]
pub(super) struct ReplicaLogs {
    /// The folders with undo logs.
    undo: BTreeSet<PathBuf>,
    /// The folders with logs, and what the logs are called but for their extension.
    logs: BTreeSet<(PathBuf, String)>,
}

impl ReplicaLogs {
    fn add(&mut self, log: &FileFacts) {
        let Some(folder) = log.path.parent() else { return };
        match log.kind {
            FileKind::Hru => {
                self.undo.insert(folder.to_owned());
            }
            FileKind::Hrl => {
                self.logs.insert((folder.to_owned(), without_extension(&folded_name(&log.path))));
            }
            _ => {}
        }
    }

    /// Whether undo logs lie beside a disk.
    pub(super) fn has_undo(&self, disk: &FileFacts) -> bool {
        !self.undo.is_empty() && disk.path.parent().is_some_and(|folder| self.undo.contains(folder))
    }

    /// Whether a log is named after a disk, with its extension or without.
    pub(super) fn has_log(&self, disk: &FileFacts) -> bool {
        let Some(folder) = disk.path.parent().filter(|_| !self.logs.is_empty()) else { return false };
        let name = folded_name(&disk.path);
        let stem = without_extension(&name);
        [name, stem].into_iter().any(|name| self.logs.contains(&(folder.to_owned(), name)))
    }
}

fn without_extension(name: &str) -> String {
    name.rsplit_once('.').map_or(name, |(stem, _)| stem).to_owned()
}

/// The VHD sets by their folders and by what they and the disks behind them have in common in their names.
#[derive(Debug, Default)]
pub(super) struct Sets(BTreeMap<(PathBuf, String), FileNo>);

impl Sets {
    fn add(&mut self, number: FileNo, set: &FileFacts) {
        self.0.extend(key(set).map(|key| (key, number)));
    }

    /// A set in the folder of a disk whose name, but for what Hyper-V appends, is its own.
    pub(super) fn beside(&self, disk: &FileFacts) -> Option<FileNo> {
        if self.0.is_empty() { None } else { self.0.get(&key(disk)?).copied() }
    }
}

fn key(file: &FileFacts) -> Option<(PathBuf, String)> {
    Some((file.path.parent()?.to_owned(), disk_stem(&folded_name(&file.path))))
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
            if let Some(id) = file.virtual_disk_id
                && let Some(written) = file.modified
                && uses.is_of_a_machine(number, evidence)
            {
                let last = index.last_used.entry(id).or_insert((written, number));
                *last = (*last).max((written, number));
            }
            let unproved = evidence.forest.link(number).is_some_and(|link| !link.status.is_linked());
            if let Some(id) = file.virtual_disk_id.filter(|_| unproved && uses.is_needed(number)) {
                index.broken_in_use.entry(id).or_insert(number);
            }
        }
        for (number, file) in super::numbered(evidence) {
            match file.kind {
                FileKind::VhdSet => index.sets.add(number, file),
                FileKind::Hru | FileKind::Hrl => index.logs.add(file),
                _ => {}
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
