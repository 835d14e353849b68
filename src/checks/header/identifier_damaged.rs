//! The first eight bytes are not those of a VHDX file, though what follows is.

use crate::checks::prelude::*;
use crate::format::vhdx::file_type_identifier as identifier;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0101",
    name: "file-identifier-damaged",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "The file type identifier at offset 0 does not start with \"vhdxfile\" (MS-VHDX 2.2.1), while a \
            header further on has its own signature.",
        matters: "Windows and every other program that goes by the first bytes refuse the file. Everything else may \
            be whole.",
        harmless: "None known: no writer touches these bytes after creation. A partial overwrite of the start of the \
            file, a boot sector written to the image instead of into it, or a bad sector does it.",
        todo: "Work on a copy. When headers, region tables and metadata have no findings of their own, writing \
            the eight bytes back on the copy makes the file readable again.",
        not_first: "Do not convert or recreate the disk from what a tool without the identifier guesses it to be, for \
            instance a raw image.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Ok(found) = &file.survey.identifier else { return };
    if found.signature == identifier::SIGNATURE {
        return;
    }
    let valid = file.survey.headers.iter().filter(|header| header.valid().is_some()).count();
    let message = "the file does not start with the signature of a VHDX file, but its headers do";
    let finding = out
        .finding(identifier::STRUCTURE, message)
        .at(identifier::OFFSET, ByteLen(8))
        .with("found", found.signature.escape_ascii().to_string())
        .with("expected", identifier::SIGNATURE.escape_ascii().to_string())
        .with("valid_headers_count", valid);
    out.push(finding);
}
