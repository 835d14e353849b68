//! Values over ranges of a line, with gaps.

use std::collections::BTreeMap;
use std::ops::Range;

/// A value for some ranges of `u64` and none for the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Runs<T> {
    /// Start to end and value; never empty, never overlapping.
    runs: BTreeMap<u64, (u64, T)>,
}

impl<T: Copy> Runs<T> {
    /// No value anywhere.
    pub const fn new() -> Self {
        Self { runs: BTreeMap::new() }
    }

    /// Gives a range a value, or takes it away.
    pub fn set(&mut self, range: Range<u64>, value: Option<T>) {
        if range.is_empty() {
            return;
        }
        let touched: Vec<(u64, u64, T)> = self
            .runs
            .range(..range.end)
            .rev()
            .take_while(|(_, (end, _))| *end > range.start)
            .map(|(start, (end, value))| (*start, *end, *value))
            .collect();
        for (start, end, old) in touched {
            self.runs.remove(&start);
            if start < range.start {
                self.runs.insert(start, (range.start, old));
            }
            if end > range.end {
                self.runs.insert(range.end, (end, old));
            }
        }
        if let Some(value) = value {
            self.runs.insert(range.start, (range.end, value));
        }
    }

    /// The value at a point.
    pub fn get(&self, at: u64) -> Option<T> {
        let (_, (end, value)) = self.runs.range(..=at).next_back()?;
        (*end > at).then_some(*value)
    }

    /// The ranges that have a value, in order.
    pub fn ranges(&self) -> impl Iterator<Item = Range<u64>> {
        self.runs.iter().map(|(start, (end, _))| *start..*end)
    }

    /// Tiles a range with the values that its parts have.
    pub fn cover(&self, range: Range<u64>) -> Vec<(Range<u64>, Option<T>)> {
        let mut parts = vec![];
        let mut at = range.start;
        let before = self.runs.range(..range.start).next_back().filter(|(_, (end, _))| *end > range.start);
        let inside = self.runs.range(range.start..range.end.max(range.start));
        for (start, (end, value)) in before.into_iter().chain(inside) {
            if at < *start {
                parts.push((at..*start, None));
            }
            let part = (*start).max(range.start)..(*end).min(range.end);
            at = part.end;
            parts.push((part, Some(*value)));
        }
        if at < range.end {
            parts.push((at..range.end, None));
        }
        parts
    }
}

impl<T: Copy> Default for Runs<T> {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::super::rng::Rng;
    use super::*;

    #[test]
    fn runs_equal_a_plain_array() {
        let mut rng = Rng::new(5);
        for _ in 0..300 {
            let mut plain = [None; 60];
            let mut runs = Runs::new();
            for step in 0..20 {
                let start = rng.below(60);
                let end = rng.between(start, 60);
                let value = rng.chance(3, 4).then_some(step);
                plain[start as usize..end as usize].fill(value);
                runs.set(start..end, value);
                let (from, to) = (rng.below(30), rng.between(30, 60));
                let cover = runs.cover(from..to);
                assert!(cover.iter().all(|(part, _)| !part.is_empty()));
                let tiled: Vec<_> = cover.into_iter().flat_map(|(part, value)| part.map(move |_| value)).collect();
                assert_eq!(tiled, plain[from as usize..to as usize]);
                assert_eq!(runs.get(from), plain[from as usize]);
            }
        }
    }
}
