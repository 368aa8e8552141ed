//! `kill -9` in every gap between two effects of `ballast serve`: nothing is lost, nothing is
//! doubled, money is conserved. The venue's own stream is the truth that the journal is held to.
//!
//! A history is one data directory: a server is killed there in every gap once, in random order,
//! each time after a random number of passages, and what must hold at any instant is checked each
//! time while it is dead. Then it runs on undisturbed, is asked to stop, and everything must agree.
//!
//! `BALLAST_CRASH_KILLS=300` makes a long run, `BALLAST_CRASH_SEED=7` another one.

mod books;
mod config;

use std::collections::BTreeMap;
use std::time::Instant;

use ballast_engine::ports::Gap;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;
use rand::{RngExt, SeedableRng};

use crate::support::{Desk, Halting, LIMITED, Room};
use books::Books;

/// Kills when nobody asks for more: each gap as often as each other.
const KILLS: usize = 64;
const SEED: u64 = 2_026;
/// The most passages of a gap before the server is killed in it.
const PASSAGES: u32 = 14;
/// The most gaps that a server passes undisturbed before it is asked to stop: few show what a
/// start itself brings together, many what goes on wrong.
const UNDISTURBED: usize = 600;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_when_the_process_is_killed() {
    let kills = number_from("BALLAST_CRASH_KILLS").map_or(KILLS, |kills| kills as usize);
    let seed = number_from("BALLAST_CRASH_SEED").unwrap_or(SEED);
    let began = Instant::now();
    let mut random = StdRng::seed_from_u64(seed);
    let mut table = BTreeMap::new();
    let mut told = books::Told::default();
    for history in 0..kills.div_ceil(Gap::USUAL.len()) {
        let name = format!("seed {seed}, history {history}");
        let killed = live(&name, history, &mut random, &mut told).await;
        for gap in killed {
            *table.entry(gap).or_insert(0) += 1;
        }
    }
    println!("kills per gap, {:.0?}, {told}:", began.elapsed());
    for gap in Gap::USUAL {
        println!("{:>16} {}", gap.name(), table[&gap]);
    }
    assert!(Gap::USUAL.iter().all(|gap| table[gap] >= 5), "a gap was hit too rarely");
    assert!(table.values().sum::<usize>() >= 60, "too few kills");
    told.assert_varied();
}

/// Kills of a server whose disk is full, or was, when nobody asks for more.
const KILLS_AWAY: usize = 24;
/// Gaps that a server passes whose disk has room, until it holds something.
const TRADING: usize = 250;

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_or_doubled_when_the_process_is_killed_on_a_full_disk() {
    let kills = number_from("BALLAST_CRASH_KILLS").map_or(KILLS_AWAY, |kills| kills as usize);
    let seed = number_from("BALLAST_CRASH_SEED").unwrap_or(SEED);
    let began = Instant::now();
    let mut random = StdRng::seed_from_u64(seed);
    let (mut table, mut told, mut kept) = (BTreeMap::new(), books::Told::default(), 0);
    for history in 0..kills.div_ceil(FULL.len()) {
        let name = format!("full disk, seed {seed}, history {history}");
        let killed = live_without_room(&name, history, &mut random, &mut told, &mut kept).await;
        for gap in killed {
            *table.entry(gap.name()).or_insert(0) += 1;
        }
    }
    println!("kills per gap, {:.0?}, {told}, {kept} kept: {table:?}", began.elapsed());
    assert!(kept > kills, "only {kept} events were kept on the node when it was killed");
    assert!(Gap::AWAY.iter().all(|gap| table[gap.name()] > 0), "{table:?}");
}

/// The gaps that a server is killed in whose disk is full; those that come while it is.
const FULL: [Gap; 8] = [
    Gap::KeptLocally,
    Gap::Stepped,
    Gap::Released,
    Gap::VenueFilled,
    Gap::VenueTold,
    Gap::KeptLocally,
    Gap::Drained,
    Gap::Drained,
];

/// One data directory whose disk is full again and again, also when a server is started there.
async fn live_without_room(
    name: &str,
    history: usize,
    random: &mut StdRng,
    told: &mut books::Told,
    kept: &mut usize,
) -> [Gap; FULL.len()] {
    let desk = Desk::serving(&(config::text(history) + LIMITED));
    let room = Room::of(&desk);
    let mut gaps = FULL;
    gaps.shuffle(random);
    for (kill, gap) in gaps.into_iter().enumerate() {
        let name = format!("{name}, kill {kill} in {}", gap.name());
        let mut server = Halting::start(&desk, &name);
        server.pass(TRADING);
        room.take();
        server.run_to(Gap::KeptLocally, random.random_range(1..=4));
        if gap == Gap::Drained {
            room.give();
        }
        server.go_on();
        server.run_to(gap, random.random_range(1..=2));
        server.kill_troubled();
        *kept += check(&desk, &name).await;
        // Half of the time the next one finds the disk as it is.
        if random.random() {
            let mut server = Halting::start(&desk, &name);
            server.pass(random.random_range(1..=40));
            server.kill_troubled();
            *kept += check(&desk, &name).await;
        }
        room.give();
    }
    let name = format!("{name}, at rest");
    let mut server = Halting::start(&desk, &name);
    server.pass(random.random_range(1..=UNDISTURBED));
    server.stop_troubled();
    for books in Books::open(desk.data(), &name).await {
        assert_eq!(books.kept(), 0, "{name}: everything is in the store");
        books.check_always();
        books.check_at_rest();
        told.add(&books);
    }
    gaps
}

/// What must hold while the server is dead; gives how many events only the node has.
async fn check(desk: &Desk, name: &str) -> usize {
    let mut kept = 0;
    let copy = desk.copy_of_data();
    for books in Books::open(copy.path().to_owned(), name).await {
        books.check_always();
        kept += books.kept();
    }
    kept
}

fn number_from(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text} is not a number")))
}

/// One data directory, from its first start to a stop that everything must have survived to; gives
/// the gaps that the process was killed in.
async fn live(
    name: &str,
    history: usize,
    random: &mut StdRng,
    told: &mut books::Told,
) -> [Gap; Gap::USUAL.len()] {
    let desk = Desk::serving(&config::text(history));
    let mut gaps = Gap::USUAL;
    gaps.shuffle(random);
    for (kill, gap) in gaps.into_iter().enumerate() {
        let passages = random.random_range(1..=PASSAGES);
        let name = format!("{name}, kill {kill} at passage {passages} of {}", gap.name());
        let mut server = Halting::start(&desk, &name);
        server.run_to(gap, passages);
        server.kill();
        for books in Books::open(desk.data(), &name).await {
            books.check_always();
        }
    }
    let name = format!("{name}, at rest");
    let mut server = Halting::start(&desk, &name);
    server.pass(random.random_range(1..=UNDISTURBED));
    server.stop();
    for books in Books::open(desk.data(), &name).await {
        books.check_always();
        books.check_at_rest();
        told.add(&books);
    }
    gaps
}
