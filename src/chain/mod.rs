//! Files that depend on each other: one child-parent link and its proof, the forest, the disk read through a chain.

pub mod windows_path;
