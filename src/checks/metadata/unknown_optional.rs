//! A metadata item that readers may pass over.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0604",
    name: "unknown-optional-item",
    severity: Severity::Info,
    explanation: Explanation {
        seen: "The metadata table lists an item that is unknown, or a user's, and need not be known (MS-VHDX \
            2.6.1.2).",
        matters: "The disk can be read without it. The item keeps something that only its writer understands.",
        harmless: "Products that store data of their own with the disk; the format has user items for that.",
        todo: "Nothing. An examiner looks at the item's bytes: it is a place where data can be kept that no guest \
            sees.",
        not_first: "Do not convert the file if the item might matter; conversion leaves it behind.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    for item in super::unknown(file).filter(|item| !item.entry.is_required()) {
        let message = format!("{} {} is unknown and need not be known", super::kind(item), item.entry.item_id);
        let finding = super::place(out.finding("metadata table", message), item);
        out.push(finding);
    }
}
