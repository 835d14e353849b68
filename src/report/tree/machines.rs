//! The machines above the chains: what each attaches, and its checkpoints as a tree.

use std::collections::BTreeMap;
use std::io::{self, Write};

use crate::estate::verdict::Class;
use crate::estate::{AttachedBy, AttachedDisk, AttachedStatus, CheckpointNode, Machine, MachineNo};
use crate::inspect::count;
use crate::report::{Paint, place, text};
use crate::vm::ConfigurationKind;

use super::Page;

/// Deepest level of checkpoints that is drawn with lines of its own.
const MAX_INDENT: usize = 10;

impl Page<'_> {
    /// Every machine with its disks and checkpoints; checkpoints whose machine was not found come last.
    pub(super) fn write_machines(&self, out: &mut dyn Write) -> io::Result<()> {
        let machines = &self.inspection.machines;
        let alone = |machine: &Machine| machine.is_machine() || machine.owner.is_none();
        let shown: Vec<(MachineNo, &Machine)> = machines
            .iter()
            .filter(|(_, machine)| alone(machine) && !machine.backup_copy)
            .filter(|(_, machine)| machine.kind() != ConfigurationKind::Cached)
            .filter(|(_, machine)| self.inspection.file(machine.file).is_some_and(|file| file.named))
            .collect();
        if shown.is_empty() {
            return Ok(());
        }
        writeln!(out, "{}", self.style.paint(Paint::Strong, "Machines"))?;
        for (number, machine) in shown {
            self.write_machine(number, machine, out)?;
        }
        writeln!(out)
    }

    fn write_machine(&self, number: MachineNo, machine: &Machine, out: &mut dyn Write) -> io::Result<()> {
        let name = machine.name().filter(|name| !name.is_empty());
        let name = name.or(machine.configuration.id.map(|id| id.to_string()));
        let name = name.map_or_else(|| "(without a name)".to_owned(), |name| text::printable(&name));
        let facts = self.style.paint(Paint::Faint, self.facts(number, machine));
        writeln!(out, "{}  {facts}", self.style.paint(Paint::Strong, name))?;
        let tree = self.inspection.machines.checkpoint_tree(number);
        let lead = if tree.is_empty() { "   " } else { "│  " };
        self.write_disks(machine, lead, out)?;
        self.write_checkpoints(tree, out)
    }

    fn facts(&self, number: MachineNo, machine: &Machine) -> String {
        let configuration = &machine.configuration;
        let mut facts = Vec::new();
        match machine.kind() {
            ConfigurationKind::Machine => {}
            ConfigurationKind::Checkpoint => facts.push("checkpoint whose machine was not found".to_owned()),
            ConfigurationKind::Planned => facts.push("imported only in part".to_owned()),
            _ => facts.push("configuration of an unknown kind".to_owned()),
        }
        facts.extend(configuration.generation.map(|generation| format!("generation {generation}")));
        facts.extend(configuration.version.map(|version| format!("version {}.{}", version.major, version.minor)));
        if configuration.clustered == Some(true) {
            facts.push("clustered".to_owned());
        }
        let found = count(self.inspection.machines.checkpoint_tree(number).len());
        match configuration.checkpoints.count.unwrap_or(found) {
            0 if found == 0 => {}
            listed if listed == found => facts.push(text::plural(found, "checkpoint")),
            listed => facts.push(format!("{}, of which {found} found", text::plural(listed, "checkpoint"))),
        }
        if configuration.merge_pending == Some(true) {
            facts.push("a merge is owed".to_owned());
        }
        if machine.is_unlisted() && machine.kind() == ConfigurationKind::Machine {
            facts.push("no host lists it".to_owned());
        }
        facts.join(", ")
    }

    fn write_disks(&self, machine: &Machine, lead: &str, out: &mut dyn Write) -> io::Result<()> {
        let places: Vec<String> = machine.disks.iter().map(place).collect();
        let width = places.iter().map(|place| text::width(place)).max().unwrap_or(0);
        for (disk, place) in machine.disks.iter().zip(&places) {
            let (what, paint) = self.attached(disk);
            let used = text::width(lead).saturating_add(width).saturating_add(2);
            let room = self.style.width.map_or(usize::MAX, |columns| columns.saturating_sub(used).max(24));
            let place = text::left(place, width);
            let what = text::middle_of_path(&what, room);
            let lead = self.style.paint(Paint::Faint, lead);
            writeln!(out, "{lead}{place}  {}", self.style.paint(paint, what))?;
            for (note, paint) in self.note(disk).into_iter().chain(likeness(disk)) {
                writeln!(out, "{lead}{}  {}", " ".repeat(width), self.style.paint(paint, note))?;
            }
        }
        Ok(())
    }

    /// What somebody should see to.
    fn note(&self, disk: &AttachedDisk) -> Option<(String, Paint)> {
        let file = disk.file()?;
        if self.inspection.file(file).is_some_and(|file| !file.is_readable() && file.is_image()) {
            return Some(("cannot be read".to_owned(), Paint::Alarm));
        }
        if !self
            .inspection
            .forest
            .ancestry(file)
            .all(|one| self.inspection.link(one).is_none_or(|link| link.status.is_linked()))
        {
            return Some(("its chain is broken".to_owned(), Paint::Alarm));
        }
        let class = self.inspection.verdict(file).map(|verdict| verdict.class);
        (class == Some(Class::UncheckpointedChain)).then(|| {
            let files = count(self.inspection.depth(file));
            (format!("no checkpoint accounts for the {files} files of its chain: a merge is due"), Paint::Notice)
        })
    }

    /// The file, or what became of the search for it.
    fn attached(&self, disk: &AttachedDisk) -> (String, Paint) {
        if let Some(path) = disk.file().and_then(|file| place::of(self.inspection, file)) {
            return (path, Paint::Plain);
        }
        let recorded = text::printable(&disk.recorded);
        match disk.found.status {
            AttachedStatus::Missing => (format!("missing: {recorded}"), Paint::Alarm),
            AttachedStatus::Outside => (format!("not in what was named: {recorded}"), Paint::Notice),
            AttachedStatus::Ambiguous | AttachedStatus::Found => {
                (format!("one of {} files: {recorded}", disk.found.files.len()), Paint::Notice)
            }
        }
    }

    fn write_checkpoints(&self, tree: &[CheckpointNode], out: &mut dyn Write) -> io::Result<()> {
        let mut below: BTreeMap<Option<MachineNo>, Vec<&CheckpointNode>> = BTreeMap::new();
        for node in tree {
            below.entry(node.parent).or_default().push(node);
        }
        // Node, level, and whether it is the last below its parent; the one to be written next at the end.
        let level_of = |parent: Option<MachineNo>, level: usize| {
            let nodes = below.get(&parent).map(Vec::as_slice).unwrap_or_default();
            nodes.iter().rev().enumerate().map(move |(place, node)| (*node, level, place == 0)).collect::<Vec<_>>()
        };
        let mut waiting = level_of(None, 0);
        let mut leads: Vec<String> = Vec::new();
        while let Some((node, level, last)) = waiting.pop() {
            leads.truncate(level.min(MAX_INDENT));
            let before = leads.last().cloned().unwrap_or_default();
            let (turn, onward) = if last { ("└─ ", "   ") } else { ("├─ ", "│  ") };
            if let Some(checkpoint) = self.inspection.machines.get(node.checkpoint) {
                self.write_checkpoint(checkpoint, node, &format!("{before}{turn}"), out)?;
            }
            leads.push(format!("{before}{onward}"));
            waiting.extend(level_of(Some(node.checkpoint), level.saturating_add(1)));
        }
        Ok(())
    }

    fn write_checkpoint(
        &self,
        checkpoint: &Machine,
        node: &CheckpointNode,
        lead: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let name = checkpoint.name().map_or_else(|| "(without a name)".to_owned(), |name| text::printable(&name));
        let made = checkpoint.configuration.created.map(|made| {
            let ago = text::age_of(made, self.style.as_of);
            format!("  made {ago} ago")
        });
        let lost = checkpoint.disks.iter().filter(|disk| disk.found.status == AttachedStatus::Missing).count();
        let mut alarms = Vec::new();
        if lost > 0 {
            alarms.push(format!("{} missing", text::plural(count(lost), "disk")));
        }
        if node.disagreement {
            alarms.push("its disks disagree about what it was made over".to_owned());
        }
        let alarm = if alarms.is_empty() { String::new() } else { format!("  {}", alarms.join(", ")) };
        writeln!(
            out,
            "{}{name}{}{}",
            self.style.paint(Paint::Faint, lead),
            self.style.paint(Paint::Faint, made.unwrap_or_default()),
            self.style.paint(Paint::Alarm, alarm)
        )
    }
}

/// How the file was found, where it was not by its path: nothing proves that it is the one.
fn likeness(disk: &AttachedDisk) -> Option<(String, Paint)> {
    disk.file()?;
    let by = match disk.found.found_by? {
        AttachedBy::Map | AttachedBy::Path => return None,
        _ if disk.found.as_recorded => None,
        AttachedBy::BesideConfiguration => Some("beside the configuration"),
        AttachedBy::DisksBelow | AttachedBy::DisksBeside => Some("where an import would look"),
        AttachedBy::PathTail => Some("by the last folders of its path"),
        AttachedBy::Name => Some("by its name alone"),
        AttachedBy::Identity => Some("by what its checkpoint keeps"),
    };
    let found = by.map(|by| format!("found {by}: {}", text::printable(&disk.recorded)));
    let others = Some(count(disk.found.rivals_count())).filter(|others| *others > 0);
    let others = others.map(|others| format!("{} of its name may be it as well", text::plural(others, "other file")));
    let note = found.into_iter().chain(others).collect::<Vec<_>>().join("; ");
    (!note.is_empty()).then_some((note, Paint::Faint))
}

/// The drive as Windows counts: `SCSI 0:1`.
fn place(disk: &AttachedDisk) -> String {
    let controller = &disk.drive.controller;
    format!("{} {}:{}", controller.kind.name().to_uppercase(), controller.number, disk.drive.location)
}
