//! What a check says: the place, what was found there, and what else has to do with it.

use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::estate::{FoundFile, OriginNo};
use crate::units::{ByteLen, FileOffset, FileRange, VirtualOffset};

use super::severity::Severity;

/// One thing that is wrong, or worth knowing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The stable code, as `VHDX0405`.
    pub code: &'static str,
    /// The name of the bad pattern, as `blocks-beyond-end`.
    pub name: &'static str,
    /// How much it says about the data.
    pub severity: Severity,
    /// Where the file comes from.
    pub origin: OriginNo,
    /// The file it was found in.
    pub path: PathBuf,
    /// The structure, under the specification's name.
    pub structure: Cow<'static, str>,
    /// Where in the file; `None` where it concerns the file as a whole.
    pub offset: Option<FileOffset>,
    /// Bytes from there on that it concerns.
    pub length: ByteLen,
    /// The first byte of the virtual disk that it concerns, where it does.
    pub virtual_offset: Option<VirtualOffset>,
    /// One sentence, without a full stop.
    pub message: String,
    /// What was found and what was expected, by names that end in their unit (`_offset`, `_bytes`, `_count`).
    pub evidence: Vec<(Cow<'static, str>, Evidence)>,
    /// Other places that have to do with it.
    pub related: Vec<Related>,
    /// The bytes at the place.
    pub excerpt: Option<Excerpt>,
}

/// One piece of evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Evidence {
    /// A text.
    Text(String),
    /// A number, of the unit that its name ends in.
    Number(u64),
    /// Several texts.
    List(Vec<String>),
}

/// Another place that has to do with a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Related {
    /// Where the file comes from; `None` where it is the file of the finding.
    pub origin: Option<OriginNo>,
    /// The file.
    pub path: PathBuf,
    /// Where in it, if anywhere in particular.
    pub offset: Option<FileOffset>,
    /// What it has to do with the finding.
    pub note: String,
}

/// Bytes of the file around the place of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excerpt {
    /// Where the bytes start: a multiple of 16.
    pub offset: FileOffset,
    /// The bytes, as of the replay where the log was replayed.
    pub bytes: Vec<u8>,
}

impl Finding {
    /// A finding about a structure; file, place and evidence follow.
    pub(super) fn new(
        (code, name, severity): (&'static str, &'static str, Severity),
        structure: impl Into<Cow<'static, str>>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code,
            name,
            severity,
            origin: OriginNo::default(),
            path: PathBuf::new(),
            structure: structure.into(),
            offset: None,
            length: ByteLen::ZERO,
            virtual_offset: None,
            message: message.into(),
            evidence: Vec::new(),
            related: Vec::new(),
            excerpt: None,
        }
    }

    /// Sets the place in the file.
    pub(super) fn at(mut self, offset: FileOffset, length: ByteLen) -> Self {
        self.offset = Some(offset);
        self.length = length;
        self
    }

    /// Sets the place in the file.
    pub(super) fn in_range(self, range: FileRange) -> Self {
        self.at(range.start, range.len)
    }

    /// Sets the place on the virtual disk.
    pub(super) fn on_disk(mut self, offset: VirtualOffset) -> Self {
        self.virtual_offset = Some(offset);
        self
    }

    /// Another severity than the check's.
    pub(super) fn severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// Adds a piece of evidence.
    pub(super) fn with(mut self, name: &'static str, value: impl Into<Evidence>) -> Self {
        self.evidence.push((name.into(), value.into()));
        self
    }

    /// Adds a piece of evidence, if there is one.
    pub(super) fn with_some(self, name: &'static str, value: Option<impl Into<Evidence>>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Adds another place in the same file.
    pub(super) fn see(mut self, path: &Path, offset: Option<FileOffset>, note: impl Into<String>) -> Self {
        self.related.push(Related { origin: None, path: path.to_owned(), offset, note: note.into() });
        self
    }

    /// Adds a place in another file.
    pub(super) fn see_file(mut self, file: &FoundFile, offset: Option<FileOffset>, note: impl Into<String>) -> Self {
        let (origin, path) = (Some(file.origin), file.path.clone());
        self.related.push(Related { origin, path, offset, note: note.into() });
        self
    }
}

impl From<u64> for Evidence {
    fn from(number: u64) -> Self {
        Self::Number(number)
    }
}

impl From<usize> for Evidence {
    fn from(number: usize) -> Self {
        Self::Number(ByteLen::from(number).0)
    }
}

impl From<u32> for Evidence {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

impl From<ByteLen> for Evidence {
    fn from(len: ByteLen) -> Self {
        Self::Number(len.0)
    }
}

impl From<FileOffset> for Evidence {
    fn from(offset: FileOffset) -> Self {
        Self::Number(offset.0)
    }
}

impl From<VirtualOffset> for Evidence {
    fn from(offset: VirtualOffset) -> Self {
        Self::Number(offset.0)
    }
}

impl From<&str> for Evidence {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Evidence {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Uuid> for Evidence {
    fn from(guid: Uuid) -> Self {
        Self::Text(guid.to_string())
    }
}

impl From<Vec<String>> for Evidence {
    fn from(texts: Vec<String>) -> Self {
        Self::List(texts)
    }
}

impl fmt::Display for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
            Self::List(texts) => f.write_str(&texts.join("; ")),
        }
    }
}
