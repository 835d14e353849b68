//! The parent's file was written at another time than the child recorded.

use crate::checks::prelude::*;
use crate::format::vhd::dynamic_disk_header::STRUCTURE;
use crate::format::vhd::fields::TimeStamp;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1115",
    name: "vhd-parent-time-stamp-differs",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The time stamp that a differencing VHD recorded of its parent's file is not the time of that \
            file's last write. The parent is proved by its unique id.",
        matters: "The id of a VHD does not change when it is written to, unlike that of a VHDX: the time is the only \
            sign that somebody wrote to the parent after the child was made. Windows gives error 0xC03A000F.",
        harmless: "A copy or restore that did not keep the time, a clock that was set, a time zone. This is what \
            happens to every copied chain.",
        todo: "If the files were copied, nothing. Otherwise find out what wrote to the parent, and compare it \
            with a backup from before the child was made.",
        not_first: "Do not set the time of the file to make Windows content before that.",
    },
    run: Run::Link(run),
};

fn run(file: &LinkedFile<'_>, link: &Link, out: &mut Sink<'_>) {
    const TOLERANCE: u64 = 2;
    let Some(parent) = file.parent().filter(|_| link.status.is_linked()) else {
        return;
    };
    let Some(disk) = file.disk() else { return };
    let Some(recorded) = disk.parent().and_then(|parent| parent.parent_time_stamp).map(TimeStamp::to_timestamp) else {
        return;
    };
    let modified = parent.stamp.and_then(|stamp| stamp.modified);
    let Some(modified) = modified.and_then(|time| jiff::Timestamp::try_from(time).ok()) else { return };
    let apart = modified.as_second().abs_diff(recorded.as_second());
    let Some(header) = disk.places.dynamic_disk_header.filter(|_| apart > TOLERANCE) else { return };
    let finding = out
        .finding(STRUCTURE, "the parent's file was last written at another time than is recorded")
        .at(header.saturating_add(ByteLen(56)), ByteLen(4))
        .with("recorded", recorded.to_string())
        .with("apart_seconds", apart);
    out.push(finding.see_file(parent, None, "the parent, proved by its unique id"));
}
