//! Known metadata items (MS-VHDX 2.6.2), and the three that only Microsoft's own code names.

use binrw::BinRead;
use uuid::{Uuid, uuid};

use crate::error::{Error, Result};
use crate::format::fixed;
use crate::units::{ByteLen, FileOffset};

use super::parent_locator::{self, ParentLocator};

/// File parameters (MS-VHDX 2.6.2.1).
pub const FILE_PARAMETERS: Uuid = uuid!("CAA16737-FA36-4D43-B3B6-33F0AA44E76B");
/// Virtual disk size (MS-VHDX 2.6.2.2).
pub const VIRTUAL_DISK_SIZE: Uuid = uuid!("2FA54224-CD1B-4876-B211-5DBED83BF4B8");
/// Virtual disk id (MS-VHDX 2.6.2.3).
pub const VIRTUAL_DISK_ID: Uuid = uuid!("BECA12AB-B2E6-4523-93EF-C309E000C746");
/// Logical sector size (MS-VHDX 2.6.2.4).
pub const LOGICAL_SECTOR_SIZE: Uuid = uuid!("8141BF1D-A96F-4709-BA47-F233A8FAAB5F");
/// Physical sector size (MS-VHDX 2.6.2.5).
pub const PHYSICAL_SECTOR_SIZE: Uuid = uuid!("CDA348C7-445D-4471-9CC9-E9885251C556");
/// Parent locator (MS-VHDX 2.6.2.6).
pub const PARENT_LOCATOR: Uuid = uuid!("A8D35F2D-B30B-454D-ABF7-D3D84834AB0C");
/// Cylinders, heads and sectors of a disk converted from VHD; named only in Microsoft's own code.
pub const CHS: Uuid = uuid!("DA02D7BC-3D3A-423C-AC88-2A36AB21479B");
/// Present while a file is being created; named only in Microsoft's own code.
pub const INCOMPLETE_FILE: Uuid = uuid!("71CC85F0-1B69-4E28-9558-C3BF83AE75D3");
/// Label area of a persistent memory disk; named only in Microsoft's own code.
pub const PMEM_LABEL_AREA: Uuid = uuid!("10E1AE8A-4B7E-4169-A40F-CD70DE928393");

/// The specification's name of a system item, or `None` for an unknown one.
pub fn name(item_id: Uuid) -> Option<&'static str> {
    const NAMES: [(Uuid, &str); 9] = [
        (FILE_PARAMETERS, "file parameters"),
        (VIRTUAL_DISK_SIZE, "virtual disk size"),
        (VIRTUAL_DISK_ID, "virtual disk id"),
        (LOGICAL_SECTOR_SIZE, "logical sector size"),
        (PHYSICAL_SECTOR_SIZE, "physical sector size"),
        (PARENT_LOCATOR, parent_locator::STRUCTURE),
        (CHS, "CHS geometry"),
        (INCOMPLETE_FILE, "incomplete file mark"),
        (PMEM_LABEL_AREA, "PMEM label area"),
    ];
    NAMES.iter().find(|(known, _)| *known == item_id).map(|(_, name)| *name)
}

/// What an item holds.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MetadataItem {
    /// Block size and what kind of disk it is.
    FileParameters(FileParameters),
    /// Bytes of the virtual disk.
    VirtualDiskSize(ByteLen),
    /// What the guest sees as the disk's identity; the same along a chain.
    VirtualDiskId(Uuid),
    /// Bytes of a logical sector: 512 or 4096.
    LogicalSectorSize(u32),
    /// Bytes of a physical sector: 512 or 4096.
    PhysicalSectorSize(u32),
    /// Where the parent is, and by what GUID to know it.
    ParentLocator(ParentLocator),
    /// A system or user item this program does not interpret; its bytes are in the file.
    Opaque,
}

/// File parameters (MS-VHDX 2.6.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, BinRead)]
#[br(little)]
pub struct FileParameters {
    /// Bytes of a payload block: a power of two from 1 MiB to 256 MiB.
    pub block_size: u32,
    /// Bit 0: leave blocks allocated (a "fixed" disk). Bit 1: has a parent. The others are reserved.
    pub flags: u32,
}

impl FileParameters {
    /// Whether blocks stay allocated: what Hyper-V calls a fixed disk.
    pub fn leave_blocks_allocated(self) -> bool {
        self.flags & 1 != 0
    }

    /// Whether the disk is differencing.
    pub fn has_parent(self) -> bool {
        self.flags & 2 != 0
    }
}

/// Bytes of the value of a system item whose size is fixed (MS-VHDX 2.6.2).
fn fixed_size(item_id: Uuid) -> Option<ByteLen> {
    Some(ByteLen(match item_id {
        FILE_PARAMETERS | VIRTUAL_DISK_SIZE => 8,
        VIRTUAL_DISK_ID => 16,
        LOGICAL_SECTOR_SIZE | PHYSICAL_SECTOR_SIZE => 4,
        _ => return None,
    }))
}

#[derive(BinRead)]
#[br(little)]
struct U64(u64);
#[derive(BinRead)]
#[br(little)]
struct U32(u32);
#[derive(BinRead)]
#[br(little)]
struct Guid(#[br(map = fixed::guid)] Uuid);

impl MetadataItem {
    /// Reads the system item `item_id` from its `bytes`, which lie at `at`. Too few bytes are an error; more than the
    /// item needs are not.
    pub fn parse(item_id: Uuid, at: FileOffset, bytes: &[u8]) -> Result<Self> {
        let structure = name(item_id).unwrap_or("metadata item");
        let (needed, found) = (fixed_size(item_id).unwrap_or_default(), ByteLen::from(bytes.len()));
        if found < needed {
            return Err(Error::malformed(structure, at, format!("too short for its value: {found} of {needed} bytes")));
        }
        Ok(match item_id {
            FILE_PARAMETERS => Self::FileParameters(fixed::read(structure, at, bytes, ByteLen(8))?),
            VIRTUAL_DISK_SIZE => {
                Self::VirtualDiskSize(ByteLen(fixed::read::<U64>(structure, at, bytes, ByteLen(8))?.0))
            }
            VIRTUAL_DISK_ID => Self::VirtualDiskId(fixed::read::<Guid>(structure, at, bytes, ByteLen(16))?.0),
            LOGICAL_SECTOR_SIZE => Self::LogicalSectorSize(fixed::read::<U32>(structure, at, bytes, ByteLen(4))?.0),
            PHYSICAL_SECTOR_SIZE => Self::PhysicalSectorSize(fixed::read::<U32>(structure, at, bytes, ByteLen(4))?.0),
            PARENT_LOCATOR => Self::ParentLocator(ParentLocator::parse(at, bytes)?),
            _ => Self::Opaque,
        })
    }
}
