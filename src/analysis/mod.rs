//! What it means: numbers computed from block maps and from the content of virtual disks.

pub mod diff;
pub mod export;
pub mod hash;
pub mod map;
