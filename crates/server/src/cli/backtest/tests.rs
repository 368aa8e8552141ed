//! The command line and a job of the server say the same of the same data.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use serde_json::{Value, json};

use super::*;
use crate::research::{BacktestSettings, Backtests, DataBars, RunRequest, SymbolData};

#[derive(Debug, Parser)]
struct CommandLine {
    #[command(flatten)]
    arguments: Arguments,
}

/// What `ballast backtest --json` prints for this file and config.
fn printed(data: &Path, config: &Path, flags: &[&str]) -> Value {
    let (data, config) = (data.to_str().unwrap(), config.to_str().unwrap());
    let named = ["backtest", "--json", "--timeframe", "1d", "--data", data, "--config", config];
    let arguments = CommandLine::parse_from([&named[..], flags].concat()).arguments;
    let file = ConfigFile::read(&arguments.config).unwrap();
    let (backtest, symbols) = asked(&arguments, &file).unwrap();
    let mut finished = finish(&arguments, &backtest, &symbols).unwrap();
    let data = finished.report_data(&backtest);
    let result = BacktestResult::new(&backtest.request, &finished, &data, usize::MAX);
    serde_json::from_str(&serde_json::to_string(&result).unwrap()).unwrap()
}

async fn job(folder: &Path, data: &Path, request: Value) -> Value {
    let backtests = Backtests::start(folder, BacktestSettings::default()).unwrap();
    let mut heard = backtests.subscribe();
    let mut file = backtests.create_upload().await.unwrap();
    file.append(&fs::read(data).unwrap()).await.unwrap();
    file.complete().await.unwrap();
    let bars = DataBars::Upload { file, name: "goog.csv".to_owned() };
    let data = vec![SymbolData { symbol: None, bars }];
    let tenant = "somebody".parse().unwrap();
    let request = RunRequest::read(&request.to_string()).unwrap();
    let id = backtests.submit(&tenant, request, data).await.unwrap().id;
    while !heard.recv().await.unwrap().state.is_final() {}
    let detail = backtests.get(&tenant, &id.to_string()).await.unwrap().unwrap();
    assert!(detail.row.error.is_none(), "{:?}", detail.row.error);
    backtests.stop().await;
    serde_json::from_str(detail.summary.unwrap().get()).unwrap()
}

/// Without what the clock says.
fn timeless(mut result: Value) -> Value {
    for clocked in ["elapsedMs", "barsPerSecond"] {
        assert!(result.as_object_mut().unwrap().remove(clocked).is_some());
    }
    result
}

fn repository() -> PathBuf {
    Path::new(&std::env::var_os("CARGO_MANIFEST_DIR").unwrap()).join("../..")
}

#[tokio::test]
async fn a_job_gives_the_json_of_the_command_line() {
    let real = std::env::var_os("BALLAST_TEST_DATA").map(PathBuf::from);
    if real.is_none() {
        println!("not run on GOOG: no test data; set BALLAST_TEST_DATA to its folder");
    }
    let goog = real.map(|folder| folder.join("ohlcv/goog-1d-2004-2013.csv"));
    let sample = repository().join("examples/sample-1d.csv");
    let flags = ["--fee-pct", "0.1", "--slippage-bps", "5", "--lot", "1", "--cash", "25000"];
    let fields = json!({"feePct": "0.1", "slippageBps": 5, "lot": 1, "cash": "25000"});
    let crosses = "crossover(sma(close, 10), sma(close, 20))";
    for (data, entry, flags, fields) in [
        (Some(sample.clone()), crosses, &flags[..], fields),
        // One without a trade reads the data twice, to say why.
        (Some(sample), "close > 1000000", &[], json!({})),
        (goog, crosses, &[], json!({})),
    ] {
        let Some(data) = data else { continue };
        let folder = tempfile::tempdir().unwrap();
        let strategy = json!({
            "version": 1, "kind": "rules", "timeframe": "1d", "symbols": ["GOOG"],
            "entry": entry,
            "exit": "crossunder(sma(close, 10), sma(close, 20))",
            "sizing": {"type": "fixedQuantity", "quantity": "10"}
        });
        let config = folder.path().join("strategy.json");
        fs::write(&config, strategy.to_string()).unwrap();
        let mut request = json!({
            "timeframe": "1d", "strategyConfig": strategy, "data": {"source": "upload"}
        });
        request.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        let by_job = timeless(job(folder.path(), &data, request).await);
        assert_eq!(by_job, timeless(printed(&data, &config, flags)));
        if entry != crosses {
            let why = by_job["warnings"][0].as_str().unwrap();
            assert!(why.contains("`close > 1000000` held at 0 of"), "{why}");
        } else if flags.is_empty() {
            assert_eq!(by_job["finalEquity"], "19477.70");
            assert_eq!(by_job["closedTrades"], 46);
        }
    }
}
