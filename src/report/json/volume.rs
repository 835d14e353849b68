//! One entry of `volumes[]`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::estate::{Inventory, Volume};

use super::common::{host, lossy, path_hex};

/// A volume on which named paths lie.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct VolumeJson {
    /// Name of the host that the volume is mounted on; only present where bundles were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The system's number of the device.
    pub id: String,
    /// Where it is mounted, lossily; `null` where the system does not tell.
    pub mount_path: Option<String>,
    /// The mount path's exact bytes as hexadecimal digits; only present where they are not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mount_path_raw_hex: Option<String>,
    /// Kind of file system, as the system calls it.
    pub file_system: Option<String>,
    /// Bytes of the volume.
    pub total_bytes: u64,
    /// Bytes that are free for whoever ran the program.
    pub free_bytes: u64,
}

impl VolumeJson {
    pub(super) fn new(inventory: &Inventory, volume: &Volume) -> Self {
        Self {
            host: host(inventory, volume.origin),
            id: volume.id.clone(),
            mount_path: volume.mount_path.as_deref().map(lossy),
            mount_path_raw_hex: volume.mount_path.as_deref().and_then(path_hex),
            file_system: volume.file_system.clone(),
            total_bytes: volume.total.0,
            free_bytes: volume.free.0,
        }
    }
}
