//! A dump for people: one line a field, in columns.

use std::io::{self, Write};

use crate::error::Error;
use crate::report::{Paint, Style, text};
use crate::units::{ByteLen, FileOffset};

use super::hex;
use super::model::{Field, Sink, Structure, Value};

/// Rows that are looked at together for the width of their columns. A longer table is written piece by piece.
const PIECE: usize = 512;

/// No column is made wider than this for the sake of the next one.
const MAX_COLUMN: usize = 44;

pub(super) struct TextSink<'a> {
    out: &'a mut dyn Write,
    style: Style,
    /// Hexadecimal digits of an offset.
    digits: usize,
    rows: Vec<Row>,
    widths: [usize; 2],
    first: bool,
}

struct Row {
    at: FileOffset,
    name: String,
    value: String,
    meaning: String,
}

impl<'a> TextSink<'a> {
    pub(super) fn new(out: &'a mut dyn Write, style: Style, file_size: ByteLen) -> Self {
        let digits = (64 - file_size.0.leading_zeros()).div_ceil(4).max(6);
        Self { out, style, digits: digits.try_into().unwrap_or(16), rows: Vec::new(), widths: [0; 2], first: true }
    }

    fn flush(&mut self) -> io::Result<()> {
        let width = |texts: &mut dyn Iterator<Item = &String>| {
            texts.map(|text| text::width(text)).filter(|width| *width <= MAX_COLUMN).max().unwrap_or_default()
        };
        let [name_width, value_width] = &mut self.widths;
        *name_width = width(&mut self.rows.iter().map(|row| &row.name)).max(*name_width);
        // A value that nothing follows needs no column.
        let followed = &mut self.rows.iter().filter(|row| !row.meaning.is_empty()).map(|row| &row.value);
        *value_width = width(followed).max(*value_width);
        for row in self.rows.drain(..) {
            let at = self.style.paint(Paint::Faint, hex::offset(row.at, self.digits));
            let name = text::left(&row.name, *name_width);
            if row.meaning.is_empty() {
                writeln!(self.out, "  {at}  {name}  {}", row.value)?;
            } else {
                writeln!(self.out, "  {at}  {name}  {}  {}", text::left(&row.value, *value_width), row.meaning)?;
            }
        }
        Ok(())
    }
}

impl Sink for TextSink<'_> {
    fn open(&mut self, structure: &Structure) -> io::Result<()> {
        if !std::mem::take(&mut self.first) {
            writeln!(self.out)?;
        }
        self.widths = [0; 2];
        write!(self.out, "{}", self.style.paint(Paint::Strong, &structure.name))?;
        if let Some(range) = structure.range {
            write!(self.out, "  {}, {} bytes", hex::offset(range.start, self.digits), text::count(range.len.0))?;
        }
        if !structure.state.is_empty() {
            write!(self.out, "  {}", structure.state)?;
        }
        writeln!(self.out)
    }

    fn field(&mut self, field: &Field) -> io::Result<()> {
        let name = match field.numbers {
            None => field.name.to_string(),
            Some((first, 1)) => format!("{} {first}", field.name),
            Some((first, count)) => format!("{} {first}-{}", field.name, first.saturating_add(count.saturating_sub(1))),
        };
        let value = shown(&field.value);
        self.rows.push(Row { at: field.at, name, value, meaning: text::printable(&field.meaning) });
        if self.rows.len() >= PIECE { self.flush() } else { Ok(()) }
    }

    fn note(&mut self, note: &str) -> io::Result<()> {
        self.flush()?;
        writeln!(self.out, "  {}", text::printable(note))
    }

    fn problem(&mut self, error: &Error) -> io::Result<()> {
        self.flush()?;
        let what = format!("cannot be read: {}", text::printable(&error.reason().to_string()));
        writeln!(self.out, "  {}", self.style.paint(Paint::Alarm, what))
    }

    fn raw(&mut self, at: FileOffset, bytes: &[u8], cut: ByteLen) -> io::Result<()> {
        self.flush()?;
        hex::lines(self.out, self.digits, at, bytes)?;
        if !cut.is_zero() {
            let more = text::count(cut.0);
            writeln!(self.out, "  and {more} more bytes, which are left out here")?;
        }
        Ok(())
    }

    fn close(&mut self) -> io::Result<()> {
        self.flush()
    }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Count(number) => number.to_string(),
        Value::Hex(number) => format!("{number:#x}"),
        Value::Guid(guid) => guid.to_string(),
        Value::Text(text) => format!("\"{}\"", text::printable(text)),
        Value::Bytes(bytes) => hex::spaced(bytes),
    }
}
