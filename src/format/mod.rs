//! What the bytes are: slices in, structures out. No I/O and no opinion.
//!
//! Every structure here stands in a file named after its heading in the specification. A parser returns what the bytes
//! say, valid or not, and fails only where there are too few of them; what that means is decided in [`crate::image`],
//! [`crate::vm`] and above. Checksums are computed beside the stored ones and never compared here.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

pub mod bits;
mod checksum;
mod fixed;
pub mod guest;
pub mod hex;
pub mod hvs;
pub mod text;
pub mod vhd;
pub mod vhds;
pub mod vhdx;
