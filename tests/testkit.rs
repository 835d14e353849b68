//! The testkit's files as other programs see them: a writer that only its own reader understands proves nothing.
#![cfg(all(feature = "cli", feature = "testkit"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::fs::File;
use std::io::Read;
use std::path::Path;
use std::process::Command;

use support::peers::tool;
use vhdxray::testkit::rng::Rng;
use vhdxray::testkit::vhdx::{Allocation, Block, Builder, DirtyOptions, HugeBat, Write, dirty};
use vhdxray::testkit::{Disk, Model, SparseImage, pattern, vhd};

const MIB: u64 = 1 << 20;

/// The program that reads the files, or `None` after saying loudly what is not tested.
fn qemu_img() -> Option<Command> {
    tool("qemu-img").map(Command::new)
}

fn run(arguments: &[&str], files: &[&Path]) {
    let Some(mut command) = qemu_img() else { return };
    let output = command.args(arguments).args(files).output().unwrap();
    assert!(
        output.status.success(),
        "qemu-img {arguments:?} {files:?}\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Writes the file and its expected content, and asks qemu-img whether the file is sound and the content the same.
fn agrees(format: &str, image: &SparseImage, content: &SparseImage) {
    let folder = tempfile::tempdir().unwrap();
    let (file, raw) = (folder.path().join("image"), folder.path().join("raw"));
    image.write_to(&file).unwrap();
    content.write_to(&raw).unwrap();
    if format == "vhdx" {
        run(&["check", "-q", "-f", format], &[&file]);
    }
    run(&["compare", "-f", format, "-F", "raw"], &[&file, &raw]);
}

/// A block's content: the pattern in its first and its last 64 KiB and zeros between, to be quick.
fn ends(tag: u32, start: u64, len: u64) -> SparseImage {
    let part = len.min(65536);
    let mut image = SparseImage::new(len);
    image.write_image(0, &pattern::image(tag, start, part));
    image.write_image(len - part, &pattern::image(tag, start + len - part, part));
    image
}

/// Blocks of all kinds that a file without a parent may have, and what the disk then holds.
fn mixed(builder: Builder, size: u64, block_size: u64, seed: u64) -> (Builder, SparseImage) {
    let mut rng = Rng::new(seed);
    let mut builder = builder;
    let mut content = SparseImage::new(size);
    for number in 0..size.div_ceil(block_size) {
        let start = number * block_size;
        let data = ends(u32::try_from(number).unwrap() + 1, start, block_size.min(size - start));
        let block = match rng.below(5) {
            0 => Block::zero(),
            1 => Block::unmapped(),
            2 => continue,
            _ => {
                content.write_image(start, &data);
                Block::full(data)
            }
        };
        builder = builder.block(number, block);
    }
    (builder, content)
}

#[test]
fn dynamic_files_are_sound_to_qemu() {
    let sizes =
        [(4 * MIB, MIB), (40 * MIB, 2 * MIB), (7 * MIB + 512, MIB), (600 * MIB, 32 * MIB), (700 * MIB, 256 * MIB)];
    for (seed, (size, block_size)) in sizes.into_iter().enumerate() {
        let orders = [Allocation::Sequential, Allocation::Reversed, Allocation::Shuffled(seed as u64)];
        for (index, allocation) in orders.into_iter().enumerate() {
            let builder = Builder::dynamic(size).block_size(u32::try_from(block_size).unwrap()).allocation(allocation);
            let builder = if index == 1 { builder.gap(3 * MIB) } else { builder };
            let (builder, content) = mixed(builder, size, block_size, seed as u64);
            agrees("vhdx", &builder.build().image, &content);
        }
    }
}

#[test]
fn blocks_beyond_the_first_chunk_are_where_qemu_looks_for_them() {
    // 4096 blocks to the chunk. Only the part around its end is read: the whole would take long.
    let (first, count) = (4090, 22);
    let mut content = SparseImage::new(count * MIB);
    let mut builder = Builder::dynamic((first + count) * MIB);
    for number in [4094, 4095, 4096, 4097, 4111] {
        let data = ends(5, number * MIB, MIB);
        content.write_image((number - first) * MIB, &data);
        builder = builder.block(number, Block::full(data));
    }
    let folder = tempfile::tempdir().unwrap();
    let (file, part) = (folder.path().join("image"), folder.path().join("part"));
    builder.build().image.write_to(&file).unwrap();
    run(&["check", "-q", "-f", "vhdx"], &[&file]);
    let Some(mut command) = qemu_img() else { return };
    let arguments =
        ["dd", "-f", "vhdx", "-O", "raw", "bs=1M", &format!("skip={first}"), &format!("count={}", first + count)];
    let names = [format!("if={}", file.display()), format!("of={}", part.display())];
    assert!(command.args(arguments).args(names).status().unwrap().success());
    let mut bytes = vec![];
    File::open(&part).unwrap().read_to_end(&mut bytes).unwrap();
    assert!(bytes == content.to_vec(), "qemu reads other bytes around the end of the first chunk");
}

#[test]
fn a_fixed_file_is_sound_to_qemu() {
    let data = pattern::image(1, 3 * MIB, MIB);
    let mut content = SparseImage::new(6 * MIB);
    content.write_image(3 * MIB, &data);
    let built = Builder::fixed(6 * MIB).block(3, Block::full(data)).build();
    assert_eq!(built.layout.states, [0, 0, 0, 0, 0, 0, 6, 0]);
    agrees("vhdx", &built.image, &content);
}

#[test]
fn a_huge_bat_is_sound_to_qemu() {
    // Only the structures: the payload would be terabytes of holes.
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("huge");
    Builder::dynamic(2 << 40).huge_bat(HugeBat::Mixed(1)).build().image.write_to(&file).unwrap();
    run(&["check", "-q", "-f", "vhdx"], &[&file]);
    run(&["info", "-f", "vhdx"], &[&file]);
}

/// qemu replays a log on repair, so the repaired copy must hold what the testkit calls the truth.
#[test]
fn qemu_replays_a_dirty_log_to_the_same_file() {
    let built = Builder::dynamic(16 * MIB).block(0, Block::full(pattern::image(1, 0, MIB))).build();
    let block = built.layout.blocks[&0];
    // No more than 126 descriptors: for longer descriptor areas qemu reads every sector into the place of the first.
    let sectors: Vec<Write> = (0..120).map(|index| Write::Bytes(block + index * 4096, vec![7; 4096])).collect();
    let batches = [
        vec![Write::Bytes(block + 100, b"unaligned".to_vec()), Write::Zero(block + 65536, 65536)],
        sectors,
        vec![Write::Bytes(block + 4000, vec![9; 200])],
    ];
    // The three entries take 2, 121 and 3 sectors. Only the last may run over the end of the ring: qemu begins at the
    // ring's start and prefers what it finds first.
    let last_wraps = (256 - 124) * 4096;
    for start in [0, 0x40_000, last_wraps] {
        let options = DirtyOptions { start, ..DirtyOptions::new(Rng::new(9).guid()) };
        let made = dirty(&built, &batches, &options);
        assert_eq!(made.entries.iter().any(|entry| entry.wraps), start == last_wraps);
        let folder = tempfile::tempdir().unwrap();
        let (file, truth) = (folder.path().join("dirty"), folder.path().join("truth"));
        made.file.image.write_to(&file).unwrap();
        made.clean.write_to(&truth).unwrap();
        run(&["check", "-q", "-r", "all", "-f", "vhdx"], &[&file]);
        run(&["compare", "-f", "vhdx", "-F", "vhdx"], &[&file, &truth]);
    }
}

#[test]
fn vhd_files_are_the_same_to_qemu() {
    let mut model = Model::new(1);
    for (size, block_size) in [(5 * MIB, 2 << 20), (16 * MIB + 512, 512 << 10)] {
        let layer = model.base(Disk::new(size).blocks_of(block_size));
        for (tag, start) in (1..).zip([512, 3 * MIB - 1024, size - 4096]) {
            model.write(layer, start..start + 8192, tag);
        }
        let mut content = SparseImage::new(size);
        for edge in model.edges(layer) {
            content.write(edge, &model.expected(layer, edge, 8192));
        }
        agrees("vpc", &model.vhd(layer).image, &content);
        agrees("vpc", &vhd::Builder::fixed(size).content(content.clone()).build().image, &content);
    }
}

/// qemu takes the size from the geometry when Virtual PC made the file, and from the footer when Windows did.
#[test]
fn qemu_takes_the_size_that_the_creator_meant() {
    let size = 16 * MIB;
    let chs = vhd::chs(size);
    let by_geometry = u64::from(chs.cylinders) * u64::from(chs.heads) * u64::from(chs.sectors) * 512;
    assert!(by_geometry < size);
    for (creator, expected) in [(*b"win ", size), (*b"vpc ", by_geometry)] {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("image");
        let builder = vhd::Builder::dynamic(size).creator(creator, 0x0001_0000, *b"Wi2k");
        builder.build().image.write_to(&file).unwrap();
        let Some(mut command) = qemu_img() else { return };
        let output = command.args(["info", "--output=json", "-f", "vpc"]).arg(&file).output().unwrap();
        let info: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(info["virtual-size"], expected);
    }
}
