//! `cat`: every byte of small disks against the byte model, ranges, and what goes wrong.
#![cfg(all(feature = "cli", feature = "testkit"))]
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::io::{Read, Seek};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use support::disks::{small_chain, written};
use vhdxray::testkit::{Style, forest};

fn cat(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vhdxray")).arg("cat").args(arguments).current_dir(folder).output().unwrap()
}

#[test]
fn disks_of_random_forests_come_out_as_the_model_has_them() {
    let (mut compared, mut disks) = (0, 0);
    for seed in 0..40 {
        let model = forest::random(seed);
        if model.layers().iter().any(|layer| layer.disk.size > 16 << 20) {
            continue;
        }
        let (folder, _files) = written(&model, Style::Quirky(seed));
        for (number, layer) in model.layers().iter().enumerate() {
            let output = cat(folder.path(), &[&layer.name]);
            assert!(output.status.success(), "seed {seed}, layer {number}: {output:?}");
            assert!(output.stdout == model.expected(number, 0, layer.disk.size), "seed {seed}, layer {number}");
            compared += layer.disk.size;
            disks += 1;
        }
    }
    assert!(compared > 100 << 20 && disks > 30, "{compared} bytes of {disks} disks");
}

#[test]
fn any_range_is_the_same_as_that_part_of_the_whole() {
    let model = small_chain();
    let (folder, _files) = written(&model, Style::Plain);
    let ranges: [(&str, Option<&str>, u64, u64); 8] = [
        ("0", Some("1"), 0, 1),
        ("1052671", Some("2"), 0x10_0FFF, 2),
        ("0x100fff", Some("8194"), 0x10_0FFF, 8194),
        ("1M", Some("2MiB"), 1 << 20, 2 << 20),
        ("7m", None, 7 << 20, 1 << 20),
        ("8M", None, 8 << 20, 0),
        ("8M", Some("0"), 8 << 20, 0),
        ("3145000", Some("5K"), 3_145_000, 5 << 10),
    ];
    for (offset, length, start, len) in ranges {
        let mut arguments = vec!["child.avhdx", "--offset", offset];
        arguments.extend(length.into_iter().flat_map(|length| ["--length", length]));
        let output = cat(folder.path(), &arguments);
        assert!(output.status.success(), "{arguments:?}: {output:?}");
        assert!(output.stdout == model.expected(1, start, len), "{arguments:?}");
    }
}

#[test]
fn a_range_that_is_not_on_the_disk_is_refused_before_a_byte() {
    let (folder, _files) = written(&small_chain(), Style::Plain);
    for arguments in [
        vec!["child.avhdx", "--offset", "8388609"],
        vec!["child.avhdx", "--offset", "8M", "--length", "1"],
        vec!["child.avhdx", "--length", "9M"],
        vec!["child.avhdx", "--offset", "16E"],
        vec!["child.avhdx", "--offset", "0xffffffffffffffff", "--length", "0xffffffffffffffff"],
        vec!["missing.vhdx"],
        vec!["."],
        vec!["-"],
    ] {
        let output = cat(folder.path(), &arguments);
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {output:?}");
        assert!(!output.stderr.is_empty());
    }
}

#[test]
fn a_missing_parent_stops_only_what_needs_it_and_an_option_is_named() {
    let model = small_chain();
    let (folder, files) = written(&model, Style::Plain);
    std::fs::remove_file(&files[0]).unwrap();
    let refused = cat(folder.path(), &["child.avhdx"]);
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(2), 0));
    // What the child itself holds needs nobody.
    let own = cat(folder.path(), &["child.avhdx", "--offset", "5M"]);
    assert!(own.status.success() && own.stderr.is_empty(), "{own:?}");
    assert!(own.stdout == model.expected(1, 5 << 20, 3 << 20));
    let zeros = cat(folder.path(), &["child.avhdx", "--allow-missing-parent", "zero", "--quiet", "--length", "1M"]);
    assert!(zeros.status.success() && zeros.stdout == vec![0; 1 << 20]);
    let told = String::from_utf8_lossy(&zeros.stderr).into_owned();
    assert!(told.starts_with("vhdxray: unproved: child.avhdx: its parent "), "{told}");
    assert!(told.contains("--allow-missing-parent zero"), "{told}");
}

#[test]
fn a_file_gets_every_byte_wherever_it_is_written() {
    let model = small_chain();
    let (folder, _files) = written(&model, Style::Plain);
    let path = folder.path().join("out.raw");
    // Linux hands bytes on to a file by itself, but not to one that is only added to.
    for append in [false, true] {
        std::fs::write(&path, b"before").unwrap();
        let mut out = std::fs::OpenOptions::new().write(true).append(append).open(&path).unwrap();
        out.seek(std::io::SeekFrom::End(0)).unwrap();
        let command = Command::new(env!("CARGO_BIN_EXE_vhdxray"))
            .args(["cat", "child.avhdx"])
            .current_dir(folder.path())
            .stdout(out)
            .status();
        assert!(command.unwrap().success());
        let found = std::fs::read(&path).unwrap();
        assert!(found.starts_with(b"before") && found[6..] == model.expected(1, 0, 8 << 20), "append: {append}");
    }
}

#[test]
fn whoever_has_read_enough_may_leave() {
    let (folder, _files) = written(&small_chain(), Style::Plain);
    let mut child = Command::new(env!("CARGO_BIN_EXE_vhdxray"))
        .args(["cat", "child.avhdx"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 10];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_device_is_a_failure_in_one_line() {
    let (folder, _files) = written(&small_chain(), Style::Plain);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_vhdxray"))
        .args(["cat", "child.avhdx"])
        .current_dir(folder.path())
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(told, "vhdxray: error: cannot write to stdout: No space left on device (os error 28)\n");
}

#[test]
fn a_file_that_changes_meanwhile_is_named() {
    let (folder, files) = written(&small_chain(), Style::Plain);
    let mut child = Command::new(env!("CARGO_BIN_EXE_vhdxray"))
        .args(["cat", "child.avhdx", "--quiet"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // More is to come than a pipe holds, so that the program waits here for its reader.
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0]).unwrap();
    let base = std::fs::OpenOptions::new().append(true).open(&files[0]).unwrap();
    base.set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert_eq!(std::io::copy(&mut stdout, &mut std::io::sink()).unwrap(), (8 << 20) - 1);
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && told.contains("base.vhdx: changed while it was read\n"), "{told}");
}
