//! The testkit's chains as 7-Zip reads them: files of the byte model must hold what the byte model says.
#![cfg(all(feature = "cli", feature = "testkit"))]
#![expect(clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use support::peers::tool;
use vhdxray::testkit::{Model, Style, forest};

/// Reads the whole disk through 7-Zip and compares it piece by piece with the model.
fn compare(program: &Path, model: &Model, layer: usize, format: &str, file: &Path, what: &str) {
    let mut child = Command::new(program)
        .args(["e", "-so", "-bd", format])
        .arg(file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut output = child.stdout.take().unwrap();
    let size = model.layers()[layer].disk.size;
    let mut offset = 0;
    while offset < size {
        let mut piece = vec![];
        output.by_ref().take(4 << 20).read_to_end(&mut piece).unwrap();
        assert!(!piece.is_empty(), "{what}: 7-Zip ends at {offset} of {size}");
        let expected = model.expected(layer, offset, piece.len() as u64);
        if piece != expected {
            let first = piece.iter().zip(&expected).position(|(left, right)| left != right);
            panic!("{what}: differs at {:?}", first.map(|first| offset + first as u64));
        }
        offset += piece.len() as u64;
    }
    child.wait().unwrap();
}

#[test]
fn seven_zip_reads_from_random_forests_what_the_model_says() {
    let Some(program) = tool("7zz") else { return };
    let (mut compared, mut old) = (0, 0);
    for seed in 0..100 {
        let model = forest::random(seed);
        // What 7-Zip cannot do: a child that is not as large as its parent, an odd number of sectors. What would take
        // too long: large disks.
        let usable = model.layers().iter().all(|layer| {
            let parent = layer.parent.map(|parent| &model.layers()[parent]);
            let odd = layer.disk.size / u64::from(layer.disk.logical_sector_size) % 2 == 1;
            !odd && layer.disk.size < 64 << 20 && parent.is_none_or(|parent| parent.disk.size == layer.disk.size)
        });
        if !usable {
            continue;
        }
        for style in [Style::Plain, Style::Quirky(seed)] {
            let folder = tempfile::tempdir().unwrap();
            for (layer, file) in model.write_vhdx(folder.path(), style).unwrap().iter().enumerate() {
                compare(&program, &model, layer, "-tvhdx", file, &format!("seed {seed}, {style:?}, layer {layer}"));
                compared += 1;
            }
        }
        if model.layers().iter().all(|layer| layer.disk.logical_sector_size == 512) {
            let folder = tempfile::tempdir().unwrap();
            for (layer, file) in model.write_vhd(folder.path()).unwrap().iter().enumerate() {
                compare(&program, &model, layer, "-tvhd", file, &format!("seed {seed}, version 1, layer {layer}"));
                old += 1;
            }
        }
    }
    assert!(old > 50, "only {old} layers of version 1 were compared");
    assert!(compared > 150, "only {compared} layers were compared");
}
