//! What a guest has on a disk, as far as it helps a person to recognise it: the partition table, and of each partition
//! the file system, its label and its serial number. A few small reads through the chain; no file inside is read.

mod file_system;
mod table;
mod window;

use std::borrow::Cow;

use crate::chain::VirtualDisk;
use crate::error::Result;
use crate::units::{ByteLen, VirtualOffset};

use window::Window;

/// What is on a disk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contents {
    /// The kind of partition table; `None` on a disk without one.
    pub table: Option<TableKind>,
    /// The partitions, in the order of the table; at most [`MAX_PARTITIONS`](crate::limits::MAX_PARTITIONS).
    pub partitions: Vec<Partition>,
    /// Number of partitions over that bound.
    pub left_out: u64,
    /// The file system of a disk without partition table.
    pub volume: Option<FileSystem>,
    /// What is odd about the table, one sentence each.
    pub remarks: Vec<String>,
    /// Whether the first bytes of the disk are all zero.
    pub is_blank: bool,
}

/// A kind of partition table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TableKind {
    /// Master boot record.
    Mbr,
    /// GUID partition table.
    Gpt,
}

impl TableKind {
    /// The word in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Self::Mbr => "mbr",
            Self::Gpt => "gpt",
        }
    }

    /// The word for people.
    pub fn title(self) -> &'static str {
        match self {
            Self::Mbr => "MBR",
            Self::Gpt => "GPT",
        }
    }
}

/// A partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partition {
    /// Its number, from 1; logical partitions of an MBR from 5.
    pub number: u64,
    /// Where it starts.
    pub start: VirtualOffset,
    /// Its length.
    pub len: ByteLen,
    /// The type as the table has it: a GUID, or two hexadecimal digits.
    pub type_id: String,
    /// What the type is for, where that is known.
    pub type_name: Option<Cow<'static, str>>,
    /// The name that a GPT gives it.
    pub name: Option<String>,
    /// The file system, where one was recognised.
    pub file_system: Option<FileSystem>,
    /// Why it could not be looked into.
    pub problem: Option<String>,
}

/// A file system, or what stands in the place of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSystem {
    /// Its name: `NTFS`, `ext4`, `BitLocker`.
    pub name: Cow<'static, str>,
    /// The volume's label.
    pub label: Option<String>,
    /// The volume's serial number or id, as its system shows it.
    pub serial: Option<String>,
}

/// Looks at what is on a disk. Fails where the place of the partition table cannot be read.
pub fn read(disk: &VirtualDisk) -> Result<Contents> {
    Window::whole(disk, read_whole)
}

fn read_whole(whole: &Window<'_>) -> Result<Contents> {
    let mut contents = table::read(whole)?;
    for partition in &mut contents.partitions {
        match whole.part(partition.start, partition.len) {
            Some(_) if holds_nothing(partition) => {}
            Some(part) => match file_system::probe(&part) {
                Ok(found) => partition.file_system = found,
                Err(error) => partition.problem = Some(error.reason().to_string()),
            },
            None => partition.problem = Some("it does not lie on the disk".to_owned()),
        }
    }
    Ok(contents)
}

/// Partitions that hold others or nothing.
fn holds_nothing(partition: &Partition) -> bool {
    matches!(partition.type_name.as_deref(), Some("extended" | "reserved" | "protective"))
}
