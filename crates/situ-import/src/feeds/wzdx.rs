//! Feeds of the Work Zone Data Exchange: road works, in GeoJSON.

use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;
use serde_json::value::RawValue;
use situ_core::Instant;

use super::listed::Listed;
use super::{Found, Item, Items, line_of, numbered, refused};
use crate::importer::Reject;
use crate::json::{below, members, short_enough};
use crate::mapper::Fields;

/// How deep values may lie in one another to be fields of their own.
const DEPTH: usize = 16;

#[derive(Deserialize)]
struct Document {
    #[serde(rename = "type")]
    type_: String,
    /// Its name since version 4.
    #[serde(default)]
    feed_info: Option<Info>,
    #[serde(default)]
    road_event_feed_info: Option<Info>,
    /// Read one at a time.
    #[serde(rename = "features")]
    _features: IgnoredAny,
}

#[derive(Deserialize)]
struct Info {
    update_date: String,
}

/// The road works of a feed.
pub(super) fn items(document: Vec<u8>) -> Result<Items, (u64, String)> {
    let text = document.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&document);
    let text = std::str::from_utf8(text).map_err(|error| {
        let line = line_of(&document, error.valid_up_to());
        (line, "no UTF-8".to_owned())
    })?;
    let feed: Document = serde_json::from_str(text)
        .map_err(|error| (error.line() as u64, format!("no feed of WZDx: {error}")))?;
    if feed.type_ != "FeatureCollection" {
        return Err((
            1,
            "no feed of WZDx: its type is not FeatureCollection".to_owned(),
        ));
    }
    let Some(info) = feed.feed_info.or(feed.road_event_feed_info) else {
        return Err((1, "no feed of WZDx: it has no `feed_info`".to_owned()));
    };
    let updated = info.update_date.parse::<Instant>();
    let updated = updated.map_err(|error| (1, format!("feed_info.update_date: {error}")))?;
    let features = Listed::new(document, "features")
        .map_err(|error| (1, format!("no feed of WZDx: {error}")))?;
    let items = features.map(move |(line, feature)| match feature {
        Ok(feature) => item(&feature, line, updated),
        Err(reason) => Err(refused(line, format!("the road works: {reason}"))),
    });
    Ok(Box::new(items))
}

fn item(text: &str, line: u64, updated: Instant) -> Result<Item, Reject> {
    let feature = serde_json::from_str(text);
    let feature: Value =
        feature.map_err(|error| refused(line, format!("no road works: {error}")))?;
    let (key, learnt) = said(&feature, updated).map_err(|reason| refused(line, reason))?;
    let mut found = Found::default();
    flatten(text, "", 0, &mut found).map_err(|reason| Reject {
        record: Some(key.clone()),
        ..refused(line, reason)
    })?;
    Ok(Item {
        learnt: Some(learnt),
        parts: vec![part(&feature, &key)],
        key,
        line,
        fields: found.fields,
        odd: Vec::new(),
        alert: None,
    })
}

/// What road works are called, and when they became public.
fn said(feature: &Value, updated: Instant) -> Result<(String, Instant), String> {
    if feature["type"] != "Feature" {
        return Err("its type is not Feature".to_owned());
    }
    let properties = &feature["properties"];
    let core = &properties["core_details"];
    let ids = [
        &feature["id"],
        &core["road_event_id"],
        &properties["road_event_id"],
    ];
    let key = ids.into_iter().find_map(Value::as_str);
    let key = key.ok_or("it has no `id`")?.to_owned();
    let own = [&core["update_date"], &properties["update_date"]];
    let learnt = match own.into_iter().find_map(Value::as_str) {
        None => updated,
        Some(said) => said
            .parse()
            .map_err(|error| format!("update_date: {error}"))?,
    };
    Ok((key, learnt))
}

/// What road works say: their properties and core details by their own names, and their roads as one.
fn part(feature: &Value, key: &str) -> Fields {
    let properties = &feature["properties"];
    let mut part = Fields::new();
    for object in [properties, &properties["core_details"]] {
        for (name, value) in object.as_object().into_iter().flatten() {
            if !value.is_object() {
                part.insert(name.clone(), value.to_string().into());
            }
        }
    }
    let roads = part
        .get("road_names")
        .map(|names| serde_json::from_str::<Vec<String>>(names));
    let road = match roads {
        Some(Ok(names)) => Some(names.join(" / ")),
        _ => properties["road_name"].as_str().map(str::to_owned),
    };
    for (name, said) in [("road", road), ("id", Some(key.to_owned()))] {
        if let Some(said) = said {
            part.insert(name.to_owned(), Value::String(said).to_string().into());
        }
    }
    part
}

/// Every value as a field, by its path and as it stands; an array of plain values stays one.
fn flatten(text: &str, path: &str, depth: usize, found: &mut Found) -> Result<(), String> {
    let is_plain = |value: &&RawValue| !value.get().starts_with(['{', '[']);
    short_enough(path)?;
    if depth < DEPTH && text.starts_with('{') {
        for (path, value) in members(text, |name| below(path, &name))? {
            flatten(value.get(), &path, depth + 1, found)?;
        }
        return Ok(());
    }
    if depth < DEPTH && text.starts_with('[') {
        let values: Vec<&RawValue> = serde_json::from_str(text).unwrap_or_default();
        if !values.iter().all(is_plain) {
            for (nth, value) in (1..).zip(values) {
                flatten(value.get(), &numbered(path, nth), depth + 1, found)?;
            }
            return Ok(());
        }
    }
    found.put(path, text)
}
