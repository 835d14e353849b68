//! `export`: new files of random forests, what they are made of, and everything that must leave nothing behind.
#![cfg(all(feature = "cli", feature = "testkit"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use support::disks::{inspected, names, opened, small_chain, vhdxray_in, written};
use support::peers::{peers_python, script, tool};
use support::run::run;
use support::schema::assert_valid;
use vhdxray::analysis::export::{Checked, Format, to_file};
use vhdxray::analysis::hash::Algorithm;
use vhdxray::chain::{Bottom, VirtualDisk};
use vhdxray::format::vhdx::bat::PayloadState;
use vhdxray::image::{DiskType, Image};
use vhdxray::inspect::ChainPolicy;
use vhdxray::testkit::vhdx::{Builder, HugeBat};
use vhdxray::testkit::{Style, forest};
use vhdxray::units::ByteLen;

const MIB: u64 = 1 << 20;

fn image(path: &Path) -> Arc<Image> {
    let inspection = inspected(path);
    let (_, file) = inspection.files().find(|(_, file)| file.named).unwrap();
    Arc::clone(file.image.as_ref().unwrap())
}

fn content(image: Arc<Image>) -> Vec<u8> {
    let disk = VirtualDisk::new(vec![image], Bottom::Whole).unwrap();
    let mut bytes = vec![0; disk.size().to_usize().unwrap()];
    disk.read_exact_at(vhdxray::units::VirtualOffset(0), &mut bytes).unwrap();
    bytes
}

#[test]
fn exports_of_random_forests_hold_what_the_model_says_in_every_block_size() {
    let mut exported = 0;
    for seed in 0..50 {
        let model = forest::random(seed);
        if model.layers().iter().any(|layer| layer.disk.size > 16 << 20) {
            continue;
        }
        let (folder, files) = written(&model, Style::Quirky(seed));
        for (layer, file) in files.iter().enumerate() {
            let truth = model.expected(layer, 0, model.layers()[layer].disk.size);
            let opened = opened(file, ChainPolicy::default()).unwrap();
            let place = format!("seed {seed}, layer {layer}");
            let raw = folder.path().join(format!("{layer}.raw"));
            let done = to_file(&opened.disk, &raw, Format::Raw, Algorithm::Blake3, &mut |_| true).unwrap();
            let mut bytes = vec![];
            File::open(&raw).unwrap().read_to_end(&mut bytes).unwrap();
            assert!(bytes == truth, "{place}: raw");
            assert_eq!(done.hash, blake3::hash(&truth).to_hex().to_string(), "{place}");
            assert_eq!(done.checked, Checked::ReadBack);

            let vhdx = folder.path().join(format!("{layer}.out.vhdx"));
            let block_size = ByteLen(1 << (20 + (seed + layer as u64) % 9));
            let done =
                to_file(&opened.disk, &vhdx, Format::Vhdx(block_size), Algorithm::Blake3, &mut |_| true).unwrap();
            assert_eq!((done.hash, done.checked), (blake3::hash(&truth).to_hex().to_string(), Checked::Reopened));
            let new = image(&vhdx);
            let disk = model.layers()[layer].disk;
            assert_eq!(new.disk_type(), Some(DiskType::Dynamic), "{place}");
            assert_eq!(new.block_size(), Some(block_size), "{place}");
            assert_eq!(new.virtual_size(), Some(ByteLen(disk.size)), "{place}");
            assert_eq!(new.logical_sector_size(), Some(ByteLen(disk.logical_sector_size.into())), "{place}");
            assert_eq!(new.physical_sector_size(), Some(ByteLen(disk.physical_sector_size.into())), "{place}");
            // A block is stored if and only if it holds anything but zeros.
            let blocks = truth.chunks(block_size.to_usize().unwrap());
            let stored = blocks.filter(|block| block.iter().any(|byte| *byte != 0)).count() as u64;
            let counts = new.count_blocks().unwrap().unwrap();
            assert_eq!(counts.get(PayloadState::FullyPresent), stored, "{place}");
            assert_eq!(fs::metadata(&vhdx).unwrap().len(), 4 * MIB + stored * block_size.get(), "{place}");
            assert!(content(new) == truth, "{place}: VHDX");
            fs::remove_file(vhdx).unwrap();
            exported += 1;
        }
    }
    assert!(exported > 60, "{exported}");
}

/// The new file owes nothing to the one it was made from, and every structure that comes in two copies is good in both.
#[test]
fn a_new_vhdx_has_its_own_identity_and_two_good_copies() {
    let (folder, _files) = written(&small_chain(), Style::Plain);
    for name in ["one.vhdx", "two.vhdx"] {
        vhdxray_in(folder.path(), &["export", "child.avhdx", "-o", name, "--format", "vhdx", "--block-size", "1M"])
            .expect_success();
    }
    let of = |name: &str| image(&folder.path().join(name));
    let (source, one, two) = (of("child.avhdx"), of("one.vhdx"), of("two.vhdx"));
    let ids = |image: &Image| [image.identity().unwrap(), image.virtual_disk_id().unwrap()];
    let mut all: Vec<uuid::Uuid> = [ids(&source), ids(&one), ids(&two)].concat();
    assert!(all[2..].iter().all(|id| id.get_version_num() == 4));
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 6);
    let survey = one.as_vhdx().unwrap();
    assert_eq!(survey.blockers.len(), 0);

    let bytes_at = |name: &str, at: u64, len: usize| {
        let mut file = File::open(folder.path().join(name)).unwrap();
        let mut bytes = vec![0; len];
        file.seek(SeekFrom::Start(at)).unwrap();
        file.read_exact(&mut bytes).unwrap();
        bytes
    };
    let creator: Vec<u8> =
        concat!("vhdxray ", env!("CARGO_PKG_VERSION")).encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(bytes_at("one.vhdx", 0, 8), b"vhdxfile");
    assert_eq!(bytes_at("one.vhdx", 8, creator.len()), creator);
    assert_eq!(bytes_at("one.vhdx", 192 << 10, 64 << 10), bytes_at("one.vhdx", 256 << 10, 64 << 10));
    assert!(bytes_at("one.vhdx", MIB, 1 << 20).iter().all(|byte| *byte == 0), "the log has never been used");

    // A reader that knows only the specification, with one copy of each broken.
    let Some(python) = peers_python() else { return };
    for broken in [None, Some(64 << 10), Some(128 << 10), Some(192 << 10), Some(256 << 10)] {
        let copy = folder.path().join("copy.vhdx");
        fs::copy(folder.path().join("one.vhdx"), &copy).unwrap();
        if let Some(at) = broken {
            let mut file = fs::OpenOptions::new().write(true).open(&copy).unwrap();
            file.seek(SeekFrom::Start(at + 40)).unwrap();
            file.write_all(&[0xA5; 8]).unwrap();
        }
        let ran = script(&python, "plain_vhdx.py", ["blocks".as_ref(), copy.as_os_str()]).expect_success();
        let found = ran.json();
        let number = |name: &str| found[name].as_u64().unwrap();
        assert_eq!((number("fully_present"), number("not_present")), (4, 4), "{broken:?}: {found}");
        assert_eq!((number("block_size_bytes"), number("virtual_size_bytes")), (MIB, 8 * MIB), "{broken:?}: {found}");
        assert_eq!(found["has_parent"], false);
    }
}

/// More than one chunk, and a BAT of several pieces: its entries must not be in each other's place.
#[test]
fn a_disk_of_many_chunks_is_sound_to_qemu() {
    let Some(qemu_img) = tool("qemu-img") else { return };
    let mut model = vhdxray::testkit::Model::new(3);
    let base = model.base(vhdxray::testkit::Disk::new((13 << 30) + 512));
    for (tag, at) in (1..).zip([0, (4 << 30) - MIB, 4 << 30, (8 << 30) - 512, 8 << 30, 12 << 30, 13 << 30]) {
        model.write(base, at..at + 512, tag);
    }
    let (folder, _files) = written(&model, Style::Plain);
    let arguments =
        ["export", "layer-0.vhdx", "-o", "o.vhdx", "--format", "vhdx", "--block-size", "1M", "-a", "blake3"];
    vhdxray_in(folder.path(), &arguments).expect_success();
    for arguments in [
        &["check", "-q", "-f", "vhdx", "o.vhdx"][..],
        &["compare", "-f", "vhdx", "-F", "vhdx", "layer-0.vhdx", "o.vhdx"][..],
    ] {
        run(Command::new(&qemu_img).args(arguments).current_dir(folder.path())).expect_success();
    }
    let ran = vhdxray_in(folder.path(), &["diff", "layer-0.vhdx", "o.vhdx", "--content"]);
    assert_eq!(ran.status, Some(0), "{ran}");
    assert_eq!(
        image(&folder.path().join("o.vhdx")).count_blocks().unwrap().unwrap().get(PayloadState::FullyPresent),
        7
    );
}

#[test]
fn the_report_tells_the_hash_and_how_it_was_checked() {
    let (folder, _files) = written(&small_chain(), Style::Plain);
    let hash = vhdxray_in(folder.path(), &["hash", "child.avhdx"]).expect_success().stdout;
    let hash = hash.split(' ').next().unwrap();
    let raw = vhdxray_in(folder.path(), &["export", "child.avhdx", "-o", "o.raw"]).expect_success();
    assert_eq!(raw.stdout, format!("{hash}  o.raw\n"));
    assert!(raw.stderr.starts_with("vhdxray: wrote o.raw: 8388608 bytes, "), "{raw}");
    assert!(raw.stderr.ends_with("; read back, its bytes have this sha256\n"), "{raw}");
    if let Some(program) = tool("sha256sum") {
        fs::write(folder.path().join("sums"), &raw.stdout).unwrap();
        run(Command::new(program).args(["-c", "sums"]).current_dir(folder.path())).expect_success();
    }
    let arguments = ["export", "child.avhdx", "-o", "o.vhdx", "--format", "vhdx", "-q"];
    let vhdx = vhdxray_in(folder.path(), &arguments).expect_success();
    assert_eq!((vhdx.stdout, vhdx.stderr.as_str()), (format!("{hash}  o.vhdx\n"), ""));
    let arguments = ["export", "child.avhdx", "-o", "p.vhdx", "--format", "vhdx", "--report", "json"];
    let vhdx = vhdxray_in(folder.path(), &arguments).expect_success();
    let json = vhdx.json();
    assert_valid("export", [&json]);
    assert_eq!((json["checked"].as_str(), json["block_size_bytes"].as_u64()), (Some("reopened"), Some(32 << 20)));
    assert_eq!((json["hashes"]["sha256"].as_str(), json["output_path"].as_str()), (Some(hash), Some("p.vhdx")));
    assert!(vhdx.stderr.contains("opened again as an image, its virtual disk has this sha256"), "{vhdx}");
}

#[cfg(unix)]
#[test]
fn a_raw_file_has_holes_where_nothing_is() {
    use std::os::unix::fs::MetadataExt;
    let (folder, _files) = written(&small_chain(), Style::Plain);
    vhdxray_in(folder.path(), &["export", "child.avhdx", "-o", "o.raw"]).expect_success();
    let metadata = fs::metadata(folder.path().join("o.raw")).unwrap();
    // Four of the eight blocks hold data.
    assert_eq!((metadata.len(), metadata.blocks() * 512), (8 * MIB, 4 * MIB));
}

#[test]
fn a_pipe_gets_every_byte_and_stderr_the_hash() {
    let model = small_chain();
    let (folder, _files) = written(&model, Style::Plain);
    let output = export(folder.path(), &["child.avhdx", "-o", "-"]);
    assert!(output.status.success() && output.stdout == model.expected(1, 0, 8 * MIB));
    let hash = vhdxray_in(folder.path(), &["hash", "child.avhdx"]).expect_success().stdout;
    let told = format!("vhdxray: sha256 of the 8388608 bytes written: {}\n", hash.split(' ').next().unwrap());
    assert_eq!(String::from_utf8_lossy(&output.stderr), told);
}

fn export(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_vhdxray")).arg("export").args(arguments).current_dir(folder).output().unwrap()
}

/// Every refusal: one line, exit status 2, no new name in the folder, and the chain as it was.
#[test]
fn refusals_leave_everything_as_it_was() {
    let (folder, files) = written(&small_chain(), Style::Plain);
    fs::write(folder.path().join("mine.raw"), "mine").unwrap();
    fs::hard_link(&files[0], folder.path().join("hard.raw")).unwrap();
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink("base.vhdx", folder.path().join("soft.raw")).unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("dangling.raw")).unwrap();
    }
    let before = (names(folder.path()), fs::metadata(&files[0]).unwrap().modified().unwrap());
    let chain = "a file of the chain";
    let mut cases = vec![
        (vec!["-o", "mine.raw"], "is there already"),
        (vec!["-o", "child.avhdx"], chain),
        (vec!["-o", "base.vhdx"], chain),
        (vec!["-o", "./base.vhdx", "--format", "vhdx"], chain),
        (vec!["-o", "hard.raw"], chain),
        (vec!["-o", "."], "is there already"),
        (vec!["-o", "missing/o.raw"], "No such file or directory"),
        (vec!["-o", "o.raw", "--block-size", "2M"], "raw bytes have no blocks"),
        (vec!["-o", "-", "--format", "vhdx"], "cannot go to stdout"),
        (vec!["-o", "o.vhdx", "--format", "vhdx", "--block-size", "3M"], "power of two"),
        (vec!["-o", "o.vhdx", "--format", "vhdx", "--block-size", "512K"], "power of two"),
        (vec!["-o", "o.vhdx", "--format", "vhdx", "--block-size", "512M"], "power of two"),
    ];
    if cfg!(unix) {
        cases.push((vec!["-o", "soft.raw"], chain));
        cases.push((vec!["-o", "dangling.raw"], "is there already"));
    }
    for (arguments, reason) in cases {
        let output = export(folder.path(), &[&["child.avhdx"], &arguments[..]].concat());
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), output.stdout.len()), (Some(2), 0), "{arguments:?}: {told}");
        assert!(told.contains(reason), "{arguments:?}: {told}");
        assert_eq!(
            (names(folder.path()), fs::metadata(&files[0]).unwrap().modified().unwrap()),
            before,
            "{arguments:?}"
        );
    }
    assert_eq!(fs::read_to_string(folder.path().join("mine.raw")).unwrap(), "mine");
}

#[test]
fn the_place_of_a_missing_parent_is_not_taken() {
    let (folder, files) = written(&small_chain(), Style::Plain);
    fs::remove_file(&files[0]).unwrap();
    for (arguments, reason) in [
        (vec!["-o", "o.raw"], "the parent's data is needed for virtual range 0x0 to 0x100000"),
        (vec!["-o", "BASE.vhdx", "--format", "vhdx"], "is where the missing parent of child.avhdx belongs"),
    ] {
        let arguments = [&["child.avhdx"], &arguments[..]].concat();
        let arguments = if reason.starts_with("the") {
            arguments
        } else {
            [&arguments[..], &["--allow-missing-parent", "zero"]].concat()
        };
        let output = export(folder.path(), &arguments);
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{told}");
        assert!(told.contains(reason), "{told}");
        assert_eq!(names(folder.path()), ["child.avhdx"]);
    }
    let output = export(folder.path(), &["child.avhdx", "-o", "o.raw", "--allow-missing-parent", "zero", "-q"]);
    let told = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && told.contains("unproved: child.avhdx: its parent "), "{told}");
}

/// A file that may not grow past a bound fails like one on a full volume: the write returns an error.
#[cfg(target_os = "linux")]
#[test]
fn a_write_that_fails_leaves_nothing_behind() {
    let (folder, _files) = written(&small_chain(), Style::Plain);
    let before = names(folder.path());
    for (target, format, kib) in [("o.raw", "raw", 1024), ("o.vhdx", "vhdx", 5000), ("p.vhdx", "vhdx", 0)] {
        // Without the signal, which would end the process, the write fails with EFBIG.
        let script = "trap '' XFSZ; ulimit -f \"$3\"; exec \"$0\" export child.avhdx -o \"$1\" --format \"$2\"";
        let ran = run(Command::new("bash")
            .args(["-c", script, env!("CARGO_BIN_EXE_vhdxray"), target, format, &kib.to_string()])
            .current_dir(folder.path()));
        assert_eq!((ran.status, ran.stdout.as_str()), (Some(2), ""), "{ran}");
        assert!(ran.stderr.starts_with(&format!("vhdxray: error: cannot write {target}: File too large")), "{ran}");
        assert!(ran.stderr.ends_with("; nothing was left behind\n") && ran.stderr.lines().count() == 1, "{ran}");
        assert_eq!(names(folder.path()), before);
    }
}

/// A volume of 3 MiB of its own, where the system lets an ordinary user mount one.
#[cfg(target_os = "linux")]
#[test]
fn a_full_volume_is_one_clear_line_and_leaves_nothing_behind() {
    let may_mount = "mount -t tmpfs -o size=3m none \"$0\"";
    let (folder, _files) = written(&small_chain(), Style::Plain);
    fs::create_dir(folder.path().join("small")).unwrap();
    let probe = Command::new("unshare").args(["-rm", "sh", "-c", may_mount]).arg(folder.path().join("small")).output();
    if !probe.is_ok_and(|output| output.status.success()) {
        writeln!(std::io::stderr(), "SKIPPED: no volume may be mounted here; a bound on the file's length is tested")
            .unwrap();
        return;
    }
    for (format, target) in [("raw", "small/o.raw"), ("vhdx", "small/o.vhdx")] {
        let script = "mount -t tmpfs -o size=3m none small && \"$0\" export child.avhdx -o \"$1\" --format \"$2\"; \
                      echo \"status $?\"; ls -A small";
        let ran = run(Command::new("unshare")
            .args(["-rm", "sh", "-c", script, env!("CARGO_BIN_EXE_vhdxray"), target, format])
            .current_dir(folder.path()));
        assert_eq!(ran.stdout, "status 2\n", "{ran}");
        let line = format!("vhdxray: error: cannot write {target}: No space left on device (os error 28)");
        assert!(ran.stderr.starts_with(&line) && ran.stderr.lines().count() == 1, "{ran}");
    }
}

/// Ctrl-C, and what a system sends when it shuts down, while a disk of 64 GiB is being written.
#[cfg(unix)]
#[test]
fn an_interrupted_export_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    Builder::dynamic(64 << 30).build().image.write_to(&folder.path().join("empty.vhdx")).unwrap();
    for signal in ["INT", "TERM"] {
        let child = Command::new(env!("CARGO_BIN_EXE_vhdxray"))
            .args(["export", "empty.vhdx", "-o", "o.raw"])
            .current_dir(folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let started = Instant::now();
        while names(folder.path()).len() == 1 {
            assert!(started.elapsed() < Duration::from_mins(1), "nothing is being written");
            std::thread::sleep(Duration::from_millis(5));
        }
        let during = names(folder.path());
        assert!(during[0].starts_with(".vhdxray-") && during[0].ends_with(".partial"), "{during:?}");
        assert!(
            Command::new("kill").args([&format!("-{signal}"), &child.id().to_string()]).status().unwrap().success()
        );
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(130), "{told}");
        assert_eq!(told, "vhdxray: error: interrupted; o.raw was not made\n");
        assert_eq!(names(folder.path()), ["empty.vhdx"]);
    }
}

/// A disk of 10 GiB, a fifth of it present, is exported in less memory than one block of the new file takes.
#[cfg(target_os = "linux")]
#[test]
fn memory_is_bounded_while_a_large_disk_is_exported() {
    let folder = tempfile::tempdir().unwrap();
    let built = Builder::dynamic(10 << 30).block_size(2 << 20).huge_bat(HugeBat::Mixed(1)).build();
    built.image.write_to(&folder.path().join("large.vhdx")).unwrap();
    // The limit counts what the process reserves, code, stacks and the allocator's arenas included.
    let script = "ulimit -v 262144; exec \"$0\" export large.vhdx -o o.vhdx --format vhdx --block-size 256M -a blake3";
    let ran = run(Command::new("sh").args(["-c", script, env!("CARGO_BIN_EXE_vhdxray")]).current_dir(folder.path()));
    assert_eq!(ran.status, Some(0), "{ran}");
}
