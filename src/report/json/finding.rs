//! One entry of `findings[]`.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::checks::{Evidence, Finding, Related};
use crate::format::hex::to_hex;

use crate::inspect::Inspection;

use super::common::{host, lossy, path_hex};

/// Something that is wrong, or worth knowing.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FindingJson {
    /// Stable code, such as `VHDX0101`.
    pub code: &'static str,
    /// Name of the bad pattern.
    pub name: &'static str,
    /// What it means for the data.
    #[schemars(extend("enum" = ["info", "warning", "error", "fatal"]))]
    pub severity: &'static str,
    /// Name of the host that the path is of; only present where bundles were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
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
    /// What it was concluded from: texts, numbers and lists of texts by names that end in their unit.
    pub evidence: BTreeMap<String, Value>,
    /// Other places that have to do with it.
    pub related: Vec<RelatedJson>,
    /// The bytes at the place, from `bytes_offset` on, as hexadecimal digits; as of the replay where the log was
    /// replayed.
    pub bytes_hex: Option<String>,
    /// Absolute offset of the first of `bytes_hex`.
    pub bytes_offset: Option<u64>,
    /// Whether the run given with `--baseline` had it; only present with `--baseline`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = ["new", "persisting"]))]
    pub standing: Option<&'static str>,
}

/// Another place that has to do with a finding.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RelatedJson {
    /// Name of the host that the path is of; only present where bundles were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The file, lossily.
    pub path: String,
    /// The file's exact path as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_raw_hex: Option<String>,
    /// Absolute offset in the file.
    pub offset: Option<u64>,
    /// What it has to do with the finding.
    pub note: String,
}

impl FindingJson {
    pub(super) fn new(inspection: &Inspection, finding: &Finding) -> Self {
        let related = |related: &Related| RelatedJson::new(inspection, finding, related);
        Self {
            host: host(&inspection.inventory, finding.origin),
            code: finding.code,
            name: finding.name,
            severity: finding.severity.name(),
            path: lossy(&finding.path),
            path_raw_hex: path_hex(&finding.path),
            structure: (!finding.structure.is_empty()).then(|| finding.structure.to_string()),
            offset: finding.offset.map(|offset| offset.0),
            length_bytes: finding.offset.map(|_| finding.length.0),
            virtual_offset: finding.virtual_offset.map(|offset| offset.0),
            message: finding.message.clone(),
            evidence: finding.evidence.iter().map(|(name, value)| (name.to_string(), value.into())).collect(),
            related: finding.related.iter().map(related).collect(),
            bytes_hex: finding.excerpt.as_ref().map(|excerpt| to_hex(&excerpt.bytes)),
            bytes_offset: finding.excerpt.as_ref().map(|excerpt| excerpt.offset.0),
            standing: None,
        }
    }
}

impl RelatedJson {
    fn new(inspection: &Inspection, finding: &Finding, related: &Related) -> Self {
        Self {
            host: host(&inspection.inventory, related.origin.unwrap_or(finding.origin)),
            path: lossy(&related.path),
            path_raw_hex: path_hex(&related.path),
            offset: related.offset.map(|offset| offset.0),
            note: related.note.clone(),
        }
    }
}

impl From<&Evidence> for Value {
    fn from(evidence: &Evidence) -> Self {
        match evidence {
            Evidence::Text(text) => text.as_str().into(),
            Evidence::Number(number) => (*number).into(),
            Evidence::List(texts) => texts.clone().into(),
        }
    }
}
