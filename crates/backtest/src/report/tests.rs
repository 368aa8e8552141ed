//! The two reports as a reader and a browser see them, over a seeded run.

use ballast_domain::{AssetClass, Direction, ExitReason, Timeframe, Timestamp};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use sha2::{Digest, Sha256};

use super::*;
use crate::statistics::{Basis, ClosedTrade, Statistics};

const DAY: i64 = 86_400_000_000_000;

/// A seeded walk with a trade every ten bars, the last one open.
fn sample(bars: usize) -> ReportData {
    let mut seed = 7_u64;
    let mut random = move || {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (seed >> 33) as f64 / (1_u64 << 31) as f64
    };
    let start: Timestamp = "2020-01-01".parse().unwrap();
    let basis = Basis::of(AssetClass::Crypto, Timeframe::D1);
    let mut statistics = Statistics::new(10_000.0, basis);
    let (mut equity, mut prices, mut trades) = (Vec::new(), Vec::new(), Vec::new());
    let (mut cash, mut price) = (10_000.0, 100.0);
    for bar in 0..bars {
        let open_time = start.saturating_add_nanos(bar as i64 * DAY);
        let close_time = open_time.saturating_add_nanos(DAY);
        let change: f64 = price * (random() - 0.48) * 0.05;
        price += change;
        cash += 10.0 * change;
        if bar % 10 == 0 {
            trades.push(ReportTrade {
                symbol: "WAVE".to_owned(),
                side: if bar % 20 == 0 { Direction::Long } else { Direction::Short },
                entry_time: open_time,
                entry_price: (price * 100.0).round() / 100.0,
                quantity: 10.0,
                exit: None,
                pnl: 0.0,
                return_pct: 0.0,
            });
        } else if bar % 10 == 8
            && let Some(trade) = trades.last_mut()
        {
            let price = (price * 100.0).round() / 100.0;
            trade.pnl = (price - trade.entry_price) * 10.0;
            trade.return_pct = (price / trade.entry_price - 1.0) * 100.0;
            trade.exit = Some(TradeExit { time: open_time, price, reason: ExitReason::StopLoss });
            let (pnl, return_pct) = (trade.pnl, trade.return_pct);
            statistics.trade(&ClosedTrade { pnl, return_pct, holding_ns: 8 * DAY });
        }
        statistics.push(close_time, cash);
        equity.push(EquityPoint { close_time, equity: cash });
        prices.push(PricePoint { close_time, close: price });
    }
    ReportData {
        name: "Every ten days".to_owned(),
        symbol: "WAVE".to_owned(),
        decides_on: Timeframe::D1,
        timeframe: Timeframe::D1,
        currency: "USD".to_owned(),
        starting_cash: 10_000.0,
        span: equity.last().map(|last: &EquityPoint| (start, last.close_time)),
        price_change_pct: Some(12.5),
        summary: statistics.summary(None),
        fees_paid: 0.0,
        equity,
        prices: vec![PriceSeries { symbol: "WAVE".to_owned(), points: prices }],
        trades,
        config: "{\n  \"version\": 1\n}".to_owned(),
        fees: None,
        slippage: None,
        warnings: Vec::new(),
        notes: Vec::new(),
    }
}

fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let from = text.find(start).unwrap() + start.len();
    &text[from..from + text[from..].find(end).unwrap()]
}

#[test]
fn text_from_outside_is_escaped_everywhere() {
    let hostile = "</style></script><script>alert(1)</script>\"'><img src=x onerror=alert(1)>";
    let mut data = sample(25);
    for text in [&mut data.name, &mut data.symbol, &mut data.currency, &mut data.config] {
        text.push_str(hostile);
    }
    data.prices[0].symbol.push_str(hostile);
    for trade in &mut data.trades {
        trade.symbol.push_str(hostile);
    }
    data.trades[0].symbol.push('2');
    data.fees = Some(hostile.to_owned());
    data.slippage = Some(hostile.to_owned());
    data.warnings = vec![hostile.to_owned()];
    data.notes = vec![hostile.to_owned()];
    let page = html(&data).unwrap();
    assert!(page.matches("alert(1)").count() > 10, "the text is shown in all its places");
    assert!(!page.contains("<script>alert"));
    assert!(!page.contains("<img"));
    assert!(!page.contains("\"'>"));
    assert_eq!(page.matches("<script").count(), 1);
    assert_eq!(page.matches("</style>").count(), 1);
}

#[test]
fn the_page_asks_nothing_of_the_network() {
    let page = html(&sample(300)).unwrap();
    for outside in ["http:", "https:", "//cdn", "src=", "@import", "url(", "fetch(", "integrity"] {
        assert!(!page.contains(outside), "{outside}");
    }
    let references: Vec<&str> =
        page.match_indices("href=\"").map(|(at, _)| &page[at + 6..at + 7]).collect();
    assert!(references.len() > 10);
    assert!(references.iter().all(|first| matches!(*first, "#" | "d")), "{references:?}");
}

#[test]
fn the_policy_allows_the_script_of_the_page_and_no_other() {
    let page = html(&sample(30)).unwrap();
    let script = between(&page, "<script>", "</script>");
    let hash = BASE64_STANDARD.encode(Sha256::digest(script.as_bytes()));
    let allowed = format!("script-src 'sha256-{hash}'");
    assert!(CONTENT_SECURITY_POLICY.contains(&allowed), "the script changed: {allowed}");
    let meta = between(&page, "Content-Security-Policy\" content=\"", "\"");
    assert_eq!(meta.replace("&#39;", "'"), CONTENT_SECURITY_POLICY);
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    assert_eq!(html(&sample(200)).unwrap(), html(&sample(200)).unwrap());
    let data = sample(200);
    let read: ReportData = serde_json::from_str(&serde_json::to_string(&data).unwrap()).unwrap();
    assert_eq!(html(&read).unwrap(), html(&data).unwrap());
}

#[test]
fn runs_of_any_length_make_a_page_without_nonsense() {
    for bars in [0, 1, 2, 9, 40, 2_000, 20_000] {
        let data = sample(bars);
        let page = html(&data).unwrap();
        for nonsense in ["NaN", "inf", "null", "None", "Some("] {
            assert!(!page.contains(nonsense), "{bars} bars: {nonsense}");
        }
        let lines = page.matches("class=\"equity-line\"").count();
        assert_eq!(lines, usize::from(bars > 0));
        for path in page.match_indices(" d=\"M").map(|(at, _)| between(&page[at..], "\"", "\"")) {
            assert!(path.matches('L').count() < chart::MOST_POINTS + 2, "{bars} bars");
        }
        assert!(page.len() < 900_000, "{bars} bars: {} bytes", page.len());
    }
}

#[test]
fn ruin_and_lost_numbers_are_shown_as_such() {
    let mut data = sample(50);
    for point in &mut data.equity[30..] {
        point.equity = -500.0;
    }
    data.equity[10].equity = f64::NAN;
    data.prices[0].points[3].close = f64::INFINITY;
    data.summary.final_equity = -500.0;
    data.summary.sharpe = None;
    let page = html(&data).unwrap();
    assert!(page.contains("The account was ruined"));
    assert!(page.contains("<dt>Sharpe ratio</dt><dd class=\"\">n/a</dd>"));
    for nonsense in ["NaN", "inf", "null"] {
        assert!(!page.contains(nonsense), "{nonsense}");
    }
    assert!(terminal(&data, 80, false).contains("The account was ruined"));
}

#[test]
fn long_lists_are_cut_and_say_so() {
    let data = sample(11_000);
    assert_eq!(data.trades.len(), 1_100);
    let page = html(&data).unwrap();
    let rows = between(&page, "<table class=\"trades\">", "</table>").matches("<tr>").count();
    assert_eq!(rows, 1 + trades::MOST_ROWS);
    assert!(page.contains("The first 1,000 of 1,100\u{a0}trades"));
    assert_eq!(page.matches("class=\"mark ").count(), trades::MOST_MARKS);
    assert!(page.contains("Marked are the 100 trades with the largest results, of 1,100."));
    assert!(!html(&sample(500)).unwrap().contains("The first 1,000"));
}

#[test]
fn the_curve_starts_with_the_cash_and_the_read_out_with_the_first_bar() {
    let mut data = sample(2);
    data.equity[0].equity = 10_100.0;
    data.equity[1].equity = 9_900.0;
    let page = html(&data).unwrap();
    let path = between(&page, "class=\"equity-line\" d=\"", "\"");
    assert_eq!(path, "M0.0 500.0L500.0 45.5L1000.0 954.5");
    let points = "\"points\":[[50.0,1577836800000,10100.0,0.0],[100.0,1577923200000,9900.0,-1.98]]";
    assert!(page.replace("&#34;", "\"").contains(points));
    assert!(page.contains("the deepest was 1.98\u{a0}% on 2020-01-02."));
    assert!(page.contains(" in 2\u{a0}days:"));
}

#[test]
fn open_trades_are_listed_without_an_exit() {
    let data = sample(15);
    let page = html(&data).unwrap();
    assert!(page.contains("Still open at the end: 1\u{a0}trade"));
    assert_eq!(page.matches("still open</td>").count(), 1);
    assert_eq!(page.matches("stop loss</td>").count(), 1);
}

#[test]
fn months_run_from_close_to_close() {
    let mut data = sample(0);
    let close = |text: &str, equity| EquityPoint { close_time: text.parse().unwrap(), equity };
    data.equity = vec![
        close("2023-11-15", 11_000.0),
        // Midnight of the first of December ends November.
        close("2023-12-01", 12_000.0),
        close("2024-01-01", 9_000.0),
        close("2024-03-05", 9_900.0),
    ];
    let rows = months::years(&data);
    let row = |index: usize| {
        let cells = rows[index].months.iter().map(|cell| cell.text.as_str());
        cells.chain([rows[index].total.text.as_str()]).collect::<Vec<_>>().join("|")
    };
    assert_eq!(rows.iter().map(|row| row.year.as_str()).collect::<Vec<_>>(), ["2023", "2024"]);
    assert_eq!(row(0), "||||||||||+20.00|−25.00|−10.00");
    assert_eq!(row(1), "||+10.00||||||||||+10.00");
    assert_eq!(rows[0].months[11].class, "loss-4");
}

#[test]
fn no_bar_of_the_histogram_holds_profits_and_losses() {
    let mut data = sample(0);
    let exit = Some(TradeExit { time: Timestamp::MIN, price: 1.0, reason: ExitReason::TimeStop });
    let template = sample(1).trades[0].clone();
    data.trades = [-0.01, 0.01, 0.02, 3.0, -3.0]
        .map(|return_pct| ReportTrade { return_pct, exit: exit.clone(), ..template.clone() })
        .to_vec();
    data.trades.push(ReportTrade { return_pct: 900.0, ..template });
    let histogram = distribution::histogram(&data).unwrap();
    let titles: Vec<String> =
        histogram.bars.iter().map(|bar| bar.title.replace('\u{a0}', " ")).collect();
    assert_eq!(titles[0], "1 trade below −2.80 %");
    assert_eq!(titles[1], "1 trade from −0.20 % to 0.00 %");
    assert_eq!(titles[2], "2 trades from 0.00 % to +0.20 %");
    assert_eq!(histogram.bars[1].tone, "loss");
    assert!(histogram.summary.starts_with("5\u{a0}closed trades, 60.00\u{a0}% of them"));
    data.trades.clear();
    assert!(distribution::histogram(&data).is_none());
}

#[test]
fn the_terminal_summary_fits_its_width_in_plain_text() {
    let data = sample(705);
    for width in [40, 60, 80, 100, 120] {
        let text = terminal(&data, width, false);
        let widest = text.lines().map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= width, "{width}: {widest}\n{text}");
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text}");
        for shown in ["WAVE 1d", "2020-01-01", "Max drawdown", "Win rate", "Still open"] {
            assert!(text.contains(shown), "{width}: {shown}\n{text}");
        }
    }
    assert_eq!(terminal(&data, 0, false), terminal(&data, 40, false));
    assert_eq!(terminal(&data, 500, false), terminal(&data, 120, false));
}

#[test]
fn colour_adds_codes_and_changes_no_text() {
    let data = sample(705);
    let coloured = terminal(&data, 80, true);
    let mut plain = String::new();
    let mut rest = coloured.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        plain.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    plain.push_str(rest);
    assert!(coloured.contains("\u{1b}["));
    let trimmed = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
    assert_eq!(trimmed(&plain), trimmed(&terminal(&data, 80, false)));
}

#[test]
fn a_symbol_cannot_steer_the_terminal() {
    let mut data = sample(3);
    data.symbol = "A\u{1b}[2J\u{7}\r\n\u{202e}B".to_owned();
    data.name = "x".repeat(500);
    let text = terminal(&data, 80, false);
    assert!(text.lines().all(|line| line.chars().count() <= 80));
    assert!(text.chars().all(|c| c == '\n' || !(c.is_control() || c == '\u{202e}')));
}

#[test]
fn the_terminal_draws_a_rise_as_a_rise() {
    let mut data = sample(0);
    for day in 0..100 {
        let close_time = Timestamp::from_nanos(day * DAY);
        data.equity.push(EquityPoint { close_time, equity: 10_000.0 + 100.0 * day as f64 });
    }
    let text = terminal(&data, 60, false);
    let rows: Vec<&str> = text.lines().skip(3).take(6).collect();
    assert!(rows[0].starts_with("19,900.00"));
    assert!(rows[5].starts_with("10,000.00"));
    let first_dot = |row: &str| row.chars().position(|c| c >= '\u{2800}').unwrap();
    assert!(rows.windows(2).all(|pair| first_dot(pair[0]) > first_dot(pair[1])), "{text}");
}
