//! No text file names a folder of one machine: such a path works for its author only. Container
//! files under `deploy/` describe another machine's folders and are left out.

use crate::tidy::Violation;
use crate::workspace::SourceFile;

/// Top-level folders in which people keep checkouts and scratch files.
const PERSONAL_FOLDERS: [&str; 6] = ["home", "root", "tmp", "Users", "work", "workspace"];

pub(super) fn check(file: &SourceFile) -> Vec<Violation> {
    if file.path.starts_with("deploy/") {
        return Vec::new();
    }
    let mut violations = Vec::new();
    for (index, line) in file.text.lines().enumerate() {
        let named = PERSONAL_FOLDERS.iter().find(|folder| names_folder(line, folder));
        if let Some(folder) = named {
            let message = format!(
                "names a folder under `/{folder}` of one machine: use a relative path, an \
                 environment variable or a temporary directory"
            );
            violations.push(Violation::new(&file.path, index + 1, message));
        }
    }
    violations
}

/// `/folder/x` as an absolute path: after a space, a quote or a sign, not inside an address.
fn names_folder(line: &str, folder: &str) -> bool {
    let wanted = format!("/{folder}/");
    line.match_indices(&wanted).any(|(start, found)| {
        let before = line[..start].chars().next_back();
        let after = line[start + found.len()..].chars().next();
        before.is_none_or(|c| c.is_whitespace() || "\"'`(=:,[<>".contains(c))
            && after.is_some_and(|c| c.is_alphanumeric() || "._$-".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_absolute_personal_paths_only() {
        // Assembled, so that this file keeps its own rule.
        let place = |folder: &str, rest: &str| format!("/{folder}/{rest}");
        for bad in [
            place("work", "main"),
            format!("open(\"{}\")", place("home", "ann/data.csv")),
            format!("DATA={}", place("tmp", "bars.csv")),
            format!("file:{}", place("root", ".cargo")),
        ] {
            assert_eq!(violations_in("docs/a.md", &bad), 1, "{bad}");
            assert_eq!(violations_in("deploy/Dockerfile", &bad), 0, "{bad}");
        }
        for good in [
            "https://example.org/work/main",
            "../work/main and crates/tmp/x.rs",
            "the / work / of a day, /homework/1, /work and /work/ alone",
            "$HOME/work/main",
        ] {
            assert_eq!(violations_in("docs/a.md", good), 0, "{good}");
        }
    }

    fn violations_in(path: &str, text: &str) -> usize {
        check(&SourceFile { path: path.to_owned(), text: text.to_owned() }).len()
    }
}
