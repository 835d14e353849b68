//! A plan as an administrator reads it at night: what would happen, which ways there are, what is in the way, what to do.

use std::io::{self, Write};

use crate::analysis::plan::{Alternative, Precondition, State};

use super::super::text::{self, printable};
use super::super::{Paint, Style};
use super::sentences::{cell, headline, name, time};
use super::{View, ask_command, step_commands};

/// Columns before what belongs to a condition or a step.
const INDENT: usize = 11;

/// Writes the report.
pub fn write(view: &View<'_>, style: Style, out: &mut dyn Write) -> io::Result<()> {
    let page = Page { view, style };
    page.head(out)?;
    page.ways(out)?;
    page.conditions(out)?;
    page.steps(out)
}

struct Page<'a> {
    view: &'a View<'a>,
    style: Style,
}

impl Page<'_> {
    fn head(&self, out: &mut dyn Write) -> io::Result<()> {
        let plan = self.view.plan;
        let paint = if plan.interrupted.is_some() || plan.is_blocked() { Paint::Alarm } else { Paint::Strong };
        self.wrapped(0, &headline(self.view), paint, out)?;
        for sibling in &plan.course.siblings {
            let lost = std::iter::once(&sibling.file).chain(&sibling.dependants);
            for file in lost {
                let what = format!("{} would be lost by a merge.", name(self.view, Some(*file)));
                self.wrapped(0, &what, Paint::Alarm, out)?;
            }
        }
        for other in &plan.course.also {
            let (top, target) = (name(self.view, Some(other.top())), name(self.view, other.target));
            let what = format!("Deleting the checkpoint also merges {top} into {target}.");
            self.wrapped(0, &what, Paint::Strong, out)?;
            for sibling in &other.siblings {
                for file in std::iter::once(&sibling.file).chain(&sibling.dependants) {
                    let what = format!("{} would be lost by that.", name(self.view, Some(*file)));
                    self.wrapped(0, &what, Paint::Alarm, out)?;
                }
            }
        }
        if let Some(problem) = &plan.cost_problem {
            let what = format!("What it costs cannot be told: {}", printable(&problem.to_string()));
            self.wrapped(0, &what, Paint::Notice, out)?;
        }
        writeln!(out, "{}", self.style.paint(Paint::Faint, "Nothing was carried out, and nothing was changed."))
    }

    fn ways(&self, out: &mut dyn Write) -> io::Result<()> {
        const HEADS: [&str; 9] =
            ["", "READ", "WRITE", "GROWS BY", "ROOM NEEDED", "FREED", "FINAL SIZE", "TAKES", "TAKEN BACK"];
        let plan = self.view.plan;
        let rows: Vec<([String; 9], &Alternative)> = plan.alternatives.iter().map(|way| (row(way), way)).collect();
        let mut widths = HEADS.map(text::width);
        for (cells, _) in &rows {
            for (width, cell) in widths.iter_mut().zip(cells) {
                *width = (*width).max(text::width(cell));
            }
        }
        let line = |cells: &[String; 9]| {
            let padded = cells.iter().zip(widths).enumerate().map(|(place, (cell, width))| {
                if place == 0 || place == 8 { text::left(cell, width) } else { text::right(cell, width) }
            });
            padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        };
        let head = line(&HEADS.map(str::to_owned));
        let widest = rows.iter().map(|(cells, _)| text::width(&line(cells))).fold(text::width(&head), usize::max);
        let is_narrow = self.style.width.is_some_and(|width| width < widest);
        writeln!(out)?;
        if !is_narrow {
            writeln!(out, "{}", self.style.paint(Paint::Strong, head))?;
        }
        for (cells, way) in &rows {
            let paint = match way {
                way if plan.chosen == Some(way.method) => Paint::Good,
                way if way.is_open() => Paint::Plain,
                _ => Paint::Faint,
            };
            if is_narrow {
                let [title, numbers @ ..] = cells;
                writeln!(out, "{}", self.style.paint(paint, title))?;
                let heads = HEADS.iter().skip(1).map(|head| head.to_lowercase());
                let said = heads.zip(numbers).filter(|(_, number)| *number != "-");
                let said: Vec<String> = said.map(|(head, number)| format!("{head} {number}")).collect();
                self.wrapped(4, &said.join("; "), paint, out)?;
            } else {
                writeln!(out, "{}", self.style.paint(paint, line(cells)))?;
            }
            let closed = match &way.unavailable {
                Some(why) => Some(format!("not here: {why}")),
                None if way.blocked_by.is_empty() => None,
                None => {
                    let numbers: Vec<String> = way.blocked_by.iter().map(u8::to_string).collect();
                    Some(format!("closed by {}", numbers.join(", ")))
                }
            };
            if let Some(closed) = closed {
                self.wrapped(4, &printable(&closed), Paint::Notice, out)?;
            }
            if way.volumes.len() > 1 {
                for (volume, balance) in &way.volumes {
                    let on = format!("{}: needs {}, frees {}", volume.name, cell(balance.peak), cell(balance.freed));
                    self.wrapped(4, &printable(&on), Paint::Faint, out)?;
                }
            }
        }
        Ok(())
    }

    fn conditions(&self, out: &mut dyn Write) -> io::Result<()> {
        let all = &self.view.plan.preconditions;
        let of = |state| all.iter().filter(move |condition| condition.state == state);
        let numbers = format!(
            "{} of {} hold, {} fail, {} only the host can tell",
            of(State::Pass).count(),
            all.len(),
            of(State::Fail).count(),
            of(State::Unknown).count()
        );
        writeln!(out, "\n{}", self.style.paint(Paint::Strong, format!("CONDITIONS  {numbers}")))?;
        for condition in of(State::Fail).chain(of(State::Unknown)) {
            self.condition(condition, out)?;
        }
        let passed: Vec<String> =
            of(State::Pass).map(|condition| format!("{} {}", condition.number, condition.name)).collect();
        if !passed.is_empty() {
            let lead = self.style.paint(Paint::Good, text::left("hold", INDENT)).to_string();
            self.hanging(&lead, &passed.join(", "), Paint::Faint, out)?;
        }
        Ok(())
    }

    fn condition(&self, condition: &Precondition, out: &mut dyn Write) -> io::Result<()> {
        let (word, paint) = match condition.state {
            State::Fail if condition.blocks.is_empty() => ("warning", Paint::Notice),
            State::Fail => ("FAILS", Paint::Alarm),
            _ => ("unknown", Paint::Notice),
        };
        let lead = format!(
            "{}{}",
            self.style.paint(paint, text::left(word, 8)),
            text::right(&condition.number.to_string(), 2)
        );
        self.hanging(&format!("{lead} "), condition.title, Paint::Strong, out)?;
        for seen in &condition.evidence {
            let at = seen.file.map_or_else(String::new, |file| format!("{}: ", name(self.view, Some(file))));
            self.wrapped(INDENT, &format!("{at}{}", printable(&seen.what)), Paint::Plain, out)?;
        }
        if let Some(unblock) = &condition.unblock {
            let lead = if condition.state == State::Fail { "To go on: " } else { "To find out: " };
            self.wrapped(INDENT, &format!("{lead}{unblock}"), Paint::Faint, out)?;
        }
        for command in condition.ask.iter().filter_map(|ask| ask_command(self.view, *ask)) {
            writeln!(out, "{}> {}", " ".repeat(INDENT), printable(&command))?;
        }
        Ok(())
    }

    fn steps(&self, out: &mut dyn Write) -> io::Result<()> {
        let Some(way) = self.view.plan.chosen() else {
            let why = "No way is open, so that no steps are given.";
            return writeln!(out, "\n{}", self.style.paint(Paint::Strong, why));
        };
        let title = format!("STEPS  {}", way.method.title());
        writeln!(out, "\n{}", self.style.paint(Paint::Strong, title))?;
        for (number, step) in way.steps.iter().enumerate() {
            let lead = format!("{}. ", text::right(&number.saturating_add(1).to_string(), 2));
            self.hanging(&lead, &printable(&step.title), Paint::Strong, out)?;
            let (commands, _) = step_commands(self.view, step);
            for command in commands.iter().filter(|line| !line.starts_with("Assert-Plan")) {
                writeln!(out, "    > {}", printable(&command.replace(" -WhatIf:$WhatIf", "")))?;
            }
            self.wrapped(4, &format!("Then: {}", step.expect), Paint::Faint, out)?;
            if step.action.changes() {
                self.wrapped(4, &format!("Back: {}", step.way_back), Paint::Faint, out)?;
            }
        }
        for (number, folder) in self.view.plan.names.folders.iter().enumerate() {
            let what = format!(
                "$Folder{} is what Windows calls {}: no file says it. --map tells it.",
                number.saturating_add(1),
                text::path(folder)
            );
            self.wrapped(0, &what, Paint::Notice, out)?;
        }
        let hint = "--format ps1 gives the steps with all checks as a script that changes nothing without -Execute; \
                    --format json -o plan.json gives what vhdxray verify compares.";
        self.wrapped(0, hint, Paint::Faint, out)
    }

    fn hanging(&self, lead: &str, what: &str, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
        for (number, line) in text::wrap(what, self.room(INDENT)).iter().enumerate() {
            if number == 0 {
                writeln!(out, "{lead}{}", self.style.paint(paint, line))?;
            } else {
                writeln!(out, "{}{}", " ".repeat(INDENT), self.style.paint(paint, line))?;
            }
        }
        Ok(())
    }

    fn wrapped(&self, indent: usize, what: &str, paint: Paint, out: &mut dyn Write) -> io::Result<()> {
        for line in text::wrap(what, self.room(indent)) {
            writeln!(out, "{}{}", " ".repeat(indent), self.style.paint(paint, line))?;
        }
        Ok(())
    }

    fn room(&self, indent: usize) -> usize {
        const LEAST: usize = 24;
        self.style.width.map_or(usize::MAX, |width| width.saturating_sub(indent).max(LEAST))
    }
}

fn row(way: &Alternative) -> [String; 9] {
    let nothing = || "-".to_owned();
    let unknown = || if way.is_open() { "?".to_owned() } else { nothing() };
    let bill = way.bill.as_ref().filter(|bill| !bill.is_nothing());
    let number = |shown: Option<String>| match (shown, &way.bill) {
        (Some(shown), _) => shown,
        (None, Some(_)) => nothing(),
        (None, None) => unknown(),
    };
    [
        way.method.title().to_owned(),
        number(bill.map(|bill| cell(bill.read))),
        number(bill.map(|bill| cell(bill.write))),
        number(bill.map(|bill| cell(bill.growth))),
        number(bill.map(|_| cell(way.peak()))),
        number(bill.map(|_| cell(way.freed()))),
        number(bill.and_then(|bill| bill.final_size).map(cell)),
        way.duration.filter(|_| bill.is_some()).map_or_else(nothing, time),
        way.method.reversible().to_owned(),
    ]
}
