//! A dump for machines, written while it is read: a BAT of any length takes no memory.

use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::error::Error;
use crate::format::hex::to_hex;
use crate::image::Image;
use crate::report::RunFacts;
use crate::report::json::{CoverageJson, ErrorJson, RunJson, UnreadableJson, lossy, path_hex};
use crate::units::{ByteLen, FileOffset};

use super::model::{Field, Sink, Structure, Value};

/// Name and version of the shape.
const SCHEMA: &str = "vhdxray.dump/1";

/// The structures of a file.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DumpJson {
    /// What stands before the structures.
    #[serde(flatten)]
    pub head: DumpHeadJson,
    /// The structures, in the order in which one leads to the next.
    pub structures: Vec<StructureJson>,
}

/// What stands before the structures.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DumpHeadJson {
    /// Always `vhdxray.dump/1`. Within this version fields are only added.
    pub schema: &'static str,
    /// Facts about the run.
    pub run: RunJson,
    /// The file, lossily.
    pub path: String,
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_raw_hex: Option<String>,
    /// Whether everything is as of a replay of the log, which is done in memory.
    pub replayed: bool,
}

/// A structure.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StructureJson {
    /// What it is and where it lies.
    #[serde(flatten)]
    pub head: StructureHeadJson,
    /// Its fields and rows, sorted as the structure has them.
    pub fields: Vec<FieldJson>,
    /// What else there is to say.
    #[serde(flatten)]
    pub rest: StructureRestJson,
}

/// What a structure is and where it lies.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct StructureHeadJson {
    /// The specification's name; the entries of a log and the sector bitmaps have their number behind it.
    pub name: String,
    /// Absolute offset in the file; `null` where the structure is not there.
    pub offset: Option<u64>,
    /// Length in bytes; `null` where the structure is not there.
    pub length_bytes: Option<u64>,
    /// In a few words, for people, whether it is valid and whether it counts.
    pub state: Option<String>,
}

/// A field, or a row that stands for several entries of a table.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FieldJson {
    /// Absolute offset of the first byte.
    pub offset: u64,
    /// The specification's name of the field; for a row what it is about: `block`, `sector bitmap`, `sector`, …
    pub name: String,
    /// Rows: the first number that the row stands for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first: Option<u64>,
    /// Rows: how many follow one another from there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u64>,
    /// What the bytes say. A row that stands for several entries has the value of the first.
    pub value: ValueJson,
    /// What that means, for people.
    pub meaning: Option<String>,
}

/// A number; or text, a GUID, or bytes as hexadecimal digits.
#[derive(Clone, Debug, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum ValueJson {
    /// A number.
    Number(u64),
    /// Text.
    Text(String),
}

/// What stands behind the fields of a structure.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct StructureRestJson {
    /// More words about it, for people.
    pub notes: Vec<String>,
    /// Why it, or the rest of it, cannot be read.
    pub error: Option<ErrorJson>,
    /// Its bytes as hexadecimal digits; only present with `--raw`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_hex: Option<String>,
    /// How many more bytes it has; only present with `--raw`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub raw_left_out_bytes: Option<u64>,
}

/// Writes the one object of a dump.
pub(super) struct JsonSink<'a> {
    out: &'a mut dyn Write,
    first_structure: bool,
    first_field: bool,
    rest: StructureRestJson,
}

impl<'a> JsonSink<'a> {
    /// Writes what stands before the structures.
    pub(super) fn begin(image: &Image, facts: &RunFacts, out: &'a mut dyn Write) -> io::Result<Self> {
        let mut sink = Self { out, first_structure: true, first_field: true, rest: StructureRestJson::default() };
        sink.out.write_all(b"{")?;
        sink.members(&head(image, facts))?;
        sink.out.write_all(b",\"structures\":[")?;
        Ok(sink)
    }

    /// Writes what closes the object.
    pub(super) fn end(self) -> io::Result<()> {
        self.out.write_all(b"\n]}\n")
    }

    /// The members of an object, without its braces.
    fn members(&mut self, object: &impl Serialize) -> io::Result<()> {
        let text = serde_json::to_string(object)?;
        let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}')).unwrap_or_default();
        self.out.write_all(inner.as_bytes())
    }
}

fn head(image: &Image, facts: &RunFacts) -> DumpHeadJson {
    let (path, path_raw_hex) = (lossy(image.path()), path_hex(image.path()));
    let unreadable: Vec<UnreadableJson> = image
        .blockers()
        .iter()
        .map(|error| UnreadableJson {
            host: None,
            path: path.clone(),
            path_raw_hex: path_raw_hex.clone(),
            error: error.into(),
        })
        .take(1)
        .collect();
    let coverage = CoverageJson {
        files_seen_count: 1,
        files_read_count: u64::from(unreadable.is_empty()),
        unreadable,
        links_not_followed: Vec::new(),
    };
    DumpHeadJson {
        schema: SCHEMA,
        run: RunJson::with_coverage(facts, coverage),
        path,
        path_raw_hex,
        replayed: image.replayed(),
    }
}

impl Sink for JsonSink<'_> {
    fn open(&mut self, structure: &Structure) -> io::Result<()> {
        self.out.write_all(if std::mem::take(&mut self.first_structure) { b"\n{" } else { b",\n{" })?;
        self.members(&StructureHeadJson {
            name: structure.name.to_string(),
            offset: structure.range.map(|range| range.start.0),
            length_bytes: structure.range.map(|range| range.len.0),
            state: Some(structure.state.clone()).filter(|state| !state.is_empty()),
        })?;
        self.out.write_all(b",\"fields\":[")?;
        self.first_field = true;
        self.rest = StructureRestJson::default();
        Ok(())
    }

    fn field(&mut self, field: &Field) -> io::Result<()> {
        self.out.write_all(if std::mem::take(&mut self.first_field) { b"\n " } else { b",\n " })?;
        let field = FieldJson {
            offset: field.at.0,
            name: field.name.to_string(),
            first: field.numbers.map(|(first, _)| first),
            count: field.numbers.map(|(_, count)| count),
            value: match &field.value {
                Value::Count(number) | Value::Hex(number) => ValueJson::Number(*number),
                Value::Guid(guid) => ValueJson::Text(guid.to_string()),
                Value::Text(text) => ValueJson::Text(text.clone()),
                Value::Bytes(bytes) => ValueJson::Text(to_hex(bytes)),
            },
            meaning: Some(field.meaning.clone()).filter(|meaning| !meaning.is_empty()),
        };
        serde_json::to_writer(&mut self.out, &field).map_err(Into::into)
    }

    fn note(&mut self, note: &str) -> io::Result<()> {
        self.rest.notes.push(note.to_owned());
        Ok(())
    }

    fn problem(&mut self, error: &Error) -> io::Result<()> {
        self.rest.error = Some(error.into());
        Ok(())
    }

    fn raw(&mut self, _at: FileOffset, bytes: &[u8], cut: ByteLen) -> io::Result<()> {
        self.rest.raw_hex = Some(to_hex(bytes));
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
