//! A document that is no strategy config: all that is wrong with it, not only the first of it.
//!
//! Reading ends at the first fault. So each one is told and its field replaced by one that is
//! right, until the document can be read; then what was not replaced is checked like any config.

use std::fmt;

use ballast_domain::{StrategyConfig, Timeframe};
use ballast_engine::strategy::ConfigFault;
use serde_json::{Value, json};
use serde_path_to_error::{Path, Segment};

use super::text;

/// A document, its faults, and what it is without them.
#[derive(Debug)]
pub(super) struct Mended {
    pub(super) faults: Vec<ConfigFault>,
    document: Value,
    replaced: Vec<Place>,
    /// Stands in for a timeframe that cannot be read.
    timeframe: Timeframe,
}

/// The fields that are conditions.
const CONDITIONS: [&str; 4] = ["entry", "exit", "entryShort", "exitShort"];

impl Mended {
    /// Finds every fault of reading. `timeframe` is one that nothing contradicts.
    pub(super) fn of(document: Value, timeframe: Timeframe) -> Self {
        let mut mended = Self { faults: Vec::new(), document, replaced: Vec::new(), timeframe };
        for place in places_of_objects(&mended.document) {
            if mended.value(&place).is_some_and(Value::is_array) {
                mended.tell(&place, "is a list; write an object with names");
                mended.replace(place);
            }
        }
        while mended.document.is_object()
            && let Err(unread) = read(&mended.document)
        {
            let before = mended.document.clone();
            mended.mend(unread);
            if mended.document == before {
                break;
            }
        }
        let stop = Place::default().field("exits").field("stopLoss");
        if mended.replaced.iter().any(|place| place.0.starts_with(&stop.0)) {
            // Its stand-in might lie on the wrong side of the targets.
            mended.replace(stop);
        }
        mended
    }

    /// A text that is no document.
    pub(super) fn nothing(fault: ConfigFault) -> Self {
        let (document, timeframe) = (Value::Null, Timeframe::D1);
        Self { faults: vec![fault], document, replaced: Vec::new(), timeframe }
    }

    /// What `check` finds in the fields that were not replaced.
    pub(super) fn faults_of_the_rest(
        &self,
        check: impl Fn(StrategyConfig) -> Vec<ConfigFault>,
    ) -> Vec<ConfigFault> {
        let direction = Place::default().field("direction");
        // One that cannot be read may be any: what is wrong is what is wrong with each.
        let ways: &[Option<&str>] = match self.replaced.contains(&direction) {
            true => &[Some("long"), Some("short"), Some("both")],
            false => &[None],
        };
        let mut found = ways.iter().filter_map(|way| self.reading(*way)).map(check);
        let mut faults = found.next().unwrap_or_default();
        for others in found {
            faults.retain(|fault| others.contains(fault));
        }
        faults.retain(|fault| !self.replaced.iter().any(|place| place.concerns(&fault.path)));
        faults
    }

    fn reading(&self, direction: Option<&str>) -> Option<StrategyConfig> {
        let mut document = self.document.clone();
        if let Some(direction) = direction {
            document["direction"] = json!(direction);
        }
        read(&document).ok()
    }

    fn value(&self, place: &Place) -> Option<&Value> {
        self.document.pointer(&place.pointer())
    }

    /// Tells of one fault and takes it out of the document.
    fn mend(&mut self, Unread { place, error }: Unread) {
        if let Some(absent) = quoted(&error, "missing field `") {
            self.tell(&place, &error);
            self.replace(place.field(absent));
        } else if let Some(unknown) = quoted(&error, "unknown field `") {
            self.tell(&place, &error);
            // The reader names the field itself, or the sizing or exit that holds it.
            let is_it = place.names().last() == Some(&unknown);
            let unknown = if is_it { place } else { place.field(unknown) };
            self.put(&unknown, None);
        } else {
            let place = self.unreadable_field(&place, &error).unwrap_or(place);
            self.tell(&place, &error);
            self.replace(place);
        }
    }

    /// Which field of a sizing or an exit cannot be read; the reader only says that one cannot.
    fn unreadable_field(&self, at: &Place, error: &str) -> Option<Place> {
        let fields = self.value(at)?.as_object().filter(|fields| fields.contains_key("type"))?;
        let places = fields.keys().filter(|name| *name != "type").map(|name| at.field(name));
        places.into_iter().find(|place| {
            let mut trial = self.document.clone();
            if let Some(field) = trial.pointer_mut(&place.pointer()) {
                *field = json!(1);
            }
            read(&trial).err().is_none_or(|next| next.error != error || next.place != *at)
        })
    }

    fn tell(&mut self, place: &Place, error: &str) {
        self.faults.push(text::fault(&place.to_string(), error));
    }

    /// Puts something right at `place`, or nothing where that is right.
    fn replace(&mut self, place: Place) {
        let place = place.that_stands_alone();
        self.put(&place, place.stand_in(self.timeframe));
        self.replaced.push(place);
    }

    fn put(&mut self, place: &Place, value: Option<Value>) {
        let Some((last, parent)) = place.0.split_last() else {
            self.document = Value::Null;
            return;
        };
        let parent = self.document.pointer_mut(&Place(parent.to_vec()).pointer());
        match (parent, last, value) {
            (Some(Value::Object(fields)), Step::Field(name), Some(value)) => {
                fields.insert(name.clone(), value);
            }
            (Some(Value::Object(fields)), Step::Field(name), None) => {
                fields.remove(name);
            }
            (Some(Value::Array(elements)), Step::Element(at), Some(value)) => {
                if let Some(element) = elements.get_mut(*at) {
                    *element = value;
                }
            }
            _ => {}
        }
    }
}

/// Why a document cannot be read.
struct Unread {
    place: Place,
    error: String,
}

fn read(document: &Value) -> Result<StrategyConfig, Unread> {
    serde_path_to_error::deserialize(document).map_err(|error| {
        let place = Place::of(error.path());
        Unread { place, error: serde_path_to_error::Error::into_inner(error).to_string() }
    })
}

/// The name that stands quoted after `words` at the beginning of a message.
fn quoted<'a>(message: &'a str, words: &str) -> Option<&'a str> {
    message.strip_prefix(words)?.split('`').next()
}

/// Where only an object is right. A list is read as the object whose fields it gives in order,
/// which the schema does not allow.
fn places_of_objects(document: &Value) -> Vec<Place> {
    let root = Place::default();
    let exits = root.field("exits");
    let lists = CONDITIONS.map(|name| root.field(name).field("rules"));
    let elements = lists.into_iter().chain([exits.field("takeProfit")]).flat_map(|list| {
        let elements = document.pointer(&list.pointer()).and_then(Value::as_array);
        (0..elements.map_or(0, Vec::len)).map(move |at| list.element(at))
    });
    let levels = ["stopLoss", "trailing", "breakEvenAt"].map(|name| exits.field(name));
    let sections = ["sizing", "limits"].map(|name| root.field(name));
    [root, exits].into_iter().chain(sections).chain(levels).chain(elements).collect()
}

/// Where something stands in a document.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
struct Place(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(String),
    Element(usize),
}

impl Place {
    fn of(path: &Path) -> Self {
        let steps = path.iter().filter_map(|segment| match segment {
            Segment::Map { key } => Some(Step::Field(key.clone())),
            Segment::Seq { index } => Some(Step::Element(*index)),
            Segment::Enum { .. } | Segment::Unknown => None,
        });
        Self(steps.collect())
    }

    fn field(&self, name: &str) -> Self {
        self.then(Step::Field(name.to_owned()))
    }

    fn element(&self, at: usize) -> Self {
        self.then(Step::Element(at))
    }

    fn then(&self, step: Step) -> Self {
        Self(self.0.iter().cloned().chain([step]).collect())
    }

    /// As a JSON pointer.
    fn pointer(&self) -> String {
        let step = |step: &Step| match step {
            Step::Field(name) => format!("/{}", name.replace('~', "~0").replace('/', "~1")),
            Step::Element(at) => format!("/{at}"),
        };
        self.0.iter().map(step).collect()
    }

    /// The names on the way, an empty one for each place in a list.
    fn names<'a>(&'a self) -> Vec<&'a str> {
        let name = |step: &'a Step| match step {
            Step::Field(name) => name.as_str(),
            Step::Element(_) => "",
        };
        self.0.iter().map(name).collect()
    }

    /// This, or the whole of which nothing is known without it.
    fn that_stands_alone(mut self) -> Self {
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
    fn stand_in(&self, timeframe: Timeframe) -> Option<Value> {
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

    /// Whether one of both holds the other.
    fn concerns(&self, path: &str) -> bool {
        let within = |inner: &str, outer: &str| {
            let rest = inner.strip_prefix(outer);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
        };
        let own = self.to_string();
        within(path, &own) || within(&own, path)
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
