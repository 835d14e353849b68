//! From bytes to a fixed structure through binrw, with our own error, for binrw's carries no offset in the file.

use std::io::Cursor;

use binrw::BinRead;
use binrw::meta::{EndianKind, ReadEndian};
use uuid::Uuid;

use crate::error::{Error, Result};
use crate::units::{ByteLen, FileOffset};

/// Reads one `T` from the start of `bytes`, which lie at `at` in the file.
pub(crate) fn read<T>(structure: &'static str, at: FileOffset, bytes: &[u8], size: ByteLen) -> Result<T>
where
    T: ReadEndian + for<'a> BinRead<Args<'a> = ()>,
{
    debug_assert!(matches!(T::ENDIAN, EndianKind::Endian(_)), "a structure on disk has one byte order");
    let available = ByteLen::from(bytes.len());
    if available < size {
        return Err(Error::truncated(structure, at, size, available));
    }
    T::read(&mut Cursor::new(bytes)).map_err(|error| Error::malformed(structure, at, first_line(&error)))
}

/// A GUID from its bytes taken as one little-endian number: binrw reads an array byte by byte.
pub(crate) fn guid(bytes: u128) -> Uuid {
    Uuid::from_bytes_le(bytes.to_le_bytes())
}

fn first_line(error: &binrw::Error) -> String {
    error.to_string().lines().find(|line| !line.trim().is_empty()).unwrap_or("unreadable").trim().to_owned()
}
