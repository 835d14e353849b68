//! The footer says something that nobody has described.

use crate::checks::prelude::*;
use crate::format::vhd::fields::DiskType;
use crate::format::vhd::footer;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1109",
    name: "vhd-footer-field-unknown",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "The footer's disk type is none of fixed, dynamic and differencing, or its format version is not 1.",
        matters: "A reader must not guess what is meant, so the disk is not read. Windows gives error 0xC03A0003 or \
            0xC03A0005.",
        harmless: "None known.",
        todo: "Compare with the copy of the footer and with a backup. A dynamic disk header tells that the disk \
            is not fixed.",
        not_first: "Do not set the field by guess: the wrong type reads structures as data.",
    },
    run: Run::Vhd(run),
};

fn run(file: &VhdFile<'_>, out: &mut Sink<'_>) {
    let (Some(footer), Some(current)) = (file.survey.footer(), file.survey.footers.current()) else { return };
    if footer.file_format_version.major != footer::FILE_FORMAT_VERSION.major {
        let what = format!("format version {} is unknown", footer.file_format_version);
        out.push(out.finding(footer::STRUCTURE, what).at(current.at.saturating_add(ByteLen(12)), ByteLen(4)));
    }
    if matches!(footer.disk_type, DiskType::None | DiskType::Other(_)) {
        let what = format!("disk type {} is unknown", footer.disk_type.number());
        out.push(out.finding(footer::STRUCTURE, what).at(current.at.saturating_add(ByteLen(60)), ByteLen(4)));
    }
}
