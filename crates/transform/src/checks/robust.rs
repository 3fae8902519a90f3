//! Statistics that a few wild values do not move.

/// The median; none of nothing. Values that are no numbers must not be among them.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    let middle = values.len() / 2;
    if values.is_empty() {
        return None;
    }
    let even = values.len().is_multiple_of(2);
    let (below, upper, _) = values.select_nth_unstable_by(middle, f64::total_cmp);
    let upper = *upper;
    if even {
        let lower = below.iter().copied().max_by(f64::total_cmp)?;
        return Some(f64::midpoint(lower, upper));
    }
    Some(upper)
}

/// The median of values in any order, which stay as they are.
pub(super) fn median_of(values: impl Iterator<Item = f64>) -> Option<f64> {
    median(&mut values.collect::<Vec<_>>())
}

/// The typical step of a series: the median of the sizes of the steps between neighbours, as
/// logarithms to the base 10. Steps from or to zero do not count.
pub(super) fn typical_step(values: &[f64]) -> Option<f64> {
    let steps = values.windows(2).filter_map(|pair| match pair {
        [a, b] if *a > 0.0 && *b > 0.0 => Some((b / a).log10().abs()),
        _ => None,
    });
    median_of(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians_and_steps() {
        assert_eq!(median(&mut [3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&mut [4.0, 1.0, 2.0, 9.0]), Some(3.0));
        assert_eq!(median(&mut []), None);
        let step = typical_step(&[10.0, 100.0, 0.0, 7.0, 70.0, 7000.0]).unwrap();
        assert!((step - 1.0).abs() < 1e-9, "{step}");
    }
}
