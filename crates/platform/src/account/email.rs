//! E-mail addresses as accounts have them: checked for what would never arrive, and in one
//! spelling.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// The longest address that mail carries (RFC 5321).
const MAX_BYTES: usize = 254;
const MAX_LOCAL_BYTES: usize = 64;

/// An address, in lower case.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Email(String);

/// Why a text is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("is not an e-mail address; write it like name@example.com")]
pub struct EmailError;

impl Email {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What stands before the `@`.
    pub(super) fn local(&self) -> &str {
        self.0.split('@').next().unwrap_or_default()
    }
}

impl fmt::Display for Email {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Email {
    type Err = EmailError;

    fn from_str(text: &str) -> Result<Self, EmailError> {
        let text = text.trim().to_lowercase();
        let (local, domain) = text.rsplit_once('@').ok_or(EmailError)?;
        let fits = text.len() <= MAX_BYTES && is_local(local) && is_domain(domain);
        if fits { Ok(Self(text)) } else { Err(EmailError) }
    }
}

fn is_local(local: &str) -> bool {
    let plain = |c: char| !c.is_control() && !c.is_whitespace() && !"\"(),:;<>@[\\]".contains(c);
    let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
    (1..=MAX_LOCAL_BYTES).contains(&local.len()) && local.chars().all(plain) && !dots
}

fn is_domain(domain: &str) -> bool {
    let is_label = |label: &str| {
        let plain = |c: char| c.is_alphanumeric() || c == '-';
        (1..=63).contains(&label.len())
            && label.chars().all(plain)
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    // A host of one label, such as localhost, is good for trying things out.
    domain.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_spelling() {
        for (text, expected) in [
            (" Ann.Example@Example.COM ", "ann.example@example.com"),
            ("a+tag@b.co", "a+tag@b.co"),
            ("o'neil@x-y.example", "o'neil@x-y.example"),
            ("admin@localhost", "admin@localhost"),
            ("Ünï@exämple.com", "ünï@exämple.com"),
        ] {
            assert_eq!(text.parse::<Email>().unwrap().as_str(), expected);
        }
    }

    #[test]
    fn what_would_never_arrive_is_refused() {
        let long = format!("{}@example.com", "x".repeat(65));
        for text in [
            "",
            "a",
            "@b.co",
            "a@",
            "a@b..co",
            "a b@c.de",
            "a@b c.de",
            ".a@b.co",
            "a.@b.co",
            "a..b@c.de",
            "a@-b.co",
            "a@b_.co",
            "a\r\nBcc: x@y.de@b.co",
            "<a@b.co>",
            "a@b@c.de",
            "a\u{0}@b.co",
            &long,
        ] {
            assert_eq!(text.parse::<Email>(), Err(EmailError), "{text:?}");
        }
    }
}
