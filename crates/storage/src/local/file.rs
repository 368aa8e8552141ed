//! The bytes of `local.log`.
//!
//! ```text
//! 0     two heads of 512 bytes, written in turn: magic, format, generation, checksum
//! 4096  records, each at a multiple of 512 bytes: magic, length, generation, number, the number
//!       that was durable before it, checksum, payload
//! ```
//!
//! Records of a generation are numbered from one. The file begins anew by a head with the next
//! generation, so that what stands behind it counts no more, and nothing has to be erased. The
//! first record that is not whole ends the file, unless one behind it proves that it had been
//! durable: then it was damaged, and nobody may go on as if it had never been there. The same goes
//! for a head whose records are there and which is not.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::error::OpenError;

const HEAD_MAGIC: &[u8; 8] = b"BLSTLOCL";
const RECORD_MAGIC: &[u8; 4] = b"BLrc";
const FORMAT: u32 = 1;
/// What a disk writes at once.
const SECTOR: u64 = 512;
const FIRST_RECORD: u64 = 4_096;
const HEAD_BYTES: usize = 20;
const RECORD_HEAD_BYTES: usize = 32;
const CHECKSUM_BYTES: usize = 32;
/// How much is zeroed at once when the file is made.
static ZEROS: [u8; 64 << 10] = [0; 64 << 10];

/// Why a record was not written.
#[derive(Debug, Error)]
pub(super) enum WriteError {
    /// The file has no room for it.
    #[error(
        "it is full ({capacity} bytes): nothing more can be kept until the store is back; stops \
         that rest at a venue stand. Make room for the store at once"
    )]
    Full { capacity: u64 },
    /// The disk did not take it.
    #[error("{0}")]
    Io(#[from] io::Error),
}

/// A record that was found: its number and payload.
pub(super) type Found = (u64, Vec<u8>);

/// What the bytes lie on.
pub(super) trait Medium: Read + Write + Seek {
    /// Makes durable what was written.
    fn sync(&mut self) -> io::Result<()>;
}

impl Medium for File {
    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }
}

/// The open file.
pub(super) struct LocalFile<M = File> {
    path: PathBuf,
    file: M,
    capacity: u64,
    generation: u64,
    /// The next record's number and place.
    next: (u64, u64),
    /// The same behind the last flush.
    durable: (u64, u64),
}

/// Makes the file, zeroed to its whole size so that its blocks are its own.
pub(super) fn create(directory: &Path, path: &Path, bytes: u64) -> io::Result<()> {
    let unfinished = path.with_extension("log.new");
    let made = (|| {
        let mut file = private().truncate(true).open(&unfinished)?;
        zero(&mut file, 0, bytes)?;
        file.seek(SeekFrom::Start(0))?;
        file.write_all(&head(1))?;
        file.sync_all()?;
        std::fs::rename(&unfinished, path)?;
        File::open(directory)?.sync_all()
    })();
    if made.is_err() {
        // What it has taken of a full disk is given back.
        let _ = std::fs::remove_file(&unfinished);
    }
    made
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

fn zero(file: &mut File, from: u64, to: u64) -> io::Result<()> {
    file.seek(SeekFrom::Start(from))?;
    let mut left = to.saturating_sub(from);
    while left > 0 {
        let part = left.min(ZEROS.len() as u64);
        file.write_all(&ZEROS[..usize::try_from(part).unwrap_or(ZEROS.len())])?;
        left -= part;
    }
    Ok(())
}

fn head(generation: u64) -> Vec<u8> {
    let mut bytes = HEAD_MAGIC.to_vec();
    bytes.extend(FORMAT.to_be_bytes());
    bytes.extend(generation.to_be_bytes());
    let checksum = Sha256::digest(&bytes);
    bytes.extend(checksum);
    bytes
}

/// The generation and format of a head that is whole.
fn read_head(sector: &[u8]) -> Option<(u64, u32)> {
    let (bytes, rest) = sector.split_at_checked(HEAD_BYTES)?;
    let whole =
        bytes.starts_with(HEAD_MAGIC) && rest.get(..32)? == Sha256::digest(bytes).as_slice();
    let format = u32::from_be_bytes(bytes.get(8..12)?.try_into().ok()?);
    let generation = u64::from_be_bytes(bytes.get(12..20)?.try_into().ok()?);
    whole.then_some((generation, format))
}

/// A record's head.
struct RecordHead {
    length: usize,
    generation: u64,
    number: u64,
    durable: u64,
}

fn record(generation: u64, number: u64, durable: u64, payload: &[u8]) -> io::Result<Vec<u8>> {
    let length = u32::try_from(payload.len()).map_err(io::Error::other)?;
    let mut bytes = RECORD_MAGIC.to_vec();
    bytes.extend(length.to_be_bytes());
    bytes.extend(generation.to_be_bytes());
    bytes.extend(number.to_be_bytes());
    bytes.extend(durable.to_be_bytes());
    let checksum = Sha256::new().chain_update(&bytes).chain_update(payload).finalize();
    bytes.extend(checksum);
    bytes.extend(payload);
    Ok(bytes)
}

fn read_record_head(bytes: &[u8]) -> Option<RecordHead> {
    let head = bytes.get(..RECORD_HEAD_BYTES).filter(|head| head.starts_with(RECORD_MAGIC))?;
    let number = |from: usize| Some(u64::from_be_bytes(head.get(from..from + 8)?.try_into().ok()?));
    let length = u32::from_be_bytes(head.get(4..8)?.try_into().ok()?);
    let length = usize::try_from(length).ok()?;
    Some(RecordHead { length, generation: number(8)?, number: number(16)?, durable: number(24)? })
}

/// A record that is whole, with its payload.
fn read_record(bytes: &[u8]) -> Option<(RecordHead, &[u8])> {
    let head = read_record_head(bytes)?;
    let (covered, rest) = bytes.split_at_checked(RECORD_HEAD_BYTES)?;
    let (checksum, rest) = rest.split_at_checked(CHECKSUM_BYTES)?;
    let payload = rest.get(..head.length)?;
    let computed = Sha256::new().chain_update(covered).chain_update(payload).finalize();
    (computed.as_slice() == checksum).then_some((head, payload))
}

const fn sectors(bytes: u64) -> u64 {
    bytes.div_ceil(SECTOR) * SECTOR
}

impl LocalFile {
    /// Opens the file and gives what it holds. One that is smaller than `bytes` grows, if the disk
    /// has room.
    pub(super) fn open(path: &Path, bytes: Option<u64>) -> Result<(Self, Vec<Found>), OpenError> {
        let unavailable = |error: io::Error| OpenError::Unavailable {
            file: path.to_owned(),
            reason: error.to_string(),
        };
        let mut file = private().truncate(false).open(path).map_err(unavailable)?;
        let (generation, records, next) = read_all(path, &mut file)?;
        let mut capacity = file.metadata().map_err(unavailable)?.len();
        if let Some(bytes) = bytes.filter(|bytes| *bytes > capacity) {
            // On a full disk the old size has to do.
            let grown = zero(&mut file, capacity, bytes).and_then(|()| file.sync_all());
            match grown {
                Ok(()) => capacity = bytes,
                Err(_) => file.set_len(capacity).map_err(unavailable)?,
            }
        }
        let path = path.to_owned();
        Ok((Self { path, file, capacity, generation, next, durable: next }, records))
    }
}

impl<M: Medium> LocalFile<M> {
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) const fn capacity_bytes(&self) -> u64 {
        self.capacity.saturating_sub(FIRST_RECORD)
    }

    pub(super) const fn used_bytes(&self) -> u64 {
        self.next.1.saturating_sub(FIRST_RECORD)
    }

    /// Whether it holds no record.
    pub(super) const fn is_new(&self) -> bool {
        self.next.0 == 1
    }

    /// Writes a record behind the others and gives its number. It is durable after a flush.
    pub(super) fn write(&mut self, payload: &[u8]) -> Result<u64, WriteError> {
        let (number, place) = self.next;
        let durable = self.durable.0 - 1;
        let bytes = record(self.generation, number, durable, payload)?;
        let end = place + sectors(bytes.len() as u64);
        if end > self.capacity {
            return Err(WriteError::Full { capacity: self.capacity });
        }
        self.file.seek(SeekFrom::Start(place))?;
        self.file.write_all(&bytes)?;
        self.next = (number + 1, end);
        Ok(number)
    }

    /// Makes durable what was written. When that fails nobody knows what of it is: it is written
    /// over by what comes next.
    pub(super) fn flush(&mut self) -> Result<(), WriteError> {
        match self.file.sync() {
            Ok(()) => {
                self.durable = self.next;
                Ok(())
            }
            Err(error) => {
                self.next = self.durable;
                Err(error.into())
            }
        }
    }

    /// Forgets all records, durably.
    pub(super) fn begin_anew(&mut self) -> io::Result<()> {
        let generation = self.generation + 1;
        // The head before stays whole, in the other place, until this one is.
        self.file.seek(SeekFrom::Start(if generation % 2 == 1 { 0 } else { SECTOR }))?;
        self.file.write_all(&head(generation))?;
        self.file.sync()?;
        self.generation = generation;
        self.next = (1, FIRST_RECORD);
        self.durable = self.next;
        Ok(())
    }
}

/// What one file holds: its generation, its records, and the number and place of the next one.
type Content = (u64, Vec<Found>, (u64, u64));

/// Reads all that a medium holds.
fn read_all(path: &Path, medium: &mut impl Medium) -> Result<Content, OpenError> {
    let unavailable = |error: io::Error| OpenError::Unavailable {
        file: path.to_owned(),
        reason: error.to_string(),
    };
    let mut content = Vec::new();
    medium.read_to_end(&mut content).map_err(unavailable)?;
    let damaged = |reason: String| OpenError::Damaged { file: path.to_owned(), reason };
    let second = usize::try_from(SECTOR).unwrap_or_default();
    let heads = [content.as_slice(), content.get(second..).unwrap_or_default()];
    let heads = heads.into_iter().filter_map(read_head);
    let Some((generation, format)) = heads.max() else {
        return Err(damaged("neither of its heads is whole".to_owned()));
    };
    if format > FORMAT {
        return Err(OpenError::TooNew { file: path.to_owned(), min_reader: format, ours: FORMAT });
    }
    let (records, next) = scan(&content, generation).map_err(damaged)?;
    Ok((generation, records, next))
}

/// The records of a generation, and the number and place of the next one; else what is damaged.
fn scan(content: &[u8], generation: u64) -> Result<(Vec<Found>, (u64, u64)), String> {
    let mut records = Vec::new();
    let (mut number, mut place) = (1, FIRST_RECORD);
    let from = |place: u64| {
        let place = usize::try_from(place).unwrap_or(usize::MAX);
        content.get(place..).filter(|rest| !rest.is_empty())
    };
    while let Some((head, payload)) = from(place).and_then(read_record)
        && (head.generation, head.number) == (generation, number)
    {
        records.push((number, payload.to_vec()));
        place += sectors((RECORD_HEAD_BYTES + CHECKSUM_BYTES + head.length) as u64);
        number += 1;
    }
    let mut behind = place;
    while let Some(rest) = from(behind) {
        match read_record(rest).map(|(head, _)| head) {
            Some(head) if head.generation > generation => {
                return Err("the newer one of its heads is not what was written".to_owned());
            }
            Some(head) if head.generation == generation && head.durable >= number => {
                let later = head.number;
                return Err(format!(
                    "record {number} is not what was written, and was durable before record {later}"
                ));
            }
            _ => {}
        }
        behind += SECTOR;
    }
    Ok((records, (number, place)))
}

pub(super) mod image;

#[cfg(test)]
mod tests;
