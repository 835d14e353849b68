use vhdxray::testkit::SparseImage;
use vhdxray::testkit::vhdx::bat::{entry, state};
use vhdxray::testkit::vhdx::{Block, Builder, bitmap};

use crate::Case;
use crate::folder::{BAT, Folder, MIB, child, disk, full};

/// Where a child's one sector bitmap entry stands: behind the 4,096 payload entries of its chunk.
const BITMAP_ENTRY: u64 = BAT + 8 * 4096;

/// A base and a child that `change` turns into the fixture.
fn with_child(folder: &Folder, change: impl FnOnce(Builder) -> Builder) {
    let base = disk().build();
    folder.put("base.vhdx", &base);
    folder.put("child.avhdx", &change(child(&base, "base.vhdx")).build());
}

pub(crate) fn cases() -> Vec<Case> {
    let clean: fn(&Folder) = |folder| folder.put("a.vhdx", &disk().block(1, full(2)).build());
    let clean_child: fn(&Folder) = |folder| with_child(folder, |builder| builder);
    vec![
        Case {
            code: "VHDX0401",
            at: Some(BAT),
            with: &[],
            bad: |folder| {
                // 200,000 entries of 8 bytes do not fit 1 MiB.
                let built = Builder::dynamic(200_000 * MIB).place_length(vhdxray::testkit::vhdx::Place::Bat, MIB);
                folder.put("a.vhdx", &built.build());
            },
            good: |folder| folder.put("a.vhdx", &Builder::dynamic(130_000 * MIB).build()),
        },
        Case {
            code: "VHDX0402",
            at: Some(BAT + 8),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().block(1, Block::of_state(5)).build()),
            good: |folder| folder.put("a.vhdx", &disk().block(1, Block::of_state(state::ZERO)).build()),
        },
        Case {
            code: "VHDX0403",
            at: Some(BAT + 8),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().block(1, Block::raw(u64::from(state::ZERO) | 1 << 19)).build()),
            good: clean,
        },
        Case {
            code: "VHDX0404",
            at: Some(BAT + 8),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().block(1, Block::raw(6)).build()),
            good: |folder| folder.put("a.vhdx", &disk().block(1, Block::raw(3)).build()),
        },
        Case {
            code: "VHDX0405",
            at: Some(BAT + 8),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().block(1, Block::raw(entry(6, 5 * MIB))).build()),
            good: clean,
        },
        Case {
            code: "VHDX0405",
            at: Some(BITMAP_ENTRY),
            with: &["VHDX0905"],
            bad: |folder| with_child(folder, |builder| builder.bitmap_entry(0, entry(6, 900 * MIB))),
            good: clean_child,
        },
        Case {
            code: "VHDX0406",
            at: Some(BAT + 8),
            with: &[],
            bad: |folder| {
                let last = Block::full(SparseImage::from_bytes(&[7; 512]));
                let built = Builder::dynamic(MIB + 512).block(0, full(1)).block(1, last).short_last_block();
                folder.put("a.vhdx", &built.build());
            },
            good: |folder| {
                folder.put("a.vhdx", &Builder::dynamic(MIB + 512).block(0, full(1)).block(1, full(2)).build());
            },
        },
        Case {
            code: "VHDX0407",
            at: Some(BAT + 16),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().block(2, Block::raw(entry(6, 4 * MIB))).build()),
            good: clean,
        },
        Case {
            code: "VHDX0407",
            at: Some(BITMAP_ENTRY),
            // Read as a bitmap, the block's content says something of sectors that do not exist.
            with: &["VHDX0504", "VHDX0905"],
            // The sector bitmap lies where the block lies.
            bad: |folder| with_child(folder, |builder| builder.bitmap_entry(0, entry(6, 5 * MIB))),
            good: clean_child,
        },
        Case {
            code: "VHDX0408",
            at: Some(BAT + 8),
            with: &[],
            bad: |folder| folder.put("a.vhdx", &disk().block(1, Block::raw(entry(6, 2 * MIB))).build()),
            good: clean,
        },
        Case {
            code: "VHDX0409",
            at: Some(BAT + 8),
            with: &[],
            bad: |folder| {
                folder.put("a.vhdx", &disk().block(1, Block::unmapped().anchored(SparseImage::new(MIB))).build());
            },
            good: |folder| folder.put("a.vhdx", &disk().block(1, Block::unmapped()).build()),
        },
        Case {
            code: "VHDX0410",
            at: Some(BITMAP_ENTRY),
            with: &[],
            bad: |folder| {
                let built = Builder::dynamic(5000 * MIB).block(0, full(1)).bitmap_entry(0, entry(6, 4 * MIB)).build();
                folder.put("a.vhdx", &built);
            },
            good: clean_child,
        },
        Case {
            code: "VHDX0501",
            at: Some(BITMAP_ENTRY),
            with: &["VHDX0905"],
            bad: |folder| with_child(folder, |builder| builder.bitmap_entry(0, 0)),
            good: clean_child,
        },
        Case {
            code: "VHDX0502",
            at: Some(BAT + 8),
            with: &[],
            bad: |folder| {
                let block = Block::partial(SparseImage::new(MIB)).present(0..8);
                folder.put("a.vhdx", &disk().block(1, block).without_bitmaps().build());
            },
            good: clean_child,
        },
        Case {
            code: "VHDX0503",
            at: Some(BITMAP_ENTRY),
            with: &[],
            bad: |folder| with_child(folder, |builder| builder.bitmap_entry(0, entry(7, 4 * MIB))),
            good: clean_child,
        },
        Case {
            code: "VHDX0504",
            // The disk ends after 16,384 sectors, or 2,048 bytes of bits; the sector bitmap is the first thing behind
            // the regions.
            at: Some(4 * MIB + 2048),
            with: &[],
            bad: |folder| {
                with_child(folder, |builder| {
                    let mut bits = bitmap::empty();
                    bitmap::set(&mut bits, 16_384..16_390);
                    builder.bitmap_block(0, bits)
                });
            },
            good: clean_child,
        },
        Case {
            code: "VHDX0505",
            at: Some(4 * MIB + 256),
            with: &[],
            bad: |folder| {
                with_child(folder, |builder| builder.block(1, Block::partial(SparseImage::new(MIB)).present(0..2048)));
            },
            good: clean_child,
        },
    ]
}
