//! One file: what is in it, which copy counts and why, and where each piece of the virtual disk lies.
//!
//! A survey holds everything found and fails only where the file cannot be read. What stands in the way of reading the
//! virtual disk is a list of errors in it; the rest of the file is shown all the same.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod block_counts;
mod block_cursor;
mod block_use;
mod facts;
mod kind;
mod layer;
mod layout;
mod open;
mod parent;
pub mod planes;
mod run;
mod sample;
mod surveyed;
pub mod vhd;
pub mod vhdx;

pub use block_counts::BlockCounts;
pub use block_cursor::{BlockCursor, BlockEntry, BlockWord};
pub use block_use::BlockUse;
pub use facts::{DiskFacts, DiskPlaces, LocatorEntryFacts, LocatorFacts, RecordedText};
pub use kind::{FileKind, KindBy};
pub use layer::Runs;
pub use layout::Layout;
pub use open::{DiskType, Image, OpenOptions, Survey};
pub use parent::{HintKind, ParentReference, PathHint};
pub use run::{Content, Run};
pub use sample::Sample;
pub use surveyed::{CopyState, Surveyed};
