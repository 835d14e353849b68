//! A companion of a disk without the disk.

use crate::checks::prelude::*;
use crate::estate::verdict::Class;
use crate::image::FileKind;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1201",
    name: "companion-without-disk",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The file is named after a disk (.rct, .mrt, .hrl, .hru), and there is no disk of that name beside \
            it.",
        matters: "It tells of changes to a disk that is not here. It is of no use without it.",
        harmless: "The disk was moved or renamed and the companion left behind. A disk that was moved without its \
            change tracking gets a full backup next.",
        todo: "See whether the disk was moved, and whether a backup program or replication still asks for the file.",
        not_first: "Do not copy it to the disk's new place: change tracking of another moment makes the next backup \
            wrong.",
    },
    run: Run::Beside(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let of_disk = matches!(file.file.kind, FileKind::Rct | FileKind::Mrt | FileKind::Hrl | FileKind::Hru);
    let Some(verdict) = file.judged(Class::CompanionOrphan).filter(|_| of_disk) else { return };
    if file.index.disk_of(file.subject, file.file).is_none() {
        let finding = out
            .finding("", format!("the disk that this .{} file is named after is not beside it", file.file.kind.name()))
            .with("confidence", verdict.confidence.name());
        out.push(finding.with_some("at_stake_bytes", verdict.at_stake));
    }
}
