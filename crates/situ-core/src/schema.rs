//! JSON Schema of the wire form.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

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
            "latitude_e6": { "type": "integer", "minimum": -90_000_000, "maximum": 90_000_000 },
            "longitude_e6": { "type": "integer", "minimum": -180_000_000, "maximum": 180_000_000 }
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
