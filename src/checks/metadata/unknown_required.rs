//! A metadata item that every reader must know, and nobody knows.

use crate::checks::prelude::*;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0603",
    name: "unknown-required-item",
    severity: Severity::Fatal,
    explanation: Explanation {
        seen: "The metadata table lists an item that is unknown, or a user's, and has the flag IsRequired \
            (MS-VHDX 2.6.1.2).",
        matters: "Its writer says that the file must not be opened by anyone who does not know the item: reading on \
            would perhaps give wrong content. This program obeys.",
        harmless: "A newer version of Windows, or a product that extends the format.",
        todo: "Find out from the creator field and from where the file comes what wrote it, and open it with \
            that.",
        not_first: "Do not clear the flag to get at the content before you know what the item changes.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    for item in super::unknown(file).filter(|item| item.entry.is_required()) {
        let message = format!("{} {} is required and unknown", super::kind(item), item.entry.item_id);
        let finding = super::place(out.finding("metadata table", message), item);
        out.push(finding);
    }
}
