//! `VHDX06xx`: metadata table and items (MS-VHDX 2.6).

pub(super) mod duplicated;
pub(super) mod flags;
pub(super) mod illegal_value;
pub(super) mod incomplete;
pub(super) mod missing_item;
pub(super) mod out_of_place;
pub(super) mod overlap;
pub(super) mod unknown_optional;
pub(super) mod unknown_required;
pub(super) mod unreadable;

use crate::format::vhdx::metadata_items;
use crate::image::vhdx::ItemSurvey;
use crate::units::ByteLen;

use super::finding::Finding;
use super::prelude::VhdxFile;

/// The items that are not among those of the specification, and all user items.
fn unknown<'a>(file: &VhdxFile<'a>) -> impl Iterator<Item = &'a ItemSurvey> {
    let items = file.metadata().into_iter().flat_map(|metadata| &metadata.items);
    items.filter(|item| item.entry.is_user() || metadata_items::name(item.entry.item_id).is_none())
}

fn kind(item: &ItemSurvey) -> &'static str {
    if item.entry.is_user() { "user item" } else { "item" }
}

fn name(item: &ItemSurvey) -> String {
    match metadata_items::name(item.entry.item_id).filter(|_| !item.entry.is_user()) {
        Some(name) => format!("the item {name}"),
        None => format!("{} {}", kind(item), item.entry.item_id),
    }
}

/// Place and content of an item's entry in the table.
fn place(finding: Finding, item: &ItemSurvey) -> Finding {
    finding
        .at(item.entry.at, ByteLen(32))
        .with("item", item.entry.item_id)
        .with("item_offset", u64::from(item.entry.offset))
        .with("item_bytes", item.entry.length)
}
