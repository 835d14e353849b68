//! How long it takes, as a range: no single number would be honest.

use std::time::Duration;

use crate::units::ByteLen;

use super::Cost;

/// Bytes a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BytesPerSecond(pub u64);

/// How fast the storage is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speeds {
    /// Reading; never zero.
    pub read: BytesPerSecond,
    /// Writing; never zero.
    pub write: BytesPerSecond,
}

/// What each block of the target that is written to costs beyond its bytes: seeks, log, flushes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PerBlock {
    /// At best.
    pub least: Duration,
    /// At worst.
    pub most: Duration,
}

/// A range of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DurationRange {
    /// The shortest: reading and writing go on at once, and the zeros of a growing file cost nothing.
    pub least: Duration,
    /// The longest: one waits for the other, and every zero is written.
    pub most: Duration,
}

impl Default for PerBlock {
    /// Nothing at best; at worst four seeks of a hard disk, for block, bitmap, log and BAT.
    fn default() -> Self {
        Self { least: Duration::ZERO, most: Duration::from_millis(40) }
    }
}

impl BytesPerSecond {
    /// The time that so many bytes take, rounded up to a nanosecond; the longest there is where the speed is zero.
    pub fn time_for(self, bytes: ByteLen) -> Duration {
        const NANOS: u128 = 1_000_000_000;
        let nanos = u128::from(bytes.get()).saturating_mul(NANOS);
        let speed = u128::from(self.0);
        if bytes.is_zero() {
            return Duration::ZERO;
        }
        match nanos.checked_add(speed.saturating_sub(1)).and_then(|nanos| nanos.checked_div(speed)) {
            Some(nanos) => {
                let whole = u64::try_from(nanos / NANOS).unwrap_or(u64::MAX);
                let rest = u32::try_from(nanos % NANOS).unwrap_or(0);
                Duration::new(whole, rest)
            }
            None => Duration::MAX,
        }
    }
}

impl Cost {
    /// How long the steps take one after the other, without the checks between them.
    pub fn duration(&self, speeds: Speeds, per_block: PerBlock) -> DurationRange {
        self.steps.iter().fold(DurationRange::default(), |sum, step| {
            let read = speeds.read.time_for(step.read.total());
            let write = step.write.total();
            let (fewest, most) = (speeds.write.time_for(write.least), speeds.write.time_for(write.most));
            let overhead = |each: Duration| {
                let nanos = each.as_nanos().saturating_mul(step.blocks.written.into());
                Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
            };
            let least = read.max(fewest).saturating_add(overhead(per_block.least));
            let most = read.saturating_add(most).saturating_add(overhead(per_block.most));
            DurationRange { least: sum.least.saturating_add(least), most: sum.most.saturating_add(most) }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_speed_gives_a_time_rounded_up() {
        assert_eq!(BytesPerSecond(100 << 20).time_for(ByteLen::mib(250)), Duration::from_millis(2500));
        assert_eq!(BytesPerSecond(3).time_for(ByteLen(1)), Duration::from_nanos(333_333_334));
        assert_eq!(BytesPerSecond(0).time_for(ByteLen(0)), Duration::ZERO);
        assert_eq!(BytesPerSecond(0).time_for(ByteLen(1)), Duration::MAX);
        assert_eq!(BytesPerSecond(1).time_for(ByteLen(u64::MAX)), Duration::from_secs(u64::MAX));
    }
}
