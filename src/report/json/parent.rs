//! `parent`: what a differencing disk says about its parent, and what came of it.

use std::collections::BTreeMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::chain::{CandidateReason, FileNo, FoundBy, Link, LinkStatus};
use crate::image::DiskFacts;
use crate::inspect::Inspection;

use super::common::{Time, host, hosts, list_hex, lossy, path_hex};
use super::error::ErrorJson;
use super::locator::{self, LocatorEntryJson};

/// What a differencing disk says about its parent, and what came of the search for it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ParentJson {
    /// What was found.
    #[serde(flatten)]
    pub found: FoundParentJson,
    /// What the disk itself says.
    #[serde(flatten)]
    pub recorded: RecordedParentJson,
    /// What else was found.
    #[serde(flatten)]
    pub relatives: ParentRelativesJson,
}

/// What came of the search for a parent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FoundParentJson {
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
    /// Name of the host that the path is of; only present where bundles were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// The parent; for `identity_mismatch` and `unreadable` the file in its place.
    pub path: Option<String>,
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_raw_hex: Option<String>,
}

/// What a differencing disk itself says about its parent.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct RecordedParentJson {
    /// The parent locator: the values as recorded, by their keys, lossily. `null` where there is none that can be read.
    /// VHD: the keys are `header_name` and the platform codes in lower case (`w2ru`, `w2ku` …).
    pub locator: Option<BTreeMap<String, String>>,
    /// Every entry of the locator in the order of the file; only present where `locator` cannot hold them exactly:
    /// text that is not valid Unicode, a key that occurs twice, an entry that lies outside the locator.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub locator_entries: Option<Vec<LocatorEntryJson>>,
    /// VHD: when the parent's file was last written, as the child recorded it; `null` where it recorded none.
    pub parent_time_stamp: Option<Time>,
    /// The identity that the parent must have: its `data_write_guid` (VHD: its `unique_id`).
    pub expected_guid: Option<Uuid>,
}

/// The identity of what was found in the parent's place, and what else may have to do with it.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ParentRelativesJson {
    /// The identity that the file at `path` has.
    pub found_guid: Option<Uuid>,
    /// Files worth a look when there is no link.
    pub candidates: Vec<CandidateJson>,
    /// How many more candidates there are that are not listed.
    pub candidates_left_out_count: u64,
    /// Paths of other files with the identity of the parent, lossily.
    pub copies: Vec<String>,
    /// Names of the hosts that `copies` are of, in the same order; only present where bundles were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copies_hosts: Option<Vec<String>>,
    /// The exact bytes of those of `copies` that are not valid Unicode, `null` for the others; only present where
    /// there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub copies_raw_hex: Option<Vec<Option<String>>>,
    /// How many more copies there are that are not listed.
    pub copies_left_out_count: u64,
    /// Why the locator cannot be used.
    pub error: Option<ErrorJson>,
}

/// A file that may have to do with a parent that was not linked.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct CandidateJson {
    /// Name of the host that the path is of; only present where bundles were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
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
        Some(Self {
            found: FoundParentJson::new(inspection, link),
            recorded: RecordedParentJson::new(inspection.file(number)?.disk.as_deref()?)?,
            relatives: ParentRelativesJson::new(inspection, link),
        })
    }
}

impl FoundParentJson {
    pub(super) fn new(inspection: &Inspection, link: &Link) -> Self {
        let parent = link.parent.and_then(|parent| inspection.file(parent));
        let path = parent.map(|parent| parent.path.as_path());
        Self {
            status: LinkStatus::name(link.status),
            found_by: link.found_by.map(FoundBy::name),
            host: parent.and_then(|parent| host(&inspection.inventory, parent.origin)),
            path: path.map(lossy),
            path_raw_hex: path.and_then(path_hex),
        }
    }
}

impl RecordedParentJson {
    /// `None` for a disk that has no parent.
    pub(super) fn new(disk: &DiskFacts) -> Option<Self> {
        disk.reference.as_ref()?;
        let entries = disk.locator.as_ref().map(locator::entries);
        let reference = disk.parent();
        Some(Self {
            locator: entries.as_deref().map(locator::by_key),
            locator_entries: entries.filter(|entries| !locator::by_key_is_exact(entries)),
            parent_time_stamp: reference
                .and_then(|reference| Some(Time::from(reference.parent_time_stamp?.to_timestamp()))),
            expected_guid: reference.and_then(|reference| reference.linkage),
        })
    }
}

impl ParentRelativesJson {
    pub(super) fn new(inspection: &Inspection, link: &Link) -> Self {
        let file = |number: FileNo| inspection.file(number);
        let copies = || link.copies.iter().filter_map(|copy| Some(file(*copy)?.path.as_path()));
        let candidates = link.candidates.iter().filter_map(|candidate| {
            let found = file(candidate.file)?;
            let guid = found.disk.as_deref()?.identity();
            let host = host(&inspection.inventory, found.origin);
            Some(CandidateJson::new(host, &found.path, candidate.why, guid))
        });
        Self {
            found_guid: link.found,
            candidates: candidates.collect(),
            candidates_left_out_count: u64::try_from(link.candidates_left_out).unwrap_or(u64::MAX),
            copies: copies().map(lossy).collect(),
            copies_hosts: hosts(inspection, &link.copies),
            copies_raw_hex: list_hex(copies()),
            copies_left_out_count: u64::try_from(link.copies_left_out).unwrap_or(u64::MAX),
            error: link.problem.as_ref().map(ErrorJson::from),
        }
    }
}

impl CandidateJson {
    fn new(host: Option<String>, path: &Path, why: CandidateReason, guid: Option<Uuid>) -> Self {
        Self { host, path: lossy(path), path_raw_hex: path_hex(path), why: why.name(), guid }
    }
}
