//! Orders against books that are kept anew here.

use proptest::prelude::*;

use super::*;

type Volume = u8;

#[derive(Clone, Debug)]
struct Case {
    candidates: Vec<Candidate<Volume>>,
    free: BTreeMap<Volume, ByteLen>,
}

/// Merges over three volumes, some of them in lines in which each needs the one before.
fn cases() -> impl Strategy<Value = Case> {
    let one = (0_u64..60, 0_u64..60, 0_u8..3, 0_u8..3, 0_u64..20, 1_u64..50, any::<bool>());
    (prop::collection::vec(one, 1..14), prop::collection::vec(0_u64..80, 3)).prop_map(|(list, free)| {
        let candidates = list.iter().enumerate().map(|(number, (used, freed, at, from, more, time, goes_on))| {
            let needs = if *goes_on && number > 0 { vec![number - 1] } else { vec![] };
            let mut peak = BTreeMap::from([(*at, ByteLen(used + more))]);
            peak.entry(*from).or_default();
            Candidate {
                needs,
                peak,
                used: BTreeMap::from([(*at, ByteLen(*used))]),
                freed: BTreeMap::from([(*from, ByteLen(*freed))]),
                time: Duration::from_secs(*time),
            }
        });
        let free = (0..).zip(free).map(|(volume, bytes)| (volume, ByteLen(bytes))).collect();
        Case { candidates: candidates.collect(), free }
    })
}

/// Free bytes after each merge, or at which merge they would not do.
fn books(case: &Case, order: &[usize]) -> Result<Vec<BTreeMap<Volume, u64>>, String> {
    let mut free: BTreeMap<Volume, u64> = case.free.iter().map(|(volume, bytes)| (*volume, bytes.get())).collect();
    let mut after = vec![];
    for (place, number) in order.iter().enumerate() {
        let merge = &case.candidates[*number];
        if order[..place].contains(number) {
            return Err(format!("{number} twice"));
        }
        if merge.needs.iter().any(|needed| !order[..place].contains(needed)) {
            return Err(format!("{number} before what it needs"));
        }
        for (volume, peak) in &merge.peak {
            if peak.get() > free[volume] {
                return Err(format!("{number} takes {peak} of {} on volume {volume}", free[volume]));
            }
        }
        for (volume, used) in &merge.used {
            *free.get_mut(volume).unwrap() -= used.get();
        }
        for (volume, freed) in &merge.freed {
            *free.get_mut(volume).unwrap() += freed.get();
        }
        after.push(free.clone());
    }
    Ok(after)
}

/// Seconds until so much is won by merging always the largest that is ready and that there is room for.
fn largest_first(case: &Case, wanted: i64, by_files: bool) -> Option<Duration> {
    let mut order: Vec<usize> = vec![];
    let (mut won, mut time) = (0, Duration::ZERO);
    while won < wanted {
        let mut open: Vec<usize> = (0..case.candidates.len()).filter(|number| !order.contains(number)).collect();
        let key = |number: &usize| {
            let merge = &case.candidates[*number];
            if by_files { merge.freed.values().map(|bytes| bytes.get().cast_signed()).sum() } else { merge.win(None) }
        };
        open.sort_by_key(|number| std::cmp::Reverse(key(number)));
        let next = open.into_iter().find(|number| books(case, &[order.as_slice(), &[*number]].concat()).is_ok())?;
        order.push(next);
        won += case.candidates[next].win(None);
        time += case.candidates[next].time;
    }
    Some(time)
}

fn numbers(schedule: &Schedule<Volume>) -> Vec<usize> {
    schedule.merges.iter().map(|merge| merge.candidate).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, ..ProptestConfig::default() })]

    #[test]
    fn no_order_ever_needs_more_than_is_free(case in cases(), wanted in 0_u64..200, on in prop::option::of(0_u8..3)) {
        for aim in [Aim::Everything, Aim::Win { bytes: ByteLen(wanted), on }] {
            let found = order(&case.candidates, &case.free, &aim);
            let order = numbers(&found);
            let after = books(&case, &order).map_err(TestCaseError::fail)?;
            for (merge, free) in found.merges.iter().zip(after) {
                let said: BTreeMap<Volume, u64> = merge.free.iter().map(|(volume, bytes)| (*volume, bytes.get())).collect();
                prop_assert_eq!(said, free);
            }
            // Every merge is either done or left out for a reason that holds.
            let mut all: Vec<usize> = order.iter().copied().chain(found.left.iter().map(|left| left.candidate)).collect();
            all.sort_unstable();
            prop_assert_eq!(all, (0..case.candidates.len()).collect::<Vec<_>>());
            for left in &found.left {
                let could = books(&case, &[order.as_slice(), &[left.candidate]].concat()).is_ok();
                prop_assert_eq!(could && aim == Aim::Everything, false, "{:?}", left);
            }
        }
    }

    #[test]
    fn an_aim_is_never_reached_later_than_by_merging_the_largest_first(case in cases(), wanted in 1_u64..150) {
        let found = order(&case.candidates, &case.free, &Aim::Win { bytes: ByteLen(wanted), on: None });
        for by_files in [false, true] {
            if let Some(time) = largest_first(&case, wanted.cast_signed(), by_files) {
                prop_assert!(found.is_reached);
                prop_assert!(found.merges.last().unwrap().done_after <= time);
            }
        }
        if found.is_reached {
            prop_assert!(found.merges.last().unwrap().won >= wanted.cast_signed());
        }
    }
}

fn candidate(needs: &[usize], used: u64, freed: u64, seconds: u64) -> Candidate<Volume> {
    Candidate {
        needs: needs.to_vec(),
        peak: BTreeMap::from([(0, ByteLen(used))]),
        used: BTreeMap::from([(0, ByteLen(used))]),
        freed: BTreeMap::from([(0, ByteLen(freed))]),
        time: Duration::from_secs(seconds),
    }
}

fn free(bytes: u64) -> BTreeMap<Volume, ByteLen> {
    BTreeMap::from([(0, ByteLen(bytes))])
}

#[test]
fn what_wins_most_in_the_least_time_comes_first_and_makes_room_for_the_rest() {
    let merges = [candidate(&[], 50, 100, 10), candidate(&[], 5, 30, 1), candidate(&[], 20, 40, 10)];
    let found = order(&merges, &free(10), &Aim::Everything);
    assert_eq!(numbers(&found), [1, 2, 0]);
    assert!(found.is_reached && found.left.is_empty());
    assert_eq!(found.merges[2].won, 95);
}

#[test]
fn a_merge_that_wins_little_comes_first_where_a_good_one_needs_it() {
    let merges = [candidate(&[], 1, 2, 1), candidate(&[0], 1, 90, 1), candidate(&[], 1, 30, 1)];
    assert_eq!(numbers(&order(&merges, &free(10), &Aim::Everything)), [0, 1, 2]);
    let aim = Aim::Win { bytes: ByteLen(25), on: None };
    let found = order(&merges, &free(10), &aim);
    assert_eq!(numbers(&found), [2]);
    assert_eq!(found.left[0].why, Why::NotNeeded);
}

#[test]
fn what_there_is_no_room_for_is_left_with_what_it_would_take() {
    let merges = [candidate(&[], 100, 300, 1), candidate(&[0], 1, 5, 1), candidate(&[2], 1, 1, 1)];
    let found = order(&merges, &free(60), &Aim::Everything);
    let why: Vec<Why<Volume>> = found.left.into_iter().map(|left| left.why).collect();
    let missing = ByteLen(40);
    assert_eq!(why, [Why::NoRoom { volume: 0, missing }, Why::Needs { candidate: 0 }, Why::NeverReady]);
    let nowhere = order(&merges, &BTreeMap::new(), &Aim::Everything);
    assert_eq!(nowhere.left[0].why, Why::UnknownRoom { volume: 0 });
    assert!(!nowhere.is_reached);
}
