//! The document of a backup among the disks.

use crate::checks::prelude::*;
use crate::estate::is_backup_document;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1205",
    name: "backup-document",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "A BackupSnapshot.xml lies here. A backup of Windows Server 2012 R2 writes it beside the disks of its \
            shadow copy.",
        matters: "The disks around it were restored, or a merge after a backup was not done: there may be files \
            named -AutoRecovery.avhdx that hold what the backup made consistent.",
        harmless: "The folder is a restored backup.",
        todo: "Look for -AutoRecovery.avhdx files and at what they have as parents.",
        not_first: "Do not start a machine on the base while its -AutoRecovery file is wanted.",
    },
    run: Run::Estate(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    if is_backup_document(&file.file.path) {
        out.push(
            out.finding("", "a backup of Windows Server 2012 R2 writes this into its shadow copy, and it lies here"),
        );
    }
}
