//! Cargo's helpers that a fresh machine may lack. They are installed below the target folder at a
//! pinned version, so that nothing on the machine outside it changes. One that is installed
//! already is taken as it is.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use crate::process;

#[derive(Debug)]
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

pub(crate) const DENY: Tool = Tool { name: "cargo-deny", version: "0.20.2" };
pub(crate) const NEXTEST: Tool = Tool { name: "cargo-nextest", version: "0.9.143" };
pub(crate) const MUTANTS: Tool = Tool { name: "cargo-mutants", version: "27.1.0" };

impl Tool {
    pub(crate) fn find_or_install(&self, target_directory: &Path) -> Result<PathBuf> {
        match self.find(target_directory) {
            Some(program) => Ok(program),
            None => self.install(target_directory),
        }
    }

    /// On PATH, where cargo installs, or where `install` puts it.
    pub(crate) fn find(&self, target_directory: &Path) -> Option<PathBuf> {
        let on_path = process::exists(self.name).then(|| PathBuf::from(self.name));
        let cargo_home = std::env::var_os("CARGO_HOME").map(PathBuf::from);
        let cargo_home = cargo_home.or_else(|| Some(std::env::home_dir()?.join(".cargo")));
        let folders = [cargo_home, Some(tools_folder(target_directory))];
        let programs = folders.into_iter().flatten().map(|folder| folder.join("bin"));
        let installed = programs.map(|folder| folder.join(self.name)).find(|path| path.is_file());
        on_path.or(installed)
    }

    pub(crate) fn install(&self, target_directory: &Path) -> Result<PathBuf> {
        let folder = tools_folder(target_directory);
        eprintln!("{} is not installed: installing it below {}", self.name, folder.display());
        let mut command = process::cargo();
        command.args(["install", "--locked", "--version", self.version, "--root"]).arg(&folder);
        // It runs for seconds, so a quick build matters more than quick code.
        command.env("CARGO_PROFILE_RELEASE_LTO", "off").env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1");
        process::run(command.arg(self.name))
            .with_context(|| format!("install it by hand: cargo install --locked {}", self.name))?;
        Ok(folder.join("bin").join(self.name))
    }
}

fn tools_folder(target_directory: &Path) -> PathBuf {
    target_directory.join("tools")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_installed_tool_is_found_below_the_target_folder() {
        let folder = tempfile::tempdir().unwrap();
        let tool = Tool { name: "cargo-no-such-tool", version: "1.0.0" };
        assert_eq!(tool.find(folder.path()), None);
        let program = folder.path().join("tools/bin/cargo-no-such-tool");
        std::fs::create_dir_all(program.parent().unwrap()).unwrap();
        std::fs::write(&program, "").unwrap();
        assert_eq!(tool.find(folder.path()), Some(program));
    }
}
