//! A file that gets its name when it is finished, and leaves nothing behind when it is not.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::units::{ByteLen, FileOffset};

/// A new file under a name of its own in the folder of its target.
#[derive(Debug)]
pub(super) struct NewFile {
    file: File,
    /// Where it is now; `None` once it has its name.
    partial: Option<PathBuf>,
    target: PathBuf,
}

impl NewFile {
    /// Makes an empty file. The target's folder must be there.
    pub(super) fn create(target: &Path) -> Result<Self> {
        // A name of its own length, for the target's may be as long as the file system allows.
        let partial = folder(target).join(format!(".vhdxray-{}.partial", Uuid::new_v4().simple()));
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(&partial);
        let file = file.map_err(|error| Error::io(error, "", None).with_path(target))?;
        Ok(Self { file, partial: Some(partial), target: target.to_owned() })
    }

    /// Where the file is until it is finished.
    pub(super) fn path(&self) -> &Path {
        self.partial.as_deref().unwrap_or(&self.target)
    }

    /// Writes bytes at a place; what is skipped between two places is a hole where the file system has such.
    pub(super) fn write_at(&mut self, at: FileOffset, bytes: &[u8]) -> Result<()> {
        let seeked = self.file.seek(SeekFrom::Start(at.get()));
        seeked.and_then(|_| self.file.write_all(bytes)).map_err(|error| self.error(error, Some(at)))
    }

    /// Sets the length.
    pub(super) fn set_len(&mut self, len: ByteLen) -> Result<()> {
        self.file.set_len(len.get()).map_err(|error| self.error(error, None))
    }

    /// Brings everything to the disk: some systems tell only now that it is full.
    pub(super) fn sync(&self) -> Result<()> {
        self.file.sync_all().map_err(|error| self.error(error, None))
    }

    /// Gives the file its name, unless somebody has taken it meanwhile.
    pub(super) fn finish(mut self) -> Result<()> {
        if let Some(partial) = &self.partial {
            rename_to_free_name(partial, &self.target).map_err(|error| self.error(error, None))?;
            self.partial = None;
        }
        // The name is there whether or not its folder can be synced: some systems cannot.
        sync_folder(folder(&self.target));
        Ok(())
    }

    fn error(&self, error: io::Error, at: Option<FileOffset>) -> Error {
        Error::io(error, "", at).with_path(&self.target)
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if let Some(partial) = &self.partial {
            // Whoever gets the error that led here cannot do more about it.
            let _gone = fs::remove_file(partial);
        }
    }
}

fn folder(target: &Path) -> &Path {
    target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Renames, and fails with `AlreadyExists` where the name is taken.
fn rename_to_free_name(from: &Path, to: &Path) -> io::Result<()> {
    match rename_no_replace(from, to) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {}
        done => return done,
    }
    // A second name for the same file cannot replace anything either.
    match fs::hard_link(from, to) {
        Ok(()) => return fs::remove_file(from),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(error),
        Err(_) => {}
    }
    // A file system with neither (FAT): take the name with an empty file, and then replace only that.
    File::create_new(to)?;
    fs::rename(from, to).inspect_err(|_| {
        let _gone = fs::remove_file(to);
    })
}

#[cfg(target_os = "linux")]
fn rename_no_replace(from: &Path, to: &Path) -> io::Result<()> {
    use rustix::fs::{CWD, RenameFlags, renameat_with};
    Ok(renameat_with(CWD, from, CWD, to, RenameFlags::NOREPLACE)?)
}

#[cfg(not(target_os = "linux"))]
fn rename_no_replace(_from: &Path, _to: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(unix)]
fn sync_folder(folder: &Path) {
    let _synced = File::open(folder).and_then(|folder| folder.sync_all());
}

#[cfg(not(unix))]
fn sync_folder(_folder: &Path) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_finished_file_has_its_name_and_an_unfinished_one_is_gone() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("disk.raw");
        let mut file = NewFile::create(&target).unwrap();
        file.write_at(FileOffset(3), b"abc").unwrap();
        assert!(!target.exists());
        drop(file);
        assert!(names(folder.path()).is_empty());
        let mut file = NewFile::create(&target).unwrap();
        file.write_at(FileOffset(3), b"abc").unwrap();
        file.set_len(ByteLen(8)).unwrap();
        file.sync().unwrap();
        file.finish().unwrap();
        assert_eq!(names(folder.path()), ["disk.raw"]);
        assert_eq!(fs::read_to_string(&target).unwrap(), "\0\0\0abc\0\0");
    }

    #[test]
    fn a_name_that_was_taken_meanwhile_is_not_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("disk.raw");
        let file = NewFile::create(&target).unwrap();
        fs::write(&target, "mine").unwrap();
        let error = file.finish().unwrap_err();
        assert_eq!(error.path(), Some(target.as_path()));
        assert_eq!(fs::read_to_string(&target).unwrap(), "mine");
        assert_eq!(names(folder.path()), ["disk.raw"]);
        // The other ways to the name, for systems without the first.
        let from = folder.path().join("from");
        fs::write(&from, "other").unwrap();
        assert_eq!(fs::hard_link(&from, &target).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(File::create_new(&target).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
    }
}
