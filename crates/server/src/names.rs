//! Names that people give: to profiles and to back-tests.

/// Characters of a name at most: it is shown in lines and tables.
const LONGEST_NAME: usize = 100;

/// What is wrong with a name, as it goes on after "the name"; nothing of a good one.
pub(crate) fn fault_of_name(name: &str) -> Option<String> {
    let length = name.chars().count();
    if name.trim().is_empty() {
        return Some("is empty; names tell one from another".to_owned());
    }
    if length > LONGEST_NAME {
        return Some(format!("has {length} characters; choose one of at most {LONGEST_NAME}"));
    }
    if name.chars().any(char::is_control) {
        return Some("has a line break or another control character; remove it".to_owned());
    }
    let turns = name.chars().any(turns_direction);
    turns.then(|| "has a character that turns the direction of text; remove it".to_owned())
}

/// Embeddings, overrides and isolates of the Unicode bidirectional algorithm (UAX #9, 2): a name
/// with one of them is shown as another.
const fn turns_direction(character: char) -> bool {
    matches!(character, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_what_is_shown_of_it() {
        for good in ["Trend", "שלום", "a".repeat(100).as_str(), "é 日本"] {
            assert_eq!(fault_of_name(good), None, "{good}");
        }
        let long = "a".repeat(101);
        for (bad, fault) in [
            (" ", "is empty"),
            (long.as_str(), "has 101 characters"),
            ("a\nb", "has a line break"),
            ("a\u{7f}", "has a line break"),
            ("safe\u{202e}elif", "turns the direction"),
            ("\u{2066}a", "turns the direction"),
        ] {
            let told = fault_of_name(bad).unwrap();
            assert!(told.contains(fault), "{bad}: {told}");
        }
    }
}
