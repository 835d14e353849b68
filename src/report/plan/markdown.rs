//! A plan for a ticket: the same as the text, in Markdown.

use std::io::{self, Write};

use crate::analysis::plan::{Alternative, State};

use super::super::text::printable;
use super::sentences::{cell, headline, name, time};
use super::{View, ask_command, step_commands};

/// Writes the report.
pub fn write(view: &View<'_>, out: &mut dyn Write) -> io::Result<()> {
    let plan = view.plan;
    writeln!(out, "# Merge of {}\n", code(&name(view, Some(plan.course.top()))))?;
    writeln!(out, "{}\n\nNothing was carried out, and nothing was changed.\n", escape(&headline(view)))?;
    for other in &plan.course.also {
        let (top, target) = (name(view, Some(other.top())), name(view, other.target));
        writeln!(out, "Deleting the checkpoint also merges {} into {}.\n", code(&top), code(&target))?;
    }
    let lost = [&plan.course].into_iter().chain(&plan.course.also).flat_map(|course| &course.siblings);
    for file in lost.flat_map(|sibling| std::iter::once(&sibling.file).chain(&sibling.dependants)) {
        writeln!(out, "**{} would be lost by a merge.**\n", code(&name(view, Some(*file))))?;
    }
    if let Some(problem) = &plan.cost_problem {
        writeln!(out, "What it costs cannot be told: {}\n", escape(&printable(&problem.to_string())))?;
    }
    writeln!(out, "## Ways\n")?;
    writeln!(out, "| way | read | write | grows by | room needed | freed | final size | takes | taken back | |")?;
    writeln!(out, "|---|---:|---:|---:|---:|---:|---:|---:|---|---|")?;
    for way in &plan.alternatives {
        writeln!(out, "| {} |", row(way).join(" | "))?;
    }
    writeln!(out, "\n## Conditions\n")?;
    for state in [State::Fail, State::Unknown] {
        for condition in plan.preconditions.iter().filter(|condition| condition.state == state) {
            writeln!(out, "- **{}** {}: {}", state.name(), condition.number, escape(condition.title))?;
            for seen in &condition.evidence {
                let at = seen.file.map_or_else(String::new, |file| format!("{}: ", code(&name(view, Some(file)))));
                writeln!(out, "  - {at}{}", escape(&printable(&seen.what)))?;
            }
            if let Some(unblock) = &condition.unblock {
                writeln!(out, "  - {}", escape(unblock))?;
            }
            for command in condition.ask.iter().filter_map(|ask| ask_command(view, *ask)) {
                writeln!(out, "  - {}", code(&printable(&command)))?;
            }
        }
    }
    let passed: Vec<String> = plan
        .preconditions
        .iter()
        .filter(|condition| condition.state == State::Pass)
        .map(|condition| format!("{} {}", condition.number, condition.name))
        .collect();
    writeln!(out, "- hold: {}\n", passed.join(", "))?;
    writeln!(out, "## Steps\n")?;
    let Some(way) = plan.chosen() else { return writeln!(out, "No way is open, so that no steps are given.") };
    for (number, step) in way.steps.iter().enumerate() {
        writeln!(out, "{}. {}\n", number.saturating_add(1), escape(&printable(&step.title)))?;
        let (commands, _) = step_commands(view, step);
        let shown: Vec<&String> = commands.iter().filter(|line| !line.starts_with("Assert-Plan")).collect();
        if !shown.is_empty() {
            writeln!(out, "   ```powershell")?;
            for command in shown {
                writeln!(out, "   {}", printable(&command.replace(" -WhatIf:$WhatIf", "")))?;
            }
            writeln!(out, "   ```\n")?;
        }
        writeln!(out, "   Then: {}\n", escape(&step.expect))?;
        if step.action.changes() {
            writeln!(out, "   The way back: {}\n", escape(&step.way_back))?;
        }
    }
    Ok(())
}

fn row(way: &Alternative) -> [String; 10] {
    let bill = way.bill.as_ref().filter(|bill| !bill.is_nothing());
    let or_nothing = |shown: Option<String>| shown.unwrap_or_else(|| "-".to_owned());
    let mut closed = match &way.unavailable {
        Some(why) => format!("not here: {why}"),
        None if way.blocked_by.is_empty() => "open".to_owned(),
        None => format!("closed by {}", way.blocked_by.iter().map(u8::to_string).collect::<Vec<_>>().join(", ")),
    };
    if way.volumes.len() > 1 {
        for (volume, balance) in &way.volumes {
            closed.push_str(&format!("; {}: needs {}, frees {}", volume.name, cell(balance.peak), cell(balance.freed)));
        }
    }
    [
        way.method.title().to_owned(),
        or_nothing(bill.map(|bill| cell(bill.read))),
        or_nothing(bill.map(|bill| cell(bill.write))),
        or_nothing(bill.map(|bill| cell(bill.growth))),
        or_nothing(bill.map(|_| cell(way.peak()))),
        or_nothing(bill.map(|_| cell(way.freed()))),
        or_nothing(bill.and_then(|bill| bill.final_size).map(cell)),
        or_nothing(way.duration.filter(|_| bill.is_some()).map(time)),
        way.method.reversible().to_owned(),
        escape(&printable(&closed)),
    ]
}

/// Text that Markdown shows as it is.
fn escape(plain: &str) -> String {
    let mut escaped = String::with_capacity(plain.len());
    for c in plain.chars() {
        if matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// Text as code, between as many backticks as it takes.
fn code(plain: &str) -> String {
    let plain = printable(plain);
    let longest = plain.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.saturating_add(1));
    let blank = if longest > 0 { " " } else { "" };
    format!("{fence}{blank}{plain}{blank}{fence}")
}
