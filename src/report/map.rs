//! `map` as a table.

use std::io::{self, Write};
use std::path::Path;

use crate::analysis::map::MapTotals;
use crate::inspect::{Inspection, OpenedDisk};
use crate::units::{ByteLen, VirtualOffset};

use super::{Paint, Style, output_error, text};

/// Writes the files, the extents and the sums. Errors of the output name no file.
pub fn write(
    inspection: &Inspection,
    opened: &OpenedDisk,
    totals: &MapTotals,
    style: Style,
    out: &mut dyn Write,
) -> crate::Result<()> {
    head(inspection, opened, style, out).map_err(output_error)?;
    let columns = Columns::new(opened);
    let title = columns.row(["start", "end", "length", "state", "layer", "file offset", "file"]);
    writeln!(out, "{}", style.paint(Paint::Strong, title)).map_err(output_error)?;
    let names: Vec<String> = (0..opened.files.len()).map(|layer| name(inspection.layer_path(opened, layer))).collect();
    for extent in opened.disk.extents()? {
        let extent = extent?;
        let place = extent.state.file_offset().map_or_else(|| "-".to_owned(), |at| at.to_string());
        let row = columns.row([
            &columns.offset(extent.range.start),
            &columns.offset(extent.range.end()),
            &extent.range.len.to_string(),
            extent.state.name(),
            &extent.layer.to_string(),
            &place,
            names.get(extent.layer).map_or("", String::as_str),
        ]);
        writeln!(out, "{row}").map_err(output_error)?;
    }
    sums(totals, style, out).map_err(output_error)
}

/// The disk, and the files it is read through.
fn head(inspection: &Inspection, opened: &OpenedDisk, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let size = opened.disk.size();
    let path = text::path(inspection.layer_path(opened, 0));
    writeln!(out, "{}: {}", style.paint(Paint::Strong, path), exact_size(size))?;
    unproved(&opened.unproved, style, out)?;
    writeln!(out)?;
    layers(inspection, opened, style, out)?;
    writeln!(out)
}

/// What rests on an option rather than on proof.
pub(super) fn unproved<'a>(
    sentences: impl IntoIterator<Item = &'a String>,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    for sentence in sentences {
        writeln!(out, "{} {}", style.paint(Paint::Notice, "unproved:"), text::printable(sentence))?;
    }
    Ok(())
}

/// The files of a disk with their numbers.
pub(super) fn layers(
    inspection: &Inspection,
    opened: &OpenedDisk,
    style: Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    writeln!(out, "{}", style.paint(Paint::Strong, "layer  file"))?;
    for layer in 0..opened.files.len() {
        writeln!(out, "{layer:>5}  {}", text::path(inspection.layer_path(opened, layer)))?;
    }
    Ok(())
}

fn sums(totals: &MapTotals, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let row = |layer: &str, state: &str, extents: &str, bytes: &str, size: &str| {
        format!("{layer:>5}  {state:<9}  {extents:>10}  {bytes:>16}  {size:>10}")
    };
    writeln!(out, "\n{}", style.paint(Paint::Strong, row("layer", "state", "extents", "length", "about")))?;
    for (layer, state, total) in totals.rows() {
        let (extents, bytes) = (total.extents.to_string(), total.bytes.to_string());
        writeln!(out, "{}", row(&layer.to_string(), state, &extents, &bytes, &text::size(total.bytes)))?;
    }
    let all = totals.all();
    writeln!(out, "{}", row("all", "", &all.extents.to_string(), &all.bytes.to_string(), &text::size(all.bytes)))
}

/// Both the exact number and one for people.
pub(super) fn exact_size(size: ByteLen) -> String {
    format!("{} ({size} bytes)", text::size(size))
}

/// The file's name alone: the whole paths stand in the list of layers.
pub(super) fn name(path: &Path) -> String {
    path.file_name().map_or_else(|| text::path(path), |name| text::path(Path::new(name)))
}

/// Columns as wide as a disk of this size needs.
struct Columns {
    hex: usize,
    decimal: usize,
}

impl Columns {
    fn new(opened: &OpenedDisk) -> Self {
        let size = opened.disk.size();
        Self {
            hex: format!("{:x}", size.get()).len().max("start".len()),
            decimal: size.to_string().len().max("length".len()),
        }
    }

    fn offset(&self, at: VirtualOffset) -> String {
        format!("{:#0width$x}", at.get(), width = self.hex.saturating_add(2))
    }

    fn row(&self, [start, end, length, state, layer, place, file]: [&str; 7]) -> String {
        let (hex, decimal) = (self.hex.saturating_add(2), self.decimal);
        format!("{start:<hex$}  {end:<hex$}  {length:>decimal$}  {state:<9}  {layer:>5}  {place:>14}  {file}")
    }
}
