//! The known word a mistyped one was probably meant to be.

/// The word nearest to `word`, if one is near enough to be worth offering: a third of its letters may be wrong.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    if word.len() > 64 {
        return None;
    }
    let bare = |word: &str| -> Vec<char> {
        word.chars()
            .filter(|letter| letter.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let letters = bare(word);
    known
        .map(|known| (distance(&letters, &bare(known)), known))
        .filter(|(distance, known)| distance * 3 <= known.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// How many letters must be changed, added or removed, or neighbours swapped.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.iter().enumerate() {
        let mut next = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let changed = last[column] + usize::from(letter != other);
            let mut least = changed.min(last[column + 1] + 1).min(next[column] + 1);
            let is_swap =
                row > 0 && column > 0 && *letter == to[column - 1] && from[row - 1] == *other;
            if is_swap {
                least = least.min(before_last[column - 1] + 1);
            }
            next.push(least);
        }
        before_last = std::mem::replace(&mut last, next);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_is_offered_only_if_it_is_near() {
        let known = ["CasualtiesReported", "ClaimRetracted", "ServiceRestored"];
        let check = |word: &str, expected: Option<&str>| {
            assert_eq!(nearest(word, known.into_iter()), expected, "{word}");
        };
        check("CasualtiesReported", Some("CasualtiesReported"));
        check("casualties_reported", Some("CasualtiesReported"));
        check("CasualtyReported", Some("CasualtiesReported"));
        check("ServiecRestored", Some("ServiceRestored"));
        check("Weather", None);
        check("", None);
        assert_eq!(distance(&['a', 'b'], &['b', 'a']), 1);
    }
}
