//! From keys to what they mean. The names are those that hosts write; they are compared in any case, for hosts do not
//! agree on it.

mod drives;
mod state;
mod time;

use std::collections::BTreeSet;
use std::path::Path;

use uuid::Uuid;

use crate::format::text::Utf16Text;
use crate::units::ByteLen;

use super::{
    Checkpoints, Configuration, ConfigurationKind, ConfigurationVersion, Key, Registered, RegisteredList, Value,
};

/// What the keys mean. The path tells of a configuration in which folder of its host it lies.
pub(super) fn configuration(keys: &[Key], path: Option<&Path>) -> Configuration {
    let tops = tops(keys);
    let at = |path: &[&str]| tops.iter().find_map(|top| top.descend(path)).map(|key| &key.value);
    let text = |path: &[&str]| at(path).and_then(Value::as_text).cloned();
    let word = |path: &[&str]| text(path).map(|text| text.lossy()).filter(|text| !text.is_empty());
    let id = |path: &[&str]| word(path).as_deref().and_then(guid);
    let time = |name: &str| at(&["properties", name]).and_then(time::of_value);
    let mut configuration = Configuration {
        id: id(&["properties", "global_id"]),
        machine_id: id(&["settings", "global", "logical_id"]),
        name: text(&["properties", "name"]),
        notes: text(&["properties", "notes"]).filter(|notes| !notes.is_empty()),
        type_id: word(&["properties", "type_id"]),
        version: at(&["properties", "version"]).and_then(version),
        generation: at(&["properties", "subtype"]).and_then(|subtype| match subtype.as_count()? {
            0 => Some(1),
            1 => Some(2),
            _ => None,
        }),
        created: time("creation_time"),
        last_powered_on: time("last_powered_on_time"),
        last_powered_off: time("last_powered_off_time"),
        last_state_change: time("last_state_change_time"),
        owner_sid: word(&["global_settings", "owner", "sid"]),
        clustered: at(&["properties", "highly_available"]).and_then(Value::as_bool),
        merge_pending: at(&["global_settings", "disk_merge_pending"]).and_then(Value::as_bool),
        guest_state_path: tops
            .iter()
            .flat_map(|top| top.children())
            .find_map(|device| device.child("StateFilePath")?.value.as_text().filter(|path| !path.is_empty()).cloned()),
        saved_state: state::saved(keys),
        checkpoints: checkpoints(&tops),
        drives: drives::find(keys),
        registered: registered(keys),
        ..Configuration::default()
    };
    configuration.kind = kind(&configuration, keys, path);
    configuration
}

/// Where the keys of a configuration hang.
#[derive(Clone, Copy)]
enum Top<'a> {
    /// Below this one, as they should.
    Key(&'a Key),
    /// At the top, for the key above them is lost.
    Lost(&'a [Key]),
}

fn tops(keys: &[Key]) -> Vec<Top<'_>> {
    let named = keys.iter().filter(|key| key.name.eq_ignore_ascii_case("configuration")).map(Top::Key);
    named.chain([Top::Lost(keys)]).collect()
}

impl<'a> Top<'a> {
    fn children(self) -> &'a [Key] {
        match self {
            Self::Key(key) => &key.children,
            Self::Lost(keys) => keys,
        }
    }

    fn descend(self, path: &[&str]) -> Option<&'a Key> {
        let (first, rest) = path.split_first()?;
        let mut named = self.children().iter().filter(|key| key.name.eq_ignore_ascii_case(first));
        named.find_map(|key| key.descend(rest))
    }
}

/// What a configuration stands for: what it says itself, and the host's folder where it says nothing or where only that
/// tells (a copy says what its original says).
fn kind(configuration: &Configuration, keys: &[Key], path: Option<&Path>) -> ConfigurationKind {
    if keys.iter().any(|key| key.name.eq_ignore_ascii_case("Configurations")) {
        return ConfigurationKind::RegistrationList;
    }
    let (ids, named) = ((configuration.id, configuration.machine_id), configuration.type_id.as_deref());
    let described = ids.0.is_some() || configuration.name.is_some() || named.is_some();
    if !described {
        let state = keys.iter().any(|key| key.name.eq_ignore_ascii_case("savedstate"));
        let extension = path.and_then(Path::extension).map(std::ffi::OsStr::to_ascii_lowercase);
        let called = extension.is_some_and(|extension| extension == "vmrs" || extension == "vsv");
        let is_state = configuration.drives.is_empty() && !keys.is_empty() && (state || called);
        return if is_state || configuration.saved_state.is_some() {
            ConfigurationKind::RuntimeState
        } else {
            ConfigurationKind::Unknown
        };
    }
    let folder = path.and_then(Path::parent).and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let is = |name: &str| folder.as_deref().is_some_and(|folder| folder.eq_ignore_ascii_case(name));
    let other = matches!(ids, (Some(id), Some(machine)) if id != machine);
    let says = |name: &str| named.is_some_and(|named| named.eq_ignore_ascii_case(name));
    // What the type says outright counts before what two ids are thought to mean, unless the folder bears these out.
    let other = other && (!says("Virtual Machines") || is("Snapshots"));
    if is("Virtual Machines Cache") {
        ConfigurationKind::Cached
    } else if is("Planned Virtual Machines") || says("Planned Virtual Machines") {
        ConfigurationKind::Planned
    } else if says("Snapshots") || named.is_none() && is("Snapshots") || other {
        ConfigurationKind::Checkpoint
    } else {
        ConfigurationKind::Machine
    }
}

/// The version: the major number in the bytes above the first, the minor in the first.
fn version(value: &Value) -> Option<ConfigurationVersion> {
    let number = u32::try_from(value.as_count()?).ok()?;
    Some(ConfigurationVersion { major: number >> 8, minor: u8::try_from(number & 0xFF).ok()? })
}

fn checkpoints(tops: &[Top<'_>]) -> Checkpoints {
    let Some(snapshots) = tops.iter().find_map(|top| top.descend(&["global_settings", "snapshots"])) else {
        return Checkpoints::default();
    };
    let value = |path: &[&str]| snapshots.descend(path).map(|key| &key.value);
    let mut listed = Vec::new();
    if let Some(list) = snapshots.child("list") {
        ids_below(list, &mut BTreeSet::new(), &mut listed);
    }
    Checkpoints {
        count: value(&["list", "size"]).and_then(Value::as_count),
        listed,
        automatic: value(&["enable_automatic"]).and_then(Value::as_bool),
        user_type: value(&["user_type"]).and_then(Value::as_count),
    }
}

/// Every id among the names and texts below a list, once: no public file shows what its entries are called.
fn ids_below(key: &Key, seen: &mut BTreeSet<Uuid>, ids: &mut Vec<Uuid>) {
    for child in &key.children {
        let text = child.value.as_text().map(Utf16Text::lossy);
        let found = [guid(&child.name), text.as_deref().and_then(guid)];
        ids.extend(found.into_iter().flatten().filter(|id| seen.insert(*id)));
        ids_below(child, seen, ids);
    }
}

fn registered(keys: &[Key]) -> Vec<Registered> {
    let tops = keys.iter().filter(|key| key.name.eq_ignore_ascii_case("Configurations"));
    let lists = tops.flat_map(|top| &top.children).filter(|list| list.value == Value::Node);
    lists
        .flat_map(|list| {
            let name = match list.name.to_ascii_lowercase().as_str() {
                "virtualmachines" => RegisteredList::VirtualMachines,
                "virtualmachinescache" => RegisteredList::VirtualMachinesCache,
                "resourcetypes" => RegisteredList::ResourceTypes,
                _ => RegisteredList::Other(list.name.clone()),
            };
            list.children.iter().filter_map(move |entry| {
                let path = entry.value.as_text()?.clone();
                Some(Registered { list: name.clone(), id: guid(&entry.name), path })
            })
        })
        .collect()
}

/// A GUID in its hyphenated form, alone, in braces, or between underscores as in the names of keys.
fn guid(text: &str) -> Option<Uuid> {
    let text = text.trim();
    let bare = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or(text);
    let bare = bare.strip_prefix('_').and_then(|rest| rest.strip_suffix('_')).unwrap_or(bare);
    // Only the hyphenated form: the uuid crate would take URNs and bare digits as well.
    if bare.len() == 36 { Uuid::try_parse(bare).ok() } else { None }
}

/// A value in one line.
fn show(value: &Value) -> String {
    match value {
        Value::Node | Value::Unreadable => String::new(),
        Value::Int(number) => number.to_string(),
        Value::UInt(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Text(text) => text.lossy(),
        Value::Bytes(bytes) => format!("{} bytes", ByteLen::from(bytes.len())),
        Value::Bool(value) => value.to_string(),
        Value::Stored(range) => format!("{} bytes at {}", range.len, range.start),
    }
}
