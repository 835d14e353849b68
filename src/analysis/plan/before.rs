//! What is made sure of before anything is changed, and again before each step.

use crate::chain::FileNo;
use crate::estate::MachineNo;

use super::action::{Action, Step};
use super::course::Course;
use super::facts::Facts;

/// The way back from a step that changes nothing.
pub(super) const NOTHING: &str = "Nothing was changed.";

/// The way back from a step that cannot be taken back.
pub(super) const COPY: &str =
    "only a copy of the files takes it back: make one, or see that a backup of the machine can be restored, first.";

/// See that no file has another length, these others among them.
pub(super) fn unchanged(course: &Course, others: &[FileNo]) -> Step {
    let mut files = course.chain();
    files.extend(course.above.iter().chain(others));
    Step {
        title: "See that nothing has changed since the plan was made".to_owned(),
        action: Action::CheckUnchanged { files },
        expect:
            "Every file has the length that it had. vhdxray verify, with this plan as JSON, compares everything that \
                 the plan rests on."
                .to_owned(),
        way_back: NOTHING.to_owned(),
        undo: None,
        asks: Vec::new(),
    }
}

/// See that the machines stand where they stood.
pub(super) fn check_machines(facts: &Facts<'_>, course: &Course) -> Vec<Step> {
    let checked = checks(facts, course).into_iter().filter_map(|action| {
        let Action::CheckMachine { machine, .. } = &action else { return None };
        let title = facts.machines.get(*machine)?.title();
        Some(Step {
            title: format!("See that {title} has the disks and checkpoints that it had"),
            action,
            expect:
                "Its drives hold the files that they held, and no checkpoint was made or deleted. One that a backup \
                     has made since would keep what is merged, with every file as long as before."
                    .to_owned(),
            way_back: NOTHING.to_owned(),
            undo: None,
            asks: Vec::new(),
        })
    });
    checked.collect()
}

/// What is asked again before each step that is done by hand.
pub(super) fn asks(facts: &Facts<'_>, course: &Course) -> Vec<Action> {
    let off = facts.machines_of(&course.users()).into_iter().map(|machine| Action::RequireOff { machine });
    off.chain(checks(facts, course)).collect()
}

/// See that a machine stands where it stood, when these of its checkpoints were deleted.
pub(super) fn check_without(
    facts: &Facts<'_>,
    course: &Course,
    machine: MachineNo,
    deleted: &[MachineNo],
) -> Option<Action> {
    let own = |check: &Action| matches!(check, Action::CheckMachine { machine: of, .. } if *of == machine);
    let mut check = checks(facts, course).into_iter().find(own)?;
    if let Action::CheckMachine { checkpoints, .. } = &mut check {
        checkpoints.retain(|checkpoint| !deleted.contains(checkpoint));
    }
    Some(check)
}

fn checks(facts: &Facts<'_>, course: &Course) -> Vec<Action> {
    let users = course.users();
    let check = |machine| {
        let found = facts.machines.get(machine)?;
        let stands = |disk: &crate::estate::AttachedDisk| disk.file().is_some_and(|file| users.contains(&file));
        let disks = found.disks.iter().enumerate().filter(|(_, disk)| stands(disk)).map(|(number, _)| number);
        let known = facts.machines.checkpoints(machine).filter(|(_, checkpoint)| !checkpoint.backup_copy);
        let checkpoints = known.map(|(number, _)| number).collect();
        Some(Action::CheckMachine { machine, disks: disks.collect(), checkpoints })
    };
    facts.machines_of(&users).into_iter().filter_map(check).collect()
}
