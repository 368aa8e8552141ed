//! The instruments of the simulated market. None of them is meant to be a real one.

use ballast_domain::{AssetClass, Instrument, Price, Quantity};
use serde::{Deserialize, Serialize};

/// An instrument and how its price is to behave.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct SimulatedInstrument {
    /// What is traded; it needs a tick and a lot.
    pub instrument: Instrument,
    /// The price in 2020, to which it returns in the long run but for its drift.
    pub start_price: Price,
    /// Standard deviation of a year's return, in percent, measured on daily closes.
    pub volatility_pct: f64,
    /// Mean return of a year, in percent, compounded continuously.
    pub drift_pct: f64,
    /// Mean volume of a day, in units.
    pub daily_volume: Quantity,
    /// How often a day trading is halted for five minutes, on average.
    #[serde(default)]
    pub halts_per_day: u32,
}

/// The instruments that are simulated unless others are configured. All are traded around the
/// clock, whatever their class.
#[must_use]
pub fn sim_instruments() -> Vec<SimulatedInstrument> {
    use AssetClass::{Crypto, Forex, Stock};
    let rows = [
        ("ACME", Stock, "120.00", "0.01", "1", 30.0, 6.0, "3000000"),
        ("ORCA", Stock, "48.00", "0.01", "1", 45.0, 8.0, "6000000"),
        ("TALER/USD", Forex, "1.25000", "0.00001", "100", 9.0, 0.0, "80000000"),
        ("REEF/USD", Crypto, "42000.0", "0.1", "0.0001", 60.0, 10.0, "9000"),
        ("KELP/USD", Crypto, "2400.00", "0.01", "0.001", 75.0, 8.0, "140000"),
        ("TIDE/USD", Crypto, "96.000", "0.001", "0.01", 90.0, 5.0, "2500000"),
        ("PEARL/USD", Crypto, "0.85000", "0.00001", "1", 110.0, 0.0, "90000000"),
    ];
    // A test sees that every row is read.
    let quote = "USD".parse().ok();
    let read =
        rows.into_iter().map(|(symbol, class, start, tick, lot, volatility, drift, volume)| {
            let instrument = Instrument {
                tick_size: Some(tick.parse().ok()?),
                lot_size: Some(lot.parse().ok()?),
                ..Instrument::unrestricted(symbol.parse().ok()?, class, quote?)
            };
            Some(SimulatedInstrument {
                instrument,
                start_price: start.parse().ok()?,
                volatility_pct: volatility,
                drift_pct: drift,
                daily_volume: volume.parse().ok()?,
                halts_per_day: 0,
            })
        });
    read.flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_instruments_keep_to_their_steps() {
        let all = sim_instruments();
        assert_eq!(all.len(), 7);
        for each in all {
            let Instrument { symbol, tick_size, lot_size, quote, .. } = each.instrument;
            assert!(tick_size.is_some() && lot_size.is_some(), "{symbol}");
            assert_eq!(quote.as_str(), "USD", "{symbol}");
            let rounded = each.instrument.round_price(each.start_price, true);
            assert_eq!(rounded, each.start_price, "{symbol}");
        }
    }

    #[test]
    fn instruments_can_be_configured() {
        let first = sim_instruments()[0];
        let text = serde_json::to_string(&first).unwrap();
        assert_eq!(serde_json::from_str::<SimulatedInstrument>(&text).unwrap(), first);
        let unknown = text.replacen("startPrice", "startprice", 1);
        assert!(serde_json::from_str::<SimulatedInstrument>(&unknown).is_err());
    }
}
