//! Which of the configurations of one machine lies nearest to a file: its folder may have been copied a hundred thousand
//! times, checkpoints and all.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use uuid::Uuid;

use super::MachineNo;

/// The configurations of one machine by the folders in and below which they lie.
#[derive(Debug)]
pub(super) struct Nearest<'a> {
    first: MachineNo,
    /// The first below each folder, and at each path; empty where there is only one.
    below: HashMap<&'a Path, MachineNo>,
}

impl Nearest<'_> {
    /// The one whose path has most in common with another from the root down, of several the first. The paths of two
    /// hosts may have more in common than they should, which decides only between configurations of one machine.
    pub(super) fn to(&self, path: Option<&Path>) -> MachineNo {
        let above = path.into_iter().filter(|_| !self.below.is_empty()).flat_map(Path::ancestors);
        above.into_iter().find_map(|folder| self.below.get(folder)).copied().unwrap_or(self.first)
    }
}

/// The configurations of each machine, which are given in their order, by their places.
pub(super) fn by_place<'a>(
    by_id: &BTreeMap<Uuid, Vec<MachineNo>>,
    path: impl Fn(MachineNo) -> Option<&'a Path>,
) -> BTreeMap<Uuid, Nearest<'a>> {
    let nearest = |machines: &Vec<MachineNo>| {
        let mut nearest = Nearest { first: *machines.first()?, below: HashMap::new() };
        for number in machines.iter().filter(|_| machines.len() > 1) {
            for folder in path(*number).into_iter().flat_map(Path::ancestors) {
                nearest.below.entry(folder).or_insert(*number);
            }
        }
        Some(nearest)
    };
    by_id.iter().filter_map(|(id, machines)| Some((*id, nearest(machines)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_in_the_same_folders_is_near() {
        let paths = ["/e/a/x/1.vmcx", "/e/b/x/1.vmcx", "/e/b/y/1.vmcx"].map(Path::new);
        let id = Uuid::from_u128(1);
        let by_id = BTreeMap::from([(id, (0..3).map(MachineNo).collect())]);
        let by_place = by_place(&by_id, |number| paths.get(number.0).copied());
        let to = |path: &str| by_place[&id].to(Some(Path::new(path))).0;
        assert_eq!(["/e/b/x/s/2.vmcx", "/e/b/y/2.vmcx", "/e/b/z", "/e/c", "/f"].map(to), [1, 2, 1, 0, 0]);
        assert_eq!(by_place[&id].to(None), MachineNo(0));
    }
}
