//! A size of the disk is one that cannot be.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1108",
    name: "vhd-illegal-size",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "The current size is 0 or no multiple of 512; or the block size is no power of two; or the table has \
            fewer entries than the disk has blocks.",
        matters: "The places of the blocks cannot be computed. Windows gives error 0xC03A0008, 0xC03A000B or \
            0xC03A0012.",
        harmless: "None known.",
        todo: "Compare with the copy of the footer and with a backup. The file system in the disk knows its own \
            size.",
        not_first: "Do not round the value to the next legal one and go on.",
    },
    run: Run::Vhd(run),
};

fn run(file: &VhdFile<'_>, out: &mut Sink<'_>) {
    let Some(Err(error)) = &file.survey.geometry else { return };
    // A header that could not be read has a finding of its own.
    let Some(at) = error.offset().filter(|_| !matches!(error.kind(), crate::ErrorKind::Truncated { .. })) else {
        return;
    };
    let finding = out.finding(error.structure().to_owned(), error.reason().to_string()).at(at, ByteLen(8));
    out.push(finding.with_some("current_size_bytes", file.survey.footer().map(|footer| footer.current_size)));
}
