mod data;
mod greedy;

use std::fmt::Write as _;
use std::fs;

use ballast_domain::{AssetClass, Bar, Instrument, Price, Timestamp};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::broadcast::Receiver;

use super::row::{JobId, JobState};
use super::*;

/// Enough bars that a run of them is never over before it is stopped.
const MANY: usize = 400_000;

struct Desk {
    folder: TempDir,
    backtests: Backtests,
}

impl Desk {
    fn new() -> Self {
        Self::with(Duration::from_secs(900))
    }

    fn with(time_limit: Duration) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (workers, interval) = (NonZeroU8::MIN, Duration::ZERO);
        let backtests = Backtests::start_with(folder.path(), workers, time_limit, interval);
        let backtests = backtests.unwrap();
        Self { folder, backtests }
    }

    async fn submit(&self, tenant: &str, data: DataBars) -> Result<JobRow, SubmitError> {
        let source = match data {
            DataBars::Upload { .. } => "upload",
            DataBars::History { .. } => "market",
        };
        self.submit_request(tenant, &request(source), data).await
    }

    async fn submit_request(
        &self,
        tenant: &str,
        request: &Value,
        bars: DataBars,
    ) -> Result<JobRow, SubmitError> {
        let request = RunRequest::read(&request.to_string()).unwrap();
        let data = vec![SymbolData { symbol: None, bars }];
        self.backtests.submit(&name(tenant), request, data).await
    }

    async fn get(&self, tenant: &str, id: JobId) -> JobDetail {
        self.backtests.get(&name(tenant), &id.to_string()).await.unwrap().unwrap()
    }

    /// Runs a back-test to its end.
    async fn ran(&self, tenant: &str, data: DataBars) -> JobDetail {
        let mut heard = self.backtests.subscribe();
        let row = self.submit(tenant, data).await.unwrap();
        until(&mut heard, row.id, JobState::is_final).await;
        self.get(tenant, row.id).await
    }

    async fn upload(&self, text: &str) -> DataBars {
        let mut file = self.backtests.create_upload().await.unwrap();
        for piece in text.as_bytes().chunks(50_000) {
            file.append(piece).await.unwrap();
        }
        file.complete().await.unwrap();
        DataBars::Upload { file, name: "bars.csv".to_owned() }
    }

    fn uploads(&self) -> usize {
        fs::read_dir(self.folder.path().join("backtests/uploads")).unwrap().count()
    }

    async fn ids(&self, tenant: &str) -> Vec<JobId> {
        let page = self.backtests.list(&name(tenant), None, 200).await.unwrap();
        page.items.iter().map(|row| row.id).collect()
    }
}

fn name(tenant: &str) -> TenantId {
    tenant.parse().unwrap()
}

/// A strategy that trades at every other bar.
fn request(source: &str) -> Value {
    json!({
        "timeframe": "1m",
        "strategyConfig": {
            "version": 1, "kind": "rules", "timeframe": "1m", "symbols": ["TEST"],
            "entry": "close > 0", "sizing": {"type": "fixedQuantity", "quantity": "1"},
            "exits": {"maxBars": 1}
        },
        "data": {"source": source}
    })
}

fn history(count: usize) -> DataBars {
    let minute = 60_000_000_000_i64;
    let bar = |number: i64| {
        let price = |more: i64| Price::new((100 + number % 7 + more).into()).unwrap();
        Bar {
            close_time: Timestamp::from_nanos((number + 1) * minute),
            open: price(0),
            high: price(1),
            low: price(0),
            close: price(1),
            volume: "5".parse().unwrap(),
        }
    };
    let bars = (0..i64::try_from(count).unwrap()).map(bar).collect();
    DataBars::History { bars, instrument: listed(None) }
}

/// As its market lists it, in steps of `lot`.
fn listed(lot: Option<&str>) -> Instrument {
    let (symbol, quote) = ("TEST".parse().unwrap(), "USD".parse().unwrap());
    let lot_size = lot.map(|lot| lot.parse().unwrap());
    Instrument { lot_size, ..Instrument::unrestricted(symbol, AssetClass::Crypto, quote) }
}

/// Bars of minutes as CSV.
fn csv(count: usize) -> String {
    let mut text = "time,open,high,low,close,volume\n".to_owned();
    for number in 0..count {
        let price = 100 + number % 7;
        writeln!(text, "{},{price},{},{price},{price},10", number * 60, price + 1).unwrap();
    }
    text
}

/// Listens until a back-test is in a state that fits, and gives all that was heard of it.
async fn until(
    heard: &mut Receiver<Progress>,
    id: JobId,
    fits: impl Fn(JobState) -> bool,
) -> Vec<Progress> {
    let mut all = Vec::new();
    loop {
        match heard.recv().await {
            Ok(progress) if progress.id == id => {
                all.push(progress.clone());
                if fits(progress.state) {
                    return all;
                }
            }
            Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
}

#[tokio::test]
async fn a_run_ends_with_result_report_and_nothing_left_over() {
    let desk = Desk::new();
    let bars = desk.upload(&csv(300)).await;
    let detail = desk.ran("a", bars).await;
    let text = serde_json::to_string(&detail).unwrap();
    let result: Value = serde_json::from_str(&text).unwrap();
    let row = detail.row;
    assert_eq!((row.state, row.progress_pct, row.bars), (JobState::Done, 100, Some(300)));
    assert!(row.created_at <= row.started_at.unwrap() && row.started_at <= row.finished_at);
    assert_eq!((&result["id"], &result["state"]), (&json!(row.id), &json!("done")));
    assert_eq!(result["summary"]["bars"], 300);
    assert_eq!(result["equity"].as_array().unwrap().len(), 300);
    assert_eq!(result["months"][0]["month"], 1);
    assert_eq!(result["tradesLeftOut"], 0);
    let closed = result["summary"]["closedTrades"].as_u64().unwrap();
    assert!(closed > 50, "{closed}");
    assert_eq!(row.figures.unwrap().closed_trades, closed);
    let report = desk.backtests.report(&name("a"), &row.id.to_string()).await.unwrap().unwrap();
    let report = String::from_utf8(report).unwrap();
    assert!(report.contains("bars.csv (TEST)"), "the data is named");
    assert_eq!(desk.uploads(), 0);
    let folder = fs::read_dir(desk.folder.path().join("backtests")).unwrap();
    let folder = folder.map(|entry| entry.unwrap().path()).find(|path| !path.ends_with("uploads"));
    let files = fs::read_dir(folder.unwrap().join(row.id.to_string())).unwrap();
    let mut files: Vec<_> = files.map(|file| file.unwrap().file_name()).collect();
    files.sort();
    assert_eq!(files, ["job.json", "report.html", "result.json"]);
    desk.backtests.stop().await;
}

#[tokio::test]
async fn progress_rises_to_its_end() {
    let desk = Desk::new();
    let mut heard = desk.backtests.subscribe();
    let bars = desk.upload(&csv(20_000)).await;
    let row = desk.submit("a", bars).await.unwrap();
    let told = until(&mut heard, row.id, JobState::is_final).await;
    let percents: Vec<_> = told.iter().map(|progress| progress.progress_pct).collect();
    assert!(percents.is_sorted(), "{percents:?}");
    assert!(percents.len() > 10 && percents[percents.len() - 1] == 100, "{percents:?}");
    let states: Vec<_> = told.iter().map(|progress| progress.state).collect();
    assert_eq!(states[..2], [JobState::Queued, JobState::Running]);
    assert_eq!(states[states.len() - 1], JobState::Done);
    let message = serde_json::to_value(&told[0]).unwrap();
    assert_eq!(message, json!({"id": row.id, "state": "queued", "progressPct": 0}));
    desk.backtests.stop().await;
}

#[tokio::test]
async fn what_runs_and_what_waits_is_cancelled_and_what_has_ended_removed() {
    let desk = Desk::new();
    let mut heard = desk.backtests.subscribe();
    let many = history(MANY);
    let running = desk.submit("a", many).await.unwrap().id;
    until(&mut heard, running, |state| state == JobState::Running).await;
    let bars = desk.upload(&csv(10)).await;
    let waiting = desk.submit("a", bars).await.unwrap().id;
    for id in [waiting, running] {
        let removal = desk.backtests.cancel_or_remove(&name("a"), &id.to_string()).await.unwrap();
        assert_eq!(removal, Some(Removal::Cancelled));
        until(&mut heard, id, |state| state == JobState::Cancelled).await;
        let JobDetail { row, summary, .. } = desk.get("a", id).await;
        // The last report of a whole run is 99.
        assert!(row.state == JobState::Cancelled && row.progress_pct < 99 && summary.is_none());
        let report = desk.backtests.report(&name("a"), &id.to_string()).await.unwrap();
        assert!(report.is_none());
    }
    assert_eq!(desk.uploads(), 0);
    for expected in [Some(Removal::Removed), None] {
        let id = running.to_string();
        assert_eq!(desk.backtests.cancel_or_remove(&name("a"), &id).await.unwrap(), expected);
    }
    assert_eq!(desk.ids("a").await, [waiting]);
    assert_eq!(desk.ran("a", history(5)).await.row.state, JobState::Done);
    desk.backtests.stop().await;
}

#[tokio::test]
async fn a_greedy_tenant_waits_for_himself() {
    let desk = Desk::new();
    let mut heard = desk.backtests.subscribe();
    let mut own = Vec::new();
    for _ in 0..4 {
        own.push(desk.submit("greedy", history(3_000)).await.unwrap().id);
    }
    let refused = desk.submit("greedy", history(5)).await.unwrap_err();
    assert!(matches!(refused, SubmitError::TooManyRequests), "{refused}");
    let other = desk.submit("other", history(5)).await.unwrap().id;
    let mut order = Vec::new();
    while order.len() < 5 {
        let progress = heard.recv().await.unwrap();
        if progress.state == JobState::Running && !order.contains(&progress.id) {
            order.push(progress.id);
        }
    }
    let place = order.iter().position(|id| *id == other).unwrap();
    assert!(place <= 2, "{place}: at most what ran and one turn came before");
    until(&mut heard, order[4], JobState::is_final).await;
    assert_eq!(desk.submit("greedy", history(5)).await.unwrap().state, JobState::Queued);
    desk.backtests.stop().await;
}

#[tokio::test]
async fn bad_data_and_a_full_clock_fail_with_what_to_do() {
    let desk = Desk::new();
    let bars = desk.upload(&csv(500).replace("\n6000,", "\n6000,x")).await;
    let row = desk.ran("a", bars).await.row;
    let error = row.error.unwrap();
    assert!(error.starts_with("bars.csv: line 102, column 'open': 'x102' is not a"), "{error}");
    assert_eq!((row.state, row.bars, desk.uploads()), (JobState::Failed, None, 0));
    let bars = desk.upload("time,open,high,low,close\n").await;
    let error = desk.ran("a", bars).await.row.error.unwrap();
    assert_eq!(error, "bars.csv: the file has a header but no bars");

    let mut asked = request("market");
    asked["range"] = json!({"from": "2200-01-01"});
    let mut heard = desk.backtests.subscribe();
    let row = desk.submit_request("a", &asked, history(10)).await.unwrap();
    until(&mut heard, row.id, JobState::is_final).await;
    assert_eq!(desk.get("a", row.id).await.row.error.unwrap(), "the data holds no bar");
    desk.backtests.stop().await;

    let desk = Desk::with(Duration::ZERO);
    let error = desk.ran("a", history(10_000)).await.row.error.unwrap();
    assert!(error.starts_with("it was stopped after 0 seconds, which is the limit"), "{error}");
    desk.backtests.stop().await;
}

#[tokio::test]
async fn what_takes_too_much_memory_is_refused_before_it_does() {
    let desk = Desk::new();
    let mut asked = request("market");
    // Nothing is traded, so that a million bars are over soon.
    asked["strategyConfig"]["timeframe"] = json!("1M");
    let mut heard = desk.backtests.subscribe();
    let row = desk.submit_request("a", &asked, history(1_020_000)).await.unwrap();
    until(&mut heard, row.id, JobState::is_final).await;
    let error = desk.get("a", row.id).await.row.error.unwrap();
    assert!(error.starts_with("there are more than 1000000 bars, which is the limit"), "{error}");

    asked = request("market");
    asked["range"] = json!({"to": "1970-01-15T21:20:00Z"});
    let row = desk.submit_request("a", &asked, history(1_020_000)).await.unwrap();
    until(&mut heard, row.id, JobState::is_final).await;
    let JobDetail { row, summary, trades_left_out, .. } = desk.get("a", row.id).await;
    assert_eq!(row.bars, Some(21_440));
    let summary: Value = serde_json::from_str(summary.unwrap().get()).unwrap();
    let (listed, all) = (10_000, 10_720);
    assert_eq!(summary["trades"].as_array().unwrap().len(), listed);
    assert_eq!(summary["closedTrades"].as_u64().unwrap() + 1, all);
    assert_eq!(trades_left_out, Some(720));
    desk.backtests.stop().await;
}

/// Trading comes first wherever both want a processor.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_workers_have_a_low_priority_and_nobody_else_has() {
    let desk = Desk::new();
    desk.ran("a", history(5)).await;
    let nice = |stat: &str| -> i32 {
        let (_, rest) = stat.rsplit_once(')').unwrap();
        rest.split_whitespace().nth(16).unwrap().parse().unwrap()
    };
    let own = nice(&fs::read_to_string("/proc/self/stat").unwrap());
    let (mut workers, mut others) = (0, 0);
    for thread in fs::read_dir("/proc/self/task").unwrap() {
        // A thread may end meanwhile.
        let Ok(stat) = fs::read_to_string(thread.unwrap().path().join("stat")) else { continue };
        match stat.contains("(backtest-") {
            true => workers += usize::from(nice(&stat) > own),
            false => others += usize::from(nice(&stat) == own),
        }
    }
    assert!(workers >= 1 && others >= 1, "{workers} {others}");
    desk.backtests.stop().await;
}

#[tokio::test]
async fn a_range_leaves_out_what_is_outside() {
    let desk = Desk::new();
    let mut heard = desk.backtests.subscribe();
    let mut asked = request("market");
    asked["range"] = json!({"from": "1970-01-01T00:10:00Z", "to": "1970-01-01T00:30:00Z"});
    let row = desk.submit_request("a", &asked, history(100)).await.unwrap();
    until(&mut heard, row.id, JobState::is_final).await;
    let JobDetail { row, summary, .. } = desk.get("a", row.id).await;
    assert_eq!(row.bars, Some(20));
    let summary: Value = serde_json::from_str(summary.unwrap().get()).unwrap();
    assert_eq!(summary["firstTime"], "1970-01-01T00:10:00Z");
    assert_eq!(summary["lastTime"], "1970-01-01T00:30:00Z");
    desk.backtests.stop().await;
}

#[tokio::test]
async fn a_stop_fails_what_has_not_ended_and_takes_no_more() {
    let desk = Desk::new();
    let mut heard = desk.backtests.subscribe();
    let running = desk.submit("a", history(MANY)).await.unwrap().id;
    let waiting = desk.submit("a", history(5)).await.unwrap().id;
    until(&mut heard, running, |state| state == JobState::Running).await;
    desk.backtests.stop().await;
    for (id, expected) in [(running, "while it ran"), (waiting, "before it ran")] {
        let row = desk.get("a", id).await.row;
        let error = row.error.unwrap();
        assert!(row.state == JobState::Failed && error.contains(expected), "{error}");
    }
    let refused = desk.submit("a", history(5)).await.unwrap_err();
    assert!(matches!(refused, SubmitError::Unavailable), "{refused}");
}

/// A copy of the folder while something runs is what a killed server leaves.
#[tokio::test]
async fn what_a_killed_server_ran_has_failed_when_it_is_back() {
    let desk = Desk::new();
    let mut heard = desk.backtests.subscribe();
    let done = desk.ran("a", history(5)).await.row.id;
    let bars = desk.upload(&csv(MANY)).await;
    let running = desk.submit("a", bars).await.unwrap().id;
    let waiting = desk.submit("a", history(5)).await.unwrap().id;
    until(&mut heard, running, |state| state == JobState::Running).await;
    // The first report of progress comes after the file that says that it runs.
    until(&mut heard, running, |state| state == JobState::Running).await;
    let after = Desk::after(&desk);
    desk.backtests.stop().await;
    for (id, expected) in [(running, "while it ran"), (waiting, "before it ran")] {
        let row = after.get("a", id).await.row;
        assert_eq!(row.state, JobState::Failed);
        let error = row.error.unwrap();
        assert!(error.contains(&format!("the server was stopped {expected}")), "{error}");
    }
    let whole = after.get("a", done).await;
    assert!(whole.row.state == JobState::Done && whole.summary.is_some());
    assert_eq!(after.uploads(), 0);
    assert_eq!(after.ids("a").await, [waiting, running, done]);
    after.backtests.stop().await;
}

impl Desk {
    /// A server on a copy of another's folder.
    fn after(other: &Self) -> Self {
        let folder = tempfile::tempdir().unwrap();
        copy(other.folder.path(), folder.path());
        let settings = BacktestSettings::default();
        let backtests = Backtests::start(folder.path(), settings).unwrap();
        Self { folder, backtests }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &to),
            false => drop(fs::copy(entry.path(), to).unwrap()),
        }
    }
}

#[tokio::test]
async fn nobody_sees_another_tenants_back_tests() {
    let desk = Desk::new();
    let own = desk.ran("a", history(5)).await.row.id.to_string();
    for tenant in ["b", "A", "a/", "../a", "a "] {
        let tenant = name(tenant);
        assert!(desk.backtests.get(&tenant, &own).await.unwrap().is_none());
        assert!(desk.backtests.report(&tenant, &own).await.unwrap().is_none());
        assert_eq!(desk.backtests.cancel_or_remove(&tenant, &own).await.unwrap(), None);
        assert!(desk.backtests.list(&tenant, None, 50).await.unwrap().items.is_empty());
    }
    for id in ["", "bkt_", "../uploads", "bkt_+123456789abcdef", &own.to_uppercase(), "bkt_é"] {
        assert!(desk.backtests.get(&name("a"), id).await.unwrap().is_none(), "{id}");
    }
    assert!(desk.backtests.get(&name("a"), &own).await.unwrap().is_some());
    desk.backtests.stop().await;
}

#[tokio::test]
async fn the_newest_fifty_are_kept_and_paged() {
    let desk = Desk::new();
    let mut ran = vec![desk.ran("a", history(2)).await.row.id];
    let folder = fs::read_dir(desk.folder.path().join("backtests")).unwrap();
    let folder = folder.map(|entry| entry.unwrap().path()).find(|path| !path.ends_with("uploads"));
    // What a server leaves that is killed while it takes or removes one.
    fs::create_dir(folder.as_ref().unwrap().join("bkt_0000000000000001")).unwrap();
    for _ in 1..53 {
        ran.push(desk.ran("a", history(2)).await.row.id);
    }
    ran.reverse();
    ran.truncate(50);
    assert_eq!(desk.ids("a").await, ran);
    // One that is damaged does not take the others with it.
    let damaged = folder.as_ref().unwrap().join(ran[7].to_string()).join("job.json");
    let whole = fs::read(&damaged).unwrap();
    for part in [0, whole.len() / 2] {
        fs::write(&damaged, &whole[..part]).unwrap();
        assert_eq!(desk.ids("a").await.len(), 49);
    }
    let id = ran.remove(7).to_string();
    let removed = desk.backtests.cancel_or_remove(&name("a"), &id).await.unwrap();
    assert_eq!(removed, Some(Removal::Removed));
    let (mut paged, mut cursor) = (Vec::new(), None);
    loop {
        let page = desk.backtests.list(&name("a"), cursor.as_deref(), 20).await.unwrap();
        paged.extend(page.items.iter().map(|row| row.id));
        cursor = page.next_cursor;
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(paged, ran);
    assert_eq!(fs::read_dir(folder.unwrap()).unwrap().count(), 49);
    for cursor in ["", "x", "5-x", "x-bkt_0000000000000000"] {
        let error = desk.backtests.list(&name("a"), Some(cursor), 20).await.unwrap_err();
        assert!(matches!(error, ReadError::Invalid), "{error}");
    }
    desk.backtests.stop().await;
}

#[tokio::test]
async fn an_upload_has_a_limit_and_leaves_nothing() {
    let desk = Desk::new();
    let mut file = desk.backtests.create_upload().await.unwrap();
    let piece = vec![b'x'; 1 << 20];
    for _ in 0..64 {
        file.append(&piece).await.unwrap();
    }
    let refused = file.append(b"x").await.unwrap_err();
    assert!(matches!(refused, UploadError::TooLarge), "{refused}");
    assert_eq!(desk.uploads(), 1);
    drop(file);
    assert_eq!(desk.uploads(), 0);
    desk.backtests.stop().await;
}

/// What cannot be stored is refused or has failed; nothing waits for ever.
#[tokio::test]
async fn a_full_disk_is_told_and_leaves_the_queue_free() {
    let desk = Desk::new();
    let done = desk.ran("a", history(5)).await.row.id.to_string();
    let root = desk.folder.path().join("backtests");
    let own = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().path());
    let own = own.into_iter().find(|path| !path.ends_with("uploads")).unwrap();
    // A file where the folder belongs fails every write, even of root.
    let aside = desk.folder.path().join("aside");
    fs::rename(&own, &aside).unwrap();
    fs::write(&own, "").unwrap();
    for _ in 0..6 {
        let refused = desk.submit("a", history(5)).await.unwrap_err();
        assert!(matches!(refused, SubmitError::Internal(_)), "{refused}");
    }
    fs::remove_file(&own).unwrap();
    fs::rename(&aside, &own).unwrap();
    assert_eq!(desk.ran("a", history(5)).await.row.state, JobState::Done);
    assert!(desk.backtests.get(&name("a"), &done).await.unwrap().is_some());
    // A job whose folder cannot take the result.
    let mut heard = desk.backtests.subscribe();
    let running = desk.submit("a", history(MANY)).await.unwrap().id;
    until(&mut heard, running, |state| state == JobState::Running).await;
    let waiting = desk.submit("a", history(5)).await.unwrap().id;
    let folder = own.join(waiting.to_string());
    fs::create_dir(folder.join("result.partial")).unwrap();
    let id = running.to_string();
    desk.backtests.cancel_or_remove(&name("a"), &id).await.unwrap();
    until(&mut heard, waiting, JobState::is_final).await;
    let row = desk.get("a", waiting).await.row;
    let error = row.error.unwrap();
    assert!(row.state == JobState::Failed && error.contains("cannot be stored"), "{error}");
    desk.backtests.stop().await;
}

#[tokio::test]
async fn many_at_once_keep_the_files_whole() {
    let desk = Desk::new();
    let mut asked = Vec::new();
    for number in 0..24 {
        let backtests = desk.backtests.clone();
        asked.push(tokio::spawn(async move {
            let tenant = name(&format!("t{}", number % 3));
            for turn in 0..6 {
                let request = RunRequest::read(&request("market").to_string()).unwrap();
                let data = vec![SymbolData { symbol: None, bars: history(50) }];
                let taken = backtests.submit(&tenant, request, data).await;
                assert!(matches!(&taken, Ok(_) | Err(SubmitError::TooManyRequests)));
                let page = backtests.list(&tenant, None, 200).await.unwrap();
                if let Some(row) = page.items.get(turn) {
                    let id = row.id.to_string();
                    backtests.cancel_or_remove(&tenant, &id).await.unwrap();
                    backtests.get(&tenant, &id).await.unwrap();
                }
            }
        }));
    }
    for asked in asked {
        asked.await.unwrap();
    }
    desk.backtests.stop().await;
    for tenant in ["t0", "t1", "t2"] {
        let page = desk.backtests.list(&name(tenant), None, 200).await.unwrap();
        assert!(page.items.iter().all(|row| row.state.is_final()));
        for row in page.items {
            let whole = desk.get(tenant, row.id).await;
            assert_eq!(whole.summary.is_some(), row.state == JobState::Done);
        }
    }
}
