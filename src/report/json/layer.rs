//! The files that a virtual disk is read through.

use schemars::JsonSchema;
use serde::Serialize;

use crate::image::Image;
use crate::inspect::{Inspection, OpenedDisk};

use super::common::{lossy, path_hex};

/// One file of a chain.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct LayerJson {
    /// Its number; 0 is the file from which the disk is seen, the highest is the base.
    pub layer: usize,
    /// The path, as found, lossily.
    pub path: String,
    /// The path's exact bytes as hexadecimal digits; only present where it is not valid Unicode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path_raw_hex: Option<String>,
    /// Bytes of the virtual disk as this file has it.
    pub virtual_size_bytes: Option<u64>,
}

impl LayerJson {
    /// The files of a disk, the one that was asked first.
    pub(super) fn all(inspection: &Inspection, opened: &OpenedDisk) -> Vec<Self> {
        let layers = opened.disk.images().enumerate();
        layers
            .map(|(layer, image)| {
                let path = inspection.layer_path(opened, layer);
                Self {
                    layer,
                    path: lossy(path),
                    path_raw_hex: path_hex(path),
                    virtual_size_bytes: Image::virtual_size(image).map(crate::units::ByteLen::get),
                }
            })
            .collect()
    }
}
