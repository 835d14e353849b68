//! What the tests of made VHD files share.

use std::sync::Arc;

use uuid::Uuid;

use vhdxray::Result;
use vhdxray::image::vhd::VhdSurvey;
use vhdxray::image::vhd::block_map::{self, Run};
use vhdxray::image::{FileKind, Image, OpenOptions};
use vhdxray::source::MemorySource;
use vhdxray::testkit::pattern;
use vhdxray::testkit::vhd::{Block, Builder, Built};
use vhdxray::units::{ByteLen, VirtualOffset};

pub(crate) const MIB: u64 = 1 << 20;
pub(crate) const PARENT: Uuid = Uuid::from_u128(0x1111_2222_3333_4444_5555_6666_7777_8888);

pub(crate) fn open(bytes: Vec<u8>) -> Image {
    Image::open(Arc::new(MemorySource::new(bytes)), FileKind::Vhd, OpenOptions::default()).unwrap()
}

pub(crate) fn image(built: &Built) -> Image {
    open(built.image.to_vec())
}

pub(crate) fn survey(image: &Image) -> &VhdSurvey {
    image.as_vhd().unwrap()
}

pub(crate) fn runs(image: &Image, start: u64, len: u64) -> Result<Vec<Run>> {
    let mut runs = Vec::new();
    let geometry = survey(image).geometry().unwrap();
    block_map::runs(&**image.view(), geometry, VirtualOffset(start), ByteLen(len), |run| {
        runs.push(run);
        Ok(())
    })?;
    Ok(runs)
}

/// A dynamic disk of 5 MiB whose block 1 is full.
pub(crate) fn dynamic() -> Builder {
    let block = Block::new(pattern::image(1, 2 * MIB, 2 * MIB)).present(0..4096);
    Builder::dynamic(5 * MIB).block(1, block)
}
