//! `vm --keys`: the raw tree of keys.

use std::io::{self, Write};
use std::path::Path;

use crate::report::{Paint, Style, text};
use crate::vm::{Key, VmFile};

use super::shown;

/// Writes every key with its type and value, one a line, indented below its parent.
pub fn write(path: &Path, vm: &VmFile, style: Style, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", style.paint(Paint::Strong, text::path(path)))?;
    vm.keys.iter().try_for_each(|key| line(key, 1, style, out))
}

fn line(key: &Key, depth: usize, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let indent = "  ".repeat(depth);
    write!(out, "{indent}{}", style.paint(Paint::Plain, text::printable(&key.name)))?;
    if let Some((kind, value)) = shown(&key.value) {
        write!(out, "  {}  {value}", style.paint(Paint::Faint, kind))?;
    }
    if let Some(at) = key.at {
        write!(out, "  {}", style.paint(Paint::Faint, format!("@{at}")))?;
    }
    if key.intact == Some(false) {
        write!(out, "  {}", style.paint(Paint::Alarm, "wrong checksum"))?;
    }
    writeln!(out)?;
    key.children.iter().try_for_each(|child| line(child, depth.saturating_add(1), style, out))
}
