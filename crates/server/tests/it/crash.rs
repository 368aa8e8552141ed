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

use crate::support::{Desk, Halting};
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
