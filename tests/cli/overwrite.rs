//! Files over which nothing is written, and files that are none to read.

use std::fs;
use std::io::Read;

use vhdxray::testkit::pattern;
use vhdxray::testkit::vhdx::{Block, Builder};

use crate::support::{MIB, Tree, base};

fn tree() -> Tree {
    let tree = Tree::new();
    tree.put("e/a.vhdx", &base(1));
    tree
}

fn bytes(tree: &Tree, path: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    fs::File::open(tree.path().join(path)).unwrap().read_to_end(&mut bytes).unwrap();
    bytes
}

/// The command fails with these words, and leaves the file as it is.
#[track_caller]
fn keeps(tree: &Tree, path: &str, arguments: &[&str], words: &str) {
    let before = bytes(tree, path);
    let run = tree.run(arguments);
    assert_eq!(run.status, 2, "{arguments:?}: {run:?}");
    assert!(run.stderr.contains(words) && run.stderr.lines().count() == 1, "{arguments:?}: {run:?}");
    assert!(before == bytes(tree, path), "{arguments:?} wrote over {path}");
}

#[test]
fn images_of_other_programs_bundles_and_histories_are_kept() {
    let tree = tree();
    let mut vdi = vec![b'<'; 0x40];
    vdi.extend_from_slice(&[0x7F, 0x10, 0xDA, 0xBE]);
    let mut iso = vec![0; 0x8001];
    iso.extend_from_slice(b"CD001");
    for (name, bytes, is) in [
        ("q", b"QFI\xFB\0\0\0\x03".as_slice(), "a qcow2 disk image"),
        ("m", b"KDMV\x01\0\0\0".as_slice(), "a VMDK disk image"),
        ("d", b"# Disk DescriptorFile\nversion=1\n".as_slice(), "a VMDK description"),
        ("v", vdi.as_slice(), "a VDI disk image"),
        ("i", iso.as_slice(), "an iso file"),
        ("x.iso", b"".as_slice(), "an iso file"),
        ("s", b"SQLite format 3\0".as_slice(), "an SQLite database"),
    ] {
        tree.put_bytes(name, bytes);
        keeps(&tree, name, &["scan", "e", "-o", name], &format!("-o {name}: is {is}, which is never overwritten"));
    }
    tree.run(["scan", "e", "--bundle", "e.vxb"]);
    keeps(&tree, "e.vxb", &["scan", "e", "-o", "e.vxb"], "is a bundle, which is never overwritten");
    tree.run(["history", "record", "e", "--db", "h.db"]);
    keeps(&tree, "h.db", &["history", "show", "--db", "h.db", "-o", "h.db"], "is what is to be read");
}

#[test]
fn what_is_read_is_kept() {
    let tree = tree();
    tree.put_bytes("e/notes.txt", b"where the disk came from");
    tree.put_bytes("known.toml", b"");
    let inside = "lies in e, which is looked through, and is there already: it is never overwritten";
    for command in ["scan", "orphans", "check", "usage"] {
        keeps(&tree, "e/notes.txt", &[command, "e", "-o", "e/notes.txt"], inside);
    }
    keeps(&tree, "e/notes.txt", &["vm", "e/notes.txt", "-o", "e/notes.txt"], "is what is to be read");
    let check = ["check", "e", "--suppressions", "known.toml", "-o", "known.toml"];
    keeps(&tree, "known.toml", &check, "is what is to be read");
}

#[test]
fn nothing_is_overwritten_where_parents_are_looked_for() {
    let tree = tree();
    tree.put("f/b.vhdx", &base(2));
    tree.put_bytes("e/notes.txt", b"where the disk came from");
    let map = format!(r"D:\x={}", tree.path().join("e").display());
    for more in [["--search", "e"], ["--map", map.as_str()]] {
        for command in ["scan", "usage", "info", "hash", "map", "plan"] {
            let arguments = [&[command, "f/b.vhdx", "-o", "e/notes.txt"][..], &more].concat();
            keeps(&tree, "e/notes.txt", &arguments, "it is never overwritten");
        }
    }
    // Beside the disks there is room for what is said of them, again and again beside one that is named.
    assert_eq!(tree.run(["info", "f/b.vhdx", "--search", "e", "-o", "e/new.txt"]).status, 0);
    for _ in 0..2 {
        assert_eq!(tree.run(["info", "f/b.vhdx", "-o", "f/b.txt"]).status, 0);
    }
}

#[cfg(unix)]
#[test]
fn no_link_leads_a_report_into_what_is_read() {
    use std::os::unix::fs::symlink;
    let tree = tree();
    let at = |name: &str| tree.path().join(name);
    tree.put_bytes("e/notes.txt", b"where the disk came from");
    // No signature shows that this is a disk.
    tree.put_bytes("e/broken.vhdx", &[7; 8192]);
    fs::hard_link(at("e/broken.vhdx"), at("hard.txt")).unwrap();
    symlink(at("e/notes.txt"), at("soft.txt")).unwrap();
    symlink(at("e/new.txt"), at("dangling.txt")).unwrap();
    symlink(at("e"), at("folder")).unwrap();
    for (output, file, words) in [
        ("hard.txt", "e/broken.vhdx", "hard links"),
        ("soft.txt", "e/notes.txt", "it is never overwritten"),
        ("folder/notes.txt", "e/notes.txt", "it is never overwritten"),
    ] {
        keeps(&tree, file, &["scan", "e", "-o", output], words);
    }
    let run = tree.run(["scan", "e", "-o", "dangling.txt"]);
    assert_eq!((run.status, run.line()), (2, "vhdxray: error: -o dangling.txt: is a link that leads to no file"));
    assert!(!at("e/new.txt").exists());
}

#[test]
fn a_report_and_a_bundle_are_two_files() {
    let tree = tree();
    let run = tree.run(["scan", "e", "--bundle", "x", "-o", "./x"]);
    assert_eq!((run.status, run.line()), (2, "vhdxray: error: -o and --bundle name one file"));
    assert!(!tree.path().join("x").exists());
}

#[cfg(unix)]
#[test]
fn a_pipe_is_refused_and_not_waited_for() {
    let tree = tree();
    let made = std::process::Command::new("mkfifo").arg(tree.path().join("pipe")).status().unwrap();
    assert!(made.success());
    for arguments in [
        &["correlate", "pipe"][..],
        &["history", "show", "--db", "pipe"],
        &["history", "record", "e", "--db", "pipe"],
        &["scan", "e", "--bundle", "pipe"],
    ] {
        let run = tree.run(arguments);
        assert_eq!((run.status, run.stderr.lines().count()), (2, 1), "{arguments:?}: {run:?}");
        assert!(run.stderr.contains("regular file") || run.stderr.contains("no bundle"), "{run:?}");
    }
}

#[test]
fn a_history_that_is_not_there_and_one_of_later() {
    let tree = tree();
    let run = tree.run(["history", "show", "--db", "nope.db"]);
    assert_eq!((run.status, run.line()), (2, "vhdxray: error: nope.db: no such file"));
    tree.run(["history", "record", "e", "--db", "h.db", "--as-of", "2026-01-03T00:00:00Z"]);
    let show = |as_of| tree.run(["history", "show", "--db", "h.db", "--as-of", as_of]).stdout;
    assert!(show("2026-01-05T00:00:00Z").contains("(2 d ago)"));
    let before = show("2026-01-01T00:00:00Z");
    assert!(before.contains("(in 2 d)") && !before.contains("ago"), "{before}");
}

#[test]
fn a_recorded_run_with_findings_says_so() {
    let tree = tree();
    tree.put_bytes("e/b.vhdx", b"no disk");
    let run = tree.run(["history", "record", "e", "--db", "h.db"]);
    assert_eq!(run.status, 1);
    assert!(run.stderr.contains("something is wrong with what was looked at"), "{run:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_history_shows_names_that_are_no_text_as_other_commands_do() {
    use std::os::unix::ffi::OsStrExt;
    let tree = Tree::new();
    let disk = Builder::dynamic(16 * MIB).seed(1).block(0, Block::full(pattern::image(1, 0, MIB))).build();
    tree.put(std::path::Path::new("e").join(std::ffi::OsStr::from_bytes(b"a\xFF.vhdx")), &disk);
    tree.run(["history", "record", "e", "--db", "h.db"]);
    let shown = tree.run(["history", "show", "--db", "h.db"]).stdout;
    assert!(shown.contains("a\\xff.vhdx"), "{shown}");
}
