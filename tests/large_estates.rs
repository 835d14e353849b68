//! Estates of many files that have one thing in common: a name, an identity, an id, a folder. What is found of each is
//! the same as in a small one, and hangs on no pass over all others: with one these tests would not come to their end.
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a test fails by panicking")]

use std::borrow::Cow;
use std::path::Path;

use jiff::Timestamp;
use uuid::Uuid;

use vhdxray::chain::windows_path::PathMap;
use vhdxray::chain::{FileNo, Forest, LinkStatus, Node, PathMaps, Scope};
use vhdxray::estate::verdict::{Class, Evidence, Seen, Verdict, judge};
use vhdxray::estate::{AttachedBy, AttachedStatus, FileFacts, Machines, Origin};
use vhdxray::format::text::Utf16Text;
use vhdxray::image::{FileKind, ParentReference};
use vhdxray::limits::{MAX_ATTACHED_CANDIDATES, MAX_CANDIDATES};
use vhdxray::units::ByteLen;
use vhdxray::vm::{Configuration, ConfigurationKind, Controller, ControllerKind, Drive, DriveKind};

const MANY: usize = 5_000;

/// The files of an estate below `/e`, which was the host's drive D:.
#[derive(Default)]
struct Estate {
    facts: Vec<FileFacts>,
    nodes: Vec<Node<'static>>,
    configurations: Vec<(FileNo, Configuration)>,
}

struct Judged {
    forest: Forest,
    machines: Machines,
    verdicts: Vec<Option<Verdict>>,
}

fn id(number: usize) -> Uuid {
    Uuid::from_u128(1 + u128::try_from(number).expect("a small number"))
}

fn text(text: &str) -> Utf16Text {
    Utf16Text::from_bytes(&text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>())
}

fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

impl Estate {
    fn add(&mut self, facts: FileFacts, parent: Option<Uuid>) -> FileNo {
        let reference = parent.map(|parent| ParentReference {
            linkage: Some(parent),
            linkage2: None,
            hints: Vec::new(),
            parent_time_stamp: None,
        });
        self.nodes.push(Node {
            path: facts.path.clone().into(),
            other_paths: &[],
            identity: facts.identity,
            virtual_disk_id: facts.virtual_disk_id,
            reference: reference.map(|reference| Cow::Owned(Ok(reference))),
            readable: facts.readable,
            is_image: facts.kind.is_image(),
        });
        self.facts.push(FileFacts {
            differencing: parent.is_some(),
            size: Some(ByteLen::mib(4)),
            modified: Some(time("2026-01-01T00:00:00Z")),
            ..facts
        });
        FileNo(self.facts.len() - 1)
    }

    fn disk(&mut self, path: &str, identity: Uuid, parent: Option<Uuid>) -> FileNo {
        let virtual_disk_id = Some(id(0));
        self.add(
            FileFacts { identity: Some(identity), virtual_disk_id, ..FileFacts::new(path, FileKind::Vhdx) },
            parent,
        )
    }

    /// A configuration with the paths of its disks as the host knew them.
    fn configuration(
        &mut self,
        path: &str,
        kind: ConfigurationKind,
        own: Uuid,
        machine: Uuid,
        disks: &[&str],
    ) -> FileNo {
        let drive = |(path, location): (&&str, u32)| Drive {
            controller: Controller { kind: ControllerKind::Scsi, number: 0, instance: None, name: None },
            location,
            kind: DriveKind::Vhd,
            path: Some(text(path)),
            settings: Vec::new(),
        };
        let drives = disks.iter().zip(0..).map(drive).collect();
        let configuration =
            Configuration { kind, id: Some(own), machine_id: Some(machine), drives, ..Configuration::default() };
        let file = self.add(FileFacts::new(path, FileKind::Vmcx), None);
        self.configurations.push((file, configuration));
        file
    }

    fn judged(self) -> Judged {
        let mut scope = Scope::default();
        scope.add_below(Path::new("/e"));
        let mut map = PathMap::default();
        map.add("D:\\", "/e".into()).expect("a drive");
        let maps = PathMaps::from(map);
        let forest = Forest::link_all(&self.nodes, &scope, &maps);
        let machines = Machines::correlate(&self.facts, self.configurations, &forest, &maps, &scope);
        let evidence = Evidence {
            files: &self.facts,
            forest: &forest,
            machines: &machines,
            seen: Seen::default(),
            origins: &[Origin::here(Some(time("2026-11-25T00:00:00Z")))],
        };
        let verdicts = judge(&evidence);
        Judged { forest, machines, verdicts }
    }
}

impl Judged {
    fn class(&self, file: FileNo) -> Class {
        self.verdicts[file.0].as_ref().expect("it is judged").class
    }
}

#[test]
fn many_copies_of_one_identity_with_children() {
    let mut estate = Estate::default();
    let mut beside = Vec::new();
    let mut apart = Vec::new();
    for number in 0..MANY {
        let base = estate.disk(&format!("/e/{number}/base.vhdx"), id(1), None);
        beside.push((base, estate.disk(&format!("/e/{number}/child.avhdx"), id(10 + number), Some(id(1)))));
        apart.push(estate.disk(&format!("/e/x/{number}.avhdx"), id(10 + MANY + number), Some(id(1))));
    }
    let copies: Vec<FileNo> = (0..MANY).map(|n| estate.disk(&format!("/e/copies/{n}.vhdx"), id(1), None)).collect();
    let judged = estate.judged();
    for (base, child) in beside {
        let link = judged.forest.link(child).expect("a link");
        assert_eq!((link.status, link.parent), (LinkStatus::Linked, Some(base)));
        assert_eq!((link.copies.len(), link.copies_left_out), (MAX_CANDIDATES, 2 * MANY - 1 - MAX_CANDIDATES));
        assert_eq!(judged.forest.children(base), [child]);
    }
    for child in apart {
        let link = judged.forest.link(child).expect("a link");
        assert_eq!((link.status, link.candidates_left_out), (LinkStatus::Ambiguous, 2 * MANY - MAX_CANDIDATES));
        assert_eq!(judged.class(child), Class::UnreferencedBroken);
    }
    assert!(copies.into_iter().all(|copy| judged.class(copy) == Class::Copy));
}

#[test]
fn many_children_of_one_parent_that_is_there_or_gone() {
    let mut estate = Estate::default();
    let parent = estate.disk("/e/base.vhdx", id(1), None);
    let children: Vec<FileNo> =
        (0..MANY).map(|n| estate.disk(&format!("/e/{n}.avhdx"), id(10 + n), Some(id(1)))).collect();
    let orphans: Vec<FileNo> =
        (0..MANY).map(|n| estate.disk(&format!("/e/x/{n}.avhdx"), id(10 + MANY + n), Some(id(2)))).collect();
    let judged = estate.judged();
    assert_eq!(judged.forest.children(parent), children);
    for orphan in orphans {
        let link = judged.forest.link(orphan).expect("a link");
        assert_eq!((link.candidates.len(), link.candidates_left_out), (MAX_CANDIDATES, 2 * MANY - MAX_CANDIDATES));
    }
}

#[test]
fn a_long_chain_whose_files_are_all_relatives_of_a_broken_one() {
    let mut estate = Estate::default();
    for number in 0..MANY {
        estate.disk(&format!("/e/{number:06}.avhdx"), id(10 + number), Some(id(9 + number)));
    }
    let others: Vec<FileNo> =
        (0..MANY).map(|n| estate.disk(&format!("/e/x/{n}.avhdx"), id(10 + MANY + n), Some(id(2)))).collect();
    let forest = Forest::link_all(&estate.nodes, &Scope::default(), &PathMaps::default());
    assert_eq!(forest.ancestry(FileNo(MANY - 1)).count(), MANY);
    let first = forest.link(FileNo(0)).expect("a link");
    assert!(first.candidates.is_empty(), "all that are named depend on it");
    for other in others {
        assert_eq!(forest.link(other).expect("a link").candidates.len(), MAX_CANDIDATES);
    }
}

#[test]
fn many_machines_whose_disks_are_called_alike() {
    let mut estate = Estate::default();
    let mut machines = Vec::new();
    for number in 0..MANY {
        let folder = format!("/e/web{number}");
        let disk = estate.disk(&format!("{folder}/Virtual Hard Disks/disk.vhdx"), id(10 + number), None);
        let recorded = [
            r"C:\gone\Virtual Hard Disks\disk.vhdx",
            r"D:\gone\Virtual Hard Disks\disk_5F1C2A70-0000-4000-8000-0000000000AA.avhdx",
        ];
        let path = format!("{folder}/Virtual Machines/{}.vmcx", id(number));
        let (own, kind) = (id(number), ConfigurationKind::Machine);
        machines.push((estate.configuration(&path, kind, own, own, &recorded), disk));
    }
    let judged = estate.judged();
    for (file, disk) in machines {
        let (_, machine) = judged.machines.of_file(file).expect("a machine");
        let found = &machine.disks[0].found;
        // Each lies beside its configuration, and so does one as good beside each other configuration.
        assert_eq!((found.status, found.found_by), (AttachedStatus::Ambiguous, Some(AttachedBy::DisksBeside)));
        assert_eq!((found.files[0], found.files.len()), (disk, MAX_ATTACHED_CANDIDATES));
        let gone = &machine.disks[1].found;
        assert_eq!((gone.status, gone.files.len()), (AttachedStatus::Outside, MAX_ATTACHED_CANDIDATES));
    }
}

#[test]
fn many_copies_of_one_machine_with_its_checkpoint_and_state() {
    let mut estate = Estate::default();
    let mut copies = Vec::new();
    let (own, checkpoint) = (id(1), id(2));
    for number in 0..MANY {
        let folder = format!("/e/copy{number}");
        let machine = format!("{folder}/{own}.vmcx");
        let machine = estate.configuration(&machine, ConfigurationKind::Machine, own, own, &[]);
        let kept = format!("{folder}/Snapshots/{checkpoint}.vmcx");
        let kept = estate.configuration(&kept, ConfigurationKind::Checkpoint, checkpoint, own, &[]);
        let state = estate.add(FileFacts::new(format!("{folder}/{own}.vmrs"), FileKind::Vmrs), None);
        let lost = estate.add(FileFacts::new(format!("{folder}/lost/{own}.vmcx"), FileKind::Vmcx), None);
        copies.push((machine, kept, state, lost));
    }
    let judged = estate.judged();
    for (number, (machine, kept, state, lost)) in copies.into_iter().enumerate() {
        let (owner, _) = judged.machines.of_file(machine).expect("a machine");
        let (_, kept) = judged.machines.of_file(kept).expect("a checkpoint");
        assert_eq!(kept.owner, Some(owner));
        let state = judged.verdicts[state.0].as_ref().expect("it is judged");
        let belongs = format!("it belongs to /e/copy{number}/{own}.vmcx");
        assert_eq!((state.class, state.reasons[0].as_str()), (Class::CompanionInUse, belongs.as_str()));
        assert_eq!(judged.class(lost), Class::Unknown);
    }
}

#[test]
fn many_disks_beside_one_in_use_that_cannot_say_what_they_are_over() {
    let mut estate = Estate::default();
    let mute = |path: String, kind| FileFacts { readable: kind == FileKind::VhdSet, ..FileFacts::new(path, kind) };
    let leaf = estate.add(mute("/e/web.vhdx".to_owned(), FileKind::Vhdx), None);
    let names = (0..MANY).map(|number| format!("web_{}", id(number)));
    let disks: Vec<FileNo> =
        names.map(|name| estate.add(mute(format!("/e/{name}.avhdx"), FileKind::Vhdx), None)).collect();
    let sets: Vec<(FileNo, FileNo)> = (0..MANY)
        .map(|number| {
            let disk = estate.disk(&format!("/e/sets/{number}.avhdx"), id(10 + number), None);
            let set = mute(format!("/e/sets/set{number}.vhds"), FileKind::VhdSet);
            let backing_name = Some(format!("{number}.AVHDX"));
            (estate.add(FileFacts { backing_name, ..set }, None), disk)
        })
        .collect();
    let silent: Vec<FileNo> = (0..MANY)
        .map(|number| estate.add(mute(format!("/e/silent/web_{}.vhds", id(number)), FileKind::VhdSet), None))
        .collect();
    let behind: Vec<FileNo> = (0..MANY)
        .map(|number| estate.disk(&format!("/e/silent/web_{}.avhdx", id(number)), id(10 + MANY + number), None))
        .collect();
    estate.configuration("/e/1.vmcx", ConfigurationKind::Machine, id(1), id(1), &[r"D:\web.vhdx"]);
    let judged = estate.judged();
    assert_eq!(judged.class(leaf), Class::ActiveLeaf);
    assert!(disks.into_iter().all(|disk| judged.class(disk) == Class::ChainMember));
    assert!(sets.into_iter().all(|(_, disk)| judged.class(disk) == Class::VhdSetMember));
    assert!(silent.into_iter().chain(behind).all(|file| judged.class(file) == Class::VhdSetMember));
}
