//! A VHD without a footer that could be used.

use crate::checks::prelude::*;
use crate::format::vhd::footer;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1101",
    name: "vhd-no-footer",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "The last bytes of the file hold no VHD footer, and there is no copy at the start; or both are \
            damaged and differ in what reading depends on (\"Virtual Hard Disk Image Format Specification\", Hard Disk \
            Footer Format).",
        matters: "Size, type and identity of the disk are unknown. Windows gives error 0xC03A0001 or 0xC03A0003.",
        harmless: "A copy that was cut off: the footer is the last thing in the file.",
        todo: "Compare the length with the source and copy again. Of a fixed disk the data are the file from its \
            start; a footer can be made anew for it. Of a dynamic disk look for \"cxsparse\", the dynamic disk header.",
        not_first: "Do not append a footer before it is known how long the file was.",
    },
    run: Run::Vhd(run),
};

fn run(file: &VhdFile<'_>, out: &mut Sink<'_>) {
    let footers = &file.survey.footers;
    let Err(error) = &footers.current else { return };
    let finding = out
        .finding(footer::STRUCTURE, "there is no footer that could be used")
        .at(footers.at_end.at, footers.size_at_end)
        .with("footer", footers.at_end.state.describe())
        .with("footer_copy", footers.copy.as_ref().map_or("none", |copy| copy.state.describe()))
        .with("reason", error.reason().to_string())
        .with("file_bytes", file.survey.file_size);
    out.push(finding);
}
