//! `VHDX05xx`: sector bitmaps (MS-VHDX 2.4).

pub(super) mod bits_past_end;
pub(super) mod missing;
pub(super) mod partial_without_parent;
pub(super) mod reserved_state;
pub(super) mod uniform;
