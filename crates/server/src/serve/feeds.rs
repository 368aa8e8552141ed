//! The feeds that a server can run on, and what is probably wrong with the files of a replay.

use std::sync::Arc;

use ballast_domain::{Instrument, Timestamp};
use ballast_engine::ports::Clock;
use ballast_venues::replay::{CheckedFile, CsvFeed, ReplayFile};
use ballast_venues::simulated::{
    BASE, SimulatedFeed, SimulatedInstrument, SimulatedMarket, Speed, sim_instruments,
};

use super::Server;
use super::past::Source;
use super::settings::Settings;
use super::system::{MarketClock, ReplayClock, StopSignals, SystemClock};
use crate::cli::CliError;

/// Runs on a market that is made from a seed.
pub(super) async fn simulated(settings: Settings, signals: StopSignals) -> Result<(), CliError> {
    let halts_per_day = settings.market.halts_per_day;
    let instruments = sim_instruments().into_iter();
    let instruments: Vec<_> =
        instruments.map(|listed| SimulatedInstrument { halts_per_day, ..listed }).collect();
    let market = SimulatedMarket::new(settings.market.seed, &instruments);
    let market = Arc::new(market.map_err(CliError::failed)?);
    let instruments = market.instruments().collect();
    let clock = market_clock(&settings);
    let start = clock.now();
    let speed = Speed::Times(settings.market.speed);
    let source = Source::Simulated(Arc::clone(&market));
    let open = |start| {
        let feed = SimulatedFeed::new(market.clone(), Arc::new(SystemClock), start, speed);
        feed.map_err(CliError::failed)
    };
    Server { settings, instruments, base: BASE, start, clock, replay: None, source }
        .run(open, signals)
        .await
}

/// Runs on files that are played.
pub(super) async fn replay(settings: Settings, signals: StopSignals) -> Result<(), CliError> {
    let replay = settings.market.replay.clone();
    let replay = replay.ok_or_else(|| CliError::usage("market.replay is missing"))?;
    let files = replay.files.iter().map(|file| ReplayFile {
        symbol: file.symbol,
        path: file.path.clone(),
        timeframe: replay.timeframe,
        stamped: replay.stamped,
    });
    let files: Vec<_> = files.collect();
    let open = |start| {
        let feed = CsvFeed::open(files.clone(), start).map_err(CliError::failed)?;
        match start == replay.start {
            true => check_replay(&feed, start)?,
            // Where it goes on, the rest was said when it began.
            false => check_end(&feed, start)?,
        }
        Ok(feed)
    };
    let quote = "USD".parse().map_err(CliError::failed)?;
    let instruments = replay.files.iter().map(|file| {
        Instrument::unrestricted(file.symbol, ballast_domain::AssetClass::Stock, quote)
    });
    let instruments = instruments.collect();
    let (base, start) = (replay.timeframe, replay.start);
    let clock = Arc::new(ReplayClock::new(start));
    let replayed = Some(Arc::clone(&clock));
    let source = Source::Files(Arc::new(files.clone()));
    Server { settings, instruments, base, start, clock, replay: replayed, source }
        .run(open, signals)
        .await
}

/// Says what is probably wrong with the files of a replay, and refuses one that would play nothing.
fn check_replay(feed: &CsvFeed, start: Timestamp) -> Result<(), CliError> {
    let last = feed.files().map(|checked| checked.last_close).max();
    if let Some(last) = last.filter(|last| *last <= start) {
        return Err(CliError::usage(format!(
            "market.replay.start is {start}, but the last bar of the files closes at {last}; \
             choose an earlier start"
        )));
    }
    for CheckedFile { file, last_close, longer_timeframe } in feed.files() {
        let (path, timeframe) = (file.path.display(), file.timeframe);
        if let Some(likely) = longer_timeframe {
            tracing::warn!(
                "{path}: the bars look like {likely}, not {timeframe}; trades are wrong unless \
                 market.replay.timeframe is right"
            );
        }
        if last_close <= start {
            tracing::warn!(
                "{path}: its last bar closes at {last_close}, before market.replay.start"
            );
        }
    }
    Ok(())
}

/// Refuses files that end before what was played from the data directory: they are others.
fn check_end(feed: &CsvFeed, from: Timestamp) -> Result<(), CliError> {
    let last = feed.files().map(|checked| checked.last_close).max();
    match last.filter(|last| *last <= from) {
        Some(last) => Err(CliError::usage(format!(
            "this data directory has been played to {from}, and the last bar of the files closes \
             at {last}; use another data directory, or files that go on"
        ))),
        None => Ok(()),
    }
}

fn market_clock(settings: &Settings) -> Arc<dyn Clock> {
    match settings.market.anchor {
        Some(anchor) if settings.market.speed.get() > 1 => {
            Arc::new(MarketClock { anchor, speed: settings.market.speed })
        }
        _ => Arc::new(SystemClock),
    }
}
