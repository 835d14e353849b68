//! `diff` as a table.

use std::io::{self, Write};

use crate::analysis::diff::{DiffTotals, Relation, Side};
use crate::inspect::{Comparison, Inspection, OpenedDisk};
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
    let names = |opened: &OpenedDisk| -> Vec<String> {
        (0..opened.files.len()).map(|layer| name(inspection.layer_path(opened, layer))).collect()
    };
    let (of_a, of_b) = (names(comparison.a), names(comparison.b));
    let longer = comparison.a.disk.size().max(comparison.b.disk.size());
    let hex = format!("{:x}", longer.get()).len().saturating_add(2).max("start".len());
    let decimal = longer.to_string().len().max("length".len());
    let wide = of_a.iter().map(|name| text::width(name)).max().unwrap_or_default();
    // "past_end" has no file and no layer.
    let wide_a = wide.saturating_add("undefined 00 ".len());
    let title = format!("{:<hex$}  {:<hex$}  {:>decimal$}  {:<wide_a$}  b", "start", "end", "length", "a");
    writeln!(out, "{}", style.paint(Paint::Strong, title)).map_err(output_error)?;
    let totals = comparison.run(progress, &mut |difference| {
        let range = difference.range;
        let (start, end) = (range.start.get(), range.end().get());
        let a = text::left(&side(difference.a, &of_a), wide_a);
        let b = side(difference.b, &of_b);
        writeln!(out, "{start:#0hex$x}  {end:#0hex$x}  {:>decimal$}  {a}  {b}", range.len.get()).map_err(output_error)
    })?;
    sums(comparison, &totals, style, (&of_a, &of_b), out).map_err(output_error)?;
    Ok(totals)
}

fn side(side: Side, names: &[String]) -> String {
    match side.layer() {
        Some(layer) => {
            format!("{:<9} {layer:>2} {}", side.state(), names.get(layer).map_or("", String::as_str))
        }
        None => side.state().to_owned(),
    }
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
    comparison: &Comparison<'_>,
    totals: &DiffTotals,
    style: Style,
    (of_a, of_b): (&[String], &[String]),
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut row = |what: &str, bytes: ByteLen| writeln!(out, "{what:<32}  {bytes:>16}  {:>10}", text::size(bytes));
    let _ = style;
    row("\ncompared", totals.compared)?;
    row("equal by the block maps", totals.equal_by_map)?;
    if comparison.content {
        row("equal by content", totals.equal_by_content)?;
    }
    row(if comparison.content { "different" } else { "can differ" }, totals.different)?;
    if !totals.past_end.is_zero() {
        row("  past the end of the shorter", totals.past_end)?;
    }
    for (label, names, layers) in [("a", of_a, &totals.layers_of_a), ("b", of_b, &totals.layers_of_b)] {
        for (layer, bytes) in layers.iter().enumerate().filter(|(_, bytes)| !bytes.is_zero()) {
            row(&format!("  {label} {layer} {}", names.get(layer).map_or("", String::as_str)), *bytes)?;
        }
    }
    Ok(())
}
