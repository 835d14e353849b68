//! Theil and Sen's slope once more, the plain way, in floating point.

/// A point: days, bytes, segment.
pub(crate) type Point = (f64, f64, u32);

/// Lower quartile, median and upper quartile of the slopes between each two points of a segment, for the points of the
/// last `days`; and the least and the greatest slope.
pub(crate) fn slope(points: &[Point], days: f64) -> Option<[f64; 5]> {
    let until = points.last()?.0;
    let inside: Vec<&Point> = points.iter().filter(|point| point.0 >= until - days && point.0 <= until).collect();
    let reach = inside.iter().map(|point| point.0).fold(f64::MIN, f64::max)
        - inside.iter().map(|point| point.0).fold(f64::MAX, f64::min);
    let mut slopes = Vec::new();
    for (number, a) in inside.iter().enumerate() {
        for b in &inside[number + 1..] {
            if a.2 == b.2 && b.0 - a.0 >= 1.0 / 24.0 {
                slopes.push((b.1 - a.1) / (b.0 - a.0));
            }
        }
    }
    if slopes.len() < 3 || reach * 2.0 < days {
        return None;
    }
    slopes.sort_by(f64::total_cmp);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "few slopes"
    )]
    let quantile = |share: f64| {
        let place = share * (slopes.len() - 1) as f64;
        let below = slopes[place.floor() as usize];
        let above = slopes[place.ceil() as usize];
        below + (above - below) * (place - place.floor())
    };
    Some([quantile(0.25), quantile(0.5), quantile(0.75), slopes[0], *slopes.last()?])
}
