//! An entry of `disks[]`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::report::json::common::text_hex;
use crate::vm::Drive;

/// A drive on a controller.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DriveJson {
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
    /// What is in it, as recorded; `null` where it is empty.
    pub path_recorded: Option<String>,
    /// The path's exact UTF-16 units, little-endian, as hexadecimal digits; only present where they are not valid.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_recorded_raw_hex: Option<String>,
    /// Further settings of the drive, as recorded.
    pub settings: BTreeMap<String, String>,
}

impl From<&Drive> for DriveJson {
    fn from(drive: &Drive) -> Self {
        let kind = drive.kind.recorded();
        Self {
            controller: drive.controller.kind.name(),
            controller_number: drive.controller.number,
            controller_id: drive.controller.instance.map(|id| id.to_string()),
            location: drive.location,
            drive_type: (!kind.is_empty()).then(|| kind.to_owned()),
            path_recorded: drive.path.as_ref().map(crate::format::text::Utf16Text::lossy),
            path_recorded_raw_hex: drive.path.as_ref().and_then(text_hex),
            settings: drive.settings.iter().cloned().collect(),
        }
    }
}
