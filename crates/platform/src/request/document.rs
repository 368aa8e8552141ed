//! JSON as clients send it, read more strictly than its library does.
//!
//! A field that is there twice is refused, for nobody can tell which was meant; so is a list in the
//! place of an object, in which the order alone would say what is what.

use std::fmt::{self, Display};

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{
    DeserializeOwned, Deserializer, Error as _, IntoDeserializer, MapAccess, SeqAccess, Visitor,
};
use serde::{Deserialize, forward_to_deserialize_any};
use serde_json::{Map, Value};
use thiserror::Error;

use super::problem::FieldError;
use crate::wording::{in_words, quoted};

/// A JSON object that somebody has sent.
#[derive(Debug, Clone)]
pub struct Document(Value);

/// Why a text is no [`Document`].
#[derive(Debug, Error)]
pub enum DocumentError {
    /// It is not JSON.
    #[error("is not JSON: {0}")]
    NotJson(serde_json::Error),
    /// It is JSON and no object, or has a field twice.
    #[error("{}: {}", .0.field, .0.message)]
    Invalid(FieldError),
}

impl Document {
    /// Reads a text.
    ///
    /// # Errors
    /// [`DocumentError`], with the field that is there twice.
    pub fn parse(text: &[u8]) -> Result<Self, DocumentError> {
        let mut json = serde_json::Deserializer::from_slice(text);
        let read = serde_path_to_error::deserialize::<_, Sole>(&mut json);
        let Sole(value) = read.map_err(|error| match error.inner().is_data() {
            true => DocumentError::Invalid(unread(&error)),
            false => DocumentError::NotJson(error.into_inner()),
        })?;
        json.end().map_err(DocumentError::NotJson)?;
        if value.is_object() {
            return Ok(Self(value));
        }
        let message = format!("is {}; send a JSON object", kind(&value));
        Err(DocumentError::Invalid(FieldError::new("", message)))
    }

    /// What it says.
    ///
    /// # Errors
    /// The first field that cannot be read.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, FieldError> {
        serde_path_to_error::deserialize(Strict(self.0.clone())).map_err(|error| unread(&error))
    }

    /// Takes a field out, and says whether it was there.
    pub fn remove(&mut self, field: &str) -> bool {
        self.0.as_object_mut().is_some_and(|fields| fields.remove(field).is_some())
    }
}

/// What a reader could not read, at the field that it is about, in words for people.
pub(super) fn unread<E: Display>(error: &serde_path_to_error::Error<E>) -> FieldError {
    let text = error.inner().to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(words, _)| words);
    let path = match error.path().to_string().as_str() {
        "." | "?" => String::new(),
        path => path.replace(".?", ""),
    };
    let below = |name: &str| match path.is_empty() {
        true => name.to_owned(),
        false => format!("{path}.{name}"),
    };
    if let Some(name) = quoted(text, "missing field `") {
        return FieldError::new(below(name), "is missing");
    }
    if let Some(name) = quoted(text, "duplicate field `") {
        return FieldError::new(below(name), "is there twice; give it once");
    }
    match quoted(text, "unknown field `") {
        Some(name) if path.rsplit('.').next() != Some(name) => {
            FieldError::new(below(name), in_words(text))
        }
        _ => FieldError::new(path, in_words(text)),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// A value in which each field is there once.
struct Sole(Value);

impl<'de> Deserialize<'de> for Sole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(SoleVisitor).map(Self)
    }
}

struct SoleVisitor;

impl<'de> Visitor<'de> for SoleVisitor {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(Sole(item)) = items.next_element()? {
            list.push(item);
        }
        Ok(Value::Array(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = fields.next_key::<String>()? {
            if object.contains_key(&name) {
                return Err(A::Error::custom(format!("duplicate field `{name}`")));
            }
            let Sole(value) = fields.next_value()?;
            object.insert(name, value);
        }
        Ok(Value::Object(object))
    }
}

/// A value that takes no list for an object.
struct Strict(Value);

impl<'de> Deserializer<'de> for Strict {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::Array(items) => {
                SeqDeserializer::new(items.into_iter().map(Strict)).deserialize_any(visitor)
            }
            Value::Object(fields) => strict_fields(fields).deserialize_any(visitor),
            plain => plain.deserialize_any(visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        if self.0.is_object() {
            return self.deserialize_any(visitor);
        }
        Err(Self::Error::custom(format!("is {}; give an object", kind(&self.0))))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        match self.0 {
            Value::String(text) => visitor.visit_enum(text.into_deserializer()),
            Value::Object(fields) if fields.len() == 1 => {
                visitor.visit_enum(MapAccessDeserializer::new(strict_fields(fields)))
            }
            Value::Object(_) => {
                Err(Self::Error::custom(format!("give either {}", variants.join(" or "))))
            }
            other => {
                let message = format!("is {}; give {}", kind(&other), variants.join(" or "));
                Err(Self::Error::custom(message))
            }
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

impl IntoDeserializer<'_, serde_json::Error> for Strict {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

fn strict_fields<'de>(
    fields: Map<String, Value>,
) -> MapDeserializer<'de, impl Iterator<Item = (String, Strict)>, serde_json::Error> {
    MapDeserializer::new(fields.into_iter().map(|(name, value)| (name, Strict(value))))
}
