//! Opening a file for reading, and opening it once more when it was closed meanwhile.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use crate::error::{Error, Result};
use crate::image::vhdx::Depth;
use crate::image::{Image, OpenOptions};
use crate::source::{FileSource, MapSource, ReadAt};

use super::FoundFile;

/// How bytes are read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Io {
    /// Positioned reads.
    #[default]
    Read,
    /// A memory map, for local copies that nobody changes.
    Map,
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
    /// The disk in a file, of which no more is read than a view of its content takes.
    pub(super) fn image(self, file: &FoundFile) -> Result<Arc<Image>> {
        let options = OpenOptions { depth: Depth::Open, as_on_disk: self.as_on_disk };
        Image::open(self.source(file)?, file.kind, options).map(Arc::new)
    }

    /// The bytes of a file; refused when another took its place meanwhile.
    pub(super) fn source(self, file: &FoundFile) -> Result<Arc<dyn ReadAt>> {
        let opened = Opened::open(&file.path, self.io)?;
        if opened.file().id() != file.id {
            let what = "another file has taken its place since it was first opened";
            return Err(Error::refused("", None, what).with_path(&file.path));
        }
        Ok(opened.shared())
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
