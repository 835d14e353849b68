//! The description of a VHD file.

use std::collections::BTreeMap;
use std::ops::Range;

use uuid::Uuid;

use super::{Footer, Geometry, ParentLocator, chs};
use crate::testkit::record::{Checksum, utf16};
use crate::testkit::rng::Rng;
use crate::testkit::sparse::SparseImage;

/// The disk types of the footer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Type 2: the content, then a footer.
    Fixed,
    /// Type 3.
    Dynamic,
    /// Type 4: sectors that are not in this file are the parent's.
    Differencing,
}

/// One block: its content, and which of its sectors are in this file.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// The content from the block's first byte; what is shorter ends in zeros.
    pub data: SparseImage,
    /// The sectors, counted from the block's first, whose bits are set.
    pub bits: Vec<Range<u64>>,
}

impl Block {
    /// A block with no sector marked as written.
    pub fn new(data: SparseImage) -> Self {
        Self { data, bits: vec![] }
    }

    /// The same block with these sectors, counted from the block's first, marked as written.
    #[must_use]
    pub fn present(mut self, sectors: Range<u64>) -> Self {
        self.bits.push(sectors);
        self
    }
}

/// Describes a VHD file. What is not said is as Windows writes it: blocks of 2 MiB, creator `win ` 10.0, geometry by the
/// specification's own rule. Nothing is checked.
#[derive(Clone, Debug)]
pub struct Builder {
    pub(super) kind: Kind,
    pub(super) footer: Footer,
    pub(super) block_size: u32,
    pub(super) content: SparseImage,
    pub(super) blocks: BTreeMap<u64, Block>,
    pub(super) raw_entries: BTreeMap<u64, u32>,
    pub(super) extra_entries: u32,
    pub(super) parent: (Uuid, u32, Vec<u16>),
    pub(super) locators: Vec<ParentLocator>,
    pub(super) checksums: [Checksum; 3],
    pub(super) footer_length: u64,
    pub(super) reversed: bool,
}

impl Builder {
    /// A fixed disk of zeros.
    pub fn fixed(size: u64) -> Self {
        Self::new(Kind::Fixed, size)
    }

    /// A dynamic disk without any block.
    pub fn dynamic(size: u64) -> Self {
        Self::new(Kind::Dynamic, size)
    }

    /// A differencing disk without any block, over a parent of this unique id, time stamp and name.
    pub fn differencing(size: u64, parent: Uuid, time_stamp: u32, name: &str) -> Self {
        Self { parent: (parent, time_stamp, utf16(name)), ..Self::new(Kind::Differencing, size) }
    }

    fn new(kind: Kind, size: u64) -> Self {
        let footer = Footer {
            cookie: *b"conectix",
            features: 2,
            format_version: 0x0001_0000,
            data_offset: if kind == Kind::Fixed { u64::MAX } else { super::SECTOR },
            time_stamp: 0x2B00_0000,
            creator_application: *b"win ",
            creator_version: 0x000A_0000,
            creator_host_os: *b"Wi2k",
            original_size: size,
            current_size: size,
            geometry: chs(size),
            disk_type: match kind {
                Kind::Fixed => 2,
                Kind::Dynamic => 3,
                Kind::Differencing => 4,
            },
            checksum: Checksum::Right,
            unique_id: Rng::new(size).guid(),
            saved_state: 0,
        };
        Self {
            kind,
            footer,
            block_size: 2 << 20,
            content: SparseImage::new(size),
            blocks: BTreeMap::new(),
            raw_entries: BTreeMap::new(),
            extra_entries: 0,
            parent: (Uuid::nil(), 0, vec![]),
            locators: vec![],
            checksums: [Checksum::Right; 3],
            footer_length: 512,
            reversed: false,
        }
    }

    /// Draws the unique id from a seed.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        self.unique_id(Rng::new(seed).guid())
    }

    /// The unique id: what a child remembers.
    #[must_use]
    pub fn unique_id(mut self, id: Uuid) -> Self {
        self.footer.unique_id = id;
        self
    }

    /// The time stamp of the footer, in seconds since the start of the year 2000.
    #[must_use]
    pub fn time_stamp(mut self, seconds: u32) -> Self {
        self.footer.time_stamp = seconds;
        self
    }

    /// The program that made the file, its version, and the system it ran on.
    #[must_use]
    pub fn creator(mut self, application: [u8; 4], version: u32, host_os: [u8; 4]) -> Self {
        self.footer.creator_application = application;
        self.footer.creator_version = version;
        self.footer.creator_host_os = host_os;
        self
    }

    /// A geometry that need not agree with the size.
    #[must_use]
    pub fn geometry(mut self, cylinders: u16, heads: u8, sectors: u8) -> Self {
        self.footer.geometry = Geometry { cylinders, heads, sectors };
        self
    }

    /// The size in bytes at creation.
    #[must_use]
    pub fn original_size(mut self, bytes: u64) -> Self {
        self.footer.original_size = bytes;
        self
    }

    /// Any change of the footer, and of its copy.
    #[must_use]
    pub fn footer(mut self, change: impl FnOnce(&mut Footer)) -> Self {
        change(&mut self.footer);
        self
    }

    /// The block size in bytes.
    #[must_use]
    pub fn block_size(mut self, bytes: u32) -> Self {
        self.block_size = bytes;
        self
    }

    /// The content of a fixed disk.
    #[must_use]
    pub fn content(mut self, content: SparseImage) -> Self {
        self.content = content;
        self
    }

    /// A block by its number.
    #[must_use]
    pub fn block(mut self, number: u64, block: Block) -> Self {
        self.blocks.insert(number, block);
        self
    }

    /// The BAT entry of a block, whatever stands in the file.
    #[must_use]
    pub fn raw_entry(mut self, number: u64, sector: u32) -> Self {
        self.raw_entries.insert(number, sector);
        self
    }

    /// Unused BAT entries beyond those that the disk needs.
    #[must_use]
    pub fn extra_entries(mut self, count: u32) -> Self {
        self.extra_entries = count;
        self
    }

    /// One more parent locator, of at most eight.
    #[must_use]
    pub fn locator(mut self, locator: ParentLocator) -> Self {
        self.locators.push(locator);
        self
    }

    /// How the checksums of footer, its copy and the dynamic header are written.
    #[must_use]
    pub fn checksums(mut self, footer: Checksum, copy: Checksum, header: Checksum) -> Self {
        self.checksums = [footer, copy, header];
        self
    }

    /// Ends the file with a footer of 511 bytes, as programs before Virtual PC 2004 did.
    #[must_use]
    pub fn old_footer(mut self) -> Self {
        self.footer_length = 511;
        self
    }

    /// Ends the file before its footer, as a crash while it grew may leave it.
    #[must_use]
    pub fn without_footer(mut self) -> Self {
        self.footer_length = 0;
        self
    }

    /// Puts the blocks into the file in reverse order.
    #[must_use]
    pub fn reversed(mut self) -> Self {
        self.reversed = true;
        self
    }
}
