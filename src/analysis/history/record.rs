//! What one run leaves in the history: plain values, as they are stored and as they are read back.
//!
//! What a file does not hold is `None`, as everywhere. Files, chains and machines name each other by their places in
//! the lists of their run.

use jiff::Timestamp;
use uuid::Uuid;

use crate::units::{ByteLen, VirtualOffset};

use super::path_text::PathText;

/// The number of a run: runs count in the order in which they were recorded, whatever their clocks said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RunNo(pub i64);

/// What is known of a run beside what it found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunHead {
    /// The moment that the run stands for.
    pub as_of: Timestamp,
    /// When it started, by the computer's clock; the same as `as_of` unless another moment was asked for.
    pub started: Timestamp,
    /// When it was recorded, by the computer's clock.
    pub recorded: Timestamp,
    /// Name of the computer.
    pub host: Option<String>,
    /// Version of the program.
    pub version: String,
    /// How folders were walked (`--max-depth`, `--exclude`, `--follow-links`), empty for whole folders. Runs that were
    /// walked in another way tell nothing of what is gone.
    pub walk: String,
    /// Whether the run was broken off.
    pub interrupted: bool,
    /// Number of files that were met.
    pub files_seen: u64,
    /// How many of them could be read.
    pub files_read: u64,
}

impl RunHead {
    /// Whether its moment lies before that of the run that was recorded before it, for the clock was set back or an
    /// earlier moment was asked for. Of two runs at once the one that starts first may be recorded last; that is none.
    pub fn steps_back(&self, before: &Self) -> bool {
        let at_once = self.started == self.as_of
            && (self.started..=self.recorded).contains(&before.as_of)
            && before.recorded <= self.recorded;
        self.as_of < before.as_of && !at_once
    }
}

/// Everything of one run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunRecord {
    /// The run itself.
    pub head: RunHead,
    /// What was named, as absolute paths.
    pub roots: Vec<PathText>,
    /// What could not be read, with the reasons.
    pub unreadable: Vec<(PathText, String)>,
    /// The volumes on which the files lie.
    pub volumes: Vec<VolumeRecord>,
    /// The files, in the order of their paths.
    pub files: Vec<FileRecord>,
    /// One chain a leaf.
    pub chains: Vec<ChainRecord>,
    /// Configurations of machines and checkpoints.
    pub machines: Vec<MachineRecord>,
    /// What became of the content of disks that are no longer there.
    pub arrivals: Vec<Arrival>,
}

/// A volume.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeRecord {
    /// The system's number of the device, as text.
    pub id: String,
    /// Where it is mounted.
    pub mount_path: Option<PathText>,
    /// Kind of file system.
    pub file_system: Option<String>,
    /// Bytes of the volume.
    pub total: ByteLen,
    /// Bytes that are free.
    pub free: ByteLen,
}

/// A file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileRecord {
    /// The absolute path.
    pub path: PathText,
    /// What it is, by the word of reports.
    pub kind: String,
    /// Whether all that was wanted of it could be read.
    pub readable: bool,
    /// The volume it lies on, by its id.
    pub volume: Option<String>,
    /// Its number on that volume.
    pub file_id: Option<u64>,
    /// Its length in bytes.
    pub size: Option<ByteLen>,
    /// Bytes that it takes on its volume.
    pub allocated: Option<ByteLen>,
    /// When it was last written to.
    pub modified: Option<Timestamp>,
    /// The verdict on it: class and confidence.
    pub verdict: Option<(String, String)>,
    /// What is known of a disk.
    pub disk: Option<DiskRecord>,
}

/// A virtual disk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DiskRecord {
    /// `fixed`, `dynamic`, `differencing`.
    pub disk_type: Option<String>,
    /// Bytes of the virtual disk.
    pub virtual_size: Option<ByteLen>,
    /// Bytes of a block.
    pub block_size: Option<ByteLen>,
    /// `VirtualDiskId`: the same along a chain.
    pub virtual_disk_id: Option<Uuid>,
    /// `DataWriteGuid`: new whenever the content may change.
    pub data_write_guid: Option<Uuid>,
    /// `FileWriteGuid`: new whenever the file may change.
    pub file_write_guid: Option<Uuid>,
    /// The unique id of a VHD.
    pub unique_id: Option<Uuid>,
    /// Number of blocks that are wholly in the file.
    pub full_blocks: Option<u64>,
    /// Number of blocks that are in the file in part.
    pub partial_blocks: Option<u64>,
    /// Number of blocks that are zeros by their state: zero, unmapped, undefined. They hide what the parent has.
    pub zero_blocks: Option<u64>,
    /// Number of blocks.
    pub total_blocks: Option<u64>,
    /// The file of its parent, by its place in the list of files.
    pub parent: Option<usize>,
    /// Whether the parent was found, by the word of reports.
    pub parent_status: Option<String>,
    /// The identity by which it knows its parent.
    pub parent_expected: Option<Uuid>,
    /// A few pieces of its own content, to tell later whether it arrived in the parent.
    pub samples: Vec<Sample>,
}

/// A piece of a disk's own content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// Where it lies on the virtual disk.
    pub offset: VirtualOffset,
    /// Number of bytes.
    pub length: ByteLen,
    /// The first 16 bytes of its BLAKE3 hash, as hexadecimal digits.
    pub hash: String,
}

/// What the samples of a disk that is gone show in the file that was below it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// The path of the disk that is gone.
    pub path: PathText,
    /// The file that was below it and is still there, by its place in the list of files.
    pub into: usize,
    /// Number of samples that could be compared.
    pub compared: u64,
    /// How many of them the file holds now.
    pub arrived: u64,
    /// How many of the others lie where the file has nothing at all: a merge would have put something there. `None` in
    /// histories that did not look.
    pub absent: Option<u64>,
}

/// A leaf with all that it depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainRecord {
    /// The files, leaf first, by their places in the list of files.
    pub files: Vec<usize>,
    /// `complete`, `broken`, `unreadable`.
    pub status: String,
    /// Bytes by which the base grows at most when everything above it is merged into it; `None` where that cannot be
    /// told, and for a chain of one file.
    pub merge_growth: Option<ByteLen>,
    /// The machine that uses the leaf, by its place in the list of machines.
    pub owner: Option<usize>,
}

/// A configuration of a machine or checkpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MachineRecord {
    /// The configuration's own id.
    pub id: Option<Uuid>,
    /// The machine it is about.
    pub machine_id: Option<Uuid>,
    /// Its name, lossily.
    pub name: Option<String>,
    /// `machine`, `checkpoint` and so on, by the word of reports.
    pub kind: String,
    /// Where the configuration lies.
    pub config_path: PathText,
    /// When the machine or checkpoint was made.
    pub created: Option<Timestamp>,
    /// The disks that it attaches.
    pub disks: Vec<AttachmentRecord>,
}

/// A disk that a configuration attaches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AttachmentRecord {
    /// The controller and the place on it: `scsi 0:1`.
    pub slot: String,
    /// The path as recorded.
    pub recorded: String,
    /// The file, where it was found, by its place in the list of files.
    pub file: Option<usize>,
}

impl DiskRecord {
    /// What a child names this file by.
    pub fn identity(&self) -> Option<Uuid> {
        self.data_write_guid.or(self.unique_id).filter(|id| !id.is_nil())
    }

    /// What stays the same while the content changes: the virtual disk's id, a VHD's unique id.
    pub fn family(&self) -> Option<Uuid> {
        self.virtual_disk_id.or(self.unique_id).filter(|id| !id.is_nil())
    }

    /// Whether it has, or should have, a parent.
    pub fn is_differencing(&self) -> bool {
        self.disk_type.as_deref() == Some("differencing")
    }

    /// Number of blocks that are in the file, wholly or in part.
    pub fn present_blocks(&self) -> Option<u64> {
        Some(self.full_blocks?.saturating_add(self.partial_blocks?))
    }

    /// Whether it says nothing of its own about any block; false also where blocks were not counted.
    pub fn is_empty(&self) -> bool {
        self.present_blocks() == Some(0) && self.zero_blocks == Some(0)
    }

    /// Bytes by which the file can still grow until every block is in it.
    pub fn room(&self) -> Option<ByteLen> {
        let missing = self.total_blocks?.saturating_sub(self.present_blocks()?);
        Some(ByteLen(missing.saturating_mul(self.block_size?.0)))
    }
}

impl FileRecord {
    /// Whether the file is a virtual disk, or calls itself one.
    pub fn is_image(&self) -> bool {
        matches!(self.kind.as_str(), "vhdx" | "vhd")
    }
}

impl MachineRecord {
    /// What the machine is known by from run to run: its id, or else the path of its configuration.
    pub fn key(&self) -> String {
        self.machine_id.or(self.id).map_or_else(|| self.config_path.text.clone(), |id| id.to_string())
    }

    /// Whether it is a machine's own configuration: no checkpoint, no copy.
    pub fn is_machine(&self) -> bool {
        matches!(self.kind.as_str(), "machine" | "planned" | "unknown")
    }
}
