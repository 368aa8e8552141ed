//! The bars of a back-test, and how they trade.

use super::*;

#[tokio::test]
async fn the_markets_own_bars_trade_as_the_market_lists_them() {
    let desk = Desk::new();
    let instrument = listed(Some("0.1"));
    for (lot, quantity) in [(None, "1"), (Some("0.01"), "1.04")] {
        let mut asked = request("market");
        asked["strategyConfig"]["sizing"]["quantity"] = json!("1.047");
        asked["lot"] = lot.into();
        let DataBars::History { bars, .. } = history(6) else { unreachable!() };
        let bars = DataBars::History { bars, instrument };
        let mut heard = desk.backtests.subscribe();
        let id = desk.submit_request("a", &asked, bars).await.unwrap().id;
        until(&mut heard, id, JobState::is_final).await;
        let detail = desk.get("a", id).await;
        let summary: Value = serde_json::from_str(detail.summary.unwrap().get()).unwrap();
        assert_eq!(summary["trades"][0]["quantity"], quantity, "{summary}");
        assert_eq!(summary["periodsPerYear"], 365.0, "coins trade every day");
        let figures = detail.row.figures.unwrap();
        assert_eq!(figures.first_time.unwrap().to_string(), "1970-01-01T00:00:00Z");
        assert_eq!(figures.last_time.unwrap().to_string(), "1970-01-01T00:06:00Z");
    }
    desk.backtests.stop().await;
}

#[tokio::test]
async fn data_that_does_not_fit_the_strategy_is_refused_and_removed() {
    let desk = Desk::new();
    let asked = RunRequest::read(&request("upload").to_string()).unwrap();
    let data = |symbol: &str, bars| SymbolData { symbol: Some(symbol.parse().unwrap()), bars };
    let cases = [
        (vec![], "file[TEST]", "is missing"),
        (vec![data("TEST", history(5))], "data.source", "another source"),
        (vec![data("OTHER", desk.upload("x").await)], "file[OTHER]", "does not trade"),
        (
            vec![data("TEST", desk.upload("x").await), data("TEST", desk.upload("x").await)],
            "file[TEST]",
            "twice",
        ),
    ];
    for (data, field, message) in cases {
        let refused = desk.backtests.submit(&name("a"), asked.clone(), data).await.unwrap_err();
        let SubmitError::Invalid(faults) = refused else { panic!("{refused}") };
        assert_eq!(faults[0].field, field);
        assert!(faults[0].message.contains(message), "{faults:?}");
    }
    assert_eq!((desk.uploads(), desk.ids("a").await.len()), (0, 0));
    desk.backtests.stop().await;
}
