//! The Hyper-V storage container (.vmcx, .vmrs, data.vmcx, later .vsv): a small transactional store of keys and values.
//!
//! Microsoft describes it in [FORMAT.md] of its openvmm. What real files hold where that page is silent (the entries of
//! the replay log) or where they differ from it is said beside the fields. All numbers are little-endian and packed; all
//! checksums are CRC-32 as in zlib, with the checksum field taken as zero.
//!
//! [FORMAT.md]: https://github.com/microsoft/openvmm/blob/main/support/hvs_file/FORMAT.md

pub mod header;
pub mod key_table;
pub mod object_table;
pub mod replay_log;

use crate::units::FileOffset;

/// Where the two headers lie ("File Header"), whatever the alignment is.
pub const HEADER_OFFSETS: [FileOffset; 2] = [FileOffset(0), FileOffset(4096)];
/// Where the first object table lies ("File Header"), whatever the alignment is.
pub const FIRST_OBJECT_TABLE_OFFSET: FileOffset = FileOffset(8192);
