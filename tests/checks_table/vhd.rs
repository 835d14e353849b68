use uuid::Uuid;
use vhdxray::testkit::SparseImage;
use vhdxray::testkit::record::Checksum;
use vhdxray::testkit::vhd::{Block, Builder, Built, ParentLocator};

use crate::Case;
use crate::folder::{Folder, MIB};

/// The copy of the footer, the dynamic disk header, and the table of 4 entries in a sector.
const HEADER: u64 = 512;
const BAT: u64 = 1536;
/// Where the first block stands, and what one takes.
const BLOCK: u64 = 2048;
const BLOCK_SIZE: u64 = 512 + 2 * MIB;
/// Where the footer stands of a disk with one block.
const FOOTER: u64 = BLOCK + BLOCK_SIZE;

fn block(tag: u8) -> Block {
    Block::new(SparseImage::from_bytes(&[tag; 4096])).present(0..4096)
}

fn disk() -> Builder {
    Builder::dynamic(8 * MIB).seed(1).block(0, block(1))
}

fn put(folder: &Folder, builder: &Builder) {
    folder.put_image("a.vhd", &builder.build().image);
}

/// A disk whose bytes are changed after it was built.
fn changed(folder: &Folder, builder: &Builder, change: impl FnOnce(&mut Built)) {
    let mut built = builder.build();
    change(&mut built);
    folder.put_image("a.vhd", &built.image);
}

/// A base and a child of it that remembers this time of the base's file.
fn family(folder: &Folder, time_stamp: u32) {
    let base = disk().build();
    folder.put_image("base.vhd", &base.image);
    let child = Builder::differencing(8 * MIB, base.layout.footer_fields.unique_id, time_stamp, "base.vhd");
    folder.put_image("child.avhd", &child.locator(ParentLocator::relative(r".\base.vhd")).seed(2).build().image);
}

pub(crate) fn cases() -> Vec<Case> {
    let clean: fn(&Folder) = |folder| put(folder, &disk());
    vec![
        Case {
            code: "VHDX1101",
            at: Some(FOOTER),
            with: &[],
            bad: |folder| {
                changed(folder, &disk().checksums(Checksum::Wrong, Checksum::Wrong, Checksum::Right), |built| {
                    // The unique id of the copy: now the two damaged footers differ as well.
                    built.image.write(68, &[7; 16]);
                });
            },
            good: clean,
        },
        Case {
            code: "VHDX1102",
            at: Some(FOOTER),
            with: &[],
            bad: |folder| put(folder, &disk().checksums(Checksum::Wrong, Checksum::Right, Checksum::Right)),
            // From before Virtual PC 2004.
            good: |folder| put(folder, &disk().old_footer()),
        },
        Case {
            code: "VHDX1103",
            at: Some(0),
            with: &[],
            bad: |folder| put(folder, &disk().checksums(Checksum::Right, Checksum::Wrong, Checksum::Right)),
            // What stands at the start of a fixed disk is the guest's.
            good: |folder| put(folder, &Builder::fixed(2 * MIB).content(SparseImage::from_bytes(&[0x55; 512]))),
        },
        Case {
            code: "VHDX1104",
            at: Some(FOOTER),
            with: &[],
            bad: |folder| {
                changed(folder, &disk(), |built| {
                    built.layout.footer_fields.unique_id = Uuid::from_u128(5);
                    built.rewrite_footer(Checksum::Right);
                });
            },
            good: clean,
        },
        Case {
            code: "VHDX1105",
            at: Some(FOOTER + 64),
            with: &[],
            bad: |folder| put(folder, &disk().checksums(Checksum::Wrong, Checksum::Wrong, Checksum::Right)),
            good: clean,
        },
        Case {
            code: "VHDX1106",
            at: Some(HEADER + 36),
            with: &[],
            bad: |folder| put(folder, &disk().checksums(Checksum::Right, Checksum::Right, Checksum::Wrong)),
            good: clean,
        },
        Case {
            code: "VHDX1107",
            at: Some(HEADER),
            with: &[],
            bad: |folder| changed(folder, &disk(), |built| built.image.write(HEADER, b"cxspars?")),
            good: |folder| put(folder, &Builder::fixed(2 * MIB)),
        },
        Case {
            code: "VHDX1108",
            at: Some(HEADER + 32),
            with: &[],
            bad: |folder| put(folder, &Builder::dynamic(8 * MIB).block_size(3 << 20)),
            good: |folder| put(folder, &Builder::dynamic(8 * MIB).block_size(4 << 20)),
        },
        Case {
            code: "VHDX1108",
            // A table of no entries takes no sector.
            at: Some(FOOTER - 512 + 48),
            with: &[],
            bad: |folder| put(folder, &disk().footer(|footer| footer.current_size = 0)),
            good: clean,
        },
        Case {
            code: "VHDX1109",
            at: Some(FOOTER + 60),
            with: &[],
            bad: |folder| put(folder, &disk().footer(|footer| footer.disk_type = 6)),
            good: clean,
        },
        Case {
            code: "VHDX1110",
            at: Some(BAT + 4),
            with: &[],
            bad: |folder| put(folder, &disk().raw_entry(1, 1_000_000)),
            good: clean,
        },
        Case {
            code: "VHDX1110",
            at: Some(MIB),
            with: &[],
            bad: |folder| {
                changed(folder, &Builder::fixed(2 * MIB), |built| {
                    let footer = built.image.read(built.layout.footer.start, 512);
                    built.image.set_len(MIB);
                    built.image.write(MIB, &footer);
                });
            },
            good: |folder| put(folder, &Builder::fixed(2 * MIB)),
        },
        Case {
            code: "VHDX1111",
            at: Some(BAT + 4),
            with: &[],
            bad: |folder| put(folder, &disk().raw_entry(1, u32::try_from(BLOCK / 512).unwrap())),
            good: |folder| put(folder, &disk().block(1, block(2))),
        },
        Case {
            code: "VHDX1112",
            at: Some(BAT + 4),
            with: &[],
            bad: |folder| put(folder, &disk().raw_entry(1, 1)),
            good: clean,
        },
        Case {
            code: "VHDX1113",
            at: Some(BAT),
            with: &[],
            bad: |folder| put(folder, &disk().block(0, Block::new(SparseImage::new(0)).present(0..4095))),
            // In a differencing disk a clear bit is the parent's sector.
            good: |folder| family(folder, 0),
        },
        Case {
            code: "VHDX1114",
            at: Some(HEADER + 576),
            with: &[],
            bad: |folder| {
                family(folder, 0);
                let path = folder.path("child.avhd");
                #[expect(clippy::disallowed_methods, reason = "a small file of this test")]
                let mut bytes = std::fs::read(&path).unwrap();
                // The entry's data offset, behind the end of the file.
                bytes[usize::try_from(HEADER).unwrap() + 576 + 16..][..8].copy_from_slice(&(1_u64 << 40).to_be_bytes());
                let header = &mut bytes[usize::try_from(HEADER).unwrap()..][..1024];
                header[36..40].fill(0);
                let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
                header[36..40].copy_from_slice(&(!sum).to_be_bytes());
                std::fs::write(&path, bytes).unwrap();
            },
            good: |folder| family(folder, 0),
        },
        Case {
            code: "VHDX1115",
            at: Some(HEADER + 56),
            with: &[],
            bad: |folder| family(folder, 5),
            // Windows leaves the field zero.
            good: |folder| family(folder, 0),
        },
        Case {
            code: "VHDX1116",
            at: Some(FOOTER + 68),
            with: &[],
            bad: |folder| put(folder, &disk().unique_id(Uuid::nil())),
            good: clean,
        },
        Case {
            code: "VHDX1117",
            at: Some(FOOTER + 48),
            with: &[],
            bad: |folder| put(folder, &disk().creator(*b"vpc ", 0x0001_0000, *b"Wi2k").geometry(10, 4, 17)),
            // Windows goes by the current size whatever the geometry says.
            good: |folder| put(folder, &disk().geometry(10, 4, 17)),
        },
    ]
}
