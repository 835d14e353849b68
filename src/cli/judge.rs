//! From a result to the exit status.

use crate::inspect::Inspection;
use crate::report::text;

use super::{Exit, messages};

/// The exit status of a command that looks at files. Says on stderr what was named and cannot be read.
pub fn judge(inspection: &Inspection) -> Exit {
    let failed = inspection.unreadable_named();
    for (path, error) in &failed {
        messages::error(&format!("{}: {}", text::path(path), text::printable(&error.reason().to_string())));
    }
    if !failed.is_empty() {
        Exit::Failed
    } else if inspection.has_findings() {
        Exit::Findings
    } else {
        Exit::Ok
    }
}
