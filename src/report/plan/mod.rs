//! A plan as people, scripts and shells read it. One file a format.

mod commands;
pub mod estate;
pub mod markdown;
pub mod quote;
pub mod script;
mod sentences;
pub mod text;
pub mod verify;

use crate::analysis::plan::{Action, Ask, Plan, Step};
use crate::inspect::Inspection;

use commands::{Literals, Writer};
pub(in crate::report) use sentences::{advice, headline, why_closed};

/// A plan with what it was made from.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    /// The run.
    pub inspection: &'a Inspection,
    /// The plan.
    pub plan: &'a Plan,
}

/// The commands of a step, each file under its whole name, and the checks after it; nothing where a name cannot be
/// written down exactly.
pub(in crate::report) fn step_commands(view: &View<'_>, step: &Step) -> (Vec<String>, Vec<String>) {
    let commands = writer(view).step(step).unwrap_or_default();
    (commands.lines, commands.after)
}

/// The commands that take a step back.
pub(in crate::report) fn undo_commands(view: &View<'_>, undo: &Action) -> Vec<String> {
    writer(view).action(undo).unwrap_or_default().lines
}

/// The command that asks a host.
pub(in crate::report) fn ask_command(view: &View<'_>, ask: Ask) -> Option<String> {
    writer(view).ask(ask)
}

fn writer<'a>(view: &View<'a>) -> Writer<'a, Literals<'a>> {
    Writer { inspection: view.inspection, plan: view.plan, names: Literals { plan: view.plan } }
}
