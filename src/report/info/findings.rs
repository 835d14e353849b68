//! What is wrong with the file, in a line each; `check` shows the bytes.

use std::io;

use crate::checks::Severity;
use crate::estate::FoundFile;
use crate::inspect::Inspection;
use crate::report::{Paint, text};

use super::sheet::Sheet;

/// The findings of severity warning and above.
pub(super) fn section(sheet: &mut Sheet<'_>, inspection: &Inspection, file: &FoundFile) -> io::Result<()> {
    let of_file = inspection.findings.list.iter().filter(|finding| finding.path == file.path);
    let mut findings = of_file.filter(|finding| finding.severity >= Severity::Warning).peekable();
    if findings.peek().is_none() {
        return Ok(());
    }
    sheet.section("Findings")?;
    for finding in findings {
        let paint = if finding.severity >= Severity::Error { Paint::Alarm } else { Paint::Notice };
        let line = format!("{}[{}] {}", finding.severity.name(), finding.code, finding.message);
        sheet.prose(paint, &text::printable(&line))?;
    }
    Ok(())
}
