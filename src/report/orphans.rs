//! `orphans` for people: what nothing needs by class, the largest first, each with why, and what to verify first.

use std::io::{self, Write};

use crate::estate::verdict::{Confidence, Group};
use crate::inspect::{Orphan, OrphanClass, Orphans, count};

use super::{Paint, Style, contents, place, text};

/// Writes the report.
pub fn write(orphans: &Orphans<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let page = Page { orphans, style };
    for class in &orphans.classes {
        page.write_class(class, out)?;
    }
    page.write_end(out)
}

struct Page<'a> {
    orphans: &'a Orphans<'a>,
    style: Style,
}

/// Columns before the path and before what stands below it.
const INDENT: usize = 12;

impl Page<'_> {
    fn write_class(&self, class: &OrphanClass<'_>, out: &mut dyn Write) -> io::Result<()> {
        let title = match class.class.group() {
            Group::Attention => format!("To see to, not to remove: {}", class.class.title()),
            _ => capital(class.class.title()),
        };
        let totals = format!("{}, {}", text::plural(count(class.files.len()), "file"), text::size(class.bytes));
        writeln!(out, "{}  {}", self.style.paint(Paint::Strong, title), self.style.paint(Paint::Faint, totals))?;
        for file in &class.files {
            self.write_file(file, out)?;
        }
        for (number, step) in class.class.verify_first().iter().enumerate() {
            let label = if number == 0 { "  verify first" } else { "" };
            self.write_wrapped(&text::left(label, 16), &format!("- {step}"), 18, Paint::Plain, out)?;
        }
        writeln!(out)
    }

    fn write_file(&self, file: &Orphan<'_>, out: &mut dyn Write) -> io::Result<()> {
        let size = file.verdict.at_stake.map_or_else(|| "?".to_owned(), text::size);
        let origin = self.orphans.inventory.origin(file.file.origin);
        let as_of = origin.and_then(|origin| origin.as_of).unwrap_or(self.style.as_of);
        let written = file.file.stamp.and_then(|stamp| stamp.modified);
        let age = written.map_or_else(|| "at an unknown time".to_owned(), |then| text::when(then, as_of));
        let paint = match file.verdict.confidence {
            Confidence::Confirmed | Confidence::Probable => Paint::Notice,
            Confidence::Possible | Confidence::Unknown => Paint::Faint,
        };
        let facts = format!("{}, written {age}", file.verdict.confidence.name());
        let path = place::path(self.orphans.inventory, file.file.origin, &file.file.path);
        let size = text::right(&size, INDENT.saturating_sub(2));
        // The path is never cut: what is to be done begins with it.
        let width = text::width(&path).saturating_add(text::width(&facts)).saturating_add(INDENT + 4);
        if self.style.width.is_none_or(|columns| width <= columns) {
            writeln!(out, "{size}  {path}  {}", self.style.paint(paint, format!("({facts})")))?;
        } else {
            writeln!(out, "{size}  {path}")?;
            self.write_wrapped(&" ".repeat(INDENT), &facts, INDENT, paint, out)?;
        }
        match file.contents {
            // Why the chain is broken stands among the reasons.
            Some(Err(_)) if file.file.is_readable() => {
                self.write_wrapped(&" ".repeat(INDENT), contents::NOT_THROUGH_CHAIN, INDENT, Paint::Plain, out)?;
            }
            Some(found) => {
                self.write_wrapped(&" ".repeat(INDENT), &contents::line(found), INDENT, Paint::Plain, out)?;
            }
            None => {}
        }
        for reason in &file.verdict.reasons {
            if !self.orphans.common_reasons.contains(&reason.as_str()) {
                let shown = text::printable(reason);
                self.write_wrapped(&" ".repeat(INDENT), &shown, INDENT, Paint::Faint, out)?;
            }
        }
        Ok(())
    }

    fn write_wrapped(&self, lead: &str, what: &str, hang: usize, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
        const LEAST: usize = 24;
        let room = self.style.width.map_or(usize::MAX, |width| width.saturating_sub(hang).max(LEAST));
        for (number, line) in text::wrap(what, room).iter().enumerate() {
            let lead = if number == 0 { lead.to_owned() } else { " ".repeat(hang) };
            writeln!(out, "{}{}", self.style.paint(Paint::Faint, lead), self.style.paint(paint, line))?;
        }
        Ok(())
    }

    fn write_end(&self, out: &mut dyn Write) -> io::Result<()> {
        let orphans = self.orphans;
        if !orphans.common_reasons.is_empty() {
            writeln!(out, "{}", self.style.paint(Paint::Strong, "What makes all of this less sure"))?;
            for reason in &orphans.common_reasons {
                self.write_wrapped("  - ", &text::printable(reason), 4, Paint::Plain, out)?;
            }
            writeln!(out)?;
        }
        let files = orphans.unneeded_files();
        let sum = match files {
            0 => "no file was found that nothing needs".to_owned(),
            _ => format!(
                "{} that nothing needs, as far as was looked: {}",
                text::plural(count(files), "file"),
                text::size(orphans.unneeded_bytes())
            ),
        };
        writeln!(out, "{}", self.style.paint(Paint::Strong, sum))?;
        if orphans.left_out > 0 {
            let left_out = count(orphans.left_out);
            let verb = if left_out == 1 { "is" } else { "are" };
            let line = format!(
                "{} {verb} less sure or younger than was asked for, and not shown",
                text::plural(left_out, "file")
            );
            writeln!(out, "{}", self.style.paint(Paint::Faint, line))?;
        }
        Ok(())
    }
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}
