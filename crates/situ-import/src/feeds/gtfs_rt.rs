//! Alerts of GTFS-Realtime, in the binary form of its protocol buffers or in JSON.
//!
//! Messages are read by a table of the numbers of their fields. A field that the table lacks is kept under its number.

use std::collections::HashMap;
use std::ops::Range;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;
use situ_core::Instant;

use super::{Item, Items, PARTS, RECORD_LIMIT, numbered, put, refused};
use crate::mapper::Fields;

/// How deep messages may lie in one another.
const DEPTH: usize = 16;

/// The fields of a message: number, name and kind.
type Message = &'static [(u32, &'static str, Kind)];

#[derive(Clone, Copy)]
enum Kind {
    Text,
    Number,
    Flag,
    /// Words, by their numbers.
    Word(&'static [(u64, &'static str)]),
    Message(Message),
}

const HEADER: Message = &[
    (1, "gtfs_realtime_version", Kind::Text),
    (
        2,
        "incrementality",
        Kind::Word(&[(0, "FULL_DATASET"), (1, "DIFFERENTIAL")]),
    ),
    (3, "timestamp", Kind::Number),
    (4, "feed_version", Kind::Text),
];

const ENTITY: Message = &[
    (1, "id", Kind::Text),
    (2, "is_deleted", Kind::Flag),
    (5, "alert", Kind::Message(ALERT)),
];

const ALERT: Message = &[
    (1, "active_period", Kind::Message(TIME_RANGE)),
    (5, "informed_entity", Kind::Message(SELECTOR)),
    (6, "cause", Kind::Word(CAUSES)),
    (7, "effect", Kind::Word(EFFECTS)),
    (8, "url", Kind::Message(TRANSLATED)),
    (10, "header_text", Kind::Message(TRANSLATED)),
    (11, "description_text", Kind::Message(TRANSLATED)),
    (12, "tts_header_text", Kind::Message(TRANSLATED)),
    (13, "tts_description_text", Kind::Message(TRANSLATED)),
    (14, "severity_level", Kind::Word(SEVERITIES)),
    (15, "image", Kind::Message(IMAGES)),
    (16, "image_alternative_text", Kind::Message(TRANSLATED)),
    (17, "cause_detail", Kind::Message(TRANSLATED)),
    (18, "effect_detail", Kind::Message(TRANSLATED)),
];

const TIME_RANGE: Message = &[(1, "start", Kind::Number), (2, "end", Kind::Number)];

const SELECTOR: Message = &[
    (1, "agency_id", Kind::Text),
    (2, "route_id", Kind::Text),
    (3, "route_type", Kind::Number),
    (4, "trip", Kind::Message(TRIP)),
    (5, "stop_id", Kind::Text),
    (6, "direction_id", Kind::Number),
];

const TRIP: Message = &[
    (1, "trip_id", Kind::Text),
    (2, "start_time", Kind::Text),
    (3, "start_date", Kind::Text),
    (4, "schedule_relationship", Kind::Number),
    (5, "route_id", Kind::Text),
    (6, "direction_id", Kind::Number),
];

const TRANSLATED: Message = &[(
    1,
    "translation",
    Kind::Message(&[(1, "text", Kind::Text), (2, "language", Kind::Text)]),
)];

const IMAGES: Message = &[(
    1,
    "localized_image",
    Kind::Message(&[
        (1, "url", Kind::Text),
        (2, "media_type", Kind::Text),
        (3, "language", Kind::Text),
    ]),
)];

const CAUSES: &[(u64, &str)] = &[
    (1, "UNKNOWN_CAUSE"),
    (2, "OTHER_CAUSE"),
    (3, "TECHNICAL_PROBLEM"),
    (4, "STRIKE"),
    (5, "DEMONSTRATION"),
    (6, "ACCIDENT"),
    (7, "HOLIDAY"),
    (8, "WEATHER"),
    (9, "MAINTENANCE"),
    (10, "CONSTRUCTION"),
    (11, "POLICE_ACTIVITY"),
    (12, "MEDICAL_EMERGENCY"),
];

const EFFECTS: &[(u64, &str)] = &[
    (1, "NO_SERVICE"),
    (2, "REDUCED_SERVICE"),
    (3, "SIGNIFICANT_DELAYS"),
    (4, "DETOUR"),
    (5, "ADDITIONAL_SERVICE"),
    (6, "MODIFIED_SERVICE"),
    (7, "OTHER_EFFECT"),
    (8, "UNKNOWN_EFFECT"),
    (9, "STOP_MOVED"),
    (10, "NO_EFFECT"),
    (11, "ACCESSIBILITY_ISSUE"),
];

const SEVERITIES: &[(u64, &str)] = &[
    (1, "UNKNOWN_SEVERITY"),
    (2, "INFO"),
    (3, "WARNING"),
    (4, "SEVERE"),
];

/// The alerts of a feed; entities of other kinds are not read.
pub(super) fn items(document: Vec<u8>) -> Result<Items, (u64, String)> {
    let start = document.trim_ascii_start();
    let is_json = start.first() == Some(&b'{') || document.starts_with(b"\xef\xbb\xbf");
    let (header, entities) = if is_json {
        json_feed(&document).map_err(|reason| (1, reason))?
    } else {
        binary_feed(document).map_err(|reason| {
            let reason = format!("no feed of GTFS-Realtime, neither binary nor JSON: {reason}");
            (1, reason)
        })?
    };
    if !header.contains_key("gtfs_realtime_version") {
        let reason = "no feed of GTFS-Realtime: its header says no version";
        return Err((1, reason.to_owned()));
    }
    let learnt = match header.get("timestamp").map(|text| moment(text)) {
        Some(Some(learnt)) => Some(learnt),
        Some(None) => return Err((1, "the timestamp of the header is no time".to_owned())),
        None => None,
    };
    let items = entities.filter_map(move |(number, entity)| {
        // There are no lines in it: entities are counted.
        let told = |reason| refused(number, format!("the entity, by its number: {reason}"));
        match entity {
            Ok(fields) => item(number, fields, learnt).map_err(told).transpose(),
            Err(reason) => Some(Err(told(reason))),
        }
    });
    Ok(Box::new(items))
}

/// An entity as a record; `None` where it is of another kind.
fn item(number: u64, fields: Fields, learnt: Option<Instant>) -> Result<Option<Item>, String> {
    let is_alert = fields.keys().any(|name| name.starts_with("alert"));
    let is_deleted = fields
        .get("is_deleted")
        .is_some_and(|flag| &**flag == "true");
    if !is_alert && !is_deleted {
        return Ok(None);
    }
    let id = fields.get("id").filter(|id| !id.is_empty());
    let key = id.ok_or("it has no id")?.to_string();
    let mut odd = Vec::new();
    let parts = match is_deleted {
        true => Vec::new(),
        false => parts(&fields, &mut odd).map_err(|reason| format!("{key}: {reason}"))?,
    };
    Ok(Some(Item {
        key,
        line: number,
        learnt,
        fields,
        parts,
        odd,
        alert: None,
    }))
}

/// A moment in seconds since 1970, in the years a log takes.
fn moment(text: &str) -> Option<Instant> {
    let seconds: i64 = text.parse().ok().filter(|seconds| *seconds > 0)?;
    let nanos = seconds.checked_mul(1_000_000_000)?;
    Instant::from_unix_nanos(nanos).to_string().parse().ok()
}

/// What an alert says, once for each entity it informs of and each period; an entity that is a single trip says nothing of a service.
///
/// Of a period that is no time nothing is said, but what is `odd` about it.
fn parts(fields: &Fields, odd: &mut Vec<String>) -> Result<Vec<Fields>, String> {
    let mut whole = Fields::new();
    for word in ["cause", "effect", "severity_level"] {
        if let Some(said) = fields.get(&format!("alert.{word}")) {
            whole.insert(word.to_owned(), said.clone());
        }
    }
    for text in ["header_text", "description_text", "url"] {
        if let Some(said) = fields.get(&format!("alert.{text}.translation.text")) {
            whole.insert(text.to_owned(), said.clone());
        }
    }
    let mut periods = children(fields, "alert.active_period");
    if periods.is_empty() {
        periods.push(Fields::new());
    }
    periods.retain_mut(|period| {
        // Programs write an open end as the default of the number.
        period.retain(|_, time| &**time != "0");
        period.values_mut().all(|time| {
            let moment = moment(time);
            match moment {
                Some(moment) => *time = moment.to_string().into(),
                None => odd.push(format!("`{time}` is no time of a period")),
            }
            moment.is_some()
        })
    });
    let entities = children(fields, "alert.informed_entity");
    if entities.len().saturating_mul(periods.len()) > PARTS {
        return Err(format!("it informs of over {PARTS} entities and periods"));
    }
    let mut parts = Vec::new();
    for mut entity in entities {
        if entity.keys().any(|name| name.starts_with("trip")) {
            continue;
        }
        let said = |name: &str| entity.get(name).filter(|said| !said.is_empty());
        let on_route = said("stop_id").zip(said("route_id"));
        let on_route = on_route.map(|(stop, route)| format!("{stop} on route {route}"));
        let direction = said("route_id").zip(said("direction_id"));
        let direction =
            direction.map(|(route, direction)| format!("{route}, direction {direction}"));
        for (name, made) in [("stop_on_route", on_route), ("route_direction", direction)] {
            if let Some(made) = made {
                entity.insert(name.to_owned(), made.into());
            }
        }
        for period in &periods {
            let mut part = whole.clone();
            part.extend(entity.clone());
            part.extend(period.clone());
            parts.push(part);
        }
    }
    Ok(parts)
}

/// The fields of each message of one name.
fn children(fields: &Fields, name: &str) -> Vec<Fields> {
    let mut children = Vec::new();
    loop {
        let path = numbered(name, children.len() + 1);
        let inside = format!("{path}.");
        let below = fields
            .range(inside.clone()..)
            .take_while(|(name, _)| name.starts_with(&inside));
        let child: Fields = below
            .map(|(name, value)| (name[inside.len()..].to_owned(), value.clone()))
            .collect();
        if child.is_empty() && !fields.contains_key(&path) {
            return children;
        }
        children.push(child);
    }
}

/// The header of a feed; and its entities, each with its number, read one at a time.
type Read = (
    Fields,
    Box<dyn Iterator<Item = (u64, Result<Fields, String>)>>,
);

fn binary_feed(document: Vec<u8>) -> Result<Read, String> {
    let mut header = Fields::new();
    let mut entities: Vec<(u64, Range<usize>)> = Vec::new();
    let mut number = 0;
    let mut rest = document.as_slice();
    while !rest.is_empty() {
        match next(&mut rest)? {
            (1, Held::Bytes(bytes)) if bytes.len() <= RECORD_LIMIT => {
                binary(HEADER, bytes, "", &mut header, 0)?;
            }
            (2, Held::Bytes(bytes)) => {
                number += 1;
                let end = document.len() - rest.len();
                entities.push((number, end - bytes.len()..end));
            }
            _ => {}
        }
    }
    let entities = entities.into_iter().map(move |(number, range)| {
        let mut fields = Fields::new();
        let read = match range.len() > RECORD_LIMIT {
            true => Err(too_long()),
            false => binary(ENTITY, &document[range], "", &mut fields, 0),
        };
        (number, read.map(|()| fields))
    });
    Ok((header, Box::new(entities)))
}

fn too_long() -> String {
    "it is over the limit of 1 MiB".to_owned()
}

/// What a field of a message holds.
enum Held<'a> {
    Number(u64),
    Bytes(&'a [u8]),
}

/// The next field of a message, and its number.
fn next<'a>(rest: &mut &'a [u8]) -> Result<(u32, Held<'a>), String> {
    let tag = varint(rest)?;
    let number = u32::try_from(tag >> 3).map_err(|_| "a field has no number".to_owned())?;
    let held = match tag & 7 {
        0 => Held::Number(varint(rest)?),
        1 => Held::Bytes(bytes(rest, 8)?),
        2 => {
            let length = varint(rest)?;
            Held::Bytes(bytes(rest, length)?)
        }
        5 => Held::Bytes(bytes(rest, 4)?),
        _ => return Err("a field is of no kind that there is".to_owned()),
    };
    if number == 0 {
        return Err("a field has no number".to_owned());
    }
    Ok((number, held))
}

fn bytes<'a>(rest: &mut &'a [u8], length: u64) -> Result<&'a [u8], String> {
    let length = usize::try_from(length).unwrap_or(usize::MAX);
    let (bytes, more) = rest
        .split_at_checked(length)
        .ok_or("it ends in the middle")?;
    *rest = more;
    Ok(bytes)
}

fn varint(rest: &mut &[u8]) -> Result<u64, String> {
    let mut value = 0u64;
    for shift in (0..70).step_by(7) {
        let (byte, more) = rest.split_first().ok_or("it ends in the middle")?;
        *rest = more;
        let low = u64::from(byte & 0x7f);
        if shift == 63 && low > 1 {
            break;
        }
        value |= low << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err("a number is too long".to_owned())
}

fn binary(
    message: Message,
    mut rest: &[u8],
    path: &str,
    fields: &mut Fields,
    depth: usize,
) -> Result<(), String> {
    if depth == DEPTH {
        return Err("messages lie too deep in one another".to_owned());
    }
    let mut counts: HashMap<u32, usize> = HashMap::new();
    while !rest.is_empty() {
        let (number, held) = next(&mut rest)?;
        let count = counts.entry(number).or_default();
        *count += 1;
        let known = message.iter().find(|(known, ..)| *known == number);
        let name = match known {
            Some((_, name, _)) => (*name).to_owned(),
            None => format!("field {number}"),
        };
        let path = below(path, &numbered(&name, *count));
        let kind = known.map(|(_, _, kind)| *kind);
        match (kind, held) {
            (Some(Kind::Message(message)), Held::Bytes(bytes)) => {
                if bytes.is_empty() {
                    put(fields, &path, "");
                }
                binary(message, bytes, &path, fields, depth + 1)?;
            }
            (Some(Kind::Text), Held::Bytes(bytes)) => {
                let text = std::str::from_utf8(bytes).map_err(|_| format!("{path} is no UTF-8"))?;
                put(fields, &path, text);
            }
            (Some(Kind::Word(words)), Held::Number(number)) => {
                put(fields, &path, &word(words, number));
            }
            (Some(Kind::Flag), Held::Number(number)) => {
                put(fields, &path, if number == 0 { "false" } else { "true" });
            }
            (Some(Kind::Number), Held::Number(number)) => {
                // Numbers below zero are written as if they were very large.
                put(fields, &path, &number.cast_signed().to_string());
            }
            (None, Held::Number(number)) => put(fields, &path, &number.to_string()),
            (None, Held::Bytes(bytes)) => put(fields, &path, &crate::mapper::hex(bytes)),
            (Some(_), _) => return Err(format!("{path} holds something else")),
        }
    }
    Ok(())
}

fn below(path: &str, name: &str) -> String {
    match path {
        "" => name.to_owned(),
        path => format!("{path}.{name}"),
    }
}

fn word(words: &[(u64, &'static str)], number: u64) -> String {
    let known = words.iter().find(|(known, _)| *known == number);
    known.map_or_else(|| number.to_string(), |(_, word)| (*word).to_owned())
}

#[derive(Deserialize)]
struct JsonFeed {
    #[serde(default)]
    header: Value,
    #[serde(default)]
    entity: Vec<Box<RawValue>>,
}

fn json_feed(document: &[u8]) -> Result<Read, String> {
    let document = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(document);
    let feed: JsonFeed = serde_json::from_slice(document)
        .map_err(|error| format!("no feed of GTFS-Realtime: {error}"))?;
    let mut header = Fields::new();
    if !feed.header.is_null() {
        json(Some(HEADER), &feed.header, "", &mut header);
    }
    let entities = (1..).zip(feed.entity).map(|(number, entity)| {
        let mut fields = Fields::new();
        let read = match entity.get().len() > RECORD_LIMIT {
            true => Err(too_long()),
            false => serde_json::from_str(entity.get()).map_err(|error| error.to_string()),
        };
        let read = read.map(|value: Value| json(Some(ENTITY), &value, "", &mut fields));
        (number, read.map(|()| fields))
    });
    Ok((header, Box::new(entities)))
}

/// The fields of a message in JSON, by the names the binary form has.
fn json(message: Option<Message>, value: &Value, path: &str, fields: &mut Fields) {
    let Value::Object(object) = value else {
        return put(fields, path, &plain(value));
    };
    if object.is_empty() && !path.is_empty() {
        put(fields, path, "");
    }
    for (name, value) in object {
        let name = snake_case(name);
        let known = message.and_then(|message| message.iter().find(|(_, known, _)| *known == name));
        let values = match value {
            Value::Array(values) => values.as_slice(),
            Value::Null => continue,
            value => std::slice::from_ref(value),
        };
        for (nth, value) in (1..).zip(values) {
            let path = below(path, &numbered(&name, nth));
            match known.map(|(_, _, kind)| *kind) {
                Some(Kind::Message(message)) => json(Some(message), value, &path, fields),
                Some(Kind::Word(words)) => {
                    let number = value.as_u64().map(|number| word(words, number));
                    put(fields, &path, &number.unwrap_or_else(|| plain(value)));
                }
                _ => json(None, value, &path, fields),
            }
        }
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        value => value.to_string(),
    }
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    for character in name.chars() {
        if character.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(character.to_ascii_lowercase());
    }
    snake
}
