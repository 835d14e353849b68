//! The file is named as a disk and is none.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0907",
    name: "not-a-disk",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The file is named as a virtual disk, and neither its start nor its end, nor the places of the \
            headers, bear a signature of one.",
        matters: "There is no disk that could be read in it. If it was one, its structures have been overwritten or \
            encrypted.",
        harmless: "A raw image or another file under the wrong name.",
        todo: "Look at the first bytes. If other files of the folder changed at the same time, think of an \
            encryption by malware, and of a file system repair that mixed files up.",
        not_first: "Do not attach the file for writing, and do not let Windows initialise it.",
    },
    run: Run::File(run),
};

fn run(file: &FoundFile, out: &mut Sink<'_>) {
    let Some(source) = file.unrecognised.as_ref().filter(|source| !source.size().is_zero()) else { return };
    if super::all_zero::all_zero(file).is_some() {
        return;
    }
    let finding = out
        .finding("", format!("the file is named as {} and holds no signature of one", file.kind.name()))
        .at(FileOffset::ZERO, ByteLen(8))
        .with("file_bytes", source.size());
    out.push(finding);
}
