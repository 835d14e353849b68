//! What nothing needs, in short: the largest files; `orphans` says why.

use std::io::{self, Write};

use crate::estate::verdict::{Confidence, Group};
use crate::inspect::{Orphan, OrphanFilter, count};
use crate::report::{Paint, place, text};

use super::Page;
use super::summary::shown_by;

/// Most files that are shown.
const SHOWN: usize = 10;

impl Page<'_> {
    /// The largest of the files that nothing needs, as far as was looked.
    pub(super) fn write_unneeded(&self, out: &mut dyn Write) -> io::Result<()> {
        let filter = OrphanFilter { min_confidence: Confidence::Possible, older_than: None };
        let list = self.inspection.orphans(&filter);
        let unneeded = list.classes.iter().filter(|class| class.class.group() == Group::Unneeded);
        let mut files: Vec<&Orphan<'_>> = unneeded.flat_map(|class| &class.files).collect();
        if files.is_empty() {
            return Ok(());
        }
        files.sort_by_key(|file| std::cmp::Reverse(file.verdict.at_stake));
        let totals = format!(
            "{}, {}; {} says why, and what to verify first",
            text::plural(count(files.len()), "file"),
            text::size(list.unneeded_bytes()),
            shown_by(self.inspection, "vhdxray orphans", "--orphans"),
        );
        let title = self.style.paint(Paint::Strong, "Nothing needs, as far as was looked");
        writeln!(out, "{title}  {}", self.style.paint(Paint::Faint, totals))?;
        let width =
            |cell: fn(&Orphan<'_>) -> &'static str| files.iter().map(|file| cell(file).len()).max().unwrap_or(0);
        let class = width(|file| file.verdict.class.label());
        let sure = width(|file| file.verdict.confidence.name());
        for file in files.iter().take(SHOWN) {
            let size = file.verdict.at_stake.map_or_else(|| "?".to_owned(), text::size);
            let before = format!(
                "{}  {}  {}  ",
                text::right(&size, 10),
                text::left(file.verdict.class.label(), class),
                text::left(file.verdict.confidence.name(), sure),
            );
            let room =
                self.style.width.map_or(usize::MAX, |columns| columns.saturating_sub(text::width(&before)).max(24));
            let path = text::middle_of_path(&place::of(self.inspection, file.number).unwrap_or_default(), room);
            writeln!(out, "{}{path}", self.style.paint(Paint::Faint, before))?;
        }
        if files.len() > SHOWN {
            let more = format!("{}and {} more", " ".repeat(12), text::count(count(files.len().saturating_sub(SHOWN))));
            writeln!(out, "{}", self.style.paint(Paint::Faint, more))?;
        }
        writeln!(out)
    }
}
