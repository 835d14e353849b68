//! Bytes as hexadecimal digits.

use std::fmt::Write as _;

/// Bytes as lower-case digits, with nothing between them.
pub fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len().saturating_mul(2)), |mut text, byte| {
        // Writing into a String cannot fail.
        let _ok = write!(text, "{byte:02x}");
        text
    })
}

/// The bytes of such digits, in either case; `None` where they are no pairs of digits.
pub fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok();
    pairs.iter().map(byte).collect::<Option<Vec<u8>>>().filter(|_| rest.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_come_in_pairs() {
        assert_eq!(to_hex(&[0, 0x9A, 0xFF]), "009aff");
        assert_eq!(from_hex("009Aff"), Some(vec![0, 0x9A, 0xFF]));
        assert_eq!(from_hex(""), Some(Vec::new()));
        for wrong in ["0", "zz", "é", "00g0"] {
            assert_eq!(from_hex(wrong), None, "{wrong}");
        }
    }
}
