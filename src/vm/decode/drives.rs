//! The drives of a configuration: every key that has a path name below it, wherever it stands, so that no disk is missed
//! because its controller is not known or its parents were lost.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::format::text::Utf16Text;
use crate::vm::{Controller, ControllerKind, Drive, DriveKind, Key, Value};

use super::{guid, show};

/// Device of the IDE controllers.
const IDE: Uuid = uuid::uuid!("83f8638b-8dca-4152-9eda-2ca8b33039b4");
/// Device of a SCSI controller.
const SCSI: Uuid = uuid::uuid!("d422512d-2bf2-4752-809d-7b82b5fcb1b4");
/// Device of the floppy controller.
const FLOPPY: Uuid = uuid::uuid!("8f0d2762-0b00-4e04-af4f-19010527cb93");

/// A device of the manifest.
struct Device {
    kind: ControllerKind,
    name: Option<String>,
    /// Number among the devices of its kind.
    number: u32,
}

/// All drives below the tops of a tree, in the order of controller and location.
pub(super) fn find(tops: &[Key]) -> Vec<Drive> {
    let devices = manifest(tops);
    let mut drives = Vec::new();
    for top in tops {
        collect(top, &mut Vec::new(), &devices, &mut drives);
    }
    drives.sort_by(|a, b| (&a.controller, a.location).cmp(&(&b.controller, b.location)));
    drives
}

/// The devices by their instance, numbered in the order of the manifest.
fn manifest(tops: &[Key]) -> BTreeMap<Uuid, Device> {
    let mut devices = BTreeMap::new();
    let mut numbers: BTreeMap<ControllerKind, u32> = BTreeMap::new();
    let tops = super::tops(tops);
    let manifest = tops.iter().filter_map(|top| top.descend(&["manifest"])).flat_map(|manifest| &manifest.children);
    for entry in manifest {
        let text = |name| entry.child(name).and_then(|key| key.value.as_text()).map(Utf16Text::lossy);
        let (Some(device), Some(instance)) = (text("device"), text("instance")) else { continue };
        let (Some(device), Some(instance)) = (guid(&device), guid(&instance)) else { continue };
        let kind = kind_of(device);
        let next = numbers.entry(kind).or_default();
        devices.entry(instance).or_insert(Device { kind, name: text("name"), number: *next });
        *next = next.saturating_add(1);
    }
    devices
}

fn kind_of(device: Uuid) -> ControllerKind {
    match device {
        IDE => ControllerKind::Ide,
        SCSI => ControllerKind::Scsi,
        FLOPPY => ControllerKind::Floppy,
        _ => ControllerKind::Other,
    }
}

fn collect<'a>(key: &'a Key, above: &mut Vec<&'a str>, devices: &BTreeMap<Uuid, Device>, drives: &mut Vec<Drive>) {
    if let Some(path) = key.child("pathname") {
        drives.push(drive(key, path, above, devices));
    }
    above.push(&key.name);
    for child in &key.children {
        collect(child, above, devices, drives);
    }
    above.pop();
}

fn drive(key: &Key, path: &Key, above: &[&str], devices: &BTreeMap<Uuid, Device>) -> Drive {
    let kind = match key.child("type").and_then(|kind| kind.value.as_text()).map(Utf16Text::lossy) {
        None => DriveKind::Unknown,
        Some(kind) => match kind.to_ascii_uppercase().as_str() {
            "VHD" => DriveKind::Vhd,
            "ISO" => DriveKind::Iso,
            "VFD" => DriveKind::Vfd,
            "NONE" => DriveKind::Empty,
            _ => DriveKind::Other(kind),
        },
    };
    let plain = |child: &&Key| child.name != "pathname" && child.name != "type" && child.value != Value::Node;
    let settings = key.children.iter().filter(plain).map(|child| (child.name.clone(), show(&child.value)));
    Drive {
        controller: controller(above, devices),
        location: number_after(&key.name, "drive").unwrap_or_default(),
        kind,
        path: path.value.as_text().filter(|path| !path.is_empty()).cloned(),
        settings: settings.collect(),
    }
}

/// The controller from the names above a drive: `_instance_`, `controllerN`.
fn controller(above: &[&str], devices: &BTreeMap<Uuid, Device>) -> Controller {
    let instance = above.iter().rev().find_map(|name| guid(name.trim_matches('_')));
    let within = above.last().and_then(|name| number_after(name, "controller")).unwrap_or_default();
    let device = instance.and_then(|instance| devices.get(&instance));
    // Instances of IDE and floppy controllers bear the device's own id, with or without a manifest.
    let kind = device.map(|device| device.kind).or_else(|| instance.map(kind_of)).unwrap_or(ControllerKind::Other);
    let number = match (kind, device) {
        // A SCSI controller is an instance of its own; both IDE controllers are one.
        (ControllerKind::Scsi, Some(device)) => device.number.saturating_add(within),
        _ => within,
    };
    Controller { kind, number, instance, name: device.and_then(|device| device.name.clone()) }
}

fn number_after(name: &str, prefix: &str) -> Option<u32> {
    let start = name.get(..prefix.len()).filter(|start| start.eq_ignore_ascii_case(prefix))?;
    name.get(start.len()..)?.parse().ok()
}
