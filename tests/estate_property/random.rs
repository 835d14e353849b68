//! A random estate: what was made, and what happened to it since.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use uuid::Uuid;

use vhdxray::chain::{FileNo, Forest, Node, PathMaps, Scope};
use vhdxray::estate::verdict::{Evidence, Seen, Verdict, judge};
use vhdxray::estate::{FileFacts, Machines, Origin};
use vhdxray::format::text::Utf16Text;
use vhdxray::image::{FileKind, HintKind, ParentReference, PathHint};
use vhdxray::testkit::rng::Rng;
use vhdxray::units::ByteLen;
use vhdxray::vm::{
    Checkpoints, Configuration, ConfigurationKind, Controller, ControllerKind, Drive, DriveKind, Registered,
    RegisteredList,
};

/// A disk as it was made, and what happened to it since.
#[derive(Clone, Debug)]
pub(crate) struct Disk {
    /// Where it was when its children and configurations recorded it.
    pub(crate) made_at: PathBuf,
    pub(crate) now_at: PathBuf,
    pub(crate) parent: Option<usize>,
    /// What its parent's identity was when it was made.
    pub(crate) linkage: Option<Uuid>,
    pub(crate) identity: Uuid,
    pub(crate) virtual_id: Uuid,
    pub(crate) deleted: bool,
    pub(crate) damaged: bool,
    /// Which disk it is a copy of.
    pub(crate) copy_of: Option<usize>,
}

#[derive(Clone, Debug)]
pub(crate) struct Config {
    pub(crate) path: PathBuf,
    pub(crate) configuration: Configuration,
    /// The disks that it attaches.
    pub(crate) disks: Vec<usize>,
}

#[derive(Debug, Default)]
pub(crate) struct Estate {
    pub(crate) disks: Vec<Disk>,
    pub(crate) configs: Vec<Config>,
    /// Configurations that are somewhere, and that no scan sees.
    pub(crate) unseen: Vec<Config>,
    pub(crate) list: bool,
}

fn text(text: &str) -> Utf16Text {
    Utf16Text::from_bytes(&text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>())
}

/// The path as the host knew it.
fn recorded(path: &Path) -> String {
    format!("D:{}", path.display()).replace('/', "\\")
}

fn drive(location: u32, path: &Path) -> Drive {
    Drive {
        controller: Controller { kind: ControllerKind::Scsi, number: 0, instance: None, name: None },
        location,
        kind: DriveKind::Vhd,
        path: Some(text(&recorded(path))),
        settings: Vec::new(),
    }
}

impl Estate {
    pub(crate) fn random(seed: u64) -> Self {
        let mut rng = Rng::new(seed);
        let mut estate = Self { list: rng.chance(1, 2), ..Self::default() };
        for machine in 0..rng.between(1, 4) {
            estate.add_machine(&mut rng, machine);
        }
        for _ in 0..rng.below(7) {
            estate.accident(&mut rng);
        }
        estate
    }

    fn add_disk(&mut self, rng: &mut Rng, path: PathBuf, parent: Option<usize>) -> usize {
        let virtual_id = parent.map_or_else(|| rng.guid(), |parent| self.disks[parent].virtual_id);
        let linkage = parent.map(|parent| self.disks[parent].identity);
        self.disks.push(Disk {
            made_at: path.clone(),
            now_at: path,
            parent,
            linkage,
            identity: rng.guid(),
            virtual_id,
            deleted: false,
            damaged: false,
            copy_of: None,
        });
        self.disks.len() - 1
    }

    /// A machine whose history is a number of checkpoints made, applied and deleted.
    fn add_machine(&mut self, rng: &mut Rng, number: u64) {
        let id = rng.guid();
        let root = PathBuf::from(format!("/e/vm{number}"));
        let folder = root.join("Virtual Hard Disks");
        let count = rng.between(1, 3);
        let mut leaves: Vec<usize> =
            (0..count).map(|disk| self.add_disk(rng, folder.join(format!("disk{disk}.vhdx")), None)).collect();
        let mut checkpoints: Vec<(Uuid, Vec<usize>)> = Vec::new();
        for _ in 0..rng.below(6) {
            if rng.chance(1, 4) && !checkpoints.is_empty() {
                // A checkpoint is applied: new leaves over what it keeps; the old ones stay behind.
                leaves.clone_from(&rng.pick(&checkpoints).expect("there is one").1);
            } else {
                checkpoints.push((rng.guid(), leaves.clone()));
            }
            for (disk, leaf) in leaves.iter_mut().enumerate() {
                let path = folder.join(format!("disk{disk}_{:X}.avhdx", rng.guid().hyphenated()));
                *leaf = self.add_disk(rng, path, Some(*leaf));
            }
        }
        checkpoints.retain(|_| rng.chance(3, 4));
        let listed: Vec<Uuid> = checkpoints.iter().map(|(id, _)| *id).collect();
        if rng.chance(9, 10) {
            let counted = rng.chance(3, 4).then_some(u64::try_from(listed.len()).expect("a small number"));
            let knows = Checkpoints { count: counted, listed, ..Checkpoints::default() };
            let path = root.join("Virtual Machines").join(format!("{id}.vmcx"));
            let machine =
                Configuration { checkpoints: knows, ..self.configuration(ConfigurationKind::Machine, id, id, &leaves) };
            self.configs.push(Config { path, configuration: machine, disks: leaves });
        }
        for (checkpoint, kept) in checkpoints {
            let path = root.join("Snapshots").join(format!("{checkpoint}.vmcx"));
            let configuration = self.configuration(ConfigurationKind::Checkpoint, checkpoint, id, &kept);
            self.configs.push(Config { path, configuration, disks: kept });
        }
    }

    fn configuration(&self, kind: ConfigurationKind, id: Uuid, machine: Uuid, disks: &[usize]) -> Configuration {
        let drives =
            disks.iter().zip(0..).map(|(disk, location)| drive(location, &self.disks[*disk].made_at)).collect();
        Configuration {
            kind,
            id: Some(id),
            machine_id: Some(machine),
            name: Some(text("m")),
            drives,
            ..Configuration::default()
        }
    }

    fn accident(&mut self, rng: &mut Rng) {
        let number = usize::try_from(rng.below(self.disks.len() as u64)).expect("a small number");
        let guid = rng.guid();
        let disk = &mut self.disks[number];
        match rng.below(6) {
            0 => disk.now_at.set_file_name(format!("renamed {guid}.vhdx")),
            1 => disk.now_at = Path::new("/e/elsewhere").join(disk.now_at.file_name().expect("it has a name")),
            2 => disk.deleted = true,
            3 => disk.identity = guid,
            4 => disk.damaged = true,
            _ => {
                let mut copy = disk.clone();
                copy.copy_of = Some(copy.copy_of.unwrap_or(number));
                // Some copies are called as their originals.
                let name = copy.now_at.file_name().expect("it has a name").to_owned();
                copy.now_at = match rng.chance(1, 2) {
                    true => PathBuf::from(format!("/e/copies/{guid}.vhdx")),
                    false => PathBuf::from(format!("/e/copies/{guid}")).join(name),
                };
                self.disks.push(copy);
            }
        }
        if rng.chance(1, 8) && !self.configs.is_empty() {
            let gone = usize::try_from(rng.below(self.configs.len() as u64)).expect("a small number");
            let unseen = self.configs.remove(gone);
            self.unseen.push(unseen);
        }
    }

    /// What is in use without doubt: what a configuration attaches where it recorded it, and below it what is there and
    /// still is what the child was made over, or lies where the child recorded it. With each whether a reader can know.
    pub(crate) fn in_use(&self) -> Vec<(usize, bool)> {
        let mut found = Vec::new();
        for top in self.configs.iter().flat_map(|config| &config.disks) {
            let mut at = *top;
            let disk = &self.disks[at];
            if disk.deleted || disk.now_at != disk.made_at {
                continue;
            }
            found.push((at, true));
            let mut known = true;
            while let (Some(parent), Some(linkage)) = (self.disks[at].parent, self.disks[at].linkage) {
                let below = &self.disks[parent];
                let is_same = below.identity == linkage && !below.damaged;
                let in_place =
                    below.now_at == below.made_at && below.made_at.parent() == self.disks[at].now_at.parent();
                let copied = self.disks.iter().any(|disk| disk.copy_of == Some(parent));
                if below.deleted || !(is_same || in_place) {
                    break;
                }
                // A damaged child no longer tells its parent, and one of several alike is as good as another.
                known &= !self.disks[at].damaged && (in_place || !copied);
                found.push((parent, known));
                at = parent;
            }
        }
        found
    }

    /// What checkpoints keep that no scan sees, and that a machine lists which one sees.
    pub(crate) fn kept_unseen(&self) -> impl Iterator<Item = usize> {
        let is_listed = |config: &&Config| {
            let machines = self.configs.iter().map(|machine| &machine.configuration);
            let of_kind = config.configuration.kind == ConfigurationKind::Checkpoint;
            of_kind
                && machines
                    .into_iter()
                    .any(|machine| machine.checkpoints.listed.iter().any(|id| config.configuration.id == Some(*id)))
        };
        self.unseen.iter().filter(is_listed).flat_map(|config| config.disks.iter().copied())
    }

    /// What a disk says about its parent.
    pub(crate) fn reference(&self, disk: &Disk) -> Option<ParentReference> {
        let (parent, linkage) = disk.parent.zip(disk.linkage).filter(|_| !disk.damaged)?;
        let name = self.disks[parent].made_at.file_name().expect("it has a name").to_string_lossy().into_owned();
        Some(ParentReference {
            linkage: Some(linkage),
            linkage2: None,
            hints: vec![PathHint { key: "relative_path", kind: HintKind::Relative, path: format!(r".\{name}") }],
            parent_time_stamp: None,
        })
    }

    /// The configurations with their paths, and the host's list.
    pub(crate) fn configurations(&self) -> Vec<(PathBuf, Configuration)> {
        let mut all: Vec<(PathBuf, Configuration)> =
            self.configs.iter().map(|config| (config.path.clone(), config.configuration.clone())).collect();
        if self.list {
            let entry = |config: &Config| Registered {
                list: RegisteredList::VirtualMachines,
                id: config.configuration.id,
                path: text(&recorded(&config.path)),
            };
            let registered =
                self.configs.iter().filter(|config| config.configuration.kind == ConfigurationKind::Machine);
            let kind = ConfigurationKind::RegistrationList;
            let list = Configuration { kind, registered: registered.map(entry).collect(), ..Configuration::default() };
            all.push((PathBuf::from("/e/host/data.vmcx"), list));
        }
        all
    }

    pub(crate) fn judged(&self) -> (Vec<FileFacts>, Vec<Option<Verdict>>) {
        let mut facts = Vec::new();
        let mut nodes = Vec::new();
        for disk in self.disks.iter().map(|disk| (!disk.deleted).then_some(disk)) {
            // A deleted disk keeps its number, and is a file of no interest.
            let Some(disk) = disk else {
                facts.push(FileFacts::new(format!("/e/gone/{}", facts.len()), FileKind::Other));
                nodes.push(node(Path::new("/e/gone/x"), None, None, None, false));
                continue;
            };
            let reference = self.reference(disk);
            let identity = Some(disk.identity).filter(|_| !disk.damaged);
            let virtual_id = Some(disk.virtual_id).filter(|_| !disk.damaged);
            facts.push(FileFacts {
                size: Some(ByteLen::mib(4)),
                modified: Some(at("2026-01-01T00:00:00Z")),
                readable: !disk.damaged,
                identity,
                virtual_disk_id: virtual_id,
                differencing: reference.is_some(),
                settled_blocks: Some(u64::from(disk.identity.as_u128() % 3 > 0)),
                ..FileFacts::new(&disk.now_at, FileKind::Vhdx)
            });
            nodes.push(node(&disk.now_at, identity, virtual_id, reference, true));
        }
        let mut configurations = Vec::new();
        for (path, configuration) in self.configurations() {
            configurations.push((FileNo(facts.len()), configuration));
            facts.push(FileFacts::new(&path, FileKind::Vmcx));
            nodes.push(node(&path, None, None, None, false));
        }
        let mut scope = Scope::default();
        scope.add_below(Path::new("/e"));
        let maps = PathMaps::default();
        let forest = Forest::link_all(&nodes, &scope, &maps);
        let machines = Machines::correlate(&facts, configurations, &forest, &maps, &scope);
        let damaged = self.disks.iter().filter(|disk| disk.damaged && !disk.deleted).count();
        let seen = Seen { unreadable: u64::try_from(damaged).expect("a small number"), ..Seen::default() };
        let evidence = Evidence {
            files: &facts,
            forest: &forest,
            machines: &machines,
            seen,
            origins: &[Origin::here(Some(at("2026-11-25T00:00:00Z")))],
        };
        let verdicts = judge(&evidence);
        (facts, verdicts)
    }
}

pub(crate) fn at(time: &str) -> Timestamp {
    time.parse().expect("a time")
}

fn node(
    path: &Path,
    identity: Option<Uuid>,
    virtual_disk_id: Option<Uuid>,
    reference: Option<ParentReference>,
    is_image: bool,
) -> Node<'static> {
    Node {
        path: path.to_owned().into(),
        other_paths: &[],
        identity,
        virtual_disk_id,
        reference: reference.map(|reference| Cow::Owned(Ok(reference))),
        readable: identity.is_some(),
        is_image,
    }
}
