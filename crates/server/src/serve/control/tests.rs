use super::super::system::SystemClock;
use super::*;

static COLLECTIONS: [Collection; 1] = [CONTROL];
/// What no test waits for longer.
const LONG: Duration = Duration::from_secs(60);

async fn open(store: &Store) -> TradingControl {
    TradingControl::open(store, Arc::new(SystemClock)).await
}

fn memory() -> (Store, ballast_storage::Faults) {
    Store::memory(&COLLECTIONS, Arc::new(SystemClock)).unwrap()
}

/// What another start would find.
async fn stored(store: &Store) -> ControlRow {
    open(store).await.shown().borrow().clone()
}

async fn paused(control: &TradingControl, by: &str) -> ControlRow {
    let row = control.pause(by, "news at noon");
    let row = control.recorded(row.version, LONG).await;
    assert_eq!((row.mode, row.durable), (ControlModeWord::Paused, true));
    row
}

/// Lets every task come as far as it can without time passing.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_pause_survives_a_restart_and_says_who_and_why() {
    let (store, _) = memory();
    let control = open(&store).await;
    let mut obeyed = control.subscribe();
    let row = paused(&control, "op@example.com").await;
    assert!(obeyed.has_changed().unwrap());
    assert_eq!(obeyed.borrow_and_update().as_ref().unwrap().version, 1);
    let again = open(&store).await;
    assert_eq!(*again.shown().borrow(), row);
    assert_eq!(row.reason.as_deref(), Some("news at noon"));
    let row = again.resume("op@example.com", "over").await.unwrap();
    assert_eq!((row.mode, row.version), (ControlModeWord::Running, 2));
}

/// Stopping never waits for the store, and going on does.
#[tokio::test(start_paused = true)]
async fn a_pause_holds_while_the_store_is_away_and_is_written_when_it_is_back() {
    let (store, faults) = memory();
    let control = open(&store).await;
    faults.set_away(true);
    let row = control.pause("op", "the store is away");
    assert_eq!((row.mode, row.durable), (ControlModeWord::Paused, false));
    assert!(control.resume("op", "never mind").await.is_err());
    assert_eq!(control.shown().borrow().mode, ControlModeWord::Paused);
    faults.set_away(false);
    assert!(control.recorded(row.version, LONG).await.durable);
    assert_eq!(stored(&store).await.mode, ControlModeWord::Paused);
}

#[tokio::test(start_paused = true)]
async fn a_pause_holds_at_once_while_the_store_answers_nothing() {
    let (store, faults) = memory();
    let control = open(&store).await;
    let obeyed = control.subscribe();
    faults.set_hanging(true);
    settle().await;
    let row = control.pause("op", "the store hangs");
    assert_eq!((row.mode, row.durable), (ControlModeWord::Paused, false));
    assert_eq!(obeyed.borrow().as_ref().unwrap().entries[0].mode, ControlMode::Paused);
    tokio::time::sleep(LONG).await;
    assert!(!control.shown().borrow().durable, "it was written to a store that hangs");
    faults.set_hanging(false);
    assert!(control.recorded(row.version, LONG).await.durable);
    assert_eq!(stored(&store).await.mode, ControlModeWord::Paused);
}

#[tokio::test(start_paused = true)]
async fn a_pause_overtakes_a_resumption_that_is_being_recorded() {
    let (store, faults) = memory();
    let control = open(&store).await;
    paused(&control, "first").await;
    faults.set_hanging(true);
    let resumption = tokio::spawn({
        let control = control.clone();
        async move { control.resume("hasty", "over").await }
    });
    settle().await;
    let row = control.pause("second", "it is not over");
    assert_eq!(resumption.await.unwrap(), Err(ResumeError::Overtaken), "told while it hangs");
    assert_eq!((row.mode, row.last_changed_by.as_str()), (ControlModeWord::Paused, "second"));
    faults.set_hanging(false);
    let row = control.recorded(row.version, LONG).await;
    assert_eq!((row.mode, row.durable), (ControlModeWord::Paused, true));
    assert_eq!(stored(&store).await, row);
    assert_eq!(control.resume("op", "now it is").await.unwrap().mode, ControlModeWord::Running);
}

/// The resumption arrives in the store after the pause is in force, and its answer with it.
#[tokio::test]
async fn a_resumption_that_the_store_took_too_late_is_undone_there() {
    let (store, faults) = memory();
    let control = open(&store).await;
    let before = paused(&control, "first").await;
    let documents = store.product().documents(&CONTROL);
    let found = documents.get::<StoredControl>("control").await.unwrap().unwrap();
    let mut resumed = found.body;
    resumed.snapshot = ControlSnapshot { version: before.version + 1, entries: Vec::new() };
    faults.set_hanging(true);
    let lost = tokio::spawn(async move {
        let when = ballast_storage::Precondition::Matches(found.etag);
        documents.put("control", &resumed, when, None).await
    });
    settle().await;
    let row = control.pause("second", "already paused");
    assert_eq!(row.last_changed_by, "first");
    control.name_pause("first", row.last_changed_at, "first@example.com");
    settle().await;
    faults.set_hanging(false);
    // Whichever of the two the store took first, the newest is what it ends with.
    let _ = lost.await.unwrap();
    let row = control.recorded(row.version + 1, LONG).await;
    assert_eq!(
        (row.mode, row.last_changed_by.as_str()),
        (ControlModeWord::Paused, "first@example.com")
    );
    assert_eq!(stored(&store).await, row);
}

#[tokio::test(start_paused = true)]
async fn a_resumption_whose_answer_is_lost_has_not_happened() {
    let (store, faults) = memory();
    let control = open(&store).await;
    let before = paused(&control, "op").await;
    faults.fail_next_write(ballast_storage::Fault::AfterWrite);
    let refused = control.resume("op", "over").await;
    assert!(matches!(refused, Err(ResumeError::NotRecorded(_))), "{refused:?}");
    assert_eq!(control.shown().borrow().mode, ControlModeWord::Paused);
    let row = control.recorded(before.version + 1, LONG).await;
    assert_eq!((row.mode, row.durable), (ControlModeWord::Paused, true));
    assert_eq!(stored(&store).await, row);
}

#[tokio::test(start_paused = true)]
async fn a_resumption_that_is_not_answered_does_not_come_later() {
    let (store, faults) = memory();
    let control = open(&store).await;
    paused(&control, "op").await;
    faults.set_hanging(true);
    let refused = control.resume("op", "over").await;
    assert!(matches!(refused, Err(ResumeError::NotRecorded(_))), "{refused:?}");
    faults.set_hanging(false);
    control.settled().await;
    assert_eq!(stored(&store).await.mode, ControlModeWord::Paused);
    assert_eq!(control.shown().borrow().mode, ControlModeWord::Paused);
}

#[tokio::test]
async fn whoever_has_paused_is_named_when_the_name_is_known() {
    let (store, _) = memory();
    let control = open(&store).await;
    let row = control.pause("usr_1", "news");
    control.name_pause("usr_2", row.last_changed_at, "somebody else");
    control.name_pause("usr_1", row.last_changed_at, "op@example.com");
    let row = control.recorded(row.version + 1, LONG).await;
    assert_eq!(row.last_changed_by, "op@example.com");
    assert_eq!(control.stops()[0].by, "op@example.com");
    assert_eq!(stored(&store).await, row);
}

#[tokio::test]
async fn users_who_are_shut_out_are_stopped_and_a_pause_of_people_stays_theirs() {
    let (store, _) = memory();
    let control = open(&store).await;
    let (shut, users) = watch::channel(ShutUsers::new());
    control.obey(users.clone());
    let mut obeyed = control.subscribe();
    let ann: TenantId = "usr_ann".parse().unwrap();
    let by = Shut { by: "admin@example.com".to_owned(), at: Timestamp::from_nanos(7) };
    shut.send_modify(|all| drop(all.insert(ann.clone(), by)));
    let stops = obeyed.wait_for(|now| !now.as_ref().unwrap().entries.is_empty()).await;
    let stop = stops.unwrap().as_ref().unwrap().entries[0].clone();
    let expected = (Scope::Tenant(ann.clone()), "admin@example.com", SHUT);
    assert_eq!((stop.scope, stop.by.as_str(), stop.reason.as_str()), expected);
    assert_eq!(control.shown().borrow().mode, ControlModeWord::Running, "for everybody else");
    let row = paused(&control, "op").await;
    assert_eq!(control.stops().len(), 2);
    let again = open(&store).await;
    assert_eq!(again.stops().len(), 1, "the identity service remembers who is shut out");
    again.obey(users);
    assert_eq!(again.stops().len(), 2);
    shut.send_modify(|all| drop(all.remove(&ann)));
    let stops = obeyed.wait_for(|now| now.as_ref().unwrap().entries.len() == 1).await;
    assert_eq!(stops.unwrap().as_ref().unwrap().entries[0].scope, Scope::Global);
    let last = control.shown().borrow().clone();
    assert_eq!((last.mode, last.last_changed_at), (row.mode, row.last_changed_at));
}

#[tokio::test(start_paused = true)]
async fn control_that_cannot_be_read_is_unknown_until_it_can() {
    let (store, faults) = memory();
    paused(&open(&store).await, "op").await;
    faults.set_away(true);
    let control = open(&store).await;
    let mut obeyed = control.subscribe();
    assert_eq!(*obeyed.borrow(), None);
    assert_eq!(control.shown().borrow().mode, ControlModeWord::Unknown);
    faults.set_away(false);
    assert!(obeyed.wait_for(Option::is_some).await.is_ok());
    assert_eq!(control.shown().borrow().mode, ControlModeWord::Paused);
}

#[tokio::test(start_paused = true)]
async fn somebody_can_say_what_control_is_while_the_store_does_not() {
    let (store, faults) = memory();
    let first = open(&store).await;
    paused(&first, "op").await;
    first.resume("op", "over").await.unwrap();
    paused(&first, "op").await;
    faults.set_away(true);
    let control = open(&store).await;
    let row = control.pause("other", "to be sure");
    assert_eq!((row.mode, row.version), (ControlModeWord::Paused, 1));
    faults.set_away(false);
    let row = control.recorded(4, LONG).await;
    assert_eq!((row.version, row.last_changed_by.as_str(), row.durable), (4, "other", true));
    assert_eq!(stored(&store).await, row);
}

/// A control on a node that keeps stops by itself, as it finds things when it is started.
async fn on_node(store: &Store, folder: &tempfile::TempDir) -> TradingControl {
    open(&store.with_local(folder.path().to_owned(), 64 << 10).await.unwrap()).await
}

#[tokio::test]
async fn a_pause_without_the_store_outlives_a_crash_and_is_recorded_late() {
    let folder = tempfile::tempdir().unwrap();
    let (store, faults) = memory();
    let control = on_node(&store, &folder).await;
    faults.set_away(true);
    let row = control.pause("op@example.com", "the disk is full");
    let row = control.recorded(row.version, LONG).await;
    assert_eq!((row.mode, row.durable), (ControlModeWord::Paused, true), "kept on the node");
    for _ in 0..2 {
        let again = on_node(&store, &folder).await;
        let shown = again.shown().borrow().clone();
        assert_eq!(shown, row, "who, when and why");
        let obeyed = again.subscribe().borrow().clone().unwrap();
        assert_eq!(obeyed.entries[0].mode, ControlMode::Paused);
        assert!(again.resume("op", "over").await.is_err(), "what raises risk is recorded first");
    }
    faults.set_away(false);
    let again = on_node(&store, &folder).await;
    let documents = store.product().documents(&CONTROL);
    let late = loop {
        if let Some(found) = documents.get::<StoredControl>("control").await.unwrap() {
            break found.body;
        }
        tokio::task::yield_now().await;
    };
    assert!(late.recorded_late);
    assert_eq!((late.last.by.as_str(), late.last.at), ("op@example.com", row.last_changed_at));
    let row = again.resume("op", "over").await.unwrap();
    assert_eq!((row.mode, row.durable), (ControlModeWord::Running, true));
    let again = on_node(&store, &folder).await;
    assert_eq!(again.shown().borrow().mode, ControlModeWord::Running, "the node has forgotten it");
    let stored = documents.get::<StoredControl>("control").await.unwrap().unwrap().body;
    assert!(!stored.recorded_late);
}

/// The process ends after the store has got the pause and before the node has forgotten it.
#[tokio::test]
async fn a_pause_that_was_lifted_elsewhere_since_does_not_come_back() {
    let folder = tempfile::tempdir().unwrap();
    let (store, faults) = memory();
    let control = on_node(&store, &folder).await;
    faults.set_away(true);
    let row = control.pause("op", "the store is away");
    assert!(control.recorded(row.version, LONG).await.durable);
    faults.set_away(false);
    let elsewhere = open(&store).await;
    paused(&elsewhere, "op").await;
    elsewhere.resume("op", "over").await.unwrap();
    let again = on_node(&store, &folder).await;
    assert_eq!(again.shown().borrow().mode, ControlModeWord::Running);
    let local = store.with_local(folder.path().to_owned(), 64 << 10).await.unwrap();
    assert_eq!(local.product().kept_stop::<StoredControl>().unwrap(), None);
}

#[tokio::test]
async fn what_earlier_releases_have_stored_was_recorded_in_time() {
    let text = r#"{"by": "op", "at": "2026-01-02T03:04:05Z", "reason": null,
        "snapshot": {"version": 7, "entries": []}}"#;
    let stored: StoredControl = serde_json::from_str(text).unwrap();
    assert!(!stored.recorded_late);
    let again = serde_json::to_value(&stored).unwrap();
    assert_eq!(again, serde_json::from_str::<serde_json::Value>(text).unwrap());
}
