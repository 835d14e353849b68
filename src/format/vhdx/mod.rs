//! VHDX version 1 ([MS-VHDX] v20210625), one file for each of its headings. All numbers are little-endian.
//!
//! [MS-VHDX]: https://learn.microsoft.com/openspecs/windows_protocols/ms-vhdx/

pub mod bat;
pub mod file_type_identifier;
pub mod header;
pub mod log;
pub mod metadata_items;
pub mod metadata_table;
pub mod parent_locator;
pub mod region_table;
pub mod sector_bitmap;

use crate::units::{ByteLen, FileOffset};

/// Where the first header lies (MS-VHDX 2.2).
pub const HEADER_1_OFFSET: FileOffset = FileOffset(64 << 10);
/// Where the second header lies (MS-VHDX 2.2).
pub const HEADER_2_OFFSET: FileOffset = FileOffset(128 << 10);
/// Where the first region table lies (MS-VHDX 2.2).
pub const REGION_TABLE_1_OFFSET: FileOffset = FileOffset(192 << 10);
/// Where the second region table lies (MS-VHDX 2.2).
pub const REGION_TABLE_2_OFFSET: FileOffset = FileOffset(256 << 10);
/// Length of the header section at the start of the file (MS-VHDX 2.2). Everything else lies behind it, in units of
/// this length.
pub const HEADER_SECTION: ByteLen = ByteLen::mib(1);
/// Unit of file offsets of regions, blocks and the log (MS-VHDX 2.2).
pub const ALIGNMENT: ByteLen = ByteLen::mib(1);
