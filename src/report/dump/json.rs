//! A dump for machines, written while it is read: a BAT of any length takes no memory.

use std::io::{self, Write};

use serde::Serialize;

use crate::error::Error;
use crate::units::{ByteLen, FileOffset};

use super::hex;
use super::model::{Field, Sink, Structure, Value};

/// Writes the elements of the array `structures`, without its brackets.
pub(super) struct JsonSink<'a> {
    out: &'a mut dyn Write,
    first_structure: bool,
    first_field: bool,
    rest: Rest,
}

/// What comes before the fields of a structure.
#[derive(Serialize)]
struct JsonStructure<'a> {
    name: &'a str,
    offset: Option<u64>,
    length_bytes: Option<u64>,
    state: Option<&'a str>,
}

#[derive(Serialize)]
struct JsonField<'a> {
    offset: u64,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    first: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    count: Option<u64>,
    value: JsonValue<'a>,
    meaning: Option<&'a str>,
}

#[derive(Serialize)]
#[serde(untagged)]
enum JsonValue<'a> {
    Number(u64),
    Text(&'a str),
    Owned(String),
}

/// What comes after them.
#[derive(Default, Serialize)]
struct Rest {
    notes: Vec<String>,
    problem: Option<String>,
    problem_offset: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_hex: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    raw_left_out_bytes: Option<u64>,
}

impl<'a> JsonSink<'a> {
    pub(super) fn new(out: &'a mut dyn Write) -> Self {
        Self { out, first_structure: true, first_field: true, rest: Rest::default() }
    }

    /// The members of an object, without its braces.
    fn members(&mut self, object: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string(object)?;
        let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default();
        self.out.write_all(inner.as_bytes())
    }
}

impl Sink for JsonSink<'_> {
    fn open(&mut self, structure: &Structure) -> io::Result<()> {
        self.out.write_all(if std::mem::take(&mut self.first_structure) { b"\n{" } else { b",\n{" })?;
        self.members(&JsonStructure {
            name: &structure.name,
            offset: structure.range.map(|range| range.start.0),
            length_bytes: structure.range.map(|range| range.len.0),
            state: Some(structure.state.as_str()).filter(|state| !state.is_empty()),
        })?;
        self.out.write_all(b",\"fields\":[")?;
        self.first_field = true;
        self.rest = Rest::default();
        Ok(())
    }

    fn field(&mut self, field: &Field) -> io::Result<()> {
        self.out.write_all(if std::mem::take(&mut self.first_field) { b"\n " } else { b",\n " })?;
        let field = JsonField {
            offset: field.at.0,
            name: &field.name,
            first: field.numbers.map(|(first, _)| first),
            count: field.numbers.map(|(_, count)| count),
            value: match &field.value {
                Value::Count(number) | Value::Hex(number) => JsonValue::Number(*number),
                Value::Guid(guid) => JsonValue::Owned(guid.to_string()),
                Value::Text(text) => JsonValue::Text(text),
                Value::Bytes(bytes) => JsonValue::Owned(hex::packed(bytes)),
            },
            meaning: Some(field.meaning.as_str()).filter(|meaning| !meaning.is_empty()),
        };
        serde_json::to_writer(&mut self.out, &field).map_err(Into::into)
    }

    fn note(&mut self, note: &str) -> io::Result<()> {
        self.rest.notes.push(note.to_owned());
        Ok(())
    }

    fn problem(&mut self, error: &Error) -> io::Result<()> {
        self.rest.problem = Some(error.reason().to_string());
        self.rest.problem_offset = error.offset().map(FileOffset::get);
        Ok(())
    }

    fn raw(&mut self, _at: FileOffset, bytes: &[u8], cut: ByteLen) -> io::Result<()> {
        self.rest.raw_hex = Some(hex::packed(bytes));
        self.rest.raw_left_out_bytes = Some(cut.0);
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        self.out.write_all(b"],")?;
        let rest = std::mem::take(&mut self.rest);
        self.members(&rest)?;
        self.out.write_all(b"}")
    }
}
