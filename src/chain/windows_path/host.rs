//! From a recorded path to a path of this system, by text alone.

use std::error::Error;
use std::fmt;
use std::path::{Path, PathBuf};

/// Where a recorded path leads on this system: a folder, and the names to follow from it.
///
/// The names keep the spelling of the record. Where the file system tells upper from lower case, look each of them up
/// in a listing of the folder so far ([`super::to_upper`]); [`path`](Self::path) is the path if the spelling is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostPath {
    start: PathBuf,
    names: Vec<String>,
}

/// Why a recorded path cannot be used here. Whoever prints it adds the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnusablePath {
    /// This component is no file name on Windows, and might mean something else to this system.
    BadName(String),
}

impl HostPath {
    pub(super) fn new(start: PathBuf, names: Vec<String>) -> Self {
        Self { start, names }
    }

    /// The folder the names start from.
    pub fn start(&self) -> &Path {
        &self.start
    }

    /// The names to follow from [`start`](Self::start), never `.` or `..`.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The whole path with the names as recorded.
    pub fn path(&self) -> PathBuf {
        self.names.iter().fold(self.start.clone(), |path, name| path.join(name))
    }
}

/// The name as an owned string, if it is one component and nothing else on every system.
///
/// A `:` starts a stream on NTFS, and a drive to `PathBuf::join` on Windows, which would throw away the folder.
pub fn usable_name(name: &str) -> Result<String, UnusablePath> {
    checked_name(name).map(str::to_owned)
}

pub(super) fn checked_name(name: &str) -> Result<&str, UnusablePath> {
    let bad = name.bytes().any(|byte| matches!(byte, b':' | b'\0' | b'/' | b'\\'))
        || name.trim_matches(['.', ' ']).is_empty();
    if bad { Err(UnusablePath::BadName(name.to_owned())) } else { Ok(name) }
}

impl fmt::Display for UnusablePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BadName(name) => write!(f, "{name:?} is not a file name"),
        }
    }
}

impl Error for UnusablePath {}
