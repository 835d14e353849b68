//! Files that depend on each other: one child-parent link and its proof, the forest, the disk read through a chain.

#![cfg_attr(not(test), warn(clippy::arithmetic_side_effects, clippy::as_conversions))]

mod forest;
mod link;
mod resolve;
mod scope;
pub mod windows_path;

pub use forest::{Forest, Node};
pub use link::{Candidate, CandidateReason, FileNo, FoundBy, Lead, Link, LinkStatus, RecordedPath};
pub use scope::Scope;
