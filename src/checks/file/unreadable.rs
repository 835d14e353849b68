//! The file or folder could not be read.

use crate::checks::prelude::*;
use crate::error::{Error, ErrorKind};
use crate::image::FileKind;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0908",
    name: "unreadable-file",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The operating system refused to open or read the file or folder, or the path is not one that can \
            be read.",
        matters: "Nothing is known about it. Every statement about other files that may depend on it is less \
            certain.",
        harmless: "Missing rights; a disk that a running machine holds open; a share that was gone for a moment.",
        todo: "Run again with the rights to read everything, or on a snapshot of the volume (VSS, or of the \
            storage), in which nothing is held open.",
        not_first: "Do not take what could not be read for missing.",
    },
    run: Run::Estate(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let file = file.file;
    if file.kind == FileKind::Other {
        return;
    }
    let counting = file.blocks.as_deref().and_then(|blocks| blocks.as_ref().err());
    let failed = file.error.iter().chain(counting).find(|error| matches!(error.kind(), ErrorKind::Io(_)));
    if let Some(error) = failed {
        walked(error, out);
    }
}

/// The finding about a file or folder that a walk could not read.
pub(in crate::checks) fn walked(error: &Error, out: &mut Sink<'_>) {
    let mut finding = out.finding("", "cannot be read").with("reason", error.reason().to_string());
    finding.offset = error.offset();
    out.push(finding);
}
