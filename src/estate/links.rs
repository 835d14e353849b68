//! Symbolic links that were not followed: what lies behind them may be what somebody needs. Where one leads is compared
//! as text with what was looked at; nothing is opened through it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use crate::chain::Scope;

use super::{Inventory, Link, OriginNo};

impl Link {
    /// The path that it leads to; `None` where the text alone does not tell.
    fn leads_to(&self) -> Option<PathBuf> {
        let target = self.target.as_deref()?;
        // What `..` after a name leads to hangs on whether that is a link itself.
        let mut names = target.components().skip_while(|part| !matches!(part, Component::Normal(_)));
        if names.any(|part| part == Component::ParentDir) {
            return None;
        }
        Some(self.path.parent().unwrap_or(Path::new("")).join(target))
    }
}

impl Inventory {
    /// The links that hide something: all that do not lead to what was looked at.
    pub fn links_outside<'a>(&'a self, scope: &'a Scope) -> impl Iterator<Item = &'a Link> {
        self.links.iter().filter(|link| !self.target(link).is_some_and(|target| scope.contains(&target)))
    }

    /// Counts each link to a file that was found among the paths that lead to the file.
    pub fn name_by_links(&mut self) {
        if self.links.is_empty() {
            return;
        }
        let paths = self.files.iter().enumerate().flat_map(|(number, file)| {
            std::iter::once(&file.path).chain(&file.other_paths).map(move |path| (number, file.origin, path))
        });
        let by_place: BTreeMap<PathBuf, usize> =
            paths.map(|(number, origin, path)| (self.place(origin, path), number)).collect();
        let found: Vec<(usize, OriginNo, PathBuf)> = self
            .links
            .iter()
            .filter_map(|link| Some((*by_place.get(&self.target(link)?)?, link.origin, link.path.clone())))
            .collect();
        let mut named = BTreeSet::new();
        for (number, origin, path) in found {
            let Some(of) = self.files.get(number).map(|file| file.origin) else { continue };
            let is_of_file = self.place(of, &path) == self.place(origin, &path);
            let Some(file) = self.files.get_mut(number) else { continue };
            match is_of_file {
                true => file.other_paths.push(path),
                false => file.elsewhere.push((origin, path)),
            }
            named.insert(number);
        }
        // Thousands of links may lead to one file.
        for number in named {
            let Some(file) = self.files.get_mut(number) else { continue };
            file.other_paths.sort();
            file.other_paths.dedup();
            file.elsewhere.sort_by(|a, b| (&a.1, a.0).cmp(&(&b.1, b.0)));
            file.elsewhere.dedup();
        }
    }

    fn target(&self, link: &Link) -> Option<PathBuf> {
        Some(self.place(link.origin, &link.leads_to()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::estate::FoundFile;

    fn link(path: &str, target: &str) -> Link {
        Link { origin: OriginNo::default(), path: path.into(), target: Some(target.into()) }
    }

    #[test]
    fn a_link_to_what_was_looked_at_hides_nothing() {
        let mut scope = Scope::default();
        scope.add_below(Path::new("/e"));
        for (path, target, outside) in [
            ("/e/a/x", "../b/y", false),
            ("/e/a/x", "/e/b", false),
            ("/e/x", ".", false),
            ("/e/x", "../e/y", false),
            ("/e/a/x", "../../f", true),
            ("/e/a/x", "/f/y", true),
            ("/e/a/x", "b/../../c", true),
        ] {
            let inventory = Inventory { links: vec![link(path, target)], ..Inventory::default() };
            assert_eq!(inventory.links_outside(&scope).count() == 1, outside, "{path} to {target}");
        }
        let unread = Link { target: None, ..link("/e/x", "") };
        assert_eq!(Inventory { links: vec![unread], ..Inventory::default() }.links_outside(&scope).count(), 1);
    }

    #[test]
    fn a_link_to_a_file_is_one_of_its_paths() {
        let files = ["/e/a.vhdx", "/e/b.vhdx"].map(|path| FoundFile::new(path.into())).into();
        let links = vec![link("/e/c/z.vhdx", "../a.vhdx"), link("/e/c/y.vhdx", "/e/a.vhdx"), link("/e/d", "/e/none")];
        let mut inventory = Inventory { files, links, ..Inventory::default() };
        for _ in 0..2 {
            inventory.name_by_links();
            let names = [PathBuf::from("/e/c/y.vhdx"), "/e/c/z.vhdx".into()];
            assert_eq!((&inventory.files[0].other_paths[..], inventory.files[1].other_paths.len()), (&names[..], 0));
        }
    }
}
