//! `VHDX01xx`: file type identifier and headers (MS-VHDX 2.2.1, 2.2.2).

pub(super) mod copy_damaged;
pub(super) mod creator_not_text;
pub(super) mod history;
pub(super) mod identifier_damaged;
pub(super) mod newer_damaged;
pub(super) mod nil_guid;
pub(super) mod no_valid;
pub(super) mod sequence_conflict;
pub(super) mod unknown_version;
