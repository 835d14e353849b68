//! `explain`: the long text of a check, of an error code, of an event.

use std::io::{self, Write};

use crate::checks::{Check, Explanation, Topic, find};

use super::{Paint, Style, text};

/// Writes what is known of some topics.
pub fn write(topics: &[Topic], style: Style, out: &mut dyn Write) -> io::Result<()> {
    for (number, topic) in topics.iter().enumerate() {
        if number != 0 {
            writeln!(out)?;
        }
        match topic {
            Topic::Check(check) => write_check(check, style, out)?,
            Topic::Code(code) => {
                let head = format!("{:#010X} {}", code.code, code.symbol).replacen("0X", "0x", 1);
                let parts = Parts { head, texts: [code.meaning, code.look_at, code.expert], findings: code.findings };
                parts.write(style, out)?;
            }
            Topic::Event(event) => {
                let head = format!("{} event {}", event.source, event.id);
                let parts =
                    Parts { head, texts: [event.meaning, event.look_at, event.expert], findings: event.findings };
                parts.write(style, out)?;
            }
        }
    }
    Ok(())
}

/// The headings of an explanation with their texts, in order.
pub(super) fn headings(explanation: &Explanation) -> [(&'static str, &'static str); 5] {
    [
        ("What was seen", explanation.seen),
        ("Why it matters", explanation.matters),
        ("Harmless causes", explanation.harmless),
        ("What to do", explanation.todo),
        ("What not to do first", explanation.not_first),
    ]
}

fn write_check(check: &Check, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let head = format!("{} {} ({})", check.code, check.name, check.severity.name());
    writeln!(out, "{}", style.paint(Paint::Strong, head))?;
    for (heading, words) in headings(&check.explanation) {
        write_part(heading, words, style, out)?;
    }
    Ok(())
}

/// What is told of an error code or an event.
struct Parts {
    head: String,
    texts: [&'static str; 3],
    findings: &'static [&'static str],
}

impl Parts {
    fn write(&self, style: Style, out: &mut dyn Write) -> io::Result<()> {
        writeln!(out, "{}", style.paint(Paint::Strong, &self.head))?;
        for (heading, words) in ["What it means", "What to look at", "What an expert does"].into_iter().zip(self.texts)
        {
            write_part(heading, words, style, out)?;
        }
        if self.findings.is_empty() {
            return Ok(());
        }
        writeln!(out)?;
        writeln!(out, "{}", style.paint(Paint::Strong, "Findings that belong to it"))?;
        for check in self.findings.iter().filter_map(|code| find(code)) {
            writeln!(out, "  {} {}", check.code, check.name)?;
        }
        Ok(())
    }
}

fn write_part(heading: &str, words: &str, style: Style, out: &mut dyn Write) -> io::Result<()> {
    const WIDTH: usize = 100;
    writeln!(out)?;
    writeln!(out, "{}", style.paint(Paint::Strong, heading))?;
    for line in text::wrap(words, style.width.unwrap_or(WIDTH).clamp(20, WIDTH).saturating_sub(2)) {
        writeln!(out, "  {line}")?;
    }
    Ok(())
}
