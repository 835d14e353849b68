//! Random estates: machines, disks, checkpoints, forks, renames, moves, deletions, copies and damage, judged as facts.
//! Whatever happened, no file in use is called unneeded, and every file has one verdict.
#![cfg(feature = "testkit")]

#[cfg(test)]
mod bundles;
#[cfg(test)]
mod random;
#[cfg(test)]
#[path = "../support/split.rs"]
mod split;

use proptest::prelude::*;

use vhdxray::estate::verdict::{Class, Confidence, Verdict};
use vhdxray::image::FileKind;

use random::Estate;

/// The rule above would hold if everything were called in use.
#[test]
fn random_estates_hold_whatever_may_go_too() {
    let mut classes = std::collections::BTreeSet::new();
    for seed in 0..200 {
        let (_, verdicts) = Estate::random(seed).judged();
        classes.extend(verdicts.into_iter().flatten().map(|verdict| (verdict.class, verdict.confidence)));
    }
    for class in [
        Class::StaleBranch,
        Class::UnreferencedLinked,
        Class::UnreferencedBroken,
        Class::PrecreatedEmpty,
        Class::Copy,
        Class::DeletedMachineDisk,
        Class::ConfigUnregistered,
    ] {
        let sure = classes.iter().filter(|(known, _)| *known == class).map(|(_, sure)| *sure).max();
        assert!(sure.is_some(), "{class:?}");
    }
    assert!(classes.contains(&(Class::UnreferencedLinked, Confidence::Confirmed)));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_in_use_is_called_unneeded_and_every_file_has_one_verdict(seed: u64) {
        let estate = Estate::random(seed);
        let (facts, verdicts) = estate.judged();
        prop_assert_eq!(facts.len(), verdicts.len());
        for (file, verdict) in facts.iter().zip(&verdicts) {
            prop_assert_eq!(verdict.is_some(), file.kind != FileKind::Other, "{}", file.path.display());
            if let Some(verdict) = verdict {
                prop_assert!(!verdict.reasons.is_empty());
                prop_assert!(!verdict.reasons.iter().any(|reason| reason.contains("safe to delete")));
            }
        }
        for (disk, known) in estate.in_use() {
            let verdict = verdicts[disk].as_ref().expect("a disk has a verdict");
            let path = facts[disk].path.display();
            if known {
                prop_assert!(!verdict.is_unneeded(), "{path}: {verdict:?}");
                prop_assert!(!matches!(verdict.class, Class::Foreign | Class::Unknown), "{path}: {verdict:?}");
            } else {
                prop_assert!(!verdict.is_unneeded() || verdict.confidence <= Confidence::Possible, "{path}: {verdict:?}");
            }
        }
        // A checkpoint that its machine lists and of which nothing else is seen.
        for kept in estate.kept_unseen() {
            let surely = |verdict: &Verdict| verdict.is_unneeded() && verdict.confidence > Confidence::Possible;
            prop_assert!(!verdicts[kept].as_ref().is_some_and(surely), "{}: {:?}", facts[kept].path.display(), verdicts[kept]);
        }
        // A leaf that was renamed or moved away from where its machine looks for it.
        for leaf in estate.configs.iter().flat_map(|config| &config.disks) {
            let verdict = verdicts[*leaf].as_ref();
            let surely = verdict.is_some_and(|verdict| verdict.is_unneeded() && verdict.confidence > Confidence::Possible);
            prop_assert!(!surely, "{}: {verdict:?}", facts[*leaf].path.display());
        }
    }
}
