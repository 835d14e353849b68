//! One metadata item is listed twice.

use crate::checks::prelude::*;
use crate::image::vhdx::ItemSurvey;
use std::collections::BTreeMap;

/// The check.
pub(in crate::checks) const CHECK: Check = Check {
    code: "VHDX0605",
    name: "metadata-item-duplicated",
    severity: Severity::Error,
    explanation: Explanation {
        seen: "Two entries of the metadata table have the same item id and the same flag IsUser (MS-VHDX 2.6.1.2 \
            has each pair once).",
        matters: "Programs take the first or the last of them, and may so see another size or another parent.",
        harmless: "None known.",
        todo: "Compare both values with a backup or another file of the chain.",
        not_first: "Do not delete one of the entries before both values are known.",
    },
    run: Run::Vhdx(run),
};

fn run(file: &VhdxFile<'_>, out: &mut Sink<'_>) {
    let Some(metadata) = file.metadata() else { return };
    let key = |item: &ItemSurvey| (item.entry.item_id, item.entry.is_user());
    if few_and_unlike(&metadata.items, |one, two| key(one) == key(two)) {
        return;
    }
    let mut seen = BTreeMap::new();
    for item in &metadata.items {
        let first = *seen.entry(key(item)).or_insert(item);
        if first.entry.at != item.entry.at {
            let name = super::name(item);
            let finding = super::place(out.finding("metadata table", format!("{name} is listed more than once")), item);
            out.push(finding.see(file.path, Some(first.entry.at), "first entry, which is used"));
        }
    }
}
