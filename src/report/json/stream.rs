//! A JSON object whose lists are too long to be held: written field by field, an element a line.

use std::io::{self, Write};

use serde::Serialize;

/// Writes one object. Nothing closes it but [`end`](Self::end), so that an object that was broken off is no JSON.
pub(super) struct ObjectWriter<'a> {
    out: &'a mut dyn Write,
    empty: bool,
}

impl<'a> ObjectWriter<'a> {
    pub(super) fn start(out: &'a mut dyn Write) -> io::Result<Self> {
        write!(out, "{{")?;
        Ok(Self { out, empty: true })
    }

    /// Writes a field.
    pub(super) fn field<T: Serialize>(&mut self, name: &str, value: &T) -> io::Result<()> {
        self.name(name)?;
        serde_json::to_writer(&mut *self.out, value)?;
        Ok(())
    }

    /// Starts a field that is a list.
    pub(super) fn list(&mut self, name: &str) -> io::Result<ListWriter<'_>> {
        self.name(name)?;
        write!(self.out, "[")?;
        Ok(ListWriter { out: &mut *self.out, empty: true })
    }

    fn name(&mut self, name: &str) -> io::Result<()> {
        let comma = if self.empty { "" } else { "," };
        self.empty = false;
        write!(self.out, "{comma}\n  \"{name}\": ")
    }

    pub(super) fn end(self) -> io::Result<()> {
        writeln!(self.out, "\n}}")
    }
}

/// Writes a list of an object.
pub(super) struct ListWriter<'a> {
    out: &'a mut dyn Write,
    empty: bool,
}

impl ListWriter<'_> {
    /// Writes an element.
    pub(super) fn element<T: Serialize>(&mut self, value: &T) -> io::Result<()> {
        let comma = if self.empty { "" } else { "," };
        self.empty = false;
        write!(self.out, "{comma}\n    ")?;
        serde_json::to_writer(&mut *self.out, value)?;
        Ok(())
    }

    pub(super) fn end(self) -> io::Result<()> {
        if self.empty { write!(self.out, "]") } else { write!(self.out, "\n  ]") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_json_with_and_without_elements() {
        let mut out = Vec::new();
        let mut object = ObjectWriter::start(&mut out).unwrap();
        object.field("a", &"x\n").unwrap();
        object.list("none").unwrap().end().unwrap();
        let mut list = object.list("some").unwrap();
        list.element(&1).unwrap();
        list.element(&Some(2)).unwrap();
        list.end().unwrap();
        object.end().unwrap();
        let value: serde_json::Value = serde_json::from_slice(&out).unwrap();
        assert_eq!(value, serde_json::json!({"a": "x\n", "none": [], "some": [1, 2]}));
    }
}
