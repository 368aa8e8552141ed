//! Where something stands in a config, and what can stand there.

use std::fmt;

use ballast_domain::Timeframe;
use serde_json::{Value, json};
use serde_path_to_error::{Path, Segment};

/// The fields that are conditions.
pub(super) const CONDITIONS: [&str; 4] = ["entry", "exit", "entryShort", "exitShort"];

/// Where something stands in a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Place(pub(super) Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Field(String),
    Element(usize),
}

impl Place {
    pub(super) fn of(path: &Path) -> Self {
        let steps = path.iter().filter_map(|segment| match segment {
            Segment::Map { key } => Some(Step::Field(key.clone())),
            Segment::Seq { index } => Some(Step::Element(*index)),
            Segment::Enum { .. } | Segment::Unknown => None,
        });
        Self(steps.collect())
    }

    pub(super) fn field(&self, name: &str) -> Self {
        self.then(Step::Field(name.to_owned()))
    }

    pub(super) fn element(&self, at: usize) -> Self {
        self.then(Step::Element(at))
    }

    pub(super) fn then(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    /// As a JSON pointer.
    pub(super) fn pointer(&self) -> String {
        let step = |step: &Step| match step {
            Step::Field(name) => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
            Step::Element(at) => format!("/{at}"),
        };
        self.0.iter().map(step).collect()
    }

    /// The names on the way, an empty one for each place in a list.
    pub(super) fn names<'a>(&'a self) -> Vec<&'a str> {
        let name = |step: &'a Step| match step {
            Step::Field(name) => name.as_str(),
            Step::Element(_) => "",
        };
        self.0.iter().map(name).collect()
    }

    /// This, or the whole of which nothing is known without it.
    pub(super) fn that_stands_alone(mut self) -> Self {
        let decides = match self.names()[..] {
            [condition, "rules"] => CONDITIONS.contains(&condition),
            ["sizing", "type"] | ["exits", _, "type"] | ["exits", "takeProfit", "", "type"] => true,
            _ => false,
        };
        if decides {
            self.0.pop();
        }
        self
    }

    /// What is right here; nothing where a field may be absent.
    pub(super) fn stand_in(&self, timeframe: Timeframe) -> Option<Value> {
        let unique = || {
            let at = |step: &Step| if let Step::Element(at) = step { Some(*at) } else { None };
            format!("?{}", self.0.iter().find_map(at).unwrap_or_default())
        };
        Some(match self.names()[..] {
            ["version"] => json!(1),
            ["kind"] => json!("rules"),
            ["timeframe"] => json!(timeframe),
            ["symbols"] => json!(["?"]),
            ["entry"] | [_, "rules", "", "when"] => json!("true"),
            ["sizing"] => json!({"type": "fixedQuantity", "quantity": 1}),
            ["exits", "takeProfit", ""] => json!({"type": "percent", "value": 1}),
            ["sizing", "value" | "quantity" | "notional"]
            | ["exits", _, "value" | "period"]
            | ["exits", "takeProfit", "", "value" | "period" | "portion"] => json!(1),
            ["symbols", ""] | [_, "rules", "", "name"] => json!(unique()),
            [_, "rules", ""] => json!({"name": unique(), "when": "true"}),
            _ => return None,
        })
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Field(name) if at == 0 => f.write_str(name)?,
                Step::Field(name) => write!(f, ".{name}")?,
                Step::Element(at) => write!(f, "[{at}]")?,
            }
        }
        Ok(())
    }
}
