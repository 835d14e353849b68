//! What blocks of another size would save.

use std::io::{self, Write};

use crate::analysis::block_sizes::CANDIDATES;
use crate::inspect::{FileUsage, Inspection, Usage};
use crate::report::{Style, text};

use super::columns::Table;
use super::{bar_of, name};

pub(super) fn write(inspection: &Inspection, usage: &Usage, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut files: Vec<&FileUsage> = usage.files.iter().filter(|file| file.best_block_size().is_some()).collect();
    files.sort_by_key(|file| std::cmp::Reverse(file.best_block_size().map(|cost| cost.saved)));
    let mut table = Table::new(&[
        "WOULD SAVE",
        "",
        "IN BLOCKS OF",
        "NOW",
        "1 MiB",
        "2 MiB",
        "4 MiB",
        "8 MiB",
        "16 MiB",
        "32 MiB",
        "FILE",
    ]);
    for file in files {
        let (Some(best), Some(costs)) = (file.best_block_size(), &file.smaller_blocks) else { continue };
        let needed: [String; CANDIDATES.len()] = std::array::from_fn(|place| {
            costs.get(place).map_or_else(|| "?".to_owned(), |cost| text::size(cost.needed))
        });
        let [one, two, four, eight, sixteen, thirty_two] = needed;
        table.row([
            text::size(best.saved),
            bar_of(&[('█', best.needed), ('░', best.saved)], file.blocks()),
            file.block_size.map_or_else(|| "?".to_owned(), text::size),
            text::size(file.blocks()),
            one,
            two,
            four,
            eight,
            sixteen,
            thirty_two,
            name(inspection, file.file),
        ]);
    }
    if table.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    table.write(&[], style, out)
}
