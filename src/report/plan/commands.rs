//! Steps and questions as commands of PowerShell. Names come in as expressions: a literal, or a variable of the script.

use crate::analysis::plan::{Action, Ask, Plan, Step, Target, WindowsName};
use crate::chain::FileNo;
use crate::estate::{Machine, MachineNo};
use crate::inspect::Inspection;
use crate::limits;
use crate::vm::ControllerKind;

use super::super::text;
use super::quote::{literal, message};

/// The name of the checkpoint that is made only to be deleted.
const CHECKPOINT: &str = "'vhdxray consolidation'";

/// Names of the files as expressions.
pub(super) trait Names {
    /// The expression for a disk; `None` where no exact name can be written down.
    fn of(&self, target: Target) -> Option<String>;
}

/// Each name as a whole: for commands that stand alone.
pub(super) struct Literals<'a> {
    pub(super) plan: &'a Plan,
}

impl Names for Literals<'_> {
    fn of(&self, target: Target) -> Option<String> {
        let name = match target {
            Target::File(file) => self.plan.names.get(file),
            Target::New => &self.plan.new_disk,
        };
        let written = expression(name)?;
        // A call stands as an argument only in parentheses.
        Some(if matches!(name, WindowsName::InFolder { .. }) { format!("({written})") } else { written })
    }
}

/// The variable for a folder of which only the user knows what Windows calls it.
pub(super) fn folder_variable(folder: usize) -> String {
    format!("$Folder{}", folder.saturating_add(1))
}

/// A name as an expression.
pub(super) fn expression(name: &WindowsName) -> Option<String> {
    match name {
        WindowsName::Full { path, .. } => literal(path),
        WindowsName::InFolder { folder, name } => {
            Some(format!("[System.IO.Path]::Combine({}, {})", folder_variable(*folder), literal(name)?))
        }
        WindowsName::Unknown => None,
    }
}

/// What a step does, and how it is looked at afterwards.
#[derive(Clone, Debug, Default)]
pub(super) struct Commands {
    /// What is done. Everything that changes anything has `-WhatIf:$WhatIf`.
    pub(super) lines: Vec<String>,
    /// Checks that are true only after it was done.
    pub(super) after: Vec<String>,
}

/// The commands of steps.
pub(super) struct Writer<'a, N> {
    pub(super) inspection: &'a Inspection,
    pub(super) plan: &'a Plan,
    pub(super) names: N,
}

impl<N: Names> Writer<'_, N> {
    /// The commands of a step, with what is asked again before it; `None` where a name cannot be written down.
    pub(super) fn step(&self, step: &Step) -> Option<Commands> {
        let mut all = Commands::default();
        for ask in &step.asks {
            all.lines.extend(self.action(ask)?.lines);
        }
        let Commands { lines, after } = self.action(&step.action)?;
        all.lines.extend(lines);
        all.after = after;
        Some(all)
    }

    /// The commands that do one thing.
    pub(super) fn action(&self, action: &Action) -> Option<Commands> {
        let mut to = Commands::default();
        match action {
            Action::CheckUnchanged { files } => {
                for file in files {
                    let Some(size) = self.inspection.file(*file).and_then(|found| found.stamp) else { continue };
                    let length = format!("(Get-Item -LiteralPath {}).Length -eq {}", self.file(*file)?, size.size);
                    let what =
                        format!("{} has another length than when the plan was made. Plan again.", self.shown(*file));
                    to.lines.push(assert(&length, &what));
                }
            }
            Action::RequireOff { machine } => {
                let what = format!("{} is not off.", self.title(*machine));
                to.lines.push(assert(&format!("({}).State -eq 'Off'", self.vm(*machine)?), &what));
            }
            Action::CheckMachine { machine, disks, checkpoints } => {
                self.check_machine(*machine, disks, checkpoints, &mut to)?;
            }
            Action::RequireDetached { file } => {
                let name = self.file(*file)?;
                to.lines.push(assert_path(
                    &format!("Get-VHD -Path {name} | Select-Object -ExpandProperty Path"),
                    &name,
                    "Get-VHD found another file.",
                ));
                let what = format!("{} is attached.", self.shown(*file));
                to.lines.push(assert(&format!("-not (Get-VHD -Path {name}).Attached"), &what));
            }
            Action::CreateCheckpoint { machine } => to
                .lines
                .push(format!("Checkpoint-VM -VM ({}) -SnapshotName {CHECKPOINT} -WhatIf:$WhatIf", self.vm(*machine)?)),
            Action::RemoveCreated { machine } => {
                let found = format!("Get-VMSnapshot -VM ({})", self.vm(*machine)?);
                to.lines.push(format!(
                    "{found} | Where-Object -Property Name -EQ -Value {CHECKPOINT} | Remove-VMSnapshot -WhatIf:$WhatIf"
                ));
            }
            Action::RemoveCheckpoint { checkpoint } => self.remove(*checkpoint, &mut to)?,
            Action::AwaitMerge { gone, .. } => self.wait(gone, &mut to)?,
            Action::Merge { top, into, sources } => self.merge(*top, *into, sources, &mut to)?,
            Action::Relink { child, parent } => self.relink(*child, *parent, &mut to)?,
            Action::Repoint { machine, disk, from, to: target } => {
                self.repoint(*machine, *disk, *from, *target, &mut to)?;
            }
            Action::Convert { from } => {
                // The numbers of the plan are those of blocks of this size.
                let size = self.inspection.file(*from).and_then(|file| file.image.as_deref()?.block_size());
                let size = size.filter(|size| (limits::MIN_BLOCK..=limits::MAX_BLOCK).contains(size));
                let blocks = size.map_or_else(String::new, |size| format!(" -BlockSizeBytes {size}"));
                let (from, new) = (self.file(*from)?, self.names.of(Target::New)?);
                let free = format!("-not (Test-Path -LiteralPath {new})");
                to.lines.push(assert(&free, "The new file is there already."));
                to.lines.push(format!(
                    "Convert-VHD -Path {from} -DestinationPath {new} -VHDType Dynamic{blocks} -WhatIf:$WhatIf"
                ));
                to.after.push(assert(&format!("Test-Path -LiteralPath {new}"), "The new file was not made."));
            }
            Action::CheckChain { file } => {
                let name = self.names.of(*file)?;
                let what = match file {
                    Target::File(file) => format!("{} cannot be opened with all its parents.", self.shown(*file)),
                    Target::New => "The new file cannot be opened.".to_owned(),
                };
                to.after.push(assert(&format!("Test-VHD -Path {name}"), &what));
            }
        }
        Some(to)
    }

    /// A checkpoint that was made since the plan leaves all files as long as they were: the drive shows it, and the list.
    fn check_machine(
        &self,
        machine: MachineNo,
        disks: &[usize],
        checkpoints: &[MachineNo],
        to: &mut Commands,
    ) -> Option<()> {
        let title = self.title(machine);
        for disk in disks {
            let holds = literal(&self.machine(machine)?.disks.get(*disk)?.recorded)?;
            let what = format!("{title} has another disk than when the plan was made. Plan again.");
            to.lines.push(self.holds(machine, *disk, &holds, &what)?);
        }
        let all = format!("Get-VMSnapshot -VM ({})", self.vm(machine)?);
        let what =
            format!("{title} has other checkpoints than when the plan was made, perhaps of a backup. Plan again.");
        to.lines.push(assert(&format!("@({all}).Count -eq {}", checkpoints.len()), &what));
        let ids: Option<Vec<String>> = checkpoints
            .iter()
            .map(|number| Some(format!("[guid]{}", literal(&self.id(self.machine(*number)?)?)?)))
            .collect();
        if let Some(ids) = ids.filter(|ids| !ids.is_empty()) {
            let known = format!("{all} | Where-Object -Property Id -In -Value @({})", ids.join(", "));
            to.lines.push(assert(&format!("@({known}).Count -eq {}", ids.len()), &what));
        }
        Some(())
    }

    /// The line that stops unless a drive holds a disk.
    fn holds(&self, machine: MachineNo, disk: usize, path: &str, what: &str) -> Option<String> {
        let drive = self.find_drive(machine, disk)?;
        Some(assert_path(&format!("{drive} | Select-Object -ExpandProperty Path"), path, what))
    }

    /// The command that finds a drive; all drives of the machine where it is not known on which controller that is.
    fn find_drive(&self, machine: MachineNo, disk: usize) -> Option<String> {
        let drive = &self.machine(machine)?.disks.get(disk)?.drive;
        let all = format!("Get-VMHardDiskDrive -VM ({})", self.vm(machine)?);
        Some(match controller(drive.controller.kind) {
            Some(kind) => format!(
                "{all} -ControllerType {kind} -ControllerNumber {} -ControllerLocation {}",
                drive.controller.number, drive.location
            ),
            None => all,
        })
    }

    fn remove(&self, checkpoint: MachineNo, to: &mut Commands) -> Option<()> {
        let found = self.machine(checkpoint)?;
        let id = literal(&self.id(found)?)?;
        let all = match found.owner.and_then(|owner| self.vm(owner)) {
            Some(vm) => format!("Get-VMSnapshot -VM ({vm})"),
            None => "Get-VM | Get-VMSnapshot".to_owned(),
        };
        let what = format!("{} is not there any more. Plan again.", found.title());
        to.lines.push(format!("$Checkpoint = {all} | Where-Object -Property Id -EQ -Value {id}"));
        to.lines.push(assert("$null -ne $Checkpoint", &what));
        to.lines.push("if ($null -ne $Checkpoint) {".to_owned());
        to.lines.push("    Remove-VMSnapshot -VMSnapshot $Checkpoint -WhatIf:$WhatIf".to_owned());
        to.lines.push("}".to_owned());
        Some(())
    }

    fn wait(&self, gone: &[FileNo], to: &mut Commands) -> Option<()> {
        to.after.push("$Deadline = (Get-Date).AddDays(2)".to_owned());
        for file in gone {
            let there = format!("Test-Path -LiteralPath {}", self.file(*file)?);
            to.after.push(format!("while (({there}) -and ((Get-Date) -lt $Deadline)) {{"));
            to.after.push("    Start-Sleep -Seconds 10".to_owned());
            to.after.push("}".to_owned());
            let left = format!("{} is still there. Let the merge end; delete nothing.", self.shown(*file));
            to.after.push(assert(&format!("-not ({there})"), &left));
        }
        Some(())
    }

    fn merge(&self, top: FileNo, into: FileNo, sources: &[FileNo], to: &mut Commands) -> Option<()> {
        let (path, target) = (self.file(top)?, self.file(into)?);
        to.lines.push(format!("Merge-VHD -Path {path} -DestinationPath {target} -WhatIf:$WhatIf"));
        let lost = format!("{} is not there.", self.shown(into));
        to.after.push(assert(&format!("Test-Path -LiteralPath {target}"), &lost));
        for source in sources {
            let shown = self.shown(*source);
            let left = message(&format!(
                "{shown} was left by Windows. It is no longer valid; keep it until the machine has run and was backed up."
            ));
            let removed = message(&format!("{shown} was removed by Windows."));
            to.after.push(format!("if (Test-Path -LiteralPath {}) {{", self.file(*source)?));
            to.after.push(format!("    Write-Output -InputObject {left}"));
            to.after.push("} else {".to_owned());
            to.after.push(format!("    Write-Output -InputObject {removed}"));
            to.after.push("}".to_owned());
        }
        Some(())
    }

    fn relink(&self, child: FileNo, parent: FileNo, to: &mut Commands) -> Option<()> {
        let (child, parent) = (self.file(child)?, self.file(parent)?);
        to.lines.push("try {".to_owned());
        to.lines.push(format!("    Set-VHD -Path {child} -ParentPath {parent} -WhatIf:$WhatIf"));
        to.lines.push("} catch {".to_owned());
        to.lines.push(
            "    # The merge gave the survivor another identity. To pass over that is right here, and only here, for the \
             merge"
                .to_owned(),
        );
        to.lines.push("    # before this step put into it what the disk was made over.".to_owned());
        to.lines.push(format!("    Set-VHD -Path {child} -ParentPath {parent} -IgnoreIdMismatch -WhatIf:$WhatIf"));
        to.lines.push("}".to_owned());
        let found = format!("Get-VHD -Path {child} | Select-Object -ExpandProperty ParentPath");
        to.after.push(assert_path(&found, &parent, "The parent is another."));
        Some(())
    }

    fn repoint(&self, machine: MachineNo, disk: usize, from: Target, target: Target, to: &mut Commands) -> Option<()> {
        if controller(self.machine(machine)?.disks.get(disk)?.drive.controller.kind).is_none() {
            let what =
                format!("The drive of {} must be set by hand: its controller is not known.", self.title(machine));
            to.lines.push(format!("Write-Warning -Message {}", message(&what)));
            return Some(());
        }
        let find = self.find_drive(machine, disk)?;
        let former = match from {
            Target::File(_) => literal(&self.machine(machine)?.disks.get(disk)?.recorded)?,
            Target::New => self.names.of(from)?,
        };
        let path = self.names.of(target)?;
        let what = format!("The drive of {} has another disk than it had. Plan again.", self.title(machine));
        to.lines.push(self.holds(machine, disk, &former, &what)?);
        to.lines.push(format!("$Drive = {find}"));
        to.lines.push(format!("Set-VMHardDiskDrive -VMHardDiskDrive $Drive -Path {path} -WhatIf:$WhatIf"));
        let found = format!("{find} | Select-Object -ExpandProperty Path");
        to.after.push(assert_path(&found, &path, "The drive has another disk."));
        Some(())
    }

    /// The command that asks a host; `None` where a name cannot be written down.
    pub(super) fn ask(&self, ask: Ask) -> Option<String> {
        Some(match ask {
            Ask::MachineState(machine) => {
                format!("{} | Select-Object -Property Name, State, Status", self.vm(machine)?)
            }
            Ask::Attached(file) => {
                format!("Get-VHD -Path {} | Select-Object -Property Path, Attached", self.file(file)?)
            }
            Ask::Parent(file) => format!("Test-VHD -Path {}", self.file(file)?),
            Ask::Attributes(file) => {
                format!("Get-Item -LiteralPath {} | Select-Object -Property FullName, Attributes", self.file(file)?)
            }
            Ask::Access(file) => format!("(Get-Acl -LiteralPath {}).Access", self.file(file)?),
            Ask::Replication(machine) => {
                format!("Get-VMReplication -VM ({}) -ErrorAction SilentlyContinue", self.vm(machine)?)
            }
            Ask::Checkpoints(machine) => format!(
                "Get-VMSnapshot -VM ({}) | Select-Object -Property Name, SnapshotType, CreationTime",
                self.vm(machine)?
            ),
            Ask::FreeSpace(file) => format!("Get-Volume -FilePath {}", self.file(file)?),
            Ask::References => "Get-VM | Get-VMHardDiskDrive | Select-Object -Property VMName, Path".to_owned(),
            Ask::Cluster => "Get-ClusterGroup | Where-Object -Property GroupType -EQ -Value VirtualMachine".to_owned(),
        })
    }

    fn file(&self, file: FileNo) -> Option<String> {
        self.names.of(Target::File(file))
    }

    fn machine(&self, machine: MachineNo) -> Option<&Machine> {
        self.inspection.machines.get(machine)
    }

    fn title(&self, machine: MachineNo) -> String {
        self.machine(machine).map_or_else(|| "The machine".to_owned(), Machine::title)
    }

    fn id(&self, machine: &Machine) -> Option<String> {
        let named = || {
            let path = &self.inspection.file(machine.file)?.path;
            uuid::Uuid::try_parse(&path.file_stem()?.to_string_lossy()).ok()
        };
        machine.configuration.id.or_else(named).map(|id| id.to_string())
    }

    /// The command that finds a machine: by its id, for names take wild cards and several machines may share one.
    fn vm(&self, machine: MachineNo) -> Option<String> {
        let found = self.machine(machine)?;
        match self.id(found) {
            Some(id) => Some(format!("Get-VM -Id {}", literal(&id)?)),
            None => Some(format!("Get-VM | Where-Object -Property Name -EQ -Value {}", literal(&found.name()?)?)),
        }
    }

    /// A file for messages: as Windows calls it, else as it is called here.
    fn shown(&self, file: FileNo) -> String {
        let windows = self.plan.names.get(file).full().map(str::to_owned);
        windows.unwrap_or_else(|| self.inspection.file(file).map_or_else(String::new, |found| text::path(&found.path)))
    }
}

/// The controller as Hyper-V calls it, where it is one that is chosen by its kind.
fn controller(kind: ControllerKind) -> Option<&'static str> {
    match kind {
        ControllerKind::Ide => Some("IDE"),
        ControllerKind::Scsi => Some("SCSI"),
        ControllerKind::Floppy | ControllerKind::Other => None,
    }
}

/// A line that stops the script, or in a trial run only warns, unless exactly one of the paths that `found` gives is, as
/// Windows compares paths, the planned one. The message then says what was found.
fn assert_path(found: &str, planned: &str, what: &str) -> String {
    format!("Assert-PlanPath -Found @({found}) -Planned {planned} -Message {}", message(what))
}

/// A line that stops the script, or in a trial run only warns, unless the condition holds.
fn assert(condition: &str, what: &str) -> String {
    format!("Assert-PlanFact -Condition ({condition}) -Message {}", message(what))
}
