//! What the operating system says a file is kept as: some of it keeps Hyper-V from opening a disk.

use std::path::Path;

/// How a file is kept. `None` where the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FileAttributes {
    /// Whether it must not be written to.
    pub read_only: Option<bool>,
    /// Whether it is sparse.
    pub sparse: Option<bool>,
    /// Whether the file system compresses it.
    pub compressed: Option<bool>,
    /// Whether the file system encrypts it.
    pub encrypted: Option<bool>,
    /// Whether the file system keeps checksums of its content (integrity streams).
    pub integrity: Option<bool>,
    /// How many names it has (hard links).
    pub names: Option<u64>,
}

impl FileAttributes {
    /// Asks the system; the file is not opened.
    pub fn of(path: &Path) -> Self {
        std::fs::metadata(path).map(|metadata| from(&metadata)).unwrap_or_default()
    }
}

#[cfg(windows)]
fn from(metadata: &std::fs::Metadata) -> FileAttributes {
    use std::os::windows::fs::MetadataExt;
    // FILE_ATTRIBUTE_…, as the Windows SDK numbers them.
    let has = |bit: u32| Some(metadata.file_attributes() & bit != 0);
    FileAttributes {
        read_only: has(0x1),
        sparse: has(0x200),
        compressed: has(0x800),
        encrypted: has(0x4000),
        integrity: has(0x8000),
        // Windows tells that only of an open file.
        names: None,
    }
}

/// The attributes of Windows do not show here, whatever file system it is.
#[cfg(not(windows))]
fn from(metadata: &std::fs::Metadata) -> FileAttributes {
    FileAttributes {
        read_only: Some(metadata.permissions().readonly()),
        names: names(metadata),
        ..FileAttributes::default()
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems do not tell")]
pub(super) fn names(metadata: &std::fs::Metadata) -> Option<u64> {
    Some(std::os::unix::fs::MetadataExt::nlink(metadata))
}

#[cfg(not(any(unix, windows)))]
pub(super) fn names(_metadata: &std::fs::Metadata) -> Option<u64> {
    None
}
