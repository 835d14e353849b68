//! The steps as a script of PowerShell, which changes nothing until it is told to.

use std::io::{self, Write};

use crate::analysis::plan::{Action, Sealed, Step, Target, WindowsName};
use crate::chain::FileNo;

use super::View;
use super::commands::{Commands, Names, Writer, expression, folder_variable};
use super::quote::comment;

/// Files as variables that are set at the top.
struct Variables {
    files: Vec<FileNo>,
}

impl Names for Variables {
    fn of(&self, target: Target) -> Option<String> {
        match target {
            Target::File(file) => {
                let place = self.files.iter().position(|known| *known == file)?;
                Some(format!("$Disk{}", place.saturating_add(1)))
            }
            Target::New => Some("$NewDisk".to_owned()),
        }
    }
}

const HEAD: &str = "\
#Requires -Version 5.1
#Requires -Modules Hyper-V
";

const SETTINGS: &str = "\
Set-StrictMode -Version Latest
$ErrorActionPreference = 'Stop'
$WhatIf = -not $Execute

function Assert-PlanFact {
    param(
        [bool]$Condition,
        [string]$Message
    )
    if ($Condition) {
        return
    }
    if ($Execute) {
        throw $Message
    }
    Write-Warning -Message $Message
}

# What Windows takes for one path: either separator, any at the end, and what stands in front only for the kernel.
function ConvertTo-PlanPath {
    param(
        [string]$Path
    )
    $Plain = $Path.Replace('/', '\\').TrimEnd('\\')
    foreach ($Prefix in @('\\\\?\\', '\\\\.\\', '\\??\\')) {
        if ($Plain.StartsWith($Prefix, [System.StringComparison]::Ordinal)) {
            $Plain = $Plain.Substring($Prefix.Length)
            if ($Plain.StartsWith('UNC\\', [System.StringComparison]::OrdinalIgnoreCase)) {
                $Plain = '\\' + $Plain.Substring(3)
            }
            break
        }
    }
    $Plain
}

function Assert-PlanPath {
    param(
        [string[]]$Found,
        [string]$Planned,
        [string]$Message
    )
    $Wanted = ConvertTo-PlanPath -Path $Planned
    $Same = 0
    foreach ($Path in $Found) {
        $Plain = ConvertTo-PlanPath -Path $Path
        if ([string]::Equals($Plain, $Wanted, [System.StringComparison]::OrdinalIgnoreCase)) {
            $Same++
        }
    }
    $Shown = @($Found) -join ', '
    if ([string]::IsNullOrEmpty($Shown)) {
        $Shown = 'nothing'
    }
    $Said = '{0} It should be {1}; the host says {2}.' -f $Message, $Planned, $Shown
    Assert-PlanFact -Condition ($Same -eq 1) -Message $Said
}
";

/// Writes the script, with a byte order mark: without one Windows PowerShell takes letters beyond ASCII for others.
pub fn write(view: &View<'_>, sealed: &Sealed, out: &mut dyn Write) -> io::Result<()> {
    out.write_all("\u{feff}".as_bytes())?;
    out.write_all(script(view, sealed).as_bytes())
}

fn script(view: &View<'_>, sealed: &Sealed) -> String {
    let mut lines: Vec<String> = HEAD.lines().map(str::to_owned).collect();
    let mut say = |text: &str| lines.push(comment(text));
    say("");
    say(&super::headline(view));
    say(&format!("Made by vhdxray {} and never carried out by it.", env!("CARGO_PKG_VERSION")));
    say(&format!("Fingerprint of the plan: sha256 {}", sealed.fingerprint.sha256));
    say("Without -Execute nothing is changed: every step only says what it would do.");
    let body = body(view);
    match body {
        Ok(body) => lines.extend(body),
        Err(why) => {
            for line in &why {
                lines.push(comment(line));
            }
            lines.push(format!("throw {}", super::quote::message("This plan is blocked. The reasons stand above.")));
        }
    }
    let mut text = lines.join("\r\n");
    text.push_str("\r\n");
    text
}

/// The script from its parameters on, or why there is none.
fn body(view: &View<'_>) -> Result<Vec<String>, Vec<String>> {
    let plan = view.plan;
    let Some(way) = plan.chosen() else { return Err(super::why_closed(view)) };
    let mut lines = vec![String::new(), "[CmdletBinding()]".to_owned(), "param(".to_owned()];
    for (number, folder) in plan.names.folders.iter().enumerate() {
        let shown = super::super::text::path(folder);
        lines.push(format!("    {}", comment(&format!("What Windows calls the folder that is {shown} here."))));
        lines.push(format!("    [string]{},", folder_variable(number)));
    }
    lines.push("    [switch]$Execute".to_owned());
    lines.push(")".to_owned());
    lines.extend(SETTINGS.lines().map(str::to_owned));
    lines.push(String::new());
    for number in 0..plan.names.folders.len() {
        let variable = folder_variable(number);
        let name = variable.trim_start_matches('$');
        lines.push(format!("if ([string]::IsNullOrEmpty({variable})) {{"));
        lines.push(format!("    throw {}", super::quote::message(&format!("Say what the folder is with -{name}."))));
        lines.push("}".to_owned());
    }
    let names = Variables { files: plan.course.concerned() };
    let unwritable = |file: FileNo| {
        let path = view.inspection.file(file).map_or_else(String::new, |found| super::super::text::path(&found.path));
        vec![format!(
            "{path} has a name that cannot be written into a script exactly. Rename it, or do the steps by hand."
        )]
    };
    let used = used(&way.steps);
    for (number, file) in names.files.iter().enumerate().filter(|(_, file)| used.contains(&Target::File(**file))) {
        let name = expression(plan.names.get(*file)).ok_or_else(|| unwritable(*file))?;
        lines.push(format!("$Disk{} = {name}", number.saturating_add(1)));
    }
    if used.contains(&Target::New) {
        let name = match &plan.new_disk {
            WindowsName::Unknown => None,
            known => expression(known),
        };
        lines.push(format!("$NewDisk = {}", name.ok_or_else(|| unwritable(plan.course.top()))?));
    }
    let writer = Writer { inspection: view.inspection, plan, names };
    for (number, step) in way.steps.iter().enumerate() {
        let commands = writer.step(step);
        let commands = commands.ok_or_else(|| unwritable(plan.course.top()))?;
        write_step(number.saturating_add(1), step, &commands, &writer, &mut lines);
    }
    Ok(lines)
}

fn write_step<N: Names>(
    number: usize,
    step: &Step,
    commands: &Commands,
    writer: &Writer<'_, N>,
    lines: &mut Vec<String>,
) {
    lines.push(String::new());
    lines.push(comment(&format!("{number}. {}", step.title)));
    lines.push(comment(&format!("   Then: {}", step.expect)));
    if step.action.changes() {
        lines.push(comment(&format!("   The way back: {}", step.way_back)));
    }
    if let Some(undo) = step.undo.as_ref().and_then(|action| writer.action(action)) {
        for line in &undo.lines {
            lines.push(comment(&format!("       {line}")));
        }
    }
    lines.push(format!("Write-Output -InputObject {}", super::quote::message(&format!("{number}. {}", step.title))));
    lines.extend(commands.lines.iter().cloned());
    if !commands.after.is_empty() {
        lines.push("if ($Execute) {".to_owned());
        lines.extend(commands.after.iter().map(|line| format!("    {line}")));
        lines.push("}".to_owned());
    }
}

/// The disks that the steps name.
fn used(steps: &[Step]) -> Vec<Target> {
    let actions = steps.iter().flat_map(|step| [&step.action].into_iter().chain(&step.asks).chain(&step.undo));
    actions.flat_map(Action::disks).collect()
}
