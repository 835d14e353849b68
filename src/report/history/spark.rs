//! A line of blocks that shows how a value went.

use crate::analysis::history::slope::Point;

/// Most columns of a line; one of fewer points has one a point.
const COLUMNS: usize = 15;
const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
const ASCII: [char; 8] = ['_', '.', ',', '-', '~', '=', '+', '#'];

/// The points of a time from left to right, the least at the bottom and the greatest at the top; where nothing was
/// recorded there is a blank.
pub(super) fn line(points: &[Point], ascii: bool) -> String {
    let signs = if ascii { ASCII } else { BLOCKS };
    let times = || points.iter().map(|point| point.at.as_second());
    let values = || points.iter().map(|point| point.value);
    let (Some(start), Some(end), Some(least), Some(most)) =
        (times().min(), times().max(), values().min(), values().max())
    else {
        return String::new();
    };
    let mut columns = vec![None; points.len().min(COLUMNS)];
    for point in points {
        let column = share(point.at.as_second(), start, end, columns.len());
        // Of several points the last stands.
        if let Some(slot) = columns.get_mut(column) {
            *slot = Some(point.value);
        }
    }
    let sign = |value: i64| signs.get(share(value, least, most, signs.len())).copied().unwrap_or(' ');
    let line: String = columns.into_iter().map(|value| value.map_or(' ', sign)).collect();
    line.trim_end().to_owned()
}

/// In which of so many equal parts from the least to the greatest a value lies.
fn share(value: i64, least: i64, most: i64, parts: usize) -> usize {
    let whole = i128::from(most).saturating_sub(least.into()).max(1);
    let last = parts.saturating_sub(1);
    let from = i128::from(value).saturating_sub(least.into());
    let part = from.saturating_mul(i128::try_from(last).unwrap_or(0)).saturating_add(whole / 2) / whole;
    usize::try_from(part).unwrap_or(0).min(last)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn points(values: &[(i64, i64)]) -> Vec<Point> {
        let point =
            |(at, value): &(i64, i64)| Point { at: Timestamp::from_second(*at).unwrap(), value: *value, segment: 0 };
        values.iter().map(point).collect()
    }

    #[test]
    fn lines() {
        let rising: Vec<(i64, i64)> = (0..15).map(|day| (day * 86_400, day * 10)).collect();
        assert_eq!(line(&points(&rising), false), "▁▂▂▃▃▄▄▅▅▆▆▇▇██");
        assert_eq!(line(&points(&rising), true), "_..,,--~~==++##");
        assert_eq!(line(&points(&[(0, 5), (14, 9)]), false), "▁█");
        assert_eq!(line(&points(&[(0, 0), (1, 1), (2, 2), (8, 8)]), false), "▂▃ █");
        // A value that stays has nothing to show but that it was there.
        assert_eq!(line(&points(&[(7, 5)]), false), "▁");
        assert_eq!(line(&[], false), "");
    }
}
