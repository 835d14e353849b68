//! `summary`: the numbers of the whole.

use schemars::JsonSchema;
use serde::Serialize;

use crate::checks::Severity;
use crate::inspect::Summary;

/// The numbers of the whole. They count what stands in `files[]` and `chains[]`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct SummaryJson {
    /// Number of files.
    pub files_count: u64,
    /// Number of virtual disks among them, unreadable ones included.
    pub images_count: u64,
    /// Number of chains; a disk without parent and children is one.
    pub chains_count: u64,
    /// Number of chains of which a parent is missing or not proved.
    pub broken_chains_count: u64,
    /// Number of chains of which a file cannot be read.
    pub unreadable_chains_count: u64,
    /// Number of files, disks or not, that cannot be read.
    pub unreadable_files_count: u64,
    /// Number of disks whose log is to be replayed, or cannot be.
    pub dirty_logs_count: u64,
    /// Number of machines; `null` where configurations were not read.
    pub machines_count: Option<u64>,
    /// Number of findings of each severity.
    pub findings: SeveritiesJson,
    /// Bytes of the virtual disks that the leaves show.
    pub virtual_size_bytes: u64,
    /// Bytes of all files.
    pub file_size_bytes: u64,
    /// Bytes that all files take on their volumes; `null` where the system does not tell.
    pub allocated_bytes: Option<u64>,
    /// Bytes of files that nothing that was looked at needs, be it only possibly so; `null` where that was not judged.
    pub orphan_bytes: Option<u64>,
    /// Bytes of those among them of which that is at least probable; `null` where that was not judged.
    pub reclaimable_bytes: Option<u64>,
}

/// Number of findings of each severity.
#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
pub struct SeveritiesJson {
    /// Worth knowing.
    pub info: u64,
    /// May lead to trouble.
    pub warning: u64,
    /// Something is wrong.
    pub error: u64,
    /// The data cannot be read.
    pub fatal: u64,
}

impl SeveritiesJson {
    /// The numbers that `count` gives.
    pub(super) fn new(count: impl Fn(Severity) -> u64) -> Self {
        Self {
            info: count(Severity::Info),
            warning: count(Severity::Warning),
            error: count(Severity::Error),
            fatal: count(Severity::Fatal),
        }
    }
}

impl From<&Summary> for SummaryJson {
    fn from(summary: &Summary) -> Self {
        Self {
            files_count: summary.files,
            images_count: summary.images,
            chains_count: summary.chains,
            broken_chains_count: summary.broken_chains,
            unreadable_chains_count: summary.unreadable_chains,
            unreadable_files_count: summary.unreadable_files,
            dirty_logs_count: summary.dirty_logs,
            machines_count: Some(summary.machines),
            findings: SeveritiesJson::default(),
            virtual_size_bytes: summary.virtual_size.0,
            file_size_bytes: summary.file_size.0,
            allocated_bytes: summary.allocated.map(|bytes| bytes.0),
            orphan_bytes: summary.orphans.map(|bytes| bytes.0),
            reclaimable_bytes: summary.reclaimable.map(|bytes| bytes.0),
        }
    }
}
