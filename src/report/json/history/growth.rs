//! Growth, when room ends, and values over time.

use schemars::JsonSchema;
use serde::Serialize;

use crate::analysis::history::outlook::{Growth, Moment, Outlook, WINDOWS};
use crate::analysis::history::slope::{Point, Slope};
use crate::inspect::count;
use crate::report::json::common::Time;

/// Growth over 1, 7 and 30 days.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct GrowthJson {
    /// Days of the time before the last run.
    pub window_days: u16,
    /// The median of the slopes between each two runs of the time (Theil and Sen), in bytes a day.
    pub bytes_per_day: i64,
    /// The lower quartile of these slopes.
    pub low_bytes_per_day: i64,
    /// The upper quartile of these slopes.
    pub high_bytes_per_day: i64,
    /// The least of these slopes.
    pub min_bytes_per_day: i64,
    /// The greatest of these slopes.
    pub max_bytes_per_day: i64,
    /// How many slopes.
    pub pairs_count: u64,
}

/// When room ends.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct OutlookJson {
    /// `expected`: it will end, see the other fields. `reached`: there is none. `not_growing`. `unknown`: too few runs, or
    /// the room is not known.
    #[schemars(extend("enum" = ["expected", "reached", "not_growing", "unknown"]))]
    pub state: &'static str,
    /// Whole days from the last run on, at the median of the slopes; the growth over 7 days is taken, else that over 30,
    /// else that over 1.
    pub days: Option<u64>,
    /// That moment; `null` also past the year 9999.
    pub at: Option<Time>,
    /// Whole days at the upper quartile of the slopes.
    pub earliest_days: Option<u64>,
    /// Whole days at the lower quartile; `null` where there is no growth at that.
    pub latest_days: Option<u64>,
}

/// A value at a moment.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct PointJson {
    /// The moment that the run stands for.
    pub as_of: Time,
    /// The value.
    pub bytes: i64,
    /// Points of different segments are not compared: between them something was merged, deleted or replaced, or the
    /// clock was set back.
    pub segment: u32,
}

pub(super) fn growth(growth: &Growth) -> Vec<GrowthJson> {
    let slopes = WINDOWS.into_iter().zip(growth.slopes);
    let slopes = slopes.filter_map(|(window_days, slope)| slope.map(|slope: Slope| (window_days, slope)));
    let json = slopes.map(|(window_days, slope)| GrowthJson {
        window_days,
        bytes_per_day: slope.median,
        low_bytes_per_day: slope.low,
        high_bytes_per_day: slope.high,
        min_bytes_per_day: slope.min,
        max_bytes_per_day: slope.max,
        pairs_count: count(slope.pairs),
    });
    json.collect()
}

impl From<&Outlook> for OutlookJson {
    fn from(outlook: &Outlook) -> Self {
        let expected = match outlook {
            Outlook::Expected(expected) => Some(expected),
            _ => None,
        };
        let days = |moment: Moment| moment.days;
        Self {
            state: outlook.name(),
            days: expected.map(|expected| days(expected.likely)),
            at: expected.and_then(|expected| expected.likely.at).map(Time::from),
            earliest_days: expected.map(|expected| days(expected.earliest)),
            latest_days: expected.and_then(|expected| expected.latest).map(days),
        }
    }
}

pub(super) fn points(points: &[Point]) -> Vec<PointJson> {
    points
        .iter()
        .map(|point| PointJson { as_of: point.at.into(), bytes: point.value, segment: point.segment })
        .collect()
}
