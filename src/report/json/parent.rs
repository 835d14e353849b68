//! `parent`: what a differencing disk says about its parent, and what came of it.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::chain::{CandidateReason, FileNo, FoundBy, LinkStatus};
use crate::format::text::Utf16Text;
use crate::format::vhdx::parent_locator::ParentLocator;
use crate::inspect::Inspection;

use super::common::{list_hex, lossy, path_hex, text_hex};
use super::error::ErrorJson;

/// What a differencing disk says about its parent, and what came of the search for it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ParentJson {
    /// `linked`: found, proved by its identity. `linked_by_second_guid`: proved by `parent_linkage2`; a merge was under
    /// way. `missing`: not where a recorded path leads to. `outside`: every recorded path leads out of what was named,
    /// and nothing was opened there. `identity_mismatch`: another disk stands in its place. `ambiguous`: several files
    /// have its identity and nothing decides. `cycle`: the parents lead back to the file. `unreadable`: there, and
    /// cannot be read. `unusable_locator`: the file does not say by what to know its parent.
    #[schemars(extend("enum" = ["linked", "linked_by_second_guid", "missing", "outside", "identity_mismatch",
        "ambiguous", "cycle", "unreadable", "unusable_locator"]))]
    pub status: &'static str,
    /// What led to `path`.
    #[schemars(extend("enum" = ["identity", "relative_path", "volume_path", "absolute_win32_path", "same_folder_name",
        "map", null]))]
    pub found_by: Option<&'static str>,
    /// The parent; for `identity_mismatch` and `unreadable` the file in its place.
    pub path: Option<String>,
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_raw_hex: Option<String>,
    /// The parent locator: the values as recorded, by their keys, lossily. `null` where there is none that can be read.
    pub locator: Option<BTreeMap<String, String>>,
    /// Every entry of the locator in the order of the file; only present where `locator` cannot hold them exactly:
    /// text that is not valid Unicode, a key that occurs twice, an entry that lies outside the locator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locator_entries: Option<Vec<LocatorEntryJson>>,
    /// The identity that the parent must have: its `data_write_guid`.
    pub expected_guid: Option<Uuid>,
    /// The identity that the file at `path` has.
    pub found_guid: Option<Uuid>,
    /// Files worth a look when there is no link.
    pub candidates: Vec<CandidateJson>,
    /// Paths of other files with the identity of the parent, lossily.
    pub copies: Vec<String>,
    /// The exact bytes of those of `copies` that are not valid Unicode, `null` for the others; only present where
    /// there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copies_raw_hex: Option<Vec<Option<String>>>,
    /// Why the locator cannot be used.
    pub error: Option<ErrorJson>,
}

/// One entry of a parent locator.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LocatorEntryJson {
    /// The key, lossily; `null` where it lies outside the locator.
    pub key: Option<String>,
    /// The key's exact bytes as hexadecimal digits; only present where they are not valid UTF-16.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_raw_hex: Option<String>,
    /// The value, lossily; `null` where it lies outside the locator.
    pub value: Option<String>,
    /// The value's exact bytes as hexadecimal digits; only present where they are not valid UTF-16.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_raw_hex: Option<String>,
}

/// A file that may have to do with a parent that was not linked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CandidateJson {
    /// The path, lossily.
    pub path: String,
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_raw_hex: Option<String>,
    /// Why it is named. `same_virtual_disk_id` is a hint and no proof.
    #[schemars(extend("enum" = ["same_identity", "recorded_path", "same_virtual_disk_id"]))]
    pub why: &'static str,
    /// The identity that it has.
    pub guid: Option<Uuid>,
}

impl ParentJson {
    pub(super) fn new(inspection: &Inspection, number: FileNo) -> Option<Self> {
        let link = inspection.link(number)?;
        let file = |number: FileNo| inspection.file(number);
        let path = |number: FileNo| file(number).map(|file| file.path.as_path());
        let parent = link.parent.and_then(path);
        let locator = file(number).and_then(|file| file.image.as_ref()?.as_vhdx()?.metadata()?.parent_locator());
        let copies = || link.copies.iter().filter_map(|copy| path(*copy));
        Some(Self {
            status: LinkStatus::name(link.status),
            found_by: link.found_by.map(FoundBy::name),
            path: parent.map(lossy),
            path_raw_hex: parent.and_then(path_hex),
            locator: locator.map(as_recorded),
            locator_entries: locator.and_then(exactly),
            expected_guid: link.expected,
            found_guid: link.found,
            candidates: link
                .candidates
                .iter()
                .filter_map(|candidate| {
                    let found = file(candidate.file)?;
                    Some(CandidateJson::new(&found.path, candidate.why, found.image.as_ref()?.identity()))
                })
                .collect(),
            copies: copies().map(lossy).collect(),
            copies_raw_hex: list_hex(copies()),
            error: link.problem.as_ref().map(ErrorJson::from),
        })
    }
}

impl CandidateJson {
    fn new(path: &Path, why: CandidateReason, guid: Option<Uuid>) -> Self {
        Self { path: lossy(path), path_raw_hex: path_hex(path), why: why.name(), guid }
    }
}

/// The entries by their keys; of a key that occurs twice the first counts, as it does for the link.
fn as_recorded(locator: &ParentLocator) -> BTreeMap<String, String> {
    let mut map = BTreeMap::new();
    for entry in &locator.entries {
        if let (Some(key), Some(value)) = (&entry.key, &entry.value) {
            map.entry(key.lossy()).or_insert_with(|| value.lossy());
        }
    }
    map
}

/// Every entry, where the map does not hold them exactly.
fn exactly(locator: &ParentLocator) -> Option<Vec<LocatorEntryJson>> {
    let entries: Vec<LocatorEntryJson> = locator
        .entries
        .iter()
        .map(|entry| LocatorEntryJson {
            key: entry.key.as_ref().map(Utf16Text::lossy),
            key_raw_hex: entry.key.as_ref().and_then(text_hex),
            value: entry.value.as_ref().map(Utf16Text::lossy),
            value_raw_hex: entry.value.as_ref().and_then(text_hex),
        })
        .collect();
    let all_in_map = as_recorded(locator).len() == entries.len();
    let exact = all_in_map && entries.iter().all(|entry| entry.key_raw_hex.is_none() && entry.value_raw_hex.is_none());
    if exact { None } else { Some(entries) }
}
