//! Writes images whose truth is known, for tests, benches, fuzzing and fixtures.
//!
//! A test of a reader needs files that the reader's own code did not make. This module takes every number from MS-VHDX
//! and from the VHD specification and imports nothing else of this crate, so a wrong belief about the format cannot
//! stand on both sides of a test.
//!
//! - [`SparseImage`]: the bytes of a file as extents over zeros.
//! - [`vhdx::Builder`]: one VHDX file, valid or not, and the record of where everything stands in it;
//!   [`vhdx::dirty`] puts writes into its log.
//! - [`vhd::Builder`]: the same for version 1.
//! - [`hvs::Container`] and [`hvs::xml()`]: configurations of machines, whole, damaged, with a log to be replayed.
//! - [`Model`]: a byte model of a chain, and the files that mean the same;
//!   [`forest::random`] draws one from a seed.
//! - [`merge`]: merges chains for real and counts what that took.
//! - [`damage`]: breaks a built file in a known way.
//! - [`estate`]: the storage tree of `testdata/estate`.
//! - [`fuzz`]: what must be true of any bytes, for the fuzz targets and the ordinary tests; the only part that calls the
//!   library.
//! - [`pattern`], [`rng`]: recognisable content and numbers that are the same everywhere.
//!
//! ```
//! use vhdxray::testkit::{pattern, vhdx::{Block, Builder, Locator}};
//!
//! let base = Builder::dynamic(8 << 20).seed(1).block(0, Block::full(pattern::image(1, 0, 1 << 20))).build();
//! let locator = Locator::hyper_v(
//!     base.layout.data_write_guid,
//!     r"C:\Hyper-V\web.vhdx",
//!     r".\web.vhdx",
//!     r"\\?\Volume{5f1c2a70-0000-4000-8000-00000000c0de}\Hyper-V\web.vhdx",
//! );
//! // The child owns the first eight sectors of block 0; the other sectors are the parent's.
//! let child = Builder::differencing(8 << 20, locator)
//!     .seed(2)
//!     .virtual_disk_id(base.layout.virtual_disk_id)
//!     .block(0, Block::partial(pattern::image(2, 0, 1 << 20)).present(0..8))
//!     .build();
//! // 4 MiB of headers, log, metadata and BAT, then the sector bitmap of the chunk, then the block.
//! assert_eq!(child.layout.bitmaps[&0], 4 << 20);
//! assert_eq!(child.layout.blocks[&0], 5 << 20);
//! assert_eq!(child.image.read(4 << 20, 2), [0xFF, 0]);
//! ```

pub mod damage;
pub mod estate;
pub mod forest;
pub mod fuzz;
pub mod hvs;
pub mod merge;
pub mod model;
mod model_vhd;
mod model_vhdx;
pub mod pattern;
pub mod record;
pub mod rng;
mod runs;
mod sparse;
pub mod vhd;
pub mod vhdx;

pub use model::{Disk, Mark, Model};
pub use model_vhdx::{POISON, Style};
pub use runs::Runs;
pub use sparse::{Fill, SparseImage};

/// A length as memory counts; what does not fit is as large as it gets and fails where it is used.
fn size(bytes: u64) -> usize {
    usize::try_from(bytes).unwrap_or(usize::MAX)
}

/// The lowest 32 bits, for fields that are too short for what a test may want to put there.
fn low32(value: u64) -> u32 {
    u32::try_from(value & 0xFFFF_FFFF).unwrap_or(u32::MAX)
}
