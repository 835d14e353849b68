//! `VHDX03xx`: the log (MS-VHDX 2.3).

pub(super) mod file_too_short;
pub(super) mod gap;
pub(super) mod misaimed_descriptor;
pub(super) mod misplaced;
pub(super) mod not_replayed;
pub(super) mod stale_entries;
pub(super) mod torn_entry;
pub(super) mod unknown_version;
pub(super) mod unreplayable;
