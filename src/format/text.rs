//! UTF-16 text as a file holds it: exact units kept, shown lossily.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::Range;
use std::sync::Arc;

/// Text of little-endian UTF-16 units, which need not be valid Unicode. Texts of one structure share its bytes, and a
/// copy costs nothing.
#[derive(Clone, Default)]
pub struct Utf16Text {
    within: Arc<[u8]>,
    range: Range<usize>,
}

impl Utf16Text {
    /// Text of the given bytes. An odd last byte is kept, and shown as damage.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self { within: bytes.into(), range: 0..bytes.len() }
    }

    /// Text of some of the bytes, or `None` where they do not lie inside.
    pub(crate) fn within(bytes: &Arc<[u8]>, range: Range<usize>) -> Option<Self> {
        bytes.get(range.clone())?;
        Some(Self { within: Arc::clone(bytes), range })
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
        self.within.get(self.range.clone()).unwrap_or_default()
    }

    /// The units, and an odd last byte.
    fn units(&self) -> (&[[u8; 2]], &[u8]) {
        self.bytes().as_chunks()
    }

    /// Whether there is no unit at all.
    pub fn is_empty(&self) -> bool {
        self.range.is_empty()
    }

    /// Whether it is exactly this text.
    pub fn is(&self, text: &str) -> bool {
        let (units, rest) = self.units();
        let own = || units.iter().map(|unit| u16::from_le_bytes(*unit));
        // Each unit takes one to three bytes of UTF-8, and those of nearly all text one.
        let fits = rest.is_empty() && units.len() <= text.len();
        let same_ascii = || text.is_ascii() && own().eq(text.bytes().map(u16::from));
        fits && ((units.len() == text.len() && same_ascii()) || own().eq(text.encode_utf16()))
    }

    /// The text in a buffer, or `None` where it is longer or not ASCII.
    pub(crate) fn ascii_in<'a>(&self, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
        let (units, rest) = self.units();
        let text = buffer.get_mut(..units.len()).filter(|_| rest.is_empty() && is_ascii(units))?;
        for (byte, unit) in text.iter_mut().zip(units) {
            *byte = low_byte(*unit);
        }
        Some(text)
    }

    /// Whether it consists of printable ASCII characters alone, as nearly all text of a file does: then it is valid.
    pub fn is_printable_ascii(&self) -> bool {
        let (units, rest) = self.units();
        // One comparison a unit: what comes before the space turns into the highest numbers.
        let from_space = |unit: &[u8; 2]| u16::from_le_bytes(*unit).wrapping_sub(0x20);
        rest.is_empty() && units.iter().map(from_space).fold(0, u16::max) < 0x5F
    }

    /// The text, or `None` where it is not valid UTF-16 (an unpaired surrogate, an odd byte).
    pub fn exact(&self) -> Option<String> {
        let (units, rest) = self.units();
        // Nearly all text is ASCII, and each file has a dozen of them.
        if rest.is_empty() && is_ascii(units) {
            return String::from_utf8(units.iter().copied().map(low_byte).collect()).ok();
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
        let (units, rest) = self.units();
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

/// Whether all are ASCII: without a branch, so that many are looked at together.
fn is_ascii(units: &[[u8; 2]]) -> bool {
    units.iter().fold(0, |any, unit| any | u16::from_le_bytes(*unit)) < 0x80
}

/// The low byte of a unit, from the whole unit: so many are narrowed together.
fn low_byte(unit: [u8; 2]) -> u8 {
    u8::try_from(u16::from_le_bytes(unit) & 0xFF).unwrap_or_default()
}

impl PartialEq for Utf16Text {
    fn eq(&self, other: &Self) -> bool {
        self.bytes() == other.bytes()
    }
}

impl Eq for Utf16Text {}

impl PartialOrd for Utf16Text {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Utf16Text {
    fn cmp(&self, other: &Self) -> Ordering {
        self.bytes().cmp(other.bytes())
    }
}

impl Hash for Utf16Text {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.bytes().hash(state);
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
    fn a_text_is_compared_by_its_characters() {
        let units = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
        let texts =
            ["", "path", "path2", "Path", "p\u{E4}th", "\u{C3}\u{A9}", "\u{E9}", "\u{4F60}", "\u{1F600}", "\u{170}ath"];
        for own in texts {
            let text = Utf16Text::from_bytes(&units(own));
            for other in texts {
                assert_eq!(text.is(other), own == other, "{own:?} {other:?}");
                assert_eq!(text == Utf16Text::from_bytes(&units(other)), own == other, "{own:?} {other:?}");
            }
        }
        assert!(!Utf16Text::from_bytes(b"p\0a").is("p"));
    }

    #[test]
    fn texts_of_one_structure_are_cut_from_its_bytes() {
        let bytes: Arc<[u8]> = Arc::from(*b"a\0b\0c\0");
        assert_eq!(Utf16Text::within(&bytes, 2..6).map(|text| text.lossy()).as_deref(), Some("bc"));
        assert!(Utf16Text::within(&bytes, 6..6).unwrap().is_empty());
        assert!(Utf16Text::within(&bytes, 4..8).is_none());
    }

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
