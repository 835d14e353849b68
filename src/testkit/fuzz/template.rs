//! Sound files that the image target patches.

use std::ops::Range;
use std::sync::{Arc, OnceLock};

use uuid::Uuid;

use crate::testkit::vhdx::{self, Block, Builder, DirtyOptions, Locator, Place, Write, dirty};
use crate::testkit::{SparseImage, pattern, vhd};

use super::seal;

/// A sound file, and the places in it that patches aim at.
#[derive(Debug)]
pub(super) struct Template {
    pub(super) image: SparseImage,
    /// The structures in the order in which a patch numbers them; the last is the whole file.
    pub(super) places: Vec<Range<u64>>,
    /// The parent's file, for a differencing disk.
    pub(super) parent: Option<Arc<SparseImage>>,
    seals: Seals,
}

#[derive(Debug)]
enum Seals {
    Vhdx { log: Range<u64> },
    Vhd { footer: Range<u64>, header: Range<u64> },
}

impl Template {
    /// Makes all checksums of a patched copy right.
    pub(super) fn seal(&self, image: &mut SparseImage) {
        match &self.seals {
            Seals::Vhdx { log } => {
                seal::vhdx_tables(image);
                seal::log_entries(image, log);
            }
            Seals::Vhd { footer, header } => {
                seal::vhd_structure(image, footer, 64);
                if !header.is_empty() {
                    seal::vhd_structure(image, &(0..512), 64);
                    seal::vhd_structure(image, header, 36);
                }
            }
        }
    }

    fn vhdx(built: vhdx::Built, parent: Option<Arc<SparseImage>>) -> Self {
        let layout = &built.layout;
        let mut places = vec![
            0..1024,
            vhdx::HEADER_OFFSETS[0]..vhdx::HEADER_OFFSETS[0] + 4096,
            vhdx::HEADER_OFFSETS[1]..vhdx::HEADER_OFFSETS[1] + 4096,
            vhdx::REGION_TABLE_OFFSETS[0]..vhdx::REGION_TABLE_OFFSETS[1],
            vhdx::REGION_TABLE_OFFSETS[1]..vhdx::REGION_TABLE_OFFSETS[1] + (64 << 10),
            layout.log.clone(),
            layout.metadata.clone(),
            layout.metadata.start + (64 << 10)..layout.metadata.end,
            layout.bat.clone(),
        ];
        places.extend(layout.bitmaps.values().map(|at| *at..*at + (1 << 20)));
        places.push(0..built.image.len());
        let log = layout.log.clone();
        Self { image: built.image, places, parent, seals: Seals::Vhdx { log } }
    }

    fn vhd(built: vhd::Built, parent: Option<Arc<SparseImage>>) -> Self {
        let layout = &built.layout;
        let mut places = vec![layout.footer.clone(), 0..512, layout.header.clone(), layout.bat.clone()];
        places.extend(layout.locators.iter().cloned());
        places.extend(layout.blocks.values().map(|at| *at..*at + layout.bitmap_length));
        places.push(0..built.image.len());
        let seals = Seals::Vhd { footer: layout.footer.clone(), header: layout.header.clone() };
        Self { image: built.image, places, parent, seals }
    }
}

/// The templates by their number.
pub(super) fn all() -> &'static [Template] {
    static ALL: OnceLock<Vec<Template>> = OnceLock::new();
    ALL.get_or_init(|| {
        let base = base(512).build();
        let child = child(&base);
        let vhd_base = vhd_base().build();
        let vhd_child = vhd_child(&vhd_base);
        vec![
            Template::vhdx(base.clone(), None),
            Template::vhdx(child, Some(Arc::new(base.image))),
            Template::vhdx(dirty_disk(), None),
            Template::vhdx(self::base(4096).leave_block_allocated(true).build(), None),
            Template::vhd(vhd::Builder::fixed(64 << 10).seed(6).content(data(6, 64 << 10)).build(), None),
            Template::vhd(vhd_base.clone(), None),
            Template::vhd(vhd_child, Some(Arc::new(vhd_base.image))),
        ]
    })
}

/// Content of `len` bytes, of which only the ends are more than zeros: every run copies the file.
fn data(tag: u32, len: u64) -> SparseImage {
    let mut image = SparseImage::new(len);
    let end = len.saturating_sub(4096);
    image.write(end, &pattern::range(tag, end, len - end));
    image.write(0, &pattern::range(tag, 0, len.min(4096)));
    image
}

/// Blocks in all states, and one in the second chunk.
fn base(sector: u32) -> Builder {
    let chunk = (u64::from(sector) << 23) >> 20;
    Builder::dynamic((chunk + 2) << 20)
        .seed(1)
        .sectors(sector, 4096)
        .block(0, Block::full(data(1, 1 << 20)))
        .block(1, Block::full(data(1, 8192)))
        .block(3, Block::zero())
        .block(4, Block::unmapped())
        .block(5, Block::undefined())
        .block(chunk, Block::full(data(1, 4096)))
}

fn child(base: &vhdx::Built) -> vhdx::Built {
    let locator = Locator::windows(base.layout.data_write_guid, r".\base.vhdx", r"C:\disks\base.vhdx");
    Builder::differencing(64 << 20, locator)
        .seed(2)
        .virtual_disk_id(base.layout.virtual_disk_id)
        .order(&[Place::Metadata, Place::Bat, Place::Log])
        .block(0, Block::partial(data(2, 1 << 20)).present(3..17).present(2040..2048))
        .block(1, Block::full(data(2, 1 << 20)))
        .block(2, Block::zero())
        .block(7, Block::partial(data(2, 1 << 20)).present(0..1))
        .build()
}

fn dirty_disk() -> vhdx::Built {
    let built = Builder::dynamic(16 << 20).seed(3).block(0, Block::full(data(3, 4096))).build();
    let entry = built.layout.entry_offset(2);
    let new_block = built.image.len();
    let writes = vec![
        vec![Write::Bytes(new_block, vec![7; 512]), Write::Zero(new_block + 4096, 0xF_F000)],
        vec![Write::Bytes(entry, (new_block | 6).to_le_bytes().to_vec())],
    ];
    dirty(&built, &writes, &DirtyOptions::new(Uuid::from_u128(0xF022))).file
}

fn vhd_base() -> vhd::Builder {
    vhd::Builder::dynamic(100 << 10)
        .seed(4)
        .block_size(32 << 10)
        .block(0, vhd::Block::new(data(4, 32 << 10)).present(0..64))
        .block(2, vhd::Block::new(data(4, 32 << 10)).present(5..9).present(11..12))
}

fn vhd_child(base: &vhd::Built) -> vhd::Built {
    let parent = base.layout.footer_fields.unique_id;
    vhd::Builder::differencing(100 << 10, parent, 7, r"C:\disks\base.vhd")
        .seed(5)
        .block_size(32 << 10)
        .locator(vhd::ParentLocator::relative(r".\base.vhd"))
        .block(0, vhd::Block::new(data(5, 32 << 10)).present(1..2).present(60..64))
        .block(3, vhd::Block::new(data(5, 32 << 10)).present(0..8))
        .build()
}
