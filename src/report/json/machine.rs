//! One entry of `machines[]`.

use schemars::JsonSchema;
use serde::Serialize;

use super::common::Time;

/// A configuration of a virtual machine or of one of its checkpoints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct MachineJson {
    /// The machine's id.
    pub id: String,
    /// Its name.
    pub name: Option<String>,
    /// What the configuration stands for.
    #[schemars(extend("enum" = ["machine", "checkpoint", "planned", "cached"]))]
    pub kind: &'static str,
    /// Where the configuration lies, lossily.
    pub config_path: String,
    /// Version of the configuration.
    pub version: Option<String>,
    /// When the machine or checkpoint was made.
    pub created: Option<Time>,
    /// The disks that it attaches.
    pub disks: Vec<AttachedDiskJson>,
}

/// A disk that a configuration attaches.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AttachedDiskJson {
    /// The controller.
    pub controller: Option<String>,
    /// The place on the controller.
    pub location: Option<String>,
    /// The path as the configuration has it.
    pub path_recorded: Option<String>,
    /// The file, where it was found.
    pub path: Option<String>,
    /// Whether the file was found and can be read.
    pub image_status: String,
}
