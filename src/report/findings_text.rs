//! `check` for people: each finding with its place, the bytes there, what is known, and how many there are.

use std::io::{self, Write};

use crate::checks::{Evidence, Excerpt, Finding, Judged, Severity, Triage};
use crate::units::{ByteLen, FileOffset};

use super::{Paint, Style, text};

/// What is shown, and of what.
#[derive(Clone, Copy, Debug)]
pub struct Scope {
    /// The lowest severity that is shown.
    pub level: Severity,
    /// Number of files that were looked at.
    pub files: usize,
}

/// Writes the report.
pub fn write(triage: &Triage, scope: Scope, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let is_shown = |judged: &&Judged| judged.finding.severity >= scope.level;
    for judged in triage.findings.iter().filter(is_shown) {
        Block { finding: &judged.finding, style }.write(judged, out)?;
        writeln!(out)?;
    }
    for more in &triage.not_shown {
        let line = format!("{}: {} more of {}", text::path(&more.path), text::count(more.count), more.code);
        writeln!(out, "{}", style.paint(Paint::Faint, line))?;
    }
    for past in triage.resolved.iter().flatten() {
        let line =
            format!("resolved: {} {}: {}", text::printable(&past.path), past.code, text::printable(&past.message));
        writeln!(out, "{}", style.paint(Paint::Good, line))?;
    }
    write_sums(triage, scope, style, out)
}

fn write_sums(triage: &Triage, scope: Scope, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let words = [("fatal", "fatal"), ("error", "errors"), ("warning", "warnings"), ("note", "notes")];
    let mut sums = Vec::new();
    let mut below = 0;
    for (severity, (one, many)) in Severity::ALL.into_iter().rev().zip(words) {
        let count = triage.count(severity);
        if severity < scope.level {
            below += count;
        } else if count != 0 {
            sums.push(format!("{count} {}", if count == 1 { one } else { many }));
        }
    }
    let found = if sums.is_empty() { "nothing found".to_owned() } else { sums.join(", ") };
    let files = if scope.files == 1 { "1 file".to_owned() } else { format!("{} files", scope.files) };
    writeln!(out, "{}", style.paint(Paint::Strong, format!("{found} in {files}")))?;
    if below != 0 {
        let line = format!("{below} of lower severity not shown: --level info shows them");
        writeln!(out, "{}", style.paint(Paint::Faint, line))?;
    }
    if !triage.suppressed.is_empty() {
        let line = format!("{} suppressed", triage.suppressed.len());
        writeln!(out, "{}", style.paint(Paint::Faint, line))?;
    }
    Ok(())
}

struct Block<'a> {
    finding: &'a Finding,
    style: Style,
}

impl Block<'_> {
    fn write(&self, judged: &Judged, out: &mut dyn Write) -> io::Result<()> {
        let (finding, style) = (self.finding, self.style);
        let paint = paint(finding.severity);
        let head = format!("{}[{}]", finding.severity.name(), finding.code);
        let standing = judged.standing.map(|standing| format!(" ({})", standing.name())).unwrap_or_default();
        let message = format!(": {}{standing}", text::printable(&finding.message));
        writeln!(out, "{}{}", style.paint(paint, head), style.paint(Paint::Strong, message))?;
        writeln!(out, "{} {}", self.faint("  -->"), self.place())?;
        if let Some(excerpt) = &finding.excerpt {
            self.write_bytes(excerpt, paint, out)?;
        }
        for (name, value) in &finding.evidence {
            self.write_evidence(name, value, out)?;
        }
        for related in &finding.related {
            let place = related.offset.map(|offset| format!(" at {offset}")).unwrap_or_default();
            let line = format!("{}{place}: {}", text::path(&related.path), text::printable(&related.note));
            writeln!(out, "{} {line}", self.faint("   = see"))?;
        }
        Ok(())
    }

    fn faint(&self, mark: &str) -> String {
        self.style.paint(Paint::Faint, mark).to_string()
    }

    fn place(&self) -> String {
        let finding = self.finding;
        let structure = if finding.structure.is_empty() { String::new() } else { format!(", {}", finding.structure) };
        let offset = finding.offset.map(|offset| format!(" at {offset}")).unwrap_or_default();
        let length = match finding.length {
            ByteLen::ZERO => String::new(),
            length => format!(" ({} bytes)", text::count(length.0)),
        };
        let on_disk = finding.virtual_offset.map(|offset| format!(", disk offset {offset}")).unwrap_or_default();
        [text::path(&finding.path), structure, offset, length, on_disk].concat()
    }

    /// The bytes in lines of 16, with those that the finding is about marked.
    fn write_bytes(&self, excerpt: &Excerpt, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
        let Some(start) = self.finding.offset else { return Ok(()) };
        let end = start.saturating_add(self.finding.length.max(ByteLen(1)));
        let mut at = excerpt.offset;
        for line in excerpt.bytes.chunks(16) {
            let cells: Vec<String> = line.iter().map(|byte| format!("{byte:02x}")).collect();
            let is_marked = |index: usize| {
                let byte = at.saturating_add(ByteLen::from(index));
                byte >= start && byte < end
            };
            let ascii: String = line.iter().map(|byte| printable_ascii(*byte)).collect();
            let hex = join(&cells);
            writeln!(out, "{} {:#010x}  {hex:48} {ascii}", self.faint("   |"), at.0)?;
            let marks: Vec<String> =
                (0..line.len()).map(|index| if is_marked(index) { "^^" } else { "  " }.to_owned()).collect();
            let marks = join_marks(&marks);
            writeln!(out, "{}             {}", self.faint("   |"), self.style.paint(paint, marks.trim_end()))?;
            at = at.saturating_add(ByteLen(16));
        }
        Ok(())
    }

    fn write_evidence(&self, name: &str, value: &Evidence, out: &mut dyn Write) -> io::Result<()> {
        let mark = self.faint("   =");
        let label = label(name);
        match value {
            Evidence::Text(value) => writeln!(out, "{mark} {label}: {}", text::printable(value)),
            Evidence::Number(number) if name.ends_with("_offset") => {
                writeln!(out, "{mark} {label}: {}", FileOffset(*number))
            }
            Evidence::Number(number) if name.ends_with("_bytes") && *number >= 1024 => {
                writeln!(out, "{mark} {label}: {number} bytes ({})", text::size(ByteLen(*number)))
            }
            Evidence::Number(number) if name.ends_with("_bytes") => writeln!(out, "{mark} {label}: {number} bytes"),
            Evidence::Number(number) => writeln!(out, "{mark} {label}: {number}"),
            Evidence::List(values) => {
                writeln!(out, "{mark} {label}:")?;
                for value in values {
                    writeln!(out, "       {}", text::printable(value))?;
                }
                Ok(())
            }
        }
    }
}

fn paint(severity: Severity) -> Paint {
    match severity {
        Severity::Info => Paint::Faint,
        Severity::Warning => Paint::Notice,
        Severity::Error | Severity::Fatal => Paint::Alarm,
    }
}

/// The name of a piece of evidence as words, without the unit that its value shows.
fn label(name: &str) -> String {
    let bare = ["_bytes", "_count"].into_iter().find_map(|unit| name.strip_suffix(unit)).unwrap_or(name);
    bare.replace('_', " ")
}

/// Cells in two groups of eight.
fn join(cells: &[String]) -> String {
    let (left, right) = cells.split_at(cells.len().min(8));
    if right.is_empty() { left.join(" ") } else { format!("{}  {}", left.join(" "), right.join(" ")) }
}

/// Marks under such cells, drawn through between neighbours.
fn join_marks(cells: &[String]) -> String {
    join(cells).replace("^^  ^^", "^^^^^^").replace("^^ ^^", "^^^^^").replace("^^ ^^", "^^^^^")
}

fn printable_ascii(byte: u8) -> char {
    if byte.is_ascii_graphic() || byte == b' ' { char::from(byte) } else { '.' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_stand_under_their_bytes() {
        let cells = |marked: std::ops::Range<usize>| -> Vec<String> {
            (0..16).map(|index| if marked.contains(&index) { "^^" } else { "  " }.to_owned()).collect()
        };
        let bytes: Vec<String> = (0..16).map(|byte: u8| format!("{byte:02x}")).collect();
        for marked in [0..1, 0..16, 7..9, 3..6, 15..16] {
            let line = join_marks(&cells(marked.clone()));
            let hex = join(&bytes);
            for (index, byte) in bytes.iter().enumerate() {
                let column = hex.find(byte).unwrap();
                let mark = line.get(column..column + 2);
                assert_eq!(mark == Some("^^"), marked.contains(&index), "{marked:?} {index}\n{hex}\n{line}");
            }
            let inside = line.trim().len();
            assert!(line.trim().bytes().all(|byte| byte == b'^'), "{marked:?} leaves gaps in {inside} columns");
        }
    }

    #[test]
    fn labels_are_words() {
        assert_eq!(label("lost_bytes"), "lost");
        assert_eq!(label("block_offset"), "block offset");
        assert_eq!(label("entries_count"), "entries");
    }
}
