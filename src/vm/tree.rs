//! The tree of keys and values that both formats hold.

use crate::format::text::Utf16Text;
use crate::units::{FileOffset, FileRange};

/// A key with its value and what stands below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Its name. Siblings may bear the same.
    pub name: String,
    /// Its value.
    pub value: Value,
    /// Where it lies in a container, as of the replay of its log; `None` in XML.
    pub at: Option<FileOffset>,
    /// Whether its checksum is right, where it has one.
    pub intact: Option<bool>,
    /// Keys below it, in the order in which they were inserted.
    pub children: Vec<Key>,
}

/// A value as the file has it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A key without a value, which has others below it.
    Node,
    /// A signed integer.
    Int(i64),
    /// An unsigned integer.
    UInt(u64),
    /// A floating point number.
    Double(f64),
    /// Text.
    Text(Utf16Text),
    /// Bytes.
    Bytes(Vec<u8>),
    /// True or false.
    Bool(bool),
    /// Bytes that lie elsewhere in the file and were not read: memory, mostly.
    Stored(FileRange),
    /// A value that cannot be read; why stands among the problems.
    Unreadable,
}

impl Key {
    /// The first key below this one with that name, in any case.
    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name.eq_ignore_ascii_case(name))
    }

    /// The first key under that path of names.
    pub fn descend(&self, path: &[&str]) -> Option<&Self> {
        path.iter().try_fold(self, |key, name| key.child(name))
    }

    /// Number of keys with a value here and below.
    pub fn count_values(&self) -> u64 {
        let own = u64::from(self.value != Value::Node);
        self.children.iter().fold(own, |sum, child| sum.saturating_add(child.count_values()))
    }
}

impl Value {
    /// The text, for a value that is one.
    pub fn as_text(&self) -> Option<&Utf16Text> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, for a value that is a whole one and not negative.
    pub fn as_count(&self) -> Option<u64> {
        match self {
            Self::Int(number) => u64::try_from(*number).ok(),
            Self::UInt(number) => Some(*number),
            _ => None,
        }
    }

    /// Yes or no, for a value that is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(value) => Some(*value),
            _ => None,
        }
    }
}
