//! `docs/benchmarks.md`: each benchmark owns one section between two comments, so that it can be
//! written anew without touching what people wrote around it.

use std::path::Path;

use anyhow::{Context, Result, bail};

const PATH: &str = "docs/benchmarks.md";

/// Puts `body` into the section `name`, which is added at the end when there is none.
pub(super) fn write_section(root: &Path, name: &str, body: &str) -> Result<()> {
    let path = root.join(PATH);
    let old = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => "# Benchmarks\n".to_owned(),
        Err(error) => return Err(error).context(PATH),
    };
    let new = replace_section(&old, name, body)?;
    std::fs::write(&path, new).with_context(|| format!("cannot write {PATH}"))
}

fn replace_section(text: &str, name: &str, body: &str) -> Result<String> {
    let begin = format!("<!-- {name}: begin, written by cargo xtask -->");
    let end = format!("<!-- {name}: end -->");
    let section = format!("{begin}\n{}\n{end}", body.trim_end());
    match (text.find(&begin), text.find(&end)) {
        (None, None) => Ok(format!("{}\n\n{section}\n", text.trim_end())),
        (Some(from), Some(to)) if from < to => {
            Ok(format!("{}{section}{}", &text[..from], &text[to + end.len()..]))
        }
        _ => bail!("{PATH} has a broken section: mend or delete both comments of `{name}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_is_added_then_replaced_in_place() {
        let first = replace_section("# Benchmarks\n\nIntroduction.\n", "bench a", "old\n").unwrap();
        let two = replace_section(&first, "bench b", "other").unwrap();
        let replaced = replace_section(&two, "bench a", "new").unwrap();
        assert!(replaced.starts_with("# Benchmarks\n\nIntroduction.\n\n<!-- bench a: begin"));
        assert!(replaced.contains("-->\nnew\n<!--") && !replaced.contains("old"), "{replaced}");
        assert!(replaced.contains("other"), "{replaced}");
        assert_eq!(replace_section(&replaced, "bench a", "new").unwrap(), replaced);
    }

    #[test]
    fn a_broken_section_is_reported_not_doubled() {
        let error = replace_section("<!-- bench a: end -->\n", "bench a", "new").unwrap_err();
        assert!(error.to_string().contains("broken section"), "{error}");
    }

    #[test]
    fn the_document_is_made_when_absent() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("docs")).unwrap();
        write_section(folder.path(), "bench a", "figures").unwrap();
        let text = std::fs::read_to_string(folder.path().join(PATH)).unwrap();
        assert!(text.starts_with("# Benchmarks\n\n<!-- bench a"), "{text}");
    }
}
