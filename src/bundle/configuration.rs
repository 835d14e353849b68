//! What a configuration says, as a bundle holds it: all that joins machines to disks, and none of the notes that people
//! write into it.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::vm::{
    Checkpoints, Configuration, ConfigurationKind, ConfigurationVersion, Controller, ControllerKind, Drive, DriveKind,
    Problem, ProblemKind, Registered, RegisteredList, SavedState,
};

use super::text::{ErrorLine, Text};
use super::words;

/// A configuration.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ConfigurationLine {
    /// What it stands for.
    #[serde(with = "words")]
    #[schemars(with = "String")]
    pub kind: ConfigurationKind,
    /// Its own id.
    #[serde(default)]
    pub id: Option<Uuid>,
    /// The machine that it is about.
    #[serde(default)]
    pub machine_id: Option<Uuid>,
    /// Name of the machine or checkpoint.
    #[serde(default)]
    pub name: Option<Text>,
    /// The folder that it says it belongs in.
    #[serde(default)]
    pub type_id: Option<String>,
    /// Version of the configuration.
    #[serde(default)]
    pub version: Option<VersionLine>,
    /// 1 or 2.
    #[serde(default)]
    pub generation: Option<u8>,
    /// When it was made.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub created: Option<Timestamp>,
    /// When the machine was last started.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub last_powered_on: Option<Timestamp>,
    /// When the machine was last stopped.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub last_powered_off: Option<Timestamp>,
    /// When its state last changed.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub last_state_change: Option<Timestamp>,
    /// Security identifier of the owner.
    #[serde(default)]
    pub owner_sid: Option<String>,
    /// Whether it is clustered.
    #[serde(default)]
    pub clustered: Option<bool>,
    /// Whether a merge is still owed.
    #[serde(default)]
    pub merge_pending: Option<bool>,
    /// Where the guest state lies, as recorded.
    #[serde(default)]
    pub guest_state_path_recorded: Option<Text>,
    /// Saved memory and device state.
    #[serde(default)]
    pub saved_state: Option<SavedStateLine>,
    /// What it says about its checkpoints.
    #[serde(default)]
    pub checkpoints: CheckpointsLine,
    /// The drives.
    #[serde(default)]
    pub drives: Vec<DriveLine>,
    /// What a host's list names.
    #[serde(default)]
    pub registered: Vec<RegisteredLine>,
    /// What is wrong with the file.
    #[serde(default)]
    pub problems: Vec<ProblemLine>,
}

/// Version of a configuration.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub struct VersionLine {
    /// The part before the point.
    pub major: u32,
    /// The part after it.
    pub minor: u8,
}

/// Saved memory and device state.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct SavedStateLine {
    /// How it was saved, as recorded.
    #[serde(default)]
    pub kind: Option<String>,
    /// Number of memory blocks that the file names.
    pub memory_block_count: u64,
    /// Whether it holds the state of processors and devices.
    pub device_state: bool,
}

/// What a machine says about its checkpoints.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
pub struct CheckpointsLine {
    /// How many there are.
    #[serde(default)]
    pub count: Option<u64>,
    /// The ids that its list names.
    #[serde(default)]
    pub listed: Vec<Uuid>,
    /// Whether one is made whenever the machine starts.
    #[serde(default)]
    pub automatic: Option<bool>,
    /// Which kind a user's checkpoint becomes, as recorded.
    #[serde(default)]
    pub user_type: Option<u64>,
}

/// A drive.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct DriveLine {
    /// What its controller is.
    #[serde(with = "words")]
    #[schemars(with = "String")]
    pub controller: ControllerKind,
    /// Number of the controller among those of its kind.
    pub controller_number: u32,
    /// Id of the controller.
    #[serde(default)]
    pub controller_id: Option<Uuid>,
    /// Its name in the manifest, as recorded.
    #[serde(default)]
    pub controller_name: Option<String>,
    /// The place on the controller.
    pub location: u32,
    /// What it is for, as recorded; empty where that is not.
    #[serde(rename = "type")]
    pub drive_type: String,
    /// What is in it, as recorded.
    #[serde(default)]
    pub path_recorded: Option<Text>,
}

/// An entry of a host's list.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct RegisteredLine {
    /// Which of its lists.
    pub list: String,
    /// The id.
    #[serde(default)]
    pub id: Option<Uuid>,
    /// The path of the configuration, as recorded.
    pub path_recorded: Text,
}

/// Something that is wrong with a configuration.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ProblemLine {
    /// What kind of thing.
    #[serde(with = "words")]
    #[schemars(with = "String")]
    pub kind: ProblemKind,
    /// Where and why.
    pub error: ErrorLine,
    /// How many places it concerns.
    pub count: u64,
}

impl From<&Configuration> for ConfigurationLine {
    fn from(from: &Configuration) -> Self {
        let drive = |drive: &Drive| DriveLine {
            controller: drive.controller.kind,
            controller_number: drive.controller.number,
            controller_id: drive.controller.instance,
            controller_name: drive.controller.name.clone(),
            location: drive.location,
            drive_type: drive.kind.recorded().to_owned(),
            path_recorded: drive.path.as_ref().map(Text::of_utf16),
        };
        let registered = |entry: &Registered| RegisteredLine {
            list: entry.list.name().to_owned(),
            id: entry.id,
            path_recorded: Text::of_utf16(&entry.path),
        };
        let problem = |problem: &Problem| ProblemLine {
            kind: problem.kind,
            error: ErrorLine::from(&problem.error),
            count: problem.count,
        };
        Self {
            kind: from.kind,
            id: from.id,
            machine_id: from.machine_id,
            name: from.name.as_ref().map(Text::of_utf16),
            type_id: from.type_id.clone(),
            version: from.version.map(|version| VersionLine { major: version.major, minor: version.minor }),
            generation: from.generation,
            created: from.created,
            last_powered_on: from.last_powered_on,
            last_powered_off: from.last_powered_off,
            last_state_change: from.last_state_change,
            owner_sid: from.owner_sid.clone(),
            clustered: from.clustered,
            merge_pending: from.merge_pending,
            guest_state_path_recorded: from.guest_state_path.as_ref().map(Text::of_utf16),
            saved_state: from.saved_state.as_ref().map(|state| SavedStateLine {
                kind: state.kind.clone(),
                memory_block_count: state.memory_block_count,
                device_state: state.device_state,
            }),
            checkpoints: CheckpointsLine {
                count: from.checkpoints.count,
                listed: from.checkpoints.listed.clone(),
                automatic: from.checkpoints.automatic,
                user_type: from.checkpoints.user_type,
            },
            drives: from.drives.iter().map(drive).collect(),
            registered: from.registered.iter().map(registered).collect(),
            problems: from.problems.iter().map(problem).collect(),
        }
    }
}

impl From<ConfigurationLine> for Configuration {
    fn from(line: ConfigurationLine) -> Self {
        let problem = |line: ProblemLine| Problem { kind: line.kind, error: line.error.into(), count: line.count };
        Self {
            kind: line.kind,
            id: line.id,
            machine_id: line.machine_id,
            name: line.name.as_ref().map(Text::to_utf16),
            notes: None,
            type_id: line.type_id,
            version: line.version.map(|version| ConfigurationVersion { major: version.major, minor: version.minor }),
            generation: line.generation,
            created: line.created,
            last_powered_on: line.last_powered_on,
            last_powered_off: line.last_powered_off,
            last_state_change: line.last_state_change,
            owner_sid: line.owner_sid,
            clustered: line.clustered,
            merge_pending: line.merge_pending,
            guest_state_path: line.guest_state_path_recorded.as_ref().map(Text::to_utf16),
            saved_state: line.saved_state.map(|state| SavedState {
                kind: state.kind,
                memory_block_count: state.memory_block_count,
                device_state: state.device_state,
            }),
            checkpoints: Checkpoints {
                count: line.checkpoints.count,
                listed: line.checkpoints.listed,
                automatic: line.checkpoints.automatic,
                user_type: line.checkpoints.user_type,
            },
            drives: line.drives.into_iter().map(Drive::from).collect(),
            registered: line.registered.into_iter().map(Registered::from).collect(),
            problems: line.problems.into_iter().map(problem).collect(),
        }
    }
}

impl From<DriveLine> for Drive {
    fn from(line: DriveLine) -> Self {
        let kind = match line.drive_type.as_str() {
            "VHD" => DriveKind::Vhd,
            "ISO" => DriveKind::Iso,
            "VFD" => DriveKind::Vfd,
            "NONE" => DriveKind::Empty,
            "" => DriveKind::Unknown,
            _ => DriveKind::Other(line.drive_type),
        };
        Self {
            controller: Controller {
                kind: line.controller,
                number: line.controller_number,
                instance: line.controller_id,
                name: line.controller_name,
            },
            location: line.location,
            kind,
            path: line.path_recorded.as_ref().map(Text::to_utf16),
            settings: Vec::new(),
        }
    }
}

impl From<RegisteredLine> for Registered {
    fn from(line: RegisteredLine) -> Self {
        let list = match line.list.as_str() {
            "VirtualMachines" => RegisteredList::VirtualMachines,
            "VirtualMachinesCache" => RegisteredList::VirtualMachinesCache,
            "ResourceTypes" => RegisteredList::ResourceTypes,
            _ => RegisteredList::Other(line.list),
        };
        Self { list, id: line.id, path: line.path_recorded.to_utf16() }
    }
}
