//! What a guest has on a disk, as a bundle holds it: partition table, file systems and labels, by which a person
//! recognises a disk that nobody claims. Nothing else of what is on a disk goes into a bundle.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::analysis::contents::{Contents, FileSystem, Partition, TableKind};
use crate::error::{Error, Result};
use crate::units::{ByteLen, VirtualOffset};

use super::text::{ErrorLine, Text};
use super::words;

/// What is on a disk that was looked into.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct ContentsLine {
    /// The file of the disk.
    pub path: Text,
    /// Why it could not be looked into.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorLine>,
    /// `mbr` or `gpt`; `null` on a disk without partition table.
    #[serde(default, with = "words::option")]
    #[schemars(with = "Option<String>")]
    pub table: Option<TableKind>,
    /// The partitions, in the order of the table.
    #[serde(default)]
    pub partitions: Vec<PartitionLine>,
    /// Number of partitions that are not listed.
    #[serde(default)]
    pub left_out_count: u64,
    /// The file system of a disk without partition table.
    #[serde(default)]
    pub volume: Option<FileSystemLine>,
    /// What is odd about the table.
    #[serde(default)]
    pub remarks: Vec<String>,
    /// Whether the first bytes of the disk are all zero.
    #[serde(default)]
    pub blank: bool,
}

/// A partition.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct PartitionLine {
    /// Its number, from 1.
    pub number: u64,
    /// Where it starts on the virtual disk.
    pub start_offset: u64,
    /// Its length.
    pub length_bytes: u64,
    /// The type as the table has it.
    pub type_id: String,
    /// What the type is for.
    #[serde(rename = "type", default)]
    pub type_name: Option<String>,
    /// The name that a GPT gives it.
    #[serde(default)]
    pub name: Option<String>,
    /// The file system.
    #[serde(default)]
    pub file_system: Option<FileSystemLine>,
    /// Why it could not be looked into.
    #[serde(default)]
    pub problem: Option<String>,
}

/// A file system.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FileSystemLine {
    /// Its name.
    pub name: String,
    /// The volume's label.
    #[serde(default)]
    pub label: Option<String>,
    /// The volume's serial number or id.
    #[serde(default)]
    pub serial: Option<String>,
}

impl ContentsLine {
    pub(super) fn new(path: Text, contents: &Result<Contents>) -> Self {
        let known = contents.as_ref().ok();
        Self {
            path,
            error: contents.as_ref().err().map(ErrorLine::from),
            table: known.and_then(|known| known.table),
            partitions: known
                .map(|known| known.partitions.iter().map(PartitionLine::from).collect())
                .unwrap_or_default(),
            left_out_count: known.map_or(0, |known| known.left_out),
            volume: known.and_then(|known| known.volume.as_ref()).map(FileSystemLine::from),
            remarks: known.map(|known| known.remarks.clone()).unwrap_or_default(),
            blank: known.is_some_and(|known| known.is_blank),
        }
    }

    pub(super) fn into_contents(self) -> Result<Contents> {
        match self.error {
            Some(error) => Err(Error::from(error)),
            None => Ok(Contents {
                table: self.table,
                partitions: self.partitions.into_iter().map(Partition::from).collect(),
                left_out: self.left_out_count,
                volume: self.volume.map(FileSystem::from),
                remarks: self.remarks,
                is_blank: self.blank,
            }),
        }
    }
}

impl From<&Partition> for PartitionLine {
    fn from(partition: &Partition) -> Self {
        Self {
            number: partition.number,
            start_offset: partition.start.0,
            length_bytes: partition.len.0,
            type_id: partition.type_id.clone(),
            type_name: partition.type_name.as_deref().map(str::to_owned),
            name: partition.name.clone(),
            file_system: partition.file_system.as_ref().map(FileSystemLine::from),
            problem: partition.problem.clone(),
        }
    }
}

impl From<PartitionLine> for Partition {
    fn from(line: PartitionLine) -> Self {
        Self {
            number: line.number,
            start: VirtualOffset(line.start_offset),
            len: ByteLen(line.length_bytes),
            type_id: line.type_id,
            type_name: line.type_name.map(Into::into),
            name: line.name,
            file_system: line.file_system.map(FileSystem::from),
            problem: line.problem,
        }
    }
}

impl From<&FileSystem> for FileSystemLine {
    fn from(found: &FileSystem) -> Self {
        Self { name: found.name.to_string(), label: found.label.clone(), serial: found.serial.clone() }
    }
}

impl From<FileSystemLine> for FileSystem {
    fn from(line: FileSystemLine) -> Self {
        Self { name: line.name.into(), label: line.label, serial: line.serial }
    }
}
