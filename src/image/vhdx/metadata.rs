//! The metadata region: its table and every item in it.

use uuid::Uuid;

use crate::error::{Error, Result};
use crate::format::vhdx::metadata_items::{self as items, FileParameters, MetadataItem};
use crate::format::vhdx::metadata_table::{self, MetadataTable, MetadataTableEntry};
use crate::format::vhdx::parent_locator::ParentLocator;
use crate::limits;
use crate::source::{ReadAt, with_scratch};
use crate::units::{ByteLen, FileOffset, FileRange};

/// Everything in the metadata region.
#[derive(Debug)]
pub struct MetadataSurvey {
    /// Where the region lies.
    pub region: FileRange,
    /// Its table.
    pub table: MetadataTable,
    /// The items, in the order of the table.
    pub items: Vec<ItemSurvey>,
}

/// One item.
#[derive(Debug)]
pub struct ItemSurvey {
    /// Its entry in the table.
    pub entry: MetadataTableEntry,
    /// Where it lies in the file; `None` for an empty one.
    pub range: Option<FileRange>,
    /// What it says, or why it could not be read.
    pub parsed: Result<MetadataItem>,
}

impl MetadataSurvey {
    /// Reads the metadata region.
    pub(super) fn read(source: &dyn ReadAt, region: FileRange) -> Result<Self> {
        let table = read_table(source, region)?;
        if table.signature != metadata_table::SIGNATURE {
            return Err(Error::malformed(metadata_table::STRUCTURE, region.start, "wrong signature"));
        }
        if table.entry_count > limits::MAX_METADATA_ENTRIES {
            return Err(Error::limit(
                metadata_table::STRUCTURE,
                region.start,
                "MAX_METADATA_ENTRIES",
                limits::MAX_METADATA_ENTRIES.into(),
                table.entry_count.into(),
            ));
        }
        let mut budget = limits::MAX_METADATA_ITEMS;
        let items = Near::read(source, region, &table, |near| {
            table.entries.iter().map(|entry| ItemSurvey::read(source, region, entry, near, &mut budget)).collect()
        });
        Ok(Self { region, table, items })
    }

    /// The first system item of this kind.
    pub fn system_item(&self, item_id: Uuid) -> Option<&ItemSurvey> {
        self.items.iter().find(|item| item.entry.item_id == item_id && !item.entry.is_user())
    }

    fn value(&self, item_id: Uuid) -> Option<&MetadataItem> {
        self.system_item(item_id).and_then(|item| item.parsed.as_ref().ok())
    }

    /// Block size and kind of disk.
    pub fn file_parameters(&self) -> Option<FileParameters> {
        match self.value(items::FILE_PARAMETERS) {
            Some(MetadataItem::FileParameters(parameters)) => Some(*parameters),
            _ => None,
        }
    }

    /// Bytes of the virtual disk.
    pub fn virtual_disk_size(&self) -> Option<ByteLen> {
        match self.value(items::VIRTUAL_DISK_SIZE) {
            Some(MetadataItem::VirtualDiskSize(size)) => Some(*size),
            _ => None,
        }
    }

    /// Identity of the virtual disk, the same along a chain.
    pub fn virtual_disk_id(&self) -> Option<Uuid> {
        match self.value(items::VIRTUAL_DISK_ID) {
            Some(MetadataItem::VirtualDiskId(id)) => Some(*id),
            _ => None,
        }
    }

    /// Bytes of a logical sector.
    pub fn logical_sector_size(&self) -> Option<ByteLen> {
        match self.value(items::LOGICAL_SECTOR_SIZE) {
            Some(MetadataItem::LogicalSectorSize(size)) => Some(ByteLen((*size).into())),
            _ => None,
        }
    }

    /// Bytes of a physical sector.
    pub fn physical_sector_size(&self) -> Option<ByteLen> {
        match self.value(items::PHYSICAL_SECTOR_SIZE) {
            Some(MetadataItem::PhysicalSectorSize(size)) => Some(ByteLen((*size).into())),
            _ => None,
        }
    }

    /// The parent locator.
    pub fn parent_locator(&self) -> Option<&ParentLocator> {
        match self.value(items::PARENT_LOCATOR) {
            Some(MetadataItem::ParentLocator(locator)) => Some(locator),
            _ => None,
        }
    }
}

/// Reads the table: its first 4 KiB, which hold all entries of every real file, and the rest only when it has more.
fn read_table(source: &dyn ReadAt, region: FileRange) -> Result<MetadataTable> {
    const FIRST: usize = 4096;
    const ENTRIES_IN_FIRST: usize = (FIRST - 32) / 32;
    with_scratch(FIRST, |buffer| {
        let have = source.read_up_to(metadata_table::STRUCTURE, region.start, buffer)?;
        let bytes = buffer.get(..have).unwrap_or_default();
        let count = bytes.get(10..12).map_or(0, |count| usize::from(u8_pair(count)));
        if count > ENTRIES_IN_FIRST {
            let bytes = source.read_vec(metadata_table::STRUCTURE, region.start, metadata_table::SIZE)?;
            return MetadataTable::parse(region.start, &bytes);
        }
        MetadataTable::parse(region.start, bytes)
    })
}

fn u8_pair(bytes: &[u8]) -> u16 {
    bytes.first_chunk::<2>().map_or(0, |pair| u16::from_le_bytes(*pair))
}

impl ItemSurvey {
    fn read(
        source: &dyn ReadAt,
        region: FileRange,
        entry: &MetadataTableEntry,
        near: &Near<'_>,
        budget: &mut ByteLen,
    ) -> Self {
        let (range, parsed) = match item_range(region, entry) {
            Ok(range) => (range, read_item(source, entry, range, near, budget)),
            Err(error) => (None, Err(error)),
        };
        Self { entry: entry.clone(), range, parsed }
    }
}

/// Where the item lies; `None` for an empty one.
fn item_range(region: FileRange, entry: &MetadataTableEntry) -> Result<Option<FileRange>> {
    if entry.length == 0 {
        return Ok(None);
    }
    let start = region.start.saturating_add(ByteLen(entry.offset.into()));
    let range = FileRange::new(start, ByteLen(entry.length.into()));
    if u64::from(entry.offset) < metadata_table::SIZE.0 || range.end() > region.end() {
        let name = items::name(entry.item_id).unwrap_or("metadata item");
        return Err(Error::malformed(
            name,
            entry.at,
            format!(
                "lies outside the metadata region: offset {:#x} and length {:#x} in a region of {:#x}",
                entry.offset, entry.length, region.len.0
            ),
        ));
    }
    Ok(Some(range))
}

/// Reads an item that is interpreted, as far as that needs, and takes what it read off the budget.
fn read_item(
    source: &dyn ReadAt,
    entry: &MetadataTableEntry,
    range: Option<FileRange>,
    near: &Near<'_>,
    budget: &mut ByteLen,
) -> Result<MetadataItem> {
    let Some(name) = items::name(entry.item_id).filter(|_| !entry.is_user()) else {
        return Ok(MetadataItem::Opaque);
    };
    let at: FileOffset = range.map_or(entry.at, |range| range.start);
    let len = interpreted(entry, range);
    if len > *budget {
        let limit = limits::MAX_METADATA_ITEMS.0;
        let found = limit.saturating_sub(budget.0).saturating_add(len.0);
        return Err(Error::limit(name, at, "MAX_METADATA_ITEMS", limit, found));
    }
    *budget = budget.saturating_sub(len);
    match near.get(FileRange::new(at, len)) {
        _ if len.is_zero() => MetadataItem::parse(entry.item_id, at, &[]),
        Some(bytes) => MetadataItem::parse(entry.item_id, at, bytes),
        None => MetadataItem::parse(entry.item_id, at, &source.read_vec(name, at, len)?),
    }
}

/// Bytes of an item that this program interprets.
fn interpreted(entry: &MetadataTableEntry, range: Option<FileRange>) -> ByteLen {
    /// The longest item of a fixed size: the virtual disk id.
    const LONGEST_FIXED: ByteLen = ByteLen(16);
    match (range, entry.item_id) {
        (None, _) | (_, items::CHS | items::INCOMPLETE_FILE | items::PMEM_LABEL_AREA) => ByteLen::ZERO,
        (Some(range), items::PARENT_LOCATOR) => range.len,
        (Some(range), _) => range.len.min(LONGEST_FIXED),
    }
}

/// Items that lie close to each other, read at once: real writers put all of them into the 64 KiB after the table, one
/// after the other. On a share each read is a round trip.
struct Near<'a> {
    start: FileOffset,
    bytes: &'a [u8],
}

impl Near<'_> {
    /// Reads what lies between the first and the last of the items, where that is not much more than they are. What
    /// cannot be read so is read item by item, each with its own error.
    fn read<T>(source: &dyn ReadAt, region: FileRange, table: &MetadataTable, parse: impl FnOnce(&Near<'_>) -> T) -> T {
        /// Most bytes that are read at once: the items of fixed size take less than 100, a parent locator some 500.
        const MOST: ByteLen = ByteLen::kib(4);
        let ranges = table.entries.iter().filter_map(|entry| {
            let range = item_range(region, entry).ok().flatten()?;
            let known = !entry.is_user() && items::name(entry.item_id).is_some();
            Some(FileRange::new(range.start, interpreted(entry, Some(range))))
                .filter(|range| known && !range.len.is_zero())
        });
        let hull = ranges.map(|range| (range.start, range.end())).reduce(|(a, b), (c, d)| (a.min(c), b.max(d)));
        let (start, end) = hull.unwrap_or_default();
        let len = ByteLen(end.0.saturating_sub(start.0));
        with_scratch(len.to_usize().filter(|_| len <= MOST).unwrap_or_default(), |buffer| {
            let have = source.read_up_to("metadata item", start, buffer).unwrap_or_default();
            parse(&Near { start, bytes: buffer.get(..have).unwrap_or_default() })
        })
    }

    fn get(&self, range: FileRange) -> Option<&[u8]> {
        let from = ByteLen(range.start.0.checked_sub(self.start.0)?).to_usize()?;
        self.bytes.get(from..from.checked_add(range.len.to_usize()?)?)
    }
}
