//! Bodies of the fuzz targets. Each takes any bytes and asserts what must be true of what the library makes of them;
//! a body that only waits for a panic finds little.
//!
//! This is the one part of the testkit that calls the library (with the byte readers of its own here, a field is read
//! twice and compared). The targets in `fuzz/` are three lines each; the seeds and every input that once broke
//! something lie in `testdata/corpus/<target>/` and go through the same bodies in the ordinary tests.

mod bat;
mod bundle;
mod bytes;
mod contents;
mod held;
mod input;

mod header;
mod image;
mod locator;
mod log_replay;
mod metadata;
mod region_table;
mod seal;
mod sector_bitmap;
mod shown;
mod template;
mod vhd;
mod vm;
mod walk;
mod windows_path;

pub use bundle::bundle;
pub use contents::contents;
pub use header::header;
pub use image::image;
pub use locator::parent_locator;
pub use log_replay::log_replay;
pub use metadata::metadata;
pub use region_table::region_table;
pub use sector_bitmap::sector_bitmap;
pub use vhd::vhd;
pub use vm::vm;
pub use windows_path::windows_path;

/// A fuzz target.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// Its name: of the target in `fuzz/`, and of the folder of its inputs in `testdata/corpus/`.
    pub name: &'static str,
    /// What is asserted of any input.
    pub body: fn(&[u8]),
    /// Inputs to start from, by name.
    pub seeds: fn() -> Vec<(&'static str, Vec<u8>)>,
}

/// All targets.
pub const TARGETS: [Target; 12] = [
    Target { name: "bundle", body: bundle, seeds: bundle::seeds },
    Target { name: "contents", body: contents, seeds: contents::seeds },
    Target { name: "header", body: header, seeds: header::seeds },
    Target { name: "image", body: image, seeds: image::seeds },
    Target { name: "log_replay", body: log_replay, seeds: log_replay::seeds },
    Target { name: "metadata", body: metadata, seeds: metadata::seeds },
    Target { name: "parent_locator", body: parent_locator, seeds: locator::seeds },
    Target { name: "region_table", body: region_table, seeds: region_table::seeds },
    Target { name: "sector_bitmap", body: sector_bitmap, seeds: sector_bitmap::seeds },
    Target { name: "vhd", body: vhd, seeds: vhd::seeds },
    Target { name: "vm", body: vm, seeds: vm::seeds },
    Target { name: "windows_path", body: windows_path, seeds: windows_path::seeds },
];
