//! The footer at the end is damaged; its copy at the start is used.

use crate::checks::prelude::*;
use crate::format::vhd::footer;
use crate::image::vhd::CurrentFooter;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1102",
    name: "vhd-footer-damaged",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "The footer at the end of the file has a wrong signature or checksum, and the copy at the start is \
            right.",
        matters: "The disk can be read by way of the copy. Windows and several other programs look at the end only. \
            If the file was cut off, blocks are missing as well: see the findings about them.",
        harmless: "A copy that was cut off, or something that was appended to the file.",
        todo: "Compare the length with the source. If the file is whole, write the copy of the footer to the end \
            of a copy of the file.",
        not_first: "Do not write the footer to the end of the file before its length is explained.",
    },
    run: Run::Vhd(run),
};

fn run(file: &VhdFile<'_>, out: &mut Sink<'_>) {
    let footers = &file.survey.footers;
    let (Ok(CurrentFooter::Copy), Some(copy)) = (&footers.current, &footers.copy) else { return };
    let what = format!("the footer at the end {}; its copy is used", footers.at_end.state.predicate());
    let finding = out
        .finding(footer::STRUCTURE, what)
        .at(footers.at_end.at, footers.size_at_end)
        .with("file_bytes", file.survey.file_size)
        .see(file.path, Some(copy.at), "the copy, which is used");
    out.push(finding);
}
