//! What a walk found: one entry a file, however many names lead to it.

use std::path::PathBuf;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::image::{BlockCounts, FileKind, Image, KindBy};
use crate::source::{FileId, FileStamp, ReadAt};
use crate::vm::Configuration;

use super::VhdSet;

/// Everything that lies under the named paths.
#[derive(Debug, Default)]
pub struct Inventory {
    /// The files, sorted by path.
    pub files: Vec<FoundFile>,
    /// Folders that could not be read, and named paths that are not there, sorted by path.
    pub unreadable: Vec<Unreadable>,
}

/// A path that could not be read at all.
#[derive(Debug)]
pub struct Unreadable {
    /// The path.
    pub path: PathBuf,
    /// Why.
    pub error: Error,
}

/// One file.
#[derive(Debug)]
pub struct FoundFile {
    /// The path, starting as the user named it.
    pub path: PathBuf,
    /// Further paths that lead to the same file (hard links, bind mounts, overlapping arguments).
    pub other_paths: Vec<PathBuf>,
    /// Whether the file lies below a path that the user named to be reported, rather than only to find parents in.
    pub named: bool,
    /// What the file is.
    pub kind: FileKind,
    /// How that is known.
    pub kind_by: KindBy,
    /// Length, allocated bytes and time of the last write when it was opened; `None` where it could not be opened.
    pub stamp: Option<FileStamp>,
    /// What makes it one file whatever names lead to it; `None` where it could not be opened, or the system has no such
    /// numbers.
    pub id: Option<FileId>,
    /// The image, for a disk that could be opened.
    pub image: Option<Arc<Image>>,
    /// The bytes of a file that is called a disk and has no signature of one.
    pub unrecognised: Option<Arc<dyn ReadAt>>,
    /// Number of blocks in each state, where they were counted.
    pub blocks: Option<Result<BlockCounts>>,
    /// What a configuration, or the run-time state beside one, says.
    pub configuration: Option<Box<Configuration>>,
    /// What a VHD set says.
    pub vhd_set: Option<VhdSet>,
    /// Why the file cannot be read: the first of the reasons.
    pub error: Option<Error>,
    /// Whether the file changed while it was read.
    pub changed_while_read: bool,
}

impl FoundFile {
    /// Whether the file is a virtual disk, or calls itself one.
    pub fn is_image(&self) -> bool {
        self.kind.is_image()
    }

    /// Whether everything that was wanted of the file could be read.
    pub fn is_readable(&self) -> bool {
        self.error.is_none()
    }
}
