//! The raw tree of keys.

use schemars::JsonSchema;
use serde::Serialize;

use crate::format::hex::to_hex;
use crate::report::json::common::text_hex;
use crate::vm::{Key, Value};

/// A key.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct KeyJson {
    /// Its name.
    pub name: String,
    /// Its value; `null` for a key that only has others below it.
    pub value: Option<ValueJson>,
    /// Where it lies in a container.
    pub offset: Option<u64>,
    /// Whether its checksum is right, where it has one.
    pub intact: Option<bool>,
    /// The keys below it, in their order; some may bear one name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub keys: Vec<KeyJson>,
}

/// A value.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ValueJson {
    /// A signed integer.
    Int {
        /// The number.
        value: i64,
    },
    /// An unsigned integer.
    Uint {
        /// The number.
        value: u64,
    },
    /// A floating point number.
    Double {
        /// The number; `null` where JSON has none like it.
        value: f64,
    },
    /// Text.
    Text {
        /// The text, lossily.
        value: String,
        /// Its exact UTF-16 units, little-endian, as hexadecimal digits; only present where they are not valid.
        #[serde(skip_serializing_if = "Option::is_none")]
        value_raw_hex: Option<String>,
    },
    /// Bytes.
    Bytes {
        /// As hexadecimal digits.
        value_hex: String,
    },
    /// True or false.
    Bool {
        /// Which.
        value: bool,
    },
    /// Bytes elsewhere in the file, which were not read.
    Stored {
        /// Where.
        value_offset: u64,
        /// How many.
        length_bytes: u64,
    },
    /// A value that cannot be read.
    Unreadable,
}

impl ValueJson {
    /// A value in the public shape; `None` for a key without one.
    pub fn new(value: &Value) -> Option<Self> {
        Some(match value {
            Value::Node => return None,
            Value::Int(value) => Self::Int { value: *value },
            Value::UInt(value) => Self::Uint { value: *value },
            Value::Double(value) => Self::Double { value: *value },
            Value::Text(text) => Self::Text { value: text.lossy(), value_raw_hex: text_hex(text) },
            Value::Bytes(bytes) => Self::Bytes { value_hex: to_hex(bytes) },
            Value::Bool(value) => Self::Bool { value: *value },
            Value::Stored(range) => Self::Stored { value_offset: range.start.0, length_bytes: range.len.0 },
            Value::Unreadable => Self::Unreadable,
        })
    }
}

impl From<&Key> for KeyJson {
    fn from(key: &Key) -> Self {
        Self {
            name: key.name.clone(),
            value: ValueJson::new(&key.value),
            offset: key.at.map(|at| at.0),
            intact: key.intact,
            keys: key.children.iter().map(Self::from).collect(),
        }
    }
}
