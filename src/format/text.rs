//! UTF-16 text as a file holds it: exact units kept, shown lossily.

use std::fmt;

/// Text of little-endian UTF-16 units, which need not be valid Unicode.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Utf16Text {
    bytes: Vec<u8>,
}

impl Utf16Text {
    /// Text of the given bytes. An odd last byte is kept, and shown as damage.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self { bytes: bytes.to_vec() }
    }

    /// Text of the given bytes up to the first NUL unit.
    pub fn from_bytes_until_nul(bytes: &[u8]) -> Self {
        let units = bytes.as_chunks::<2>().0;
        match units.iter().position(|unit| *unit == [0, 0]) {
            Some(count) => Self::from_bytes(units.as_flattened().get(..count.saturating_mul(2)).unwrap_or(bytes)),
            None => Self::from_bytes(bytes),
        }
    }

    /// The exact bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Whether there is no unit at all.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether it is exactly this text.
    pub fn is(&self, text: &str) -> bool {
        let (units, rest) = self.bytes.as_chunks::<2>();
        // Each unit takes one to three bytes of UTF-8.
        let fits = rest.is_empty() && units.len() <= text.len();
        fits && units.iter().map(|unit| u16::from_le_bytes(*unit)).eq(text.encode_utf16())
    }

    /// The text in a buffer, or `None` where it is longer or not ASCII.
    pub(crate) fn ascii_in<'a>(&self, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        let (units, rest) = self.bytes.as_chunks::<2>();
        let text = buffer.get_mut(..units.len()).filter(|_| rest.is_empty())?;
        for (byte, [low, high]) in text.iter_mut().zip(units) {
            *byte = if *high == 0 && low.is_ascii() { *low } else { return None };
        }
        Some(text)
    }

    /// Whether it consists of printable ASCII characters alone, as nearly all text of a file does: then it is valid.
    pub fn is_printable_ascii(&self) -> bool {
        let (units, rest) = self.bytes.as_chunks::<2>();
        // Whatever is below the first or above the last sets the highest bit, without a branch for each unit.
        let (first, last) = (u16::from(b' '), u16::from(b'~'));
        let bits = units.iter().fold(0, |bits, unit| {
            let unit = u16::from_le_bytes(*unit);
            bits | unit | unit.wrapping_sub(first) | last.wrapping_sub(unit)
        });
        rest.is_empty() && bits & 0x8000 == 0
    }

    /// The text, or `None` where it is not valid UTF-16 (an unpaired surrogate, an odd byte).
    pub fn exact(&self) -> Option<String> {
        let (units, rest) = self.bytes.as_chunks::<2>();
        // Nearly all text is ASCII, and each file has a dozen of them.
        if rest.is_empty() && units.iter().fold(0, |any, [low, high]| any | (low & 0x80) | high) == 0 {
            return String::from_utf8(units.iter().map(|[low, _]| *low).collect()).ok();
        }
        let mut text = String::with_capacity(units.len());
        for unit in char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit))) {
            text.push(unit.ok()?);
        }
        rest.is_empty().then_some(text)
    }

    /// The text with every invalid unit replaced by U+FFFD.
    pub fn lossy(&self) -> String {
        if let Some(text) = self.exact() {
            return text;
        }
        let (units, rest) = self.bytes.as_chunks::<2>();
        let mut text = String::with_capacity(units.len());
        for unit in char::decode_utf16(units.iter().map(|unit| u16::from_le_bytes(*unit))) {
            text.push(unit.unwrap_or(char::REPLACEMENT_CHARACTER));
        }
        if !rest.is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
        text
    }
}

impl fmt::Debug for Utf16Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.lossy(), f)
    }
}

impl fmt::Display for Utf16Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.lossy())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn printable_ascii_is_told_from_every_other_unit() {
        for unit in 0..=u16::MAX {
            let text = Utf16Text::from_bytes(&unit.to_le_bytes());
            assert_eq!(text.is_printable_ascii(), (0x20..=0x7E).contains(&unit), "{unit:#x}");
        }
    }

    #[test]
    fn damage_is_shown_and_kept() {
        let plain = Utf16Text::from_bytes(b"a\0 \0~\0");
        assert_eq!((plain.is_printable_ascii(), plain.exact().as_deref()), (true, Some("a ~")));
        for other in [&b"a\0\0\0"[..], b"a\0\x7F\0", b"a\0\xE4\0", b"a\0\x00\x01", b"a\0b"] {
            assert!(!Utf16Text::from_bytes(other).is_printable_ascii(), "{other:?}");
        }
        let good = Utf16Text::from_bytes(b"a\0\xE4\0");
        assert_eq!(good.exact().as_deref(), Some("a\u{E4}"));
        let lone = Utf16Text::from_bytes(b"a\0\x00\xD8b\0");
        assert_eq!((lone.exact(), lone.lossy().as_str()), (None, "a\u{FFFD}b"));
        assert_eq!(lone.bytes(), b"a\0\x00\xD8b\0");
        let odd = Utf16Text::from_bytes(b"a\0b");
        assert_eq!((odd.exact(), odd.lossy().as_str()), (None, "a\u{FFFD}"));
        assert_eq!(Utf16Text::from_bytes_until_nul(b"a\0b\0\0\0c\0").lossy(), "ab");
        assert_eq!(Utf16Text::from_bytes_until_nul(b"a\0b\0").lossy(), "ab");
    }
}
