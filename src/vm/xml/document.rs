//! A whole document, read strictly. A document type declaration is refused, and with it every entity of its own: nothing
//! is fetched and nothing multiplies.

use roxmltree::{Document, Node, ParsingOptions, TextPos};

use crate::error::Error;
use crate::limits;
use crate::units::{ByteLen, FileOffset};
use crate::vm::problem::Problems;
use crate::vm::{Key, ProblemKind, Value};

use super::STRUCTURE;
use super::bounds;
use super::text::Text;
use super::value;

/// The tree of a document, or where and why it is none.
pub(super) fn read(text: &Text, problems: &mut Problems) -> Result<Key, Error> {
    bounds::check(text)?;
    let nodes_limit = u32::try_from(limits::MAX_VM_KEYS.saturating_mul(3)).unwrap_or(u32::MAX);
    let options = ParsingOptions { allow_dtd: false, nodes_limit, ..ParsingOptions::default() };
    let document = Document::parse_with_options(&text.characters, options).map_err(|error| {
        let byte = match &error {
            // The parser gives these no place.
            roxmltree::Error::UnclosedRootNode | roxmltree::Error::UnexpectedEndOfStream => text.characters.len(),
            other => byte_of(&text.characters, other.pos()),
        };
        Error::malformed(STRUCTURE, FileOffset(text.offset_in_file(byte)), error.to_string())
    })?;
    let mut reader = Reader { text, problems };
    Ok(reader.key(document.root_element(), 0))
}

struct Reader<'a> {
    text: &'a Text,
    problems: &'a mut Problems,
}

impl Reader<'_> {
    fn key(&mut self, node: Node<'_, '_>, depth: usize) -> Key {
        let mut children = Vec::new();
        for child in node.children().filter(Node::is_element) {
            if depth >= limits::MAX_VM_DEPTH {
                let place = || FileOffset(self.text.offset_in_file(child.range().start));
                self.problems.add_first(ProblemKind::OverLimit, STRUCTURE, || too_deep(place()));
                break;
            }
            children.push(self.key(child, depth.saturating_add(1)));
        }
        let kind = node.attribute("type");
        let text: String = node.children().filter(Node::is_text).filter_map(|text| text.text()).collect();
        let value = if value::is_node(kind, &text) {
            Value::Node
        } else {
            value::parse(kind, &text).unwrap_or_else(|| {
                self.problems.add_first(ProblemKind::ValueUnreadable, STRUCTURE, || {
                    let what = format!("the value of {} is no {}", node.tag_name().name(), kind.unwrap_or("text"));
                    let place = FileOffset(self.text.offset_in_file(node.range().start));
                    Error::malformed(STRUCTURE, place, what)
                });
                Value::Unreadable
            })
        };
        Key { name: node.tag_name().name().to_owned(), value, at: None, intact: None, children }
    }
}

pub(super) fn too_deep(at: FileOffset) -> Error {
    let bound = ByteLen::from(limits::MAX_VM_DEPTH).0;
    Error::limit(STRUCTURE, at, "MAX_VM_DEPTH", bound, bound.saturating_add(1))
}

/// The byte of the text at a row and column that count characters from 1.
fn byte_of(text: &str, position: TextPos) -> usize {
    let line = usize::try_from(position.row.saturating_sub(1)).unwrap_or(usize::MAX);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = text.get(start..).unwrap_or_default();
    let characters = usize::try_from(position.col.saturating_sub(1)).unwrap_or(usize::MAX);
    let within: usize = rest.chars().take(characters).map(char::len_utf8).sum();
    start.saturating_add(within)
}
