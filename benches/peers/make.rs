//! Writes the files of the benches in their full length, so that other programs can read them too.
//!
//! ```text
//! cargo run --release --features testkit --example make-bench-files -- FOLDER bat 64
//! cargo run --release --features testkit --example make-bench-files -- FOLDER tree 10000
//! cargo run --release --features testkit --example make-bench-files -- FOLDER chain 50
//! cargo run --release --features testkit --example make-bench-files -- FOLDER layers 4096
//! cargo run --release --features testkit --example make-bench-files -- FOLDER quiet 64
//! cargo run --release --features testkit --example make-bench-files -- FOLDER mixed 1048576
//! ```
//!
//! `bat` and `quiet` take the size of the disk in TiB and `layers` that of its disks in MiB, `mixed` a number of blocks;
//! `tree` and `chain` take a number of files. See `benches/README.md`.

#[path = "../support/files.rs"]
mod files;

use std::io;
use std::path::Path;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, what, number] = arguments.as_slice() else { return usage() };
    let Ok(number) = number.parse::<u64>() else { return usage() };
    let folder = Path::new(folder);
    match what.as_str() {
        "bat" => bats(folder, number),
        "tree" => files::tree(&folder.join("tree"), number).map(drop),
        "chain" => files::chain(&folder.join("chain"), number).map(drop),
        "layers" => [1, 5, 20]
            .into_iter()
            .try_for_each(|depth| files::layers(&folder.join(format!("depth-{depth}")), number << 20, depth).map(drop)),
        "quiet" => files::deep(&folder.join("quiet"), number << 40, DEPTH, files::Deep::Quiet).map(drop),
        "mixed" => files::deep(&folder.join("mixed"), number << 20, DEPTH, files::Deep::Mixed).map(drop),
        _ => usage(),
    }
}

/// Files of a deep chain: as many checkpoints as Hyper-V keeps.
const DEPTH: u64 = 50;

fn bats(folder: &Path, tib: u64) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    for shape in files::SHAPES {
        files::huge(tib, shape).image.write_to(&folder.join(format!("{shape}-{tib}.vhdx")))?;
    }
    Ok(())
}

fn usage() -> io::Result<()> {
    Err(io::Error::other("usage: make-bench-files FOLDER bat|tree|chain|layers|quiet|mixed NUMBER"))
}
