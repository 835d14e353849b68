//! The text of a configuration in XML: UTF-16 as Hyper-V writes it, or UTF-8.

use std::fmt;

/// How the text is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-16, little-endian, as Hyper-V writes it.
    Utf16Le,
    /// UTF-16, big-endian.
    Utf16Be,
    /// UTF-8.
    Utf8,
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Utf16Le => "UTF-16LE",
            Self::Utf16Be => "UTF-16BE",
            Self::Utf8 => "UTF-8",
        })
    }
}

/// A text and how it was encoded.
#[derive(Clone, Debug)]
pub(super) struct Text {
    pub characters: String,
    pub encoding: Encoding,
    pub byte_order_mark: bool,
    /// Bytes that are no text of that encoding; each stands as U+FFFD in the text.
    pub invalid_count: u64,
}

impl Text {
    /// Decodes a file. Without a byte order mark, zeros beside the first character tell the encoding.
    pub(super) fn decode(bytes: &[u8]) -> Self {
        let (encoding, rest, byte_order_mark) = match bytes {
            [0xFF, 0xFE, rest @ ..] => (Encoding::Utf16Le, rest, true),
            [0xFE, 0xFF, rest @ ..] => (Encoding::Utf16Be, rest, true),
            [0xEF, 0xBB, 0xBF, rest @ ..] => (Encoding::Utf8, rest, true),
            [b'<' | b' ' | b'\t' | b'\r' | b'\n', 0, ..] => (Encoding::Utf16Le, bytes, false),
            [0, b'<' | b' ' | b'\t' | b'\r' | b'\n', ..] => (Encoding::Utf16Be, bytes, false),
            _ => (Encoding::Utf8, bytes, false),
        };
        let (text, invalid_count) = match encoding {
            Encoding::Utf16Le => utf16(rest, u16::from_le_bytes),
            Encoding::Utf16Be => utf16(rest, u16::from_be_bytes),
            Encoding::Utf8 => utf8(rest),
        };
        Self { characters: text, encoding, byte_order_mark, invalid_count }
    }

    /// Where in the file the character stands that starts at byte `at` of the text; the next one where `at` lies within.
    pub(super) fn offset_in_file(&self, at: usize) -> u64 {
        let before =
            self.characters.char_indices().take_while(|(start, _)| *start < at).map(|(_, character)| {
                match self.encoding {
                    Encoding::Utf16Le | Encoding::Utf16Be => character.len_utf16().saturating_mul(2),
                    Encoding::Utf8 => character.len_utf8(),
                }
            });
        let mark = match (self.byte_order_mark, self.encoding) {
            (false, _) => 0,
            (true, Encoding::Utf8) => 3,
            (true, _) => 2,
        };
        before.fold(mark, |sum: u64, len| sum.saturating_add(u64::try_from(len).unwrap_or(u64::MAX)))
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> (String, u64) {
    let (units, rest) = bytes.as_chunks::<2>();
    let mut invalid = u64::from(!rest.is_empty());
    let text = char::decode_utf16(units.iter().map(|pair| unit(*pair)))
        .map(|character| {
            character.unwrap_or_else(|_| {
                invalid = invalid.saturating_add(1);
                char::REPLACEMENT_CHARACTER
            })
        })
        .collect();
    (text, invalid)
}

fn utf8(bytes: &[u8]) -> (String, u64) {
    let (mut text, mut invalid) = (String::with_capacity(bytes.len()), 0_u64);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        if !chunk.invalid().is_empty() {
            invalid = invalid.saturating_add(1);
            text.push(char::REPLACEMENT_CHARACTER);
        }
    }
    (text, invalid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_encoding_is_told_and_places_are_those_of_the_file() {
        let utf16 = |unit: fn(u16) -> [u8; 2], text: &str| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        for (bytes, encoding, mark) in [
            (utf16(u16::to_le_bytes, "\u{FEFF}<a>ü𝄞b</a>"), Encoding::Utf16Le, true),
            (utf16(u16::to_be_bytes, "\u{FEFF}<a>ü𝄞b</a>"), Encoding::Utf16Be, true),
            (utf16(u16::to_le_bytes, "<a>ü𝄞b</a>"), Encoding::Utf16Le, false),
            (utf16(u16::to_be_bytes, "<a>ü𝄞b</a>"), Encoding::Utf16Be, false),
            ("\u{FEFF}<a>ü𝄞b</a>".into(), Encoding::Utf8, true),
            ("<a>ü𝄞b</a>".into(), Encoding::Utf8, false),
        ] {
            let text = Text::decode(&bytes);
            assert_eq!((text.characters.as_str(), text.encoding, text.byte_order_mark), ("<a>ü𝄞b</a>", encoding, mark));
            let at = usize::try_from(text.offset_in_file(text.characters.find('b').unwrap())).unwrap();
            assert!(bytes[at..at + 2].contains(&b'b'), "{encoding}");
        }
    }

    #[test]
    fn what_is_no_text_is_replaced_and_counted() {
        let text = Text::decode(b"\xFF\xFE<\0\x00\xD8a\0b");
        assert_eq!((text.characters.as_str(), text.invalid_count), ("<\u{FFFD}a", 2));
        assert_eq!(Text::decode(b"<a>\xFF\xFE</a>").invalid_count, 2);
    }
}
