//! The bytes of a new file's structures, with the constants of [`crate::format::vhdx`].

use uuid::Uuid;

use crate::error::Result;
use crate::format::vhdx::{
    HEADER_1_OFFSET, HEADER_2_OFFSET, REGION_TABLE_1_OFFSET, REGION_TABLE_2_OFFSET, file_type_identifier, header,
    metadata_items as items, metadata_table, region_table,
};
use crate::units::{ByteLen, FileRange};

use super::{Layout, NewFile};

/// Region and metadata entries: nobody may open the file who does not know them.
const REQUIRED_REGION: u32 = 1;
const REQUIRED_ITEM: u32 = 1 << 2;
/// Metadata entries: the item describes the virtual disk, not the file.
const IS_VIRTUAL_DISK: u32 = 1 << 1;
/// Where the checksum stands in headers and region tables.
const CHECKSUM_AT: usize = 4;

/// Writes everything but the BAT and the blocks. The log's region stays zero: it has never been used.
pub(super) fn write(file: &mut NewFile, layout: &Layout) -> Result<()> {
    file.write_at(file_type_identifier::OFFSET, &identifier())?;
    // Two valid copies; the second is the current one.
    file.write_at(HEADER_1_OFFSET, &header_copy(layout, 1))?;
    file.write_at(HEADER_2_OFFSET, &header_copy(layout, 2))?;
    let table = region_table_copy(layout);
    file.write_at(REGION_TABLE_1_OFFSET, &table)?;
    file.write_at(REGION_TABLE_2_OFFSET, &table)?;
    let (table, values) = metadata(layout);
    file.write_at(layout.metadata.start, &table)?;
    file.write_at(layout.metadata.start.saturating_add(metadata_table::SIZE), &values)
}

/// MS-VHDX 2.2.1.
fn identifier() -> Vec<u8> {
    let creator = concat!("vhdxray ", env!("CARGO_PKG_VERSION"));
    let mut bytes = file_type_identifier::SIGNATURE.to_vec();
    bytes.extend(creator.encode_utf16().flat_map(u16::to_le_bytes));
    padded(bytes, file_type_identifier::SIZE)
}

/// MS-VHDX 2.2.2.
fn header_copy(layout: &Layout, sequence_number: u64) -> Vec<u8> {
    let mut bytes = header::SIGNATURE.to_vec();
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend(sequence_number.to_le_bytes());
    bytes.extend(layout.file_write_guid.to_bytes_le());
    bytes.extend(layout.data_write_guid.to_bytes_le());
    bytes.extend(Uuid::nil().to_bytes_le());
    bytes.extend(header::LOG_VERSION.to_le_bytes());
    bytes.extend(header::VERSION.to_le_bytes());
    bytes.extend(low32(layout.log.len).to_le_bytes());
    bytes.extend(layout.log.start.get().to_le_bytes());
    sealed(padded(bytes, header::SIZE))
}

/// MS-VHDX 2.2.3.
fn region_table_copy(layout: &Layout) -> Vec<u8> {
    let regions: [(Uuid, FileRange); 2] = [(region_table::BAT, layout.bat), (region_table::METADATA, layout.metadata)];
    let mut bytes = region_table::SIGNATURE.to_vec();
    bytes.extend(0_u32.to_le_bytes());
    bytes.extend(low32(ByteLen::from(regions.len())).to_le_bytes());
    bytes.extend(0_u32.to_le_bytes());
    for (guid, range) in regions {
        bytes.extend(guid.to_bytes_le());
        bytes.extend(range.start.get().to_le_bytes());
        bytes.extend(low32(range.len).to_le_bytes());
        bytes.extend(REQUIRED_REGION.to_le_bytes());
    }
    sealed(padded(bytes, region_table::SIZE))
}

/// MS-VHDX 2.6.1: the table, and the items that lie behind it.
fn metadata(layout: &Layout) -> (Vec<u8>, Vec<u8>) {
    // Neither a fixed disk nor one with a parent: no flag.
    let parameters = [low32(layout.block_size).to_le_bytes(), 0_u32.to_le_bytes()].concat();
    let values = [
        (items::FILE_PARAMETERS, REQUIRED_ITEM, parameters),
        (items::VIRTUAL_DISK_SIZE, REQUIRED_ITEM | IS_VIRTUAL_DISK, layout.virtual_size.get().to_le_bytes().to_vec()),
        (items::VIRTUAL_DISK_ID, REQUIRED_ITEM | IS_VIRTUAL_DISK, layout.virtual_disk_id.to_bytes_le().to_vec()),
        (
            items::LOGICAL_SECTOR_SIZE,
            REQUIRED_ITEM | IS_VIRTUAL_DISK,
            low32(layout.logical_sector_size).to_le_bytes().to_vec(),
        ),
        (
            items::PHYSICAL_SECTOR_SIZE,
            REQUIRED_ITEM | IS_VIRTUAL_DISK,
            low32(layout.physical_sector_size).to_le_bytes().to_vec(),
        ),
    ];
    let count = u16::try_from(values.len()).unwrap_or(u16::MAX);
    let mut table = metadata_table::SIGNATURE.to_vec();
    table.extend([0; 2]);
    table.extend(count.to_le_bytes());
    table.extend([0; 20]);
    let mut bytes = Vec::new();
    for (item, flags, value) in values {
        let offset = metadata_table::SIZE.saturating_add(ByteLen::from(bytes.len()));
        table.extend(item.to_bytes_le());
        table.extend(low32(offset).to_le_bytes());
        table.extend(low32(ByteLen::from(value.len())).to_le_bytes());
        table.extend(flags.to_le_bytes());
        table.extend([0; 4]);
        bytes.extend(value);
    }
    (table, bytes)
}

fn padded(mut bytes: Vec<u8>, size: ByteLen) -> Vec<u8> {
    bytes.resize(size.to_usize().unwrap_or_default(), 0);
    bytes
}

/// Puts the CRC-32C of the whole into its field, which is zero until then.
fn sealed(mut bytes: Vec<u8>) -> Vec<u8> {
    let checksum = crc32c::crc32c(&bytes).to_le_bytes();
    if let Some(field) = bytes.get_mut(CHECKSUM_AT..).and_then(|rest| rest.get_mut(..checksum.len())) {
        field.copy_from_slice(&checksum);
    }
    bytes
}

/// A length that is known to be far below 4 GiB.
fn low32(len: ByteLen) -> u32 {
    u32::try_from(len.get()).unwrap_or(u32::MAX)
}
