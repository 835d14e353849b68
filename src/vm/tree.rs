//! The tree of keys and values that both formats hold.

use crate::format::text::Utf16Text;

/// A key with its value and what stands below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Key {
    /// Its name. Siblings may bear the same.
    pub name: String,
    /// Its value.
    pub value: Value,
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
    /// A value that cannot be read; why stands among the problems.
    Unreadable,
}
