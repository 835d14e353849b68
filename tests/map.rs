//! `map`: extents against the byte model of random forests, the table as it looks, JSON against its schema, and memory
//! on the largest disk.
#![cfg(all(feature = "cli", feature = "testkit"))]
#![expect(clippy::indexing_slicing, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::ops::Range;
use std::process::Command;

use serde_json::Value;

use support::disks::{opened, small_chain, vhdxray_in, written};
use support::run::run;
use support::schema::assert_valid;
use vhdxray::chain::ExtentState;
use vhdxray::inspect::ChainPolicy;
use vhdxray::testkit::model::Source;
use vhdxray::testkit::vhdx::{Builder, HugeBat};
use vhdxray::testkit::{Mark, Model, Style, forest};

/// What the model says of a whole disk: merged ranges with the layer that decides (counted in files from the asked one)
/// and what it says. What no layer says anything about belongs to nobody.
fn expected(model: &Model, layer: usize) -> Vec<(Range<u64>, &'static str, Option<usize>)> {
    let ancestry: Vec<usize> = std::iter::successors(Some(layer), |layer| model.layers()[*layer].parent).collect();
    let depth = |owner: usize| ancestry.iter().position(|layer| *layer == owner);
    let mut found: Vec<(Range<u64>, &'static str, Option<usize>)> = vec![];
    for (range, source) in model.sources(layer, 0..model.layers()[layer].disk.size) {
        let (state, owner) = match source {
            Source::Data(owner) => ("data", depth(owner)),
            // A stretch of zeros within a block that also holds data is data that is zero.
            Source::Zeros(owner, mark) => (zeros(mark), depth(owner)),
            Source::Nothing => ("absent", None),
        };
        match found.last_mut().filter(|last| last.1 == state && last.2 == owner) {
            Some(last) => last.0.end = range.end,
            None => found.push((range, state, owner)),
        }
    }
    found
}

fn zeros(mark: Mark) -> &'static str {
    match mark {
        Mark::Zero => "zero",
        Mark::Unmapped => "unmapped",
        Mark::Undefined => "undefined",
        Mark::Data(_) => "data",
    }
}

#[test]
fn extents_of_random_forests_tile_the_disk_and_name_the_layer_that_the_model_names() {
    let mut looked_at = 0;
    for seed in 0..60 {
        let model = forest::random(seed);
        let (_folder, files) = written(&model, Style::Plain);
        for (layer, file) in files.iter().enumerate() {
            let opened = opened(file, ChainPolicy::default()).unwrap();
            let extents: Vec<_> = opened.disk.extents().unwrap().map(Result::unwrap).collect();
            let mut at = 0;
            for pair in extents.windows(2) {
                assert_eq!(pair[0].merge(pair[1]), None, "seed {seed}, layer {layer}: not merged");
            }
            for extent in &extents {
                assert_eq!(extent.range.start.get(), at, "seed {seed}, layer {layer}");
                at = extent.range.end().get();
            }
            assert_eq!(at, model.layers()[layer].disk.size, "seed {seed}, layer {layer}");
            // Every place of the model lies in an extent of the same layer. Zeros in a block that also holds data are
            // stored as data, and blocks without any are absent; the layer is the same all the same.
            for (range, state, owner) in expected(&model, layer) {
                let inside = extents
                    .iter()
                    .filter(|extent| extent.range.start.get() < range.end && range.start < extent.range.end().get());
                for extent in inside {
                    let place = format!("seed {seed}, layer {layer}, {range:?} ({state}): {extent:?}");
                    match owner {
                        Some(owner) => {
                            assert_eq!(extent.layer, owner, "{place}");
                            let data = matches!(extent.state, ExtentState::Data(_));
                            assert!(extent.state.name() == state || data && state != "absent", "{place}");
                        }
                        // A base stores its gaps within blocks as zeros.
                        None => assert!(matches!(extent.state, ExtentState::Absent | ExtentState::Data(_)), "{place}"),
                    }
                    looked_at += 1;
                }
            }
        }
    }
    assert!(looked_at > 2000, "{looked_at}");
}

#[test]
fn the_table_shows_files_extents_and_sums() {
    let (folder, _) = written(&small_chain(), Style::Plain);
    let ran = vhdxray_in(folder.path(), &["map", "child.avhdx"]).expect_success();
    // Base: blocks from 4 MiB on. Child: its sector bitmap block at 4 MiB, its blocks from 5 MiB on.
    let table = "\
child.avhdx: 8.0 MiB (8388608 bytes)

layer  file
    0  child.avhdx
    1  base.vhdx

start     end        length  state      layer     file offset  file
0x000000  0x101000  1052672  data           1        0x400000  base.vhdx
0x101000  0x103000     8192  data           0        0x501000  child.avhdx
0x103000  0x200000  1036288  data           1        0x503000  base.vhdx
0x200000  0x300000  1048576  unmapped       0               -  child.avhdx
0x300000  0x400000  1048576  zero           1               -  base.vhdx
0x400000  0x500000  1048576  absent         1               -  base.vhdx
0x500000  0x600000  1048576  undefined      0               -  child.avhdx
0x600000  0x800000  2097152  data           0        0x600000  child.avhdx

layer  state         extents            length       about
    0  data                2           2105344     2.0 MiB
    0  unmapped            1           1048576     1.0 MiB
    0  undefined           1           1048576     1.0 MiB
    1  data                2           2088960     2.0 MiB
    1  zero                1           1048576     1.0 MiB
    1  absent              1           1048576     1.0 MiB
  all                      8           8388608     8.0 MiB
";
    assert_eq!(ran.stdout, table);
    assert_eq!(ran.stderr, "");
}

#[test]
fn json_and_its_lines_say_the_same_and_keep_their_schema() {
    let (folder, _) = written(&small_chain(), Style::Plain);
    let json = vhdxray_in(folder.path(), &["map", "child.avhdx", "--format", "json"]).expect_success().json();
    assert_valid("map", [&json]);
    assert_eq!(json["schema"], "vhdxray.map/1");
    let extents = json["extents"].as_array().unwrap();
    assert_eq!(extents.iter().map(|extent| extent["length_bytes"].as_u64().unwrap()).sum::<u64>(), 8 << 20);
    assert_eq!(
        extents[1],
        serde_json::json!({
            "start_offset": 0x10_1000, "length_bytes": 8192, "state": "data", "layer": 0, "path": "child.avhdx",
            "file_offset": 0x50_1000,
        })
    );
    assert_eq!(extents[3]["file_offset"], Value::Null);
    let lines = vhdxray_in(folder.path(), &["map", "child.avhdx", "--format", "ndjson"]).expect_success();
    let lines: Vec<Value> = lines.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_valid("map-ndjson", &lines);
    let of = |kind: &str| -> Vec<Value> {
        let mut found: Vec<Value> = lines.iter().filter(|line| line["type"] == kind).cloned().collect();
        for line in &mut found {
            line.as_object_mut().unwrap().remove("type");
        }
        found
    };
    assert_eq!(&of("extent"), extents);
    assert_eq!(&of("layer"), json["layers"].as_array().unwrap());
    assert_eq!(&of("total"), json["totals"].as_array().unwrap());
    assert_eq!((of("run").len(), of("disk").len()), (1, 1));
}

#[test]
fn a_broken_chain_gives_no_map_unless_an_option_says_so_and_then_the_map_names_it() {
    let (folder, files) = written(&small_chain(), Style::Plain);
    std::fs::remove_file(&files[0]).unwrap();
    let refused = vhdxray_in(folder.path(), &["map", "child.avhdx"]);
    assert_eq!((refused.status, refused.stdout.as_str()), (Some(2), ""));
    assert!(refused.stderr.contains("virtual range 0x0 to 0x100000"), "{refused}");
    let allowed = vhdxray_in(folder.path(), &["map", "child.avhdx", "--allow-missing-parent", "zero"]).expect_success();
    assert!(allowed.stdout.contains("\nunproved: child.avhdx: its parent "), "{allowed}");
    let json = ["map", "child.avhdx", "--allow-missing-parent", "zero", "--format", "json"];
    let json = vhdxray_in(folder.path(), &json).expect_success().json();
    assert!(json["unproved"][0].as_str().unwrap().contains("--allow-missing-parent zero"), "{json}");
}

/// A disk of 8 TiB in blocks of 1 MiB, whose BAT takes 64 MiB, is mapped in less memory than its BAT takes, and so is
/// the JSON of its millions of extents.
#[cfg(target_os = "linux")]
#[test]
fn memory_is_bounded_while_a_huge_disk_is_mapped() {
    let folder = tempfile::tempdir().unwrap();
    Builder::dynamic(8 << 40)
        .huge_bat(HugeBat::Sequential)
        .build()
        .image
        .write_to(&folder.path().join("huge.vhdx"))
        .unwrap();
    Builder::dynamic(256 << 30)
        .huge_bat(HugeBat::Mixed(1))
        .build()
        .image
        .write_to(&folder.path().join("mixed.vhdx"))
        .unwrap();
    for (file, format, least) in [("huge.vhdx", "json", 500), ("mixed.vhdx", "ndjson", 10 << 20)] {
        // The limit counts what the process asks for, code and stack included.
        let script = "ulimit -v 60000; exec \"$0\" map \"$1\" --format \"$2\" -o report";
        let ran = run(Command::new("sh")
            .args(["-c", script, env!("CARGO_BIN_EXE_vhdxray"), file, format])
            .current_dir(folder.path()));
        assert_eq!(ran.status, Some(0), "{ran}");
        let written = std::fs::metadata(folder.path().join("report")).unwrap().len();
        assert!(written > least, "{file}: {written} bytes");
    }
}
