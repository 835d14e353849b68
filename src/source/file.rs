//! A file read with positioned reads: opened read-only, shared with everybody, its length taken once.

use std::fmt;
use std::fs::{File, Metadata, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use crate::error::{Error, Result};
use crate::units::{ByteLen, FileOffset};

use super::open_files::Slot;
use super::{ReadAt, check_range};

/// A regular file, opened read-only.
#[derive(Debug)]
pub struct FileSource {
    slot: Arc<Slot>,
    path: PathBuf,
    stamp: FileStamp,
    id: Option<FileId>,
    /// Whether it is opened only where something is read, and then must still be in the known state.
    is_known: bool,
}

/// What says that one file is one file, whatever names lead to it: device and file number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId {
    device: u64,
    file: u64,
}

impl FileId {
    /// The numbers as the system gave them.
    pub fn new(device: u64, file: u64) -> Self {
        Self { device, file }
    }

    /// The number of the volume. On Windows its serial number, which all hosts see; elsewhere a host's own.
    pub fn device(self) -> u64 {
        self.device
    }

    /// The system's name of the volume, as the lists of mounts have it.
    pub fn volume(self) -> String {
        #[cfg(unix)]
        return format!("{}:{}", rustix::fs::major(self.device), rustix::fs::minor(self.device));
        #[cfg(not(unix))]
        return format!("{:08x}", self.device);
    }

    /// The number of the file on its volume.
    pub fn file(self) -> u64 {
        self.file
    }
}

impl fmt::Display for FileId {
    /// Device and number with a colon between them.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.device, self.file)
    }
}

/// What the operating system knows of a file's state, to notice that it changed while it was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    /// Length in bytes.
    pub size: ByteLen,
    /// Bytes the file takes on its volume (less than the length for sparse and compressed files), where known.
    pub allocated: Option<ByteLen>,
    /// Time of the last write, where the volume keeps one.
    pub modified: Option<SystemTime>,
}

impl FileStamp {
    fn of(metadata: &Metadata) -> Self {
        Self { size: ByteLen(metadata.len()), allocated: allocated(metadata), modified: metadata.modified().ok() }
    }
}

impl FileSource {
    /// Opens a regular file for shared reading. A pipe, socket or device is refused without waiting for it.
    pub fn open(path: &Path) -> Result<Self> {
        let (file, metadata) = open(path)?;
        let id = file_id(&file, &metadata);
        let stamp = FileStamp::of(&metadata);
        Ok(Self { slot: Slot::with(file), path: path.to_owned(), stamp, id, is_known: false })
    }

    /// A file that was opened before: it is opened again when something is read from it, and refused where it is not in
    /// the same state any more.
    pub(crate) fn known(path: &Path, stamp: FileStamp, id: Option<FileId>) -> Self {
        Self { slot: Arc::default(), path: path.to_owned(), stamp, id, is_known: true }
    }

    /// State of the file when it was opened.
    pub fn stamp(&self) -> FileStamp {
        self.stamp
    }

    /// Device and file number, where the system has them.
    pub fn id(&self) -> Option<FileId> {
        self.id
    }

    /// How many names the file has (hard links); more than one where that cannot be asked.
    pub fn names(&self) -> u64 {
        let count = |file: &File| Some(names(file, &file.metadata().ok()?));
        self.file().ok().and_then(|file| count(&file)).unwrap_or(u64::MAX)
    }

    /// Whether length or time of last write differ from when the file was opened. A file whose state can no longer be
    /// asked counts as changed.
    pub fn changed(&self) -> bool {
        let now = self.file().ok().and_then(|file| file.metadata().ok()).map(|metadata| FileStamp::of(&metadata));
        now.is_none_or(|now| now.size != self.stamp.size || now.modified != self.stamp.modified)
    }

    /// The opened file: opened again where it was closed for others, and refused when another took its place meanwhile.
    pub(super) fn file(&self) -> Result<Arc<File>> {
        if let Some(file) = self.slot.file() {
            return Ok(file);
        }
        let (file, metadata) = open(&self.path)?;
        if file_id(&file, &metadata) != self.id {
            let what = "another file has taken its place since it was first opened";
            return Err(Error::refused("", None, what).with_path(&self.path));
        }
        if self.is_known && FileStamp::of(&metadata) != self.stamp {
            return Err(Error::refused("", None, "changed since it was first opened").with_path(&self.path));
        }
        Ok(self.slot.put(file))
    }
}

/// Opens a regular file for reading from its start, and refuses a pipe, socket or device without waiting for it.
pub(crate) fn open_regular(path: &Path) -> Result<File> {
    open(path).map(|(file, _)| file)
}

/// Opens a regular file for shared reading.
fn open(path: &Path) -> Result<(File, Metadata)> {
    let refuse = |error: io::Error| Error::io(explain(error), "", None).with_path(path);
    let file = options().open(path).map_err(refuse)?;
    let metadata = file.metadata().map_err(refuse)?;
    if !metadata.is_file() {
        let what = if metadata.is_dir() { "is a folder" } else { "is not a regular file" };
        return Err(Error::refused("", None, what).with_path(path));
    }
    Ok((file, metadata))
}

impl ReadAt for FileSource {
    fn size(&self) -> ByteLen {
        self.stamp.size
    }

    fn path(&self) -> Option<&Path> {
        Some(&self.path)
    }

    fn read_exact_at(&self, structure: &'static str, offset: FileOffset, buf: &mut [u8]) -> Result<()> {
        let len = ByteLen::from(buf.len());
        check_range(self, structure, offset, len)?;
        let file = self.file()?;
        let mut done = 0;
        while let Some(rest) = buf.get_mut(done..).filter(|rest| !rest.is_empty()) {
            let at = offset.saturating_add(ByteLen::from(done));
            match read_once(&file, rest, at.0) {
                // The file was longer when it was opened: it has shrunk under the reader.
                Ok(0) => {
                    return Err(Error::truncated(structure, offset, len, ByteLen::from(done)).with_path(&self.path));
                }
                Ok(n) => done += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::io(error, structure, Some(at)).with_path(&self.path)),
            }
        }
        Ok(())
    }
}

#[cfg(unix)]
fn options() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt;
    let mut options = OpenOptions::new();
    // NONBLOCK so that opening a pipe nobody writes to returns at once; regular files do not heed it.
    let flags = rustix::fs::OFlags::NONBLOCK | rustix::fs::OFlags::NOCTTY;
    options.read(true).custom_flags(flags.bits().cast_signed());
    options
}

#[cfg(windows)]
fn options() -> OpenOptions {
    use std::os::windows::fs::OpenOptionsExt;
    const SHARE_READ_WRITE_DELETE: u32 = 0x7;
    let mut options = OpenOptions::new();
    options.read(true).share_mode(SHARE_READ_WRITE_DELETE);
    options
}

#[cfg(unix)]
fn read_once(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::unix::fs::FileExt::read_at(file, buf, offset)
}

#[cfg(windows)]
fn read_once(file: &File, buf: &mut [u8], offset: u64) -> io::Result<usize> {
    std::os::windows::fs::FileExt::seek_read(file, buf, offset)
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems do not tell")]
fn allocated(metadata: &Metadata) -> Option<ByteLen> {
    // POSIX leaves the unit of st_blocks open; every system Rust supports counts 512 bytes.
    Some(ByteLen(std::os::unix::fs::MetadataExt::blocks(metadata).saturating_mul(512)))
}

#[cfg(windows)]
fn allocated(_metadata: &Metadata) -> Option<ByteLen> {
    None
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "other systems may have no such number")]
fn file_id(_file: &File, metadata: &Metadata) -> Option<FileId> {
    use std::os::unix::fs::MetadataExt;
    Some(FileId { device: metadata.dev(), file: metadata.ino() })
}

#[cfg(windows)]
fn file_id(file: &File, _metadata: &Metadata) -> Option<FileId> {
    let information = winapi_util::file::information(file).ok()?;
    Some(FileId { device: information.volume_serial_number(), file: information.file_index() })
}

#[cfg(not(windows))]
fn names(_file: &File, metadata: &Metadata) -> u64 {
    super::attributes::names(metadata).unwrap_or(u64::MAX)
}

#[cfg(windows)]
fn names(file: &File, _metadata: &Metadata) -> u64 {
    winapi_util::file::information(file).map_or(u64::MAX, |information| information.number_of_links())
}

/// On Windows a running machine's disk is locked by its worker process; say so instead of the system's general words.
fn explain(error: io::Error) -> io::Error {
    const ERROR_SHARING_VIOLATION: i32 = 32;
    if cfg!(windows) && error.raw_os_error() == Some(ERROR_SHARING_VIOLATION) {
        return io::Error::new(error.kind(), "in use by Hyper-V or another program that does not share it");
    }
    error
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use crate::error::ErrorKind;

    #[test]
    fn a_read_past_the_end_is_an_error_with_path_and_offset() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(b"0123456789").unwrap();
        let source = FileSource::open(file.path()).unwrap();
        let mut buf = [0; 4];
        source.read_exact_at("header 1", FileOffset(6), &mut buf).unwrap();
        assert_eq!(&buf, b"6789");
        let error = source.read_exact_at("header 1", FileOffset(7), &mut buf).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Truncated { needed: ByteLen(4), available: ByteLen(3) }));
        assert_eq!(error.offset(), Some(FileOffset(7)));
        assert_eq!(error.path(), Some(file.path()));
        assert_eq!(source.read_up_to("header 1", FileOffset(8), &mut buf).unwrap(), 2);
        assert_eq!(source.read_up_to("header 1", FileOffset(1 << 40), &mut buf).unwrap(), 0);
    }

    #[test]
    fn a_file_that_shrinks_or_grows_is_an_error_or_changed_never_zeros() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(&[7; 100]).unwrap();
        let source = FileSource::open(file.path()).unwrap();
        assert!(!source.changed());
        file.as_file().set_len(50).unwrap();
        assert!(source.changed());
        let mut buf = [0; 60];
        let error = source.read_exact_at("payload", FileOffset(0), &mut buf).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Truncated { available: ByteLen(50), .. }));
        assert_eq!(source.size(), ByteLen(100), "the length is taken once");
    }

    #[test]
    fn a_file_that_was_closed_for_others_is_opened_again_unless_another_took_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disk.vhdx");
        std::fs::write(&path, b"0123456789").unwrap();
        let source = FileSource::open(&path).unwrap();
        let mut buf = [0; 4];
        source.slot.close();
        source.read_exact_at("header 1", FileOffset(6), &mut buf).unwrap();
        assert_eq!(&buf, b"6789");
        assert!(!source.changed());
        source.slot.close();
        // The first file stays where it is: its number must not be used again.
        std::fs::rename(&path, folder.path().join("kept.vhdx")).unwrap();
        std::fs::write(&path, b"abcdefghij").unwrap();
        let error = source.read_exact_at("header 1", FileOffset(6), &mut buf).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Refused(_)), "{error}");
        assert!(source.changed());
    }

    #[test]
    fn a_file_that_is_known_is_opened_when_it_is_read_and_only_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("disk.vhdx");
        std::fs::write(&path, b"0123456789").unwrap();
        let source = FileSource::open(&path).unwrap();
        let known = || FileSource::known(&path, source.stamp(), source.id());
        let (first, second) = (known(), known());
        assert!(first.slot.file().is_none());
        let mut buf = [0; 4];
        first.read_exact_at("header 1", FileOffset(6), &mut buf).unwrap();
        assert_eq!(&buf, b"6789");
        OpenOptions::new().append(true).open(&path).unwrap().write_all(b"more").unwrap();
        let error = second.read_exact_at("header 1", FileOffset(6), &mut buf).unwrap_err();
        assert!(error.to_string().contains("changed since it was first opened"), "{error}");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let pipe = folder.path().join("pipe.vhdx");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
        let error = FileSource::open(&pipe).unwrap_err();
        assert!(matches!(error.kind(), ErrorKind::Refused(_)), "{error}");
        let error = FileSource::open(folder.path()).unwrap_err();
        assert!(error.to_string().ends_with("is a folder"), "{error}");
    }
}
