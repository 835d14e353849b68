//! One entry of `machines[]`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::chain::FileNo;
use crate::estate::{AttachedBy, AttachedDisk, Machine, MachineNo};
use crate::format::text::Utf16Text;
use crate::inspect::Inspection;

use super::common::{Time, host, hosts, lossy, text_hex};

/// A configuration of a virtual machine or of one of its checkpoints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MachineJson {
    /// The configuration's own id: the machine's, or the checkpoint's.
    pub id: Option<String>,
    /// The machine that it is about: the same as `id` but for checkpoints.
    pub machine_id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// The exact bytes of the name (UTF-16, little-endian) as hexadecimal digits; only present where it is not valid
    /// Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_raw_hex: Option<String>,
    /// What the configuration stands for: `machine`, `checkpoint`, `planned`, `cached`, `unknown`. More may be added.
    pub kind: &'static str,
    /// Name of the host that `config_path` is of; only present where bundles were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// Where the configuration lies, lossily.
    pub config_path: String,
    /// Version of the configuration.
    pub version: Option<String>,
    /// 1 or 2.
    pub generation: Option<u8>,
    /// When the machine or checkpoint was made.
    pub created: Option<Time>,
    /// Whether the machine is clustered.
    pub clustered: Option<bool>,
    /// Whether a merge is still owed.
    pub merge_pending: Option<bool>,
    /// Whether a host's list of machines that was found names it; `null` where none was found, where
    /// its host keeps none (up to 2012 R2), and where one names its machine at another path, so that it may be a copy.
    pub registered: Option<bool>,
    /// Number of checkpoints that the machine says it has.
    pub checkpoints_count: Option<u64>,
    /// For a checkpoint: the path of the configuration of its machine, where it was found.
    pub owner_config_path: Option<String>,
    /// Name of the host that `owner_config_path` is of; only present where bundles were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner_config_host: Option<String>,
    /// For a checkpoint: the id of the checkpoint that it was made over, as the chains of its disks tell; `null` for the
    /// first, and where that cannot be told.
    pub parent_checkpoint_id: Option<String>,
    /// The disks and other media that it attaches.
    pub disks: Vec<AttachedDiskJson>,
}

/// A disk that a configuration attaches.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AttachedDiskJson {
    /// The kind of controller.
    #[schemars(extend("enum" = ["ide", "scsi", "floppy", "other"]))]
    pub controller: &'static str,
    /// Number among the controllers of its kind, from 0.
    pub controller_number: u32,
    /// Id of the controller.
    pub controller_id: Option<String>,
    /// The place on the controller, from 0.
    pub location: u32,
    /// What the drive is for, as recorded: `VHD`, `ISO`, `VFD`, `NONE`; `null` where nothing says.
    #[serde(rename = "type")]
    pub drive_type: Option<String>,
    /// The path as the configuration has it.
    pub path_recorded: Option<String>,
    /// The exact bytes of the recorded path as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_recorded_raw_hex: Option<String>,
    /// Name of the host that `path` is of; only present where bundles were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The file, where it was found.
    pub path: Option<String>,
    /// What led to the file: `map`, `path`, `beside_configuration`, `virtual_hard_disks_below`,
    /// `virtual_hard_disks_beside`, `path_tail`, `name`, `identity`.
    pub found_by: Option<&'static str>,
    /// Whether the file was found and can be read: `found`, `unreadable`, `ambiguous`, `missing`, `outside`.
    pub image_status: &'static str,
    /// Files that it may be, where it was not found or nothing decides between several.
    pub candidates: Vec<String>,
    /// Names of the hosts that `candidates` are of, in the same order; only present where bundles were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidates_hosts: Option<Vec<String>>,
    /// Where the file at `path` was found by a likeness: other files of its name that no configuration accounts for. Each
    /// may be the disk as well, and only `--map` tells.
    pub rivals: Vec<String>,
    /// Names of the hosts that `rivals` are of, in the same order; only present where bundles were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rivals_hosts: Option<Vec<String>>,
    /// How many more rivals there are that are not listed.
    pub rivals_left_out_count: u64,
}

impl MachineJson {
    pub(super) fn new(inspection: &Inspection, number: MachineNo, machine: &Machine) -> Self {
        let configuration = &machine.configuration;
        let owner = machine.owner.and_then(|owner| inspection.machines.get(owner));
        Self {
            id: configuration.id.map(|id| id.to_string()),
            machine_id: configuration.machine_id.map(|id| id.to_string()),
            name: machine.name(),
            name_raw_hex: configuration.name.as_ref().and_then(text_hex),
            kind: configuration.kind.name(),
            host: host_of(inspection, machine.file),
            config_path: path(inspection, machine.file),
            version: configuration.version.map(|version| format!("{}.{}", version.major, version.minor)),
            generation: configuration.generation,
            created: configuration.created.map(Time::from),
            clustered: configuration.clustered,
            merge_pending: configuration.merge_pending,
            registered: machine.is_listed(),
            checkpoints_count: configuration.checkpoints.count,
            owner_config_path: owner.map(|owner| path(inspection, owner.file)),
            owner_config_host: owner.and_then(|owner| host_of(inspection, owner.file)),
            parent_checkpoint_id: parent_checkpoint(inspection, number, machine),
            disks: machine.disks.iter().map(|disk| AttachedDiskJson::new(inspection, disk)).collect(),
        }
    }
}

impl AttachedDiskJson {
    fn new(inspection: &Inspection, disk: &AttachedDisk) -> Self {
        let only = disk.file();
        let readable = only.and_then(|file| inspection.file(file)).is_none_or(crate::estate::FoundFile::is_readable);
        let candidates = if only.is_some() { &[] } else { disk.found.files.as_slice() };
        Self {
            controller: disk.drive.controller.kind.name(),
            controller_number: disk.drive.controller.number,
            controller_id: disk.drive.controller.instance.map(|id| id.to_string()),
            location: disk.drive.location,
            drive_type: Some(disk.drive.kind.recorded().to_owned()).filter(|kind| !kind.is_empty()),
            path_recorded: Some(disk.recorded.clone()),
            path_recorded_raw_hex: disk.drive.path.as_ref().and_then(|path: &Utf16Text| text_hex(path)),
            host: only.and_then(|file| host_of(inspection, file)),
            path: only.map(|file| path(inspection, file)),
            found_by: disk.found.found_by.map(AttachedBy::name),
            image_status: if readable { disk.found.status.name() } else { "unreadable" },
            candidates_hosts: hosts(inspection, candidates),
            candidates: candidates.iter().map(|file| path(inspection, *file)).collect(),
            rivals_hosts: hosts(inspection, &disk.found.rivals),
            rivals: disk.found.rivals.iter().map(|file| path(inspection, *file)).collect(),
            rivals_left_out_count: u64::try_from(disk.found.rivals_left_out).unwrap_or(u64::MAX),
        }
    }
}

fn host_of(inspection: &Inspection, file: FileNo) -> Option<String> {
    host(&inspection.inventory, inspection.file(file)?.origin)
}

fn path(inspection: &Inspection, file: FileNo) -> String {
    inspection.file(file).map(|file| lossy(&file.path)).unwrap_or_default()
}

fn parent_checkpoint(inspection: &Inspection, number: MachineNo, checkpoint: &Machine) -> Option<String> {
    let tree = inspection.machines.checkpoint_tree(checkpoint.owner?);
    let node = tree.iter().find(|node| node.checkpoint == number)?;
    inspection.machines.get(node.parent?)?.configuration.id.map(|id| id.to_string())
}
