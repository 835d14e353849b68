//! How long there is room: growth over several times, and the day on which the room ends if it goes on like that.

use jiff::{SignedDuration, Timestamp};

use super::slope::{Series, Slope};
use crate::units::ByteLen;

/// The times over which growth is measured, in days.
pub const WINDOWS: [u16; 3] = [1, 7, 30];
/// The times by which the room is judged, the best first: a week evens out days of the week and is not yet old.
const JUDGED_BY: [u16; 3] = [7, 30, 1];

/// Growth over each of [`WINDOWS`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Growth {
    /// The slopes, where there are enough points.
    pub slopes: [Option<Slope>; WINDOWS.len()],
}

/// When room ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outlook {
    /// There are too few points, or the room is not known.
    Unknown,
    /// There is no growth.
    NotGrowing,
    /// There is no room any more.
    Reached,
    /// It will end.
    Expected(Expected),
}

/// When room ends if growth goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Expected {
    /// At the median of the slopes.
    pub likely: Moment,
    /// At the upper quartile.
    pub earliest: Moment,
    /// At the lower quartile; `None` where there is no growth at that.
    pub latest: Option<Moment>,
}

/// A moment to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Whole days from the last run on, rounded down: on that day there is still room.
    pub days: u64,
    /// The moment; `None` past the years that can be told.
    pub at: Option<Timestamp>,
}

impl Growth {
    /// That of a series up to a moment.
    pub fn of(series: &Series, until: Timestamp) -> Self {
        Self { slopes: WINDOWS.map(|days| series.slope(until, days)) }
    }

    /// The slope over so many days.
    pub fn over(&self, days: u16) -> Option<Slope> {
        WINDOWS.iter().zip(self.slopes).find(|(window, _)| **window == days).and_then(|(_, slope)| slope)
    }

    /// The slope by which room is judged.
    pub fn judged(&self) -> Option<Slope> {
        JUDGED_BY.iter().find_map(|days| self.over(*days))
    }
}

impl Outlook {
    /// When so much room ends at that growth.
    pub fn new(room: Option<ByteLen>, slope: Option<Slope>, from: Timestamp) -> Self {
        match (room, slope) {
            (Some(ByteLen::ZERO), _) => Self::Reached,
            (None, _) | (_, None) => Self::Unknown,
            (Some(room), Some(slope)) => match moment(room, slope.median, from) {
                None => Self::NotGrowing,
                Some(likely) => Self::Expected(Expected {
                    likely,
                    earliest: moment(room, slope.high, from).unwrap_or(likely),
                    latest: moment(room, slope.low, from),
                }),
            },
        }
    }

    /// Days until then, 0 where it is reached.
    pub fn days(&self) -> Option<u64> {
        match self {
            Self::Reached => Some(0),
            Self::Expected(expected) => Some(expected.likely.days),
            Self::Unknown | Self::NotGrowing => None,
        }
    }

    /// The word in reports.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::NotGrowing => "not_growing",
            Self::Reached => "reached",
            Self::Expected(_) => "expected",
        }
    }
}

/// The growth of a sum: two growths that need not be of one cause, so that the ranges add up.
pub fn sum(a: Option<Slope>, b: Option<Slope>) -> Option<Slope> {
    let (a, b) = (a?, b?);
    Some(Slope {
        median: a.median.saturating_add(b.median),
        low: a.low.saturating_add(b.low),
        high: a.high.saturating_add(b.high),
        min: a.min.saturating_add(b.min),
        max: a.max.saturating_add(b.max),
        pairs: a.pairs.min(b.pairs),
    })
}

fn moment(room: ByteLen, per_day: i64, from: Timestamp) -> Option<Moment> {
    const DAY: u128 = 24 * 3600;
    let per_day = u128::try_from(per_day).ok().filter(|per_day| *per_day > 0)?;
    let seconds = u128::from(room.0).saturating_mul(DAY) / per_day;
    let at = i64::try_from(seconds).ok().and_then(|seconds| from.checked_add(SignedDuration::from_secs(seconds)).ok());
    Some(Moment { days: u64::try_from(seconds / DAY).unwrap_or(u64::MAX), at })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slope(low: i64, median: i64, high: i64) -> Slope {
        Slope { median, low, high, min: low, max: high, pairs: 9 }
    }

    #[test]
    fn days_are_rounded_down_and_have_a_range() {
        let from: Timestamp = "2026-11-01T00:00:00Z".parse().unwrap();
        let Outlook::Expected(expected) = Outlook::new(Some(ByteLen(1000)), Some(slope(50, 150, 400)), from) else {
            panic!()
        };
        assert_eq!((expected.earliest.days, expected.likely.days), (2, 6));
        assert_eq!(expected.latest.unwrap().days, 20);
        assert_eq!(expected.likely.at.unwrap().to_string(), "2026-11-07T16:00:00Z");
        assert_eq!(Outlook::new(Some(ByteLen(1000)), Some(slope(-1, 1, 2)), from).days(), Some(1000));
    }

    #[test]
    fn without_growth_without_room_and_without_points() {
        let from = Timestamp::UNIX_EPOCH;
        assert_eq!(Outlook::new(Some(ByteLen(9)), Some(slope(-9, -1, 5)), from), Outlook::NotGrowing);
        assert_eq!(Outlook::new(Some(ByteLen(9)), Some(slope(0, 0, 0)), from), Outlook::NotGrowing);
        assert_eq!(Outlook::new(Some(ByteLen::ZERO), None, from), Outlook::Reached);
        assert_eq!(Outlook::new(Some(ByteLen(9)), None, from), Outlook::Unknown);
        assert_eq!(Outlook::new(None, Some(slope(1, 1, 1)), from), Outlook::Unknown);
        // So far away that no calendar has it.
        let Outlook::Expected(far) = Outlook::new(Some(ByteLen(u64::MAX)), Some(slope(1, 1, 1)), from) else {
            panic!()
        };
        assert_eq!((far.likely.days, far.likely.at), (u64::MAX, None));
    }
}
