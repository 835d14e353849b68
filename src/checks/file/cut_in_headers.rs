//! The file ends inside its headers.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0901",
    name: "file-cut-in-headers",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "The file starts as a VHDX file and ends before the end of its second region table, at 320 KiB \
            (MS-VHDX 2.2).",
        matters: "Nothing of the virtual disk is in it.",
        harmless: "A copy or download that was broken off at once; a volume that was full.",
        todo: "Copy the file again from its source, or restore it from a backup.",
        not_first: "Do not extend the file with zeros.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    if !file.is_cut_in_headers() {
        return;
    }
    let size = file.survey.file_size;
    let finding =
        out.finding("", format!("the file has {size} bytes and ends inside its headers")).with("file_bytes", size);
    out.push(finding);
}
