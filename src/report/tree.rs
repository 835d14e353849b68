//! `scan --format tree`.

use std::io::{self, Write};

use crate::inspect::Inspection;

use super::{Style, text};

/// Writes the trees.
pub fn write(inspection: &Inspection, _style: Style, out: &mut dyn Write) -> io::Result<()> {
    for (_, file) in inspection.reported() {
        writeln!(out, "{}", text::path(&file.path))?;
    }
    Ok(())
}
