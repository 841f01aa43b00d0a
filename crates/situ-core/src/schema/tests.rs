//! The schemas say what the reader does, and they change only by additions.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::wire::from_line;
use crate::{Event, EventId, Instant, Position, Recorded, to_line};

const DEMO: &str = include_str!("../../../situ-cli/demo/balochistan-2026.ndjson");

fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// The lines of the demo and of every golden file.
fn lines() -> Vec<Value> {
    let mut lines: Vec<String> = DEMO.lines().map(str::to_owned).collect();
    for entry in std::fs::read_dir(file("tests/golden")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        lines.extend(text.lines().map(str::to_owned));
    }
    lines
        .iter()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Checks a value by the keywords our schemas use; a keyword it does not know fails the test. Formats and patterns are what
/// the reader's own tests are for.
fn conforms(value: &Value, schema: &Value, root: &Value) -> Result<(), String> {
    let Some(keywords) = schema.as_object() else {
        return if schema == &json!(true) {
            Ok(())
        } else {
            Err("nothing may stand here".to_owned())
        };
    };
    for (keyword, rule) in keywords {
        let holds = match keyword.as_str() {
            "$schema" | "$defs" | "title" | "description" | "format" | "pattern" | "default" => {
                true
            }
            "$ref" => {
                let target = rule
                    .as_str()
                    .and_then(|pointer| root.pointer(pointer.strip_prefix('#')?));
                conforms(value, target.ok_or_else(|| format!("no {rule}"))?, root)?;
                true
            }
            "type" => match rule {
                Value::Array(types) => types.iter().any(|name| is_of_type(value, name)),
                name => is_of_type(value, name),
            },
            "const" => value == rule,
            "enum" => rule.as_array().unwrap().contains(value),
            "oneOf" | "anyOf" => {
                let schemas = rule.as_array().unwrap();
                let fitting = schemas
                    .iter()
                    .filter(|schema| conforms(value, schema, root).is_ok())
                    .count();
                if keyword == "oneOf" {
                    fitting == 1
                } else {
                    fitting > 0
                }
            }
            "required" => value.as_object().is_none_or(|object| {
                rule.as_array()
                    .unwrap()
                    .iter()
                    .all(|key| object.contains_key(key.as_str().unwrap()))
            }),
            "properties" | "additionalProperties" => {
                let known = keywords.get("properties").and_then(Value::as_object);
                for (key, entry) in value.as_object().into_iter().flatten() {
                    match known.and_then(|known| known.get(key)) {
                        Some(schema) if keyword == "properties" => conforms(entry, schema, root)?,
                        None if keyword == "additionalProperties" => conforms(entry, rule, root)
                            .map_err(|error| format!("{key}: {error}"))?,
                        _ => {}
                    }
                }
                true
            }
            "items" => {
                for item in value.as_array().into_iter().flatten() {
                    conforms(item, rule, root)?;
                }
                true
            }
            "minItems" => value
                .as_array()
                .is_none_or(|list| list.len() as u64 >= rule.as_u64().unwrap()),
            "maxItems" => value
                .as_array()
                .is_none_or(|list| list.len() as u64 <= rule.as_u64().unwrap()),
            "minLength" => value
                .as_str()
                .is_none_or(|text| text.chars().count() as u64 >= rule.as_u64().unwrap()),
            "maxLength" => value
                .as_str()
                .is_none_or(|text| text.chars().count() as u64 <= rule.as_u64().unwrap()),
            "minimum" => value
                .as_f64()
                .is_none_or(|number| number >= rule.as_f64().unwrap()),
            "maximum" => value
                .as_f64()
                .is_none_or(|number| number <= rule.as_f64().unwrap()),
            unknown => panic!("the test does not know the keyword {unknown}"),
        };
        if !holds {
            return Err(format!("{value} does not hold {keyword}: {rule}"));
        }
    }
    Ok(())
}

fn is_of_type(value: &Value, name: &Value) -> bool {
    match name.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("no type {other}"),
    }
}

#[test]
fn what_we_write_conforms_to_the_schema_of_its_kind_and_of_all_kinds() {
    let all = wire_schema(None);
    for line in lines() {
        let kind = Kind::from_name(line["kind"].as_str().unwrap());
        let own = wire_schema(Some(&kind));
        conforms(&line, &own, &own).unwrap_or_else(|error| panic!("{line}: {error}"));
        conforms(&line, &all, &all).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
}

#[test]
fn what_the_schema_refuses_the_reader_refuses_too() {
    let id = || EventId::from_content(Instant::from_unix_nanos(0), [0; 10]);
    let mut checked = 0;
    for line in lines() {
        let kind = line["kind"].as_str().unwrap().to_owned();
        let schema = wire_schema(Some(&Kind::from_name(&kind)));
        // Another name is another kind, kept unread.
        for broken in broken(&line)
            .into_iter()
            .filter(|broken| broken["kind"] == kind)
        {
            let reads = from_line(&broken.to_string(), 1, id).is_ok();
            let fits = conforms(&broken, &schema, &schema).is_ok();
            assert!(
                fits || !reads,
                "read, though the schema refuses it: {broken}"
            );
            checked += usize::from(!fits);
        }
    }
    assert!(checked > 1000, "{checked}");
}

/// The value with one part left out, or replaced by something else, in every place.
fn broken(value: &Value) -> Vec<Value> {
    let mut variants = vec![json!(null), json!({}), json!(-1), json!("x")];
    match value {
        Value::Object(object) => {
            for (key, entry) in object {
                let mut less = object.clone();
                less.remove(key);
                variants.push(less.clone().into());
                for changed in broken(entry) {
                    less.insert(key.clone(), changed);
                    variants.push(less.clone().into());
                }
            }
            let mut more = object.clone();
            more.insert("surplus".to_owned(), json!(1));
            variants.push(more.into());
        }
        Value::Array(list) => {
            for (index, entry) in list.iter().enumerate() {
                for changed in broken(entry) {
                    let mut list = list.clone();
                    list[index] = changed;
                    variants.push(list.into());
                }
            }
        }
        _ => {}
    }
    variants
}

#[test]
fn the_schema_of_an_unknown_kind_describes_the_envelope() {
    let schema = wire_schema(Some(&Kind::from_name("Weather")));
    let line = json!({"kind": "Weather", "situation": "s", "payload": {"any": [1.5]}});
    conforms(&line, &schema, &schema).unwrap();
    conforms(&json!({"kind": "Weather", "payload": {}}), &schema, &schema).unwrap_err();
}

/// Every kind, type and vocabulary as a block of text, by its heading.
fn blocks() -> BTreeMap<String, String> {
    let schema = wire_schema(None);
    let mut blocks = BTreeMap::new();
    let envelope = line(&Kind::from_name("any"), &mut SchemaGenerator::default());
    blocks.insert("envelope".to_owned(), block(&Value::Object(envelope)));
    for kind in Kind::ALL {
        let line = line(kind, &mut SchemaGenerator::default());
        let payload = shape(&line["properties"]["payload"]);
        let required: Vec<_> = line["required"]
            .as_array()
            .unwrap()
            .iter()
            .map(shape)
            .collect();
        let heading = format!("event {kind} {}", kind.newest_version());
        blocks.insert(
            heading,
            format!(
                "  payload: {payload}\n  required: {}\n",
                required.join(", ")
            ),
        );
    }
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        let heading = if words(definition).is_some() {
            "words"
        } else {
            "type"
        };
        blocks.insert(format!("{heading} {name}"), block(definition));
    }
    blocks
}

fn block(schema: &Value) -> String {
    let mut block = String::new();
    if let Some(words) = words(schema) {
        for word in words {
            let _ = writeln!(block, "  {word}");
        }
    } else if let Some(properties) = schema["properties"].as_object() {
        let is_required = |key: &str| {
            schema["required"]
                .as_array()
                .is_some_and(|required| required.iter().any(|name| name == key))
        };
        for (key, property) in properties {
            let mark = if is_required(key) { "" } else { "?" };
            let _ = writeln!(block, "  {key}{mark}: {}", shape(property));
        }
    } else if let Some(forms) = schema["oneOf"].as_array() {
        for form in forms {
            let _ = writeln!(block, "  | {}", shape(form));
        }
    } else {
        let _ = writeln!(block, "  {}", shape(schema));
    }
    block
}

/// A schema in short: names for references, `[..]` for lists, `{..}` for objects, JSON for the rest.
fn shape(schema: &Value) -> String {
    if let Some(name) = schema["$ref"].as_str() {
        return name.trim_start_matches("#/$defs/").to_owned();
    }
    if let Some(forms) = schema["anyOf"].as_array() {
        return forms.iter().map(shape).collect::<Vec<_>>().join(" or ");
    }
    if schema["type"] == "array" {
        let bound = |key: &str, word: &str| {
            schema[key]
                .as_u64()
                .map_or_else(String::new, |bound| format!(", {word} {bound}"))
        };
        return format!(
            "[{}{}{}]",
            shape(&schema["items"]),
            bound("minItems", "at least"),
            bound("maxItems", "at most")
        );
    }
    if let Some(text) = schema.as_str() {
        return text.to_owned();
    }
    if schema["properties"].is_object() {
        let fields = block(schema)
            .lines()
            .map(str::trim)
            .collect::<Vec<_>>()
            .join(", ");
        return format!("{{{fields}}}");
    }
    let null = bare(schema) == json!({"type": "null"});
    if null {
        "null".to_owned()
    } else {
        bare(schema).to_string().replace("#/$defs/", "")
    }
}

/// The words of a vocabulary.
fn words(schema: &Value) -> Option<Vec<&str>> {
    if let Some(words) = schema["enum"].as_array() {
        return words.iter().map(Value::as_str).collect();
    }
    schema["oneOf"]
        .as_array()?
        .iter()
        .map(|word| word["const"].as_str())
        .collect()
}

/// A schema without what only explains.
fn bare(schema: &Value) -> Value {
    let mut bare = schema.clone();
    if let Some(keywords) = bare.as_object_mut() {
        keywords
            .retain(|keyword, _| !matches!(keyword.as_str(), "description" | "title" | "default"));
    }
    bare
}

fn parse(lock: &str) -> BTreeMap<String, String> {
    let mut blocks = BTreeMap::new();
    let mut heading = String::new();
    for line in lock
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
    {
        if line.starts_with(' ') {
            blocks
                .entry(heading.clone())
                .or_insert_with(String::new)
                .push_str(&format!("{line}\n"));
        } else {
            heading = line.to_owned();
            blocks.insert(heading.clone(), String::new());
        }
    }
    blocks
}

/// What of the lock no longer holds.
fn changes(locked: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> String {
    let mut changes = String::new();
    for (heading, before) in locked {
        match now.get(heading) {
            None => {
                let _ = writeln!(changes, "{heading} is gone");
            }
            Some(after) => {
                for line in before
                    .lines()
                    .filter(|line| !after.lines().any(|other| other == *line))
                {
                    let _ = writeln!(changes, "{heading} has lost: {}", line.trim());
                }
                for line in after
                    .lines()
                    .filter(|line| !before.lines().any(|other| other == *line))
                {
                    let _ = writeln!(changes, "{heading} has gained: {}", line.trim());
                }
            }
        }
    }
    changes
}

const HEADER: &str = "# Every kind of event with its fields, every type, every list of words: what logs already hold.
# Written by the tests of situ-core (SITU_EVENTS_LOCK=extend adds new kinds, versions and types). Never edit or remove a line.
";

#[test]
fn events_change_only_by_additions() {
    let path = file("events.lock");
    let lock = std::fs::read_to_string(&path).unwrap_or_default();
    let (locked, now) = (parse(&lock), blocks());
    let changes = changes(&locked, &now);
    assert!(
        changes.is_empty(),
        "\n{changes}
Logs out there hold events in the old form, and other programs read the new ones. Leave the kind as it was, and:
- for another or one more field or word: copy the struct, give the copy the next version in `kinds!`, and add a typed step from
  the old one (docs/decisions/0008); a changed list of words is a new list, used by that version alone;
- for another meaning: add a kind.
Then run the tests with SITU_EVENTS_LOCK=extend, which writes down what is new and refuses everything else.\n"
    );
    let new: Vec<_> = now
        .keys()
        .filter(|heading| !locked.contains_key(*heading))
        .collect();
    if std::env::var("SITU_EVENTS_LOCK").is_ok_and(|wish| wish == "extend") && !new.is_empty() {
        let blocks: Vec<_> = now
            .iter()
            .map(|(heading, block)| format!("\n{heading}\n{block}"))
            .collect();
        std::fs::write(&path, HEADER.to_owned() + &blocks.concat()).unwrap();
        return;
    }
    assert!(
        new.is_empty(),
        "events.lock does not have {new:?}; run the tests with SITU_EVENTS_LOCK=extend to add it, and commit the file"
    );
}

#[test]
fn the_lock_tells_additions_from_changes() {
    let lock = "# c\n\nwords A\n  a\n  b\n\ntype B\n  x: 1\n";
    let locked = parse(lock);
    let check = |now: &str, expected: &str| assert_eq!(changes(&locked, &parse(now)), expected);
    check(lock, "");
    check(&format!("{lock}\nwords C\n  c\n"), "");
    check("words A\n  a\n  b\n", "type B is gone\n");
    check("words A\n  a\n\ntype B\n  x: 1\n", "words A has lost: b\n");
    check(
        "words A\n  a\n  b\n  c\n\ntype B\n  x: 1\n",
        "words A has gained: c\n",
    );
    check(
        "words A\n  a\n  b\n\ntype B\n  x?: 1\n",
        "type B has lost: x: 1\ntype B has gained: x?: 1\n",
    );
}

#[test]
fn the_catalogue_has_every_kind_field_and_word_and_its_examples_read() {
    let catalogue = include_str!("../../../../docs/events.md");
    let mut exampled = std::collections::BTreeSet::new();
    let mut fence = false;
    for (index, line) in catalogue.lines().enumerate() {
        if fence && line != "```" {
            let event = from_line(line, index + 1, || panic!("an example without id"));
            exampled.insert(
                event
                    .unwrap_or_else(|error| panic!("docs/events.md: {error}"))
                    .payload
                    .kind(),
            );
        }
        fence = line == "```json" || (fence && line != "```");
    }
    // A section ends where the next one begins.
    let section = |heading: &str| {
        let start = catalogue
            .find(&format!("\n### {heading}\n"))
            .unwrap_or_else(|| panic!("docs/events.md has no section {heading}"));
        let rest = &catalogue[start + 5..];
        &rest[..rest.find("\n### ").unwrap_or(rest.len())]
    };
    let schema = wire_schema(None);
    let has =
        |place: &str, text: &str| assert!(place.contains(text), "docs/events.md lacks {text}");
    for kind in Kind::ALL {
        assert!(
            exampled.contains(kind),
            "docs/events.md has no example of {kind}"
        );
        let payload = &schema["$defs"][kind.as_str()];
        for field in payload["properties"].as_object().unwrap().keys() {
            has(section(kind.as_str()), &format!("`{field}`"));
        }
    }
    for (name, definition) in schema["$defs"].as_object().unwrap() {
        for word in words(definition).into_iter().flatten() {
            has(section(name), &format!("- `{word}`: "));
        }
        for field in definition["properties"].as_object().into_iter().flatten() {
            has(catalogue, &format!("`{}`", field.0));
        }
    }
    for field in line(&Kind::from_name("any"), &mut SchemaGenerator::default())["properties"]
        .as_object()
        .unwrap()
        .keys()
    {
        has(section("The envelope"), &format!("`{field}`"));
    }
}

/// Any value a schema allows; `depth` ends what contains itself.
fn any_value(schema: &Value, root: &Value, depth: u32) -> BoxedStrategy<Value> {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.trim_start_matches("#/$defs/");
        return any_text(name).unwrap_or_else(|| any_value(&root["$defs"][name], root, depth));
    }
    if let Some(word) = schema.get("const") {
        return Just(word.clone()).boxed();
    }
    if let Some(words) = schema["enum"].as_array() {
        return proptest::sample::select(words.clone()).boxed();
    }
    if let Some(forms) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
        let ends = |form: &&Value| depth > 0 || !form.to_string().contains("some_of");
        let forms: Vec<_> = forms
            .iter()
            .filter(ends)
            .map(|form| any_value(form, root, depth))
            .collect();
        return proptest::strategy::Union::new(forms).boxed();
    }
    let inner = |schema: &Value| any_value(schema, root, depth.saturating_sub(1));
    let bound = |key: &str, default: u64| schema[key].as_u64().unwrap_or(default);
    match schema["type"]
        .as_str()
        .or_else(|| schema["type"][0].as_str())
    {
        Some("array") => {
            let least = usize::try_from(bound("minItems", 0)).unwrap();
            let most = usize::try_from(bound("maxItems", 3)).unwrap();
            proptest::collection::vec(inner(&schema["items"]), least..=most)
                .prop_map(Value::from)
                .boxed()
        }
        Some("integer") => {
            let least = schema["minimum"].as_i64().unwrap();
            let most = schema["maximum"].as_i64().unwrap_or(i64::from(u32::MAX));
            prop_oneof![Just(least), Just(most), least..=most]
                .prop_map(Value::from)
                .boxed()
        }
        Some("object") if schema["properties"].is_object() => {
            let mut fields = Just(Map::new()).boxed();
            for (name, property) in schema["properties"].as_object().unwrap() {
                let name = name.clone();
                let is_required = schema["required"]
                    .as_array()
                    .is_some_and(|required| required.contains(&json!(name)));
                let value = if is_required {
                    inner(property).prop_map(Some).boxed()
                } else {
                    proptest::option::of(inner(property)).boxed()
                };
                fields = (fields, value)
                    .prop_map(move |(mut fields, value)| {
                        fields.extend(value.map(|value| (name.clone(), value)));
                        fields
                    })
                    .boxed();
            }
            fields.prop_map(Value::Object).boxed()
        }
        Some("object") => {
            let key = any_text("Name")
                .unwrap()
                .prop_map(|key| key.as_str().unwrap().to_owned());
            let entries =
                proptest::collection::btree_map(key, inner(&schema["additionalProperties"]), 0..4);
            entries
                .prop_map(|entries| Value::Object(entries.into_iter().collect()))
                .boxed()
        }
        Some("null") => Just(Value::Null).boxed(),
        other => panic!("no values of {other:?} in {schema}"),
    }
}

/// Texts of a type whose rules a schema cannot say.
fn any_text(name: &str) -> Option<BoxedStrategy<Value>> {
    let event = "[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}";
    let day = r"2026-0[1-9]-(0[1-9]|1[0-9]|2[0-8])";
    let zone = r"(Asia/Karachi|America/New_York|UTC|Asia/Kathmandu)";
    let instant = format!(
        r"{day}T([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]{{1,9}})?(Z|\+05:00|-03:30)"
    );
    let pattern = match name {
        "Name" | "Text" => r#"[a-zé"\\/ پ漢\u200c]{0,8}[a-z]"#.to_owned(),
        "Verbatim" => r#"[a-z"\\\n\t\r پ😀]{0,8}"#.to_owned(),
        "SituationId" | "PlaceId" | "SourceId" => r#"[a-zA-Z0-9"\\é-]{1,8}"#.to_owned(),
        "EventId" => event.to_owned(),
        "ClaimRef" => format!("{event}(#[1-9][0-9]{{0,3}})?"),
        "Scope" => format!("(all|attacks|operations|event:{event})"),
        "Zone" => zone.to_owned(),
        "When" => format!(
            r"({instant}|{instant}/\.\.|({day}[~?%]?|2026-0[1-9]|2026|2026-21|\.\./{day}|{day}/\.\.|\[2026-01-01,{day}\])\[{zone}\])"
        ),
        "Instant" => instant,
        _ => return None,
    };
    Some(
        proptest::string::string_regex(&pattern)
            .unwrap()
            .prop_map(Value::from)
            .boxed(),
    )
}

fn any_line() -> impl Strategy<Value = Value> {
    proptest::sample::select(Kind::ALL).prop_flat_map(|kind| {
        let schema = wire_schema(Some(&kind));
        any_value(&schema, &schema, 4)
    })
}

fn recorded(event: &Event) -> Recorded {
    let mut body = Vec::new();
    event.encode(&mut body).unwrap();
    Recorded {
        position: Position::new(1),
        recorded_at: Instant::from_unix_nanos(0),
        learnt_at: Instant::from_unix_nanos(0),
        id: event.id,
        situation: event.situation.clone(),
        kind: event.payload.kind(),
        version: event.payload.version(),
        body: String::from_utf8(body).unwrap().into(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_event_reads_and_writes_and_decodes_as_the_same(line in any_line()) {
        let id = || EventId::from_content(Instant::from_unix_nanos(0), [0; 10]);
        let event = match from_line(&line.to_string(), 1, id) {
            Ok(event) => event,
            Err(error) => {
                // What a schema allows and no event says: parts that contradict each other, numbers upside down.
                let kind = line["kind"].as_str().unwrap();
                let reason = &error.reason;
                let contradicts = reason.starts_with(kind) || reason.contains("is upside down") || reason.contains("fewer than 0");
                prop_assert!(contradicts, "{}\n{}", error, line);
                return Ok(());
            }
        };
        let written = to_line(&event).unwrap();
        prop_assert_eq!(&from_line(&written, 1, || panic!("it has an id")).unwrap(), &event);
        let recorded = recorded(&event);
        prop_assert_eq!(&recorded.event().unwrap(), &event);
        prop_assert_eq!(recorded.decode_both_ways(), [Some(event.clone()), Some(event)]);
        prop_assert_eq!(recorded.to_line(), written);
    }

    #[test]
    fn what_is_read_of_a_changed_body_in_the_quick_way_reads_so_in_the_other(
        line in any_line(),
        at in any::<prop::sample::Index>(),
        removed in 0..3_usize,
        added in r#"["\\{}\[\]:,0-9a-z\-. \x01é]{0,3}"#,
    ) {
        let id = || EventId::from_content(Instant::from_unix_nanos(0), [0; 10]);
        let Ok(event) = from_line(&line.to_string(), 1, id) else {
            return Ok(());
        };
        let mut recorded = recorded(&event);
        let characters: Vec<char> = recorded.body.chars().collect();
        let at = at.index(characters.len());
        let rest = characters.iter().skip(at + removed);
        recorded.body = characters[..at].iter().copied().chain(added.chars()).chain(rest.copied()).collect::<String>().into();
        let [quick, other] = recorded.decode_both_ways();
        if quick.is_some() {
            prop_assert_eq!(quick, other, "{}", recorded.body);
        }
    }
}
