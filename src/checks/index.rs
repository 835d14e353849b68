//! What checks of an estate look up again and again.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::chain::FileNo;
use crate::estate::{DisksByPlace, MachineNo};
use crate::image::DiskFacts;
use crate::vm::ConfigurationKind;

use super::subject::Subject;

/// Files and machines by what they are asked for.
#[derive(Debug)]
pub(super) struct Index {
    /// The disks of one identity, as a child would name it.
    pub(super) by_identity: BTreeMap<Uuid, Vec<FileNo>>,
    /// The configurations of one machine: no checkpoints, no copies that the host or a backup made.
    pub(super) by_machine_id: BTreeMap<Uuid, Vec<MachineNo>>,
    /// The disks, to find those that companions are named after.
    pub(super) disks: DisksByPlace,
}

impl Index {
    pub(super) fn new(subject: &Subject<'_>) -> Self {
        let numbered = || subject.files.iter().enumerate().map(|(number, file)| (FileNo(number), file));
        let mut by_identity: BTreeMap<Uuid, Vec<FileNo>> = BTreeMap::new();
        for (number, file) in numbered() {
            let identity = file.disk.as_deref().and_then(DiskFacts::identity).filter(|identity| !identity.is_nil());
            if let Some(identity) = identity {
                by_identity.entry(identity).or_default().push(number);
            }
        }
        let mut by_machine_id: BTreeMap<Uuid, Vec<MachineNo>> = BTreeMap::new();
        for (number, machine) in subject.machines.iter() {
            let is_own = machine.kind() == ConfigurationKind::Machine && !machine.backup_copy;
            if let Some(id) = machine.configuration.id.filter(|_| is_own) {
                by_machine_id.entry(id).or_default().push(number);
            }
        }
        let disks = DisksByPlace::new(
            numbered().map(|(number, file)| (number, subject.place(file.origin, &file.path), file.kind)),
        );
        Self { by_identity, by_machine_id, disks }
    }
}
