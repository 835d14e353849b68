//! `image`: the virtual disk in a file, and its place in the chain.

use std::borrow::Cow;

use schemars::JsonSchema;
use serde::Serialize;
use uuid::Uuid;

use crate::chain::FileNo;
use crate::estate::FoundFile;
use crate::format::hex::to_hex;
use crate::format::vhdx::bat::PayloadState;
use crate::image::vhdx::LogState;
use crate::image::{BlockCounts, DiskFacts, DiskType, FileKind, RecordedText};
use crate::inspect::{Inspection, Role};

use super::common::{Time, hosts, list_hex, lossy};
use super::contents::ContentsJson;
use super::parent::ParentJson;

/// The virtual disk in a file. What the file does not say, or what cannot be read of it, is `null`.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ImageJson {
    /// What the file itself says.
    #[serde(flatten)]
    pub disk: DiskJson,
    /// The parent of a differencing disk; `null` for any other.
    pub parent: Option<ParentJson>,
    /// Where it stands among the others.
    #[serde(flatten)]
    pub place: DiskPlaceJson,
    /// What a guest has on the disk, to recognise it by; `null` where that was not looked at: `scan` and `orphans` look
    /// into the disks without children that are not certain to be in use, `info` into those that were named.
    pub contents: Option<ContentsJson>,
}

/// The virtual disk in a file, as far as the file itself says.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DiskJson {
    /// The format of the file.
    #[schemars(extend("enum" = ["vhdx", "vhd"]))]
    pub format: &'static str,
    /// The kind of disk; `unknown` for a number that the specification does not know.
    #[serde(rename = "type")]
    #[schemars(extend("enum" = ["fixed", "dynamic", "differencing", "unknown", null]))]
    pub disk_type: Option<&'static str>,
    /// The program that made the file, as it calls itself, lossily. VHD: its four characters.
    pub creator: Option<String>,
    /// The creator's exact bytes as hexadecimal digits; only present where they are not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creator_raw_hex: Option<String>,
    /// Bytes of the virtual disk.
    pub virtual_size_bytes: Option<u64>,
    /// Bytes of a payload block.
    pub block_size_bytes: Option<u64>,
    /// Bytes of a logical sector.
    pub logical_sector_size_bytes: Option<u64>,
    /// Bytes of a physical sector.
    pub physical_sector_size_bytes: Option<u64>,
    /// VHDX: what the guest sees as the disk's identity, the same along a chain.
    pub virtual_disk_id: Option<Uuid>,
    /// VHDX: changes with the content of the disk; what a child names its parent by.
    pub data_write_guid: Option<Uuid>,
    /// VHDX: changes with every opening of the file for writing.
    pub file_write_guid: Option<Uuid>,
    /// VHD: what a child names its parent by, in the order of the bytes.
    pub unique_id: Option<Uuid>,
    /// VHD: when the file was made, by the clock of the machine that made it.
    pub time_stamp: Option<Time>,
    /// The state of the log. `dirty`: the file is right only after its log is replayed. `corrupt`: the file names a log
    /// that cannot be replayed. `none`: the format has no log. `null`: no header could be read.
    #[schemars(extend("enum" = ["clean", "dirty", "corrupt", "none", null]))]
    pub log_state: Option<&'static str>,
    /// Whether the numbers here are as of a replay of the log, which is done in memory.
    pub replayed: bool,
    /// Number of blocks in each state; `null` where they were not counted or could not be.
    pub blocks: Option<BlocksJson>,
}

/// Where a disk stands among the others.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DiskPlaceJson {
    /// The place in the chain.
    #[schemars(extend("enum" = ["standalone", "base", "intermediate", "leaf", "unreadable"]))]
    pub role: &'static str,
    /// Number of files from this one to its base, itself included, or to the first link that is broken.
    pub depth_count: u64,
    /// Paths of the files whose parent this one is, lossily.
    pub children: Vec<String>,
    /// Names of the hosts that `children` are of, in the same order; only present where bundles were read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub children_hosts: Option<Vec<String>>,
    /// The exact bytes of those of `children` that are not valid Unicode, `null` for the others; only present where
    /// there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub children_raw_hex: Option<Vec<Option<String>>>,
}

/// Number of payload blocks in each state.
#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
pub struct BlocksJson {
    /// Not in the file: zeros, or the parent's in a differencing disk.
    pub not_present: u64,
    /// Content undefined.
    pub undefined: u64,
    /// Zeros.
    pub zero: u64,
    /// Trimmed by the guest.
    pub unmapped: u64,
    /// Wholly in the file.
    pub fully_present: u64,
    /// In the file for some sectors, the parent's for the others.
    pub partially_present: u64,
    /// In a state that no specification knows.
    pub reserved_count: u64,
    /// In all states.
    pub total_count: u64,
}

impl From<&BlockCounts> for BlocksJson {
    fn from(counts: &BlockCounts) -> Self {
        Self {
            not_present: counts.get(PayloadState::NotPresent),
            undefined: counts.get(PayloadState::Undefined),
            zero: counts.get(PayloadState::Zero),
            unmapped: counts.get(PayloadState::Unmapped),
            fully_present: counts.get(PayloadState::FullyPresent),
            partially_present: counts.get(PayloadState::PartiallyPresent),
            reserved_count: counts.reserved(),
            total_count: counts.total(),
        }
    }
}

impl ImageJson {
    pub(super) fn new(inspection: &Inspection, number: FileNo) -> Option<Self> {
        Some(Self {
            disk: DiskJson::new(inspection.file(number)?)?,
            parent: ParentJson::new(inspection, number),
            place: DiskPlaceJson::new(inspection, number),
            contents: ContentsJson::new(inspection, number),
        })
    }
}

impl DiskJson {
    pub(super) fn new(file: &FoundFile) -> Option<Self> {
        let disk = file.disk.as_deref()?;
        let creator = disk.creator.as_ref();
        Some(Self {
            format: file.kind.name(),
            disk_type: disk.disk_type.map(DiskType::name),
            creator: creator.and_then(RecordedText::shown).map(Cow::into_owned),
            creator_raw_hex: creator.and_then(RecordedText::raw).map(to_hex),
            virtual_size_bytes: disk.virtual_size.map(|size| size.0),
            block_size_bytes: disk.block_size.map(|size| size.0),
            logical_sector_size_bytes: disk.logical_sector_size.map(|size| size.0),
            physical_sector_size_bytes: disk.physical_sector_size.map(|size| size.0),
            virtual_disk_id: disk.virtual_disk_id,
            data_write_guid: disk.data_write_guid,
            file_write_guid: disk.file_write_guid,
            unique_id: disk.unique_id,
            time_stamp: disk.time_stamp.map(|stamp| Time::from(stamp.to_timestamp())),
            log_state: log_state(file.kind, disk),
            replayed: disk.replayed,
            blocks: file.blocks.as_deref().and_then(|counted| counted.as_ref().ok()).map(BlocksJson::from),
        })
    }
}

impl DiskPlaceJson {
    pub(super) fn new(inspection: &Inspection, number: FileNo) -> Self {
        let children = inspection.forest.children(number);
        let child_paths = || children.iter().filter_map(|child| Some(inspection.file(*child)?.path.as_path()));
        Self {
            role: inspection.role(number).map_or(Role::Unreadable.name(), Role::name),
            depth_count: u64::try_from(inspection.depth(number)).unwrap_or(u64::MAX),
            children: child_paths().map(lossy).collect(),
            children_hosts: hosts(inspection, children),
            children_raw_hex: list_hex(child_paths()),
        }
    }
}

fn log_state(kind: FileKind, disk: &DiskFacts) -> Option<&'static str> {
    match kind {
        FileKind::Vhdx => disk.log_state.map(LogState::name),
        _ => Some("none"),
    }
}
