//! `residue` for people.

use std::io::{self, Write};
use std::path::Path;

use crate::analysis::residue::{Extracted, Holds, Leftover, Residue};
use crate::estate::FoundFile;

use super::{Paint, Style, text};

/// Writes the sums and the ranges.
pub fn write(
    file: &FoundFile,
    residue: &Residue,
    extracted: Option<(&Path, &[Extracted])>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let size = residue.used.saturating_add(residue.unused).saturating_add(residue.unknown);
    writeln!(out, "{}", style.paint(Paint::Strong, text::path(&file.path)))?;
    writeln!(out, "file     {}", text::exact_size(size))?;
    writeln!(out, "used     {}", text::exact_size(residue.used))?;
    writeln!(out, "unused   {}", text::exact_size(residue.unused))?;
    if let Some(problem) = &residue.problem {
        writeln!(out, "unknown  {}", text::exact_size(residue.unknown))?;
        writeln!(out, "         {}", style.paint(Paint::Alarm, text::printable(&problem.reason().to_string())))?;
    }
    kinds(residue, style, out)?;
    let row = |start: &str, end: &str, length: &str, kind: &str, block: &str, holds: &str| {
        let line = format!("{start:<16}  {end:<16}  {length:>14}  {kind:<16}  {block:>8}  {holds}");
        line.trim_end().to_owned()
    };
    let head = row("start", "end", "length", "kind", "block", "holds");
    writeln!(out, "\n{}", style.paint(Paint::Strong, head))?;
    for leftover in &residue.ranges {
        let block = leftover.block().map_or_else(|| "-".to_owned(), |block| block.to_string());
        let (start, end) = (leftover.range.start.to_string(), leftover.range.end().to_string());
        let length = leftover.range.len.to_string();
        let line = row(&start, &end, &length, leftover.usage.name(), &block, &holds(leftover));
        let paint = if matches!(leftover.holds, Holds::Data(_)) { Paint::Plain } else { Paint::Faint };
        writeln!(out, "{}", style.paint(paint, line))?;
    }
    if residue.not_listed.ranges > 0 {
        let ranges = text::plural(residue.not_listed.ranges, "range");
        let line = format!("{ranges} more of {} not listed", text::exact_size(residue.not_listed.bytes));
        writeln!(out, "{}", style.paint(Paint::Notice, line))?;
    }
    if let Some((folder, copies)) = extracted {
        let count = u64::try_from(copies.len()).unwrap_or(u64::MAX);
        writeln!(out, "\ncopied {} to {}", text::plural(count, "range"), text::path(folder))?;
    }
    Ok(())
}

fn kinds(residue: &Residue, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let row = |kind: &str, ranges: &str, bytes: &str, data: &str, data_bytes: &str| {
        format!("{kind:<16}  {ranges:>8}  {bytes:>16}  {data:>9}  {data_bytes:>16}")
    };
    let head = row("kind", "ranges", "bytes", "with data", "bytes of those");
    writeln!(out, "\n{}", style.paint(Paint::Strong, head))?;
    for (kind, all, with_data) in residue.by_kind() {
        let numbers = [all.ranges, all.bytes.0, with_data.ranges, with_data.bytes.0].map(text::count);
        let [ranges, bytes, data, data_bytes] = &numbers;
        writeln!(out, "{}", row(kind, ranges, bytes, data, data_bytes))?;
    }
    Ok(())
}

fn holds(leftover: &Leftover) -> String {
    match leftover.holds {
        Holds::Data(at) => format!("data from {at} on"),
        Holds::Zeros => "zeros".to_owned(),
        Holds::NotLookedAt => "not looked at".to_owned(),
    }
}
