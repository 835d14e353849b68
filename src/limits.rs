//! Every bound on hostile input: its value, its reason, and what a user sees when a file goes over it.
//!
//! A file that goes over a bound gets an [`Error`](crate::Error) of kind `Limit` that names the bound, so that a reader
//! of the message finds the reason here.

use crate::units::ByteLen;

/// Longest structure that is read into memory at once: the metadata table region and items, the parent locator.
///
/// The format's own largest is a metadata item of 1 MiB (MS-VHDX 2.6.1.2). Anything longer is streamed. The user sees
/// the structure, its offset and the length it claimed.
pub const MAX_STRUCTURE: ByteLen = ByteLen::mib(8);

/// Most entries a region table may have (MS-VHDX 2.2.3.1: 2,047). More than that do not fit its 64 KiB.
pub const MAX_REGION_ENTRIES: u32 = 2047;

/// Most entries a metadata table may have (MS-VHDX 2.6.1.1: 2,047). More than that do not fit its 64 KiB.
pub const MAX_METADATA_ENTRIES: u16 = 2047;
