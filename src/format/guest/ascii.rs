//! Text of one byte a character, in fields of fixed length.

use std::io::Cursor;

use binrw::BinRead;
use binrw::meta::{EndianKind, ReadEndian};

/// The structure at the start of `bytes`; `None` where they are too few.
pub(super) fn read<T>(bytes: &[u8]) -> Option<T>
where
    T: BinRead + ReadEndian,
    for<'a> T::Args<'a>: Default,
{
    debug_assert!(!matches!(T::ENDIAN, EndianKind::None), "a structure says which byte comes first");
    T::read(&mut Cursor::new(bytes)).ok()
}

/// The text of a field that a NUL ends or blanks fill, shown lossily; `None` where nothing is left.
pub(super) fn label(field: &[u8]) -> Option<String> {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    let text = String::from_utf8_lossy(field.get(..end)?);
    let text = text.trim_end();
    (!text.is_empty()).then(|| text.to_owned())
}
