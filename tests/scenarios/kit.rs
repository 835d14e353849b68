//! Makes a storage tree and has it judged.

use std::fs;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use uuid::Uuid;

use vhdxray::chain::windows_path::PathMap;
use vhdxray::checks::{CheckSet, Cost};
use vhdxray::estate::Silent;
use vhdxray::estate::verdict::Verdict;
use vhdxray::inspect::{Inspection, Request, inspect};
use vhdxray::testkit::hvs::{Bus, Container, Machine, host_list};
use vhdxray::testkit::pattern;
use vhdxray::testkit::rng::Rng;
use vhdxray::testkit::vhdx::{Block, Builder, Built, Locator};

use crate::split;

const MIB: u64 = 1 << 20;

/// A storage tree, gone when it is dropped.
pub(crate) struct Estate {
    folder: tempfile::TempDir,
    rng: Rng,
    registered: Vec<(Uuid, String)>,
}

/// The verdicts on a tree.
pub(crate) struct Judged {
    root: PathBuf,
    pub(crate) inspection: Inspection,
}

/// A disk of a machine: the drive and the path as the host knew it.
pub(crate) fn scsi(location: u32, path: &str) -> (Bus, String) {
    (Bus::Scsi(0, location), recorded(path))
}

/// The path as the host knew it: the tree was its drive D:.
pub(crate) fn recorded(path: &str) -> String {
    format!(r"D:\{}", path.replace('/', "\\"))
}

impl Estate {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder can be made"), rng: Rng::new(5), registered: Vec::new() }
    }

    pub(crate) fn guid(&mut self) -> Uuid {
        self.rng.guid()
    }

    /// A name as Hyper-V gives it to the disk over `base`.
    pub(crate) fn automatic(&mut self, base: &str) -> String {
        format!("{base}_{:X}.avhdx", self.rng.guid().hyphenated())
    }

    pub(crate) fn put(&self, path: &str, bytes: &[u8]) {
        fs::write(self.join(path), bytes).expect("a file can be written");
    }

    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.join(path)).expect("the file is there");
    }

    /// When a file was last written to.
    pub(crate) fn written_at(&self, path: &str, time: &str) {
        let time: Timestamp = time.parse().expect("a time");
        let file = fs::File::options().write(true).open(self.join(path)).expect("the file is there");
        file.set_modified(std::time::SystemTime::try_from(time).expect("a time of this system"))
            .expect("its time can be set");
    }

    pub(crate) fn copy(&self, from: &str, to: &str) {
        fs::copy(self.join(from), self.join(to)).expect("a file can be copied");
    }

    fn join(&self, path: &str) -> PathBuf {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("a folder can be made");
        path
    }

    pub(crate) fn write(&self, path: &str, built: &Built) {
        built.image.write_to(&self.join(path)).expect("a file can be written");
    }

    /// A disk without parent, with some data.
    pub(crate) fn disk(&mut self, path: &str) -> Built {
        let builder = Builder::dynamic(16 * MIB).seed(self.rng.next());
        let built = builder.block(0, Block::full(pattern::image(1, 0, MIB))).build();
        self.write(path, &built);
        built
    }

    /// A disk over `parent`, which lies in the same folder under `name`, with some data.
    pub(crate) fn child(&mut self, path: &str, parent: &Built, name: &str) -> Built {
        let built = self.over(parent, name).block(1, Block::full(pattern::image(2, MIB, MIB))).build();
        self.write(path, &built);
        built
    }

    /// The same without a block of its own.
    pub(crate) fn empty_child(&mut self, path: &str, parent: &Built, name: &str) {
        let built = self.over(parent, name).build();
        self.write(path, &built);
    }

    /// The same with a block that was trimmed or zeroed: nothing of it lies in the file, and it hides the parent's.
    pub(crate) fn child_of_state(&mut self, path: &str, parent: &Built, name: &str, block: Block) {
        let built = self.over(parent, name).block(0, block).build();
        self.write(path, &built);
    }

    fn over(&mut self, parent: &Built, name: &str) -> Builder {
        let absolute = format!(r"D:\{name}");
        let locator = Locator::windows(parent.layout.data_write_guid, &format!(r".\{name}"), &absolute);
        Builder::differencing(16 * MIB, locator).seed(self.rng.next()).virtual_disk_id(parent.layout.virtual_disk_id)
    }

    /// The same disk after somebody has written to it.
    pub(crate) fn written_to(&mut self, path: &str, built: &Built) {
        let mut layout = built.clone();
        layout.layout.data_write_guid = self.rng.guid();
        let again = Builder::dynamic(16 * MIB)
            .seed(self.rng.next())
            .virtual_disk_id(built.layout.virtual_disk_id)
            .block(0, Block::full(pattern::image(3, 0, MIB)))
            .build();
        self.write(path, &again);
    }

    /// The configuration of a machine in `folder`, which the host lists. Returns its path.
    pub(crate) fn machine(&mut self, folder: &str, id: Uuid, machine: Machine, disks: &[(Bus, String)]) -> String {
        let path = self.unlisted(folder, id, machine, disks);
        self.registered.push((id, recorded(&path)));
        path
    }

    /// A configuration that no host lists.
    pub(crate) fn unlisted(&mut self, folder: &str, id: Uuid, machine: Machine, disks: &[(Bus, String)]) -> String {
        let path = format!("{folder}/{}.vmcx", id.to_string().to_uppercase());
        self.configuration(&path, machine, disks);
        path
    }

    pub(crate) fn configuration(&self, path: &str, machine: Machine, disks: &[(Bus, String)]) {
        let machine = disks.iter().fold(machine, |machine, (bus, path)| machine.disk(*bus, path));
        self.put(path, &Container::new(machine.keys).build().bytes);
    }

    /// The host's list, with the machines that were made so far and another one.
    pub(crate) fn list_also(&mut self, id: Uuid, path: &str) {
        self.registered.push((id, path.to_owned()));
    }

    /// Has the tree judged with the host's list in it.
    pub(crate) fn judged(&self) -> Judged {
        self.put_list();
        self.judged_as_it_is()
    }

    /// Has the tree judged without a host's list.
    pub(crate) fn judged_as_it_is(&self) -> Judged {
        self.judged_by(Request::default(), "2100-01-01T00:00:00Z")
    }

    /// Has it judged with further options and at another time.
    pub(crate) fn judged_by(&self, request: Request, as_of: &str) -> Judged {
        let as_of: Timestamp = as_of.parse().expect("a time");
        let root = self.folder.path().to_owned();
        let request = Request {
            paths: vec![root.clone()],
            as_of: Some(as_of),
            checks: Some(CheckSet::up_to(Cost::Blocks)),
            ..request
        };
        settle(&root);
        assert_same_in_parts(&root, &request, as_of);
        Judged { inspection: inspect(&request, &Silent), root }
    }

    /// The folder of the tree.
    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Writes the host's list into the tree.
    pub(crate) fn put_list(&self) {
        let entries: Vec<(Uuid, &str)> = self.registered.iter().map(|(id, path)| (*id, path.as_str())).collect();
        self.put("host/data.vmcx", &Container::new(host_list(&entries, &[])).build().bytes);
    }

    /// `--map 'D:\from=…'`.
    pub(crate) fn map(&self, from: &str, to: &str) -> PathMap {
        let mut map = PathMap::default();
        map.add(&recorded(from), self.folder.path().join(to)).expect("a map");
        map
    }
}

/// The folders of a tree that can be scanned one by one: a folder that holds nothing but folders stands for these.
fn units(root: &Path) -> Vec<PathBuf> {
    let mut entries: Vec<PathBuf> =
        fs::read_dir(root).expect("a folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    if entries.is_empty() || entries.iter().any(|entry| !entry.is_dir()) {
        return vec![root.to_owned()];
    }
    entries.iter().flat_map(|entry| units(entry)).collect()
}

/// Has the files written out: what they take on the volume is settled only then, and several scans tell it.
fn settle(folder: &Path) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let kind = entry.file_type().expect("its kind");
        if kind.is_dir() {
            settle(&entry.path());
        } else if kind.is_file()
            && let Ok(file) = fs::File::open(entry.path())
        {
            file.sync_all().expect("it can be written out");
        }
    }
}

/// Bundles of the folders, in three parts and one by one, tell what one scan over all of them does.
fn assert_same_in_parts(root: &Path, request: &Request, as_of: Timestamp) {
    let scan = |paths: Vec<PathBuf>| {
        let request = Request {
            paths,
            search: request.search.clone(),
            map: request.map.clone(),
            walk: request.walk.clone(),
            read: request.read,
            recognise: request.recognise,
            checks: request.checks.clone(),
            as_of: Some(as_of),
        };
        inspect(&request, &Silent)
    };
    let units = units(root);
    let whole = scan(units.clone());
    for parts in [3, units.len()] {
        let mut folders = vec![Vec::new(); parts.min(units.len())];
        for (number, unit) in units.iter().enumerate() {
            let parts = folders.len();
            folders[number % parts].push(unit.clone());
        }
        let bundle = |paths| split::bundled("part.vxb", "host", as_of, &scan(paths));
        split::assert_same(&whole, folders.into_iter().rev().map(bundle).collect());
    }
}

impl Judged {
    #[track_caller]
    pub(crate) fn of(&self, path: &str) -> &Verdict {
        let wanted = self.root.join(path);
        let (number, _) = self.inspection.files().find(|(_, file)| file.path == wanted).expect("the file is there");
        self.inspection.verdict(number).expect("it has a verdict")
    }

    /// Asserts class, confidence and that a reason holds these words.
    #[track_caller]
    pub(crate) fn expect(&self, path: &str, class: &str, confidence: &str, reason: &str) {
        let verdict = self.of(path);
        assert_eq!((verdict.class.name(), verdict.confidence.name()), (class, confidence), "{path}: {verdict:#?}");
        assert!(verdict.reasons.iter().any(|known| known.contains(reason)), "{path}: no {reason:?} in {verdict:#?}");
        assert!(verdict.at_stake.is_some(), "{path}: {verdict:#?}");
    }

    /// Whether any file of the tree bears a verdict of a class that nothing needs.
    pub(crate) fn unneeded(&self) -> Vec<PathBuf> {
        let of = |(number, file): (vhdxray::chain::FileNo, &vhdxray::estate::FoundFile)| {
            let is = self.inspection.verdict(number).is_some_and(Verdict::is_unneeded);
            is.then(|| file.path.strip_prefix(&self.root).unwrap_or(Path::new("")).to_owned())
        };
        self.inspection.files().filter_map(of).collect()
    }
}
