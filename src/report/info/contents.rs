//! What a guest has on the disk.

use std::io;

use crate::analysis::contents::{FileSystem, Partition};
use crate::chain::FileNo;
use crate::inspect::Inspection;
use crate::report::{Paint, text};

use super::sheet::{Cell, Sheet};

pub(super) fn section(sheet: &mut Sheet<'_>, inspection: &Inspection, number: FileNo) -> io::Result<()> {
    let Some(contents) = inspection.contents(number) else { return Ok(()) };
    sheet.section("Content")?;
    let contents = match contents {
        Ok(contents) => contents,
        Err(error) => {
            let why = format!("Cannot be read: {}", text::printable(&error.reason().to_string()));
            return sheet.prose(Paint::Notice, &why);
        }
    };
    sheet.row("Partition table", contents.table.map_or("none", crate::analysis::contents::TableKind::title))?;
    if let Some(volume) = &contents.volume {
        sheet.row("File system", volume.name.as_ref())?;
        sheet.optional("Label", volume.label.as_deref().map(text::printable))?;
        sheet.optional("Serial number", volume.serial.as_deref().map(text::printable))?;
    }
    if contents.is_blank {
        sheet.row("Start of the disk", "zeros")?;
    }
    sheet.table(&contents.partitions.iter().map(row).collect::<Vec<_>>())?;
    if contents.left_out > 0 {
        sheet.prose(Paint::Faint, &format!("{} more partitions are not shown.", text::count(contents.left_out)))?;
    }
    for remark in &contents.remarks {
        sheet.bullet(Paint::Notice, &text::printable(remark))?;
    }
    Ok(())
}

fn row(partition: &Partition) -> Vec<Cell> {
    let kind = partition.type_name.as_deref().unwrap_or(&partition.type_id);
    let name = partition.name.as_deref().map(|name| format!("\"{}\"", text::printable(name))).unwrap_or_default();
    let (found, paint) = match (&partition.file_system, &partition.problem) {
        (Some(found), _) => (described(found), Paint::Plain),
        (None, Some(problem)) => (text::printable(problem), Paint::Notice),
        (None, None) => (String::new(), Paint::Plain),
    };
    vec![
        Cell::number(partition.number.to_string()),
        Cell::number(partition.start.to_string()),
        Cell::number(text::size(partition.len)),
        Cell::new(kind),
        Cell::new(name),
        Cell::new(found).paint(paint),
    ]
}

fn described(found: &FileSystem) -> String {
    let label = found.label.as_deref().map(|label| format!(" \"{}\"", text::printable(label))).unwrap_or_default();
    let serial = found.serial.as_deref().map(|serial| format!("  {}", text::printable(serial))).unwrap_or_default();
    format!("{}{label}{serial}", found.name)
}
