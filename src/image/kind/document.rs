//! The root of an XML document, as far as it takes to tell a configuration of a machine from other documents. More is
//! allowed before it than Hyper-V writes: what `vm` reads, a scan must not pass by.

use crate::error::Result;
use crate::limits::MAX_VM_XML_PROLOG;
use crate::source::ReadAt;
use crate::units::FileOffset;

/// What kind of document a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    /// Its root is that of a configuration.
    Configuration,
    /// It is a whole document with another root.
    Other,
    /// Nothing tells.
    Unknown,
}

const CONFIGURATION: &str = "configuration";
/// How much of the end is looked at for the end of the root.
const TAIL: u64 = 512;

/// The root of the document in a file.
pub(super) fn root(source: &dyn ReadAt) -> Result<Root> {
    let mut head = vec![0; usize::try_from(source.size().min(MAX_VM_XML_PROLOG).0).unwrap_or_default()];
    let have = source.read_up_to("", FileOffset::ZERO, &mut head)?;
    let head = head.get(..have).unwrap_or_default();
    let text = decode(head);
    let Some(name) = root_name(&text) else { return Ok(Root::Unknown) };
    if name == CONFIGURATION {
        return Ok(Root::Configuration);
    }
    // A root that is another by damage to its name is not closed by that name.
    let size = source.size().0;
    let start = size.saturating_sub(TAIL) & !1;
    let mut tail = vec![0; usize::try_from(size.saturating_sub(start)).unwrap_or_default()];
    let have = source.read_up_to("", FileOffset(start), &mut tail)?;
    let tail = tail.get(..have).unwrap_or_default();
    let closing = match encoding(head) {
        Encoding::Utf16(unit) => utf16(tail, unit),
        Encoding::Utf8 => String::from_utf8_lossy(tail).into_owned(),
    };
    let is_closed =
        closing.trim_end().strip_suffix('>').is_some_and(|end| end.trim_end().ends_with(&format!("</{name}")));
    Ok(if is_closed { Root::Other } else { Root::Unknown })
}

/// Whether these first bytes of a file start a document whose root is that of a configuration.
pub(super) fn is_configuration(head: &[u8]) -> bool {
    root_name(&decode(head)) == Some(CONFIGURATION)
}

/// The name of the root, whatever XML allows before it.
fn root_name(text: &str) -> Option<&str> {
    let mut text = text.trim_start_matches('\u{FEFF}').trim_start();
    loop {
        if let Some(comment) = text.strip_prefix("<!--") {
            text = comment.split_once("-->")?.1.trim_start();
            continue;
        }
        let end = match text {
            _ if text.starts_with("<?") => "?>",
            // A declaration of the document's type may have others inside, in brackets.
            _ if text.starts_with("<!") => match text.find(['[', '>']).and_then(|at| text.get(at..)) {
                Some(inside) if inside.starts_with('[') => "]>",
                _ => ">",
            },
            _ => break,
        };
        text = text.split_once(end)?.1.trim_start();
    }
    let tag = text.strip_prefix('<')?;
    let end = tag.find(|character: char| character == '>' || character == '/' || character.is_whitespace())?;
    tag.get(..end).filter(|name| !name.is_empty())
}

enum Encoding {
    Utf16(fn([u8; 2]) -> u16),
    Utf8,
}

/// By the byte order mark, and without one by the zeros beside the first character.
fn encoding(head: &[u8]) -> Encoding {
    match head {
        [0xFF, 0xFE, ..] => Encoding::Utf16(u16::from_le_bytes),
        [0xFE, 0xFF, ..] => Encoding::Utf16(u16::from_be_bytes),
        [first, 0, ..] if *first != 0 => Encoding::Utf16(u16::from_le_bytes),
        [0, second, ..] if *second != 0 => Encoding::Utf16(u16::from_be_bytes),
        _ => Encoding::Utf8,
    }
}

fn decode(head: &[u8]) -> String {
    match encoding(head) {
        Encoding::Utf16(unit) => utf16(head, unit),
        Encoding::Utf8 => String::from_utf8_lossy(head).into_owned(),
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let units = bytes.as_chunks::<2>().0.iter().map(|pair| unit(*pair));
    char::decode_utf16(units).map(|unit| unit.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::MemorySource;

    #[test]
    fn whatever_xml_allows_may_stand_before_the_root() {
        let root = |bytes: &[u8]| root(&MemorySource::new(bytes)).unwrap();
        let utf16 = |unit: fn(u16) -> [u8; 2], text: &str| text.encode_utf16().flat_map(unit).collect::<Vec<u8>>();
        let comment = format!("<!-- {} -->", "<x> ".repeat(5000));
        for before in
            ["", " \r\n", "<?xml version='1.0'?>", "<!---> -->\n", &comment, "<!DOCTYPE x [<!ENTITY a 'b'>\n]>"]
        {
            for after in [">", " type='x'>", "\r\n>", "/>"] {
                let text = format!("{before}<configuration{after}");
                let marked = format!("\u{FEFF}{text}");
                for text in [&text, &marked] {
                    let bytes =
                        [utf16(u16::to_le_bytes, text), utf16(u16::to_be_bytes, text), text.clone().into_bytes()];
                    for bytes in bytes {
                        assert_eq!(root(&bytes), Root::Configuration, "{text}");
                    }
                }
            }
        }
        for (text, expected) in [
            ("<configurationSection></configurationSection>\n", Root::Other),
            ("<a b='c'></a >", Root::Other),
            ("<a></configuration>", Root::Unknown),
            ("<?xml <configuration>", Root::Unknown),
            ("configuration>", Root::Unknown),
            ("<configuration", Root::Unknown),
            ("<>", Root::Unknown),
            ("", Root::Unknown),
        ] {
            assert_eq!(root(text.as_bytes()), expected, "{text}");
            assert_eq!(root(&utf16(u16::to_le_bytes, text)), expected, "{text}");
        }
        let late = format!("{}<configuration>", " ".repeat(70_000));
        assert_eq!(root(late.as_bytes()), Root::Unknown, "beyond the bound");
    }
}
