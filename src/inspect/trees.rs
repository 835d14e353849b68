//! The files as trees: a base with what depends on it below, sound ones by folder, broken ones apart.

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
    /// Whether each file is reported, in the order of the files.
    shown: Vec<bool>,
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
        let mut shown = vec![false; self.inventory.files.len()];
        for (number, _) in self.reported() {
            if let Some(slot) = shown.get_mut(number.0) {
                *slot = true;
            }
        }
        let mut trees = Trees { sound: Vec::new(), broken: Vec::new(), shown };
        let mut roots: Vec<((&Path, OriginNo), FileNo)> = Vec::new();
        for (number, file) in self.reported().filter(|(_, file)| file.is_image()) {
            if self.forest.parent(number).is_some() {
                continue;
            }
            if self.link(number).is_some() {
                trees.broken.push(number);
            } else if file.is_readable() {
                roots.push(((file.path.parent().unwrap_or(Path::new("")), file.origin), number));
            } else if trees.children(self, number).next().is_some() {
                trees.broken.push(number);
            }
        }
        // They stand in the order of their paths, so that those of one folder stand together, or nearly.
        roots.sort_by_key(|(folder, _)| *folder);
        let same = |a: &((&Path, OriginNo), FileNo), b: &((&Path, OriginNo), FileNo)| a.0 == b.0;
        let folder = |roots: &[((&Path, OriginNo), FileNo)]| {
            let ((path, origin), _) = roots.first()?;
            Some(trees.folder(self, *origin, path.to_path_buf(), roots.iter().map(|(_, root)| *root).collect()))
        };
        trees.sound = roots.chunk_by(same).filter_map(folder).collect();
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
            has_children: self.children(inspection, file).next().is_some(),
        };
        let mut branches = Vec::new();
        let mut waiting = vec![branch(root, 0, true)];
        while let Some(next) = waiting.pop() {
            branches.push(next);
            let children = self.children(inspection, next.file).rev().enumerate();
            waiting.extend(children.map(|(number, child)| branch(child, next.depth.saturating_add(1), number == 0)));
        }
        branches
    }

    fn children<'a>(
        &'a self,
        inspection: &'a Inspection,
        file: FileNo,
    ) -> impl DoubleEndedIterator<Item = FileNo> + use<'a> {
        let shown = |child: &FileNo| self.shown.get(child.0).copied().unwrap_or_default();
        inspection.forest.children(file).iter().copied().filter(shown)
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
