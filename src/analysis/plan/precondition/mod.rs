//! What must hold before disks may be merged: 23 conditions, each with what was seen, and what to do where it fails or
//! is not known.

mod around;
mod content;
mod host;
mod links;
mod unseen;
mod uses;

use std::collections::BTreeSet;

use crate::chain::FileNo;

use super::ask::Ask;
use super::course::Course;
use super::facts::Facts;
use super::method::Method;

/// Seen where the parent of the last file that is to be merged was not found.
const NO_TARGET: &str = "the file that would survive was not found";
/// What to do then.
const FIND_TARGET: &str = "Bring the missing parent back, or name the folder that it lies in (--search, --map).";

/// Most files that one condition names; the others are counted.
const MOST_NAMED: usize = 16;

/// Number of conditions.
pub const COUNT: usize = 23;

/// Whether a condition holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    /// It does.
    Pass,
    /// It does not.
    Fail,
    /// What was looked at does not tell.
    Unknown,
}

impl State {
    /// The word in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Unknown => "unknown",
        }
    }
}

/// Something that was seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// A sentence that a person can check.
    pub what: String,
    /// The file that it was seen in.
    pub file: Option<FileNo>,
}

/// One condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Precondition {
    /// Its number, from 1: names may be given other words, numbers stay.
    pub number: u8,
    /// Its name for scripts.
    pub name: &'static str,
    /// What must hold, in words.
    pub title: &'static str,
    /// Whether it holds.
    pub state: State,
    /// What was seen.
    pub evidence: Vec<Evidence>,
    /// What would let the plan go on, or how to find out; `None` where the condition holds.
    pub unblock: Option<String>,
    /// How to ask a host.
    pub ask: Vec<Ask>,
    /// The ways that are closed while it fails. A condition that fails and closes none is a warning.
    pub blocks: BTreeSet<Method>,
}

impl Precondition {
    /// Whether it stops a way.
    pub fn stops(&self, method: Method) -> bool {
        self.state == State::Fail && self.blocks.contains(&method)
    }

    /// Whether it is unknown in a way that only somebody who knows the estate can pass over: that a target may be an
    /// image that others are made from.
    pub fn is_doubt(&self) -> bool {
        const NOT_GOLDEN: u8 = 17;
        self.state == State::Unknown && self.number == NOT_GOLDEN
    }

    /// Whether it says that another disk would be lost by one of the ways.
    pub fn loses_a_disk(&self) -> bool {
        const NO_SIBLINGS: u8 = 5;
        self.state == State::Fail && self.number == NO_SIBLINGS
    }

    fn new(number: u8, name: &'static str, title: &'static str) -> Self {
        Self {
            number,
            name,
            title,
            state: State::Pass,
            evidence: Vec::new(),
            unblock: None,
            ask: Vec::new(),
            blocks: BTreeSet::new(),
        }
    }

    /// Takes over what the same condition says of another disk, as far as it concerns [`Method::Native`]: no other way
    /// touches that disk.
    fn take_over(&mut self, other: Self) {
        let passed = self.state == State::Pass;
        if other.stops(Method::Native) {
            self.state = State::Fail;
            self.blocks.insert(Method::Native);
        } else if other.state == State::Unknown && self.state == State::Pass {
            self.state = State::Unknown;
        } else if other.state != State::Unknown {
            return;
        }
        if passed {
            // That nothing was seen is true no more.
            self.evidence.retain(|seen| seen.file.is_some());
        }
        for seen in other.evidence {
            if !self.evidence.contains(&seen) {
                self.evidence.push(seen);
            }
        }
        self.ask.extend(other.ask);
        self.ask.sort();
        self.ask.dedup();
        self.unblock = self.unblock.take().or(other.unblock);
    }

    /// Adds what was seen.
    fn saw(&mut self, file: impl Into<Option<FileNo>>, what: impl Into<String>) {
        self.evidence.push(Evidence { what: what.into(), file: file.into() });
    }

    /// What was seen speaks against it.
    fn fail(&mut self, file: impl Into<Option<FileNo>>, what: impl Into<String>, blocks: &[Method]) {
        self.state = State::Fail;
        self.blocks.extend(blocks);
        self.saw(file, what);
    }

    /// What was seen does not decide; a failure stays one.
    fn unknown(&mut self, file: impl Into<Option<FileNo>>, what: impl Into<String>) {
        if self.state == State::Pass {
            self.state = State::Unknown;
        }
        self.saw(file, what);
    }

    /// The same with other words where it is not known rather than false.
    fn end_or_ask(self, unblock: &str, find_out: &str, otherwise: impl Into<String>) -> Self {
        let words = if self.state == State::Unknown { find_out } else { unblock };
        self.end(words, otherwise)
    }

    /// What to do unless it holds, and, when it does, what was seen.
    fn end(mut self, unblock: impl Into<String>, otherwise: impl Into<String>) -> Self {
        if self.state == State::Pass {
            if self.evidence.is_empty() {
                self.saw(None, otherwise);
            }
            self.ask.clear();
        } else {
            self.unblock = Some(unblock.into());
            self.ask.sort();
            self.ask.dedup();
        }
        self
    }
}

/// All conditions, in the order of their numbers; the one about space comes with what it costs and is not among them.
/// What is in the way of a disk that Hyper-V would merge as well is in its way.
pub(super) fn all_but_space(facts: &Facts<'_>, course: &Course) -> Vec<Precondition> {
    let mut all = of_one_disk(facts, course);
    for other in &course.also {
        for (condition, others) in all.iter_mut().zip(of_one_disk(facts, other)) {
            condition.take_over(others);
        }
    }
    all
}

fn of_one_disk(facts: &Facts<'_>, course: &Course) -> Vec<Precondition> {
    vec![
        links::parent_found(facts, course),
        links::identity(facts, course),
        links::parent_unchanged(facts, course),
        content::log_clean(facts, course),
        uses::no_siblings(facts, course),
        uses::not_attached(facts, course),
        uses::not_busy(facts, course),
        uses::no_checkpoint(facts, course),
        uses::not_shared(facts, course),
        content::sector_sizes(facts, course),
        content::virtual_sizes(facts, course),
        host::attributes(facts, course),
        links::no_cycle(facts, course),
        content::known_format(facts, course),
        content::whole(facts, course),
        uses::not_golden(facts, course),
        around::change_tracking(facts, course),
        host::access(facts, course),
        uses::one_machine(facts, course),
        host::coverage(facts),
        around::roles(facts, course),
        around::equal_depth(facts, course),
    ]
}

/// The condition that needs numbers: see [`super::space`].
pub(super) fn space() -> Precondition {
    Precondition::new(13, "enough-space", "there is room for what grows")
}

impl Precondition {
    pub(super) fn space_seen(&mut self, file: Option<FileNo>, what: String) {
        self.saw(file, what);
    }

    pub(super) fn space_fails(&mut self, file: Option<FileNo>, what: String, method: Method) {
        self.fail(file, what, &[method]);
    }

    pub(super) fn space_unknown(&mut self, file: Option<FileNo>, what: String) {
        self.unknown(file, what);
        if let Some(file) = file.filter(|file| !self.ask.contains(&Ask::FreeSpace(*file))) {
            self.ask.push(Ask::FreeSpace(file));
        }
    }

    pub(super) fn space_end(self, unblock: &str, otherwise: &str) -> Self {
        self.end(unblock, otherwise)
    }
}
