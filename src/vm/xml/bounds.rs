//! What would cost the parser more than the length of the document says, looked for before it sees the document.

use crate::error::Error;
use crate::limits::{MAX_VM_XML_ATTRIBUTES, MAX_VM_XML_NAMESPACES};
use crate::units::{ByteLen, FileOffset};

use super::STRUCTURE;
use super::text::Text;

/// Fails where an element has too many attributes or the document declares too many name spaces. Looks at each character
/// once.
pub(super) fn check(text: &Text) -> Result<(), Error> {
    let mut namespaces = 0_usize;
    let mut rest = text.characters.as_str();
    while let Some((_, tag)) = rest.split_once('<') {
        if let Some((inside, end)) = other(tag) {
            rest = inside.split_once(end).map_or("", |(_, after)| after);
            continue;
        }
        let (attributes, after) = attributes(tag);
        namespaces =
            namespaces.saturating_add(tag.get(..tag.len().saturating_sub(after.len())).map_or(0, declarations));
        let counts = [
            ("MAX_VM_XML_ATTRIBUTES", MAX_VM_XML_ATTRIBUTES, attributes),
            ("MAX_VM_XML_NAMESPACES", MAX_VM_XML_NAMESPACES, namespaces),
        ];
        if let Some((name, most, found)) = counts.into_iter().find(|(_, most, found)| found > most) {
            let at = text.characters.len().saturating_sub(tag.len().saturating_add(1));
            let place = FileOffset(text.offset_in_file(at));
            return Err(Error::limit(STRUCTURE, place, name, ByteLen::from(most).0, ByteLen::from(found).0));
        }
        rest = after;
    }
    Ok(())
}

/// What stands in a comment, an instruction or a section of plain text, and what ends it; `None` for an element's tag.
fn other(tag: &str) -> Option<(&str, &'static str)> {
    let starts = [("!--", "-->"), ("![CDATA[", "]]>"), ("?", "?>")];
    starts.into_iter().find_map(|(start, end)| Some((tag.strip_prefix(start)?, end)))
}

/// How many attributes a tag has, and what follows it. A `>` in quotes does not end it.
fn attributes(tag: &str) -> (usize, &str) {
    let (mut count, mut quote) = (0_usize, None);
    for (at, byte) in tag.bytes().enumerate() {
        match (quote, byte) {
            (None, b'>') => return (count, tag.get(at..).unwrap_or_default()),
            (None, b'"' | b'\'') => quote = Some(byte),
            (None, b'=') => count = count.saturating_add(1),
            (Some(open), _) if open == byte => quote = None,
            _ => {}
        }
    }
    (count, "")
}

fn declarations(tag: &str) -> usize {
    tag.matches("xmlns").count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bound(document: &str) -> Option<String> {
        check(&Text::decode(document.as_bytes())).err().map(|error| error.to_string())
    }

    #[test]
    fn a_document_that_would_take_the_parser_for_ever_is_told_before() {
        let many = |n: usize| (0..n).map(|n| format!(" a{n}='>'")).collect::<Vec<_>>().concat();
        assert_eq!(bound(&format!("<a{}/><b{}>=</b>", many(64), many(64))), None);
        assert!(bound(&format!("<a/><b{}/>", many(65))).unwrap().contains("MAX_VM_XML_ATTRIBUTES"));
        assert!(bound(&format!("<a/><b{}", many(65))).unwrap().contains("MAX_VM_XML_ATTRIBUTES"));
        let hidden = many(65);
        assert_eq!(bound(&format!("<!---> <b{hidden} \"--><?b {hidden}?><![CDATA[<b{hidden}>]]><a/>")), None);
        let spaces = |n: usize| (0..n).map(|n| format!("<a xmlns:n{n}='u'>")).collect::<Vec<_>>().concat();
        assert_eq!(bound(&spaces(64)), None);
        assert!(bound(&spaces(65)).unwrap().contains("MAX_VM_XML_NAMESPACES"));
    }
}
