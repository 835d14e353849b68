//! Files that depend on each other: one child-parent link and its proof, the forest, the disk read through a chain.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod disk;
mod extents;
mod files_by;
mod forest;
mod gather;
mod layers;
mod link;
mod path_maps;
mod pour;
mod resolve;
mod scope;
mod stream;
pub mod windows_path;

pub use disk::{DiskReader, VirtualDisk};
pub use extents::{Extent, ExtentState, Extents};
pub use files_by::FilesBy;
pub use forest::{Forest, Node};
pub use layers::{Bottom, MissingParent};
pub use link::{Candidate, CandidateReason, FileNo, FoundBy, Lead, Link, LinkStatus, RecordedPath};
pub use path_maps::PathMaps;
pub use pour::Outlet;
pub use resolve::on_its_host;
pub use scope::{Here, Scope, ScopeRoot, absolute};
pub use stream::{Piece, PieceBytes};
