//! A machine's storage on disk, planned by the command.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use uuid::Uuid;

use vhdxray::testkit::hvs::{Bus, Container, Machine};
use vhdxray::testkit::rng::Rng;
use vhdxray::testkit::vhdx::{Block, Builder, Built, Locator};
use vhdxray::testkit::{Disk, Model, Style, pattern};

use crate::support::disks::vhdxray_in;
use crate::support::run::Ran;

pub(crate) const MIB: u64 = 1 << 20;

/// A folder in which the command runs; on its host it was `D:\VMs`.
pub(crate) struct Store {
    folder: tempfile::TempDir,
    pub(crate) rng: Rng,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), rng: Rng::new(77) }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn join(&self, name: &str) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        path
    }

    pub(crate) fn put(&self, name: &str, built: &Built) {
        built.image.write_to(&self.join(name)).unwrap();
    }

    pub(crate) fn bytes(&self, name: &str, bytes: &[u8]) {
        fs::write(self.join(name), bytes).unwrap();
    }

    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.join(name)).unwrap();
    }

    /// A base with one block.
    pub(crate) fn base(&mut self, name: &str) -> Built {
        let built =
            Builder::dynamic(16 * MIB).seed(self.rng.next()).block(0, Block::full(pattern::image(1, 0, MIB))).build();
        self.put(name, &built);
        built
    }

    /// A child of a disk of the same folder, with one block of its own.
    pub(crate) fn child(&mut self, name: &str, parent: &Built, parent_name: &str) -> Built {
        let built = self.over(parent, parent_name).block(1, Block::full(pattern::image(2, MIB, MIB))).build();
        self.put(name, &built);
        built
    }

    /// A child that is not yet written.
    pub(crate) fn over(&mut self, parent: &Built, parent_name: &str) -> Builder {
        let file = parent_name.rsplit('/').next().unwrap();
        let absolute = recorded(parent_name);
        let locator = Locator::windows(parent.layout.data_write_guid, &format!(r".\{file}"), &absolute);
        self.with_locator(parent, locator)
    }

    pub(crate) fn with_locator(&mut self, parent: &Built, locator: Locator) -> Builder {
        Builder::differencing(16 * MIB, locator).seed(self.rng.next()).virtual_disk_id(parent.layout.virtual_disk_id)
    }

    /// A machine with its disks, in `vm/Virtual Machines`.
    pub(crate) fn machine(&mut self, machine: Machine, id: Uuid, disks: &[(Bus, &str)]) -> String {
        self.configuration("vm/Virtual Machines", machine, id, disks)
    }

    pub(crate) fn configuration(&self, folder: &str, machine: Machine, id: Uuid, disks: &[(Bus, &str)]) -> String {
        let machine = disks.iter().fold(machine, |machine, (bus, disk)| machine.disk(*bus, &recorded(disk)));
        let path = format!("{folder}/{}.vmcx", id.to_string().to_uppercase());
        self.bytes(&path, &Container::new(machine.keys).build().bytes);
        path
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        vhdxray_in(self.path(), arguments)
    }

    /// The plan of a file, with the whole folder looked through.
    #[track_caller]
    pub(crate) fn plan(&self, file: &str, more: &[&str]) -> Planned {
        let arguments = [&["plan", file, "--search", ".", "--format", "json"][..], more].concat();
        let ran = self.run(&arguments);
        assert!(matches!(ran.status, Some(0 | 1)), "{ran}");
        Planned { json: ran.json(), status: ran.status.unwrap() }
    }

    #[track_caller]
    pub(crate) fn script(&self, file: &str, more: &[&str]) -> String {
        let arguments = [&["plan", file, "--search", ".", "--format", "ps1"][..], more].concat();
        let ran = self.run(&arguments);
        assert!(matches!(ran.status, Some(0 | 1)), "{ran}");
        ran.stdout
    }
}

/// The path as the host knew it.
pub(crate) fn recorded(name: &str) -> String {
    format!(r"D:\VMs\{}", name.replace('/', r"\"))
}

/// A plan.
pub(crate) struct Planned {
    pub(crate) json: Value,
    pub(crate) status: i32,
}

impl Planned {
    #[track_caller]
    pub(crate) fn condition(&self, number: u64) -> &Value {
        let all = self.json["preconditions"].as_array().unwrap();
        assert_eq!(all.len(), 23);
        all.iter().find(|condition| condition["number"] == number).unwrap()
    }

    /// Asserts the state of a condition, and that its evidence holds these words.
    #[track_caller]
    pub(crate) fn expect(&self, number: u64, state: &str, words: &str) {
        let condition = self.condition(number);
        assert_eq!(condition["state"], state, "{condition:#}");
        assert!(condition["evidence"].to_string().contains(words), "no {words:?} in {condition:#}");
        assert_eq!(condition["unblock"].is_null(), state == "pass", "{condition:#}");
    }

    #[track_caller]
    pub(crate) fn way(&self, method: &str) -> &Value {
        let all = self.json["alternatives"].as_array().unwrap();
        all.iter().find(|way| way["method"] == method).unwrap()
    }

    /// Asserts which ways are open.
    #[track_caller]
    pub(crate) fn open(&self, expected: &[&str]) {
        let all = self.json["alternatives"].as_array().unwrap();
        let open: Vec<&str> =
            all.iter().filter(|way| way["open"] == true).map(|way| way["method"].as_str().unwrap()).collect();
        let expected: Vec<&str> = expected.iter().copied().chain(["leave"]).collect();
        assert_eq!(open, expected, "{:#}", self.json["blockers"]);
        for way in all.iter().filter(|way| way["open"] == false) {
            assert_eq!(way["steps"].as_array().unwrap().len(), 0, "a closed way has no steps: {way:#}");
        }
    }
}

/// A chain of a model in a folder of its own.
pub(crate) fn chain(layers: usize) -> (Store, Model, Vec<PathBuf>) {
    let store = Store::new();
    let mut model = Model::new(5);
    let mut below = model.base(Disk::new(8 * MIB));
    model.write(below, 0..2 * MIB, 1);
    model.place(below, r"D:\VMs", "base.vhdx");
    for layer in 1..layers {
        let child = model.child(below, Disk::new(8 * MIB));
        let start = u64::try_from(layer).unwrap() * MIB;
        model.write(child, start + 4096..start + MIB, u32::try_from(layer).unwrap() + 1);
        model.place(child, r"D:\VMs", &format!("layer{layer}.avhdx"));
        below = child;
    }
    let files = model.write_vhdx(store.path(), Style::Plain).unwrap();
    (store, model, files)
}
