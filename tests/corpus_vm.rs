//! Configurations against CONFIG.tsv: every value of every real configuration of the corpus, no checksum wrong, none
//! left out.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by panicking")]

#[cfg(test)]
mod support;

use std::collections::BTreeSet;
use std::path::PathBuf;

use support::corpus::Corpus;
use support::ledger::Ledger;
use vhdxray::source::FileSource;
use vhdxray::vm::{ConfigurationKind, Key, RegisteredList, ReplayLogState, Value, VmFile, VmFormat};

/// All configurations in MANIFEST.tsv and CONFIG.tsv.
const FILES: usize = 5;
/// All rows of CONFIG.tsv.
const ROWS: usize = 76;

fn read(corpus: &Corpus, file: &str) -> VmFile {
    let path: PathBuf = corpus.root().join(file);
    VmFile::read(&FileSource::open(&path).unwrap()).unwrap()
}

#[test]
fn every_value_of_the_table_is_decoded() {
    let Some(corpus) = Corpus::open() else { return };
    let files: BTreeSet<&str> = corpus.config.iter().map(|row| row.file.as_str()).collect();
    assert_eq!((files.len(), corpus.config.len()), (FILES, ROWS), "CONFIG.tsv has changed");
    let mut ledger = Ledger::default();
    for file in files {
        let vm = read(corpus, file);
        for row in corpus.config.iter().filter(|row| row.file == file) {
            let found = match row.key.as_str() {
                "container" => container(&vm),
                // The table counts names that siblings share once.
                "values decoded" => {
                    let mut paths = BTreeSet::new();
                    vm.keys.iter().for_each(|key| value_paths(key, "", &mut paths));
                    paths.len().to_string()
                }
                "/configuration/properties/creation_time" => {
                    vm.configuration.created.expect("a time").to_string().split('.').next().unwrap().to_owned() + "Z"
                }
                path => literal(value(&vm.keys, path), &row.kind),
            };
            ledger.equal(file, &row.key, row.value.clone(), found);
        }
    }
    ledger.close(ROWS);
}

#[test]
fn no_real_configuration_has_a_problem() {
    let Some(corpus) = Corpus::open() else { return };
    let (mut keys, mut values) = (0, 0);
    for file in corpus.config.iter().map(|row| row.file.as_str()).collect::<BTreeSet<_>>() {
        let vm = read(corpus, file);
        assert!(vm.configuration.problems.is_empty(), "{file}: {:?}", vm.configuration.problems);
        if let VmFormat::Storage(storage) = &vm.format {
            assert_eq!(storage.log.state, ReplayLogState::Clean, "{file}");
            values += vm.value_count();
            for key in &vm.keys {
                keys += count_intact(key);
            }
        }
    }
    // In each of the two machines' files, the host's list and the run-time state, as a plain reader written for this
    // counted them; each key has a checksum, and siblings of one name are in the last.
    assert_eq!((keys, values), (409 * 2 + 39 + 113, 303 * 2 + 35 + 90));
}

#[test]
fn what_the_keys_mean() {
    let Some(corpus) = Corpus::open() else { return };
    let gen1 = read(corpus, "config-gen1-vmcx/EC04F346-DB96-4700-AF5B-77B3C56C38BD.vmcx").configuration;
    assert_eq!(gen1.kind, ConfigurationKind::Machine);
    assert_eq!(gen1.id, gen1.machine_id);
    assert_eq!(gen1.id.unwrap().to_string(), "ec04f346-db96-4700-af5b-77b3c56c38bd");
    assert_eq!(gen1.name.unwrap().lossy(), "Default Generation 1");
    assert_eq!((gen1.version.unwrap().to_string().as_str(), gen1.generation), ("9.0", Some(1)));
    assert_eq!((gen1.clustered, gen1.merge_pending), (Some(false), Some(false)));
    assert_eq!((gen1.checkpoints.count, gen1.checkpoints.automatic), (Some(0), Some(false)));
    assert!(gen1.saved_state.is_none() && gen1.checkpoints.listed.is_empty());
    let drives: Vec<_> = gen1
        .drives
        .iter()
        .map(|drive| {
            let path = drive.path.as_ref().map(vhdxray::format::text::Utf16Text::lossy).unwrap_or_default();
            (drive.controller.kind.name(), drive.controller.number, drive.location, drive.kind.recorded(), path)
        })
        .collect();
    assert_eq!(
        drives,
        [
            ("ide", 0, 0, "VHD", r"C:\Disks\Default Generation 1.vhdx".to_owned()),
            ("ide", 0, 1, "NONE", String::new()),
            ("ide", 1, 0, "ISO", String::new()),
            ("ide", 1, 1, "NONE", String::new()),
            ("floppy", 0, 0, "VFD", String::new()),
        ]
    );
    let host = read(corpus, "config-host-data-vmcx/data.vmcx").configuration;
    assert_eq!(host.kind, ConfigurationKind::RegistrationList);
    let of = |list| host.registered.iter().filter(|entry| entry.list == list).count();
    assert_eq!((of(RegisteredList::VirtualMachines), of(RegisteredList::VirtualMachinesCache)), (4, 4));
    assert_eq!((of(RegisteredList::ResourceTypes), host.registered.len()), (25, 33));
    assert!(host.registered.iter().all(|entry| entry.id.is_some()));
    let state = read(corpus, "config-test-vmrs/test.VMRS").configuration;
    assert_eq!(state.kind, ConfigurationKind::RuntimeState);
    assert!(state.saved_state.is_none() && state.drives.is_empty());
    let xml = read(corpus, "config-gen1-xml/B90AC31B-C6F8-479F-9B91-07B894A6A3F6.xml").configuration;
    assert_eq!((xml.kind, xml.generation), (ConfigurationKind::Machine, Some(1)));
    assert_eq!(xml.version.unwrap().to_string(), "5.0");
    assert_eq!(xml.last_powered_off.unwrap().to_string(), "2023-02-17T11:25:58.6606556Z");
    assert_eq!(xml.last_powered_on, None);
    assert_eq!(xml.drives.len(), 5);
}

#[test]
fn the_log_of_a_real_machine_tells_its_past() {
    let Some(corpus) = Corpus::open() else { return };
    let history = read(corpus, "config-test-vmcx/test.vmcx").history;
    assert_eq!(history.entries.len(), 9);
    assert!(history.entries.iter().all(|entry| entry.intact));
    let host = read(corpus, "config-host-data-vmcx/data.vmcx").history;
    // Four in its log, of which one was partly written over, and three in the log that it has outgrown.
    assert_eq!(host.entries.len(), 7);
    assert_eq!(host.entries.iter().filter(|entry| !entry.intact).count(), 1);
    // Three machines that the host once had, each under the path of its configuration.
    let former: BTreeSet<(String, String)> = host
        .former
        .iter()
        .map(|former| {
            assert!(former.now.is_none(), "{former:?}");
            (former.path.clone(), former.value.as_text().unwrap().exact().unwrap())
        })
        .collect();
    let machine = |folder: &str, id: &str| {
        let path = format!(r"{folder}\Virtual Machines\{id}.vmcx");
        (format!("/Configurations/VirtualMachines/_{id}_"), path)
    };
    let data = r"C:\ProgramData\Microsoft\Windows\Hyper-V";
    let expected = [
        machine(r"C:\Hyper-V\EasyToFind", "282874FC-59D6-4F30-BC04-5FDD909C82E0"),
        machine(data, "59BA3B9E-EC28-47A0-BC45-98E06E082ADE"),
        machine(data, "FA2CC0D6-643D-496C-AA33-10F911E7EAF8"),
    ];
    assert_eq!((former, host.left_out_count), (BTreeSet::from(expected), 0));
}

fn container(vm: &VmFile) -> String {
    match &vm.format {
        VmFormat::Storage(storage) => {
            let sequence = |number: usize| storage.headers[number].valid().unwrap().sequence_number;
            format!(
                "version {:#x}; header sequence numbers {},{} (the higher one is current); replay logs {}; object \
                 tables {}; key tables {}",
                storage.header().unwrap().format_version,
                sequence(0),
                sequence(1),
                usize::from(storage.log.range.is_some()),
                storage.object_table_count,
                storage.key_table_count,
            )
        }
        VmFormat::Xml(xml) => {
            let mark = if xml.byte_order_mark { " with byte order mark" } else { "" };
            format!("{}{mark}", xml.encoding)
        }
        VmFormat::None => panic!("no configuration"),
    }
}

fn value<'a>(keys: &'a [Key], path: &str) -> &'a Value {
    let mut names = path.trim_start_matches('/').split('/');
    let first = names.next().unwrap();
    let top = keys.iter().find(|key| key.name == first).unwrap_or_else(|| panic!("no {first}"));
    let names: Vec<&str> = names.collect();
    &top.descend(&names).unwrap_or_else(|| panic!("no {path}")).value
}

/// A value as the table has it: a Python literal, and every value of an XML document as text.
fn literal(value: &Value, kind: &str) -> String {
    let text = |text: &str| format!("'{}'", text.replace('\\', "\\\\"));
    match (value, kind) {
        (Value::Text(value), _) => text(&value.exact().unwrap()),
        (Value::Int(value), "XML") => text(&value.to_string()),
        (Value::Int(value), _) => value.to_string(),
        (Value::Bool(true), _) => "True".to_owned(),
        (Value::Bool(false), _) => "False".to_owned(),
        other => panic!("{other:?} is not in the table"),
    }
}

fn value_paths(key: &Key, above: &str, paths: &mut BTreeSet<String>) {
    let path = format!("{above}/{}", key.name);
    key.children.iter().for_each(|child| value_paths(child, &path, paths));
    if key.value != Value::Node {
        paths.insert(path);
    }
}

fn count_intact(key: &Key) -> usize {
    assert_eq!(key.intact, Some(true), "{}", key.name);
    1 + key.children.iter().map(count_intact).sum::<usize>()
}
