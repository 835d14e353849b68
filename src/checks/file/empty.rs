//! A disk of no bytes at all.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0902",
    name: "empty-file",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The file is named as a virtual disk and is empty.",
        matters: "There is no disk. If it was one, all of it is gone from this file.",
        harmless: "A creation or copy that was broken off before its first byte. File systems that remove content \
            they find corrupt can leave the name.",
        todo: "Restore the file from a backup. Look into the volume's event log for what happened to it.",
        not_first: "Do not write anything to the volume while the old content may still be recovered from it.",
    },
    run: Run::File(run),
};

fn run(file: &FoundFile, out: &mut Sink<'_>) {
    if file.is_image() && file.stamp.is_some_and(|stamp| stamp.size.is_zero()) {
        let finding = out.finding("", "the file is named as a virtual disk and is empty").with("file_bytes", 0_u64);
        out.push(finding);
    }
}
