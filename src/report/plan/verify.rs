//! `verify` for people.

use std::io::{self, Write};

use crate::analysis::plan::Change;
use crate::inspect::{Aftermath, Check, Content, Verified};

use super::super::text::{self, printable};
use super::super::{Paint, Style};

const ALTERED: &str = "Refused: the plan file was altered since it was written. Do not trust what it says.";

/// Writes whether a plan is still true.
pub fn write_before(verified: &Verified, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if !verified.intact {
        writeln!(out, "{}", style.paint(Paint::Alarm, ALTERED))?;
    }
    if verified.changes.is_empty() {
        if !verified.intact {
            return Ok(());
        }
        writeln!(out, "{}", style.paint(Paint::Good, "Every fact that the plan rests on is as it was."))?;
        if let Some(file) = &verified.hashed {
            let file = printable(&file.path);
            writeln!(out, "The content was not compared; verify --after --survivor {file} does that.")?;
        }
        return Ok(());
    }
    let what = "Refused: what the plan rests on has changed. Make a new plan.";
    writeln!(out, "{}", style.paint(Paint::Alarm, what))?;
    for change in &verified.changes {
        writeln!(out, "  {}", sentence(change))?;
    }
    if let Some(folder) = &verified.relative_to {
        writeln!(
            out,
            "The plan's relative paths were taken from {}; verify belongs into the folder in which the plan was made.",
            text::path(folder)
        )?;
    }
    Ok(())
}

fn sentence(change: &Change) -> String {
    let path = printable(&change.path.path);
    match (&change.planned, &change.found) {
        (Some(_), None) if change.what == "disk" || change.what == "configuration" => format!("{path}: is gone"),
        (None, Some(_)) if change.what == "disk" => format!("{path}: is new, and depends on a file that changes"),
        (None, Some(_)) if change.what == "possible_child" => {
            format!("{path}: is new, and may depend on a file that changes: that cannot be told")
        }
        (None, Some(_)) if change.what == "configuration" => format!("{path}: is new, and attaches a disk of the plan"),
        (planned, found) => {
            let shown = |value: &Option<String>| value.as_deref().map_or_else(|| "nothing".to_owned(), printable);
            format!("{path}: {} was {}, and is {}", change.what, shown(planned), shown(found))
        }
    }
}

/// Writes what a merge left behind.
pub fn write_after(after: &Aftermath, style: Style, out: &mut dyn Write) -> io::Result<()> {
    if !after.intact {
        // Nothing is proved by a hash that anybody may have written.
        return writeln!(out, "{}", style.paint(Paint::Alarm, ALTERED));
    }
    let (paint, what) = content(&after.content, &text::path(&after.survivor));
    writeln!(out, "{}", style.paint(paint, &what))?;
    write_checks(&after.checks, style, out)?;
    for other in &after.also {
        let (file, survivor) = (printable(&other.file.path), printable(&other.survivor.path));
        let (paint, what) = match &other.content {
            Some(found) => content(found, &survivor),
            None if other.is_proved() => {
                (Paint::Plain, format!("Not merged: {survivor} is as it was, and {file} is still there."))
            }
            None => (Paint::Alarm, format!("The disk of {file} is not what it was.")),
        };
        writeln!(out, "{}", style.paint(paint, &what))?;
        write_checks(&other.checks, style, out)?;
    }
    if after.also.iter().any(|other| matches!(other.content, Some(Content::Differs { .. } | Content::Unreadable(_)))) {
        writeln!(out, "While Hyper-V still merges, a disk is not yet what it will be: look again when it is done.")?;
    }
    Ok(())
}

/// What a file holds, in a sentence.
fn content(content: &Content, survivor: &str) -> (Paint, String) {
    match content {
        Content::Proved { sha256 } => (
            Paint::Good,
            format!("Proved: {survivor} holds the same content as before, to the byte (sha256 {sha256})."),
        ),
        Content::NotProved => (
            Paint::Notice,
            format!(
                "Content was NOT proved: the plan was made without --hash, so that nothing tells what {survivor} must \
                 hold."
            ),
        ),
        Content::Differs { planned, found } => (
            Paint::Alarm,
            format!("{survivor} holds other content: sha256 was {}, and is {found}.", printable(planned)),
        ),
        Content::Unreadable(error) => {
            (Paint::Alarm, format!("{survivor} cannot be read: {}", printable(&error.reason().to_string())))
        }
    }
}

fn write_checks(checks: &[Check], style: Style, out: &mut dyn Write) -> io::Result<()> {
    for check in checks {
        let (word, paint) = match check.ok {
            Some(true) => ("as expected", Paint::Faint),
            Some(false) => ("WRONG", Paint::Alarm),
            None => ("note", Paint::Plain),
        };
        writeln!(out, "  {}  {}", style.paint(paint, text::left(word, 11)), printable(&check.what))?;
    }
    Ok(())
}
