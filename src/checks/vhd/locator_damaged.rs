//! A parent locator of a VHD cannot be read.

use crate::checks::prelude::*;
use crate::format::vhd::parent_locator::{ENTRY_SIZE, STRUCTURE};

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX1114",
    name: "vhd-locator-damaged",
    severity: Severity::Warning,
    explanation: Explanation {
        seen: "A parent locator entry of the dynamic disk header points behind the end of the file or is too \
            long, or its text is damaged.",
        matters: "That path cannot be used. The others can, and the parent is proved by its unique id, not by paths.",
        harmless: "None known.",
        todo: "Set the parent anew on a copy with Set-VHD -ParentPath.",
        not_first: "Do not rename the parent to fit a damaged path.",
    },
    run: Run::Vhd(run),
};

fn run(file: &VhdFile<'_>, out: &mut Sink<'_>) {
    for locator in &file.survey.locators {
        let why = match &locator.data {
            Err(error) => error.reason().to_string(),
            Ok(data) if data.text.is_some() && !data.exact => "its text is damaged".to_owned(),
            Ok(_) => continue,
        };
        let code = locator.entry.platform_code.code().escape_ascii().to_string();
        let finding = out
            .finding(STRUCTURE, format!("the locator {code} cannot be used: {why}"))
            .at(locator.entry.at, ENTRY_SIZE)
            .with("data_offset", locator.entry.platform_data_offset)
            .with("data_bytes", locator.entry.platform_data_length);
        out.push(finding);
    }
}
