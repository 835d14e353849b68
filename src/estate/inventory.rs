//! What a walk found: one entry a file, however many names lead to it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::chain::absolute;
use crate::error::{Error, Result};
use crate::image::{BlockCounts, DiskFacts, FileKind, Image, KindBy, Layout};
use crate::source::{FileId, FileStamp, ReadAt};
use crate::vm::Configuration;

use super::{OpenedAs, Origin, OriginNo, VhdSet};

/// Everything that lies under the named paths.
#[derive(Debug, Default)]
pub struct Inventory {
    /// Where the files come from.
    pub origins: Vec<Origin>,
    /// The files, sorted by path.
    pub files: Vec<FoundFile>,
    /// Folders that could not be read, and named paths that are not there, sorted by path.
    pub unreadable: Vec<Unreadable>,
    /// Symbolic links that were not followed, sorted by path.
    pub links: Vec<Link>,
}

impl Inventory {
    /// Where a file comes from.
    pub fn origin(&self, number: OriginNo) -> Option<&Origin> {
        self.origins.get(number.0)
    }

    /// The place that a path stands for; see [`Origin::place`].
    pub fn place(&self, origin: OriginNo, path: &Path) -> PathBuf {
        self.origin(origin).map_or_else(|| absolute(path), |origin| origin.place(path))
    }

    /// Whether the files are of more than one host, so that a path alone does not tell a file.
    pub fn has_several_hosts(&self) -> bool {
        self.origins.first().is_some_and(|first| self.origins.iter().any(|origin| !origin.is_same_host(first)))
    }

    /// A path for sentences: as it was found, after the name of its host where there are several.
    pub fn shown(&self, origin: OriginNo, path: &Path) -> String {
        match self.prefix(origin) {
            Some(host) => format!("{host}:{}", path.display()),
            None => path.display().to_string(),
        }
    }

    /// The name of a host, where there are several.
    pub fn prefix(&self, origin: OriginNo) -> Option<String> {
        self.origin(origin).filter(|_| self.has_several_hosts()).map(Origin::label)
    }
}

/// A path that could not be read at all.
#[derive(Debug)]
pub struct Unreadable {
    /// Where it comes from.
    pub origin: OriginNo,
    /// The path.
    pub path: PathBuf,
    /// Why.
    pub error: Error,
}

/// A symbolic link that was not followed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// Where it comes from.
    pub origin: OriginNo,
    /// The path of the link itself.
    pub path: PathBuf,
    /// Where it leads, as it says itself; `None` where that could not be read.
    pub target: Option<PathBuf>,
}

/// One file.
#[derive(Debug)]
pub struct FoundFile {
    /// Where it comes from.
    pub origin: OriginNo,
    /// The path, starting as the user named it.
    pub path: PathBuf,
    /// Further paths that lead to the same file (hard links, bind mounts, overlapping arguments).
    pub other_paths: Vec<PathBuf>,
    /// Paths under which other hosts see the same file.
    pub elsewhere: Vec<(OriginNo, PathBuf)>,
    /// Device and file number, where the system has them.
    pub id: Option<FileId>,
    /// Whether the file lies below a path that the user named to be reported, rather than only to find parents in.
    pub named: bool,
    /// What the file is.
    pub kind: FileKind,
    /// How that is known.
    pub kind_by: KindBy,
    /// Length, allocated bytes and time of the last write when it was opened; `None` where it could not be opened.
    pub stamp: Option<FileStamp>,
    /// What is known of the virtual disk, for a disk that could be opened.
    pub disk: Option<Box<DiskFacts>>,
    /// The image, for a disk that was opened in this run and is kept open; [`open_image`](Self::open_image) opens any
    /// other again.
    pub image: Option<Arc<Image>>,
    /// The bytes of a file that is called a disk and has no signature of one, where they are kept open.
    pub unrecognised: Option<Arc<dyn ReadAt>>,
    /// How the bytes were read; `None` for a file that was not opened in this run.
    pub opened: Option<OpenedAs>,
    /// Where the virtual disk lies in the file, where it can be read as it is: then opening it again reads no structure.
    pub layout: Option<Box<Layout>>,
    /// Number of blocks in each state, where they were counted.
    pub blocks: Option<Box<Result<BlockCounts>>>,
    /// What a configuration, or the run-time state beside one, says.
    pub configuration: Option<Box<Configuration>>,
    /// What a VHD set says.
    pub vhd_set: Option<Box<VhdSet>>,
    /// Why the file cannot be read: the first of the reasons.
    pub error: Option<Error>,
    /// Whether the file changed while it was read.
    pub changed_while_read: bool,
}

impl FoundFile {
    /// A file of which nothing but its path and what its name says is known, and which is to be reported.
    pub fn new(path: PathBuf) -> Self {
        Self {
            kind: FileKind::of_name(&path),
            path,
            origin: OriginNo::default(),
            other_paths: Vec::new(),
            elsewhere: Vec::new(),
            id: None,
            named: true,
            kind_by: KindBy::Name,
            stamp: None,
            disk: None,
            image: None,
            unrecognised: None,
            opened: None,
            layout: None,
            blocks: None,
            configuration: None,
            vhd_set: None,
            error: None,
            changed_while_read: false,
        }
    }

    /// Drops what only a report of the file itself shows.
    pub fn forget_shown(&mut self) {
        if let Some(disk) = &mut self.disk {
            disk.forget_shown();
        }
    }

    /// Closes the file: what is known of it stays.
    pub fn close(&mut self) {
        self.layout = self.image.as_deref().and_then(Image::layout).map(Box::new);
        self.image = None;
        self.unrecognised = None;
    }

    /// Whether the file is a virtual disk, or calls itself one.
    pub fn is_image(&self) -> bool {
        self.kind.is_image()
    }

    /// Whether everything that was wanted of the file could be read.
    pub fn is_readable(&self) -> bool {
        self.error.is_none()
    }
}
