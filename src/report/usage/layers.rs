//! What each file of a chain owns of it, and what it has in common with those below.

use std::io::{self, Write};

use crate::inspect::{ChainUsage, Inspection, Usage};
use crate::report::{Paint, Style, text};
use crate::units::ByteLen;

use super::columns::{FILE, Table};
use super::{bar_of, name};

/// Most chains of which the layers are listed: those of which most can be won.
const CHAINS: usize = 10;
/// Most pairs of files that are listed.
const PAIRS: usize = 10;

pub(super) fn write(inspection: &Inspection, usage: &Usage, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut chains: Vec<&ChainUsage> = usage.chains.iter().filter(|chain| chain.layers.len() > 1).collect();
    chains.sort_by_key(|chain| std::cmp::Reverse(chain.reclaimable));
    for chain in chains.iter().take(CHAINS) {
        owners(inspection, chain, style, out)?;
    }
    more(chains.len().saturating_sub(CHAINS), "more chain", style, out)?;
    overlaps(inspection, usage, style, out)
}

fn owners(inspection: &Inspection, chain: &ChainUsage, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let leaf = chain.files.first().map_or_else(|| "?".to_owned(), |leaf| name(inspection, *leaf));
    writeln!(out, "\n{}", style.paint(Paint::Strong, format!("what the guest of {leaf} sees, and where it is")))?;
    let all = chain.layers.iter().fold(ByteLen::ZERO, |sum, layer| sum.saturating_add(layer.owned.data));
    let mut table = Table::new(&["OWNS", "", "ZEROS", "GIVES BACK", "FILE"]);
    for (file, layer) in chain.files.iter().zip(&chain.layers) {
        table.row([
            text::size(layer.owned.data),
            bar_of(&[('█', layer.owned.data)], all),
            text::size(layer.owned.zeros),
            layer.reclaimable.map_or_else(|| "?".to_owned(), text::size),
            name(inspection, *file),
        ]);
    }
    table.write(&["ZEROS", ""], style, out)
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
    let mut table = Table::new(&["IN BOTH", FILE, "AND BELOW IT"]);
    for (bytes, above, below) in pairs.iter().take(PAIRS) {
        table.row([text::size(*bytes), name(inspection, *above), name(inspection, *below)]);
    }
    if table.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    table.write(&[], style, out)?;
    more(pairs.len().saturating_sub(PAIRS), "more pair", style, out)
}

fn more(left_out: usize, what: &str, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if left_out == 0 {
        return Ok(());
    }
    let more = text::plural(ByteLen::from(left_out).0, what);
    writeln!(out, "{}", style.paint(Paint::Faint, format!("and {more} (--format json)")))
}
