//! The files that benches read, and that `benches/peers` hands to other programs.

use std::io;
use std::path::{Path, PathBuf};

use uuid::Uuid;
use vhdxray::testkit::rng::Rng;
use vhdxray::testkit::vhdx::{Block, Builder, Built, HugeBat, Locator};
use vhdxray::testkit::{Disk, Model, SparseImage, Style, pattern};

/// Files of a chain in the tree of many files: a base and its children.
pub(crate) const CHAIN: u64 = 4;
/// Files of a folder of the tree.
const FOLDER: u64 = 100;

/// Block size of the layers of a chain that is read through.
const BLOCK: u32 = 2 << 20;
/// Bytes of the runs in its partial blocks, where nothing else is wanted.
pub(crate) const RUN: u64 = 64 << 10;

/// The shapes of a BAT.
pub(crate) const SHAPES: [&str; 4] = ["sequential", "permuted", "mixed", "empty"];

/// A disk in blocks of 1 MiB, the format's worst case; all of its BAT is there and no block of it was written.
pub(crate) fn huge(tib: u64, shape: &str) -> Built {
    let bat = match shape {
        "sequential" => HugeBat::Sequential,
        "permuted" => HugeBat::Permuted(7),
        "mixed" => HugeBat::Mixed(7),
        _ => HugeBat::Empty,
    };
    Builder::dynamic(tib << 40).seed(tib).huge_bat(bat).build()
}

/// Many small files in chains of four. Returns base, child, child's child and so on, chain after chain.
pub(crate) fn tree(folder: &Path, count: u64) -> io::Result<Vec<PathBuf>> {
    (0..count).map(|number| tree_file(folder, number)).collect()
}

fn tree_file(folder: &Path, number: u64) -> io::Result<PathBuf> {
    let folder = folder.join(format!("host{:03}", number / FOLDER));
    std::fs::create_dir_all(&folder)?;
    let name = |number: u64| format!("disk{number:06}.vhdx");
    let builder = if number.is_multiple_of(CHAIN) {
        Builder::dynamic(64 << 20)
    } else {
        let parent = Builder::dynamic(0).seed(number - 1).build().layout.data_write_guid;
        let relative = format!(r".\{}", name(number - 1));
        Builder::differencing(64 << 20, Locator::windows(parent, &relative, &format!(r"D:\VMs\{}", name(number - 1))))
    };
    let block = Block::full(pattern::image(1, 0, 4096));
    let path = folder.join(name(number));
    builder.seed(number).block(number % 64, block).build().image.write_to(&path)?;
    Ok(path)
}

/// A chain of which only the base has the first sector, so that reading it asks every layer.
pub(crate) fn chain(folder: &Path, count: u64) -> io::Result<(Model, Vec<PathBuf>)> {
    let disk = Disk::new(64 << 20);
    let mut model = Model::new(50);
    let mut layer = model.base(disk);
    model.write(layer, 0..4096, 1);
    for number in 1..count {
        layer = model.child(layer, disk);
        model.write(layer, number << 13..(number << 13) + 4096, tag(number));
    }
    std::fs::create_dir_all(folder)?;
    let paths = model.write_vhdx(folder, Style::Plain)?;
    Ok((model, paths))
}

/// What is in the layers of a deep chain.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deep {
    /// Children that have hardly begun: three blocks each, at random, the tables holes but for them.
    Quiet,
    /// Children of which three fifths of the blocks are their own, in any order: content, zeros and trimmed ones.
    Mixed,
}

/// A chain of `count` files over a disk in blocks of 1 MiB, the base first. Their blocks are holes.
pub(crate) fn deep(folder: &Path, size: u64, count: u64, deep: Deep) -> io::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder)?;
    let name = |number: u64| format!("layer-{number:02}.{}", if number == 0 { "vhdx" } else { "avhdx" });
    let mut parent: Option<(Uuid, Uuid)> = None;
    let mut paths = Vec::new();
    for number in 0..count {
        let builder = match parent {
            None => Builder::dynamic(size),
            Some((linkage, disk)) => {
                let below = name(number - 1);
                let locator = Locator::windows(linkage, &format!(r".\{below}"), &format!(r"D:\VMs\{below}"));
                Builder::differencing(size, locator).virtual_disk_id(disk)
            }
        };
        let builder = builder.block_size(1 << 20).seed(number + 1);
        let mut rng = Rng::new(number);
        let built = match deep {
            Deep::Quiet => (0..3).fold(builder, |builder, _| {
                builder.block(rng.below(size >> 20), Block::full(SparseImage::new(1 << 20)))
            }),
            Deep::Mixed => builder.huge_bat(HugeBat::Mixed(number)),
        }
        .build();
        let path = folder.join(name(number));
        built.image.write_to(&path)?;
        parent = Some((built.layout.data_write_guid, built.layout.virtual_disk_id));
        paths.push(path);
    }
    Ok(paths)
}

/// A disk all of which is data, in blocks of 2 MiB as Hyper-V gives its checkpoints. Every layer over the base owns a
/// few whole blocks and, in as many others, one in four of the runs of that length: a twentieth of the disk each.
/// Returns the number of the leaf as well.
pub(crate) fn layers(folder: &Path, size: u64, depth: u64, run: u64) -> io::Result<(Model, usize, Vec<PathBuf>)> {
    let disk = Disk::new(size).blocks_of(BLOCK);
    let block = u64::from(BLOCK);
    let blocks = size / block;
    let mut rng = Rng::new(depth);
    let mut model = Model::new(depth);
    let mut layer = model.base(disk);
    model.write(layer, 0..size, 1);
    for number in 1..depth {
        layer = model.child(layer, disk);
        let tag = tag(number);
        for _ in 0..blocks.div_ceil(40) {
            let whole = rng.below(blocks) * block;
            model.write(layer, whole..whole + block, tag);
            let part = rng.below(blocks) * block;
            for number in 0..block / (4 * run) {
                let at = part + number * (4 * run);
                model.write(layer, at..at + run, tag);
            }
        }
    }
    std::fs::create_dir_all(folder)?;
    let paths = model.write_vhdx(folder, Style::Plain)?;
    Ok((model, layer, paths))
}

fn tag(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX - 1) + 1
}
