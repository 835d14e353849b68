//! A whole storage tree: walked once, every file told by its content, every image read.

mod inventory;
mod read;
mod volume;
mod walk;

pub use inventory::{FoundFile, Inventory, Unreadable};
pub use read::{Io, Progress, ReadOptions, Silent};
pub use volume::{Volume, volumes_of};
pub use walk::{WalkOptions, Walked};
