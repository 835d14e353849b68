//! `hash`: the manifest's hashes through the command, the forms of its lines against coreutils, every layer, JSON.
#![cfg(all(feature = "cli", feature = "testkit"))]

#[cfg(test)]
mod support;

use std::path::Path;
use std::process::Command;

use support::corpus::Corpus;
use support::disks::{small_chain, vhdxray_in, written};
use support::ledger::Ledger;
use support::peers::tool;
use support::run::{run, vhdxray};
use support::schema::assert_valid;
use vhdxray::testkit::Style;

#[test]
fn layers_hash_every_point_of_a_chain_to_what_the_manifest_says() {
    let Some(corpus) = Corpus::open() else { return };
    let leaf = "ov-chain5-2m-512/server_0A1B2C3D-4444-4444-8444-444444444444.avhdx";
    let ran =
        vhdxray(["hash".as_ref(), "--layers".as_ref(), corpus.path(corpus.row(leaf)).as_os_str()]).expect_success();
    let names = ["4444-4444-8444-444444444444", "3333-4333-8333-333333333333", "2222-4222-8222-222222222222"];
    let mut expected: Vec<String> =
        names.iter().map(|name| format!("ov-chain5-2m-512/server_0A1B2C3D-{name}.avhdx")).collect();
    expected.push("ov-chain5-2m-512/server_0A1B2C3D-1111-4111-8111-111111111111.avhdx".to_owned());
    expected.push("ov-chain5-2m-512/server.vhdx".to_owned());
    let mut ledger = Ledger::default();
    for (name, line) in expected.iter().zip(ran.stdout.lines()) {
        let row = corpus.row(name);
        let due = format!("{}  {}", row.merged_sha256.as_deref().unwrap(), corpus.path(row).display());
        ledger.equal(name, "line", due.as_str(), line);
    }
    ledger.equal(leaf, "lines", 5, ran.stdout.lines().count());
    ledger.close(6);
}

#[test]
fn several_disks_in_one_run_keep_the_order_of_the_arguments_and_one_that_fails_stops_no_other() {
    let Some(corpus) = Corpus::open() else { return };
    let rows = [
        corpus.row("ov-states-2m-512/states_c.avhdx"),
        corpus.row("damaged/hdr-both-bad.vhdx"),
        corpus.row("ov-dirty-leaf/mail_c.avhdx"),
    ];
    let paths: Vec<_> = rows.iter().map(|row| corpus.path(row)).collect();
    let ran = vhdxray(["hash".as_ref()].into_iter().chain(paths.iter().map(|path| path.as_os_str())));
    let line = |row: usize| format!("{}  {}\n", rows[row].merged_sha256.as_deref().unwrap(), paths[row].display());
    assert_eq!(ran.stdout, line(0) + &line(2));
    assert_eq!(ran.status, Some(2));
    assert_eq!(ran.stderr.lines().count(), 1, "{ran}");
    assert!(ran.stderr.contains("hdr-both-bad.vhdx") && ran.stderr.contains("no valid header"), "{ran}");
}

/// Each algorithm alone and all in one pass, against what coreutils says of the bytes that `cat` writes.
#[test]
fn lines_are_those_of_coreutils() {
    let (folder, _files) = written(&small_chain(), Style::Plain);
    let content = folder.path().join("content");
    let script = "exec \"$0\" cat child.avhdx > content";
    run(Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_vhdxray")]).current_dir(folder.path()))
        .expect_success();
    let mut tagged = String::new();
    for name in ["sha256", "sha1", "md5"] {
        let Some(program) = tool(&format!("{name}sum")) else { return };
        let peer = run(Command::new(&program).arg(&content)).expect_success();
        let hash = peer.stdout.split(' ').next().unwrap().to_owned();
        let plain = vhdxray_in(folder.path(), &["hash", "child.avhdx", "-a", name]).expect_success();
        assert_eq!(plain.stdout, format!("{hash}  child.avhdx\n"));
        let line = format!("{} (child.avhdx) = {hash}\n", name.to_uppercase());
        let tag = vhdxray_in(folder.path(), &["hash", "child.avhdx", "--tag", "--algorithm", name]).expect_success();
        assert_eq!(tag.stdout, line);
        tagged += &line;
    }
    let all = ["hash", "child.avhdx", "-a", "sha256,sha1", "-a", "md5", "-a", "sha1"];
    assert_eq!(vhdxray_in(folder.path(), &all).expect_success().stdout, tagged);
    // No program for BLAKE3 is everywhere; its implementation is the one its authors publish.
    let fast = vhdxray_in(folder.path(), &["hash", "child.avhdx", "-a", "blake3,sha1"]).expect_success();
    let line = fast.stdout.lines().next().unwrap();
    let bytes = std::fs::File::open(&content).unwrap();
    let expected = blake3::Hasher::new().update_reader(bytes).unwrap().finalize().to_hex().to_string();
    assert_eq!(line, format!("BLAKE3 (child.avhdx) = {expected}"));
}

#[cfg(unix)]
#[test]
fn odd_names_are_escaped_as_sha256sum_escapes_them() {
    let Some(program) = tool("sha256sum") else { return };
    let model = small_chain();
    let folder = tempfile::tempdir().unwrap();
    for name in ["back\\slash.vhdx", "line\nbreak.vhdx", "return\r.vhdx", "sp ace é.vhdx"] {
        let file = folder.path().join(name);
        model.vhdx(0, Style::Plain).image.write_to(&file).unwrap();
        let peer = run(Command::new(&program).arg(name).current_dir(folder.path())).expect_success();
        let ours = vhdxray_in(folder.path(), &["hash", name]).expect_success();
        // The hash of the file is not that of its disk; everything around it is the same.
        let around = |line: &str| {
            let mark = line.starts_with('\\');
            (mark, line.trim_start_matches('\\').get(64..).map(str::to_owned))
        };
        assert_eq!(around(&ours.stdout), around(&peer.stdout), "{name:?}");
        std::fs::remove_file(file).unwrap();
    }
}

#[test]
fn json_holds_every_disk_and_what_it_rests_on() {
    let (folder, files) = written(&small_chain(), Style::Plain);
    let arguments = ["hash", "child.avhdx", "--layers", "-a", "sha256,md5", "--format", "json"];
    let json = vhdxray_in(folder.path(), &arguments).expect_success().json();
    assert_valid("hash", [&json]);
    let disks = json["disks"].as_array().unwrap();
    let paths: Vec<_> =
        disks.iter().map(|disk| (disk["path"].as_str().unwrap(), disk["layer"].as_u64().unwrap())).collect();
    assert_eq!(paths, [("child.avhdx", 0), ("base.vhdx", 1)]);
    let line = vhdxray_in(folder.path(), &["hash", "child.avhdx"]).expect_success().stdout;
    assert!(line.starts_with(disks[0]["hashes"]["sha256"].as_str().unwrap()), "{line}");
    assert_eq!(disks[1]["hashes"].as_object().unwrap().len(), 2);

    std::fs::remove_file(&files[0]).unwrap();
    let refused = vhdxray_in(folder.path(), &["hash", "child.avhdx", "--format", "json"]);
    assert_eq!(refused.status, Some(2));
    assert_valid("hash", [&refused.json()]);
    assert!(refused.json()["disks"][0]["error"]["message"].as_str().unwrap().contains("is missing"));
    let allowed = ["hash", "child.avhdx", "--allow-missing-parent", "zero", "--format", "json"];
    let allowed = vhdxray_in(folder.path(), &allowed).expect_success();
    assert!(
        allowed.json()["disks"][0]["unproved"][0].as_str().unwrap().contains("--allow-missing-parent"),
        "{allowed}"
    );
    assert!(allowed.stderr.starts_with("vhdxray: unproved: "), "{allowed}");
}

#[test]
fn a_wrong_identity_is_read_through_only_when_asked_and_that_is_said() {
    let Some(corpus) = Corpus::open() else { return };
    let row = corpus.row("ov-broken-linkage/gold_child.avhdx");
    let path = corpus.path(row);
    let refused = vhdxray(["hash".as_ref(), path.as_os_str()]);
    assert_eq!((refused.status, refused.stdout.as_str()), (Some(2), ""), "{refused}");
    assert!(refused.stderr.contains("should have identity"), "{refused}");
    let ran =
        vhdxray(["hash".as_ref(), "--ignore-identity".as_ref(), "--quiet".as_ref(), path.as_os_str()]).expect_success();
    assert!(ran.stdout.starts_with(row.merged_sha256.as_deref().unwrap()), "{ran}");
    assert!(ran.stderr.contains("unproved: ") && ran.stderr.contains("(--ignore-identity)"), "{ran}");
}

#[test]
fn a_dirty_log_that_is_not_replayed_is_said() {
    let Some(corpus) = Corpus::open() else { return };
    let row = corpus.row("ov-dirty-base/file.vhdx");
    let hash = |options: &[&str]| {
        let path = corpus.path(row);
        let options = options.iter().map(|option| Path::new(option).as_os_str());
        vhdxray(["hash".as_ref()].into_iter().chain(options).chain([path.as_os_str()])).expect_success()
    };
    let replayed = hash(&[]);
    assert!(
        replayed.stdout.starts_with(row.merged_sha256.as_deref().unwrap()) && replayed.stderr.is_empty(),
        "{replayed}"
    );
    let as_is = hash(&["--as-on-disk"]);
    assert_ne!(as_is.stdout, replayed.stdout);
    assert!(as_is.stderr.contains("its dirty log was not replayed (--as-on-disk)"), "{as_is}");
}
