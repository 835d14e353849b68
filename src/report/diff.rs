//! `diff` as a table.

use std::io::{self, Write};

use crate::analysis::diff::{DiffTotals, Relation, Side};
use crate::inspect::{Comparison, Inspection};
use crate::units::ByteLen;

use super::map::{exact_size, layers, name, unproved};
use super::{Paint, Style, output_error, text};

/// Compares, and writes what is found while it is found. Errors of the output name no file.
pub fn write(
    inspection: &Inspection,
    comparison: &Comparison<'_>,
    style: Style,
    progress: &mut dyn FnMut(ByteLen) -> bool,
    out: &mut dyn Write,
) -> crate::Result<DiffTotals> {
    head(inspection, comparison, style, out).map_err(output_error)?;
    let longer = comparison.a.disk.size().max(comparison.b.disk.size());
    let hex = format!("{:x}", longer.get()).len().saturating_add(2).max("start".len());
    let decimal = longer.to_string().len().max("length".len());
    let title = format!(
        "{:<hex$}  {:<hex$}  {:>decimal$}  {}  {}",
        "start", "end", "length", "a          layer", "b          layer"
    );
    writeln!(out, "{}", style.paint(Paint::Strong, title)).map_err(output_error)?;
    let totals = comparison.run(progress, &mut |difference| {
        let range = difference.range;
        let (start, end, len) = (range.start.get(), range.end().get(), range.len.get());
        let (a, b) = (side(difference.a), side(difference.b));
        writeln!(out, "{start:#0hex$x}  {end:#0hex$x}  {len:>decimal$}  {a}  {b}").map_err(output_error)
    })?;
    writeln!(out).map_err(output_error)?;
    sums(inspection, comparison, &totals, out).map_err(output_error)?;
    Ok(totals)
}

fn side(side: Side) -> String {
    let layer = side.layer().map_or_else(|| "-".to_owned(), |layer| layer.to_string());
    format!("{:<9}  {layer:>5}", side.state())
}

fn head(inspection: &Inspection, comparison: &Comparison<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for (label, opened) in [("a", comparison.a), ("b", comparison.b)] {
        let path = text::path(inspection.layer_path(opened, 0));
        writeln!(out, "{label}: {}: {}", style.paint(Paint::Strong, path), exact_size(opened.disk.size()))?;
        layers(inspection, opened, style, out)?;
        writeln!(out)?;
    }
    let relation = match comparison.relation {
        Relation::Family => "of one family: what both read from one place of one file is equal without a look",
        Relation::SameVirtualDiskId => "the same virtual disk id, and no file in common: only the content can tell",
        Relation::Unrelated => "unrelated: only the content can tell",
    };
    writeln!(out, "{relation}")?;
    unproved(comparison.unproved(), style, out)?;
    let what = if comparison.content { "ranges that differ" } else { "ranges that can differ (--content reads them)" };
    writeln!(out, "{what}:\n")
}

fn sums(
    inspection: &Inspection,
    comparison: &Comparison<'_>,
    totals: &DiffTotals,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut row = |bytes: ByteLen, what: &str| writeln!(out, "{:>16}  {:>10}  {what}", bytes.get(), text::size(bytes));
    row(totals.compared, "compared")?;
    row(totals.equal_by_map, "equal by the block maps")?;
    if comparison.content {
        row(totals.equal_by_content, "equal by content")?;
    }
    let what = if comparison.content { "different" } else { "can differ" };
    row(totals.different, what)?;
    if !totals.past_end.is_zero() {
        row(totals.past_end, &format!("{what}, past the end of the shorter disk"))?;
    }
    for (label, opened, layers) in [("a", comparison.a, &totals.layers_of_a), ("b", comparison.b, &totals.layers_of_b)]
    {
        for (layer, bytes) in layers.iter().enumerate().filter(|(_, bytes)| !bytes.is_zero()) {
            row(
                *bytes,
                &format!("{what}, in {label} owned by {layer} {}", name(inspection.layer_path(opened, layer))),
            )?;
        }
    }
    Ok(())
}
