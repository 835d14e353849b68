//! What each file of a chain owns of it, and what it has in common with those below.

use std::io::{self, Write};

use crate::inspect::{ChainUsage, Inspection, Usage};
use crate::report::{Paint, Style, text};
use crate::units::ByteLen;

use super::columns::Table;
use super::{bar_of, name};

/// Most pairs of files that are listed.
const PAIRS: usize = 10;

pub(super) fn write(inspection: &Inspection, usage: &Usage, style: Style, out: &mut dyn Write) -> io::Result<()> {
    for chain in usage.chains.iter().filter(|chain| chain.layers.len() > 1) {
        owners(inspection, chain, style, out)?;
    }
    overlaps(inspection, usage, style, out)
}

fn owners(inspection: &Inspection, chain: &ChainUsage, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let leaf = chain.files.first().map_or_else(|| "?".to_owned(), |leaf| name(inspection, *leaf));
    writeln!(out, "\n{}", style.paint(Paint::Strong, format!("what the guest of {leaf} sees, and where it is")))?;
    let size = chain.virtual_size.unwrap_or_default();
    let mut table = Table::new(&["OWNS", "", "ZEROS", "GIVES BACK", "FILE"]);
    for (file, layer) in chain.files.iter().zip(&chain.layers) {
        table.row([
            text::size(layer.owned.data),
            bar_of(&[('█', layer.owned.data), ('0', layer.owned.zeros)], size),
            text::size(layer.owned.zeros),
            layer.reclaimable.map_or_else(|| "?".to_owned(), text::size),
            name(inspection, *file),
        ]);
    }
    table.write(style, out)
}

/// The pairs of files that have most in common.
fn overlaps(inspection: &Inspection, usage: &Usage, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut pairs: Vec<_> = usage
        .files
        .iter()
        .flat_map(|file| file.overlaps.iter().flatten().map(|(below, bytes)| (*bytes, file.file, *below)))
        .filter(|(bytes, _, _)| !bytes.is_zero())
        .collect();
    pairs.sort_by_key(|(bytes, above, below)| (std::cmp::Reverse(*bytes), *above, *below));
    let mut table = Table::new(&["IN BOTH", "FILE", "AND BELOW IT"]);
    for (bytes, above, below) in pairs.iter().take(PAIRS) {
        table.row([text::size(*bytes), name(inspection, *above), name(inspection, *below)]);
    }
    if table.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    table.write(style, out)?;
    let more = pairs.len().saturating_sub(PAIRS);
    if more > 0 {
        let more = text::plural(ByteLen::from(more).0, "more pair");
        writeln!(out, "{}", style.paint(Paint::Faint, format!("and {more} (--format json)")))?;
    }
    Ok(())
}
