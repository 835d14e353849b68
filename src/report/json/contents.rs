//! `contents`: what a guest has on a disk.

use schemars::JsonSchema;
use serde::Serialize;

use crate::analysis::contents::{Contents, FileSystem, Partition};
use crate::chain::FileNo;
use crate::inspect::Inspection;

/// What a guest has on a disk, read through its chain. What is not there, or was not recognised, is `null`.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct ContentsJson {
    /// The partition table; `null` on a disk without one.
    #[schemars(extend("enum" = ["mbr", "gpt", null]))]
    pub table: Option<&'static str>,
    /// The partitions, in the order of the table.
    pub partitions: Vec<PartitionJson>,
    /// Number of partitions that are not listed.
    pub left_out_count: u64,
    /// The file system of a disk without partition table.
    pub volume: Option<VolumeContentJson>,
    /// Whether the first bytes of the disk are all zero.
    pub blank: bool,
    /// What is odd about the table, one sentence each.
    pub remarks: Vec<String>,
    /// Why the disk could not be looked into; everything else is empty then.
    pub error: Option<String>,
}

/// A partition.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PartitionJson {
    /// Its number, from 1; logical partitions of an MBR from 5.
    pub number: u64,
    /// Where it starts on the virtual disk.
    pub start_offset: u64,
    /// Its length.
    pub length_bytes: u64,
    /// What the type is for, where that is known: `EFI`, `data`, `Linux` … More may be added.
    #[serde(rename = "type")]
    pub partition_type: Option<String>,
    /// The type as the table has it: a GUID, or two hexadecimal digits.
    pub type_id: String,
    /// The name that a GPT gives it, lossily.
    pub name: Option<String>,
    /// The file system, or what stands in the place of one: `NTFS`, `ReFS`, `FAT12`, `FAT16`, `FAT32`, `exFAT`, `ext2`,
    /// `ext3`, `ext4`, `XFS`, `Btrfs`, `swap`, `LVM`, `LUKS`, `Linux RAID`, `BitLocker`, `ISO 9660`. More may be added.
    pub file_system: Option<String>,
    /// The label of its volume, lossily.
    pub label: Option<String>,
    /// The serial number or id of its volume.
    pub serial: Option<String>,
    /// Why it could not be looked into.
    pub error: Option<String>,
}

/// A file system over the whole disk.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct VolumeContentJson {
    /// The file system, under the names of `partitions[].file_system`.
    pub file_system: String,
    /// The volume's label, lossily.
    pub label: Option<String>,
    /// The volume's serial number or id.
    pub serial: Option<String>,
}

impl ContentsJson {
    pub(super) fn new(inspection: &Inspection, number: FileNo) -> Option<Self> {
        Some(match inspection.contents(number)? {
            Ok(contents) => contents.into(),
            Err(error) => Self { error: Some(error.reason().to_string()), ..Self::default() },
        })
    }
}

impl From<&Contents> for ContentsJson {
    fn from(contents: &Contents) -> Self {
        Self {
            table: contents.table.map(crate::analysis::contents::TableKind::name),
            partitions: contents.partitions.iter().map(PartitionJson::from).collect(),
            left_out_count: contents.left_out,
            volume: contents.volume.as_ref().map(VolumeContentJson::from),
            blank: contents.is_blank,
            remarks: contents.remarks.clone(),
            error: None,
        }
    }
}

impl From<&Partition> for PartitionJson {
    fn from(partition: &Partition) -> Self {
        let found = partition.file_system.as_ref();
        Self {
            number: partition.number,
            start_offset: partition.start.0,
            length_bytes: partition.len.0,
            partition_type: partition.type_name.as_deref().map(str::to_owned),
            type_id: partition.type_id.clone(),
            name: partition.name.clone(),
            file_system: found.map(|found| found.name.to_string()),
            label: found.and_then(|found| found.label.clone()),
            serial: found.and_then(|found| found.serial.clone()),
            error: partition.problem.clone(),
        }
    }
}

impl From<&FileSystem> for VolumeContentJson {
    fn from(found: &FileSystem) -> Self {
        Self { file_system: found.name.to_string(), label: found.label.clone(), serial: found.serial.clone() }
    }
}
