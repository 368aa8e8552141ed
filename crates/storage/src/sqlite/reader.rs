//! Reading: a few connections, used by threads that may block.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::error::StoreError;
use crate::sqlite::fault::Fault;
use crate::sqlite::open::open_reader;
use crate::sqlite::queue::closed;

const READERS: u32 = 4;

/// The connections; each read has one for itself and sees one instant of the store.
pub(super) struct Readers {
    idle: Mutex<Vec<Connection>>,
    permits: Arc<Semaphore>,
    file: PathBuf,
}

impl Readers {
    pub(super) fn new(file: &Path) -> Arc<Self> {
        Arc::new(Self {
            idle: Mutex::default(),
            permits: Arc::new(Semaphore::new(READERS as usize)),
            file: file.to_owned(),
        })
    }

    pub(super) async fn read<T, F>(self: &Arc<Self>, read: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    {
        let permit = Arc::clone(&self.permits).acquire_owned().await.map_err(|_| closed())?;
        let readers = Arc::clone(self);
        let task = spawn_blocking(move || {
            let answer = readers.run(read);
            drop(permit);
            answer.map_err(|fault| fault.explain(&readers.file))
        });
        task.await.unwrap_or_else(|error| Err(StoreError::Unavailable(error.to_string())))
    }

    /// Waits for those who read, and lets nobody read any more.
    pub(super) async fn close(&self) {
        // Nothing is left to wait for when it has been closed before.
        let _ = self.permits.acquire_many(READERS).await;
        self.permits.close();
        self.idle().clear();
    }

    fn run<T>(&self, read: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        let idle = self.idle().pop();
        let connection = idle.map_or_else(|| open_reader(&self.file), Ok)?;
        let transaction = connection.unchecked_transaction()?;
        let answer = read(&transaction);
        transaction.finish()?;
        self.idle().push(connection);
        answer
    }

    fn idle(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
