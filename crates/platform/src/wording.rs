//! What libraries say, in words for people.

/// What a library says of a value that it cannot read: its words for what it expects are those of
/// programmers.
#[must_use]
pub fn in_words(error: &str) -> String {
    let words = [
        ("expected a nonzero u32", "expected a whole number from 1 to 4294967295"),
        ("expected u32", "expected a whole number from 0 to 4294967295"),
        ("expected u64", "expected a whole number, zero or more"),
        ("expected usize", "expected a whole number, zero or more"),
        ("expected a sequence", "expected a list"),
        ("type: sequence", "type: list"),
        ("type: map", "type: object"),
        ("type: unit variant, expected newtype variant", "type: name, expected an object"),
        ("invalid digit found in string", "is not a whole number, zero or more"),
        ("cannot parse integer from empty string", "is empty; give a whole number"),
        ("number too large to fit in target type", "is too large a number"),
        ("provided string was not `true` or `false`", "is neither true nor false"),
    ];
    words.iter().fold(error.to_owned(), |text, (from, to)| text.replace(from, to))
}

/// The name that stands quoted after `words` at the beginning of a message.
#[must_use]
pub fn quoted<'a>(message: &'a str, words: &str) -> Option<&'a str> {
    message.strip_prefix(words)?.split('`').next()
}
