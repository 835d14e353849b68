//! Files by something that few of them share, such as an identity: one sorted list instead of a list for each.

use super::FileNo;

/// Files by a key.
#[derive(Clone, Debug)]
pub struct FilesBy<K> {
    sorted: Vec<(K, FileNo)>,
}

impl<K: Ord> FilesBy<K> {
    /// The files by their keys.
    pub fn new(files: impl IntoIterator<Item = (K, FileNo)>) -> Self {
        let mut sorted: Vec<(K, FileNo)> = files.into_iter().collect();
        sorted.sort_unstable();
        Self { sorted }
    }

    /// The files with a key, in their order.
    pub fn of<'a>(&'a self, key: &K) -> impl ExactSizeIterator<Item = FileNo> + Clone + use<'a, K> {
        let start = self.sorted.partition_point(|(other, _)| other < key);
        let from = self.sorted.get(start..).unwrap_or_default();
        let alike = from.partition_point(|(other, _)| other == key);
        from.get(..alike).unwrap_or_default().iter().map(|(_, file)| *file)
    }
}

impl<K> Default for FilesBy<K> {
    fn default() -> Self {
        Self { sorted: Vec::new() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_of_a_key_come_in_their_order() {
        let files = FilesBy::new([("b", FileNo(3)), ("a", FileNo(1)), ("b", FileNo(0)), ("c", FileNo(2))]);
        assert!(files.of(&"b").eq([FileNo(0), FileNo(3)]));
        assert!(files.of(&"a").eq([FileNo(1)]));
        assert_eq!(files.of(&"bb").len() + files.of(&"").len() + files.of(&"d").len(), 0);
    }
}
