//! What a configuration says about a machine or a checkpoint, and about the disks it attaches.

use std::fmt;

use jiff::Timestamp;
use uuid::Uuid;

use crate::format::text::Utf16Text;

use super::{Drive, Problem};

/// A configuration, decoded. What the file does not hold is `None` or an empty list.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Configuration {
    /// What the configuration stands for.
    pub kind: ConfigurationKind,
    /// The configuration's own id (`global_id`): a machine's id, or a checkpoint's.
    pub id: Option<Uuid>,
    /// The machine that it is about (`logical_id`): the same as [`id`](Self::id) in a machine's configuration, and the
    /// machine in a checkpoint's.
    pub machine_id: Option<Uuid>,
    /// Name of the machine or checkpoint.
    pub name: Option<Utf16Text>,
    /// What somebody noted about it.
    pub notes: Option<Utf16Text>,
    /// The folder that the configuration says it belongs in (`type_id`), as recorded: `Virtual Machines`, `Snapshots`.
    pub type_id: Option<String>,
    /// Version of the configuration.
    pub version: Option<ConfigurationVersion>,
    /// 1 or 2.
    pub generation: Option<u8>,
    /// When the machine or checkpoint was made.
    pub created: Option<Timestamp>,
    /// When the machine was last started; `None` also where the file says never.
    pub last_powered_on: Option<Timestamp>,
    /// When the machine was last stopped; `None` also where the file says never.
    pub last_powered_off: Option<Timestamp>,
    /// When the machine's state last changed.
    pub last_state_change: Option<Timestamp>,
    /// Security identifier of the owner.
    pub owner_sid: Option<String>,
    /// Whether the machine is clustered, so that other hosts may own it.
    pub clustered: Option<bool>,
    /// Whether Hyper-V still owes a merge of checkpoint disks.
    pub merge_pending: Option<bool>,
    /// Where the guest state (.vmgs) lies, as recorded.
    pub guest_state_path: Option<Utf16Text>,
    /// Saved memory and device state, where the file holds any.
    pub saved_state: Option<SavedState>,
    /// What a machine's configuration says about its checkpoints.
    pub checkpoints: Checkpoints,
    /// The drives of all controllers, also empty ones, in the order of controller and location.
    pub drives: Vec<Drive>,
    /// What a host's `data.vmcx` lists.
    pub registered: Vec<Registered>,
    /// What is wrong with the file, in the order in which it was met. What could be read stands here all the same.
    pub problems: Vec<Problem>,
}

/// What a configuration stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConfigurationKind {
    /// A machine.
    Machine,
    /// A checkpoint.
    Checkpoint,
    /// A machine that is only half imported (it lies in `Planned Virtual Machines`).
    Planned,
    /// The host's copy of a machine's configuration (it lies in `Virtual Machines Cache`).
    Cached,
    /// The host's list of its machines (`data.vmcx`).
    RegistrationList,
    /// Run-time state beside a configuration (.vmrs): no attached disks of its own.
    RuntimeState,
    /// Nothing in the file says.
    #[default]
    Unknown,
}

impl ConfigurationKind {
    /// The word for the kind in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Machine => "machine",
            Self::Checkpoint => "checkpoint",
            Self::Planned => "planned",
            Self::Cached => "cached",
            Self::RegistrationList => "registration_list",
            Self::RuntimeState => "runtime_state",
            Self::Unknown => "unknown",
        }
    }
}

/// Version of a configuration, which tells the oldest host that can run it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ConfigurationVersion {
    /// 5 for Windows Server 2012 R2, 9 for 2019, 10 for 2022, 12 for 2025.
    pub major: u32,
    /// Mostly 0.
    pub minor: u8,
}

impl fmt::Display for ConfigurationVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

/// Saved memory and device state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SavedState {
    /// How it was saved, as recorded: `Normal`, `Snapshot`, `Fast`, `FastWithHandleTransfer`. `None` where the file
    /// holds memory and does not say how it came.
    pub kind: Option<String>,
    /// Number of memory blocks that the file names.
    pub memory_block_count: u64,
    /// Whether the file holds the state of processors and devices.
    pub device_state: bool,
}

impl SavedState {
    /// Whether there is memory that a merge or a changed disk would make useless.
    pub fn holds_memory(&self) -> bool {
        self.memory_block_count > 0
    }
}

/// What a machine's configuration says about its checkpoints.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Checkpoints {
    /// How many there are, as recorded (`snapshots/list/size`).
    pub count: Option<u64>,
    /// The ids that the list names, in its order.
    pub listed: Vec<Uuid>,
    /// Whether a checkpoint is made whenever the machine starts.
    pub automatic: Option<bool>,
    /// Which kind a user's checkpoint becomes, as recorded (`snapshots/user_type`).
    pub user_type: Option<u64>,
}

/// An entry of a host's list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registered {
    /// Which of its lists.
    pub list: RegisteredList,
    /// The id, where its name is one.
    pub id: Option<Uuid>,
    /// The path of the configuration, as recorded.
    pub path: Utf16Text,
}

/// The lists of a host.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RegisteredList {
    /// Its machines: the configurations it runs.
    VirtualMachines,
    /// Copies of them, for when their storage is gone.
    VirtualMachinesCache,
    /// Resource types, which are no machines.
    ResourceTypes,
    /// A list that this program does not know, under its name.
    Other(String),
}

impl RegisteredList {
    /// The name as recorded.
    pub fn name(&self) -> &str {
        match self {
            Self::VirtualMachines => "VirtualMachines",
            Self::VirtualMachinesCache => "VirtualMachinesCache",
            Self::ResourceTypes => "ResourceTypes",
            Self::Other(name) => name,
        }
    }
}
