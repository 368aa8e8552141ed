//! The suite: documents.

use std::time::Duration;

use ballast_storage::{
    Collection, Documents, Etag, Precondition, Query, StoreError, TenantStore, Value,
};
use serde_json::{Value as Json, json};

use crate::support::{Fixture, Numbers, ORDERS, PLAIN, tenant};

fn orders(fixture: &Fixture) -> Documents {
    fixture.store.tenant(&tenant("t")).documents(&ORDERS)
}

async fn body(documents: &Documents, key: &str) -> Option<Json> {
    documents.get(key).await.unwrap().map(|document| document.body)
}

async fn put(documents: &Documents, key: &str, body: Json) -> Etag {
    documents.put(key, &body, Precondition::Any, None).await.unwrap()
}

pub(crate) async fn a_write_happens_only_under_its_precondition(fixture: Fixture) {
    let flags = fixture.store.product().documents(&PLAIN);
    let changed = |current| Err(StoreError::Changed { key: "k".to_owned(), current });
    let never = Precondition::Matches("1-0".parse().unwrap());
    assert_eq!(flags.put("k", &1, never.clone(), None).await, changed(None));
    assert_eq!(flags.delete("k", never.clone()).await, changed(None).map(|_: Etag| false));
    assert_eq!(flags.delete("k", Precondition::Any).await, Ok(false));
    let first = flags.put("k", &1, Precondition::Absent, None).await.unwrap();
    assert_eq!(flags.put("k", &2, Precondition::Absent, None).await, changed(Some(first.clone())));
    assert_eq!(flags.put("k", &2, never, None).await, changed(Some(first.clone())));
    let matches = Precondition::Matches(first.clone());
    let second = flags.put("k", &2, matches.clone(), None).await.unwrap();
    assert_eq!(flags.put("k", &3, matches.clone(), None).await, changed(Some(second.clone())));
    let stale = flags.delete("k", matches).await;
    assert_eq!(stale, changed(Some(second.clone())).map(|_: Etag| false));
    let read = flags.get::<i64>("k").await.unwrap().unwrap();
    assert_eq!((read.etag, read.body), (second, 2));
    let third = flags.put("k", &3, Precondition::Any, None).await.unwrap();
    assert_eq!(flags.delete("k", Precondition::Matches(third)).await, Ok(true));
    assert_eq!(flags.get::<i64>("k").await, Ok(None));
}

pub(crate) async fn a_version_never_comes_again(fixture: Fixture) {
    let flags = fixture.store.product().documents(&PLAIN);
    let first = put(&flags, "k", json!(1)).await;
    flags.delete("k", Precondition::Any).await.unwrap();
    let again = put(&flags, "k", json!(1)).await;
    let same = put(&flags, "k", json!(1)).await;
    assert!(first != again && again != same && first != same);
    let late = flags.put("k", &2, Precondition::Matches(first), None).await;
    assert!(matches!(late, Err(StoreError::Changed { .. })), "{late:?}");
}

pub(crate) async fn many_writers_of_one_document_lose_nothing(fixture: Fixture) {
    let writers: Vec<_> = (0..8)
        .map(|_| {
            let counter = fixture.store.tenant(&tenant("t")).documents(&PLAIN);
            tokio::spawn(async move {
                for _ in 0..10 {
                    add_one(&counter).await;
                }
            })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    let counter = fixture.store.tenant(&tenant("t")).documents(&PLAIN);
    assert_eq!(body(&counter, "count").await, Some(json!(80)));
}

async fn add_one(counter: &Documents) {
    loop {
        let (count, when) = match counter.get::<u64>("count").await.unwrap() {
            None => (0, Precondition::Absent),
            Some(read) => (read.body, Precondition::Matches(read.etag)),
        };
        match counter.put("count", &(count + 1), when, None).await {
            Ok(_) => return,
            Err(StoreError::Changed { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

/// What the documents of the query tests look like; `at` ties often and is sometimes a text.
fn order(number: u64, numbers: &mut Numbers) -> Json {
    let at = match numbers.below(8) {
        0 => Json::Null,
        1 => json!(["é", "a", "", "Z", "🦀", "a\u{1}"][numbers.below(6) as usize]),
        _ => json!(numbers.below(7) as i64 - 3),
    };
    let status = ["open", "done"][numbers.below(2) as usize];
    json!({
        "profileId": format!("prf_{}", numbers.below(3)),
        "status": status,
        "at": at,
        "number": number,
        "unindexed": {"deep": [1.5, true]},
    })
}

/// What `query` has to give, by the plainest means.
fn expected(all: &[(String, Json)], query: &Query) -> Vec<String> {
    let value = |document: &Json, field: &str| match &document[field] {
        Json::String(text) => Some(Value::Text(text.clone())),
        number => number.as_i64().map(Value::Integer),
    };
    let mut found: Vec<(Value, String)> = all
        .iter()
        .filter(|(_, document)| {
            let equal =
                |(field, wanted): &(&str, Value)| value(document, field).as_ref() == Some(wanted);
            query.equal.iter().all(equal)
        })
        .filter_map(|(key, document)| match query.order_by {
            None => Some((Value::Text(key.clone()), key.clone())),
            Some(field) => Some((value(document, field)?, key.clone())),
        })
        .filter(|(value, _)| query.from.as_ref().is_none_or(|from| value >= from))
        .filter(|(value, _)| query.until.as_ref().is_none_or(|until| value < until))
        .collect();
    found.sort();
    if query.descending {
        found.reverse();
    }
    found.into_iter().map(|(_, key)| key).collect()
}

async fn keys_by_page(documents: &Documents, query: &Query) -> Vec<String> {
    let mut keys = Vec::new();
    let mut query = query.clone();
    loop {
        let page = documents.query::<Json>(&query).await.unwrap();
        assert!(page.documents.len() <= query.limit);
        keys.extend(page.documents.into_iter().map(|document| document.key));
        match page.next {
            None => return keys,
            Some(next) => query.after = next.to_string().parse().ok(),
        }
    }
}

pub(crate) async fn queries_give_what_was_asked_for_page_by_page(fixture: Fixture) {
    let orders = orders(&fixture);
    let mut numbers = Numbers(7);
    let mut all = Vec::new();
    for number in 0..120 {
        let key = format!("ord_{}_{number}", numbers.below(1_000));
        let document = order(number, &mut numbers);
        put(&orders, &key, document.clone()).await;
        all.push((key, document));
    }
    let profile = ("profileId", Value::from("prf_1"));
    let status = ("status", Value::from("open"));
    let kinds = [
        (vec![], None),
        (vec![], Some("at")),
        (vec![profile.clone()], Some("at")),
        (vec![status.clone(), profile], Some("at")),
        (vec![status], None),
    ];
    for (equal, order_by) in kinds {
        let bounds = match order_by {
            None => [None, Some(Value::from("ord_3")), Some("ord_7".into())],
            Some(_) => [None, Some(Value::from(-1)), Some("a".into())],
        };
        for (from, until) in [(0, 0), (1, 0), (0, 2), (1, 2)] {
            for (descending, limit) in [(false, 200), (true, 200), (false, 7), (true, 1)] {
                let query = Query {
                    equal: equal.clone(),
                    order_by,
                    from: bounds[from].clone(),
                    until: bounds[until].clone(),
                    descending,
                    limit,
                    after: None,
                };
                let keys = keys_by_page(&orders, &query).await;
                assert_eq!(keys, expected(&all, &query), "{query:?}");
                assert!(!keys.is_empty(), "{query:?} proves nothing");
            }
        }
    }
}

pub(crate) async fn paging_is_steady_while_documents_come_and_go(fixture: Fixture) {
    let orders = orders(&fixture);
    for number in 0..10 {
        put(&orders, &format!("k{number}"), json!({"at": number * 10})).await;
    }
    let mut query = Query { order_by: Some("at"), limit: 4, ..Query::default() };
    let first = orders.query::<Json>(&query).await.unwrap();
    orders.delete("k3", Precondition::Any).await.unwrap();
    put(&orders, "before", json!({"at": 15})).await;
    put(&orders, "after", json!({"at": 45})).await;
    query.after = first.next;
    let second = keys_by_page(&orders, &query).await;
    assert_eq!(second, ["k4", "after", "k5", "k6", "k7", "k8", "k9"]);
}

pub(crate) async fn the_end_of_a_page_is_the_end_of_the_answer_only_when_it_is(fixture: Fixture) {
    let flags = fixture.store.product().documents(&PLAIN);
    for number in 0..6 {
        put(&flags, &format!("k{number}"), json!(number)).await;
    }
    for (limit, more) in [(5, true), (6, false), (7, false)] {
        let query = Query { limit, ..Query::default() };
        let page = flags.query::<Json>(&query).await.unwrap();
        assert_eq!((page.documents.len(), page.next.is_some()), (limit.min(6), more));
    }
}

pub(crate) async fn expired_documents_are_absent(fixture: Fixture) {
    let orders = orders(&fixture);
    let minute = Some(Duration::from_secs(60));
    let short = orders.put("short", &json!({"at": 1}), Precondition::Any, minute).await.unwrap();
    put(&orders, "long", json!({"at": 2})).await;
    fixture.clock.advance(Duration::from_secs(59));
    let document = orders.get::<Json>("short").await.unwrap().unwrap();
    assert_eq!(document.expires_at.map(|at| at.nanos()), Some(60_000_000_000));
    fixture.clock.advance(Duration::from_secs(1));
    assert_eq!(body(&orders, "short").await, None);
    let by_time = Query { order_by: Some("at"), ..Query::default() };
    for query in [Query::default(), by_time] {
        assert_eq!(keys_by_page(&orders, &query).await, ["long"]);
    }
    let stale = orders.put("short", &json!({}), Precondition::Matches(short.clone()), None).await;
    assert_eq!(stale, Err(StoreError::Changed { key: "short".to_owned(), current: None }));
    assert_eq!(orders.delete("short", Precondition::Any).await, Ok(false));
    orders.put("short", &json!({"at": 3}), Precondition::Absent, None).await.unwrap();
    fixture.clock.advance(Duration::from_secs(3_600));
    assert_eq!(body(&orders, "short").await, Some(json!({"at": 3})), "a new one without a limit");
}

pub(crate) async fn expired_documents_are_purged(fixture: Fixture) {
    let flags = fixture.store.product().documents(&PLAIN);
    for number in 0..5 {
        let ttl = Some(Duration::from_secs(number + 1));
        flags.put(&format!("k{number}"), &1, Precondition::Any, ttl).await.unwrap();
    }
    put(&flags, "stays", json!(1)).await;
    fixture.clock.advance(Duration::from_secs(4));
    assert_eq!(fixture.store.purge_expired(3).await, Ok(3));
    assert_eq!(fixture.store.purge_expired(3).await, Ok(1));
    assert_eq!(fixture.store.purge_expired(3).await, Ok(0));
    assert_eq!(keys_by_page(&flags, &Query::default()).await, ["k4", "stays"]);
}

pub(crate) async fn tenants_and_product_do_not_mix(fixture: Fixture) {
    let tenants: [TenantStore; 2] = ["t", "u"].map(|id| fixture.store.tenant(&tenant(id)));
    let places = [
        fixture.store.product().documents(&PLAIN),
        tenants[0].documents(&PLAIN),
        tenants[0].documents(&ORDERS),
        tenants[1].documents(&ORDERS),
    ];
    for (number, place) in places.iter().enumerate() {
        put(place, "same", json!({"at": number})).await;
        put(place, &format!("own {number}"), json!({"at": number})).await;
    }
    for (number, place) in places.iter().enumerate() {
        assert_eq!(body(place, "same").await, Some(json!({"at": number})));
        let own = format!("own {number}");
        assert_eq!(keys_by_page(place, &Query::default()).await, [own, "same".to_owned()]);
        assert_eq!(body(place, &format!("own {}", number + 1)).await, None);
    }
    let by_time = Query { order_by: Some("at"), ..Query::default() };
    let page = tenants[0].documents(&ORDERS).query::<Json>(&by_time).await.unwrap();
    let cursor = Query { limit: 1, ..by_time.clone() };
    let next = tenants[0].documents(&ORDERS).query::<Json>(&cursor).await.unwrap().next;
    let foreign = Query { after: next, ..cursor };
    let stolen = tenants[1].documents(&ORDERS).query::<Json>(&foreign).await.unwrap();
    let keys = |page: &ballast_storage::Page<Json>| {
        page.documents.iter().map(|document| document.key.clone()).collect::<Vec<_>>()
    };
    assert_eq!(keys(&page), ["own 2", "same"]);
    assert_eq!(keys(&stolen), ["own 3"], "a cursor is only a place in the order");
    places[0].delete("same", Precondition::Any).await.unwrap();
    assert_eq!(body(&places[1], "same").await, Some(json!({"at": 1})));
}

pub(crate) async fn odd_characters_are_ordinary(fixture: Fixture) {
    let odd = [
        "a",
        "A",
        "é",
        "e\u{301}",
        "%",
        "_",
        "a/b",
        "a\\b",
        "?",
        "#",
        "'",
        "\"",
        "''; --",
        "$.a",
        " ",
        "💹",
        "日本",
        "?1",
        "../..",
        "\u{202e}x",
    ];
    for id in odd {
        let orders = fixture.store.tenant(&tenant(id)).documents(&ORDERS);
        for key in odd {
            let document = json!({"status": key, "at": key, "profileId": id});
            put(&orders, key, document).await;
        }
    }
    let mut sorted = odd.map(str::to_owned);
    sorted.sort();
    for id in odd {
        let orders = fixture.store.tenant(&tenant(id)).documents(&ORDERS);
        let query = Query {
            equal: vec![("profileId", id.into())],
            order_by: Some("at"),
            limit: 3,
            ..Query::default()
        };
        assert_eq!(keys_by_page(&orders, &query).await, sorted, "{id}");
        for key in odd {
            let query = Query { equal: vec![("status", key.into())], ..Query::default() };
            assert_eq!(keys_by_page(&orders, &query).await, [key], "{id}");
        }
    }
}

pub(crate) async fn documents_of_a_megabyte_are_kept(fixture: Fixture) {
    let orders = orders(&fixture);
    let large = |text: &str| json!({"at": 1, "text": text.repeat(1 << 20), "end": "é"});
    for text in ["a", "b"] {
        put(&orders, "large", large(text)).await;
        assert_eq!(body(&orders, "large").await, Some(large(text)));
    }
    let query = Query { order_by: Some("at"), ..Query::default() };
    assert_eq!(keys_by_page(&orders, &query).await, ["large"]);
}

pub(crate) async fn what_is_not_declared_is_refused(fixture: Fixture) {
    static OTHER: Collection = Collection { name: "other", indexes: &[] };
    static RENAMED: Collection = Collection { name: "order", indexes: &[] };
    for collection in [&OTHER, &RENAMED] {
        let documents = fixture.store.product().documents(collection);
        let refusals = [
            documents.get::<Json>("k").await.map(|_| ()),
            documents.put("k", &1, Precondition::Any, None).await.map(|_| ()),
            documents.query::<Json>(&Query::default()).await.map(|_| ()),
        ];
        for refusal in refusals {
            let declared =
                matches!(&refusal, Err(StoreError::Refused(why)) if why.contains(collection.name));
            assert!(declared, "{refusal:?}");
        }
    }
    let unknown = Query { order_by: Some("number"), ..Query::default() };
    let refusal = orders(&fixture).query::<Json>(&unknown).await;
    assert!(matches!(refusal, Err(StoreError::Refused(_))), "{refusal:?}");
}

pub(crate) async fn what_cannot_be_indexed_or_read_again_is_refused(fixture: Fixture) {
    let orders = orders(&fixture);
    let deep = (0..200).fold(json!(1), |inner, _| json!([inner]));
    let bodies = [
        json!({"at": 1.5}),
        json!({"at": {"x": 1}}),
        json!([1]),
        json!({"other": deep}),
        json!({"other": "x".repeat(2 << 20)}),
    ];
    for body in bodies {
        let refusal = orders.put("k", &body, Precondition::Any, None).await;
        let named =
            matches!(&refusal, Err(StoreError::Refused(why)) if why.contains("'k' of 'order'"));
        assert!(named, "{refusal:?}");
    }
    for key in ["", "a\nb", "a\u{0}", &"x".repeat(256)] {
        let refusal = orders.put(key, &json!({}), Precondition::Any, None).await;
        assert!(matches!(refusal, Err(StoreError::Refused(_))), "{key:?}: {refusal:?}");
    }
    assert_eq!(keys_by_page(&orders, &Query::default()).await, Vec::<String>::new());
}

pub(crate) async fn tenants_are_listed_by_page(fixture: Fixture) {
    for number in 0..25 {
        let documents = fixture.store.tenant(&tenant(&format!("t{number:02}"))).documents(&PLAIN);
        put(&documents, "k", json!(1)).await;
    }
    let mut found: Vec<String> = Vec::new();
    loop {
        let after = found.last().map(|last| tenant(last));
        let page = fixture.store.tenants(after.as_ref(), 10).await.unwrap();
        if page.is_empty() {
            break;
        }
        found.extend(page.iter().map(ToString::to_string));
    }
    assert_eq!(found, (0..25).map(|number| format!("t{number:02}")).collect::<Vec<_>>());
}
