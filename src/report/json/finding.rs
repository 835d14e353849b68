//! One entry of `findings[]`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

/// Something that is wrong, or worth knowing.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FindingJson {
    /// Stable code, such as `VHDX0101`.
    pub code: String,
    /// Name of the bad pattern.
    pub name: String,
    /// What it means for the data.
    #[schemars(extend("enum" = ["info", "warning", "error", "fatal"]))]
    pub severity: &'static str,
    /// The file, lossily.
    pub path: String,
    /// The file's exact path as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_raw_hex: Option<String>,
    /// The structure, under the name that its specification gives it.
    pub structure: Option<String>,
    /// Absolute offset in the file.
    pub offset: Option<u64>,
    /// Bytes from there on that it is about.
    pub length_bytes: Option<u64>,
    /// Offset on the virtual disk, where one applies.
    pub virtual_offset: Option<u64>,
    /// One line for people.
    pub message: String,
    /// What it was concluded from.
    pub evidence: BTreeMap<String, String>,
    /// Paths of other files that have to do with it, lossily.
    pub related: Vec<String>,
}
