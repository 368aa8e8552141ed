//! Who asks for much, or twice.

use super::*;

/// Files and bars that are on their way take room before the queue can refuse them.
#[tokio::test]
async fn a_tenant_sends_two_back_tests_at_a_time_and_none_that_would_be_refused() {
    let desk = Desk::new();
    let prepare = |tenant: &str| desk.backtests.prepare(&name(tenant));
    let (one, _two) = (prepare("a").unwrap(), prepare("a").unwrap());
    assert!(matches!(prepare("a"), Err(SubmitError::TooManyAtOnce)));
    assert!(prepare("b").is_ok(), "others are not hurt");
    drop(one);
    let again = prepare("a").unwrap();
    let mut heard = desk.backtests.subscribe();
    let running = desk.submit("b", history(MANY)).await.unwrap().id;
    until(&mut heard, running, |state| state == JobState::Running).await;
    for _ in 0..4 {
        desk.submit("a", history(5)).await.unwrap();
    }
    drop(again);
    assert!(matches!(prepare("a"), Err(SubmitError::TooManyRequests)));
    desk.backtests.stop().await;
}

/// Whoever clicks twice on cancel loses no result.
#[tokio::test]
async fn to_cancel_what_has_ended_changes_nothing() {
    let desk = Desk::new();
    let done = desk.ran("a", history(5)).await.row;
    for (tenant, expected) in [("a", Some(Removal::Ended)), ("b", None)] {
        let id = done.id.to_string();
        assert_eq!(desk.backtests.cancel(&name(tenant), &id).await.unwrap(), expected);
    }
    assert_eq!(desk.get("a", done.id).await.row, done);
    desk.backtests.stop().await;
}
