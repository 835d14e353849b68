//! What verdicts look up again and again.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::chain::{FileNo, FilesBy};
use crate::estate::correlate::{AttachedBy, AttachedStatus, Resolved};
use crate::estate::machines::MachineNo;

use super::Evidence;
use super::uses::Uses;

/// Files and configurations by what they are asked for.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// The disks of one identity.
    pub by_identity: FilesBy<Uuid>,
    /// By virtual disk id: a disk in use whose parent is not proved.
    pub broken_in_use: BTreeMap<Uuid, FileNo>,
    /// The configurations by their files.
    pub machine_in: BTreeMap<FileNo, MachineNo>,
    /// The configurations one of whose disks was not found in its place.
    pub gaps: Vec<Gap>,
}

/// A configuration one of whose disks was not found in its place, and the folders around it.
#[derive(Debug)]
pub(super) struct Gap {
    pub machine: MachineNo,
    folder: PathBuf,
    root: Option<PathBuf>,
}

impl Gap {
    /// Whether a folder is one in which the missing disk could lie under another name.
    pub(super) fn is_near(&self, folder: &Path) -> bool {
        folder == self.folder || self.root.as_deref().is_some_and(|root| folder.starts_with(root))
    }
}

impl Index {
    pub(super) fn new(evidence: &Evidence<'_>, uses: &Uses) -> Self {
        let identities = super::numbered(evidence)
            .filter_map(|(number, file)| Some((file.identity.filter(|identity| !identity.is_nil())?, number)));
        let mut index = Self { by_identity: FilesBy::new(identities), ..Self::default() };
        for (number, file) in super::numbered(evidence) {
            let unproved = evidence.forest.link(number).is_some_and(|link| !link.status.is_linked());
            if let Some(id) = file.virtual_disk_id.filter(|_| unproved && uses.is_needed(number)) {
                index.broken_in_use.entry(id).or_insert(number);
            }
        }
        for (number, machine) in evidence.machines.iter() {
            index.machine_in.insert(machine.file, number);
            // A likeness of names proves nothing: the disk may be another that was moved and renamed.
            let in_place = |found: &Resolved| {
                found.status == AttachedStatus::Found && found.found_by.is_some_and(AttachedBy::is_by_place)
            };
            let misses = machine.disks.iter().any(|disk| disk.drive.disk_path().is_some() && !in_place(&disk.found));
            let folder = evidence.file(machine.file).and_then(|file| file.path.parent());
            if let Some(folder) = folder.filter(|_| misses) {
                let root = folder.parent().map(Path::to_owned);
                index.gaps.push(Gap { machine: number, folder: folder.to_owned(), root });
            }
        }
        index
    }
}
