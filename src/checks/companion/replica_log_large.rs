//! A replica log that has grown too large.

use crate::checks::prelude::*;
use crate::image::FileKind;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1203",
    name: "replica-log-large",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "The replica log (.hrl) beside the disk has more than half of the disk file's bytes.",
        matters: "At that size Hyper-V Replica gives up sending changes and asks for resynchronisation, which reads \
            the whole disk on both sides.",
        harmless: "The connection to the replica was down for a while and is catching up.",
        todo: "Look at the state of the replication with Measure-VMReplication, repair the connection, and \
            resynchronise with Resume-VMReplication -Resynchronize at a quiet time.",
        not_first: "Do not remove the log: the changes that it holds were not sent yet.",
    },
    run: Run::Beside(run),
};

fn run(file: &LinkedFile<'_>, out: &mut Sink<'_>) {
    if file.file.kind != FileKind::Hrl {
        return;
    }
    let disk = file.index.disk_of(file.subject, file.file).and_then(|disk| file.subject.file(disk));
    let Some((disk, disk_stamp)) = disk.and_then(|disk| Some((disk, disk.stamp?))) else { return };
    let Some(log) = file.file.stamp.map(|stamp| stamp.size) else { return };
    if log.saturating_add(log) <= disk_stamp.size {
        return;
    }
    let percent = u128::from(log.0).saturating_mul(100).div_ceil(u128::from(disk_stamp.size.0.max(1)));
    let finding = out
        .finding("", format!("the replica log has {percent} % of the bytes of its disk"))
        .with("log_bytes", log)
        .with("disk_bytes", disk_stamp.size);
    out.push(finding.see_file(disk, None, "the disk"));
}
