//! Runs over time: what was recorded, how disks go on through renames, checkpoints and merges, how they grow, and what
//! became different.
//!
//! Everything but the [`store`] is pure: records in, answers out. A [`timeline::Timeline`] takes the runs one after the
//! other, so that a long history takes no more memory than its points.

pub mod change;
pub mod disks;
pub mod fate;
pub mod files;
pub mod machines;
pub mod matching;
pub mod outlook;
pub mod overview;
pub mod path_text;
pub mod record;
pub mod samples;
pub mod scope;
pub mod slope;
#[cfg(feature = "history")]
pub mod store;
pub mod timeline;
