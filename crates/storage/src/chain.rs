//! The hash chain of a stream: each record is bound to everything before it.
//!
//! A record's hash covers the hash before it, its sequence, the epoch that wrote it and its bytes;
//! the first is bound to the names of tenant and stream. A record that was changed, removed, added
//! or moved, also from another stream, therefore shows, and the place is known.

use std::iter;

use ballast_domain::TenantId;
use sha2::{Digest, Sha256};

use crate::contract::StreamName;

pub(crate) type Hash = [u8; 32];

/// What an empty stream ends with.
pub(crate) fn genesis(tenant: &TenantId, stream: StreamName) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(b"ballast stream 1\0");
    hasher.update((tenant.as_str().len() as u64).to_be_bytes());
    hasher.update(tenant.as_str());
    hasher.update(stream.as_str());
    hasher.finalize().into()
}

/// The hash of the record with this sequence, epoch and body after the one with hash `previous`.
pub(crate) fn link(previous: &Hash, seq: u64, epoch: u64, body: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(previous);
    hasher.update(seq.to_be_bytes());
    hasher.update(epoch.to_be_bytes());
    hasher.update(body);
    hasher.finalize().into()
}

/// The hash of a snapshot that was taken at the record with hash `record`.
pub(crate) fn snapshot(record: &Hash, bytes: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(record);
    hasher.update(bytes);
    hasher.finalize().into()
}

/// Where a stream ends, with the hash of its last record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tip {
    pub(crate) seq: u64,
    pub(crate) epoch: u64,
    pub(crate) hash: Hash,
}

/// A record as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) seq: u64,
    pub(crate) epoch: u64,
    pub(crate) hash: Hash,
    pub(crate) body: Vec<u8>,
}

/// The rows of a stream that follow `after_seq`, at most `limit`, read at one instant.
#[derive(Debug)]
pub(crate) struct Slice {
    pub(crate) tip: Tip,
    pub(crate) after_seq: u64,
    pub(crate) limit: usize,
    /// The hash of the record at `after_seq`; `None` when that record is not there.
    pub(crate) before: Option<Hash>,
    pub(crate) rows: Vec<Row>,
}

/// The first place where a stream is not what was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Break {
    pub(crate) seq: u64,
    pub(crate) reason: String,
}

fn broken<T>(seq: u64, reason: &str) -> Result<T, Break> {
    let reason = reason.to_owned();
    Err(Break { seq, reason })
}

impl Slice {
    /// The rows, when they are contiguous, chained and all that the stream's end promises.
    pub(crate) fn verified(self) -> Result<Vec<Row>, Break> {
        let Tip { seq: last_seq, .. } = self.tip;
        if self.after_seq > last_seq {
            return broken(last_seq + 1, "is missing: it has been read before");
        }
        let Some(mut previous) = self.before else {
            return broken(self.after_seq, "is missing");
        };
        let expected = (last_seq - self.after_seq).min(self.limit as u64);
        let sequences = self.after_seq + 1..=self.after_seq + expected;
        let rows = self.rows.iter().map(Some).chain(iter::repeat(None));
        for (seq, row) in sequences.zip(rows) {
            let Some(row) = row.filter(|row| row.seq == seq) else {
                return broken(seq, "is missing");
            };
            previous = link(&previous, seq, row.epoch, &row.body);
            if previous != row.hash {
                return broken(seq, "is not what was written, or not after what stands before it");
            }
        }
        let end = self.after_seq + expected;
        if self.rows.len() as u64 > expected {
            return broken(end + 1, "stands behind the end of the stream");
        }
        if end == last_seq && previous != self.tip.hash {
            return broken(end, "is not the one that the stream ended with");
        }
        Ok(self.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(count: u64) -> Slice {
        let tenant: TenantId = "t".parse().unwrap();
        let start = genesis(&tenant, StreamName::Journal);
        let mut previous = start;
        let rows: Vec<Row> = (1..=count)
            .map(|seq| {
                let body = seq.to_string().into_bytes();
                previous = link(&previous, seq, 7, &body);
                let hash = previous;
                Row { seq, epoch: 7, hash, body }
            })
            .collect();
        let tip = Tip { seq: count, epoch: 7, hash: previous };
        Slice { tip, after_seq: 0, limit: 100, before: Some(start), rows }
    }

    fn first_break(change: impl FnOnce(&mut Slice)) -> Option<u64> {
        let mut slice = stream(5);
        change(&mut slice);
        slice.verified().err().map(|found| found.seq)
    }

    #[test]
    fn every_tampering_is_found_where_it_was_done() {
        assert_eq!(first_break(|_| {}), None);
        assert_eq!(first_break(|s| s.rows[2].body = b"9".to_vec()), Some(3));
        assert_eq!(first_break(|s| s.rows[2].epoch = 8), Some(3));
        assert_eq!(first_break(|s| s.rows[2].hash[31] ^= 1), Some(3));
        assert_eq!(first_break(|s| drop(s.rows.remove(2))), Some(3));
        assert_eq!(first_break(|s| drop(s.rows.pop())), Some(5));
        assert_eq!(first_break(|s| s.rows.swap(1, 2)), Some(2));
        assert_eq!(first_break(|s| s.tip.seq = 4), Some(5));
        assert_eq!(first_break(|s| s.tip.seq = 6), Some(6));
        assert_eq!(first_break(|s| s.tip.hash[0] ^= 1), Some(5));
        assert_eq!(first_break(|s| s.before = Some([0; 32])), Some(1));
        assert_eq!(first_break(|s| s.before = None), Some(0));
        let rewritten = |s: &mut Slice| {
            let body = b"9".to_vec();
            let hash = link(&s.rows[1].hash, 3, 7, &body);
            s.rows[2] = Row { seq: 3, epoch: 7, hash, body };
        };
        assert_eq!(first_break(rewritten), Some(4));
    }

    #[test]
    fn a_reader_ahead_of_the_stream_learns_that_records_are_lost() {
        let ahead = |s: &mut Slice| {
            s.after_seq = 7;
            s.rows.clear();
        };
        assert_eq!(first_break(ahead), Some(6));
    }

    #[test]
    fn streams_and_tenants_do_not_mix() {
        let ids: [TenantId; 2] = ["t".parse().unwrap(), "tj".parse().unwrap()];
        let starts = [
            genesis(&ids[0], StreamName::Journal),
            genesis(&ids[0], StreamName::Paper),
            genesis(&ids[1], StreamName::Journal),
        ];
        assert_ne!(starts[0], starts[1]);
        assert_ne!(starts[0], starts[2]);
    }
}
