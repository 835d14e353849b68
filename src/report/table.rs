//! `scan --format table`: one line a file, in plain columns, the path last, so that it may hold blanks.

use std::io::{self, Write};

use crate::chain::{FileNo, LinkStatus};
use crate::estate::FoundFile;
use crate::image::vhdx::LogState;
use crate::image::{DiskFacts, FileKind};
use crate::inspect::{Inspection, Role};

use super::{Paint, Style, place, text};

const HEADS: [&str; 11] =
    ["KIND", "TYPE", "ROLE", "PARENT", "LOG", "VIRTUAL", "FILE", "ON DISK", "BLOCKS", "WRITTEN", "PATH"];
/// Columns of numbers, which end at their right end.
const RIGHT_ALIGNED: std::ops::RangeInclusive<usize> = 5..=9;
const NOTHING: &str = "-";
const UNKNOWN: &str = "?";

/// Writes the table. What cannot be read has the reason below its line.
pub fn write(inspection: &Inspection, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<(Row, Paint)> = inspection
        .reported()
        .map(|(number, file)| (row(inspection, number, file, style), paint(inspection, number, file)))
        .collect();
    let mut widths = HEADS.map(text::width);
    for (row, _) in &rows {
        for (width, cell) in widths.iter_mut().zip(&row.cells) {
            *width = (*width).max(text::width(cell));
        }
    }
    writeln!(out, "{}", style.paint(Paint::Faint, line(&HEADS.map(str::to_owned), &widths)))?;
    for (row, paint) in &rows {
        writeln!(out, "{}", style.paint(*paint, line(&row.cells, &widths)))?;
        if let Some(reason) = &row.reason {
            writeln!(out, "    {}", style.paint(Paint::Alarm, reason))?;
        }
    }
    for (origin, path, error) in inspection.unreadable_paths() {
        let path = place::path(&inspection.inventory, origin, path);
        writeln!(out, "{}", style.paint(Paint::Alarm, path))?;
        writeln!(out, "    {}", style.paint(Paint::Alarm, text::printable(&error.reason().to_string())))?;
    }
    Ok(())
}

struct Row {
    cells: [String; HEADS.len()],
    reason: Option<String>,
}

fn row(inspection: &Inspection, number: FileNo, file: &FoundFile, style: Style) -> Row {
    let disk = file.disk.as_deref();
    let nothing = || NOTHING.to_owned();
    let unknown = || UNKNOWN.to_owned();
    // What only disks have is `-` for any other file, and `?` for a disk of which it is not known.
    let of_disk = |fact: Option<String>| match fact {
        Some(fact) => fact,
        None if file.is_image() => unknown(),
        None => nothing(),
    };
    let blocks = match file.blocks.as_deref() {
        Some(Ok(counts)) => format!("{}/{}", counts.present(), counts.total()),
        Some(Err(_)) => unknown(),
        None => nothing(),
    };
    let stamp = file.stamp;
    let cells = [
        file.kind.name().to_owned(),
        of_disk(disk.and_then(|disk| disk.disk_type).map(|disk_type| disk_type.name().to_owned())),
        of_disk(inspection.role(number).map(|role: Role| role.name().to_owned())),
        inspection.link(number).map_or_else(nothing, |link| link.status.name().to_owned()),
        of_disk(disk.and_then(|disk| log(file, disk))),
        of_disk(disk.and_then(|disk| disk.virtual_size).map(text::size)),
        stamp.map_or_else(unknown, |stamp| text::size(stamp.size)),
        stamp.and_then(|stamp| stamp.allocated).map_or_else(unknown, text::size),
        blocks,
        stamp
            .and_then(|stamp| stamp.modified)
            .map_or_else(unknown, |then| text::age(then, inspection.as_of(file).unwrap_or(style.as_of))),
        place::path(&inspection.inventory, file.origin, &file.path),
    ];
    let reason = file.error.as_ref().map(|error| text::printable(&error.reason().to_string()));
    Row { cells, reason }
}

/// The state of the log; a replayed one says so.
fn log(file: &FoundFile, disk: &DiskFacts) -> Option<String> {
    let state = match file.kind {
        FileKind::Vhdx => disk.log_state?,
        _ => return Some(NOTHING.to_owned()),
    };
    Some(match (state, disk.replayed) {
        (LogState::Dirty, true) => "dirty, replayed".to_owned(),
        (state, _) => state.name().to_owned(),
    })
}

fn paint(inspection: &Inspection, number: FileNo, file: &FoundFile) -> Paint {
    let broken = inspection.link(number).is_some_and(|link| !LinkStatus::is_linked(link.status));
    if broken || !file.is_readable() {
        Paint::Alarm
    } else if file.disk.as_ref().is_some_and(|disk| !disk.is_log_clean()) {
        Paint::Notice
    } else {
        Paint::Plain
    }
}

fn line(cells: &[String; HEADS.len()], widths: &[usize; HEADS.len()]) -> String {
    let mut line = String::new();
    for (number, (cell, width)) in cells.iter().zip(widths).enumerate() {
        if number > 0 {
            line.push_str("  ");
        }
        line.push_str(&if RIGHT_ALIGNED.contains(&number) {
            text::right(cell, *width)
        } else {
            text::left(cell, *width)
        });
    }
    line.truncate(line.trim_end().len());
    line
}
