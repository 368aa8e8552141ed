//! A tenant's rows as a client keeps them: those of a state, and every change since.

use std::collections::BTreeMap;

use serde_json::Value;

use super::clients::Heard;

/// Each table with the key of its rows.
const TABLES: [(&str, &str); 5] = [
    ("profiles", "id"),
    ("orders", "id"),
    ("positions", "tradeId"),
    ("trades", "id"),
    ("alerts", "id"),
];
/// What the market makes of rows, which has no sequence.
const MARKS: [&str; 9] = [
    "equity",
    "unrealizedPnl",
    "unrealizedPct",
    "dayProfit",
    "dayProfitPct",
    "openRisk",
    "evaluations",
    "lastPrice",
    "lastPriceAt",
];

/// The rows of a tenant at one sequence.
#[derive(Debug, Default)]
pub(super) struct Rows {
    pub(super) seq: u64,
    /// How many changes are in them.
    pub(super) events: usize,
    pub(super) states: usize,
    tables: BTreeMap<&'static str, BTreeMap<String, Value>>,
}

impl Rows {
    /// What a client that has heard this has, as soon as it has got to `until`. Each change must
    /// follow upon what was there before it.
    #[track_caller]
    pub(super) fn fold(heard: &[Heard], until: u64) -> Self {
        let mut rows = Self::default();
        for Heard { event, data, client, .. } in heard {
            match event.as_str() {
                "state" => rows.begin(data),
                "event" => {
                    assert!(rows.states > 0, "{client} heard of a change before the state");
                    assert_eq!(data["prevSeq"], rows.seq, "{client} has missed something: {data}");
                    rows.change(data);
                }
                _ => {}
            }
            if rows.states > 0 && rows.seq >= until {
                break;
            }
        }
        rows
    }

    /// All that a client has heard, without a gap.
    #[track_caller]
    pub(super) fn all(heard: &[Heard]) -> Self {
        Self::fold(heard, u64::MAX)
    }

    fn begin(&mut self, state: &Value) {
        self.seq = state["seq"].as_u64().unwrap();
        self.states += 1;
        for (table, key) in TABLES {
            let rows = state[table].as_array().unwrap().iter();
            self.tables.insert(table, rows.map(|row| (id(row, key), row.clone())).collect());
        }
    }

    fn change(&mut self, event: &Value) {
        self.seq = event["seq"].as_u64().unwrap();
        self.events += 1;
        for (table, key) in TABLES {
            let rows = self.tables.get_mut(table).unwrap();
            for row in event["upserts"][table].as_array().into_iter().flatten() {
                rows.insert(id(row, key), row.clone());
            }
            for gone in event["removes"][table].as_array().into_iter().flatten() {
                rows.remove(gone.as_str().unwrap());
            }
        }
    }

    /// They are what a fresh state of the same sequence says. Of what is over, states have the
    /// latest alone.
    #[track_caller]
    pub(super) fn agree_with(&self, state: &Value) {
        assert_eq!(self.seq, state["seq"], "nothing was heard that ends where the state does");
        for (table, key) in TABLES {
            let (kept, fresh) = (&self.tables[table], state[table].as_array().unwrap());
            for row in fresh {
                let known = kept.get(&id(row, key)).unwrap_or_else(|| panic!("no row for {row}"));
                assert_eq!(unmarked(known), unmarked(row), "{table}");
            }
            let is_over = |row: &Value| match table {
                "orders" => row["working"] == false,
                table => table == "trades" || table == "alerts",
            };
            let going =
                |rows: &mut dyn Iterator<Item = &Value>| rows.filter(|row| !is_over(row)).count();
            let counts = (going(&mut kept.values()), going(&mut fresh.iter()));
            assert_eq!(counts.0, counts.1, "{table}");
        }
    }
}

fn id(row: &Value, key: &str) -> String {
    row[key].as_str().unwrap_or_else(|| panic!("{row} has no {key}")).to_owned()
}

fn unmarked(row: &Value) -> Value {
    let mut row = row.clone();
    for mark in MARKS {
        row.as_object_mut().unwrap().remove(mark);
    }
    row
}
