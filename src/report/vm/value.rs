//! A value in one line.

use crate::format::hex::to_hex;
use crate::limits;
use crate::report::text;
use crate::units::ByteLen;
use crate::vm::Value;

/// The type and the value of a key that has one.
pub(in crate::report) fn shown(value: &Value) -> Option<(&'static str, String)> {
    Some(match value {
        Value::Node => return None,
        Value::Int(number) => ("int", number.to_string()),
        Value::UInt(number) => ("uint", number.to_string()),
        Value::Double(number) => ("double", number.to_string()),
        Value::Text(value) => ("text", format!("\"{}\"", text::printable(&value.lossy()))),
        Value::Bytes(bytes) => ("bytes", hex(bytes)),
        Value::Bool(value) => ("bool", value.to_string()),
        Value::Stored(range) => ("bytes", format!("{} bytes at {}, not read", text::count(range.len.0), range.start)),
        Value::Unreadable => ("?", "cannot be read".to_owned()),
    })
}

fn hex(bytes: &[u8]) -> String {
    let most = limits::MAX_HEX_VALUE.to_usize().unwrap_or_default();
    let digits = to_hex(bytes.get(..most).unwrap_or(bytes));
    match bytes.len() > most {
        true => format!("{digits}\u{2026} ({} bytes)", text::count(ByteLen::from(bytes.len()).0)),
        false => digits,
    }
}
