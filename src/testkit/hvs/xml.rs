//! The XML of Windows Server 2012 R2.

use crate::testkit::record::{utf16, utf16_le};

use super::keys::{Keys, Value};

/// The document as hosts write it: UTF-16, least significant byte first, with a byte order mark.
pub fn xml(keys: &Keys) -> Vec<u8> {
    utf16_le(&utf16(&format!("\u{FEFF}{}", xml_text(keys))))
}

/// The text of the document.
pub fn xml_text(keys: &Keys) -> String {
    let mut text = "<?xml version=\"1.0\" encoding=\"UTF-16\" standalone=\"yes\"?>\r\n".to_owned();
    elements(keys, None, 0, &mut text);
    text
}

fn elements(keys: &Keys, parent: Option<usize>, depth: usize, text: &mut String) {
    for (number, node) in keys.0.iter().enumerate().filter(|(_, node)| node.parent == parent) {
        let (name, indent) = (&node.name, "  ".repeat(depth));
        match &node.value {
            Some(value) => {
                let (kind, value) = value_text(value);
                *text += &format!("{indent}<{name} type=\"{kind}\">{value}</{name}>\r\n");
            }
            None => {
                *text += &format!("{indent}<{name}>\r\n");
                elements(keys, Some(number), depth + 1, text);
                *text += &format!("{indent}</{name}>\r\n");
            }
        }
    }
}

fn value_text(value: &Value) -> (&'static str, String) {
    match value {
        Value::Int(number) => ("integer", number.to_string()),
        Value::UInt(number) => ("integer", number.to_string()),
        Value::Double(number) => ("double", number.to_string()),
        Value::Text(text) => ("string", text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")),
        Value::Bytes(bytes) => ("bytes", base64(bytes)),
        Value::Bool(true) => ("bool", "True".to_owned()),
        Value::Bool(false) => ("bool", "False".to_owned()),
    }
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().chain(&[0, 0]).take(3).fold(0_usize, |group, byte| group << 8 | usize::from(*byte));
        for place in 0..4 {
            let digit = DIGITS.get(group >> (18 - 6 * place) & 63).copied().unwrap_or_default();
            text.push(if place > chunk.len() { '=' } else { char::from(digit) });
        }
    }
    text
}
