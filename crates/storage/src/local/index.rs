//! What `local.log` holds that the store does not have, in memory.

use std::collections::VecDeque;
use std::path::Path;

use crate::error::OpenError;
use crate::journal::Stream;
use crate::local::entry::Entry;

/// A batch that continues a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Continuation {
    pub(crate) stream: Stream,
    pub(crate) epoch: u64,
    /// The sequence of its first record.
    pub(crate) first_seq: u64,
    /// The records, encoded; never none.
    pub(crate) bodies: Vec<String>,
}

impl Continuation {
    pub(crate) fn last_seq(&self) -> u64 {
        self.first_seq + self.bodies.len() as u64 - 1
    }
}

/// Everything of the file that is still needed.
#[derive(Debug, Default)]
pub(super) struct Index {
    /// In the order in which they were kept, with the number of their record.
    batches: VecDeque<(u64, Continuation)>,
    stop: Option<(u64, String)>,
}

impl Index {
    /// What the records of a file come to, each with its number.
    pub(super) fn of_records(path: &Path, records: Vec<(u64, Vec<u8>)>) -> Result<Self, OpenError> {
        let mut index = Self::default();
        for (number, payload) in records {
            let entry = Entry::decode(&payload).map_err(|why| OpenError::Damaged {
                file: path.to_owned(),
                reason: format!("record {number} is not one that this release knows: {why}"),
            })?;
            index.add(number, entry);
        }
        Ok(index)
    }

    pub(super) fn add(&mut self, number: u64, entry: Entry) {
        match entry {
            Entry::Continuation(batch) => self.batches.push_back((number, batch)),
            Entry::Stop { body } => self.stop = Some((number, body)),
        }
    }

    /// Where a stream ends that is continued here.
    pub(super) fn last_seq(&self, stream: &Stream) -> Option<u64> {
        let mut newest = self.batches.iter().rev();
        newest.find(|(_, batch)| batch.stream == *stream).map(|(_, batch)| batch.last_seq())
    }

    pub(super) fn of(&self, stream: &Stream) -> Vec<Continuation> {
        let own = self.batches.iter().filter(|(_, batch)| batch.stream == *stream);
        own.map(|(_, batch)| batch.clone()).collect()
    }

    pub(super) fn front(&self, wanted: impl Fn(&Stream) -> bool) -> Option<(u64, Continuation)> {
        self.batches.iter().find(|(_, batch)| wanted(&batch.stream)).cloned()
    }

    /// Forgets what continues a stream up to `last_seq`, which lies in the first batch that does.
    pub(super) fn drained(&mut self, stream: &Stream, last_seq: u64) {
        let first = self.batches.iter().position(|(_, batch)| batch.stream == *stream);
        let Some(place) = first else { return };
        let (_, batch) = &mut self.batches[place];
        if batch.last_seq() <= last_seq {
            self.batches.remove(place);
        } else if batch.first_seq <= last_seq {
            let drained = last_seq + 1 - batch.first_seq;
            batch.bodies.drain(..usize::try_from(drained).unwrap_or_default());
            batch.first_seq = last_seq + 1;
        }
    }

    pub(super) const fn stop(&self) -> Option<&(u64, String)> {
        self.stop.as_ref()
    }

    pub(super) fn forget_stop(&mut self, number: u64) {
        self.stop.take_if(|(kept, _)| *kept == number);
    }

    pub(super) fn batches(&self) -> u64 {
        self.batches.len() as u64
    }

    pub(super) fn has_batches(&self) -> bool {
        !self.batches.is_empty()
    }

    /// Whether nothing of the file is needed any more.
    pub(super) fn is_empty(&self) -> bool {
        self.batches.is_empty() && self.stop.is_none()
    }
}
