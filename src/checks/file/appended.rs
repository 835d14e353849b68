//! Something stands behind the last whole megabyte of the file.

use crate::checks::prelude::*;
use crate::format::vhdx::ALIGNMENT;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0904",
    name: "data-after-last-megabyte",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The length of the file is no multiple of 1 MiB, and nothing refers to the bytes behind the last \
            whole megabyte (MS-VHDX 2.2 lays everything out in megabytes).",
        matters: "No reader looks at these bytes. They do not belong to the disk.",
        harmless: "A transfer program that pads or signs files, a download with a trailer, a file system that rounds \
            lengths up. Early writers end the file where their last byte happens to be.",
        todo: "Nothing for the disk. An examiner looks at the bytes: they are a place to hide data in plain \
            sight.",
        not_first: "Do not cut the bytes off the original.",
    },
    run: Run::Vhdx(run),
};

use super::probe::{self, Probe};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(tail) = super::unreferenced(file).and_then(|free| free.last().and_then(super::tail_of)) else { return };
    let data = probe::first_data(&**file.image.view(), tail, &mut Probe::new(ALIGNMENT));
    let what = match tail.len {
        ByteLen(1) => "1 byte behind the last whole megabyte belongs to nothing".to_owned(),
        len => format!("{len} bytes behind the last whole megabyte belong to nothing"),
    };
    let finding = out
        .finding("", what)
        .in_range(tail)
        .with("file_bytes", file.survey.file_size)
        .with("holds_data", if data.is_some() { "yes" } else { "no" })
        .with_some("first_data_offset", data);
    out.push(finding);
}
