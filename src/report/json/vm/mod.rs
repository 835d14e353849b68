//! `vm --format json`.

mod drive;
mod history;
mod key;

use std::io::{self, Write};
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Error;
use crate::format::text::Utf16Text;
use crate::report::RunFacts;
use crate::units::ByteLen;
use crate::vm::{Configuration, Problem, Registered, SavedState, VmFile};

use super::common::{Time, lossy, path_hex, text_hex};
use super::run::CoverageJson;
use super::{ErrorJson, RunJson, UnreadableJson};

pub use drive::DriveJson;
pub use history::{FormerValueJson, HistoryJson, StaleEntryJson, UnreferencedTableJson};
pub use key::{KeyJson, ValueJson};

/// What configurations say.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct VmJson {
    /// Always `vhdxray.vm/1`. Within this version fields are only added.
    pub schema: &'static str,
    /// Facts about the run.
    pub run: RunJson,
    /// One entry a named file that could be opened, in the order in which they were named.
    pub machines: Vec<ConfigurationJson>,
}

/// A configuration of a machine or a checkpoint, a host's list, or run-time state.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ConfigurationJson {
    /// Where the configuration lies, lossily.
    pub config_path: String,
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_path_raw_hex: Option<String>,
    /// What the file is made of.
    #[schemars(extend("enum" = ["storage", "xml", "none"]))]
    pub format: &'static str,
    /// What the configuration stands for.
    #[schemars(extend("enum" = [
        "machine", "checkpoint", "planned", "cached", "registration_list", "runtime_state", "unknown"
    ]))]
    pub kind: &'static str,
    /// Its own id: a machine's, or a checkpoint's.
    pub id: Option<String>,
    /// The machine that it is about.
    pub machine_id: Option<String>,
    /// Its name.
    pub name: Option<String>,
    /// The name's exact UTF-16 units, little-endian, as hexadecimal digits; only present where they are not valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name_raw_hex: Option<String>,
    /// What somebody noted.
    pub notes: Option<String>,
    /// The folder it says it belongs in.
    pub type_id: Option<String>,
    /// Version of the configuration, as in `9.0`.
    pub version: Option<String>,
    /// Generation of the machine, 1 or 2.
    pub generation: Option<u8>,
    /// When the machine or checkpoint was made.
    pub created: Option<Time>,
    /// When the machine was last started.
    pub last_powered_on: Option<Time>,
    /// When the machine was last stopped.
    pub last_powered_off: Option<Time>,
    /// When its state last changed.
    pub last_state_change: Option<Time>,
    /// Security identifier of the owner.
    pub owner_sid: Option<String>,
    /// Whether the machine is clustered.
    pub clustered: Option<bool>,
    /// Whether Hyper-V still owes a merge of checkpoint disks.
    pub merge_pending: Option<bool>,
    /// Where the guest state lies, as recorded.
    pub guest_state_path_recorded: Option<String>,
    /// Saved memory and device state.
    pub saved_state: Option<SavedStateJson>,
    /// What it says about its checkpoints.
    pub checkpoints: CheckpointsJson,
    /// The drives, also empty ones, in the order of controller and location.
    pub disks: Vec<DriveJson>,
    /// What a host's list names.
    pub registered: Vec<RegisteredJson>,
    /// What is wrong with the file.
    pub problems: Vec<ProblemJson>,
    /// Number of values in the file.
    pub values_count: u64,
    /// The raw tree of keys; only present with `--keys`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub keys: Option<Vec<KeyJson>>,
    /// What the replay log still holds of former states; only present with `--history`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub history: Option<HistoryJson>,
}

/// Saved memory and device state.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SavedStateJson {
    /// How it was saved, as recorded.
    pub kind: Option<String>,
    /// Number of memory blocks that the file names.
    pub memory_blocks_count: u64,
    /// Whether the state of processors and devices is there.
    pub device_state: bool,
}

/// What a machine's configuration says about its checkpoints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CheckpointsJson {
    /// How many there are, as recorded.
    pub recorded_count: Option<u64>,
    /// The ids that the list names.
    pub ids: Vec<String>,
    /// Whether one is made whenever the machine starts.
    pub automatic: Option<bool>,
    /// Which kind a user's checkpoint becomes, as recorded: 2 none, 3 production or else standard, 4 production only,
    /// 5 standard.
    pub user_type: Option<u64>,
}

/// An entry of a host's list.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RegisteredJson {
    /// Which of its lists.
    pub list: String,
    /// The id.
    pub id: Option<String>,
    /// The path as recorded.
    pub path_recorded: String,
    /// The path's exact UTF-16 units, little-endian, as hexadecimal digits; only present where they are not valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_recorded_raw_hex: Option<String>,
}

/// Something that is not as it should be.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ProblemJson {
    /// What kind of thing.
    pub kind: &'static str,
    /// How many places it concerns.
    pub places_count: u64,
    /// The first of them.
    #[serde(flatten)]
    pub error: ErrorJson,
}

/// What of a file is wanted beside what it says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VmParts {
    /// The raw tree of keys.
    pub keys: bool,
    /// What is left of former states.
    pub history: bool,
}

impl ConfigurationJson {
    /// A configuration in the public shape.
    pub fn new(path: &Path, vm: &VmFile, parts: VmParts) -> Self {
        let configuration = &vm.configuration;
        let Configuration { kind, id, machine_id, name, version, created, saved_state, .. } = configuration;
        let text = |text: &Option<Utf16Text>| text.as_ref().map(Utf16Text::lossy);
        let checkpoints = &configuration.checkpoints;
        Self {
            config_path: lossy(path),
            config_path_raw_hex: path_hex(path),
            format: vm.format.name(),
            kind: kind.name(),
            id: id.map(|id| id.to_string()),
            machine_id: machine_id.map(|id| id.to_string()),
            name: text(name),
            name_raw_hex: name.as_ref().and_then(text_hex),
            notes: text(&configuration.notes),
            type_id: configuration.type_id.clone(),
            version: version.map(|version| version.to_string()),
            generation: configuration.generation,
            created: created.map(Time::from),
            last_powered_on: configuration.last_powered_on.map(Time::from),
            last_powered_off: configuration.last_powered_off.map(Time::from),
            last_state_change: configuration.last_state_change.map(Time::from),
            owner_sid: configuration.owner_sid.clone(),
            clustered: configuration.clustered,
            merge_pending: configuration.merge_pending,
            guest_state_path_recorded: text(&configuration.guest_state_path),
            saved_state: saved_state.as_ref().map(SavedStateJson::from),
            checkpoints: CheckpointsJson {
                recorded_count: checkpoints.count,
                ids: checkpoints.listed.iter().map(ToString::to_string).collect(),
                automatic: checkpoints.automatic,
                user_type: checkpoints.user_type,
            },
            disks: configuration.drives.iter().map(DriveJson::from).collect(),
            registered: configuration.registered.iter().map(RegisteredJson::from).collect(),
            problems: configuration.problems.iter().map(ProblemJson::from).collect(),
            values_count: vm.value_count(),
            keys: parts.keys.then(|| vm.keys.iter().map(KeyJson::from).collect()),
            history: parts.history.then(|| HistoryJson::from(&vm.history)),
        }
    }
}

impl From<&SavedState> for SavedStateJson {
    fn from(state: &SavedState) -> Self {
        Self {
            kind: state.kind.clone(),
            memory_blocks_count: state.memory_block_count,
            device_state: state.device_state,
        }
    }
}

impl From<&Registered> for RegisteredJson {
    fn from(entry: &Registered) -> Self {
        Self {
            list: entry.list.name().to_owned(),
            id: entry.id.map(|id| id.to_string()),
            path_recorded: entry.path.lossy(),
            path_recorded_raw_hex: text_hex(&entry.path),
        }
    }
}

impl From<&Problem> for ProblemJson {
    fn from(problem: &Problem) -> Self {
        Self { kind: problem.kind.name(), places_count: problem.count, error: ErrorJson::from(&problem.error) }
    }
}

/// Writes what was read of named files as one JSON object; `failed` are those that could not be read.
pub fn write_vm(
    machines: Vec<ConfigurationJson>,
    failed: &[(&Path, Error)],
    facts: &RunFacts,
    out: &mut dyn Write,
) -> io::Result<()> {
    let read = ByteLen::from(machines.len()).0;
    let unreadable = failed.iter().map(|(path, error)| UnreadableJson {
        host: None,
        path: lossy(path),
        path_raw_hex: path_hex(path),
        error: ErrorJson::from(error),
    });
    let coverage = CoverageJson {
        files_seen_count: read.saturating_add(ByteLen::from(failed.len()).0),
        files_read_count: read,
        unreadable: unreadable.collect(),
        links_not_followed: Vec::new(),
    };
    let vm = VmJson { schema: "vhdxray.vm/1", run: RunJson::with_coverage(facts, coverage), machines };
    serde_json::to_writer_pretty(&mut *out, &vm)?;
    writeln!(out)
}
