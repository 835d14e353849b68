//! The metadata region behind sound headers and region tables: its table, its items, and the sizes that follow
//! (MS-VHDX 2.6).

use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use crate::error::ErrorKind;
use crate::format::vhdx::metadata_items::MetadataItem;
use crate::format::vhdx::metadata_table::MetadataTable;
use crate::image::vhdx::{Geometry, ItemSurvey, MetadataSurvey, OpenOptions, VhdxSurvey};
use crate::testkit::SparseImage;
use crate::testkit::vhdx::metadata::{
    FILE_PARAMETERS, ITEMS_AT, LOGICAL_SECTOR_SIZE, PARENT_LOCATOR, VIRTUAL_DISK_ID, VIRTUAL_DISK_SIZE, region,
};
use crate::testkit::vhdx::{BatShape, Builder, Item, Locator};
use crate::units::FileOffset;

use super::bytes::{guid, le16, le32, le64};
use super::held::Held;
use super::input::{Input, piece, without_zeros};
use super::locator::text_is_bounded;

/// Where the builder puts the metadata and the BAT, and how long each is.
const METADATA: u64 = 2 << 20;
const BAT: u64 = 3 << 20;
const REGION: u64 = 1 << 20;

/// A length with the table, and the items from 64 KiB of the region on.
pub fn metadata(data: &[u8]) {
    static FILE: OnceLock<SparseImage> = OnceLock::new();
    let mut input = Input::new(data);
    let (table, items) = (input.piece(), input.rest());
    table_alone(table);
    let mut image = FILE.get_or_init(|| Builder::dynamic(8 << 20).seed(4).build().image).clone();
    image.zero(METADATA..METADATA + REGION);
    image.write(METADATA, table.get(..crate::testkit::size(ITEMS_AT)).unwrap_or(table));
    image.write(METADATA + ITEMS_AT, items.get(..crate::testkit::size(REGION - ITEMS_AT)).unwrap_or(items));
    let bytes = image.read(METADATA, REGION);
    let (survey, _) = VhdxSurvey::read(Arc::new(Held(Arc::new(image))), OpenOptions::default());
    let Some(found) = survey.metadata() else {
        assert!(!survey.blockers.is_empty());
        assert!(!bytes.starts_with(b"metadata") || le16(&bytes, 10) > 2047, "a sound table was not read");
        return;
    };
    assert_eq!(found.items.len(), usize::from(le16(&bytes, 10)));
    for (number, item) in found.items.iter().enumerate() {
        right_item(item, &bytes, 32 + 32 * number);
    }
    text_is_bounded(found.items.iter().filter_map(|item| match &item.parsed {
        Ok(MetadataItem::ParentLocator(locator)) => Some(locator),
        _ => None,
    }));
    right_values(found, &bytes);
    match survey.geometry() {
        Some(geometry) => {
            right_sizes(geometry, found);
            let whole = geometry.virtual_size.0.is_multiple_of(geometry.logical_sector_size.0);
            assert!(whole || !survey.blockers.is_empty(), "half a sector may be read");
        }
        None => assert!(!survey.blockers.is_empty(), "no sizes, and nothing said why"),
    }
}

fn table_alone(bytes: &[u8]) {
    let needed = 32 + 32 * usize::from(le16(bytes, 10).min(2047));
    match MetadataTable::parse(FileOffset(METADATA), bytes) {
        Ok(table) => {
            assert!(bytes.len() >= needed);
            assert_eq!(table.entries.len(), usize::from(table.entry_count.min(2047)));
        }
        Err(error) => {
            assert!(bytes.len() < needed.max(32) && matches!(error.kind(), ErrorKind::Truncated { .. }), "{error}");
            assert!(error.offset().is_some_and(|at| at.get() <= METADATA + bytes.len() as u64), "{error}");
        }
    }
}

fn right_item(item: &ItemSurvey, bytes: &[u8], at: usize) {
    let entry = &item.entry;
    assert_eq!(entry.at.get(), METADATA + at as u64);
    assert_eq!(entry.item_id, guid(bytes, at));
    assert_eq!(
        (entry.offset, entry.length, entry.flags),
        (le32(bytes, at + 16), le32(bytes, at + 20), le32(bytes, at + 24))
    );
    let (offset, length) = (u64::from(entry.offset), u64::from(entry.length));
    let lies_inside = offset >= ITEMS_AT && offset + length <= REGION;
    match item.range {
        Some(range) => {
            assert!(lies_inside && length > 0);
            assert_eq!((range.start.get(), range.len.get()), (METADATA + offset, length));
        }
        None => assert!(length == 0 || item.parsed.is_err() && !lies_inside),
    }
}

/// The bytes of the first system item of a kind, if it lies where it may.
fn item_bytes<'a>(found: &MetadataSurvey, bytes: &'a [u8], id: Uuid, least: usize) -> Option<&'a [u8]> {
    let entry = found.items.iter().find(|item| item.entry.item_id == id && !item.entry.is_user())?;
    let range = entry.range?;
    let from = crate::testkit::size(range.start.get() - METADATA);
    let item = bytes.get(from..from + crate::testkit::size(range.len.get()))?;
    (item.len() >= least).then_some(item)
}

fn right_values(found: &MetadataSurvey, bytes: &[u8]) {
    let read = |id, least| item_bytes(found, bytes, id, least);
    let parameters = found.file_parameters().map(|parameters| (parameters.block_size, parameters.flags));
    assert_eq!(parameters, read(FILE_PARAMETERS, 8).map(|item| (le32(item, 0), le32(item, 4))));
    assert_eq!(found.virtual_disk_size().map(|size| size.0), read(VIRTUAL_DISK_SIZE, 8).map(|item| le64(item, 0)));
    assert_eq!(found.virtual_disk_id(), read(VIRTUAL_DISK_ID, 16).map(|item| guid(item, 0)));
    let sector = found.logical_sector_size().map(|size| size.0);
    assert_eq!(sector, read(LOGICAL_SECTOR_SIZE, 4).map(|item| u64::from(le32(item, 0))));
    assert!(found.parent_locator().is_none() || read(PARENT_LOCATOR, 20).is_some());
}

/// The sizes obey the rules that everything after relies on.
fn right_sizes(geometry: &Geometry, found: &MetadataSurvey) {
    let (size, block, sector) = (geometry.virtual_size.0, geometry.block_size.0, geometry.logical_sector_size.0);
    assert_eq!(found.virtual_disk_size().map(|size| size.0), Some(size));
    assert!(block.is_power_of_two() && (1 << 20..=1 << 28).contains(&block));
    assert!(matches!(sector, 512 | 4096) && size <= 64 << 40);
    let [block, sector] = [block, sector].map(|bytes| u32::try_from(bytes).unwrap_or(0));
    let shape = BatShape::new(size, block, sector, geometry.has_parent);
    assert_eq!(geometry.chunk_ratio.get(), shape.chunk_ratio);
    assert_eq!((geometry.payload_blocks, geometry.bat_entries), (shape.blocks, shape.entries));
    assert_eq!((geometry.bat.start.get(), geometry.bat.len.0), (BAT, shape.entries * 8));
    assert!(geometry.bat.len.0 <= REGION);
}

pub(super) fn seeds() -> Vec<(&'static str, Vec<u8>)> {
    let seed = |items: &[Item]| {
        let (bytes, _) = region(items);
        let (table, items) = bytes.split_at(crate::testkit::size(ITEMS_AT));
        [&piece(without_zeros(table))[..], items].concat()
    };
    let plain = vec![
        Item::file_parameters(1 << 20, false, false),
        Item::virtual_disk_size(8 << 20),
        Item::virtual_disk_id(Uuid::max()),
        Item::logical_sector_size(512),
        Item::physical_sector_size(4096),
    ];
    let with = |change: fn(&mut Vec<Item>)| {
        let mut items = plain.clone();
        change(&mut items);
        seed(&items)
    };
    vec![
        ("plain", seed(&plain)),
        (
            "differencing",
            with(|items| {
                let locator = Locator::windows(Uuid::max(), r".\base.vhdx", r"C:\disks\base.vhdx");
                items.push(Item::parent_locator(&locator));
                items.splice(..1, [Item::file_parameters(2 << 20, true, true)]);
            }),
        ),
        (
            "largest",
            with(|items| {
                items.splice(..2, [Item::file_parameters(256 << 20, false, false), Item::virtual_disk_size(32 << 40)]);
            }),
        ),
        (
            "bat-too-short",
            with(|items| {
                items.splice(1..2, [Item::virtual_disk_size(64 << 40)]);
            }),
        ),
        (
            "user-and-unknown",
            with(|items| {
                items.push(Item::new(VIRTUAL_DISK_SIZE, &[1; 8]).user());
                items.push(Item::new(Uuid::max(), b"unknown").required());
                items.push(Item::incomplete_file());
            }),
        ),
        (
            "outside-the-region",
            with(|items| {
                items.splice(3..4, [Item { offset: Some(0xFFFF_FFF0), ..Item::logical_sector_size(512) }]);
                items.push(Item { length: Some(u32::MAX), ..Item::new(PARENT_LOCATOR, &[0; 20]) });
            }),
        ),
        ("empty", Vec::new()),
    ]
}
