//! There is no dynamic disk header where one must be.

use crate::checks::prelude::*;
use crate::format::vhd::dynamic_disk_header::{HEADER_VERSION, STRUCTURE};
use crate::format::vhd::fields::DiskType;
use crate::image::CopyState;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1107",
    name: "vhd-header-unusable",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "The footer of a dynamic or differencing disk leads to no dynamic disk header: the place has \
            another signature, lies behind the end of the file, is not given at all, or the header's version is not 1.",
        matters: "Without it nobody knows where the blocks are. Windows gives error 0xC03A0007 or 0xC03A0008.",
        harmless: "None known.",
        todo: "Look for \"cxsparse\" in the file, usually at offset 512. If it is elsewhere, the footer is wrong: \
            compare it with its copy.",
        not_first: "Do not convert the file as a fixed disk.",
    },
    run: Run::Vhd(run),
};

fn run(file: &VhdFile<'_>, out: &mut Sink<'_>) {
    let (Some(footer), Some(current)) = (file.survey.footer(), file.survey.footers.current()) else { return };
    if !matches!(footer.disk_type, DiskType::Dynamic | DiskType::Differencing) {
        return;
    }
    let (what, at) = match &file.survey.header {
        None => {
            ("the footer names no place of a dynamic disk header".to_owned(), current.at.saturating_add(ByteLen(16)))
        }
        Some(found) => match &found.parsed {
            Err(error) => (format!("the dynamic disk header cannot be read: {}", error.reason()), found.at),
            Ok(_) if found.state == CopyState::BadSignature => {
                ("there is no dynamic disk header where the footer says".to_owned(), found.at)
            }
            Ok(header) if header.header_version.major != HEADER_VERSION.major => {
                (format!("header version {} is unknown", header.header_version), found.at.saturating_add(ByteLen(24)))
            }
            Ok(_) => return,
        },
    };
    out.push(out.finding(STRUCTURE, what).at(at, ByteLen(8)));
}
