//! From the text of an element and its `type` to a value.

use crate::format::text::Utf16Text;
use crate::vm::Value;

/// Whether an element of that type, with that text of its own, has no value: without a type, what is no white space is
/// text, for a value whose type was lost is still one.
pub(super) fn is_node(kind: Option<&str>, text: &str) -> bool {
    kind.is_none() && text.chars().all(char::is_whitespace)
}

/// The value that `text` has as that type, or `None` where it is not one. Without a type it is text.
pub(super) fn parse(kind: Option<&str>, text: &str) -> Option<Value> {
    let trimmed = text.trim();
    match kind {
        Some("integer") => {
            let signed = trimmed.parse().ok().map(Value::Int);
            signed.or_else(|| trimmed.parse().ok().map(Value::UInt))
        }
        Some("bool") => match trimmed.to_ascii_lowercase().as_str() {
            "true" | "1" => Some(Value::Bool(true)),
            "false" | "0" => Some(Value::Bool(false)),
            _ => None,
        },
        Some("bytes") => base64(trimmed).map(Value::Bytes),
        Some("double") => trimmed.parse().ok().map(Value::Double),
        _ => Some(Value::Text(utf16(text))),
    }
}

fn utf16(text: &str) -> Utf16Text {
    let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    Utf16Text::from_bytes(&bytes)
}

/// Base 64 of RFC 4648 with white space anywhere.
fn base64(text: &str) -> Option<Vec<u8>> {
    let (mut bytes, mut held, mut bits) = (Vec::new(), 0_u32, 0_u32);
    let mut padding = false;
    for digit in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        let value = match digit {
            b'A'..=b'Z' => digit.wrapping_sub(b'A'),
            b'a'..=b'z' => digit.wrapping_sub(b'a').wrapping_add(26),
            b'0'..=b'9' => digit.wrapping_sub(b'0').wrapping_add(52),
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                padding = true;
                continue;
            }
            _ => return None,
        };
        if padding {
            return None;
        }
        held = held << 6 | u32::from(value);
        bits = bits.saturating_add(6);
        if bits >= 8 {
            bits = bits.saturating_sub(8);
            bytes.push(u8::try_from(held >> bits & 0xFF).unwrap_or_default());
        }
        held &= 0xFFFF;
    }
    // Six bits left over are a digit that is part of no byte.
    (bits < 6).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_64_as_in_its_rfc() {
        // RFC 4648, section 10.
        for (text, bytes) in [("", ""), ("Zg==", "f"), ("Zm8=", "fo"), ("Zm9v", "foo"), ("Zm9v\r\nYmFy ", "foobar")] {
            assert_eq!(base64(text).unwrap(), bytes.as_bytes());
        }
        assert_eq!(base64("Zm9vYg"), Some(b"foob".to_vec()));
        for wrong in ["Z", "Zm9-", "Zg==Zg"] {
            assert_eq!(base64(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_not_of_its_type_is_no_value() {
        assert_eq!(parse(Some("integer"), "18446744073709551615"), Some(Value::UInt(u64::MAX)));
        assert_eq!(parse(Some("integer"), " -3 "), Some(Value::Int(-3)));
        assert_eq!(parse(Some("integer"), "3,5"), None);
        assert_eq!(parse(Some("bool"), "True"), Some(Value::Bool(true)));
        assert_eq!(parse(Some("bool"), "maybe"), None);
        assert_eq!(parse(Some("string"), " C:\\a ").unwrap().as_text().unwrap().lossy(), " C:\\a ");
    }
}
