//! All files of a scan, children under parents, linked by identity wherever they were moved or renamed to.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use uuid::Uuid;

use crate::error::Result;
use crate::image::{ParentReference, PathHint};
use crate::limits;
use crate::threads::Threads;

use super::files_by::FilesBy;
use super::link::{Candidate, CandidateReason, FileNo, FoundBy, Lead, Link, LinkStatus, RecordedPath};
use super::path_maps::PathMaps;
use super::resolve::{self, Leads, PathIndex};
use super::scope::Scope;

/// What linking needs to know of a file; what others know already is lent.
#[derive(Clone, Debug)]
pub struct Node<'a> {
    /// The path it is shown under.
    pub path: Cow<'a, Path>,
    /// Every other path that leads to it.
    pub other_paths: &'a [PathBuf],
    /// What a child would name it by.
    pub identity: Option<Uuid>,
    /// What the guest sees as the disk's identity: a hint that two files are relatives.
    pub virtual_disk_id: Option<Uuid>,
    /// What it says about its parent; `None` for a disk without one.
    pub reference: Option<Cow<'a, Result<ParentReference>>>,
    /// Whether its virtual disk can be read.
    pub readable: bool,
    /// Whether it is a virtual disk at all, or calls itself one.
    pub is_image: bool,
}

/// The links between all files.
#[derive(Debug, Default)]
pub struct Forest {
    links: Vec<Option<Box<Link>>>,
    children: Vec<Vec<FileNo>>,
}

impl Forest {
    /// Links the files. Every file of `nodes` may be a parent; `scope` and `maps` say where recorded paths lead.
    pub fn link_all(nodes: &[Node<'_>], scope: &Scope, maps: &PathMaps) -> Self {
        Self::link_on(Threads::default(), nodes, scope, maps)
    }

    /// As [`link_all`](Self::link_all), on several threads.
    pub fn link_on(threads: Threads, nodes: &[Node<'_>], scope: &Scope, maps: &PathMaps) -> Self {
        let linker = Linker::new(threads, nodes, scope, maps);
        let mut links = threads.map(nodes.len(), |number| linker.link(FileNo(number)).map(Box::new));
        mark_cycles(&mut links);
        let mut children = vec![Vec::new(); nodes.len()];
        for (number, link) in links.iter().enumerate() {
            let parent = link.as_ref().filter(|link| link.status.is_linked() || link.status == LinkStatus::Unreadable);
            if let Some(slot) = parent.and_then(|link| children.get_mut(link.parent?.0)) {
                slot.push(FileNo(number));
            }
        }
        let mut forest = Self { links, children };
        forest.drop_descendants();
        forest
    }

    /// What depends on a file cannot be its parent, however related the two are.
    fn drop_descendants(&mut self) {
        if self.links.iter().flatten().all(|link| link.candidates.is_empty()) {
            return;
        }
        let spans = self.spans();
        for (link, own) in self.links.iter_mut().zip(&spans) {
            if let Some(link) = link {
                let depends = |file: FileNo| spans.get(file.0).is_some_and(|span| own.contains(&span.start));
                link.candidates.retain(|candidate| !depends(candidate.file));
            }
        }
    }

    /// For each file the turns of itself and of all that depends on it, when all are walked through from the bases up.
    fn spans(&self) -> Vec<Range<usize>> {
        let mut spans = vec![0..0; self.children.len()];
        let mut turn = 0_usize;
        let mut waiting = Vec::new();
        for base in (0..self.children.len()).map(FileNo).filter(|file| self.parent(*file).is_none()) {
            waiting.push((base, true));
            while let Some((file, is_start)) = waiting.pop() {
                let Some(span) = spans.get_mut(file.0) else { continue };
                if is_start {
                    span.start = turn;
                    turn = turn.saturating_add(1);
                    waiting.push((file, false));
                    waiting.extend(self.children(file).iter().map(|child| (*child, true)));
                } else {
                    span.end = turn;
                }
            }
        }
        spans
    }

    /// The link of a differencing disk; `None` for any other file.
    pub fn link(&self, file: FileNo) -> Option<&Link> {
        self.links.get(file.0)?.as_deref()
    }

    /// The files whose parent this file is, in the order of the files.
    pub fn children(&self, file: FileNo) -> &[FileNo] {
        self.children.get(file.0).map(Vec::as_slice).unwrap_or_default()
    }

    /// The parent that a file is linked to.
    pub fn parent(&self, file: FileNo) -> Option<FileNo> {
        let link = self.link(file)?;
        if link.status.is_linked() || link.status == LinkStatus::Unreadable { link.parent } else { None }
    }

    /// The file itself, its parent, and so on up to the base or to the first link that is broken. Ends always, for
    /// links in a cycle are broken.
    pub fn ancestry(&self, file: FileNo) -> impl Iterator<Item = FileNo> + '_ {
        std::iter::successors(Some(file), |file| self.parent(*file))
    }
}

struct Linker<'a> {
    nodes: &'a [Node<'a>],
    scope: &'a Scope,
    maps: &'a PathMaps,
    index: PathIndex<'a>,
    by_identity: FilesBy<Uuid>,
    /// Only where several files have one identity it is asked for.
    by_identity_and_folder: OnceLock<FilesBy<(Uuid, &'a Path)>>,
    relatives: OnceLock<Relatives<'a>>,
}

/// The files by their virtual disk id. Only links that are broken ask for them.
struct Relatives<'a> {
    by_disk_id: FilesBy<Uuid>,
    by_disk_id_and_folder: FilesBy<(Uuid, &'a Path)>,
}

impl<'a> Relatives<'a> {
    fn new(nodes: &'a [Node<'a>]) -> Self {
        let known = || {
            let numbered = nodes.iter().enumerate();
            numbered.filter_map(|(number, node)| {
                let id = node.virtual_disk_id.filter(|id| !id.is_nil())?;
                Some((id, folder(node), FileNo(number)))
            })
        };
        Self {
            by_disk_id: FilesBy::new(known().map(|(id, _, file)| (id, file))),
            by_disk_id_and_folder: FilesBy::new(known().map(|(id, folder, file)| ((id, folder), file))),
        }
    }
}

impl<'a> Linker<'a> {
    fn new(threads: Threads, nodes: &'a [Node<'a>], scope: &'a Scope, maps: &'a PathMaps) -> Self {
        let numbered = || nodes.iter().enumerate().map(|(number, node)| (FileNo(number), node));
        let images = nodes.iter().enumerate().filter(|(_, node)| node.is_image);
        let paths = images.flat_map(|(number, node)| {
            let others = node.other_paths.iter().map(PathBuf::as_path);
            std::iter::once(&*node.path).chain(others).map(move |path| (FileNo(number), path))
        });
        let index = || PathIndex::new(nodes.len(), paths);
        let identities = || {
            FilesBy::new(numbered().filter_map(|(file, node)| Some((node.identity.filter(|id| !id.is_nil())?, file))))
        };
        let (index, by_identity) = threads.both(index, identities);
        let (by_identity_and_folder, relatives) = (OnceLock::new(), OnceLock::new());
        Self { nodes, scope, maps, index, by_identity, by_identity_and_folder, relatives }
    }

    fn node(&self, file: FileNo) -> Option<&'a Node<'a>> {
        self.nodes.get(file.0)
    }

    fn has(&self, file: FileNo, identity: Uuid) -> bool {
        self.node(file).is_some_and(|node| node.identity == Some(identity))
    }

    fn folder(&self, file: FileNo) -> &'a Path {
        self.node(file).map_or(Path::new(""), folder)
    }

    /// The folder from which the relative paths of a file lead on.
    fn place_of_folder(&self, file: FileNo) -> Cow<'a, Path> {
        self.index.place(self.folder(file))
    }

    fn link(&self, child: FileNo) -> Option<Link> {
        let reference = match self.node(child)?.reference.as_deref()? {
            Ok(reference) => reference,
            Err(problem) => {
                let (candidates, candidates_left_out) = self.relatives(child);
                return Some(Link {
                    candidates,
                    candidates_left_out,
                    problem: Some(problem.clone()),
                    ..link(LinkStatus::UnusableLocator)
                });
            }
        };
        let (folder, map) = (self.place_of_folder(child), self.maps.of(child));
        let follow = |hint| resolve::follow(hint, &folder, &self.index, self.scope, map);
        let mut leads: Vec<Leads<'_>> = reference.hints.iter().map(follow).collect();
        let recorded = reference.hints.iter().zip(&leads).map(|(hint, leads)| recorded(child, hint, *leads)).collect();
        // A recorded path that leads to the child itself says nothing about the parent.
        for leads in &mut leads {
            if let Leads::To(files, _) = leads
                && files.iter().all(|file| file == child)
            {
                *leads = Leads::NotThere;
            }
        }
        let link = self
            .by_guid(child, reference, reference.linkage, LinkStatus::Linked, &leads)
            .or_else(|| self.by_guid(child, reference, reference.linkage2, LinkStatus::LinkedBySecondGuid, &leads))
            .unwrap_or_else(|| self.by_path(child, reference, &leads));
        Some(Link { expected: reference.linkage, recorded, ..link })
    }

    /// The link to the file that has the wanted identity, if any has.
    fn by_guid(
        &self,
        child: FileNo,
        reference: &ParentReference,
        wanted: Option<Uuid>,
        status: LinkStatus,
        leads: &[Leads<'_>],
    ) -> Option<Link> {
        let identity = wanted?;
        let matching = self.by_identity.of(&identity);
        if matching.len() == 0 {
            return None;
        }
        let others = matching.len().saturating_sub(usize::from(self.has(child, identity)));
        let (parent, found_by) = match self.choose(child, reference, identity, leads) {
            Choice::One(parent, found_by) => (parent, found_by),
            Choice::Itself => {
                return Some(Link { parent: Some(child), found: wanted, ..link(LinkStatus::Cycle) });
            }
            Choice::Several => {
                let files = matching.filter(|file| *file != child).take(limits::MAX_CANDIDATES);
                let candidates: Vec<Candidate> =
                    files.map(|file| Candidate { file, why: CandidateReason::SameIdentity }).collect();
                let candidates_left_out = others.saturating_sub(candidates.len());
                return Some(Link { candidates, candidates_left_out, found: wanted, ..link(LinkStatus::Ambiguous) });
            }
        };
        let readable = self.node(parent).is_some_and(|node| node.readable);
        let copies = matching.filter(|file| *file != parent && *file != child);
        let copies: Vec<FileNo> = copies.take(limits::MAX_CANDIDATES).collect();
        let copies_left_out = others.saturating_sub(1).saturating_sub(copies.len());
        Some(Link {
            found_by: Some(found_by),
            parent: Some(parent),
            found: wanted,
            copies,
            copies_left_out,
            ..link(if readable { status } else { LinkStatus::Unreadable })
        })
    }

    /// Which of the files with the wanted identity is the parent: the one a recorded path leads to, else the one in
    /// the child's folder, else the only one.
    fn choose(&self, child: FileNo, reference: &ParentReference, wanted: Uuid, leads: &[Leads<'_>]) -> Choice {
        // Of one identity there may be as many copies as there are files, so that none is looked at for each child.
        let is_other = |file: &FileNo| *file != child && self.has(*file, wanted);
        for lead in leads {
            if let Leads::To(files, by) = lead
                && let Some(file) = files.iter().find(is_other)
            {
                return Choice::One(file, *by);
            }
        }
        let own_folder = self.place_of_folder(child);
        for hint in &reference.hints {
            let named = resolve::same_folder(hint, &own_folder, &self.index);
            if let Some(file) = named.iter().find(is_other) {
                return Choice::One(file, FoundBy::SameFolderName);
            }
        }
        let mut others = self.by_identity.of(&wanted).filter(|file| *file != child);
        match (others.next(), others.next()) {
            (None, _) => return Choice::Itself,
            (Some(only), None) => return Choice::One(only, FoundBy::Identity),
            _ => {}
        }
        let by_folder = self.by_identity_and_folder.get_or_init(|| {
            let numbered = self.nodes.iter().enumerate();
            let known = numbered.filter_map(|(number, node)| Some(((node.identity?, folder(node)), FileNo(number))));
            FilesBy::new(known)
        });
        let mut beside = by_folder.of(&(wanted, self.folder(child))).filter(|file| *file != child);
        match (beside.next(), beside.next()) {
            (Some(only), None) => Choice::One(only, FoundBy::Identity),
            _ => Choice::Several,
        }
    }

    /// No file has the wanted identity: what the recorded paths lead to, and who might be a relative.
    fn by_path(&self, child: FileNo, reference: &ParentReference, leads: &[Leads<'_>]) -> Link {
        let mut candidates = Vec::new();
        let mut in_place = None;
        for lead in leads {
            if let Leads::To(files, by) = lead {
                let mut files = files.iter().filter(|file| *file != child).take(limits::MAX_CANDIDATES).peekable();
                in_place = in_place.or(files.peek().map(|file| (*file, *by)));
                candidates.extend(files.map(|file| Candidate { file, why: CandidateReason::RecordedPath }));
            }
        }
        if in_place.is_none() {
            let folder = self.place_of_folder(child);
            let named = reference.hints.iter().find_map(|hint| {
                let files = resolve::same_folder(hint, &folder, &self.index);
                files.iter().find(|file| *file != child)
            });
            candidates.extend(named.map(|file| Candidate { file, why: CandidateReason::RecordedPath }));
            in_place = named.map(|file| (file, FoundBy::SameFolderName));
        }
        let (relatives, candidates_left_out) = self.relatives(child);
        candidates.extend(relatives);
        let mut seen = BTreeSet::new();
        candidates.retain(|candidate| seen.insert(candidate.file));
        let status = match in_place.and_then(|(file, _)| self.node(file)) {
            // The identity of a file whose headers cannot be read is unknown, which is not the same as another.
            Some(node) if node.identity.is_none() => LinkStatus::Unreadable,
            Some(_) => LinkStatus::IdentityMismatch,
            None if leads.is_empty() || leads.iter().any(|leads| matches!(leads, Leads::NotThere)) => {
                LinkStatus::Missing
            }
            None => LinkStatus::Outside,
        };
        Link {
            found_by: in_place.map(|(_, by)| by),
            parent: in_place.map(|(file, _)| file),
            found: in_place.and_then(|(file, _)| self.node(file)?.identity),
            candidates,
            candidates_left_out,
            ..link(status)
        }
    }

    /// Files with the child's virtual disk id, those in its folder first: relatives, which proves nothing. The number
    /// is how many more there are.
    fn relatives(&self, child: FileNo) -> (Vec<Candidate>, usize) {
        let Some(id) = self.node(child).and_then(|node| node.virtual_disk_id) else { return (Vec::new(), 0) };
        let relatives = self.relatives.get_or_init(|| Relatives::new(self.nodes));
        let all = relatives.by_disk_id.of(&id);
        let beside = relatives.by_disk_id_and_folder.of(&(id, self.folder(child))).filter(|file| *file != child);
        let elsewhere = all.clone().filter(|file| self.folder(*file) != self.folder(child));
        // The child is one of them, unless the id is that of none.
        let left_out = all.len().saturating_sub(1);
        let relatives = beside.chain(elsewhere);
        let named: Vec<Candidate> = relatives
            .take(limits::MAX_CANDIDATES)
            .map(|file| Candidate { file, why: CandidateReason::SameVirtualDiskId })
            .collect();
        let left_out = left_out.saturating_sub(named.len());
        (named, left_out)
    }
}

fn folder<'a>(node: &'a Node<'_>) -> &'a Path {
    node.path.parent().unwrap_or(Path::new(""))
}

enum Choice {
    One(FileNo, FoundBy),
    Several,
    Itself,
}

fn link(status: LinkStatus) -> Link {
    Link {
        status,
        found_by: None,
        parent: None,
        expected: None,
        found: None,
        candidates: Vec::new(),
        copies: Vec::new(),
        recorded: Vec::new(),
        problem: None,
        candidates_left_out: 0,
        copies_left_out: 0,
    }
}

fn recorded(child: FileNo, hint: &PathHint, leads: Leads<'_>) -> RecordedPath {
    let leads = match leads {
        Leads::To(files, _) => match files.iter().find(|file| *file != child) {
            Some(other) => Lead::To(other),
            None => Lead::Itself,
        },
        Leads::NotThere => Lead::NotThere,
        Leads::Elsewhere => Lead::Elsewhere,
    };
    RecordedPath { key: hint.key, path: hint.path.clone(), leads }
}

/// Breaks every link of a cycle. Each file is visited twice at most.
fn mark_cycles(links: &mut [Option<Box<Link>>]) {
    let parent = |links: &[Option<Box<Link>>], file: usize| {
        let link = links.get(file)?.as_ref()?;
        if link.status.is_linked() || link.status == LinkStatus::Unreadable {
            link.parent.map(|parent| parent.0)
        } else {
            None
        }
    };
    // Which walk came through a file first; a walk that meets itself has found a cycle.
    let mut walk_of: Vec<Option<usize>> = vec![None; links.len()];
    for start in 0..links.len() {
        let mut at = Some(start);
        while let Some(file) = at {
            match walk_of.get_mut(file) {
                Some(slot @ None) => *slot = Some(start),
                Some(Some(walk)) if *walk == start => {
                    let mut member = file;
                    while let Some(next) = parent(links, member) {
                        if let Some(Some(link)) = links.get_mut(member) {
                            link.status = LinkStatus::Cycle;
                        }
                        member = next;
                    }
                    break;
                }
                _ => break,
            }
            at = parent(links, file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(name: &str, identity: u128, parent: Option<u128>) -> Node<'static> {
        let reference = |parent| ParentReference {
            linkage: Some(Uuid::from_u128(parent)),
            linkage2: None,
            hints: Vec::new(),
            parent_time_stamp: None,
        };
        Node {
            path: PathBuf::from(name).into(),
            other_paths: &[],
            identity: Some(Uuid::from_u128(identity)),
            virtual_disk_id: Some(Uuid::from_u128(1)),
            reference: parent.map(|parent| Cow::Owned(Ok(reference(parent)))),
            readable: true,
            is_image: true,
        }
    }

    #[test]
    fn what_depends_on_a_disk_is_no_candidate_for_its_parent() {
        let nodes = [node("a", 10, Some(99)), node("b", 11, Some(10)), node("c", 12, Some(11)), node("d", 13, None)];
        let forest = Forest::link_all(&nodes, &Scope::default(), &PathMaps::default());
        let link = forest.link(FileNo(0)).unwrap();
        let candidates: Vec<FileNo> = link.candidates.iter().map(|candidate| candidate.file).collect();
        assert_eq!((link.status, candidates), (LinkStatus::Missing, vec![FileNo(3)]));
    }

    #[test]
    fn thousands_of_relatives_are_named_in_part_and_counted() {
        let names: Vec<String> = (0..3000).map(|n| format!("{}/{n}", if n < 2990 { "far" } else { "near" })).collect();
        let nodes: Vec<Node<'_>> = (10_u128..).zip(&names).map(|(n, name)| node(name, n, Some(1))).collect();
        let forest = Forest::link_all(&nodes, &Scope::default(), &PathMaps::default());
        let link = forest.link(FileNo(2999)).unwrap();
        assert_eq!(link.candidates.len(), limits::MAX_CANDIDATES);
        assert_eq!(link.candidates.len() + link.candidates_left_out, 2999);
        assert_eq!(link.candidates[0].file, FileNo(2990), "those in the same folder first");

        let mut nodes: Vec<Node<'_>> = names.iter().map(|name| node(name, 7, None)).collect();
        nodes.push(node("far/child", 8, Some(7)));
        nodes.push(node("near/one more", 7, None));
        let forest = Forest::link_all(&nodes, &Scope::default(), &PathMaps::default());
        let link = forest.link(FileNo(3000)).unwrap();
        assert_eq!((link.status, link.candidates_left_out), (LinkStatus::Ambiguous, 3001 - limits::MAX_CANDIDATES));
    }
}
