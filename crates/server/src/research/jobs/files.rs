//! Back-tests on disk: a folder for each tenant, in it one for each back-test.
//!
//! ```text
//! backtests/<tenant>/<id>/job.json, result.json, report.html
//! backtests/uploads/
//! ```
//!
//! A file appears under its name only when it is whole. Tenants' folders are named by a hash,
//! because a tenant's id may hold anything; the id itself stands in `job.json` and is compared.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use ballast_domain::TenantId;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::row::{JobId, JobRow, StoredResult};

/// Where back-tests are kept.
#[derive(Debug, Clone)]
pub(super) struct Files {
    root: PathBuf,
}

/// `job.json`.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct StoredJob {
    pub(super) tenant: String,
    /// Which start of the server wrote it.
    pub(super) started: String,
    pub(super) job: JobRow,
}

impl Files {
    /// Below `data_dir`. What a killed server had not finished receiving is removed.
    pub(super) fn open(data_dir: &Path) -> io::Result<Self> {
        let files = Self { root: data_dir.join("backtests") };
        let uploads = files.uploads();
        match fs::remove_dir_all(&uploads) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
            _ => fs::create_dir_all(&uploads)?,
        }
        Ok(files)
    }

    /// The folder of uploads.
    pub(super) fn uploads(&self) -> PathBuf {
        self.root.join("uploads")
    }

    fn tenant(&self, tenant: &TenantId) -> PathBuf {
        let hash = Sha256::digest(tenant.as_str().as_bytes());
        let name: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        self.root.join(name)
    }

    fn job(&self, tenant: &TenantId, id: JobId) -> PathBuf {
        self.tenant(tenant).join(id.to_string())
    }

    /// The ids of a tenant's back-tests, in no order.
    pub(super) fn ids(&self, tenant: &TenantId) -> io::Result<Vec<JobId>> {
        let entries = match fs::read_dir(self.tenant(tenant)) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut ids = Vec::new();
        for entry in entries {
            ids.extend(entry?.file_name().to_str().and_then(|name| name.parse::<JobId>().ok()));
        }
        Ok(ids)
    }

    /// A tenant's back-test, when there is one.
    pub(super) fn read(&self, tenant: &TenantId, id: JobId) -> io::Result<Option<StoredJob>> {
        let Some(bytes) = present(fs::read(self.job(tenant, id).join("job.json")))? else {
            return Ok(None);
        };
        let stored: StoredJob = serde_json::from_slice(&bytes)?;
        Ok((stored.tenant == tenant.as_str()).then_some(stored))
    }

    /// Writes a tenant's back-test.
    pub(super) fn write(&self, tenant: &TenantId, job: &StoredJob) -> io::Result<()> {
        let folder = self.job(tenant, job.job.id);
        fs::create_dir_all(&folder)?;
        write_whole(&folder.join("job.json"), &serde_json::to_vec(job)?)
    }

    /// Writes what a run came to, before `job.json` says that it is there.
    pub(super) fn write_result(
        &self,
        tenant: &TenantId,
        id: JobId,
        result: &StoredResult,
        report: &str,
    ) -> io::Result<()> {
        let folder = self.job(tenant, id);
        write_whole(&folder.join("result.json"), &serde_json::to_vec(result)?)?;
        write_whole(&folder.join("report.html"), report.as_bytes())
    }

    pub(super) fn result(&self, tenant: &TenantId, id: JobId) -> io::Result<Option<StoredResult>> {
        let bytes = present(fs::read(self.job(tenant, id).join("result.json")))?;
        Ok(bytes.map(|bytes| serde_json::from_slice(&bytes)).transpose()?)
    }

    pub(super) fn report(&self, tenant: &TenantId, id: JobId) -> io::Result<Option<Vec<u8>>> {
        present(fs::read(self.job(tenant, id).join("report.html")))
    }

    /// Removes what a killed server had begun to write or to remove. Nobody may be about to write
    /// a tenant's first file of a back-test.
    pub(super) fn sweep(&self, tenant: &TenantId) -> io::Result<()> {
        for entry in fs::read_dir(self.tenant(tenant))? {
            let folder = entry?.path();
            if !folder.join("job.json").exists() {
                present(fs::remove_dir_all(&folder))?;
            }
        }
        Ok(())
    }

    /// Removes a back-test with everything of it.
    pub(super) fn remove(&self, tenant: &TenantId, id: JobId) -> io::Result<()> {
        // Without this file it is gone at once, whatever happens to the others.
        let folder = self.job(tenant, id);
        present(fs::remove_file(folder.join("job.json")))?;
        present(fs::remove_dir_all(&folder)).map(drop)
    }
}

/// What is not there is nothing.
fn present<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        read => read.map(Some),
    }
}

/// Writes the whole file, or leaves what was there.
fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let partial = path.with_extension("partial");
    let mut file = File::create(&partial)?;
    let written = file.write_all(bytes).and_then(|()| file.sync_all());
    let written = written.and_then(|()| fs::rename(&partial, path));
    if written.is_err() {
        // The error that matters is the one reported.
        let _ = fs::remove_file(&partial);
    }
    written
}
