//! A checkpoint that a backup made is still there.

use crate::checks::prelude::*;
use jiff::SignedDuration;

use crate::estate::AttachedDisk;
use crate::estate::verdict::Class;
use crate::vm::ConfigurationKind;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1015",
    name: "backup-checkpoint-left",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "The checkpoint, or the disk that it keeps, is named as backup programs name theirs. For information \
            while it is younger than two days; the evidence has its age.",
        matters: "A backup makes a checkpoint and removes it at its end. One that stays blocks the next backup and \
            other checkpoints, and its disk grows with every write; the manager may offer no menu to remove it.",
        harmless: "A backup is running just now.",
        todo: "See that no backup job is running, then Get-VMSnapshot | Where-Object SnapshotType -eq Recovery | \
            Remove-VMSnapshot, which merges its disk.",
        not_first: "Do not remove the .avhdx file: the machine writes to it.",
    },
    run: Run::Beside(run),
};

/// From this age on a checkpoint of a backup counts as left behind.
const OLD: SignedDuration = SignedDuration::from_hours(48);

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    let checkpoint = file.machine().filter(|(_, machine)| machine.kind() == ConfigurationKind::Checkpoint);
    let Some((_, checkpoint)) = checkpoint else { return };
    let kept = checkpoint.disks.iter().filter_map(AttachedDisk::file);
    let of_backup: Vec<_> = kept
        .filter(|disk| file.subject.verdict(*disk).is_some_and(|verdict| verdict.class == Class::RecoveryCheckpoint))
        .collect();
    if of_backup.is_empty() {
        return;
    }
    let age =
        file.subject.as_of(file.file).zip(checkpoint.configuration.created).map(|(now, then)| now.duration_since(then));
    let old = age.is_some_and(|age| age >= OLD);
    let finding = out
        .finding("", format!("{} was made by a backup and is still there", checkpoint.title()))
        .severity(if old { Severity::Warning } else { Severity::Info })
        .with_some("created", checkpoint.configuration.created.map(|then| then.to_string()))
        .with_some("age_hours", age.and_then(|age| u64::try_from(age.as_hours()).ok()));
    let disks = of_backup.into_iter().filter_map(|disk| file.subject.file(disk));
    out.push(disks.fold(finding, |finding, disk| finding.see_file(disk, None, "a disk that it keeps")));
}
