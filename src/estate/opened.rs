//! How a file is opened for reading.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::source::{FileId, FileSource, FileStamp, MapSource, ReadAt};

/// How bytes are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Io {
    /// Positioned reads.
    #[default]
    Read,
    /// A memory map, for local copies that nobody changes.
    Map,
}

/// How many bytes are asked for at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reads {
    /// As suits the storage: the first files are read in small reads, and how long these take decides for all others.
    #[default]
    Auto,
    /// Few long reads, where each waits for a network or a disk.
    Few,
    /// Small reads, each of no more than is wanted.
    Small,
}

/// How a file was opened, to open it in the same way again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OpenedAs {
    /// How bytes are read.
    pub io: Io,
    /// Whether a dirty log is left alone.
    pub as_on_disk: bool,
}

impl OpenedAs {
    /// A file that is opened again only when something is read from it. `None` where a map is to be made of it.
    pub(super) fn when_read(self, path: &Path, stamp: FileStamp, id: Option<FileId>) -> Option<Arc<dyn ReadAt>> {
        (self.io == Io::Read).then(|| Arc::new(FileSource::known(path, stamp, id)) as Arc<dyn ReadAt>)
    }

    /// Opens a file again; refused when another took its place meanwhile.
    pub(super) fn again(self, path: &Path, id: Option<FileId>) -> Result<Opened> {
        let opened = Opened::open(path, self.io)?;
        if opened.file().id() != id {
            let what = "another file has taken its place since it was first opened";
            return Err(Error::refused("", None, what).with_path(path));
        }
        Ok(opened)
    }
}

/// An opened file under either way of reading.
#[derive(Clone)]
pub(super) enum Opened {
    Read(Arc<FileSource>),
    Map(Arc<MapSource>),
}

impl Opened {
    pub(super) fn open(path: &Path, io: Io) -> Result<Self> {
        Ok(match io {
            // An empty file cannot be mapped; it needs no map either.
            Io::Map if std::fs::metadata(path).is_ok_and(|metadata| metadata.len() > 0) => {
                Self::Map(Arc::new(MapSource::open_immutable(path)?))
            }
            _ => Self::Read(Arc::new(FileSource::open(path)?)),
        })
    }

    pub(super) fn file(&self) -> &FileSource {
        match self {
            Self::Read(source) => source,
            Self::Map(source) => source.file(),
        }
    }

    pub(super) fn source(&self) -> &dyn ReadAt {
        match self {
            Self::Read(source) => source,
            Self::Map(source) => source,
        }
    }

    pub(super) fn shared(&self) -> Arc<dyn ReadAt> {
        match self {
            Self::Read(source) => Arc::<FileSource>::clone(source),
            Self::Map(source) => Arc::<MapSource>::clone(source),
        }
    }
}

impl fmt::Debug for Opened {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.source().fmt(f)
    }
}
