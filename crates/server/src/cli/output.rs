//! Writing results to the standard output and to files.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

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

/// Writes a whole file, or leaves what was there: it appears under its name only when complete.
pub(super) fn file(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<(), CliError> {
    let partial = path.with_extension("partial");
    let written = File::create(&partial).and_then(|file| {
        let mut out = BufWriter::new(file);
        write(&mut out)?;
        out.flush()?;
        std::fs::rename(&partial, path)
    });
    written.map_err(|error| {
        // The partial file may not exist; the error that matters is the one reported.
        let _ = std::fs::remove_file(&partial);
        CliError::failed(format!("cannot write {}: {error}", path.display()))
    })
}
