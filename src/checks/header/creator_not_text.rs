//! The creator is no text.

use crate::checks::prelude::*;
use crate::format::vhdx::file_type_identifier as identifier;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0109",
    name: "creator-not-text",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The creator field of the file type identifier (MS-VHDX 2.2.1) holds something that is no valid \
            UTF-16, or control characters.",
        matters: "The field is for diagnosis only and no reader depends on it. It should name the program that made \
            the file, and here it cannot.",
        harmless: "A writer that filled the field with its own bytes, or with text in another encoding. An empty \
            field is normal and no finding.",
        todo: "Nothing. An examiner notes that the usual trace of origin is missing.",
        not_first: "Do not conclude from this field alone who wrote the file; it is neither checked nor protected by a \
            checksum.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Ok(found) = &file.survey.identifier else { return };
    let is_text = found.creator.is_printable_ascii()
        || found.creator.exact().is_some_and(|text| !text.chars().any(char::is_control));
    if found.signature != identifier::SIGNATURE || is_text {
        return;
    }
    let finding = out
        .finding(identifier::STRUCTURE, "the creator field holds no text")
        .at(identifier::OFFSET.saturating_add(ByteLen(8)), ByteLen::from(found.creator.bytes().len()))
        .with("creator", found.creator.lossy().escape_debug().to_string());
    out.push(finding);
}
