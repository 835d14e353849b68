//! `diff`: random forests against the byte model, the table as it looks, sizes that differ, unrelated disks.
#![cfg(all(feature = "cli", feature = "testkit"))]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::ops::Range;
use std::path::PathBuf;

use serde_json::Value;

use support::disks::{small_chain, vhdxray_in, written};
use support::schema::assert_valid;
use vhdxray::analysis::diff::Relation;
use vhdxray::inspect::{ChainPolicy, Comparison, Request, inspect};
use vhdxray::testkit::{Disk, Model, Style, forest};

/// What a comparison gave: ranges and sums.
struct Compared {
    relation: Relation,
    ranges: Vec<Range<u64>>,
    equal: u64,
    different: u64,
}

fn compare(a: &PathBuf, b: &PathBuf, content: bool) -> Compared {
    let request = Request { paths: vec![a.clone(), b.clone()], ..Request::default() };
    let inspection = inspect(&request, &vhdxray::estate::Silent);
    let open = |path: &PathBuf| {
        let (file, _) = inspection.files().find(|(_, file)| file.path == *path).unwrap();
        inspection.open_disk(file, ChainPolicy::default()).unwrap()
    };
    let (a, b) = (open(a), open(b));
    let comparison = Comparison::new(&a, &b, content);
    let mut ranges = vec![];
    let totals = comparison
        .run(&mut |_| true, &mut |difference| {
            ranges.push(difference.range.start.get()..difference.range.end().get());
            Ok(())
        })
        .unwrap();
    let equal = totals.equal_by_map.get() + totals.equal_by_content.get();
    assert_eq!(equal + totals.different.get(), totals.compared.get());
    assert_eq!(ranges.iter().map(|range| range.end - range.start).sum::<u64>(), totals.different.get());
    Compared { relation: comparison.relation, ranges, equal, different: totals.different.get() }
}

/// The sectors in which two layers of the model differ, with the tail of the longer one, as merged ranges.
fn expected(model: &Model, a: usize, b: usize) -> Vec<Range<u64>> {
    let sector = model.layers()[a].disk.logical_sector_size as usize;
    let size = |layer: usize| model.layers()[layer].disk.size;
    let (shorter, longer) = (size(a).min(size(b)), size(a).max(size(b)));
    let (of_a, of_b) = (model.expected(a, 0, shorter), model.expected(b, 0, shorter));
    let mut ranges: Vec<Range<u64>> = vec![];
    let mut add = |range: Range<u64>| match ranges.last_mut().filter(|last| last.end == range.start) {
        Some(last) => last.end = range.end,
        None => ranges.push(range),
    };
    let (sectors_of_a, sectors_of_b) = (of_a.chunks(sector), of_b.chunks(sector));
    for (number, (a, b)) in sectors_of_a.zip(sectors_of_b).enumerate() {
        if a != b {
            add((number * sector) as u64..((number + 1) * sector) as u64);
        }
    }
    if shorter < longer {
        add(shorter..longer);
    }
    ranges
}

/// Ranges of different layers stand apart in the report; joined they are what the model says.
fn joined(ranges: &[Range<u64>]) -> Vec<Range<u64>> {
    let mut all: Vec<Range<u64>> = vec![];
    for range in ranges {
        match all.last_mut().filter(|last| last.end == range.start) {
            Some(last) => last.end = range.end,
            None => all.push(range.clone()),
        }
    }
    all
}

#[test]
fn any_two_points_of_random_forests_differ_where_the_model_says() {
    let (mut pairs, mut families, mut proved) = (0, 0, 0);
    for seed in 0..60 {
        let model = forest::random(seed);
        if model.layers().iter().any(|layer| layer.disk.size > 12 << 20) {
            continue;
        }
        let (_folder, files) = written(&model, Style::Quirky(seed));
        for (a, b) in [(0, 1), (1, 2), (2, 1), (0, 3), (3, 2)] {
            if a.max(b) >= files.len() {
                continue;
            }
            let place = format!("seed {seed}, layers {a} and {b}");
            let truth = expected(&model, a, b);
            let content = compare(&files[a], &files[b], true);
            assert_eq!(joined(&content.ranges), truth, "{place}");
            // The maps alone never call equal what differs.
            let maps = compare(&files[a], &files[b], false);
            let open = joined(&maps.ranges);
            for range in &truth {
                let inside = open.iter().any(|open| open.start <= range.start && range.end <= open.end);
                assert!(inside, "{place}: {range:?} differs and is called equal");
            }
            assert!(maps.different >= content.different && maps.equal <= content.equal, "{place}");
            pairs += 1;
            families += usize::from(maps.relation == Relation::Family);
            proved += maps.equal;
        }
    }
    assert!(
        pairs > 40 && families > 20 && proved > 20 << 20,
        "{pairs} pairs, {families} families, {proved} bytes proved"
    );
}

#[test]
fn the_tables_show_what_can_differ_and_what_does() {
    let (folder, _files) = written(&small_chain(), Style::Plain);
    let head = "\
a: base.vhdx: 8.0 MiB (8388608 bytes)
layer  file
    0  base.vhdx

b: child.avhdx: 8.0 MiB (8388608 bytes)
layer  file
    0  child.avhdx
    1  base.vhdx

of one family: what both read from one place of one file is equal without a look
";
    let maps = vhdxray_in(folder.path(), &["diff", "base.vhdx", "child.avhdx"]);
    assert_eq!((maps.status, maps.stderr.as_str()), (Some(1), ""));
    let table = "\
ranges that can differ (--content reads them):

start     end        length  a          layer  b          layer
0x101000  0x103000     8192  data           0  data           0
0x200000  0x300000  1048576  data           0  unmapped       0
0x600000  0x700000  1048576  absent         0  data           0
0x700000  0x800000  1048576  data           0  data           0

         8388608     8.0 MiB  compared
         5234688     5.0 MiB  equal by the block maps
         3153920     3.0 MiB  can differ
         3153920     3.0 MiB  can differ, in a owned by 0 base.vhdx
         3153920     3.0 MiB  can differ, in b owned by 0 child.avhdx
";
    assert_eq!(maps.stdout, format!("{head}{table}"));
    let content = vhdxray_in(folder.path(), &["diff", "base.vhdx", "child.avhdx", "--content"]);
    assert_eq!((content.status, content.stderr.as_str()), (Some(1), ""));
    // The child holds the base's own bytes once more in its last block.
    let table = "\
ranges that differ:

start     end        length  a          layer  b          layer
0x101000  0x103000     8192  data           0  data           0
0x200000  0x300000  1048576  data           0  unmapped       0
0x600000  0x700000  1048576  absent         0  data           0

         8388608     8.0 MiB  compared
         5234688     5.0 MiB  equal by the block maps
         1048576     1.0 MiB  equal by content
         2105344     2.0 MiB  different
         2105344     2.0 MiB  different, in a owned by 0 base.vhdx
         2105344     2.0 MiB  different, in b owned by 0 child.avhdx
";
    assert_eq!(content.stdout, format!("{head}{table}"));
}

#[test]
fn json_and_its_lines_say_the_same_and_keep_their_schema() {
    let (folder, _files) = written(&small_chain(), Style::Plain);
    for content in [false, true] {
        let mut arguments = vec!["diff", "base.vhdx", "child.avhdx", "--format", "json"];
        arguments.extend(content.then_some("--content"));
        let json = vhdxray_in(folder.path(), &arguments).json();
        assert_valid("diff", [&json]);
        let different = if content { "different_bytes" } else { "can_differ_bytes" };
        assert_eq!(json["totals"][different], if content { 2_105_344 } else { 3_153_920 });
        assert_eq!(json["totals"][if content { "can_differ_bytes" } else { "different_bytes" }], Value::Null);
        assert_eq!(
            json["differences"][1]["b"],
            serde_json::json!({"state": "unmapped", "layer": 0, "path": "child.avhdx"})
        );
        arguments[4] = "ndjson";
        let lines = vhdxray_in(folder.path(), &arguments);
        let lines: Vec<Value> = lines.stdout.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_valid("diff-ndjson", &lines);
        let ranges: Vec<&Value> =
            lines.iter().filter(|line| line["type"] == "difference").map(|line| &line["start_offset"]).collect();
        let expected: Vec<&Value> =
            json["differences"].as_array().unwrap().iter().map(|range| &range["start_offset"]).collect();
        assert_eq!(ranges, expected);
        assert_eq!(lines.last().unwrap()["type"], "totals");
    }
}

#[test]
fn a_disk_equals_itself_and_a_child_that_says_nothing() {
    let mut model = small_chain();
    let silent = model.child(1, Disk::new(8 << 20));
    model.place(silent, "", "silent.avhdx");
    let (folder, _files) = written(&model, Style::Plain);
    for (a, b) in [("child.avhdx", "child.avhdx"), ("child.avhdx", "silent.avhdx"), ("silent.avhdx", "child.avhdx")] {
        for options in [&[][..], &["--content"][..]] {
            let ran = vhdxray_in(folder.path(), &[&["diff", a, b][..], options].concat());
            assert_eq!(ran.status, Some(0), "{a} {b} {options:?}: {ran}");
        }
    }
}

#[test]
fn the_end_of_a_longer_disk_counts_as_different() {
    let mut model = small_chain();
    let grown = model.child(1, Disk::new(10 << 20));
    model.write(grown, 9 << 20..(9 << 20) + 512, 3);
    model.place(grown, "", "grown.avhdx");
    let (folder, _files) = written(&model, Style::Plain);
    for (a, b, past_a, past_b) in
        [("child.avhdx", "grown.avhdx", true, false), ("grown.avhdx", "child.avhdx", false, true)]
    {
        for options in [&[][..], &["--content"][..]] {
            let ran = vhdxray_in(folder.path(), &[&["diff", a, b, "--format", "json"][..], options].concat());
            assert_eq!(ran.status, Some(1), "{ran}");
            let json = ran.json();
            assert_eq!(json["totals"]["past_end_bytes"], 2 << 20, "{ran}");
            let past: u64 = json["differences"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|range| {
                    (range["a"]["state"] == "past_end", range["b"]["state"] == "past_end") == (past_a, past_b)
                })
                .map(|range| range["length_bytes"].as_u64().unwrap())
                .sum();
            assert_eq!(past, 2 << 20, "{ran}");
        }
    }
}

#[test]
fn unrelated_disks_are_compared_only_by_content() {
    let mut model = small_chain();
    let other = model.base(Disk::new(8 << 20));
    model.write(other, 0..3 << 20, 1);
    model.write(other, 7 << 20..8 << 20, 1);
    model.place(other, "", "other.vhdx");
    let (folder, _files) = written(&model, Style::Plain);
    let refused = vhdxray_in(folder.path(), &["diff", "base.vhdx", "other.vhdx"]);
    assert_eq!((refused.status, refused.stdout.as_str()), (Some(2), ""));
    assert!(refused.stderr.contains("unrelated") && refused.stderr.contains("--content"), "{refused}");
    // Another file with the very same content: only its GUIDs differ.
    let same = vhdxray_in(folder.path(), &["diff", "base.vhdx", "other.vhdx", "--content", "--format", "json"]);
    assert_eq!(same.status, Some(0), "{same}");
    assert_eq!(
        (same.json()["relation"].as_str(), same.json()["content_compared"].as_bool()),
        (Some("unrelated"), Some(true))
    );
    let differs = vhdxray_in(folder.path(), &["diff", "child.avhdx", "other.vhdx", "--content"]);
    assert_eq!(differs.status, Some(1), "{differs}");
}
