//! Writes VHDX files from the numbers of MS-VHDX.
//!
//! [`Builder`] describes a file, [`Builder::build`] gives its bytes and the [`Layout`] that says where everything came
//! to stand. What the builder cannot say is done to the built file: [`Built::rewrite_headers`] after a change of the
//! header fields, [`dirty()`] for a log, [`damage`](super::damage) for the rest.

mod allocate;
pub mod bat;
pub mod bitmap;
mod builder;
mod choices;
mod dirty;
pub mod header;
pub mod huge;
mod layout;
mod locator;
pub mod log;
pub mod metadata;
pub mod region;

pub use bat::{BatShape, Block, state};
pub use builder::Builder;
pub use choices::{Allocation, Place};
pub use dirty::{Dirty, DirtyOptions, Write, dirty, writes_between};
pub use header::{HEADER_OFFSETS, HEADER_SIZE, Header};
pub use huge::HugeBat;
pub use layout::{Built, Layout};
pub use locator::{Locator, VHDX_LOCATOR_TYPE};
pub use log::{Descriptor, LogEntry, LogRing, Placed};
pub use metadata::Item;
pub use region::{REGION_TABLE_OFFSETS, RegionEntry, RegionTable};

use super::{low32, size};

/// 1 MiB, the unit in which a VHDX file is laid out (MS-VHDX 2.2).
pub const MIB: u64 = 1 << 20;
