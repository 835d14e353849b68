//! Sizes and offsets as people type them.

use crate::units::ByteLen;

/// A number of bytes: decimal or, after `0x`, hexadecimal; or a decimal number with a binary suffix from `K` to `T`,
/// with or without `iB`, in either case of letters.
pub fn bytes(text: &str) -> Result<ByteLen, String> {
    if let Some(digits) = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        return u64::from_str_radix(digits, 16)
            .map(ByteLen)
            .map_err(|_| "not a hexadecimal number of bytes".to_owned());
    }
    let (digits, suffix) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let shift: u32 = match suffix.to_ascii_lowercase().as_str() {
        "" => 0,
        "k" | "kib" => 10,
        "m" | "mib" => 20,
        "g" | "gib" => 30,
        "t" | "tib" => 40,
        "kb" | "mb" | "gb" | "tb" => {
            return Err("say KiB, MiB, GiB or TiB for powers of 1024, or the exact number of bytes".to_owned());
        }
        _ => return Err("not a size such as 65536, 0x10000, 64K or 64KiB".to_owned()),
    };
    let number: u64 = digits.parse().map_err(|_| "not a size such as 65536, 0x10000, 64K or 64KiB".to_owned())?;
    number.checked_mul(1 << shift).map(ByteLen).ok_or_else(|| "more bytes than 64 bits can count".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suffixes_are_binary_and_bytes_are_exact() {
        for (text, expected) in [
            ("0", 0),
            ("512", 512),
            ("0x1F", 31),
            ("64k", 65536),
            ("64KiB", 65536),
            ("2M", 2 << 20),
            ("3gib", 3 << 30),
            ("64T", 64 << 40),
        ] {
            assert_eq!(bytes(text), Ok(ByteLen(expected)), "{text}");
        }
        for text in ["", "k", "-1", "1.5M", "64KB", "1 k", "0x", "17000000T", "1P", "99999999999999999999"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }
}
