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
//! `tree` and `chain` take a number of files. Each large file stands in a folder of its own, for a command reads what
//! lies beside a file; what the builder knows of it stands in the folder `truth`. See `benches/README.md`.

#[path = "../support/files.rs"]
mod files;

use std::io;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use vhdxray::format::vhdx::bat::PayloadState;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, what, number] = arguments.as_slice() else { return usage() };
    let Ok(number) = number.parse::<u64>() else { return usage() };
    let folder = Path::new(folder);
    match what.as_str() {
        "bat" => bats(folder, number),
        "tree" => files::tree(&folder.join("tree"), number).map(drop),
        "chain" => files::chain(&folder.join("chain"), number).map(drop),
        "layers" => [1, 5, 20].into_iter().try_for_each(|depth| layers(folder, number, depth)),
        "quiet" => files::deep(&folder.join("quiet"), number << 40, DEPTH, files::Deep::Quiet).map(drop),
        "mixed" => files::deep(&folder.join("mixed"), number << 20, DEPTH, files::Deep::Mixed).map(drop),
        _ => usage(),
    }
}

/// Files of a deep chain: as many checkpoints as Hyper-V keeps.
const DEPTH: u64 = 50;

fn bats(folder: &Path, tib: u64) -> io::Result<()> {
    for shape in files::SHAPES {
        let name = format!("{shape}-{tib}");
        let built = files::huge(tib, shape);
        std::fs::create_dir_all(folder.join(&name))?;
        built.image.write_to(&folder.join(&name).join("f.vhdx"))?;
        let states = PayloadState::ALL.into_iter().zip(built.layout.states);
        let named = states.filter(|(state, _)| !matches!(state, PayloadState::Reserved4 | PayloadState::Reserved5));
        truth(
            folder,
            &name,
            &named.map(|(state, count)| (state.name().replace(' ', "_"), Value::from(count))).collect(),
        )?;
    }
    Ok(())
}

fn layers(folder: &Path, mib: u64, depth: u64) -> io::Result<()> {
    let name = format!("depth-{depth}");
    let (model, leaf, _) = files::layers(&folder.join(&name), mib << 20, depth, files::RUN)?;
    let mut hash = Sha256::new();
    (0..mib).for_each(|piece| hash.update(model.expected(leaf, piece << 20, 1 << 20)));
    let digits = hash.finalize().iter().fold(String::new(), |digits, byte| digits + &format!("{byte:02x}"));
    truth(folder, &name, &json!({ "mib": mib, "sha256": digits }))
}

fn truth(folder: &Path, name: &str, truth: &Value) -> io::Result<()> {
    std::fs::create_dir_all(folder.join("truth"))?;
    std::fs::write(folder.join("truth").join(format!("{name}.json")), truth.to_string())
}

fn usage() -> io::Result<()> {
    Err(io::Error::other("usage: make-bench-files FOLDER bat|tree|chain|layers|quiet|mixed NUMBER"))
}
