//! The hash of a new raw file as it is now on its volume.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use crate::analysis::hash::{Algorithm, Hasher, ZEROS};
use crate::error::{Error, Result};
use crate::units::ByteLen;

/// After so many zeros it is asked whether to go on.
const ZEROS_AT_ONCE: ByteLen = ByteLen::mib(64);

/// The hash of a file's bytes. What the file system calls a hole is not read: it says itself that zeros are there.
pub(super) fn hash_file(
    path: &Path,
    algorithm: Algorithm,
    progress: &mut dyn FnMut(ByteLen) -> bool,
) -> Result<String> {
    let refuse = |error| Error::io(error, "", None).with_path(path);
    let mut file = File::open(path).map_err(refuse)?;
    let len = ByteLen(file.metadata().map_err(refuse)?.len());
    let mut hasher = Hasher::new(algorithm);
    let mut piece = vec![0; ZEROS.len()];
    let mut at = ByteLen::ZERO;
    while at < len {
        let (data, end) = data_from(&file, at, len);
        while at < data {
            let step = data.saturating_sub(at).min(ZEROS_AT_ONCE);
            hasher.update_zeros(step);
            at = at.saturating_add(step);
            go_on(progress, at)?;
        }
        file.seek(SeekFrom::Start(at.get())).map_err(refuse)?;
        while at < end {
            let step = end.saturating_sub(at).min(ByteLen::from(piece.len()));
            let part = step.to_usize().and_then(|step| piece.get_mut(..step)).unwrap_or_default();
            file.read_exact(part).map_err(refuse)?;
            hasher.update(part);
            at = at.saturating_add(step);
            go_on(progress, at)?;
        }
    }
    Ok(hasher.finish())
}

fn go_on(progress: &mut dyn FnMut(ByteLen) -> bool, at: ByteLen) -> Result<()> {
    if progress(at) { Ok(()) } else { Err(Error::refused("", None, "interrupted")) }
}

/// Where the next bytes that are stored start and end, from `at` on: at the end of the file when there are none.
#[cfg(target_os = "linux")]
fn data_from(file: &File, at: ByteLen, len: ByteLen) -> (ByteLen, ByteLen) {
    use rustix::fs::{SeekFrom, seek};
    use rustix::io::Errno;
    let data = match seek(file, SeekFrom::Data(at.get())) {
        Ok(data) => ByteLen(data),
        Err(Errno::NXIO) => return (len, len),
        // A file system that does not know of holes.
        Err(_) => return (at, len),
    };
    let hole = seek(file, SeekFrom::Hole(data.get())).map_or(len, ByteLen);
    (data.max(at).min(len), hole.max(data).min(len))
}

#[cfg(not(target_os = "linux"))]
fn data_from(_file: &File, at: ByteLen, len: ByteLen) -> (ByteLen, ByteLen) {
    (at, len)
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn holes_hash_like_zeros_wherever_they_are() {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let mut truth = vec![0; 5 << 20];
        for at in [0, (1 << 20) + 5, (4 << 20) - 3] {
            truth[at..at + 7].copy_from_slice(b"content");
            file.seek(SeekFrom::Start(at as u64)).unwrap();
            file.write_all(b"content").unwrap();
        }
        for len in [5 << 20, (4 << 20) + 4, (1 << 20) + 12, 1 << 20, 7, 0] {
            file.as_file().set_len(len as u64).unwrap();
            let mut reached = ByteLen::ZERO;
            let mut progress = |at| {
                reached = at;
                true
            };
            let found = hash_file(file.path(), Algorithm::Blake3, &mut progress).unwrap();
            assert_eq!(found, blake3::hash(&truth[..len]).to_hex().to_string(), "{len}");
            assert_eq!(reached, ByteLen(len as u64));
        }
        assert!(hash_file(file.path(), Algorithm::Blake3, &mut |_| false).is_ok(), "nothing to break off");
        file.as_file().set_len(9).unwrap();
        assert!(hash_file(file.path(), Algorithm::Blake3, &mut |_| false).is_err());
    }
}
