use std::fs;

use tempfile::TempDir;

use super::*;

const CAPACITY: u64 = 64 << 10;

/// A file on a disk of its own.
struct Disk(TempDir);

impl Disk {
    fn new() -> Self {
        let disk = Self(TempDir::new().unwrap());
        create(disk.0.path(), &disk.path(), CAPACITY).unwrap();
        disk
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("local.log")
    }

    fn open(&self) -> Result<(LocalFile, Vec<Found>), OpenError> {
        LocalFile::open(&self.path(), None)
    }

    fn content(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }

    fn holds(&self, content: &[u8]) {
        fs::write(self.path(), content).unwrap();
    }

    /// What is found in the file; else what is wrong with it.
    fn found(&self) -> Result<Vec<String>, String> {
        let (_, found) = self.open().map_err(|error| error.to_string())?;
        let texts = found.into_iter().map(|(_, payload)| String::from_utf8(payload).unwrap());
        Ok(texts.collect())
    }

    /// Writes records, each durable before the next.
    fn write(&self, texts: &[&str]) {
        let (mut file, _) = self.open().unwrap();
        for text in texts {
            file.write(text.as_bytes()).unwrap();
            file.flush().unwrap();
        }
    }
}

/// Where each of these records begins, and where the last one ends.
fn places(texts: &[&str]) -> Vec<usize> {
    let mut places = vec![FIRST_RECORD as usize];
    for text in texts {
        let bytes = (RECORD_HEAD_BYTES + CHECKSUM_BYTES + text.len()) as u64;
        places.push(places.last().unwrap() + sectors(bytes) as usize);
    }
    places
}

const THREE: [&str; 3] = ["one", "two", "three"];

#[test]
fn what_was_written_is_found_again() {
    let disk = Disk::new();
    assert_eq!(disk.found(), Ok(Vec::new()));
    let long = "x".repeat(5_000);
    disk.write(&["one", &long]);
    disk.write(&["three"]);
    assert_eq!(disk.found(), Ok(vec!["one".to_owned(), long, "three".to_owned()]));
}

#[test]
fn a_record_that_is_torn_at_any_byte_was_never_there() {
    let disk = Disk::new();
    disk.write(&THREE);
    let whole = disk.content();
    let begin = places(&THREE)[2];
    let end = begin + RECORD_HEAD_BYTES + CHECKSUM_BYTES + THREE[2].len();
    for torn in begin..end {
        let mut content = whole.clone();
        content[torn..].fill(0);
        disk.holds(&content);
        assert_eq!(disk.found(), Ok(vec!["one".to_owned(), "two".to_owned()]), "at {torn}");
        disk.write(&["four"]);
        let expected = ["one", "two", "four"].map(str::to_owned);
        assert_eq!(disk.found(), Ok(expected.to_vec()), "at {torn}");
    }
}

#[test]
fn a_bit_that_flips_in_what_was_durable_is_damage() {
    let disk = Disk::new();
    disk.write(&THREE);
    let whole = disk.content();
    let places = places(&THREE);
    for (place, text) in places.iter().zip(THREE) {
        for byte in 0..RECORD_HEAD_BYTES + CHECKSUM_BYTES + text.len() {
            for bit in 0..8 {
                let mut content = whole.clone();
                content[place + byte] ^= 1 << bit;
                disk.holds(&content);
                let found = disk.found();
                match text {
                    // Nothing behind it says that it was durable.
                    "three" => assert_eq!(found, Ok(vec!["one".to_owned(), "two".to_owned()])),
                    _ => {
                        let error = found.unwrap_err();
                        assert!(error.contains("is damaged: record"), "{text}, {byte}: {error}");
                    }
                }
            }
        }
    }
}

#[test]
fn records_that_were_flushed_together_may_be_torn_anywhere() {
    let disk = Disk::new();
    let (mut file, _) = disk.open().unwrap();
    file.write(b"one").unwrap();
    file.flush().unwrap();
    file.write(b"two").unwrap();
    file.write(b"three").unwrap();
    let mut content = disk.content();
    content[places(&THREE)[1]] ^= 1;
    disk.holds(&content);
    assert_eq!(disk.found(), Ok(vec!["one".to_owned()]), "the disk wrote the third one first");
}

#[test]
fn a_file_that_begins_anew_has_forgotten_everything() {
    let disk = Disk::new();
    for generation in 0..5 {
        disk.write(&THREE);
        let (mut file, found) = disk.open().unwrap();
        assert_eq!(found.len(), 3, "generation {generation}");
        file.begin_anew().unwrap();
        assert_eq!((file.used_bytes(), file.is_new()), (0, true));
        assert_eq!(disk.found(), Ok(Vec::new()), "generation {generation}");
    }
    disk.write(&["fresh"]);
    assert_eq!(disk.found(), Ok(vec!["fresh".to_owned()]), "what was behind it stays forgotten");
}

#[test]
fn a_head_that_is_torn_at_any_byte_leaves_the_one_before() {
    let disk = Disk::new();
    disk.write(&THREE);
    let before = disk.content();
    let (mut file, _) = disk.open().unwrap();
    file.begin_anew().unwrap();
    let after = disk.content();
    let second = SECTOR as usize;
    for torn in second..second + HEAD_BYTES + 31 {
        let content = [&after[..torn], &before[torn..]].concat();
        disk.holds(&content);
        assert_eq!(disk.found().map(|found| found.len()), Ok(3), "at {torn}");
    }
    disk.holds(&after);
    disk.write(&["one"]);
    let whole = disk.content();
    for byte in second..second + HEAD_BYTES {
        let mut content = whole.clone();
        content[byte] ^= 1;
        disk.holds(&content);
        let error = disk.found().unwrap_err();
        assert!(error.contains("heads is not what was written"), "{byte}: {error}");
    }
}

#[test]
fn a_file_of_something_else_is_damage_and_one_of_a_newer_release_too_new() {
    let disk = Disk::new();
    for content in [Vec::new(), vec![0; 8_192], b"notes".repeat(3_000)] {
        disk.holds(&content);
        let error = disk.found().unwrap_err();
        assert!(error.contains("neither of its heads is whole"), "{error}");
    }
    let mut newer = HEAD_MAGIC.to_vec();
    newer.extend((FORMAT + 1).to_be_bytes());
    newer.extend(9_u64.to_be_bytes());
    let checksum = Sha256::digest(&newer);
    newer.extend(checksum);
    newer.resize(CAPACITY as usize, 0);
    disk.holds(&newer);
    let error = disk.found().unwrap_err();
    assert!(error.contains("needs a reader of schema 2"), "{error}");
}

#[test]
fn a_full_file_says_so_and_keeps_what_it_has() {
    let disk = Disk::new();
    let (mut file, _) = disk.open().unwrap();
    let text = "x".repeat(1_000);
    let mut written = 0;
    let refusal = loop {
        match file.write(text.as_bytes()) {
            Ok(number) => written = number,
            Err(refusal) => break refusal,
        }
    };
    file.flush().unwrap();
    assert!(matches!(refusal, WriteError::Full { .. }), "{refusal}");
    assert!(refusal.to_string().contains("Make room for the store"), "{refusal}");
    assert_eq!(written, file.capacity_bytes() / sectors(1_064));
    assert_eq!(disk.content().len() as u64, CAPACITY, "it never grows by being written");
    assert_eq!(disk.found().map(|found| found.len() as u64), Ok(written));
    file.begin_anew().unwrap();
    assert_eq!(file.write(b"more").unwrap(), 1);
}

#[test]
fn a_larger_size_makes_the_file_grow_and_a_smaller_one_leaves_it() {
    let disk = Disk::new();
    disk.write(&THREE);
    for (asked, size) in [(2 * CAPACITY, 2 * CAPACITY), (CAPACITY, 2 * CAPACITY)] {
        let (file, found) = LocalFile::open(&disk.path(), Some(asked)).unwrap();
        assert_eq!((found.len(), file.capacity), (3, size));
        assert_eq!(disk.content().len() as u64, size);
    }
}

#[test]
fn the_blocks_of_the_file_are_its_own() {
    use std::os::unix::fs::MetadataExt as _;
    let disk = Disk::new();
    let blocks = fs::metadata(disk.path()).unwrap().blocks();
    assert!(blocks * 512 >= CAPACITY, "{blocks} blocks");
}

#[test]
fn a_file_that_cannot_be_made_leaves_nothing_behind() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("local.log");
    // No disk has room for so much, and this one is asked whether it has.
    let missing = folder.path().join("missing");
    assert!(create(&missing, &missing.join("local.log"), CAPACITY).is_err());
    fs::create_dir(&path).unwrap();
    assert!(create(folder.path(), &path, CAPACITY).is_err(), "something else has its name");
    let left: Vec<_> = fs::read_dir(folder.path()).unwrap().map(|e| e.unwrap().path()).collect();
    assert_eq!(left, [path]);
}
