//! The storage tree of `testdata/estate`: what two small machines of a Hyper-V host leave on a volume over the years,
//! with everything that goes wrong there. `testdata/README.md` says what each file is.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;

use uuid::Uuid;

use super::damage::{Structure, truncate_inside};
use super::hvs::{Bus, Container, Keys, Machine, host_list};
use super::model::{Disk, Mark, Model};
use super::model_vhdx::Style;
use super::pattern;
use super::rng::Rng;
use super::sparse::SparseImage;
use super::vhdx::{Block, Builder, Built, DirtyOptions, Locator, Write, dirty};

/// 1 MiB: every block of these files.
const MIB: u64 = 1 << 20;

/// 1 GiB.
const GIB: u64 = 1 << 30;

/// Where the tree stood on the host.
const ROOT: &str = r"D:\Hyper-V";

/// Writes all files below `root`, which is made if need be. The same bytes every time.
pub fn write(root: &Path) -> io::Result<()> {
    for (path, image) in files() {
        let path = root.join(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder)?;
        }
        image.write_to(&path)?;
    }
    Ok(())
}

/// All files by their path below the root, with `/` between the parts.
pub fn files() -> BTreeMap<String, SparseImage> {
    let mut files = BTreeMap::new();
    let web = web01();
    for (number, layer) in web.layers().iter().enumerate() {
        let path = format!("web01/Virtual Hard Disks/{}", layer.name);
        files.insert(path, web.vhdx(number, Style::Plain).image);
    }
    files.extend(db01());
    files.extend(configurations(&web, &files));
    let archive = archive();
    for (number, name) in ["crm-2009.vhd", "crm-2009_snap.avhd"].into_iter().enumerate() {
        files.insert(format!("archive/{name}"), archive.vhd(number).image);
    }
    files.insert("iso/virtio-drivers.iso".to_owned(), iso());
    files.insert("db01/notes.vhdx".to_owned(), SparseImage::from_bytes(NOTES.as_bytes()));
    files.insert("README.txt".to_owned(), SparseImage::from_bytes(README.as_bytes()));
    files
}

/// The byte model of web01: a base, three checkpoints over it one after the other, and a fork from the first.
pub fn web01() -> Model {
    let mut model = Model::new(0x0077_6562_3031);
    let mut guids = Rng::new(1);
    let disk = Disk::new(6 * GIB);
    let base = model.base(disk);
    let first = model.child(base, disk);
    let second = model.child(first, disk);
    let third = model.child(second, disk);
    let fork = model.child(first, disk);
    let folder = format!(r"{ROOT}\web01\Virtual Hard Disks");
    model.place(base, &folder, "web01.vhdx");
    for layer in [first, second, third, fork] {
        model.place(layer, &folder, &checkpoint("web01", &mut guids));
    }
    // Block 4100 lies in the second chunk.
    model.write(base, 0..MIB, 1);
    model.write(base, 4100 * MIB..4100 * MIB + 65536, 1);
    model.write(first, 0..MIB, 2);
    model.mark(first, MIB..4 * MIB, Mark::Zero);
    model.write(second, 4100 * MIB + 4096..4100 * MIB + 12288, 3);
    model.write(second, 4100 * MIB + 131_072..4100 * MIB + 135_168, 3);
    model.mark(third, 0..MIB, Mark::Unmapped);
    model.write(fork, 5 * MIB..6 * MIB, 5);
    model
}

/// The disks of db01, and the image from which its system disk was made.
fn db01() -> BTreeMap<String, SparseImage> {
    let mut guids = Rng::new(2);
    let mut files = BTreeMap::new();
    let mut put = |folder: &str, name: &str, built: &Built| {
        files.insert(format!("{folder}/{name}"), built.image.clone());
    };
    let disks = "db01/Virtual Hard Disks";

    // The system disk: never written, and its parent has been renamed and moved since.
    let gold = Builder::dynamic(8 * GIB).seed(11).block(0, data(11, 0)).build();
    put("library", "ws2022-gold.vhdx", &gold);
    let locator = Locator::windows(
        gold.layout.data_write_guid,
        r"..\..\Images\WS2022 October.vhdx",
        &format!(r"{ROOT}\Images\WS2022 October.vhdx"),
    );
    put(disks, &checkpoint("db01", &mut guids), &over(&gold, 8 * GIB, 12, locator).build());

    put(disks, "db01-tempdb.vhdx", &Builder::fixed(MIB).seed(13).block(0, data(13, 0)).build());
    put(disks, "db01-log.vhdx", &dirty_disk());

    // The data disk was written to after the checkpoint: a new DataWriteGuid.
    let then = Builder::dynamic(2 * GIB).seed(15).build();
    put(disks, "db01-data.vhdx", &Builder::dynamic(2 * GIB).seed(15).data_write_guid(guids.guid()).build());
    let child = over(&then, 2 * GIB, 16, db01_locator(&then, "db01-data.vhdx")).block(3, data(16, 3));
    put(disks, &checkpoint("db01-data", &mut guids), &child.build());

    // Nothing has the GUID that this one wants.
    let gone = Builder::dynamic(4 * GIB).seed(17).build();
    let orphan = over(&gone, 4 * GIB, 18, db01_locator(&gone, "db01-archive.vhdx")).block(7, data(18, 7));
    put(disks, &checkpoint("db01-archive", &mut guids), &orphan.build());

    // A copy that ended when the target was full.
    let mut copy = Builder::dynamic(2 * GIB).seed(19).block(0, data(19, 0)).build();
    truncate_inside(&mut copy, Structure::MetadataTable);
    put("restore", "db01-data.vhdx", &copy);
    files
}

/// The host lost power when the block was written and its BAT entry was in the log only.
fn dirty_disk() -> Built {
    let whole = Builder::dynamic(2 * GIB).seed(14).block(0, data(14, 0)).build();
    let entry = whole.layout.entry_offset(0);
    let bytes = whole.image.read(entry, 8);
    let mut before = whole;
    before.set_entry(0, 0);
    dirty(&before, &[vec![Write::Bytes(entry, bytes)]], &DirtyOptions::new(Rng::new(14).guid())).file
}

/// The machines' configurations and the host's list of them. db01's second data disk and the restored copy are named by
/// none, and neither is the fork of web01.
fn configurations(web: &Model, disks: &BTreeMap<String, SparseImage>) -> BTreeMap<String, SparseImage> {
    let mut guids = Rng::new(3);
    let mut files = BTreeMap::new();
    let mut put = |path: &str, keys: Keys| {
        files.insert(path.to_owned(), SparseImage::from_bytes(&Container::new(keys).build().bytes));
    };
    let [web_id, db_id] = [guids.guid(), guids.guid()];
    let web_disk = |layer: usize| {
        let name = web.layers().get(layer).map_or("", |layer| layer.name.as_str());
        format!(r"{ROOT}\web01\Virtual Hard Disks\{name}")
    };
    // A checkpoint keeps what was the leaf when it was made.
    let mut listed = Vec::new();
    for (layer, (name, made)) in CHECKPOINTS.into_iter().enumerate() {
        let id = guids.guid();
        listed.push(id);
        let checkpoint = Machine::checkpoint(id, web_id, name).created(made).disk(Bus::Scsi(0, 0), &web_disk(layer));
        put(&format!("web01/Snapshots/{}.vmcx", upper(id)), checkpoint.keys);
    }
    let web = Machine::new(web_id, "web01").checkpoints(&listed).disk(Bus::Scsi(0, 0), &web_disk(3));
    put(&format!("web01/Virtual Machines/{}.vmcx", upper(web_id)), web.keys);

    let folder = "db01/Virtual Hard Disks/";
    let system = disks.keys().filter_map(|path| path.strip_prefix(folder)).find(|name| name.starts_with("db01_"));
    let names = [system.unwrap_or_default(), "db01-tempdb.vhdx", "db01-log.vhdx", "db01-data.vhdx"];
    let db = names.into_iter().zip(0..).fold(Machine::new(db_id, "db01"), |machine, (name, location)| {
        machine.disk(Bus::Scsi(0, location), &format!(r"{ROOT}\db01\Virtual Hard Disks\{name}"))
    });
    let db = db.drive(Bus::Scsi(0, 4), "ISO", &format!(r"{ROOT}\iso\virtio-drivers.iso"));
    put(&format!("db01/Virtual Machines/{}.vmcx", upper(db_id)), db.keys);

    let path = |name: &str, id| format!(r"{ROOT}\{name}\Virtual Machines\{}.vmcx", upper(id));
    let (web_path, db_path) = (path("web01", web_id), path("db01", db_id));
    put("host/data.vmcx", host_list(&[(web_id, &web_path), (db_id, &db_path)], &[]));
    files
}

/// The checkpoints of web01: the name, and the time as hosts record it (2024-10-02, 2024-11-05, 2024-11-19, each at
/// 08:00 UTC).
const CHECKPOINTS: [(&str, u64); 3] = [
    ("before the update", 133_723_296_000_000_000),
    ("after the update", 133_752_672_000_000_000),
    ("before the move", 133_764_768_000_000_000),
];

fn upper(id: Uuid) -> String {
    id.to_string().to_uppercase()
}

/// The byte model of a disk from the days of Server 2008, and its snapshot.
fn archive() -> Model {
    let mut model = Model::new(0x0063_726D);
    let disk = Disk::new(16 * MIB).blocks_of(512 << 10);
    let base = model.base(disk);
    let snapshot = model.child(base, disk);
    model.place(base, r"E:\VMs\crm", "crm-2009.vhdx");
    model.place(snapshot, r"E:\VMs\crm", "crm-2009_snap.avhdx");
    model.write(base, 0..65536, 21);
    model.write(snapshot, 4096..8192, 22);
    model
}

/// A child of `parent` as Hyper-V makes it.
fn over(parent: &Built, size: u64, seed: u64, locator: Locator) -> Builder {
    Builder::differencing(size, locator).seed(seed).virtual_disk_id(parent.layout.virtual_disk_id)
}

fn db01_locator(parent: &Built, name: &str) -> Locator {
    let absolute = format!(r"{ROOT}\db01\Virtual Hard Disks\{name}");
    Locator::windows(parent.layout.data_write_guid, &format!(r".\{name}"), &absolute)
}

fn data(tag: u32, block: u64) -> Block {
    Block::full(pattern::image(tag, block * MIB, MIB))
}

/// A name as Hyper-V gives it to a checkpoint's file.
fn checkpoint(base: &str, guids: &mut Rng) -> String {
    format!("{base}_{:X}.avhdx", guids.guid().hyphenated())
}

/// The volume descriptor of an ISO 9660 file (ECMA-119 8.4): enough to be recognised, and nothing in it.
fn iso() -> SparseImage {
    let mut image = SparseImage::new(18 * 2048);
    image.write(16 * 2048, b"\x01CD001\x01");
    image.write(16 * 2048 + 40, b"VIRTIO_DRIVERS                  ");
    image.write(17 * 2048, b"\xFFCD001\x01");
    image
}

const README: &str = "\
This volume holds the disks of two virtual machines.\r\n\
web01  the shop\r\n\
db01   its database\r\n\
Please do not delete anything here without asking.\r\n";

const NOTES: &str = "\
This is not a disk. Somebody saved a text under the wrong name.\r\n\
2024-10-02  moved the gold image to the library folder and gave it a better name\r\n\
2024-11-19  attached db01-data.vhdx elsewhere to fetch one file\r\n";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_estate_is_small() {
        let files = files();
        let sum: u64 = files.values().map(SparseImage::len).sum();
        assert!(sum < 64 * MIB, "{sum} bytes");
        assert_eq!(files.len(), 24);
    }

    #[test]
    fn no_two_files_share_an_identity() {
        let identities: Vec<Vec<u8>> = files()
            .values()
            .filter(|image| image.read(0, 8) == b"vhdxfile")
            .map(|image| image.read((64 << 10) + 32, 16))
            .collect();
        assert_eq!(identities.len(), 13);
        assert_eq!(identities.iter().collect::<BTreeSet<_>>().len(), 13);
    }
}
