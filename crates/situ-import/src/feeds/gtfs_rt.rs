//! Alerts of GTFS-Realtime, in the binary form of its protocol buffers or in JSON.
//!
//! Messages are read by a table of the numbers of their fields. A field that the table lacks is kept under its number.

use std::collections::HashMap;

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::RawValue;
use situ_core::Instant;

use super::listed::Listed;
use super::{Found, Item, Items, PARTS, Parts, RECORD_LIMIT, numbered, refused};
use crate::importer::Reject;
use crate::json::{below, members, twice};
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
    /// Any number of them; of other fields there is one.
    Messages(Message),
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
    (1, "active_period", Kind::Messages(TIME_RANGE)),
    (5, "informed_entity", Kind::Messages(SELECTOR)),
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
    Kind::Messages(&[(1, "text", Kind::Text), (2, "language", Kind::Text)]),
)];

const IMAGES: Message = &[(
    1,
    "localized_image",
    Kind::Messages(&[
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
        json_feed(document).map_err(|reason| (1, reason))?
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
    // Programs write a time that is not said as the default of the number.
    let said = header.get("timestamp").filter(|said| &***said != "0");
    let learnt = said.and_then(|said| moment(said));
    let odd = said.filter(|_| learnt.is_none()).map(|said| {
        let shown: String = said.chars().take(40).collect();
        let reason = format!(
            "the timestamp of the header, `{shown}`, is no time in seconds since 1970 of a year from 1900 to 2200; its alerts are taken as of --learnt"
        );
        Err(refused(1, reason))
    });
    let items = entities.filter_map(move |entity| item(entity, learnt).transpose());
    Ok(Box::new(odd.into_iter().chain(items)))
}

/// An entity of a feed.
struct Entity {
    /// The line it begins on; a binary feed has none but the first.
    line: u64,
    /// Which of a binary feed it is, from 1.
    number: Option<u64>,
    fields: Result<Fields, String>,
}

/// An entity as a record; `None` where it is of another kind.
fn item(entity: Entity, learnt: Option<Instant>) -> Result<Option<Item>, Reject> {
    let Entity {
        line,
        number,
        fields,
    } = entity;
    let told = |record: Option<String>, reason: String| Reject {
        record,
        ..refused(
            line,
            match number {
                Some(number) => format!("entity {number}: {reason}"),
                None => reason,
            },
        )
    };
    let fields = fields.map_err(|reason| told(None, reason))?;
    let is_alert = fields
        .keys()
        .any(|name| name == "alert" || name.starts_with("alert."));
    let is_deleted = fields
        .get("is_deleted")
        .is_some_and(|flag| &**flag == "true");
    if !is_alert && !is_deleted {
        return Ok(None);
    }
    let Some(id) = fields.get("id").filter(|id| !id.is_empty()) else {
        return Err(told(None, "it has no id".to_owned()));
    };
    let key = id.to_string();
    let mut odd = Vec::new();
    let parts = match is_deleted {
        true => Vec::new(),
        false => {
            parts(&fields, &mut odd)
                .map_err(|reason| told(Some(key.clone()), reason))?
                .parts
        }
    };
    Ok(Some(Item {
        key,
        line,
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
fn parts(fields: &Fields, odd: &mut Vec<String>) -> Result<Parts, String> {
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
    let mut parts = Parts::default();
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
            parts.add(part)?;
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

/// The header of a feed; and its entities, read one at a time.
type Read = (Fields, Box<dyn Iterator<Item = Entity>>);

fn binary_feed(document: Vec<u8>) -> Result<Read, String> {
    let mut header = Found::default();
    let mut rest = document.as_slice();
    while !rest.is_empty() {
        match next(&mut rest)? {
            (1, Held::Bytes(bytes)) if bytes.len() <= RECORD_LIMIT => {
                binary(HEADER, bytes, "", &mut header, 0)?;
            }
            _ => {}
        }
    }
    let mut at = 0;
    let mut number = 0;
    let entities = std::iter::from_fn(move || {
        loop {
            let mut rest = &document[at..];
            if rest.is_empty() {
                return None;
            }
            // All of it was read once already.
            let (field, held) = next(&mut rest).ok()?;
            at = document.len() - rest.len();
            let (2, Held::Bytes(bytes)) = (field, held) else {
                continue;
            };
            number += 1;
            let mut found = Found::default();
            let read = match bytes.len() > RECORD_LIMIT {
                true => Err(too_long()),
                false => binary(ENTITY, bytes, "", &mut found, 0),
            };
            return Some(Entity {
                line: 1,
                number: Some(number),
                fields: read.map(|()| found.fields),
            });
        }
    });
    Ok((header.fields, Box::new(entities)))
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
    found: &mut Found,
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
        if *count > 1 && !may_repeat(kind) {
            return Err(twice(&name));
        }
        match (kind, held) {
            (Some(Kind::Message(message) | Kind::Messages(message)), Held::Bytes(bytes)) => {
                if bytes.is_empty() {
                    found.put(&path, "")?;
                }
                binary(message, bytes, &path, found, depth + 1)?;
            }
            (Some(Kind::Text), Held::Bytes(bytes)) => {
                let text = std::str::from_utf8(bytes).map_err(|_| format!("{path} is no UTF-8"))?;
                found.put(&path, text)?;
            }
            (Some(Kind::Word(words)), Held::Number(number)) => {
                found.put(&path, &word(words, number))?;
            }
            (Some(Kind::Flag), Held::Number(number)) => {
                found.put(&path, if number == 0 { "false" } else { "true" })?;
            }
            (Some(Kind::Number), Held::Number(number)) => {
                // Numbers below zero are written as if they were very large.
                found.put(&path, &number.cast_signed().to_string())?;
            }
            (None, Held::Number(number)) => found.put(&path, &number.to_string())?,
            (None, Held::Bytes(bytes)) => found.put(&path, &crate::mapper::hex(bytes))?,
            (Some(_), _) => return Err(format!("{path} holds something else")),
        }
    }
    Ok(())
}

/// Whether there may be several of a field; of one that nobody knows there may.
fn may_repeat(kind: Option<Kind>) -> bool {
    matches!(kind, None | Some(Kind::Messages(_)))
}

fn word(words: &[(u64, &'static str)], number: u64) -> String {
    let known = words.iter().find(|(known, _)| *known == number);
    known.map_or_else(|| number.to_string(), |(_, word)| (*word).to_owned())
}

#[derive(Deserialize)]
struct JsonFeed {
    #[serde(default)]
    header: Option<Box<RawValue>>,
    /// Read one at a time.
    #[serde(default, rename = "entity")]
    _entity: IgnoredAny,
}

fn json_feed(document: Vec<u8>) -> Result<Read, String> {
    let wrong = |reason: String| format!("no feed of GTFS-Realtime: {reason}");
    let text = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&document);
    let feed: JsonFeed = serde_json::from_slice(text).map_err(|error| wrong(error.to_string()))?;
    let mut header = Found::default();
    if let Some(said) = &feed.header {
        json(Some(HEADER), said.get(), "", &mut header, 0)
            .map_err(|reason| wrong(format!("its header: {reason}")))?;
    }
    let entities = Listed::new(document, "entity").map_err(|error| wrong(error.to_string()))?;
    let entities = entities.map(|(line, entity)| {
        let mut found = Found::default();
        let read = entity.and_then(|text| json(Some(ENTITY), &text, "", &mut found, 0));
        Entity {
            line,
            number: None,
            fields: read.map(|()| found.fields),
        }
    });
    Ok((header.fields, Box::new(entities)))
}

/// The fields of a message in JSON, by the names the binary form has.
fn json(
    message: Option<Message>,
    text: &str,
    path: &str,
    found: &mut Found,
    depth: usize,
) -> Result<(), String> {
    if !text.starts_with('{') {
        return found.put(path, &plain(text)?);
    }
    if depth == DEPTH {
        return Err("messages lie too deep in one another".to_owned());
    }
    let members = members(text, |name| snake_case(&name))?;
    if members.is_empty() && !path.is_empty() {
        return found.put(path, "");
    }
    for (name, value) in members {
        let known = message.and_then(|message| message.iter().find(|(_, known, _)| *known == name));
        let kind = known.map(|(_, _, kind)| *kind);
        let values: Vec<&RawValue> = match value.get() {
            "null" => continue,
            array if array.starts_with('[') => {
                serde_json::from_str(array).map_err(|error| error.to_string())?
            }
            _ => vec![value],
        };
        if values.len() > 1 && !may_repeat(kind) {
            return Err(twice(&name));
        }
        for (nth, value) in (1..).zip(values) {
            let path = below(path, &numbered(&name, nth));
            let text = value.get();
            match kind {
                Some(Kind::Message(message) | Kind::Messages(message)) => {
                    json(Some(message), text, &path, found, depth + 1)?;
                }
                Some(Kind::Word(words)) => {
                    let number = text.parse().ok().map(|number| word(words, number));
                    found.put(&path, &number.map_or_else(|| plain(text), Ok)?)?;
                }
                _ => json(None, text, &path, found, depth + 1)?,
            }
        }
    }
    Ok(())
}

/// A value as it stands, a text without its quotes.
fn plain(text: &str) -> Result<String, String> {
    match text.starts_with('"') {
        true => serde_json::from_str(text).map_err(|error| error.to_string()),
        false => Ok(text.to_owned()),
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
