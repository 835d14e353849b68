//! How fast a value grows: the median of the slopes between its points (Theil and Sen), and how far these slopes lie
//! apart.
//!
//! One wild point moves the median little, and half of the slopes lie between the quartiles whatever the others are.
//! All is done in whole numbers, so that the same points give the same slope everywhere.

use jiff::Timestamp;

use crate::limits;

/// Milliseconds of a day.
const DAY: i128 = 24 * 3600 * 1000;
/// Points that lie closer together than this are not compared: a few bytes in a second are no gigabytes a day.
const MIN_SPACING: i128 = 3600 * 1000;
/// Fewest slopes of which a median is taken: those between three points.
const MIN_PAIRS: usize = 3;
/// Days of the longest time over which growth is measured.
const LONGEST: i128 = 30;
/// Fewest points from which one can tell what is usual.
const MIN_USUAL: usize = 4;

/// A value at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    /// When.
    pub at: Timestamp,
    /// How much; bytes.
    pub value: i64,
    /// Points of different segments are not compared: between them the value changed for another reason than growth, or
    /// the clock was set.
    pub segment: u32,
}

/// The points of one thing in the order in which they were recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Series {
    points: Vec<Point>,
    segment: u32,
}

/// Growth in bytes a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slope {
    /// The median of the slopes between two points each.
    pub median: i64,
    /// A quarter of the slopes are less.
    pub low: i64,
    /// A quarter of the slopes are more.
    pub high: i64,
    /// The least of them.
    pub min: i64,
    /// The greatest of them.
    pub max: i64,
    /// How many slopes.
    pub pairs: usize,
}

impl Slope {
    /// The least and the greatest growth over a time in milliseconds that the slopes allow.
    pub fn over(&self, milliseconds: i64) -> (i64, i64) {
        let over = |slope: i64| clamped(i128::from(slope).saturating_mul(milliseconds.into()).div_euclid(DAY));
        (over(self.min), over(self.max))
    }
}

impl Series {
    /// Adds a point.
    pub fn push(&mut self, at: Timestamp, value: u64) {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        self.points.push(Point { at, value, segment: self.segment });
    }

    /// What comes now is not to be compared with what was before.
    pub fn interrupt(&mut self) {
        self.segment = self.segment.saturating_add(1);
    }

    /// All points.
    pub fn points(&self) -> &[Point] {
        &self.points
    }

    /// The points of the longest time over which growth is measured.
    pub fn window(&self, until: Timestamp) -> Vec<Point> {
        let start = milliseconds(until).saturating_sub(DAY.saturating_mul(LONGEST));
        let inside = |point: &&Point| (start..=milliseconds(until)).contains(&milliseconds(point.at));
        self.points.iter().filter(inside).copied().collect()
    }

    /// The slopes between the points since the last interruption, four at least: what was usual so far.
    pub fn usual(&self) -> Option<Slope> {
        let own: Vec<Point> = self.points.iter().filter(|point| point.segment == self.segment).copied().collect();
        if own.len() < MIN_USUAL { None } else { theil_sen(&thinned(own)) }
    }

    /// The last point, unless it is not to be compared with what comes now.
    pub fn last(&self) -> Option<Point> {
        self.points.last().filter(|point| point.segment == self.segment).copied()
    }

    /// The growth over the last `days` before `until`. `None` where there are too few points, or they lie too close
    /// together: they must reach over half of the time that is asked for.
    pub fn slope(&self, until: Timestamp, days: u16) -> Option<Slope> {
        let start = milliseconds(until).saturating_sub(DAY.saturating_mul(days.into()));
        let inside = |point: &&Point| (start..=milliseconds(until)).contains(&milliseconds(point.at));
        let points: Vec<Point> = self.points.iter().filter(inside).copied().collect();
        let times = || points.iter().map(|point| milliseconds(point.at));
        let reach = times().max()?.saturating_sub(times().min()?);
        if reach.saturating_mul(2) < DAY.saturating_mul(days.into()) {
            return None;
        }
        theil_sen(&thinned(points))
    }
}

/// Every so many points, the first and the last among them, where there are more than are worth comparing each with each.
fn thinned(points: Vec<Point>) -> Vec<Point> {
    let (have, most) = (points.len(), limits::MAX_HISTORY_POINTS);
    if have <= most {
        return points;
    }
    let last = have.saturating_sub(1);
    let kept = (0..most).map(|number| number.saturating_mul(last) / most.saturating_sub(1).max(1));
    kept.filter_map(|place| points.get(place).copied()).collect()
}

/// The slopes between each two points of a segment; `None` for fewer than three of them.
pub fn theil_sen(points: &[Point]) -> Option<Slope> {
    let mut slopes = Vec::new();
    for (number, first) in points.iter().enumerate() {
        for second in points.iter().skip(number.saturating_add(1)) {
            if first.segment == second.segment {
                slopes.extend(slope(first, second));
            }
        }
    }
    if slopes.len() < MIN_PAIRS {
        return None;
    }
    slopes.sort_unstable();
    Some(Slope {
        median: quantile(&slopes, 2)?,
        low: quantile(&slopes, 1)?,
        high: quantile(&slopes, 3)?,
        min: *slopes.first()?,
        max: *slopes.last()?,
        pairs: slopes.len(),
    })
}

fn slope(first: &Point, second: &Point) -> Option<i64> {
    let time = milliseconds(second.at).saturating_sub(milliseconds(first.at));
    if time < MIN_SPACING {
        return None;
    }
    let growth = i128::from(second.value).saturating_sub(i128::from(first.value));
    Some(clamped(growth.saturating_mul(DAY).div_euclid(time)))
}

/// The value below which `quarters` quarters of the sorted values lie; between two values in proportion.
fn quantile(sorted: &[i64], quarters: usize) -> Option<i64> {
    let steps = sorted.len().saturating_sub(1).saturating_mul(quarters);
    let (place, rest) = (steps / 4, i128::try_from(steps % 4).ok()?);
    let below = i128::from(*sorted.get(place)?);
    let above = i128::from(*sorted.get(place.saturating_add(1)).or(sorted.last())?);
    Some(clamped(below.saturating_add(above.saturating_sub(below).saturating_mul(rest).div_euclid(4))))
}

fn milliseconds(at: Timestamp) -> i128 {
    at.as_millisecond().into()
}

fn clamped(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;

    fn series(points: &[(i64, u64)]) -> Series {
        let mut series = Series::default();
        for (hours, value) in points {
            series.push(Timestamp::from_second(hours * HOUR).unwrap(), *value);
        }
        series
    }

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(hours * HOUR).unwrap()
    }

    #[test]
    fn a_straight_line_has_its_own_slope() {
        let line: Vec<(i64, u64)> = (0..8_i64).map(|day| (day * 24, 1000 + 70 * day.unsigned_abs())).collect();
        let slope = series(&line).slope(at(7 * 24), 7).unwrap();
        assert_eq!((slope.median, slope.low, slope.high, slope.min, slope.max, slope.pairs), (70, 70, 70, 70, 70, 28));
    }

    #[test]
    fn slopes_worked_out_by_hand() {
        // Days 0, 1, 3 and values 0, 10, 60: slopes 10, 20 and 25.
        let slope = series(&[(0, 0), (24, 10), (72, 60)]).slope(at(72), 3).unwrap();
        assert_eq!((slope.min, slope.median, slope.max), (10, 20, 25));
        // Quartiles half-way between the neighbours: 15 and 22.5, rounded down.
        assert_eq!((slope.low, slope.high), (15, 22));
    }

    #[test]
    fn one_wild_point_moves_the_median_little() {
        let mut line: Vec<(i64, u64)> = (0..15_i64).map(|day| (day * 24, 500 * day.unsigned_abs())).collect();
        line[7].1 = 1 << 40;
        let slope = series(&line).slope(at(14 * 24), 14).unwrap();
        assert_eq!(slope.median, 500);
        assert!(slope.max > 1 << 30 && slope.min < -(1 << 30));
    }

    #[test]
    fn too_few_points_or_too_close_together_give_none() {
        assert_eq!(series(&[]).slope(at(0), 7), None);
        assert_eq!(series(&[(0, 1), (24, 2)]).slope(at(24), 1), None);
        // Three points within two days say nothing of thirty.
        let close = series(&[(0, 1), (24, 2), (48, 3)]);
        assert_eq!(close.slope(at(48), 30), None);
        assert!(close.slope(at(48), 2).is_some());
        // Two writers a minute apart are one point.
        let mut twice = series(&[(0, 1), (24, 2)]);
        twice.push(Timestamp::from_second(24 * HOUR + 60).unwrap(), 1 << 30);
        assert_eq!(twice.slope(at(25), 2), None);
    }

    #[test]
    fn what_is_interrupted_is_not_compared() {
        let mut series = series(&[(0, 100), (24, 110), (48, 120)]);
        series.interrupt();
        for (hours, value) in [(72, 7), (96, 17), (120, 27)] {
            series.push(at(hours), value);
        }
        let slope = series.slope(at(120), 7).unwrap();
        assert_eq!((slope.median, slope.min, slope.max, slope.pairs), (10, 10, 10, 6));
    }

    #[test]
    fn points_after_the_moment_or_before_the_window_do_not_count() {
        let points = [(-500, 0), (0, 100), (24, 110), (48, 120), (72, 130), (24_000, 1 << 50)];
        let slope = series(&points).slope(at(72), 3).unwrap();
        assert_eq!((slope.median, slope.pairs), (10, 6));
    }

    #[test]
    fn many_points_are_thinned_and_keep_their_ends() {
        let hours: Vec<(i64, u64)> = (0..2000_i64).map(|hour| (hour, 10 * hour.unsigned_abs())).collect();
        let points = thinned(series(&hours).points().to_vec());
        assert_eq!(points.len(), limits::MAX_HISTORY_POINTS);
        assert_eq!((points[0].value, points.last().unwrap().value), (0, 19_990));
        assert_eq!(series(&hours).slope(at(1999), 30).unwrap().median, 240);
    }
}
