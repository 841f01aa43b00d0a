//! JSON Schema of the wire form.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value, json};

use crate::kind::{Kind, with_kind};

/// The JSON Schema (draft 2020-12) of a whole line of the wire form: of one kind, or of every kind this version knows.
///
/// Of a kind it does not know, it describes the envelope. What a schema cannot say, the reader still checks: keys given twice,
/// sizes in bytes, times and zones, what contradicts itself.
#[must_use]
pub fn wire_schema(kind: Option<&Kind>) -> Value {
    let mut generator = SchemaGenerator::default();
    let mut schema = match kind {
        Some(kind) => line(kind, &mut generator),
        None => {
            let lines = Kind::ALL.iter().map(|kind| line(kind, &mut generator));
            let lines: Vec<_> = lines.map(Value::Object).collect();
            let mut schema = Map::new();
            schema.insert("title".to_owned(), json!("Event"));
            schema.insert("oneOf".to_owned(), Value::Array(lines));
            schema
        }
    };
    let dialect = json!("https://json-schema.org/draft/2020-12/schema");
    schema.insert("$schema".to_owned(), dialect);
    let definitions = generator.take_definitions(true);
    schema.insert("$defs".to_owned(), Value::Object(definitions));
    Value::Object(schema)
}

/// The schema of a line of one kind; what it refers to is left in the generator.
fn line(kind: &Kind, generator: &mut SchemaGenerator) -> Map<String, Value> {
    let payload = with_kind!(
        kind,
        P => generator.subschema_for::<P>(),
        unknown => json_schema!({ "type": "object" })
    );
    let name = match kind {
        Kind::Unknown(_) => generator.subschema_for::<crate::Name>(),
        known => json_schema!({ "const": known.as_str() }),
    };
    let version = match kind.newest_version() {
        0 => json!({ "type": "integer", "minimum": 1, "maximum": u16::MAX }),
        newest => {
            json!({ "enum": [newest, null], "description": "The version of the kind; the newest if left out." })
        }
    };
    let occurred = kind
        .occurred_means()
        .unwrap_or("the time it is about; left out: unknown");
    let mut required = vec!["kind", "situation", "payload"];
    if kind.occurred_means().is_some() {
        required.push("occurred");
    }
    if kind.is_claim() {
        required.push("source");
    }
    let described = |schema: Schema, description: &str| {
        let mut schema = schema;
        schema.insert("description".to_owned(), json!(description));
        schema
    };
    let properties = json!({
        "kind": name,
        "version": version,
        "id": described(generator.subschema_for::<Option<crate::EventId>>(), "Its identity; given by the recorder if left out."),
        "situation": described(generator.subschema_for::<crate::SituationId>(), "The situation it belongs to."),
        "occurred": described(nullable::<crate::When>(generator, kind.occurred_means().is_none()), occurred),
        "learnt_at": described(generator.subschema_for::<Option<crate::Instant>>(), "When it became public, or reached the recorder; left out: when it was recorded."),
        "source": described(nullable::<crate::Source>(generator, !kind.is_claim()), "Who claims it."),
        "recorded_by": described(generator.subschema_for::<Option<crate::Name>>(), "Who recorded it."),
        "access": described(generator.subschema_for::<crate::Access>(), "Who may see it in exports; public if left out."),
        "caused_by": described(generator.subschema_for::<Option<crate::EventId>>(), "The event it was derived from."),
        "payload": payload,
    });
    let schema = json!({
        "title": kind.as_str(),
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": false,
    });
    match schema {
        Value::Object(schema) => schema,
        _ => Map::new(),
    }
}

fn nullable<T: JsonSchema>(generator: &mut SchemaGenerator, is_optional: bool) -> Schema {
    if is_optional {
        generator.subschema_for::<Option<T>>()
    } else {
        generator.subschema_for::<T>()
    }
}

/// Implements `JsonSchema` for a type whose JSON is written by hand.
macro_rules! schema_of {
    ($($type:ty = $name:literal : $schema:tt,)+) => {$(
        impl JsonSchema for $type {
            fn schema_name() -> Cow<'static, str> {
                $name.into()
            }
            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    )+};
}

schema_of! {
    crate::Text = "Text": { "type": "string", "minLength": 1, "maxLength": 4096, "description": "Verbatim text, at most 4096 bytes, no control characters." },
    crate::Name = "Name": { "type": "string", "minLength": 1, "maxLength": 256, "description": "A short text, at most 256 bytes, no control characters." },
    crate::Verbatim = "Verbatim": { "type": "string", "maxLength": 4096, "description": "A field as published, at most 4096 bytes." },
    crate::EventId = "EventId": { "type": "string", "format": "uuid" },
    crate::ClaimRef = "ClaimRef": { "type": "string", "pattern": "^[0-9a-fA-F-]{36}(#[1-9][0-9]*)?$", "description": "EVENT or EVENT#n." },
    crate::SituationId = "SituationId": { "type": "string", "pattern": "^\\S{1,256}$" },
    crate::PlaceId = "PlaceId": { "type": "string", "pattern": "^\\S{1,256}$" },
    crate::SourceId = "SourceId": { "type": "string", "pattern": "^\\S{1,256}$" },
    crate::Instant = "Instant": { "type": "string", "format": "date-time", "description": "RFC 3339 with seconds and offset, years 1900 to 2200." },
    crate::When = "When": { "type": "string", "description": "An instant, or EDTF with the zone of its days: 2026-02-04[Asia/Karachi]." },
    crate::Zone = "Zone": { "type": "string", "description": "An IANA time zone." },
    crate::Count = "Count": { "type": "integer", "minimum": 0, "maximum": 10_000_000_000_u64 },
    crate::Harm = "Scope": { "type": "string", "pattern": "^(all|attacks|operations|event:[0-9a-fA-F-]{36})$" },
    crate::Point = "Point": {
        "type": "object",
        "required": ["latitude_e6", "longitude_e6"],
        "additionalProperties": false,
        "properties": {
            "latitude_e6": { "description": "Millionths of a degree north.", "type": "integer", "minimum": -90_000_000, "maximum": 90_000_000 },
            "longitude_e6": { "description": "Millionths of a degree east.", "type": "integer", "minimum": -180_000_000, "maximum": 180_000_000 }
        }
    },
}

impl JsonSchema for crate::Quantity {
    fn schema_name() -> Cow<'static, str> {
        "Quantity".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let count = generator.subschema_for::<crate::Count>();
        let form = |name: &str| json_schema!({ "type": "object", "required": [name], "additionalProperties": false, "properties": { name: count } });
        json_schema!({
            "description": "A bare number is what the source counted; the objects are what it said instead.",
            "oneOf": [
                count,
                form("at_least"), form("more_than"), form("up_to"), form("fewer_than"), form("about"),
                { "type": "object", "required": ["between"], "additionalProperties": false,
                  "properties": { "between": { "type": "array", "items": count, "minItems": 2, "maxItems": 2 } } },
                { "type": "object", "required": ["phrase", "lexicon"], "additionalProperties": false,
                  "properties": {
                      "phrase": { "enum": ["several", "dozens", "scores", "hundreds", "thousands", "no casualties"] },
                      "lexicon": { "const": "en-1" } } }
            ]
        })
    }
}

#[cfg(test)]
mod tests;
