//! Files, volumes and what could not be read, as a bundle holds them.

use std::time::SystemTime;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::estate::{FoundFile, Link, OriginNo, Unreadable, VhdSet, Volume};
use crate::image::{BlockCounts, FileKind, KindBy};
use crate::source::{FileId, FileStamp};
use crate::units::ByteLen;

use super::configuration::ConfigurationLine;
use super::disk::DiskLine;
use super::text::{ErrorLine, Text};
use super::words;

/// A file, with everything that linking and judging need to know of it.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct FileLine {
    /// The path as found.
    pub path: Text,
    /// Further paths that lead to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub other_paths: Vec<Text>,
    /// Whether the user named it to be reported.
    pub named: bool,
    /// What it is.
    #[serde(with = "words")]
    #[schemars(with = "String")]
    pub kind: FileKind,
    /// How that is known: `content` or `name`.
    #[serde(with = "words")]
    #[schemars(with = "String")]
    pub kind_by: KindBy,
    /// The system's numbers of its volume and of the file on it.
    #[serde(default)]
    pub id: Option<NumbersLine>,
    /// Length in bytes; `null` for a file that could not be opened.
    #[serde(default)]
    pub file_size_bytes: Option<u64>,
    /// Bytes that it takes on its volume.
    #[serde(default)]
    pub allocated_bytes: Option<u64>,
    /// When it was last written to.
    #[serde(default)]
    #[schemars(with = "Option<String>")]
    pub modified: Option<Timestamp>,
    /// Why it is not readable.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<ErrorLine>,
    /// Whether it changed while it was read.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub changed_while_read: bool,
    /// The virtual disk.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk: Option<Box<DiskLine>>,
    /// Number of payload blocks in each state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks: Option<BlocksLine>,
    /// Why the blocks could not be counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocks_error: Option<ErrorLine>,
    /// What a configuration says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub configuration: Option<Box<ConfigurationLine>>,
    /// A VHD set's: the name of the disk behind it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backing_name: Option<Text>,
}

/// The system's numbers of a file.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub struct NumbersLine {
    /// Of its volume: on Windows the same from every host, elsewhere a host's own.
    pub volume: u64,
    /// Of the file on it.
    pub file: u64,
}

/// Number of payload blocks in each state.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, JsonSchema)]
pub struct BlocksLine {
    not_present: u64,
    undefined: u64,
    zero: u64,
    unmapped: u64,
    reserved_4: u64,
    reserved_5: u64,
    fully_present: u64,
    partially_present: u64,
}

/// A path that could not be read.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct UnreadableLine {
    /// The path.
    pub path: Text,
    /// Why.
    pub error: ErrorLine,
}

/// A symbolic link that was not followed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct LinkLine {
    /// The path of the link.
    pub path: Text,
    /// Where it leads, as it says itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Text>,
}

/// A volume on which named paths lie.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
pub struct VolumeLine {
    /// The system's number of it.
    pub id: String,
    /// Where it is mounted.
    #[serde(default)]
    pub mount_path: Option<Text>,
    /// Kind of file system.
    #[serde(default)]
    pub file_system: Option<String>,
    /// Bytes of it.
    pub total_bytes: u64,
    /// Bytes that are free.
    pub free_bytes: u64,
}

impl From<&FoundFile> for FileLine {
    fn from(file: &FoundFile) -> Self {
        let stamp = file.stamp;
        let blocks = file.blocks.as_deref();
        Self {
            path: Text::of_path(&file.path),
            other_paths: file.other_paths.iter().map(|path| Text::of_path(path)).collect(),
            named: file.named,
            kind: file.kind,
            kind_by: file.kind_by,
            id: file.id.map(|id| NumbersLine { volume: id.device(), file: id.file() }),
            file_size_bytes: stamp.map(|stamp| stamp.size.0),
            allocated_bytes: stamp.and_then(|stamp| Some(stamp.allocated?.0)),
            modified: stamp.and_then(|stamp| Timestamp::try_from(stamp.modified?).ok()),
            error: file.error.as_ref().map(ErrorLine::from),
            changed_while_read: file.changed_while_read,
            disk: file.disk.as_deref().map(|disk| Box::new(DiskLine::from(disk))),
            blocks: blocks.and_then(|counted| counted.as_ref().ok()).map(BlocksLine::from),
            blocks_error: blocks.and_then(|counted| counted.as_ref().err()).map(ErrorLine::from),
            configuration: file.configuration.as_deref().map(|known| Box::new(ConfigurationLine::from(known))),
            backing_name: file.vhd_set.as_ref().map(|set| Text::of_utf16(&set.backing_name)),
        }
    }
}

impl FileLine {
    /// The file; fails where a word is unknown.
    pub(super) fn into_file<E: serde::de::Error>(self, from_windows: bool) -> Result<FoundFile, E> {
        let counted = self.blocks.map(|blocks| Ok(BlockCounts::from(blocks)));
        Ok(FoundFile {
            other_paths: self.other_paths.iter().map(|path| path.to_path(from_windows)).collect(),
            named: self.named,
            kind: self.kind,
            kind_by: self.kind_by,
            id: self.id.map(|id| FileId::new(id.volume, id.file)),
            stamp: self.file_size_bytes.map(|size| FileStamp {
                size: ByteLen(size),
                allocated: self.allocated_bytes.map(ByteLen),
                modified: self.modified.and_then(|time| SystemTime::try_from(time).ok()),
            }),
            error: self.error.map(Error::from),
            changed_while_read: self.changed_while_read,
            disk: self.disk.map(|disk| disk.into_facts()).transpose()?.map(Box::new),
            blocks: counted.or(self.blocks_error.map(|error| Err(error.into()))).map(Box::new),
            configuration: self.configuration.map(|line| Box::new((*line).into())),
            vhd_set: self.backing_name.map(|name| Box::new(VhdSet { backing_name: name.to_utf16() })),
            ..FoundFile::new(self.path.to_path(from_windows))
        })
    }
}

impl From<&BlockCounts> for BlocksLine {
    fn from(counts: &BlockCounts) -> Self {
        let [not_present, undefined, zero, unmapped, reserved_4, reserved_5, fully_present, partially_present] =
            counts.by_state();
        Self { not_present, undefined, zero, unmapped, reserved_4, reserved_5, fully_present, partially_present }
    }
}

impl From<BlocksLine> for BlockCounts {
    fn from(line: BlocksLine) -> Self {
        Self::of_states([
            line.not_present,
            line.undefined,
            line.zero,
            line.unmapped,
            line.reserved_4,
            line.reserved_5,
            line.fully_present,
            line.partially_present,
        ])
    }
}

impl From<&Unreadable> for UnreadableLine {
    fn from(unreadable: &Unreadable) -> Self {
        Self { path: Text::of_path(&unreadable.path), error: ErrorLine::from(&unreadable.error) }
    }
}

impl UnreadableLine {
    pub(super) fn into_unreadable(self, from_windows: bool) -> Unreadable {
        let path = self.path.to_path(from_windows);
        Unreadable { origin: OriginNo::default(), path, error: self.error.into() }
    }
}

impl From<&Link> for LinkLine {
    fn from(link: &Link) -> Self {
        Self { path: Text::of_path(&link.path), target: link.target.as_deref().map(Text::of_path) }
    }
}

impl LinkLine {
    pub(super) fn into_link(self, from_windows: bool) -> Link {
        let path = |text: Text| text.to_path(from_windows);
        Link { origin: OriginNo::default(), path: path(self.path), target: self.target.map(path) }
    }
}

impl From<&Volume> for VolumeLine {
    fn from(volume: &Volume) -> Self {
        Self {
            id: volume.id.clone(),
            mount_path: volume.mount_path.as_deref().map(Text::of_path),
            file_system: volume.file_system.clone(),
            total_bytes: volume.total.0,
            free_bytes: volume.free.0,
        }
    }
}

impl VolumeLine {
    pub(super) fn into_volume(self, from_windows: bool) -> Volume {
        Volume {
            origin: OriginNo::default(),
            id: self.id,
            mount_path: self.mount_path.map(|path| path.to_path(from_windows)),
            file_system: self.file_system,
            total: ByteLen(self.total_bytes),
            free: ByteLen(self.free_bytes),
        }
    }
}
