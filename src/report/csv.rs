//! `orphans --format csv` (RFC 4180): one line a file, under a line of names.

use std::io::{self, Write};

use jiff::Timestamp;

use crate::inspect::Orphans;

use super::contents;
use super::json::path_hex;

const HEADS: &str = "at_stake_bytes,class,confidence,modified,path,reasons,verify_first,host,contents,path_raw_hex";

/// Writes the list.
pub fn write_orphans(orphans: &Orphans<'_>, out: &mut dyn Write) -> io::Result<()> {
    write!(out, "{HEADS}\r\n")?;
    for file in orphans.classes.iter().flat_map(|class| &class.files) {
        let verdict = file.verdict;
        let modified = file.file.stamp.and_then(|stamp| Timestamp::try_from(stamp.modified?).ok());
        let fields = [
            verdict.at_stake.map(|bytes| bytes.0.to_string()).unwrap_or_default(),
            verdict.class.name().to_owned(),
            verdict.confidence.name().to_owned(),
            modified.map(|time| time.to_string()).unwrap_or_default(),
            file.file.path.to_string_lossy().into_owned(),
            verdict.reasons.join("; "),
            verdict.class.verify_first().join("; "),
            orphans.inventory.prefix(file.file.origin).unwrap_or_default(),
            file.contents.map(contents::line).unwrap_or_default(),
            path_hex(&file.file.path).unwrap_or_default(),
        ];
        write!(out, "{}\r\n", fields.map(|field| quoted(&field)).join(","))?;
    }
    Ok(())
}

/// A field, in quotes where it needs them. A field that a spreadsheet would take for a formula starts with a quote mark.
pub(in crate::report) fn quoted(field: &str) -> String {
    let formula = field.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let field = if formula { format!("'{field}") } else { field.to_owned() };
    if field.contains([',', '"', '\r', '\n']) { format!("\"{}\"", field.replace('"', "\"\"")) } else { field }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_quoted_where_they_must_be_and_never_formulas() {
        let shown = ["plain", "a,b", "say \"x\"", "two\nlines", "=1+1"].map(quoted);
        assert_eq!(shown, ["plain", "\"a,b\"", "\"say \"\"x\"\"\"", "\"two\nlines\"", "'=1+1"]);
    }
}
