//! `vm --history`: what the replay log still holds of former states.

use std::io::{self, Write};
use std::path::Path;

use crate::report::info::sheet::{Cell, Sheet};
use crate::report::{Paint, Style, text};
use crate::vm::{FormerValue, VmFile, VmFormat};

use super::shown;

/// Writes the former values, and the pieces of the log that tell of them.
pub fn write(path: &Path, vm: &VmFile, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let history = &vm.history;
    let mut sheet = Sheet::new(out, style);
    sheet.title(&text::path(path))?;
    if history.entries.is_empty() && history.unreferenced_tables.is_empty() {
        let why = match vm.format {
            VmFormat::Storage(_) => "The replay log holds nothing of former states.",
            VmFormat::Xml(_) => "A configuration in XML keeps nothing of former states.",
            VmFormat::None => "Nothing can be read of it.",
        };
        return sheet.prose(Paint::Plain, why);
    }
    sheet.prose(
        Paint::Plain,
        "Values that the file held once and does not hold now, from what commits left behind in the replay log, and \
         from tables that nothing names any more. Each is proved by a checksum; when it held, and in which order, is not \
         recorded.",
    )?;
    sheet.section("Former values")?;
    if history.former.is_empty() {
        sheet.prose(Paint::Plain, "none: whatever is left of former commits is what the file holds now")?;
    }
    for former in &history.former {
        value(&mut sheet, former)?;
    }
    if history.left_out_count > 0 {
        let more = format!("{} more are not shown", text::count(history.left_out_count));
        sheet.prose(Paint::Notice, &more)?;
    }
    if !history.unreferenced_tables.is_empty() {
        sheet.section("Tables that nothing names")?;
        let tables = history.unreferenced_tables.iter().map(|table| {
            vec![
                Cell::new(format!("table at {}", table.start)),
                Cell::number(format!("up to {} bytes", text::count(table.len.0))),
            ]
        });
        sheet.table(&tables.collect::<Vec<_>>())?;
    }
    if history.entries.is_empty() {
        return Ok(());
    }
    sheet.section("Pieces in the log")?;
    let pieces = history.entries.iter().map(|entry| {
        vec![
            Cell::new(format!("entry at {}", entry.at)),
            Cell::number(format!("{} bytes", text::count(entry.destination.len.0))),
            Cell::new(format!("written to {}", entry.destination.start)),
            Cell::new(if entry.intact { "" } else { "partly written over" }).paint(Paint::Notice),
        ]
    });
    sheet.table(&pieces.collect::<Vec<_>>())
}

fn value(sheet: &mut Sheet<'_>, former: &FormerValue) -> io::Result<()> {
    let value = |value| shown(value).map(|(_, value)| value).unwrap_or_default();
    sheet.bullet(Paint::Plain, &text::printable(&former.path))?;
    sheet.row("    was", format!("{}  (at {})", value(&former.value), former.at))?;
    match &former.now {
        Some(now) => sheet.row("    is", value(now)),
        None => sheet.row("    is", "not there any more"),
    }
}
