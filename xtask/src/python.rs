//! Python environments for peers and oracles: one virtual environment per purpose under the target
//! folder, with the exact versions of a requirements file of this crate. It is made once and
//! reused while the requirements and the interpreter stay the same. Nothing outside the target
//! folder is touched, and no check depends on it: only `bench` and `oracle` need Python.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::process;

/// A ready virtual environment.
#[derive(Debug)]
pub(crate) struct Environment {
    folder: PathBuf,
    requirements: String,
}

impl Environment {
    /// Makes the environment `target_directory/name`, or takes it as it is when it is fresh.
    pub(crate) fn ensure(target_directory: &Path, name: &str, requirements: &str) -> Result<Self> {
        let version = interpreter_version()?;
        let folder = target_directory.join(name);
        let environment = Self { folder, requirements: requirements.to_owned() };
        let stamp = format!("{version}\n{requirements}");
        if environment.is_fresh(&stamp) {
            return Ok(environment);
        }
        environment.create()?;
        environment.install(&environment.requirements)?;
        std::fs::write(environment.stamp_path(), stamp).context("cannot mark it as complete")?;
        Ok(environment)
    }

    /// The interpreter inside the environment, ready for arguments.
    pub(crate) fn python(&self) -> Command {
        Command::new(self.folder.join("bin/python"))
    }

    /// Adds a pinned package that the caller can do without, leaving the required versions as they
    /// are; the error says why it is not there. What is installed already is not fetched again.
    pub(crate) fn add_optional(&self, requirement: &str) -> Result<()> {
        self.install(&format!("{}\n{requirement}\n", self.requirements))
    }

    fn is_fresh(&self, stamp: &str) -> bool {
        let recorded = std::fs::read_to_string(self.stamp_path());
        recorded.is_ok_and(|recorded| recorded == stamp) && self.folder.join("bin/python").exists()
    }

    fn stamp_path(&self) -> PathBuf {
        self.folder.join("requirements.stamp")
    }

    fn create(&self) -> Result<()> {
        let mut command = Command::new("python3");
        command.args(["-m", "venv", "--clear"]).arg(&self.folder);
        process::capture(&mut command).context(
            "cannot make a virtual environment: install Python's venv module \
             (Debian and Ubuntu: apt install python3-venv)",
        )?;
        Ok(())
    }

    fn install(&self, requirements: &str) -> Result<()> {
        let file = self.folder.join("requirements.txt");
        std::fs::write(&file, requirements)
            .with_context(|| format!("cannot write {}", file.display()))?;
        let mut command = self.python();
        command.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r"]);
        process::capture(command.arg(&file)).context(
            "cannot install Python packages: pip must reach PyPI (https://pypi.org) or a mirror \
             set in pip's configuration",
        )?;
        Ok(())
    }
}

fn interpreter_version() -> Result<String> {
    let answer = process::capture(Command::new("python3").arg("--version"))
        .context("Python is needed: install python3 (3.11 or newer)")?;
    match parse_version(&answer) {
        Some((3, minor)) if minor >= 11 => Ok(answer.trim().to_owned()),
        _ => bail!("python3 says `{}`: install Python 3.11 or newer", answer.trim()),
    }
}

/// `Python 3.11.7` -> (3, 11).
fn parse_version(answer: &str) -> Option<(u32, u32)> {
    let mut parts = answer.trim().strip_prefix("Python ")?.split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_interpreter_versions() {
        assert_eq!(parse_version("Python 3.11.7\n"), Some((3, 11)));
        assert_eq!(parse_version("Python 3.14.0rc1"), Some((3, 14)));
        assert_eq!(parse_version("PyPy 7"), None);
        assert_eq!(parse_version("Python three"), None);
    }

    #[test]
    fn only_a_complete_environment_with_the_same_stamp_is_fresh() {
        let folder = tempfile::tempdir().unwrap();
        let environment =
            Environment { folder: folder.path().to_owned(), requirements: String::new() };
        assert!(!environment.is_fresh("3.11\na==1"));
        std::fs::write(environment.stamp_path(), "3.11\na==1").unwrap();
        assert!(!environment.is_fresh("3.11\na==1"), "there is no interpreter");
        std::fs::create_dir(folder.path().join("bin")).unwrap();
        std::fs::write(folder.path().join("bin/python"), "").unwrap();
        assert!(environment.is_fresh("3.11\na==1"));
        assert!(!environment.is_fresh("3.12\na==1"));
    }
}
