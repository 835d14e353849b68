//! What can be saved of a document that is none: elements and texts up to where it breaks, every element that is still
//! open closed there. Only the five entities that XML knows by itself and numbers are put in their places.

use crate::limits;
use crate::units::FileOffset;
use crate::vm::problem::Problems;
use crate::vm::{Key, ProblemKind, Value};

use super::STRUCTURE;
use super::document::too_deep;
use super::text::Text;
use super::value;

/// The elements that can be found.
pub(super) fn read(text: &Text, problems: &mut Problems) -> Vec<Key> {
    let mut elements = Elements { open: vec![Open::new("", None)], left_out: 0, count: 0 };
    let mut rest = text.characters.as_str();
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        elements.text(before);
        if let Some(after) = skip_other(tag) {
            rest = after;
            continue;
        }
        let Some((inside, after)) = tag.get(1..).and_then(|tag| tag.split_once('>')) else {
            // The document ends inside a tag, which tells nothing.
            rest = "";
            break;
        };
        rest = after;
        match inside.strip_prefix('/') {
            Some(name) => elements.end(name.trim()),
            None if elements.count >= limits::MAX_VM_KEYS => break,
            None if !elements.start(inside) => {
                let at = text.characters.len().saturating_sub(tag.len());
                let place = || FileOffset(text.offset_in_file(at));
                problems.add_first(ProblemKind::OverLimit, STRUCTURE, || too_deep(place()));
            }
            None => {}
        }
    }
    // The text of the element in which the document breaks off may be a part of it only. It is kept, for the start of
    // a path tells a person more than nothing.
    elements.text(rest);
    elements.finish()
}

/// An element whose end has not been met.
struct Open {
    key: Key,
    kind: Option<String>,
    text: String,
}

impl Open {
    fn new(name: &str, kind: Option<String>) -> Self {
        let key = Key { name: name.to_owned(), value: Value::Node, at: None, intact: None, children: Vec::new() };
        Self { key, kind, text: String::new() }
    }
}

/// What follows a comment, a declaration or an instruction, which are not looked at; `None` for an element's tag.
fn skip_other(tag: &str) -> Option<&str> {
    let starts = [("<!--", "-->"), ("<?", "?>"), ("<!", ">")];
    let (inside, end) = starts.into_iter().find_map(|(start, end)| Some((tag.strip_prefix(start)?, end)))?;
    Some(inside.split_once(end).map_or("", |(_, after)| after))
}

/// The elements that are open, the whole document first.
struct Elements {
    open: Vec<Open>,
    /// How many more are open that were left out for being too deep.
    left_out: u64,
    count: usize,
}

impl Elements {
    fn text(&mut self, text: &str) {
        if let Some(innermost) = self.open.last_mut().filter(|_| self.left_out == 0) {
            innermost.text.push_str(text);
        }
    }

    /// Opens an element by what stands in its tag; `false` where it is left out.
    fn start(&mut self, inside: &str) -> bool {
        let empty = inside.ends_with('/');
        let inside = inside.strip_suffix('/').unwrap_or(inside);
        if self.open.len() > limits::MAX_VM_DEPTH {
            self.left_out = self.left_out.saturating_add(u64::from(!empty));
            return false;
        }
        let (name, attributes) = inside.split_once(char::is_whitespace).unwrap_or((inside, ""));
        self.open.push(Open::new(name, attribute(attributes, "type")));
        self.count = self.count.saturating_add(1);
        if empty {
            self.close();
        }
        true
    }

    /// Closes the innermost element of that name and all inside it; an end without a start is passed over.
    fn end(&mut self, name: &str) {
        if self.left_out > 0 {
            self.left_out = self.left_out.saturating_sub(1);
            return;
        }
        let number = self.open.iter().rposition(|open| open.key.name == name);
        if let Some(number) = number.filter(|number| *number > 0) {
            while self.open.len() > number {
                self.close();
            }
        }
    }

    fn close(&mut self) {
        let (Some(mut inner), Some(outer)) = (self.open.pop(), self.open.last_mut()) else { return };
        let kind = inner.kind.as_deref();
        if !value::is_node(kind, &inner.text) {
            inner.key.value = value::parse(kind, &unescape(&inner.text)).unwrap_or(Value::Unreadable);
        }
        outer.key.children.push(inner.key);
    }

    fn finish(mut self) -> Vec<Key> {
        while self.open.len() > 1 {
            self.close();
        }
        self.open.pop().map(|root| root.key.children).unwrap_or_default()
    }
}

/// The value of an attribute, in either kind of quotes.
fn attribute(attributes: &str, name: &str) -> Option<String> {
    let after = attributes.split_once(name)?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = after.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    after.get(1..)?.split_once(quote).map(|(value, _)| value.to_owned())
}

/// Text with its references put in place; what is no reference that XML knows by itself stays as it is.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        out.push_str(before);
        // The longest name of a reference has nine characters.
        let end = after.bytes().take(10).position(|byte| byte == b';');
        let reference = end.and_then(|end| Some((character(after.get(..end)?)?, after.get(end.saturating_add(1)..)?)));
        rest = match reference {
            Some((character, after)) => {
                out.push(character);
                after
            }
            None => {
                out.push('&');
                after
            }
        };
    }
    out.push_str(rest);
    out
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#').filter(|number| number.len() <= 8)?;
            let code = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(text: &str) -> Vec<Key> {
        read(&Text::decode(text.as_bytes()), &mut Problems::default())
    }

    #[test]
    fn everything_before_the_break_is_saved() {
        let keys = saved(
            "<?xml version='1.0'?><!-- <x> --><configuration><a><b type=\"string\">C:\\R&amp;D&#x41;&bomb;</b><c/>\
             <e>D:\\x</e><d type='integer'>12",
        );
        let a = keys[0].child("a").unwrap();
        assert_eq!(a.child("b").unwrap().value.as_text().unwrap().lossy(), "C:\\R&DA&bomb;");
        assert_eq!(a.child("c").unwrap().value, Value::Node);
        assert_eq!(a.child("e").unwrap().value.as_text().unwrap().lossy(), "D:\\x", "a value without its type");
        assert_eq!(a.child("d").unwrap().value, Value::Int(12));
        assert_eq!(saved("<a><b></a><c></b></c>")[0].children.len(), 1);
        assert_eq!(saved("<a><b").len(), 1);
        assert!(saved("").is_empty());
    }
}
