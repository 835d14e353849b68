//! The one error type: what went wrong, in which structure, at which byte of which file.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::units::{ByteLen, FileOffset};

/// The result of everything fallible here.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// What went wrong, in which structure, at which absolute offset of which file.
///
/// One word wide, so that a `Result` travels in registers.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    structure: Cow<'static, str>,
    offset: Option<FileOffset>,
    path: Option<PathBuf>,
}

/// What kind of thing went wrong.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system refused or failed a read.
    Io(Arc<io::Error>),
    /// The file ends before the bytes that a structure needs.
    Truncated {
        /// Bytes the structure needs from its offset on.
        needed: ByteLen,
        /// Bytes the file has from that offset on.
        available: ByteLen,
    },
    /// The bytes break a rule of the format.
    Malformed(String),
    /// The bytes may be right, but ask for something this program does not know and must not guess.
    Unsupported(String),
    /// The file asks for more than a bound in [`crate::limits`] allows.
    Limit {
        /// Name of the bound.
        name: &'static str,
        /// Its value.
        limit: u64,
        /// What the file asked for.
        found: u64,
    },
    /// The program declines: going on would give an answer that might be wrong.
    Refused(String),
    /// Another run met it and wrote it down.
    Recorded(String),
}

impl Error {
    #[cold]
    fn new(kind: ErrorKind, structure: &'static str, offset: Option<FileOffset>) -> Self {
        Self(Box::new(Inner { kind, structure: Cow::Borrowed(structure), offset, path: None }))
    }

    /// An operating system error met while reading `structure`.
    #[cold]
    pub fn io(error: io::Error, structure: &'static str, offset: Option<FileOffset>) -> Self {
        Self::new(ErrorKind::Io(Arc::new(error)), structure, offset)
    }

    /// `structure` needs `needed` bytes at `offset`, and only `available` are there.
    #[cold]
    pub fn truncated(structure: &'static str, offset: FileOffset, needed: ByteLen, available: ByteLen) -> Self {
        Self::new(ErrorKind::Truncated { needed, available }, structure, Some(offset))
    }

    /// The bytes of `structure` at `offset` break a rule of the format.
    #[cold]
    pub fn malformed(structure: &'static str, offset: FileOffset, what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Malformed(what.into()), structure, Some(offset))
    }

    /// `structure` at `offset` asks for something unknown.
    #[cold]
    pub fn unsupported(structure: &'static str, offset: FileOffset, what: impl Into<String>) -> Self {
        Self::new(ErrorKind::Unsupported(what.into()), structure, Some(offset))
    }

    /// `structure` at `offset` asks for more than the named bound allows.
    #[cold]
    pub fn limit(structure: &'static str, offset: FileOffset, name: &'static str, limit: u64, found: u64) -> Self {
        Self::new(ErrorKind::Limit { name, limit, found }, structure, Some(offset))
    }

    /// Going on would give an answer that might be wrong.
    #[cold]
    pub fn refused(structure: &'static str, offset: Option<FileOffset>, why: impl Into<String>) -> Self {
        Self::new(ErrorKind::Refused(why.into()), structure, offset)
    }

    /// An error that another run met and wrote down: in which structure, where, [`what`](Self::what), and whether it was
    /// the operating system that failed.
    #[cold]
    pub fn recorded(structure: String, offset: Option<FileOffset>, what: String, is_io: bool) -> Self {
        let kind = match is_io {
            true => ErrorKind::Io(Arc::new(io::Error::other(what))),
            false => ErrorKind::Recorded(what),
        };
        Self(Box::new(Inner { kind, structure: Cow::Owned(structure), offset, path: None }))
    }

    /// Says which file the error is about, unless that is known already.
    #[must_use]
    pub fn with_path(mut self, path: &Path) -> Self {
        if self.0.path.is_none() {
            self.0.path = Some(path.to_owned());
        }
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The structure that was being read, under the specification's name.
    pub fn structure(&self) -> &str {
        &self.0.structure
    }

    /// The message alone, without structure, offset and path.
    pub fn what(&self) -> impl fmt::Display + '_ {
        What(&self.0.kind)
    }

    /// Absolute offset in the file, where one applies.
    pub fn offset(&self) -> Option<FileOffset> {
        self.0.offset
    }

    /// The file, where known.
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// The message without the path, for places that show the path beside it.
    pub fn reason(&self) -> impl fmt::Display + '_ {
        Reason(self)
    }
}

struct What<'a>(&'a ErrorKind);

impl fmt::Display for What<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            ErrorKind::Io(error) => write!(f, "{error}"),
            ErrorKind::Truncated { needed, available } => {
                write!(f, "needs {needed} bytes, and the file has {available} left")
            }
            ErrorKind::Malformed(what)
            | ErrorKind::Unsupported(what)
            | ErrorKind::Refused(what)
            | ErrorKind::Recorded(what) => f.write_str(what),
            ErrorKind::Limit { name, limit, found } => write!(f, "{found} is over the bound {name} of {limit}"),
        }
    }
}

struct Reason<'a>(&'a Error);

impl fmt::Display for Reason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inner = &*self.0.0;
        if !inner.structure.is_empty() {
            write!(f, "{}: ", inner.structure)?;
        }
        What(&inner.kind).fmt(f)?;
        if let Some(offset) = inner.offset {
            write!(f, " (at offset {offset})")?;
        }
        Ok(())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.0.path {
            write!(f, "{}: ", path.display())?;
        }
        Reason(self).fmt(f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.kind {
            ErrorKind::Io(error) => Some(&**error),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_one_word_and_names_file_structure_and_offset() {
        assert_eq!(size_of::<Error>(), size_of::<usize>());
        let error = Error::truncated("header 1", FileOffset(0x10000), ByteLen(4096), ByteLen(12))
            .with_path(Path::new("a.vhdx"));
        assert_eq!(
            error.to_string(),
            "a.vhdx: header 1: needs 4096 bytes, and the file has 12 left (at offset 0x10000)"
        );
    }
}
