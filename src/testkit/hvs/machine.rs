//! The keys of a machine, a checkpoint and a host's list, under the names that hosts give them.

use uuid::Uuid;

use super::keys::{Keys, Value};

const IDE: &str = "83f8638b-8dca-4152-9eda-2ca8b33039b4";
const SCSI: &str = "d422512d-2bf2-4752-809d-7b82b5fcb1b4";

/// Where a drive hangs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bus {
    /// IDE controller 0 or 1, location 0 or 1.
    Ide(u32, u32),
    /// SCSI controller 0 to 3, location 0 to 63.
    Scsi(u32, u32),
}

/// The configuration of a machine or of a checkpoint.
#[derive(Clone, Debug)]
pub struct Machine {
    /// The keys so far.
    pub keys: Keys,
    devices: u32,
}

impl Machine {
    /// A machine of generation 2 and version 9.0 that is off and has no drive.
    pub fn new(id: Uuid, name: &str) -> Self {
        let mut keys = Keys::new();
        let id = id.to_string().to_uppercase();
        keys.set("/configuration/properties/name", name)
            .set("/configuration/properties/global_id", id.as_str())
            .set("/configuration/properties/type_id", "Virtual Machines")
            .set("/configuration/properties/version", 0x900)
            .set("/configuration/properties/subtype", 1)
            .set("/configuration/properties/highly_available", false)
            .set("/configuration/settings/global/logical_id", id.as_str())
            .set("/configuration/global_settings/snapshots/list/size", 0)
            .set("/configuration/global_settings/disk_merge_pending", false);
        Self { keys, devices: 0 }
    }

    /// A checkpoint of a machine.
    pub fn checkpoint(id: Uuid, machine: Uuid, name: &str) -> Self {
        let machine = machine.to_string().to_uppercase();
        Self::new(id, name)
            .set("/configuration/properties/type_id", "Snapshots")
            .set("/configuration/settings/global/logical_id", machine.as_str())
    }

    /// Sets any value.
    #[must_use]
    pub fn set(mut self, path: &str, value: impl Into<Value>) -> Self {
        self.keys.set(path, value);
        self
    }

    /// When it was made, in tenths of a microsecond since 1601.
    #[must_use]
    pub fn created(self, filetime: u64) -> Self {
        self.set("/configuration/properties/creation_time", Value::Bytes(filetime.to_le_bytes().to_vec()))
    }

    /// A disk.
    #[must_use]
    pub fn disk(self, bus: Bus, path: &str) -> Self {
        self.drive(bus, "VHD", path)
    }

    /// A drive of any type.
    #[must_use]
    pub fn drive(mut self, bus: Bus, kind: &str, path: &str) -> Self {
        let drive = match bus {
            Bus::Ide(controller, location) => {
                self.device(IDE, IDE, "Microsoft Emulated IDE Controller");
                format!("/configuration/_{IDE}_/controller{controller}/drive{location}")
            }
            Bus::Scsi(controller, location) => {
                // Controllers get their ids in the order of their numbers.
                for number in 0..=controller {
                    self.device(SCSI, &instance(number), "Synthetic SCSI Controller");
                }
                format!("/configuration/_{}_/controller0/drive{location}", instance(controller))
            }
        };
        self.keys.set(&format!("{drive}/pathname"), path).set(&format!("{drive}/type"), kind);
        self
    }

    /// The checkpoints that the machine knows.
    #[must_use]
    pub fn checkpoints(mut self, ids: &[Uuid]) -> Self {
        let list = "/configuration/global_settings/snapshots/list";
        self.keys.set(&format!("{list}/size"), i64::try_from(ids.len()).unwrap_or_default());
        for id in ids {
            let id = id.to_string().to_uppercase();
            self.keys.set(&format!("{list}/_{id}_/guid"), id.as_str());
        }
        self
    }

    /// Adds a device to the manifest, once.
    fn device(&mut self, device: &str, instance: &str, name: &str) {
        let known = |node: &super::keys::Node| {
            node.name == "instance" && node.value == Some(Value::Text(instance.to_uppercase()))
        };
        if self.keys.0.iter().any(known) {
            return;
        }
        self.devices += 1;
        let entry = format!("/configuration/manifest/vdev{:03}", self.devices);
        self.keys
            .set(&format!("{entry}/device"), device)
            .set(&format!("{entry}/instance"), instance.to_uppercase().as_str())
            .set(&format!("{entry}/name"), name);
    }
}

/// The id of a SCSI controller.
fn instance(number: u32) -> String {
    format!("5c510000-0000-4000-8000-{number:012x}")
}

/// The keys of a host's `data.vmcx`: machines and cached copies with the paths of their configurations.
pub fn host_list(machines: &[(Uuid, &str)], cached: &[(Uuid, &str)]) -> Keys {
    let mut keys = Keys::new();
    keys.set("/Configurations/FormatVersion", 2);
    for (list, entries) in [("VirtualMachines", machines), ("VirtualMachinesCache", cached)] {
        keys.node(&format!("/Configurations/{list}"));
        for (id, path) in entries {
            let id = id.to_string().to_uppercase();
            keys.set(&format!("/Configurations/{list}/_{id}_"), *path);
        }
    }
    keys
}
