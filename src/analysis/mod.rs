//! What it means: numbers computed from block maps and from the content of virtual disks.

pub mod block_sizes;
pub mod contents;
pub mod diff;
pub mod export;
pub mod hash;
pub mod history;
pub mod layers;
pub mod ledger;
pub mod log_history;
pub mod map;
pub mod merge;
pub mod partition;
pub mod plan;
pub mod probe;
pub mod residue;
pub mod visibility;
