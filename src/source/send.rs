//! Bytes from one file to another, or into a pipe, by the system alone.

use std::fs::File;

use crate::units::{ByteLen, FileOffset};

/// Hands bytes on. Returns how many went: fewer where the file ends before, where the system cannot do this between two
/// such files, and after an error, which whoever goes on in the ordinary way will meet again.
#[cfg(any(target_os = "linux", target_os = "android"))]
pub(super) fn send(from: &File, offset: FileOffset, len: ByteLen, out: &File) -> ByteLen {
    /// Most that is asked for at once; the system would stop a little before 2 GiB.
    const STEP: ByteLen = ByteLen::mib(1024);
    let mut at = offset.0;
    let mut left = len;
    while !left.is_zero() {
        match rustix::fs::sendfile(out, from, Some(&mut at), left.min(STEP).to_usize().unwrap_or_default()) {
            Ok(0) => break,
            Ok(sent) => left = left.saturating_sub(ByteLen::from(sent)),
            Err(rustix::io::Errno::INTR) => {}
            Err(_) => break,
        }
    }
    len.saturating_sub(left)
}

/// Hands nothing on: no other system does so between any two files.
#[cfg(not(any(target_os = "linux", target_os = "android")))]
pub(super) fn send(_from: &File, _offset: FileOffset, _len: ByteLen, _out: &File) -> ByteLen {
    ByteLen::ZERO
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Seek};

    use super::super::{FileSource, ReadAt};
    use super::*;

    #[test]
    fn what_went_is_what_lies_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("from");
        std::fs::write(&path, b"0123456789").unwrap();
        let source = FileSource::open(&path).unwrap();
        let mut out = tempfile::tempfile().unwrap();
        let sent = source.send(FileOffset(3), ByteLen(4), &out);
        // A range that ends behind the file is left to who reads it, and says so.
        assert_eq!(source.send(FileOffset(8), ByteLen(4), &out), ByteLen::ZERO);
        let mut found = Vec::new();
        out.rewind().unwrap();
        out.read_to_end(&mut found).unwrap();
        if cfg!(target_os = "linux") {
            assert_eq!((sent, &*found), (ByteLen(4), &b"3456"[..]));
        } else {
            assert_eq!(found.len(), sent.to_usize().unwrap());
        }
    }

    #[test]
    fn where_it_cannot_be_done_nothing_went() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("from");
        std::fs::write(&path, b"0123456789").unwrap();
        let source = FileSource::open(&path).unwrap();
        let not_for_writing = File::open(&path).unwrap();
        assert_eq!(source.send(FileOffset(0), ByteLen(4), &not_for_writing), ByteLen::ZERO);
    }
}
