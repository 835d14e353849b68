//! `usage` as tables with bars.

mod block_sizes;
mod columns;
mod layers;

use std::io::{self, Write};

use crate::chain::FileNo;
use crate::inspect::{FileUsage, Inspection, Usage};
use crate::units::ByteLen;

use columns::Table;

use super::{Paint, Style, text};

/// Columns of a bar.
const BAR: u64 = 20;

const LEGEND: &str =
    "bars: █ seen by a leaf, ▒ seen by none, · room in blocks, ░ given up or unreferenced, ≡ structures, ? unknown";

/// Writes the files, those first of which most can be won, and the chains.
pub fn write(inspection: &Inspection, usage: &Usage, style: Style, out: &mut dyn Write) -> io::Result<()> {
    files(inspection, usage, style, out)?;
    for line in text::wrap(LEGEND, style.width.unwrap_or(usize::MAX)) {
        writeln!(out, "{}", style.paint(Paint::Faint, line))?;
    }
    forks(inspection, usage, style, out)?;
    chains(inspection, usage, style, out)?;
    layers::write(inspection, usage, style, out)?;
    block_sizes::write(inspection, usage, style, out)
}

fn files(inspection: &Inspection, usage: &Usage, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let has_content = usage.files.iter().any(|file| file.zero_sectors.is_some());
    let mut table = Table::new(&[
        "TO WIN", "", "FILE", "ON DISK", "LIVE", "SHADOWED", "UNFILLED", "FILLED", "TRIMMED", "FREE", "TAIL", "META",
        "ZEROS", "PATH",
    ]);
    if !has_content {
        table.hide("ZEROS");
    }
    for file in &usage.files {
        let Some(found) = inspection.file(file.file) else { continue };
        let ledger = &file.ledger;
        let allocated = found.stamp.and_then(|stamp| stamp.allocated);
        table.row([
            text::size(file.reclaimable()),
            bar(file),
            text::size(ledger.total()),
            allocated.map_or_else(|| "?".to_owned(), text::size),
            text::size(file.live),
            text::size(file.shadowed),
            text::size(ledger.unfilled),
            file.fill_percent().map_or_else(|| "-".to_owned(), |percent| format!("{percent} %")),
            text::size(ledger.trimmed),
            text::size(ledger.unreferenced),
            text::size(ledger.tail),
            text::size(structures(file)),
            file.zero_sectors.map_or_else(|| "-".to_owned(), text::size),
            text::path(&found.path),
        ]);
        for (what, problem) in [
            ("the rest is unknown", &file.problem),
            ("what is seen is unknown", &file.visibility_problem),
            ("zeros are not counted", &file.content_problem),
        ] {
            if let Some(problem) = problem {
                table.note(format!("{what}: {}", text::printable(&problem.reason().to_string())));
            }
        }
    }
    table.write(&["META", "FILLED", "TAIL", "FREE", "TRIMMED", "UNFILLED", "ON DISK", "LIVE", "SHADOWED"], style, out)
}

/// Which leaf sees how much of a file that several leaves stand on.
fn forks(inspection: &Inspection, usage: &Usage, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for file in usage.files.iter().filter(|file| file.seen_by.len() > 1) {
        let Some(found) = inspection.file(file.file) else { continue };
        let path = text::path(&found.path);
        writeln!(out, "\n{}", style.paint(Paint::Strong, format!("{path} is seen by")))?;
        for (leaf, bytes) in &file.seen_by {
            writeln!(out, "  {:>10}  {}", text::size(*bytes), name(inspection, *leaf))?;
        }
    }
    Ok(())
}

fn chains(inspection: &Inspection, usage: &Usage, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out)?;
    let mut table = Table::new(&["CHAIN", "FILES", "VIRTUAL", "GUEST DATA", "IN FILES", "ON DISK", "TO WIN", "LEAF"]);
    let unknown = || "?".to_owned();
    for chain in &usage.chains {
        table.row([
            chain.status.name().to_owned(),
            chain.files.len().to_string(),
            chain.virtual_size.map_or_else(unknown, text::size),
            chain.guest_data.map_or_else(unknown, text::size),
            text::size(chain.file_size),
            chain.allocated.map_or_else(unknown, text::size),
            text::size(chain.reclaimable),
            chain.files.first().map_or_else(unknown, |leaf| name(inspection, *leaf)),
        ]);
    }
    table.write(&["VIRTUAL", "ON DISK", "FILES"], style, out)
}

fn name(inspection: &Inspection, file: FileNo) -> String {
    inspection.file(file).map_or_else(|| "?".to_owned(), |file| text::path(&file.path))
}

fn structures(file: &FileUsage) -> ByteLen {
    let ledger = &file.ledger;
    [ledger.header, ledger.log, ledger.metadata, ledger.bat, ledger.bitmap]
        .into_iter()
        .fold(ByteLen::ZERO, ByteLen::saturating_add)
}

/// The file as a bar; each part ends where it does in the sums, so that the bar is always full.
fn bar(file: &FileUsage) -> String {
    let ledger = &file.ledger;
    let free = ledger.trimmed.saturating_add(ledger.unreferenced).saturating_add(ledger.tail);
    let parts = [
        ('█', file.live),
        ('▒', file.shadowed),
        ('·', ledger.unfilled),
        ('░', free),
        ('≡', structures(file)),
        ('?', ledger.unknown),
    ];
    bar_of(&parts, ledger.total())
}

/// Parts of a whole as a bar: what is left of the whole stays empty.
fn bar_of(parts: &[(char, ByteLen)], total: ByteLen) -> String {
    let total = u128::from(total.0);
    let (mut bar, mut sum, mut drawn) = (String::new(), 0_u128, 0_u128);
    for (sign, bytes) in parts {
        sum = sum.saturating_add(bytes.0.into());
        let end = sum.saturating_mul(BAR.into()).saturating_add(total / 2).checked_div(total).unwrap_or_default();
        while drawn < end {
            bar.push(*sign);
            drawn = drawn.saturating_add(1);
        }
    }
    bar
}
