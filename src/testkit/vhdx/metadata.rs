//! The metadata region: its table and items (MS-VHDX 2.6).

use std::collections::BTreeMap;
use std::ops::Range;

use uuid::{Uuid, uuid};

use crate::testkit::record::Record;

/// Block size and the two bits of a file (MS-VHDX 2.6.2.1).
pub const FILE_PARAMETERS: Uuid = uuid!("CAA16737-FA36-4D43-B3B6-33F0AA44E76B");
/// The size of the virtual disk in bytes (MS-VHDX 2.6.2.2).
pub const VIRTUAL_DISK_SIZE: Uuid = uuid!("2FA54224-CD1B-4876-B211-5DBED83BF4B8");
/// The identity of the virtual disk, handed down from parent to child (MS-VHDX 2.6.2.3).
pub const VIRTUAL_DISK_ID: Uuid = uuid!("BECA12AB-B2E6-4523-93EF-C309E000C746");
/// The logical sector size in bytes (MS-VHDX 2.6.2.4).
pub const LOGICAL_SECTOR_SIZE: Uuid = uuid!("8141BF1D-A96F-4709-BA47-F233A8FAAB5F");
/// The physical sector size in bytes (MS-VHDX 2.6.2.5).
pub const PHYSICAL_SECTOR_SIZE: Uuid = uuid!("CDA348C7-445D-4471-9CC9-E9885251C556");
/// The parent locator (MS-VHDX 2.6.2.6).
pub const PARENT_LOCATOR: Uuid = uuid!("A8D35F2D-B30B-454D-ABF7-D3D84834AB0C");
/// The geometry of the disk; not in MS-VHDX, named by Microsoft's openvmm.
pub const CHS: Uuid = uuid!("DA02D7BC-3D3A-423C-AC88-2A36AB21479B");
/// The file is not finished; not in MS-VHDX, named by Microsoft's openvmm.
pub const INCOMPLETE_FILE: Uuid = uuid!("71CC85F0-1B69-4E28-9558-C3BF83AE75D3");
/// The label area of a persistent memory disk; not in MS-VHDX, named by Microsoft's openvmm.
pub const PMEM_LABEL_AREA: Uuid = uuid!("10E1AE8A-4B7E-4169-A40F-CD70DE928393");

/// Where the first item stands in the region (MS-VHDX 2.6.1.2: at least 64 KiB).
pub const ITEMS_AT: u64 = 64 << 10;

/// One metadata item and its entry in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// What the item is.
    pub id: Uuid,
    /// Its bytes.
    pub data: Vec<u8>,
    /// Bit 0: the item is a user's and not the system's.
    pub is_user: bool,
    /// Bit 1: the item belongs to the virtual disk and not to the file.
    pub is_virtual_disk: bool,
    /// Bit 2: a reader must know the item to open the file.
    pub is_required: bool,
    /// The offset in the region that the entry states; `None` is where the data really is.
    pub offset: Option<u32>,
    /// The length that the entry states; `None` is the true one.
    pub length: Option<u32>,
}

impl Item {
    /// A system item of the file that a reader may skip.
    pub fn new(id: Uuid, data: &[u8]) -> Self {
        Self {
            id,
            data: data.to_vec(),
            is_user: false,
            is_virtual_disk: false,
            is_required: false,
            offset: None,
            length: None,
        }
    }

    /// The same item as a user's.
    #[must_use]
    pub fn user(mut self) -> Self {
        self.is_user = true;
        self
    }

    /// The same item as one of the virtual disk.
    #[must_use]
    pub fn virtual_disk(mut self) -> Self {
        self.is_virtual_disk = true;
        self
    }

    /// The same item as one that a reader must know.
    #[must_use]
    pub fn required(mut self) -> Self {
        self.is_required = true;
        self
    }

    /// The file parameters. Bit 0 of the flags is `LeaveBlockAllocated`, bit 1 is `HasParent`.
    pub fn file_parameters(block_size: u32, leave_block_allocated: bool, has_parent: bool) -> Self {
        let flags = u32::from(leave_block_allocated) | (u32::from(has_parent) << 1);
        let mut record = Record::new(8);
        record.le32(0, block_size).le32(4, flags);
        Self::new(FILE_PARAMETERS, record.bytes()).required()
    }

    /// The size of the virtual disk in bytes.
    pub fn virtual_disk_size(bytes: u64) -> Self {
        Self::new(VIRTUAL_DISK_SIZE, &bytes.to_le_bytes()).virtual_disk().required()
    }

    /// The identity of the virtual disk.
    pub fn virtual_disk_id(id: Uuid) -> Self {
        Self::new(VIRTUAL_DISK_ID, &id.to_bytes_le()).virtual_disk().required()
    }

    /// The logical sector size in bytes.
    pub fn logical_sector_size(bytes: u32) -> Self {
        Self::new(LOGICAL_SECTOR_SIZE, &bytes.to_le_bytes()).virtual_disk().required()
    }

    /// The physical sector size in bytes.
    pub fn physical_sector_size(bytes: u32) -> Self {
        Self::new(PHYSICAL_SECTOR_SIZE, &bytes.to_le_bytes()).virtual_disk().required()
    }

    /// A parent locator.
    pub fn parent_locator(locator: &super::Locator) -> Self {
        Self::new(PARENT_LOCATOR, &locator.to_bytes()).required()
    }

    /// The mark of an unfinished file: an item without data.
    pub fn incomplete_file() -> Self {
        Self::new(INCOMPLETE_FILE, &[])
    }
}

/// The bytes of a metadata region up to its last item, and where each item's data stand in it. Of items with one id
/// the last is named.
pub fn region(items: &[Item]) -> (Vec<u8>, BTreeMap<Uuid, Range<u64>>) {
    let mut record = Record::new(super::size(ITEMS_AT));
    let mut places = BTreeMap::new();
    let count = u16::try_from(items.len()).unwrap_or(u16::MAX);
    record.put(0, b"metadata").le16(10, count);
    let mut at = ITEMS_AT;
    for (index, item) in items.iter().enumerate() {
        let length = item.data.len() as u64;
        // An item without data has offset 0 as well (MS-VHDX 2.6.1.2).
        let offset = if length == 0 { 0 } else { at };
        let flags =
            u32::from(item.is_user) | (u32::from(item.is_virtual_disk) << 1) | (u32::from(item.is_required) << 2);
        let entry = 32 + 32 * index;
        record
            .guid(entry, item.id)
            .le32(entry + 16, item.offset.unwrap_or(super::low32(offset)))
            .le32(entry + 20, item.length.unwrap_or(super::low32(length)))
            .le32(entry + 24, flags)
            .put(super::size(at), &item.data);
        places.insert(item.id, at..at + length);
        at += length;
    }
    (record.into_bytes(), places)
}
