//! `vm`: a machine's configuration for people: whose it is, what it attaches, what is wrong with the file; on request its
//! keys and its past.

mod history;
mod keys;
mod value;

use std::io::{self, Write};
use std::path::Path;

use jiff::Timestamp;

use crate::units::ByteLen;
use crate::vm::{
    Configuration, ConfigurationKind, ControllerKind, Drive, DriveKind, RegisteredList, ReplayLogState, Storage,
    VmFile, VmFormat,
};

use super::info::sheet::{Cell, Sheet};
use super::{Paint, Style, text};

pub use history::write as write_history;
pub use keys::write as write_keys;
pub(in crate::report) use value::shown;

/// Writes what a configuration says.
pub fn write(path: &Path, vm: &VmFile, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let mut sheet = Sheet::new(out, style);
    sheet.title(&text::path(path))?;
    sheet.prose(Paint::Plain, &summary(vm))?;
    problems(&mut sheet, vm)?;
    let configuration = &vm.configuration;
    match configuration.kind {
        ConfigurationKind::RegistrationList => registered(&mut sheet, configuration)?,
        _ => {
            identity(&mut sheet, configuration, style.as_of)?;
            checkpoints(&mut sheet, configuration)?;
            drives(&mut sheet, configuration)?;
        }
    }
    file(&mut sheet, vm)
}

/// The file in one line.
fn summary(vm: &VmFile) -> String {
    let configuration = &vm.configuration;
    let what = match configuration.kind {
        ConfigurationKind::Machine => "Configuration of the machine",
        ConfigurationKind::Checkpoint => "Configuration of the checkpoint",
        ConfigurationKind::Planned => "Configuration of the half imported machine",
        ConfigurationKind::Cached => "The host's copy of the configuration of the machine",
        ConfigurationKind::RegistrationList => "The host's list of its machines",
        ConfigurationKind::RuntimeState => "Run-time state of a machine or checkpoint",
        ConfigurationKind::Unknown if matches!(vm.format, VmFormat::None) => "No configuration can be read",
        ConfigurationKind::Unknown => "A configuration that does not say what it stands for",
    };
    let named = matches!(
        configuration.kind,
        ConfigurationKind::Machine
            | ConfigurationKind::Checkpoint
            | ConfigurationKind::Planned
            | ConfigurationKind::Cached
    );
    let name = configuration.name.as_ref().map(|name| format!("\"{}\"", text::printable(&name.lossy())));
    let name = name.unwrap_or_else(|| "without a name".to_owned());
    let disks = configuration.drives.iter().filter(|drive| drive.disk_path().is_some()).count();
    match (named, disks) {
        (false, _) => what.to_owned(),
        (true, 0) => format!("{what} {name}, with no disk"),
        (true, 1) => format!("{what} {name}, with one disk"),
        (true, disks) => format!("{what} {name}, with {disks} disks"),
    }
}

fn problems(sheet: &mut Sheet<'_>, vm: &VmFile) -> io::Result<()> {
    if let VmFormat::Storage(storage) = &vm.format
        && storage.log.state == ReplayLogState::Dirty
    {
        sheet.gap()?;
        let note = "The replay log is dirty, as after a crash or while the machine is in use. All that follows is as of \
                    a replay in memory; the file is unchanged.";
        sheet.prose(Paint::Notice, note)?;
    }
    let problems = &vm.configuration.problems;
    if problems.is_empty() {
        return Ok(());
    }
    sheet.gap()?;
    let alarm = problems.iter().any(|problem| problem.kind.loses_content());
    let (paint, note) = match (alarm, &vm.format) {
        (true, VmFormat::None) => (Paint::Alarm, "Nothing could be read:"),
        (true, _) => (Paint::Alarm, "Not all of it can be trusted, or could be read:"),
        (false, _) => (Paint::Notice, "Worth knowing:"),
    };
    sheet.prose(paint, note)?;
    for problem in problems {
        let reason = text::printable(&problem.error.reason().to_string());
        let places = match problem.count {
            0 | 1 => String::new(),
            count => format!("; {} places in all", text::count(count)),
        };
        sheet.bullet(paint, &format!("{reason}{places}"))?;
    }
    Ok(())
}

fn identity(sheet: &mut Sheet<'_>, configuration: &Configuration, as_of: Timestamp) -> io::Result<()> {
    let Configuration { id, machine_id, name, notes, version, generation, created, .. } = configuration;
    let known = id.is_some() || name.is_some() || version.is_some();
    if !known && configuration.saved_state.is_none() {
        return Ok(());
    }
    sheet.section("Machine")?;
    sheet.optional("Name", name.as_ref().map(|name| text::printable(&name.lossy())))?;
    sheet.row("Kind", configuration.kind.name().replace('_', " "))?;
    sheet.optional("Id", *id)?;
    sheet.optional("Machine's id", machine_id.filter(|machine| Some(*machine) != *id))?;
    sheet.optional("Generation", *generation)?;
    sheet.optional("Configuration version", *version)?;
    let time = |time: Option<Timestamp>| time.map(|time| when(time, as_of));
    sheet.optional("Created", time(*created))?;
    sheet.optional("Last started", time(configuration.last_powered_on))?;
    sheet.optional("Last stopped", time(configuration.last_powered_off))?;
    sheet.optional("State last changed", time(configuration.last_state_change))?;
    sheet.optional("Owner", configuration.owner_sid.as_deref().map(text::printable))?;
    sheet.optional("Clustered", configuration.clustered.map(yes))?;
    match configuration.merge_pending {
        Some(true) => sheet.painted_row("Merge pending", Paint::Notice, "yes: Hyper-V still owes a merge of disks")?,
        other => sheet.optional("Merge pending", other.map(yes))?,
    }
    sheet
        .optional("Guest state", configuration.guest_state_path.as_ref().map(|path| text::printable(&path.lossy())))?;
    if let Some(state) = &configuration.saved_state {
        let kind = state.kind.as_deref().map(|kind| format!("{}, ", text::printable(kind))).unwrap_or_default();
        let blocks = text::plural(state.memory_block_count, "block");
        let held = format!("{kind}{blocks} of memory: a change of the disks would make it useless");
        let none = format!("{kind}no memory");
        match state.holds_memory() {
            true => sheet.painted_row("Saved state", Paint::Notice, held)?,
            false => sheet.row("Saved state", none)?,
        }
    }
    let notes: Vec<String> = notes.iter().flat_map(|notes| lines(&notes.lossy())).collect();
    sheet.list("Notes", &notes)
}

/// The lines of a text, each made harmless.
fn lines(text: &str) -> Vec<String> {
    text.lines().map(text::printable).collect()
}

fn when(time: Timestamp, as_of: Timestamp) -> String {
    let second = Timestamp::from_second(time.as_second()).unwrap_or(time);
    let ago = if time > as_of { "" } else { " ago" };
    format!("{second} ({}{ago})", text::age_of(time, as_of))
}

fn yes(value: bool) -> &'static str {
    if value { "yes" } else { "no" }
}

fn checkpoints(sheet: &mut Sheet<'_>, configuration: &Configuration) -> io::Result<()> {
    let checkpoints = &configuration.checkpoints;
    if *checkpoints == crate::vm::Checkpoints::default() {
        return Ok(());
    }
    sheet.section("Checkpoints")?;
    sheet.optional("Known to the machine", checkpoints.count)?;
    sheet.list("Listed", &checkpoints.listed.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    sheet.optional("One at each start", checkpoints.automatic.map(yes))?;
    // The numbers are those of Msvm_VirtualSystemSettingData.UserSnapshotType.
    let kind = checkpoints.user_type.map(|kind| match kind {
        2 => "none are allowed (2)".to_owned(),
        3 => "production, else standard (3)".to_owned(),
        4 => "production only (4)".to_owned(),
        5 => "standard (5)".to_owned(),
        other => other.to_string(),
    });
    sheet.optional("Type of new ones", kind)
}

fn drives(sheet: &mut Sheet<'_>, configuration: &Configuration) -> io::Result<()> {
    if configuration.drives.is_empty() {
        return Ok(());
    }
    sheet.section("Drives")?;
    sheet.table(&configuration.drives.iter().map(drive).collect::<Vec<_>>())
}

fn drive(drive: &Drive) -> Vec<Cell> {
    let controller = match drive.controller.kind {
        ControllerKind::Ide | ControllerKind::Scsi => drive.controller.kind.name().to_uppercase(),
        ControllerKind::Floppy => "Floppy".to_owned(),
        ControllerKind::Other => "Other".to_owned(),
    };
    let empty = Cell::new("empty").paint(Paint::Faint);
    let kind = match &drive.kind {
        DriveKind::Unknown => Cell::new("type unknown").paint(Paint::Notice),
        kind => Cell::new(text::printable(kind.recorded())),
    };
    vec![
        Cell::new(format!("{controller} {}:{}", drive.controller.number, drive.location)),
        kind,
        drive.path.as_ref().map_or(empty, |path| Cell::new(text::printable(&path.lossy()))),
    ]
}

/// The machines first; resource types are no machines, and counted alone.
fn registered(sheet: &mut Sheet<'_>, configuration: &Configuration) -> io::Result<()> {
    let mut lists: Vec<&RegisteredList> = configuration.registered.iter().map(|entry| &entry.list).collect();
    lists.sort_unstable();
    lists.dedup();
    for list in lists {
        let entries = configuration.registered.iter().filter(|entry| entry.list == *list);
        match list {
            RegisteredList::VirtualMachines => sheet.section("Machines")?,
            RegisteredList::VirtualMachinesCache => sheet.section("Copies of their configurations")?,
            RegisteredList::ResourceTypes => {
                sheet.section("Resource types")?;
                sheet.row("Number", entries.count())?;
                continue;
            }
            RegisteredList::Other(name) => sheet.section(&text::printable(name))?,
        }
        let rows = entries.map(|entry| {
            let id = entry.id.map_or_else(|| "no id".to_owned(), |id| id.to_string());
            vec![Cell::new(id), Cell::new(text::printable(&entry.path.lossy()))]
        });
        sheet.table(&rows.collect::<Vec<_>>())?;
    }
    Ok(())
}

fn file(sheet: &mut Sheet<'_>, vm: &VmFile) -> io::Result<()> {
    match &vm.format {
        VmFormat::None => return Ok(()),
        VmFormat::Xml(xml) => {
            sheet.section("File")?;
            let whole = if xml.whole { "" } else { ", broken" };
            sheet.row("Format", format!("XML in {}{whole}", xml.encoding))?;
        }
        VmFormat::Storage(storage) => container(sheet, storage)?,
    }
    sheet.row("Values", text::count(vm.value_count()))?;
    let (pieces, former) = (vm.history.entries.len(), vm.history.former.len());
    if pieces > 0 {
        let pieces = text::plural(ByteLen::from(pieces).0, "piece");
        let gone = match former {
            0 => "and no value that is not here any more".to_owned(),
            1 => "with a value that is not here any more (see --history)".to_owned(),
            _ => format!("with {former} values that are not here any more (see --history)"),
        };
        let told = format!("{pieces} of former states, {gone}");
        sheet.row("Past", told)?;
    }
    Ok(())
}

fn container(sheet: &mut Sheet<'_>, storage: &Storage) -> io::Result<()> {
    sheet.section("File")?;
    let version = storage.header().map(|header| {
        let version = header.format_version;
        format!(" of version {}.{}, sequence number {}", version >> 8, version & 0xFF, header.sequence_number)
    });
    sheet.row("Format", format!("Hyper-V storage container{}", version.unwrap_or_default()))?;
    let (state, paint) = match storage.log.state {
        ReplayLogState::Clean => ("clean: nothing is to be replayed".to_owned(), Paint::Plain),
        ReplayLogState::Dirty => {
            let replayed = text::count(storage.log.replayed_entries.into());
            let replayed = if replayed == "1" { "1 entry".to_owned() } else { format!("{replayed} entries") };
            (format!("dirty: {replayed}, replayed in memory"), Paint::Notice)
        }
        ReplayLogState::Damaged => {
            let (replayed, all) = (storage.log.replayed_entries, storage.log.current_entries);
            (format!("damaged: {replayed} of {all} entries could be replayed"), Paint::Alarm)
        }
        ReplayLogState::None => ("no header leads to one".to_owned(), Paint::Alarm),
    };
    sheet.painted_row("Replay log", paint, state)?;
    let (objects, keys) = (text::count(storage.object_table_count), text::count(storage.key_table_count));
    let outside = text::plural(storage.file_object_count, "value");
    sheet.row("Tables", format!("{objects} of objects, {keys} of keys; {outside} outside them"))
}
