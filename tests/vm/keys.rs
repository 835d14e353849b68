//! What whole containers say.

use proptest::prelude::*;
use uuid::Uuid;
use vhdxray::testkit::hvs::{self, Bus, Container, Keys, Machine};
use vhdxray::vm::{ConfigurationKind, ControllerKind, DriveKind, RegisteredList, Value, VmFormat};

use super::support::{CHECKPOINT, DISK, MACHINE, container, disks, flat, machine, problems, read, read_as};

/// One key of each type; the long ones lie outside the tables.
fn all_types() -> Keys {
    let mut keys = Keys::new();
    keys.set("/a/int", i64::MIN)
        .set("/a/uint", hvs::Value::UInt(u64::MAX))
        .set("/a/double", hvs::Value::Double(-0.5))
        .set("/a/text", "C:\\Grüße\\𝄞.vhdx")
        .set("/a/empty", "")
        .set("/a/bytes", hvs::Value::Bytes(vec![1, 2, 0, 0]))
        .set("/a/yes", true)
        .set("/a/no", false)
        .set("/a/long text", "x".repeat(3000).as_str())
        .set("/a/long bytes", hvs::Value::Bytes(vec![7; 5000]));
    keys
}

fn text(text: &str) -> Value {
    use vhdxray::format::text::Utf16Text;
    Value::Text(Utf16Text::from_bytes(&text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()))
}

#[test]
fn every_type_comes_back_as_it_was_written() {
    let built = Container::new(all_types()).build();
    let vm = read(&built.bytes);
    assert!(vm.configuration.problems.is_empty(), "{:?}", vm.configuration.problems);
    let found = flat(&vm);
    let expected = [
        ("/a", Value::Node),
        ("/a/int", Value::Int(i64::MIN)),
        ("/a/uint", Value::UInt(u64::MAX)),
        ("/a/double", Value::Double(-0.5)),
        ("/a/text", text("C:\\Grüße\\𝄞.vhdx")),
        ("/a/empty", text("")),
        ("/a/bytes", Value::Bytes(vec![1, 2, 0, 0])),
        ("/a/yes", Value::Bool(true)),
        ("/a/no", Value::Bool(false)),
        ("/a/long text", text(&"x".repeat(3000))),
    ];
    for ((path, value), found) in expected.iter().zip(&found) {
        assert_eq!((found.0.as_str(), &found.1), (*path, value));
    }
    let Value::Stored(range) = &found.last().unwrap().1 else { panic!("{found:?}") };
    let (start, len) = (usize::try_from(range.start.0).unwrap(), usize::try_from(range.len.0).unwrap());
    assert_eq!((start..start + len, &built.bytes[start..start + len]), (built.file_objects[1].clone(), &[7; 5000][..]));
    let VmFormat::Storage(storage) = &vm.format else { panic!("{:?}", vm.format) };
    assert_eq!((storage.object_table_count, storage.key_table_count, storage.file_object_count), (1, 1, 2));
    assert_eq!(vm.value_count(), 10);
}

/// The flag that a value lies elsewhere may stand at any type.
#[test]
fn numbers_that_lie_outside_the_tables_are_numbers() {
    let mut keys = Keys::new();
    keys.set("/a/int", -5)
        .set("/a/uint", hvs::Value::UInt(7))
        .set("/a/double", hvs::Value::Double(2.5))
        .set("/a/yes", true);
    let built = Container { file_object_from: 4, ..Container::new(keys) }.build();
    assert_eq!(built.file_objects.len(), 4);
    let vm = read(&built.bytes);
    assert!(vm.configuration.problems.is_empty(), "{:?}", vm.configuration.problems);
    let values: Vec<Value> = flat(&vm).into_iter().skip(1).map(|(_, value)| value).collect();
    assert_eq!(values, [Value::Int(-5), Value::UInt(7), Value::Double(2.5), Value::Bool(true)]);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    /// However the keys are laid out, the tree is the same.
    #[test]
    fn the_layout_does_not_matter(
        table_size in 128_usize..5000,
        slots in 2_usize..40,
        children_first: bool,
        file_object_from in prop_oneof![4_usize..9, 4_usize..3000],
        slack in 0_usize..30,
        version in prop::sample::select(vec![0x101_u32, 0x200, 0x300, 0x301, 0x400]),
        sequence: u16,
    ) {
        let keys = machine().drive(Bus::Ide(1, 0), "ISO", "").set("/configuration/x/y/z", 1).keys;
        let plain = read(&Container::new(keys.clone()).build().bytes);
        let odd = Container { table_size, slots, children_first, file_object_from, slack, version, sequence,
            ..Container::new(keys) };
        let built = odd.build();
        let vm = read(&built.bytes);
        prop_assert!(vm.configuration.problems.is_empty(), "{:?}", vm.configuration.problems);
        prop_assert_eq!(&vm.configuration, &plain.configuration);
        let VmFormat::Storage(storage) = &vm.format else { panic!("{:?}", vm.format) };
        prop_assert_eq!(storage.key_table_count, built.key_tables.len() as u64);
        prop_assert_eq!(storage.object_table_count, built.object_tables.len() as u64);
        prop_assert_eq!(storage.header().unwrap().sequence_number, sequence.wrapping_add(1));
    }
}

#[test]
fn siblings_of_one_name_are_all_kept_in_order() {
    let mut keys = Keys::new();
    let metrics = keys.node("/configuration/metrics");
    for number in 0..5 {
        let device = keys.add_node(metrics, "devicetype");
        keys.add_value(Some(device), "guid", number).add_value(Some(device), "guid", number + 100);
    }
    for children_first in [false, true] {
        let built = Container { children_first, table_size: 200, ..Container::new(keys.clone()) }.build();
        let values: Vec<Value> = flat(&read(&built.bytes))
            .into_iter()
            .filter(|(path, _)| path.ends_with("guid"))
            .map(|(_, value)| value)
            .collect();
        let expected: Vec<Value> = (0..5).flat_map(|number| [Value::Int(number), Value::Int(number + 100)]).collect();
        assert_eq!(values, expected);
    }
}

#[test]
fn a_machine_says_what_it_attaches() {
    let keys = machine()
        .disk(Bus::Scsi(1, 63), r"\\server\share\data.avhdx")
        .drive(Bus::Scsi(0, 1), "ISO", r"C:\iso\a.iso")
        .drive(Bus::Scsi(0, 2), "PHYSICAL", r"\\.\PhysicalDrive3")
        .disk(Bus::Ide(1, 1), "")
        .set("/configuration/properties/notes", "do not delete")
        .set("/configuration/global_settings/owner/sid", "S-1-5-18")
        .set("/configuration/properties/highly_available", true)
        .set("/configuration/global_settings/disk_merge_pending", true)
        .set("/configuration/properties/last_powered_on_time", 133_211_067_586_606_556)
        .checkpoints(&[CHECKPOINT]);
    let vm = read(&Container::new(keys.keys).build().bytes);
    let configuration = &vm.configuration;
    assert_eq!((configuration.kind, configuration.id), (ConfigurationKind::Machine, Some(MACHINE)));
    assert_eq!(
        (configuration.generation, configuration.clustered, configuration.merge_pending),
        (Some(2), Some(true), Some(true))
    );
    assert_eq!(configuration.owner_sid.as_deref(), Some("S-1-5-18"));
    assert_eq!(configuration.notes.as_ref().unwrap().lossy(), "do not delete");
    assert_eq!(configuration.last_powered_on.unwrap().to_string(), "2023-02-17T11:25:58.6606556Z");
    assert_eq!((configuration.checkpoints.count, &configuration.checkpoints.listed[..]), (Some(1), &[CHECKPOINT][..]));
    let drives: Vec<_> = configuration
        .drives
        .iter()
        .map(|drive| (drive.controller.kind, drive.controller.number, drive.location, drive.kind.clone()))
        .collect();
    assert_eq!(
        drives,
        [
            (ControllerKind::Ide, 1, 1, DriveKind::Vhd),
            (ControllerKind::Scsi, 0, 0, DriveKind::Vhd),
            (ControllerKind::Scsi, 0, 1, DriveKind::Iso),
            (ControllerKind::Scsi, 0, 2, DriveKind::Other("PHYSICAL".to_owned())),
            (ControllerKind::Scsi, 1, 63, DriveKind::Vhd),
        ]
    );
    assert_eq!(disks(&vm), [DISK, r"\\server\share\data.avhdx"]);
    assert_eq!(configuration.drives[1].controller.name.as_deref(), Some("Synthetic SCSI Controller"));
}

#[test]
fn what_a_configuration_stands_for() {
    let kind = |keys: Keys, path: &str| read_as(&Container::new(keys).build().bytes, path).configuration.kind;
    let checkpoint = || Machine::checkpoint(CHECKPOINT, MACHINE, "before the update").disk(Bus::Scsi(0, 0), DISK);
    let vm = read(&Container::new(checkpoint().keys).build().bytes);
    assert_eq!((vm.configuration.id, vm.configuration.machine_id), (Some(CHECKPOINT), Some(MACHINE)));
    for (keys, path, expected) in [
        (machine().keys, "Virtual Machines/a.vmcx", ConfigurationKind::Machine),
        (machine().keys, "anywhere/a.vmcx", ConfigurationKind::Machine),
        (machine().keys, "planned virtual machines/a.vmcx", ConfigurationKind::Planned),
        (machine().keys, "Virtual Machines Cache/a.vmcx", ConfigurationKind::Cached),
        (checkpoint().keys, "Snapshots/a.vmcx", ConfigurationKind::Checkpoint),
        (checkpoint().keys, "elsewhere/a.vmcx", ConfigurationKind::Checkpoint),
        (checkpoint().set("/configuration/properties/type_id", "").keys, "x.vmcx", ConfigurationKind::Checkpoint),
        (hvs::host_list(&[(MACHINE, "a")], &[]), "data.vmcx", ConfigurationKind::RegistrationList),
    ] {
        assert_eq!(kind(keys, path), expected, "{path}");
    }
    let mut state = Keys::new();
    state.set("/configuration/properties/version", 0x900);
    assert_eq!(kind(state.clone(), "Virtual Machines/a.VMRS"), ConfigurationKind::RuntimeState);
    assert_eq!(kind(state, "Virtual Machines/a.vmcx"), ConfigurationKind::Unknown);
}

#[test]
fn saved_memory_is_noticed() {
    let mut keys = Keys::new();
    keys.set("/savedstate/VmVersion", 0x900)
        .set("/savedstate/type", "Snapshot")
        .set("/savedstate/savedVM/partition_state", hvs::Value::Bytes(vec![0; 100]));
    for block in 0..3 {
        keys.set(&format!("/savedstate/RamMemoryBlock{block}"), hvs::Value::Bytes(vec![0; 40]));
        keys.set(&format!("/savedstate/RamBlock{block}"), hvs::Value::Bytes(vec![1; 4096]));
    }
    let vm = read_as(&Container::new(keys).build().bytes, "Virtual Machines/a.vmrs");
    assert_eq!(vm.configuration.kind, ConfigurationKind::RuntimeState);
    let state = vm.configuration.saved_state.unwrap();
    assert_eq!((state.kind.as_deref(), state.memory_block_count, state.device_state), (Some("Snapshot"), 3, true));
    assert!(state.holds_memory());
    assert!(read(&container().build().bytes).configuration.saved_state.is_none());
}

#[test]
fn a_host_lists_its_machines_and_their_copies() {
    let other = Uuid::from_u128(9);
    let keys = hvs::host_list(&[(MACHINE, r"D:\a.vmcx"), (other, "")], &[(MACHINE, r"C:\cache\a.vmcx")]);
    let vm = read_as(&Container::new(keys).build().bytes, "data.vmcx");
    let listed: Vec<_> = vm
        .configuration
        .registered
        .iter()
        .map(|entry| (entry.list.clone(), entry.id.unwrap(), entry.path.lossy()))
        .collect();
    assert_eq!(
        listed,
        [
            (RegisteredList::VirtualMachines, MACHINE, r"D:\a.vmcx".to_owned()),
            (RegisteredList::VirtualMachines, other, String::new()),
            (RegisteredList::VirtualMachinesCache, MACHINE, r"C:\cache\a.vmcx".to_owned()),
        ]
    );
    assert!(problems(&vm).is_empty());
}
