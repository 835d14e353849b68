//! What checks of an estate look up again and again.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use uuid::Uuid;

use crate::chain::{FileNo, FilesBy};
use crate::estate::{DisksByPlace, FoundFile, MachineNo};
use crate::image::DiskFacts;
use crate::vm::ConfigurationKind;

use super::subject::Subject;

/// Files and machines by what they are asked for.
#[derive(Debug)]
pub(super) struct Index {
    /// The disks by their identity, as a child would name it, once it is asked for.
    by_identity: OnceLock<FilesBy<Uuid>>,
    /// The configurations of one machine: no checkpoints, no copies that the host or a backup made.
    pub(super) by_machine_id: BTreeMap<Uuid, Vec<MachineNo>>,
    /// The disks, to find those that companions are named after, once there is a companion.
    disks: OnceLock<DisksByPlace>,
}

impl Index {
    pub(super) fn new(subject: &Subject<'_>) -> Self {
        let mut by_machine_id: BTreeMap<Uuid, Vec<MachineNo>> = BTreeMap::new();
        for (number, machine) in subject.machines.iter() {
            let is_own = machine.kind() == ConfigurationKind::Machine && !machine.backup_copy;
            if let Some(id) = machine.configuration.id.filter(|_| is_own) {
                by_machine_id.entry(id).or_default().push(number);
            }
        }
        Self { by_identity: OnceLock::new(), by_machine_id, disks: OnceLock::new() }
    }

    /// The disks of one identity.
    pub(super) fn of_identity(
        &self,
        subject: &Subject<'_>,
        identity: Uuid,
    ) -> impl ExactSizeIterator<Item = FileNo> + Clone + use<'_> {
        let by_identity = self.by_identity.get_or_init(|| {
            FilesBy::new(subject.files.iter().enumerate().filter_map(|(number, file)| {
                let identity = file.disk.as_deref().and_then(DiskFacts::identity);
                Some((identity.filter(|identity| !identity.is_nil())?, FileNo(number)))
            }))
        });
        by_identity.of(&identity)
    }

    /// The disk that a companion is named after, by any of its paths.
    pub(super) fn disk_of(&self, subject: &Subject<'_>, companion: &FoundFile) -> Option<FileNo> {
        let disks = self.disks.get_or_init(|| {
            let numbered = subject.files.iter().enumerate();
            DisksByPlace::new(numbered.flat_map(|(number, file)| {
                subject.places(file).into_iter().map(move |place| (FileNo(number), place, file.kind))
            }))
        });
        subject.places(companion).iter().find_map(|place| disks.of(place))
    }
}
