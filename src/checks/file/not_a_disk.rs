//! The file is named as a disk and is none.

use crate::checks::prelude::*;
use crate::source::{FileSource, ReadAt};

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
    let is_empty = file.stamp.is_none_or(|stamp| stamp.size.is_zero());
    if is_empty || !super::is_only_named(file) || super::all_zero::all_zero(file).is_some() {
        return;
    }
    let Ok(source) = FileSource::open(&file.path) else { return };
    let mut head = [0; 16];
    let have = source.read_up_to("", FileOffset::ZERO, &mut head).unwrap_or_default();
    let head: Vec<String> = head.iter().take(have).map(|byte| format!("{byte:02x}")).collect();
    let finding = out
        .finding("", format!("the file is named as {} and holds no signature of one", file.kind.name()))
        .with("first_bytes", head.join(" "))
        .with("file_bytes", source.size());
    out.push(finding);
}
