//! What a dump is made of, whatever the format of the file and of the report: structures with fields.

use std::borrow::Cow;
use std::io;

use uuid::Uuid;

use crate::error::Error;
use crate::units::{ByteLen, FileOffset, FileRange};

/// A structure of the file; its fields follow it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Structure {
    /// The specification's name.
    pub(super) name: Cow<'static, str>,
    /// Where it lies; `None` where nothing says so.
    pub(super) range: Option<FileRange>,
    /// In a few words whether it is valid and whether it counts; may be empty.
    pub(super) state: String,
}

/// A field, or a row of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    /// Where its first byte lies in the file.
    pub(super) at: FileOffset,
    /// The specification's name.
    pub(super) name: Cow<'static, str>,
    /// What a row stands for: the first number and how many follow one another.
    pub(super) numbers: Option<(u64, u64)>,
    /// What the bytes say.
    pub(super) value: Value,
    /// What that means; may be empty.
    pub(super) meaning: String,
}

/// What the bytes of a field say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    /// A number that is read best in decimal.
    Count(u64),
    /// An offset, a length or bits.
    Hex(u64),
    /// A GUID.
    Guid(Uuid),
    /// Text; what is not valid Unicode is shown lossily.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

impl Structure {
    pub(super) fn new(name: impl Into<Cow<'static, str>>, at: FileOffset, len: ByteLen) -> Self {
        Self { name: name.into(), range: Some(FileRange::new(at, len)), state: String::new() }
    }

    pub(super) fn nowhere(name: impl Into<Cow<'static, str>>) -> Self {
        Self { name: name.into(), range: None, state: String::new() }
    }

    pub(super) fn state(mut self, state: impl Into<String>) -> Self {
        self.state = state.into();
        self
    }
}

impl Field {
    pub(super) fn new(at: FileOffset, name: impl Into<Cow<'static, str>>, value: Value) -> Self {
        Self { at, name: name.into(), numbers: None, value, meaning: String::new() }
    }

    pub(super) fn numbers(mut self, first: u64, count: u64) -> Self {
        self.numbers = Some((first, count));
        self
    }

    pub(super) fn meaning(mut self, meaning: impl Into<String>) -> Self {
        self.meaning = meaning.into();
        self
    }
}

/// Who writes a dump down. The calls come in this order: `open`, any number of `field` and `note`, at most one
/// `problem`, at most one `raw`, `close`; and so on with the next structure.
pub(super) trait Sink {
    /// A structure begins.
    fn open(&mut self, structure: &Structure) -> io::Result<()>;

    /// A field of it.
    fn field(&mut self, field: &Field) -> io::Result<()>;

    /// A word about it.
    fn note(&mut self, note: &str) -> io::Result<()>;

    /// Why it, or the rest of it, cannot be shown.
    fn problem(&mut self, error: &Error) -> io::Result<()>;

    /// Its bytes, and how many more there are.
    fn raw(&mut self, at: FileOffset, bytes: &[u8], cut: ByteLen) -> io::Result<()>;

    /// The structure ends.
    fn close(&mut self) -> io::Result<()>;
}
