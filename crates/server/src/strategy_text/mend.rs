//! A document that is no strategy config: all that is wrong with it, not only the first of it.
//!
//! Reading ends at the first fault. So each one is told and its field replaced by one that is
//! right, until the document can be read; then what was not replaced is checked like any config.

use ballast_domain::{StrategyConfig, Timeframe};
use ballast_engine::strategy::ConfigFault;
use ballast_platform::wording::quoted;
use serde_json::{Value, json};

use super::place::{CONDITIONS, Place, Step};
use super::{At, Found, MOST_FAULTS, read};

/// A document, its faults, and what it is without them.
#[derive(Debug)]
pub(super) struct Mended {
    pub(super) faults: Vec<Found>,
    document: Value,
    replaced: Vec<Place>,
    /// Stands in for a timeframe that cannot be read.
    timeframe: Timeframe,
}

impl Mended {
    /// Finds every fault of reading. `timeframe` is one that nothing contradicts.
    pub(super) fn of(document: Value, timeframe: Timeframe) -> Self {
        let mut mended = Self { faults: Vec::new(), document, replaced: Vec::new(), timeframe };
        for place in places_of_objects(&mended.document) {
            if mended.faults.len() > MOST_FAULTS {
                break;
            }
            if mended.value(&place).is_some_and(Value::is_array) {
                mended.tell(&place, "is a list; write an object with names");
                mended.replace(place);
            }
        }
        while mended.document.is_object()
            && mended.faults.len() <= MOST_FAULTS
            && let Err(unread) = read_value(&mended.document)
        {
            if !mended.mend(unread) {
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
    pub(super) fn nothing(fault: Found) -> Self {
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
        let replaced: Vec<String> = self.replaced.iter().map(ToString::to_string).collect();
        faults.retain(|fault| !replaced.iter().any(|place| concern(place, &fault.path)));
        faults
    }

    fn reading(&self, direction: Option<&str>) -> Option<StrategyConfig> {
        let mut document = self.document.clone();
        if let Some(direction) = direction {
            document["direction"] = json!(direction);
        }
        read_value(&document).ok()
    }

    fn value(&self, place: &Place) -> Option<&Value> {
        self.document.pointer(&place.pointer())
    }

    /// Tells of one fault and takes it out of the document; false when nothing changed by that.
    fn mend(&mut self, Unread { place, error }: Unread) -> bool {
        if let Some(absent) = quoted(&error, "missing field `") {
            self.tell(&place, &error);
            self.replace(place.field(absent))
        } else if let Some(unknown) = quoted(&error, "unknown field `") {
            // The reader names the field itself, or the sizing or exit that holds it.
            let is_it = place.names().last() == Some(&unknown);
            let field = if is_it { place.clone() } else { place.field(unknown) };
            let at = At::Name(field.to_string());
            self.faults.push(Found { at, ..read::fault(&place.to_string(), &error) });
            self.put(&field, None)
        } else {
            let place = self.unreadable_field(&place, &error).unwrap_or(place);
            self.tell(&place, &error);
            self.replace(place)
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
            read_value(&trial).err().is_none_or(|next| next.error != error || next.place != *at)
        })
    }

    fn tell(&mut self, place: &Place, error: &str) {
        self.faults.push(read::fault(&place.to_string(), error));
    }

    /// Puts something right at `place`, or nothing where that is right; false when it was so.
    fn replace(&mut self, place: Place) -> bool {
        let place = place.that_stands_alone();
        let changed = self.put(&place, place.stand_in(self.timeframe));
        self.replaced.push(place);
        changed
    }

    /// Puts `value` or nothing at `place`; false when it was there.
    fn put(&mut self, place: &Place, value: Option<Value>) -> bool {
        let Some((last, parent)) = place.0.split_last() else {
            return !std::mem::take(&mut self.document).is_null();
        };
        let parent = self.document.pointer_mut(&Place(parent.to_vec()).pointer());
        match (parent, last, value) {
            (Some(Value::Object(fields)), Step::Field(name), Some(value)) => {
                fields.insert(name.clone(), value.clone()) != Some(value)
            }
            (Some(Value::Object(fields)), Step::Field(name), None) => fields.remove(name).is_some(),
            (Some(Value::Array(elements)), Step::Element(at), Some(value)) => {
                let element = elements.get_mut(*at).filter(|element| **element != value);
                element.map(|element| *element = value).is_some()
            }
            _ => false,
        }
    }
}

/// Why a document cannot be read.
struct Unread {
    place: Place,
    error: String,
}

fn read_value(document: &Value) -> Result<StrategyConfig, Unread> {
    serde_path_to_error::deserialize(document).map_err(|error| {
        let place = Place::of(error.path());
        Unread { place, error: serde_path_to_error::Error::into_inner(error).to_string() }
    })
}

/// Whether one of two paths holds the other.
fn concern(one: &str, other: &str) -> bool {
    let within = |inner: &str, outer: &str| {
        let rest = inner.strip_prefix(outer);
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
    };
    within(other, one) || within(one, other)
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
