//! From single keys to the tree: children in the order of their insertion, names repeated or not.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::Error;
use crate::format::hvs::key_table::ENTRY_STRUCTURE;
use crate::limits;
use crate::units::{ByteLen, FileOffset};
use crate::vm::problem::Problems;
use crate::vm::{Key, ProblemKind};

use super::keys::{FlatKey, KeyId};

const ROOT: KeyId = (0, 0);

/// The tree of all keys. Those whose parent is not there stand at the top, after the others.
pub(super) fn build(keys: &BTreeMap<KeyId, FlatKey>, problems: &mut Problems) -> Vec<Key> {
    let mut children: BTreeMap<KeyId, Vec<KeyId>> = BTreeMap::new();
    for (id, key) in keys {
        children.entry(key.parent).or_default().push(*id);
    }
    for siblings in children.values_mut() {
        siblings.sort_by_key(|id| (keys.get(id).map(|key| key.sequence), *id));
    }
    let mut builder = Builder { keys, children: &children, placed: BTreeSet::new(), problems };
    let mut top = builder.below(ROOT, 0);
    for (id, key) in keys {
        if key.parent != ROOT && !keys.contains_key(&key.parent) {
            let what = format!("its parent, {} of table {}, is not there", key.parent.1, key.parent.0);
            builder.problems.add(ProblemKind::ParentMissing, Error::malformed(ENTRY_STRUCTURE, key.at, what));
            top.extend(builder.key(*id, 0));
        }
    }
    let placed = builder.placed;
    // What hangs neither from the root nor from a missing parent hangs from itself.
    for (_, key) in keys.iter().filter(|(id, _)| !placed.contains(*id)) {
        problems.add(ProblemKind::Cycle, Error::malformed(ENTRY_STRUCTURE, key.at, "stands below itself"));
    }
    top
}

struct Builder<'a> {
    keys: &'a BTreeMap<KeyId, FlatKey>,
    children: &'a BTreeMap<KeyId, Vec<KeyId>>,
    placed: BTreeSet<KeyId>,
    problems: &'a mut Problems,
}

impl Builder<'_> {
    fn below(&mut self, parent: KeyId, depth: usize) -> Vec<Key> {
        let children = self.children.get(&parent).map(Vec::as_slice).unwrap_or_default();
        children.iter().filter_map(|child| self.key(*child, depth)).collect()
    }

    fn key(&mut self, id: KeyId, depth: usize) -> Option<Key> {
        let key = self.keys.get(&id)?;
        // Every key has one parent, so that none is met twice on the way down from a top.
        self.placed.insert(id);
        let children = if depth < limits::MAX_VM_DEPTH {
            self.below(id, depth.saturating_add(1))
        } else {
            self.leave_out(id, key.at);
            Vec::new()
        };
        Some(Key { name: key.name.clone(), value: key.value.clone(), at: Some(key.at), intact: key.intact, children })
    }

    /// Counts what is deeper than the bound, without calling itself.
    fn leave_out(&mut self, id: KeyId, at: FileOffset) {
        let mut rest = vec![id];
        while let Some(id) = rest.pop() {
            let children = self.children.get(&id).map(Vec::as_slice).unwrap_or_default();
            if id != (0, 0) && !children.is_empty() {
                let bound = ByteLen::from(limits::MAX_VM_DEPTH).0;
                let error = Error::limit(ENTRY_STRUCTURE, at, "MAX_VM_DEPTH", bound, bound.saturating_add(1));
                self.problems.add(ProblemKind::OverLimit, error);
            }
            self.placed.extend(children);
            rest.extend(children);
        }
    }
}
