//! What judging needs to know of a file: facts alone, so that they can come from a walk or from elsewhere.

use std::path::PathBuf;

use jiff::Timestamp;
use uuid::Uuid;

use crate::image::{DiskType, FileKind, Image, KindBy};
use crate::units::ByteLen;

use super::FoundFile;

/// The facts about one file.
#[derive(Clone, Debug, PartialEq)]
pub struct FileFacts {
    /// The path, as it was found.
    pub path: PathBuf,
    /// What it is.
    pub kind: FileKind,
    /// How that is known.
    pub kind_by: KindBy,
    /// Its length; `None` where it could not be opened.
    pub size: Option<ByteLen>,
    /// Bytes that it takes on its volume.
    pub allocated: Option<ByteLen>,
    /// When it was last written to.
    pub modified: Option<Timestamp>,
    /// Whether everything that was wanted of it could be read.
    pub readable: bool,
    /// What a child would name it by.
    pub identity: Option<Uuid>,
    /// What the guest sees as the disk's identity.
    pub virtual_disk_id: Option<Uuid>,
    /// Whether it has, or should have, a parent.
    pub differencing: bool,
    /// Number of blocks that are in the file, where they were counted.
    pub present_blocks: Option<u64>,
    /// A VHD set's: the name of the disk behind it.
    pub backing_name: Option<String>,
    /// Run-time state's: whether it holds a machine's memory.
    pub holds_memory: bool,
}

impl FileFacts {
    /// A file of which nothing but its path and kind is known.
    pub fn new(path: impl Into<PathBuf>, kind: FileKind) -> Self {
        Self {
            path: path.into(),
            kind,
            kind_by: KindBy::Content,
            size: Some(ByteLen::ZERO),
            allocated: None,
            modified: None,
            readable: true,
            identity: None,
            virtual_disk_id: None,
            differencing: false,
            present_blocks: None,
            backing_name: None,
            holds_memory: false,
        }
    }

    /// Bytes that would come free with the file: those that it takes, or its length where the system does not tell.
    pub fn at_stake(&self) -> Option<ByteLen> {
        self.allocated.or(self.size)
    }
}

impl From<&FoundFile> for FileFacts {
    fn from(file: &FoundFile) -> Self {
        let image = file.image.as_deref();
        Self {
            kind_by: file.kind_by,
            size: file.stamp.map(|stamp| stamp.size),
            allocated: file.stamp.and_then(|stamp| stamp.allocated),
            modified: file.stamp.and_then(|stamp| Timestamp::try_from(stamp.modified?).ok()),
            readable: file.is_readable(),
            identity: image.and_then(Image::identity),
            virtual_disk_id: image.and_then(Image::virtual_disk_id),
            differencing: image.and_then(Image::disk_type) == Some(DiskType::Differencing),
            present_blocks: file.blocks.as_ref().and_then(|counts| Some(counts.as_ref().ok()?.present())),
            backing_name: file.vhd_set.as_ref().map(|set| set.backing_name.lossy()),
            holds_memory: file
                .configuration
                .as_ref()
                .and_then(|configuration| configuration.saved_state.as_ref())
                .is_some_and(crate::vm::SavedState::holds_memory),
            ..Self::new(&file.path, file.kind)
        }
    }
}
