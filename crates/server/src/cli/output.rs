//! Writing results to the standard output and to files, and warnings to the standard error.

use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::CliError;

/// The standard output, buffered.
pub(super) fn stdout() -> BufWriter<io::StdoutLock<'static>> {
    BufWriter::new(io::stdout().lock())
}

/// Writes bytes as they are.
pub(super) fn write_all(bytes: &[u8]) -> Result<(), CliError> {
    let mut out = stdout();
    out.write_all(bytes)?;
    Ok(out.flush()?)
}

/// Writes one JSON value and a line end.
pub(super) fn json(value: &impl Serialize) -> Result<(), CliError> {
    let mut out = stdout();
    serde_json::to_writer(&mut out, value).map_err(io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(out.flush()?)
}

/// Says something that does not stop the command.
pub(super) fn warn(sentence: &str) {
    // A warning that cannot be written must not fail what succeeded.
    let _ = writeln!(io::stderr(), "warning: {sentence}");
}

/// A file that a command will write, found writable before the work begins.
#[derive(Debug)]
pub(super) struct OutputFile {
    /// As it was named.
    name: PathBuf,
    path: PathBuf,
    /// Where the content grows until it is complete; `None` for a device or a pipe, which is
    /// written directly.
    partial: Option<PathBuf>,
}

impl OutputFile {
    /// Checks that `path` can be written and is none of `inputs`; nothing changes yet.
    pub(super) fn prepare(path: &Path, inputs: &[&Path]) -> Result<Self, CliError> {
        let failed = |why: &dyn Display| {
            let advice = "name a file in a folder that exists and can be written";
            CliError::failed(format!("cannot write {}: {why}; {advice}", path.display()))
        };
        match path.metadata() {
            Ok(metadata) if metadata.is_dir() => return Err(failed(&"this is a directory")),
            Ok(metadata) if !metadata.is_file() => {
                let path = path.to_owned();
                return Ok(Self { name: path.clone(), path, partial: None });
            }
            Ok(metadata) if metadata.permissions().readonly() => {
                return Err(failed(&"the file is read-only"));
            }
            _ => {}
        }
        let place = true_place(path).map_err(|error| failed(&error))?;
        let is_it = |input: &&&Path| input.canonicalize().is_ok_and(|input| input == place);
        if let Some(input) = inputs.iter().find(is_it) {
            let message = format!("{} would be overwritten; name another file", input.display());
            return Err(CliError::usage(message));
        }
        let file_name = place.file_name().ok_or_else(|| failed(&"this is no file name"))?;
        let mut partial = file_name.to_owned();
        partial.push(format!(".{}.partial", std::process::id()));
        let partial = place.with_file_name(partial);
        File::create(&partial).map_err(|error| failed(&error))?;
        std::fs::remove_file(&partial).map_err(|error| failed(&error))?;
        Ok(Self { name: path.to_owned(), path: place, partial: Some(partial) })
    }

    /// Writes the whole file, or leaves what was there: it appears under its name only when it is
    /// complete.
    pub(super) fn write(
        &self,
        write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
    ) -> Result<(), CliError> {
        let place = self.partial.as_ref().unwrap_or(&self.path);
        let written = File::options()
            .write(true)
            .create(self.partial.is_some())
            .truncate(self.partial.is_some())
            .open(place)
            .and_then(|file| {
                let mut out = BufWriter::new(file);
                write(&mut out)?;
                out.flush()?;
                let Some(partial) = &self.partial else { return Ok(()) };
                if let Ok(replaced) = self.path.metadata() {
                    std::fs::set_permissions(partial, replaced.permissions())?;
                }
                std::fs::rename(partial, &self.path)
            });
        written.map_err(|error| {
            if let Some(partial) = &self.partial {
                // It may not exist; the error that matters is the one reported.
                let _ = std::fs::remove_file(partial);
            }
            match error.kind() {
                io::ErrorKind::BrokenPipe => CliError::ReaderGone,
                _ => CliError::failed(format!("cannot write {}: {error}", self.name.display())),
            }
        })
    }

    /// The file's name as it was given.
    pub(super) fn name(&self) -> &Path {
        &self.name
    }

    /// Whether both are one file.
    pub(super) fn is(&self, other: &Self) -> bool {
        self.path == other.path && self.partial.is_some()
    }
}

/// Where a file is or will be, links resolved: the target of a link is replaced, not the link.
fn true_place(path: &Path) -> io::Result<PathBuf> {
    match (path.canonicalize(), path.parent(), path.file_name()) {
        (Err(error), Some(folder), Some(name)) if error.kind() == io::ErrorKind::NotFound => {
            let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
            Ok(folder.canonicalize()?.join(name))
        }
        (found, ..) => found,
    }
}
