//! Disks made here: file systems by the programs that make them, tables by `parted`.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use vhdxray::testkit::SparseImage;
use vhdxray::testkit::vhdx::{Block, Builder, Built, Locator};

use super::support::peers::tool;
use super::support::run::{run, vhdxray};
use super::{MIB, assert_like, blkid, contents};

/// An empty file of this size.
pub(crate) fn empty(path: &Path, size: u64) {
    File::create(path).expect("a file can be made").set_len(size).expect("it can be made longer");
}

/// Runs a program that makes something in a file; whether there is such a program.
#[track_caller]
fn make(program: &str, arguments: &[&str], file: &Path) -> bool {
    let Some(program) = tool(program) else { return false };
    let mut command = Command::new(program);
    command.args(arguments).arg(file).env("PARTED_SECTOR_SIZE", "512");
    run(&mut command).expect_success();
    true
}

/// `parted -s FILE …`, for sectors of this size.
#[track_caller]
fn parted(program: &Path, file: &Path, sector: u64, arguments: &[&str]) -> String {
    let mut command = Command::new(program);
    command.env("PARTED_SECTOR_SIZE", sector.to_string()).arg("-s").arg("-m").arg(file).args(arguments);
    run(&mut command).expect_success().stdout
}

/// Every megabyte of a file that is not all zero, as a block.
fn with_blocks(mut builder: Builder, raw: &Path) -> Builder {
    let file = File::open(raw).expect("it is there");
    let size = file.metadata().expect("it has a size").len();
    let mut block = vec![0; 1 << 20];
    for number in 0..size.div_ceil(MIB) {
        block.fill(0);
        let mut have = 0;
        while have < block.len() {
            match file.read_at(&mut block[have..], number * MIB + have as u64).expect("it can be read") {
                0 => break,
                more => have += more,
            }
        }
        if block.iter().any(|byte| *byte != 0) {
            builder = builder.block(number, Block::full(SparseImage::from_bytes(&block)));
        }
    }
    builder
}

/// The file as a dynamic disk.
pub(crate) fn wrap(raw: &Path, to: &Path, sector: u32) -> Built {
    let size = fs::metadata(raw).expect("it is there").len();
    let built = with_blocks(Builder::dynamic(size).sectors(sector, 4096), raw).build();
    built.image.write_to(to).expect("a file can be written");
    built
}

/// Writes one file into another.
fn place(volume: &Path, into: &Path, at: u64) {
    let mut from = File::open(volume).expect("it is there");
    let mut to = File::options().write(true).open(into).expect("it is there");
    to.seek(SeekFrom::Start(at)).and_then(|_| io::copy(&mut from, &mut to)).expect("it can be written");
}

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder can be made"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

/// A program, its arguments, and the bytes of the volume in MiB.
const FILE_SYSTEMS: [(&str, &[&str], u64); 16] = [
    ("mkfs.vfat", &["-F", "12", "-n", "TWELVE"], 2),
    ("mkfs.vfat", &["-F", "16", "-n", "SIXTEEN"], 20),
    ("mkfs.vfat", &["-F", "32", "-n", "EFI PART"], 64),
    ("mkfs.vfat", &["-F", "32"], 64),
    ("mkfs.vfat", &["-F", "32", "-S", "4096", "-n", "BIG"], 300),
    ("mkntfs", &["-q", "-F", "-L", "Old System"], 8),
    ("mkntfs", &["-q", "-F"], 8),
    ("mkntfs", &["-q", "-F", "-s", "4096", "-L", "4Kn"], 16),
    ("mkfs.exfat", &["-n", "Wechsel"], 8),
    ("mkfs.exfat", &[], 8),
    ("mkfs.ext4", &["-q", "-F", "-L", "root"], 8),
    ("mkfs.ext4", &["-q", "-F", "-t", "ext3", "-L", "old root"], 8),
    ("mkfs.ext4", &["-q", "-F", "-t", "ext2"], 8),
    ("mkfs.xfs", &["-q", "-L", "data"], 300),
    ("mkfs.btrfs", &["-q", "-L", "a label of btrfs"], 120),
    ("mkswap", &["-q", "-L", "swap-a"], 1),
];

#[test]
fn file_systems_of_the_programs_that_make_them_are_told_as_blkid_tells_them() {
    let Some(blkid_program) = tool("blkid") else { return };
    for (number, (program, arguments, mib)) in FILE_SYSTEMS.into_iter().enumerate() {
        let folder = Folder::new();
        let (raw, image) = (folder.path("volume"), folder.path("disk.vhdx"));
        empty(&raw, mib * MIB);
        if !make(program, arguments, &raw) {
            continue;
        }
        let sector = if arguments.contains(&"4096") { 4096 } else { 512 };
        wrap(&raw, &image, sector);
        let found = contents(&image);
        let what = format!("{number}: {program} {arguments:?}");
        assert_eq!((found["table"].as_str(), found["error"].as_str()), (None, None), "{what}: {found}");
        assert_like(&found["volume"], &blkid(&blkid_program, &raw, 0, mib * MIB), &what);
    }
}

#[test]
fn labels_keep_their_letters() {
    let folder = Folder::new();
    let (raw, image) = (folder.path("volume"), folder.path("disk.vhdx"));
    for (program, arguments) in [("mkntfs", ["-q", "-F", "-L", "Süd Ω"]), ("mkfs.ext4", ["-q", "-F", "-L", "Süd Ω"])]
    {
        empty(&raw, 8 * MIB);
        if make(program, &arguments, &raw) {
            wrap(&raw, &image, 512);
            assert_eq!(contents(&image)["volume"]["label"], "Süd Ω", "{program}");
            fs::remove_file(&raw).expect("it is there");
        }
    }
}

#[test]
fn a_gpt_is_read_at_either_sector_size() {
    let (Some(parted_program), Some(blkid_program)) = (tool("parted"), tool("blkid")) else { return };
    for sector in [512, 4096] {
        let folder = Folder::new();
        let (raw, image) = (folder.path("raw"), folder.path("disk.vhdx"));
        empty(&raw, 200 * MIB);
        let steps = [
            "mklabel gpt",
            "mkpart EFI fat32 1MiB 65MiB",
            "set 1 esp on",
            "mkpart res 65MiB 81MiB",
            "set 2 msftres on",
            "mkpart Windows ntfs 81MiB 150MiB",
            "mkpart Daten ext4 150MiB 180MiB",
        ];
        let words: Vec<&str> = steps.iter().flat_map(|step| step.split(' ')).collect();
        parted(&parted_program, &raw, sector, &words);
        let size = sector.to_string();
        for (program, arguments, mib, at) in [
            ("mkfs.vfat", vec!["-F", "32", "-S", size.as_str(), "-n", "ESP"], 64, 1),
            ("mkntfs", vec!["-q", "-F", "-s", size.as_str(), "-L", "System"], 69, 81),
            ("mkfs.ext4", vec!["-q", "-F", "-L", "data"], 30, 150),
        ] {
            let volume = folder.path("volume");
            empty(&volume, mib * MIB);
            if !make(program, &arguments, &volume) {
                return;
            }
            place(&volume, &raw, at * MIB);
        }
        wrap(&raw, &image, u32::try_from(sector).expect("a small number"));
        let found = contents(&image);
        assert_eq!(
            (found["table"].as_str(), found["remarks"].as_array().map(Vec::len)),
            (Some("gpt"), Some(0)),
            "{found}"
        );
        let partitions = found["partitions"].as_array().expect("a list");
        let listing = parted(&parted_program, &raw, sector, &["unit", "B", "print"]);
        let rows: Vec<Vec<&str>> = listing
            .lines()
            .filter(|line| line.starts_with(|first: char| first.is_ascii_digit()))
            .map(|line| line.trim_end_matches(';').split(':').collect())
            .collect();
        assert_eq!((rows.len(), partitions.len()), (4, 4), "{listing}");
        for (row, partition) in rows.iter().zip(partitions) {
            let bytes = |text: &str| text.trim_end_matches('B').parse::<u64>().expect("a number of bytes");
            assert_eq!(partition["number"].as_u64(), row[0].parse().ok());
            assert_eq!(partition["start_offset"].as_u64(), Some(bytes(row[1])));
            assert_eq!(partition["length_bytes"].as_u64(), Some(bytes(row[3])));
            assert_eq!(partition["name"].as_str(), Some(row[5]));
            let tags = blkid(&blkid_program, &raw, bytes(row[1]), bytes(row[3]));
            assert_like(partition, &tags, row[5]);
        }
        let types: Vec<&str> = partitions.iter().filter_map(|partition| partition["type"].as_str()).collect();
        assert_eq!(types, ["EFI", "reserved", "data", "Linux"]);

        // The first header is lost: its copy at the end of the disk is as good.
        File::options()
            .write(true)
            .open(&raw)
            .and_then(|file| file.write_all_at(&[0; 512], sector))
            .expect("it can be written");
        wrap(&raw, &image, u32::try_from(sector).expect("a small number"));
        let again = contents(&image);
        assert_eq!(again["partitions"], found["partitions"]);
        assert!(again["remarks"][0].as_str().is_some_and(|remark| remark.contains("copy")), "{again}");
    }
}

#[test]
fn logical_partitions_of_an_mbr_are_followed() {
    let Some(parted_program) = tool("parted") else { return };
    let folder = Folder::new();
    let (raw, image) = (folder.path("raw"), folder.path("disk.vhdx"));
    empty(&raw, 64 * MIB);
    let steps = "mklabel msdos mkpart primary ntfs 1MiB 9MiB mkpart extended 9MiB 60MiB mkpart logical ext4 10MiB 20MiB \
                 mkpart logical linux-swap 21MiB 30MiB mkpart logical fat16 31MiB 50MiB";
    parted(&parted_program, &raw, 512, &steps.split_whitespace().collect::<Vec<_>>());
    wrap(&raw, &image, 512);
    let found = contents(&image);
    let listing = parted(&parted_program, &raw, 512, &["unit", "B", "print"]);
    let expected: Vec<(u64, u64, u64)> = listing
        .lines()
        .filter(|line| line.starts_with(|first: char| first.is_ascii_digit()))
        .map(|line| {
            let row: Vec<&str> = line.split(':').collect();
            let number = |text: &str| text.trim_end_matches('B').parse().expect("a number");
            (number(row[0]), number(row[1]), number(row[3]))
        })
        .collect();
    let partitions = found["partitions"].as_array().expect("a list");
    let got: Vec<(u64, u64, u64)> = partitions
        .iter()
        .map(|one| {
            let number = |name: &str| one[name].as_u64().expect("a number");
            (number("number"), number("start_offset"), number("length_bytes"))
        })
        .collect();
    assert_eq!((found["table"].as_str(), got), (Some("mbr"), expected), "{listing}");
    let types: Vec<&str> = partitions.iter().filter_map(|partition| partition["type"].as_str()).collect();
    assert_eq!(types, ["NTFS or exFAT", "extended", "Linux", "Linux swap", "FAT"]);
}

#[test]
fn a_disk_is_read_through_its_chain_and_shown_where_nobody_claims_it() {
    let folder = Folder::new();
    let volume = |label: &str| {
        let raw = folder.path(label);
        empty(&raw, 8 * MIB);
        make("mkfs.ext4", &["-q", "-F", "-L", label], &raw).then_some(raw)
    };
    let (Some(before), Some(after)) = (volume("before"), volume("after")) else { return };
    fs::create_dir(folder.path("vms")).expect("a folder can be made");
    let base = wrap(&before, &folder.path("vms/web.vhdx"), 512);
    let name = "web_5F1C2A70-0000-4000-8000-0000000000AA.avhdx";
    let locator = Locator::windows(base.layout.data_write_guid, r".\web.vhdx", r"D:\vms\web.vhdx");
    let over = Builder::differencing(8 * MIB, locator).seed(9).virtual_disk_id(base.layout.virtual_disk_id);
    let leaf = folder.path("vms").join(name);
    with_blocks(over, &after).build().image.write_to(&leaf).expect("a file can be written");
    assert_eq!(contents(&leaf)["volume"]["label"], "after");
    assert_eq!(contents(&folder.path("vms/web.vhdx"))["volume"]["label"], "before");

    let arguments = ["orphans", "--min-confidence", "unknown", "--as-of", "2100-01-01T00:00:00Z"].map(OsStr::new);
    let scan = ["scan", "--format", "json"].map(OsStr::new);
    let vms = folder.path("vms");
    let json = vhdxray(scan.into_iter().chain([vms.as_os_str()])).json();
    let of = |name: &str| {
        let files = json["files"].as_array().expect("a list");
        files.iter().find(|file| file["path"].as_str().is_some_and(|path| path.ends_with(name))).expect("it is there")
    };
    assert_eq!(of(name)["image"]["contents"]["volume"]["label"], "after", "no configuration claims it");
    assert!(of("web.vhdx")["image"]["contents"].is_null(), "another disk depends on it");

    // A machine elsewhere makes the leaf a disk that nothing needs, which people see with what is on it.
    let id = "5F1C2A70-0000-4000-8000-000000000001";
    let machine = vhdxray::testkit::hvs::Machine::new(id.parse().expect("a GUID"), "other");
    let container = vhdxray::testkit::hvs::Container::new(machine.keys).build();
    fs::write(vms.join(format!("{id}.vmcx")), container.bytes).expect("a file can be written");
    let text = vhdxray(arguments.into_iter().chain([vms.as_os_str()])).stdout;
    assert!(text.contains("no partition table: ext4 \"after\""), "{text}");

    // Without its parent the leaf has what it needs itself here, and another has not.
    fs::remove_file(folder.path("vms/web.vhdx")).expect("it is there");
    assert_eq!(contents(&leaf)["volume"]["label"], "after");
    let locator = Locator::windows(base.layout.data_write_guid, r".\web.vhdx", r"D:\vms\web.vhdx");
    let hollow = Builder::differencing(8 * MIB, locator).seed(10).virtual_disk_id(base.layout.virtual_disk_id);
    hollow.build().image.write_to(&leaf).expect("a file can be written");
    let found = contents(&leaf);
    assert!(found["error"].as_str().is_some_and(|why| why.contains("is missing")), "{found}");
    assert_eq!(found["partitions"].as_array().map(Vec::len), Some(0));
}
