//! What would be done, in order, each step with what must be true after it and the way back. How a step is written down
//! for a shell is a report's business.

use crate::chain::FileNo;

use super::action::{Action, Step, Target};
use super::before::{COPY, NOTHING, asks, check_machines, unchanged};
use super::course::Course;
use super::facts::Facts;
use super::method::Method;
use super::native_steps::native;

/// The steps of a way, or why it cannot be gone.
pub(super) fn steps(facts: &Facts<'_>, course: &Course, method: Method) -> Result<Vec<Step>, String> {
    if method == Method::Leave {
        return Ok(Vec::new());
    }
    let Some(target) = course.target else { return Err("the parent was not found".to_owned()) };
    match method {
        Method::Leave => Ok(Vec::new()),
        Method::Native => native(facts, course),
        Method::OnePass => Ok(by_hand(facts, course, target, vec![(course.merged.clone(), target)])),
        Method::Pairwise => {
            let below = course.merged.iter().skip(1).copied().chain([target]);
            let pairs = course.merged.iter().zip(below).map(|(file, into)| (vec![*file], into)).collect();
            Ok(by_hand(facts, course, target, pairs))
        }
        Method::Export => Ok(export(facts, course)),
    }
}

fn by_hand(facts: &Facts<'_>, course: &Course, target: FileNo, merges: Vec<(Vec<FileNo>, FileNo)>) -> Vec<Step> {
    let mut steps = before(facts, course);
    let again = asks(facts, course);
    for (number, (sources, into)) in merges.into_iter().enumerate() {
        let Some(top) = sources.first().copied() else { continue };
        let files = if sources.len() == 1 {
            String::new()
        } else {
            format!(" with the {} below it", sources.len().saturating_sub(1))
        };
        // The first comes right after the steps that ask.
        let asks = match number {
            0 => Vec::new(),
            _ => again.iter().cloned().chain([Action::RequireDetached { file: top }]).collect(),
        };
        steps.push(Step {
            title: format!("Merge {}{files} into {}", facts.name(top), facts.name(into)),
            expect:
                "The target holds the content. Windows removes the merged files, or leaves them; either way they are \
                     no longer valid: keep what is left until the machine has run and a backup was made."
                    .to_owned(),
            way_back: format!(
                "Broken off: run the same step again, the merged file is usable until the merge is complete; never \
                 delete it. Complete, {COPY}"
            ),
            undo: None,
            asks,
            action: Action::Merge { top, into, sources },
        });
    }
    for child in &course.above {
        steps.push(Step {
            title: format!("Give {} the parent {}", facts.name(*child), facts.name(target)),
            action: Action::Relink { child: *child, parent: target },
            expect: "Get-VHD shows the survivor as its parent.".to_owned(),
            way_back: "The same command with the former parent, as long as that is there and was not merged."
                .to_owned(),
            undo: None,
            asks: again.clone(),
        });
    }
    steps.extend(repoint(facts, course, Target::File(target)));
    let check = |file: FileNo| check_chain(facts, Target::File(file));
    match course.above.as_slice() {
        [] => steps.push(check(target)),
        above => steps.extend(above.iter().map(|child| check(*child))),
    }
    steps
}

fn export(facts: &Facts<'_>, course: &Course) -> Vec<Step> {
    let mut steps = before(facts, course);
    steps.push(Step {
        title: format!("Write what {} holds into a new file", facts.name(course.top())),
        action: Action::Convert { from: course.top() },
        expect: "The new file is there and holds the whole disk; no old file has changed.".to_owned(),
        way_back: "Delete the new file.".to_owned(),
        undo: None,
        asks: Vec::new(),
    });
    steps.push(check_chain(facts, Target::New));
    steps.extend(repoint(facts, course, Target::New));
    steps
}

/// What is made sure of before anything is changed.
fn before(facts: &Facts<'_>, course: &Course) -> Vec<Step> {
    let mut steps = vec![unchanged(course, &[])];
    for machine in facts.machines_of(&course.users()) {
        let Some(found) = facts.machines.get(machine) else { continue };
        steps.push(Step {
            title: format!("See that {} is off", found.title()),
            action: Action::RequireOff { machine },
            expect: "Its state is Off, not Saved.".to_owned(),
            way_back: NOTHING.to_owned(),
            undo: None,
            asks: Vec::new(),
        });
    }
    steps.extend(check_machines(facts, course));
    steps.push(Step {
        title: format!("See that nobody has {} open", facts.name(course.top())),
        action: Action::RequireDetached { file: course.top() },
        expect: "It is neither attached nor mounted.".to_owned(),
        way_back: NOTHING.to_owned(),
        undo: None,
        asks: Vec::new(),
    });
    steps
}

/// Every drive that has the named file gets what holds its content now. What stands on it through a child goes on to do
/// so, and a machine that has a file below it closes every way in place.
fn repoint(facts: &Facts<'_>, course: &Course, to: Target) -> Vec<Step> {
    let mut steps = Vec::new();
    let top = course.top();
    for machine in facts.machines_of(&[top]) {
        let Some(found) = facts.machines.get(machine) else { continue };
        for (disk, attached) in found.disks.iter().enumerate().filter(|(_, attached)| attached.file() == Some(top)) {
            let controller = &attached.drive.controller;
            let kind = controller.kind.name().to_uppercase();
            let old = Target::File(top);
            steps.push(Step {
                title: format!(
                    "Put the survivor on {kind} {} location {} of {}",
                    controller.number,
                    attached.drive.location,
                    found.title()
                ),
                action: Action::Repoint { machine, disk, from: old, to },
                expect: "Get-VMHardDiskDrive shows the survivor on that drive.".to_owned(),
                way_back: "Put the former disk back, as long as it is there and was not merged.".to_owned(),
                undo: (to == Target::New).then_some(Action::Repoint { machine, disk, from: to, to: old }),
                asks: vec![Action::RequireOff { machine }],
            });
        }
    }
    steps
}

fn check_chain(facts: &Facts<'_>, file: Target) -> Step {
    let title = match file {
        Target::File(file) => format!("See that {} can be opened with all its parents", facts.name(file)),
        Target::New => "See that the new file can be opened".to_owned(),
    };
    Step {
        title,
        action: Action::CheckChain { file },
        expect:
            "Test-VHD finds nothing wrong. vhdxray verify --after, with this plan as JSON, proves the content where \
                 the plan was made with --hash. Then start the machine, look at it, and make a full backup."
                .to_owned(),
        way_back: NOTHING.to_owned(),
        undo: None,
        asks: Vec::new(),
    }
}
