//! The nearest known name to a misspelt one.

/// The candidate that `written` most likely stands for: the fewest edits, at most a third of its
/// length, upper and lower case taken as equal. The first of several equally near.
pub(super) fn nearest<'a>(
    written: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let written: Vec<char> = written.to_ascii_lowercase().chars().collect();
    let allowed = written.len().div_ceil(3);
    candidates
        .into_iter()
        .map(|candidate| (distance(&written, candidate), candidate))
        .filter(|&(edits, candidate)| edits <= allowed && edits < candidate.chars().count())
        .min_by_key(|&(edits, _)| edits)
        .map(|(_, candidate)| candidate)
}

/// Optimal string alignment distance: insertions, deletions, substitutions and swaps of neighbours.
fn distance(left: &[char], right: &str) -> usize {
    let right: Vec<char> = right.to_ascii_lowercase().chars().collect();
    let width = right.len() + 1;
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..width).collect();
    for (row, &a) in left.iter().enumerate() {
        let mut current = vec![row + 1; width];
        for (column, &b) in right.iter().enumerate() {
            let substitution = previous[column] + usize::from(a != b);
            let mut edits = substitution.min(previous[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && a == right[column - 1] && left[row - 1] == b {
                edits = edits.min(before[column - 1] + 1);
            }
            current[column + 1] = edits;
        }
        before = std::mem::replace(&mut previous, current);
    }
    previous[width - 1]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted() {
        for (left, right, expected) in [
            ("", "", 0),
            ("abc", "", 3),
            ("", "abc", 3),
            ("rsi", "rsi", 0),
            ("RSI", "rsi", 3),
            ("crosover", "crossover", 1),
            ("clsoe", "close", 1),
            ("kitten", "sitting", 3),
        ] {
            let left_characters: Vec<char> = left.chars().collect();
            assert_eq!(distance(&left_characters, right), expected, "{left} to {right}");
        }
    }

    #[test]
    fn the_nearest_name_is_found_or_none() {
        let names = ["close", "crossover", "crossunder", "ema", "rsi"];
        for (written, expected) in [
            ("crosover", Some("crossover")),
            ("cross_over", Some("crossover")),
            ("RSI", Some("rsi")),
            ("clsoe", Some("close")),
            ("em", Some("ema")),
            ("supertrend", None),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(nearest(written, names), expected, "{written}");
        }
    }
}
