//! Which merge comes next.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::units::ByteLen;

use super::ledger::Ledger;
use super::{Aim, Candidate, Left, Schedule, Why};

/// Merges that are done one after the other, and what they win.
#[derive(Clone, Debug)]
struct Group {
    merges: Vec<usize>,
    win: i64,
    time: Duration,
}

/// By what the next merge is chosen.
#[derive(Clone, Copy)]
enum Rule {
    /// The most bytes won in the least time, with all that has to come before.
    Rate,
    /// The most bytes won of those that are ready.
    Win,
    /// The longest files of those that are ready.
    Size,
}

pub(super) fn choose<V: Ord + Clone>(
    candidates: &[Candidate<V>],
    free: &BTreeMap<V, ByteLen>,
    aim: &Aim<V>,
) -> Schedule<V> {
    let chooser = Chooser { candidates, free, aim };
    let by_rate = chooser.by(Rule::Rate);
    let (order, is_reached) = match aim {
        Aim::Everything => (by_rate, true),
        Aim::Win { .. } => {
            let mut orders = chooser.with_ends(&by_rate);
            orders.extend([chooser.by(Rule::Win), chooser.by(Rule::Size)]);
            orders.insert(0, by_rate.clone());
            let trimmed: Vec<Vec<usize>> = orders.iter().filter_map(|order| chooser.trimmed(order)).collect();
            let best = trimmed.into_iter().min_by_key(|order| chooser.run(order).time());
            match best {
                Some(best) => (best, true),
                None => (by_rate, false),
            }
        }
    };
    let ledger = chooser.run(&order);
    let left = chooser.left(&ledger, is_reached);
    let is_reached = is_reached && (*aim != Aim::Everything || left.is_empty());
    Schedule { merges: ledger.into_merges(), left, is_reached }
}

struct Chooser<'a, V: Ord> {
    candidates: &'a [Candidate<V>],
    free: &'a BTreeMap<V, ByteLen>,
    aim: &'a Aim<V>,
}

impl<'a, V: Ord + Clone> Chooser<'a, V> {
    fn on(&self) -> Option<&V> {
        match self.aim {
            Aim::Everything => None,
            Aim::Win { on, .. } => on.as_ref(),
        }
    }

    fn win(&self, number: usize) -> i64 {
        self.candidates.get(number).map_or(0, |candidate| candidate.win(self.on()))
    }

    /// Whether so many bytes won are enough.
    fn is_enough(&self, won: i64) -> bool {
        match self.aim {
            Aim::Everything => false,
            Aim::Win { bytes, .. } => u64::try_from(won).is_ok_and(|won| won >= bytes.get()),
        }
    }

    /// The merges of an order that can be done, done.
    fn run(&self, order: &[usize]) -> Ledger<'a, V> {
        let mut ledger = Ledger::new(self.candidates, self.free);
        for number in order {
            ledger.merge(*number);
        }
        ledger
    }

    fn group(&self, ledger: &Ledger<'_, V>, number: usize) -> Option<Group> {
        let merges = ledger.with_needs(number)?;
        let each = || merges.iter().filter_map(|number| self.candidates.get(*number));
        let win = each().fold(0, |sum: i64, candidate| sum.saturating_add(candidate.win(self.on())));
        let time = each().fold(Duration::ZERO, |sum, candidate| sum.saturating_add(candidate.time));
        Some(Group { merges, win, time })
    }

    /// Chooses by one rule until the aim is reached or nothing more can be done.
    fn by(&self, rule: Rule) -> Vec<usize> {
        let mut ledger = Ledger::new(self.candidates, self.free);
        let mut won: i64 = 0;
        let mut order = Vec::new();
        let numbers = 0..self.candidates.len();
        let mut groups: Vec<Option<Group>> = numbers.clone().map(|number| self.group(&ledger, number)).collect();
        let mut best: Vec<usize> = numbers.collect();
        while !self.is_enough(won) {
            best.sort_by(|a, b| self.compare(rule, &groups, *a, *b));
            let next = best.iter().copied().find_map(|number| {
                let group = groups.get(number)?.as_ref().filter(|_| !ledger.is_done(number))?;
                let merges = if let Rule::Rate = rule { group.merges.as_slice() } else { &[number] };
                let first = merges.first().copied().filter(|first| ledger.obstacle(*first).is_none())?;
                let mut tried = ledger.fork();
                let is_done = tried.merge(first) && merges.iter().skip(1).all(|number| tried.merge(*number));
                is_done.then(|| (tried, merges.to_vec()))
            });
            let Some((done, merges)) = next else { break };
            ledger = done;
            for number in &merges {
                won = won.saturating_add(self.win(*number));
                order.push(*number);
            }
            best.retain(|number| !ledger.is_done(*number));
            for number in &best {
                // Only what still needs one of these has become another group.
                let is_touched = |group: &Group| group.merges.iter().any(|member| merges.contains(member));
                if let Some(group) = groups.get_mut(*number).filter(|group| group.as_ref().is_some_and(is_touched)) {
                    *group = self.group(&ledger, *number);
                }
            }
        }
        order
    }

    fn compare(&self, rule: Rule, groups: &[Option<Group>], a: usize, b: usize) -> std::cmp::Ordering {
        let size = |number: usize| {
            let freed = self.candidates.get(number).map(|candidate| candidate.freed.values());
            freed.map_or(0, |freed| freed.fold(0_u64, |sum, bytes| sum.saturating_add(bytes.get())))
        };
        let by_rule = match rule {
            Rule::Win => self.win(b).cmp(&self.win(a)),
            Rule::Size => size(b).cmp(&size(a)),
            Rule::Rate => match (groups.get(a), groups.get(b)) {
                (Some(Some(a)), Some(Some(b))) => rate(b, a),
                _ => std::cmp::Ordering::Equal,
            },
        };
        by_rule.then(a.cmp(&b))
    }

    /// The beginnings of an order, each with the one merge that reaches the aim soonest from there.
    fn with_ends(&self, order: &[usize]) -> Vec<Vec<usize>> {
        let mut found: Option<(Duration, Vec<usize>)> = None;
        let mut ledger = Ledger::new(self.candidates, self.free);
        let mut won: i64 = 0;
        for len in 0..=order.len() {
            for number in (0..self.candidates.len()).filter(|number| !ledger.is_done(*number)) {
                let Some(group) = self.group(&ledger, number) else { continue };
                let time = ledger.time().saturating_add(group.time);
                let is_better = found.as_ref().is_none_or(|(best, _)| time < *best);
                if !is_better || !self.is_enough(won.saturating_add(group.win)) {
                    continue;
                }
                let mut tried = ledger.fork();
                if group.merges.iter().all(|number| tried.merge(*number)) {
                    let begun = order.get(..len).unwrap_or_default().iter().copied();
                    found = Some((time, begun.chain(group.merges).collect()));
                }
            }
            if let Some(number) = order.get(len) {
                ledger.merge(*number);
                won = won.saturating_add(self.win(*number));
            }
        }
        found.into_iter().map(|(_, order)| order).collect()
    }

    /// The order without what it can do without; `None` where it does not reach the aim.
    fn trimmed(&self, order: &[usize]) -> Option<Vec<usize>> {
        let reaches = |order: &[usize]| {
            let done = self.run(order);
            let won = done.merges().iter().fold(0, |sum: i64, merge| sum.saturating_add(self.win(merge.candidate)));
            done.merges().len() == order.len() && self.is_enough(won)
        };
        if !reaches(order) {
            return None;
        }
        let mut kept = order.to_vec();
        for number in order.iter().rev() {
            let without: Vec<usize> = kept.iter().copied().filter(|other| other != number).collect();
            if reaches(&without) {
                kept = without;
            }
        }
        Some(kept)
    }

    /// Why the others are left out.
    fn left(&self, ledger: &Ledger<'_, V>, is_reached: bool) -> Vec<Left<V>> {
        let numbers = (0..self.candidates.len()).filter(|number| !ledger.is_done(*number));
        let why = |number| match ledger.with_needs(number) {
            None => Why::NeverReady,
            Some(_) if is_reached && *self.aim != Aim::Everything => Why::NotNeeded,
            Some(_) => ledger.obstacle(number).unwrap_or(Why::NotNeeded),
        };
        numbers.map(|candidate| Left { candidate, why: why(candidate) }).collect()
    }
}

/// Compares bytes won in a time, exactly. Where no time passes, any win is the best and any loss the worst there is.
fn rate(a: &Group, b: &Group) -> std::cmp::Ordering {
    let micros = |group: &Group| i128::from(i64::try_from(group.time.as_micros()).unwrap_or(i64::MAX));
    let (a_by_b, b_by_a) = (i128::from(a.win) * micros(b), i128::from(b.win) * micros(a));
    a_by_b.cmp(&b_by_a).then(a.win.cmp(&b.win))
}
