//! `VHDX11xx`: VHD (version 1), after the "Virtual Hard Disk Image Format Specification".

pub(super) mod beyond_end;
pub(super) mod clear_bits;
pub(super) mod copy_damaged;
pub(super) mod footer_checksum;
pub(super) mod footer_damaged;
pub(super) mod footers_differ;
pub(super) mod header_checksum;
pub(super) mod header_unusable;
pub(super) mod illegal_size;
pub(super) mod locator_damaged;
pub(super) mod nil_unique_id;
pub(super) mod no_footer;
pub(super) mod on_structure;
pub(super) mod shared_place;
pub(super) mod size_by_geometry;
pub(super) mod time_stamp;
pub(super) mod unknown_field;
