//! The files as trees: a base with what depends on it below, sound ones by folder, broken ones apart.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::chain::FileNo;
use crate::estate::OriginNo;
use crate::units::ByteLen;

use super::Inspection;
use super::coverage::count;

/// The disks as trees, each under the disk that it depends on.
#[derive(Clone, Debug)]
pub struct Trees {
    /// Trees whose root is a base, by the folder of the root.
    pub sound: Vec<Folder>,
    /// Roots whose parent was not found or not proved, and roots that cannot be read and have children.
    pub broken: Vec<FileNo>,
    shown: BTreeSet<FileNo>,
}

/// The trees whose roots lie in one folder.
#[derive(Clone, Debug)]
pub struct Folder {
    /// Where its files come from.
    pub origin: OriginNo,
    /// The folder; empty where the root was named without one.
    pub path: PathBuf,
    /// The roots, sorted by path.
    pub roots: Vec<FileNo>,
    /// Number of files of the trees, wherever they lie.
    pub files: u64,
    /// Bytes of these files.
    pub size: ByteLen,
    /// Bytes that they take on their volumes, where the system tells.
    pub allocated: Option<ByteLen>,
}

/// A file of a tree, in the order in which a tree is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Branch {
    /// The file.
    pub file: FileNo,
    /// Number of files between it and the root, the root included; 0 for the root.
    pub depth: usize,
    /// Whether it is the last child of its parent.
    pub last: bool,
    /// Whether it has children that are shown.
    pub has_children: bool,
}

impl Inspection {
    /// The reported disks as trees.
    pub fn trees(&self) -> Trees {
        let shown: BTreeSet<FileNo> = self.reported().map(|(number, _)| number).collect();
        let mut trees = Trees { sound: Vec::new(), broken: Vec::new(), shown };
        let mut folders: BTreeMap<(PathBuf, OriginNo), Vec<FileNo>> = BTreeMap::new();
        for (number, file) in self.reported().filter(|(_, file)| file.is_image()) {
            if self.forest.parent(number).is_some() {
                continue;
            }
            if self.link(number).is_some() {
                trees.broken.push(number);
            } else if file.is_readable() {
                let folder = file.path.parent().unwrap_or(Path::new("")).to_owned();
                folders.entry((folder, file.origin)).or_default().push(number);
            } else if !trees.children(self, number).is_empty() {
                trees.broken.push(number);
            }
        }
        trees.sound =
            folders.into_iter().map(|((path, origin), roots)| trees.folder(self, origin, path, roots)).collect();
        trees
    }
}

impl Trees {
    /// The root and everything that depends on it, depth first. Ends always, for links in a cycle are broken.
    pub fn branches(&self, inspection: &Inspection, root: FileNo) -> Vec<Branch> {
        let branch = |file: FileNo, depth, last| Branch {
            file,
            depth,
            last,
            has_children: !self.children(inspection, file).is_empty(),
        };
        let mut branches = Vec::new();
        let mut waiting = vec![branch(root, 0, true)];
        while let Some(next) = waiting.pop() {
            branches.push(next);
            let children = self.children(inspection, next.file).into_iter().rev().enumerate();
            waiting.extend(children.map(|(number, child)| branch(child, next.depth.saturating_add(1), number == 0)));
        }
        branches
    }

    fn children(&self, inspection: &Inspection, file: FileNo) -> Vec<FileNo> {
        inspection.forest.children(file).iter().copied().filter(|child| self.shown.contains(child)).collect()
    }

    fn folder(&self, inspection: &Inspection, origin: OriginNo, path: PathBuf, roots: Vec<FileNo>) -> Folder {
        let mut folder = Folder { origin, path, roots, files: 0, size: ByteLen::ZERO, allocated: Some(ByteLen::ZERO) };
        let members: Vec<Branch> = folder.roots.iter().flat_map(|root| self.branches(inspection, *root)).collect();
        folder.files = count(members.len());
        for stamp in members.iter().filter_map(|member| inspection.file(member.file)?.stamp) {
            folder.size = folder.size.saturating_add(stamp.size);
            folder.allocated =
                folder.allocated.zip(stamp.allocated).map(|(sum, allocated)| sum.saturating_add(allocated));
        }
        folder
    }
}
