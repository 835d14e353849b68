//! `VHDX12xx`: what belongs to a disk or a configuration.

pub(super) mod backup_copy_left;
pub(super) mod backup_document;
pub(super) mod replica_log_large;
pub(super) mod without_disk;
pub(super) mod without_machine;
