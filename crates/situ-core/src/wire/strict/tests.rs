//! What the strict reader refuses, and with which words.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

#[derive(Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    name: String,
    #[serde(default)]
    count: Option<u16>,
    #[serde(default)]
    shape: Option<Shape>,
    #[serde(default)]
    inner: Vec<Sample>,
    #[serde(default)]
    fields: BTreeMap<String, Option<String>>,
    #[serde(default)]
    pair: Option<(u16, u16)>,
}

#[derive(Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Shape {
    Point,
    Circle { radius: u16 },
    Named(Option<String>),
}

/// `expected` is the column, from 1, and how the reason begins.
fn refused(text: &str, expected: (usize, &str)) {
    let error = read::<Sample>(text, DEPTH).expect_err(text);
    let column = error.at.map_or(0, |at| at + 1);
    assert_eq!(column, expected.0, "{text}: {error}");
    assert!(error.reason.starts_with(expected.1), "{text}: {error}");
    assert!(error.reason.contains("; "), "no remedy: {error}");
}

#[test]
fn an_object_is_read_whatever_its_order_spaces_and_escapes() {
    let text = " { \"fields\" : {\"a\":null,\"b\":\"\\u00e9\\ud83d\\ude00\\n\"} ,\"inner\":[ {\"name\":\"x\"} ], \"na\\u006de\":\"n\", \"pair\":[1,2], \"shape\":{\"circle\":{\"radius\":3}}} ";
    let sample = read::<Sample>(text, DEPTH).unwrap();
    assert_eq!(sample, serde_json::from_str(text).unwrap());
    assert_eq!(sample.fields["b"].as_deref(), Some("é😀\n"));
    let words = r#"{"name":"n","shape":"point","count":null,"inner":[],"fields":{}}"#;
    assert_eq!(
        read::<Sample>(words, DEPTH).unwrap().shape,
        Some(Shape::Point)
    );
    let named = r#"{"name":"n","shape":{"named":null}}"#;
    assert_eq!(
        read::<Sample>(named, DEPTH).unwrap().shape,
        Some(Shape::Named(None))
    );
}

#[test]
fn a_list_in_place_of_an_object_is_refused_everywhere() {
    refused(
        r#"["n",1]"#,
        (
            1,
            "found a list in place of an object; write {..} with the fields name, count",
        ),
    );
    refused(
        r#"{"name":"n","inner":[["x"]]}"#,
        (22, "found a list in place of an object; write {..} with"),
    );
    refused(
        r#"{"name":"n","shape":{"circle":[3]}}"#,
        (
            31,
            "found a list in place of an object; write {..} with the fields radius",
        ),
    );
    refused(
        r#""n""#,
        (1, "found text in place of an object; write {..}"),
    );
    refused("7", (1, "found a number in place of an object; write {..}"));
    refused("null", (1, "found null in place of an object; write {..}"));
}

#[test]
fn a_key_given_twice_is_refused_also_where_nobody_reads_it() {
    refused(
        r#"{"name":"n","name":"m"}"#,
        (13, "field `name` is given twice; keep one"),
    );
    refused(
        r#"{"name":"n","n\u0061me":"m"}"#,
        (13, "field `name` is given twice; keep one"),
    );
    refused(
        r#"{"name":"n","fields":{"a":"1","b":null,"a":"1"}}"#,
        (40, "field `a` is given twice; keep one"),
    );
    let nested = read::<Raw<'_>>(r#"{"a":[{"b":1,"b":2}]}"#, DEPTH).unwrap_err();
    assert_eq!(
        (nested.at, nested.reason.as_str()),
        (Some(13), "field `b` is given twice; keep one")
    );
}

#[test]
fn fields_and_words_are_explained() {
    refused(
        r#"{"name":"n","coutn":1}"#,
        (
            13,
            "unknown field `coutn`, did you mean `count`; the fields here are name, count, shape",
        ),
    );
    refused(
        r#"{"name":"n","zzz":1}"#,
        (13, "unknown field `zzz`; the fields here are"),
    );
    refused("{}", (1, "field `name` is missing; add it"));
    refused(
        r#"{"name":"n","inner":[{"count":1}]}"#,
        (22, "field `name` is missing; add it"),
    );
    refused(
        r#"{"name":"n","shape":"piont"}"#,
        (
            21,
            "unknown word `piont`, did you mean `point`; it is one of point, circle, named",
        ),
    );
    refused(
        r#"{"name":"n","shape":{"square":{}}}"#,
        (22, "unknown word `square`; it is one of"),
    );
    refused(
        r#"{"name":"n","shape":{"point":null}}"#,
        (
            22,
            "`point` stands alone; write \"point\" in place of the object",
        ),
    );
    refused(
        r#"{"name":"n","shape":"circle"}"#,
        (21, "found a bare word; write an object"),
    );
    refused(
        r#"{"name":"n","shape":{"circle":{"radius":1},"point":null}}"#,
        (
            44,
            "`point` is a second key where only one may be; keep one",
        ),
    );
    refused(
        r#"{"name":"n","shape":{}}"#,
        (21, "found an empty object; write one of its words"),
    );
    refused(
        r#"{"name":5}"#,
        (9, "found the number 5; write text in double quotes"),
    );
    refused(
        r#"{"name":"n","pair":[1]}"#,
        (20, "found 1 entries; write a list of two"),
    );
    refused(
        r#"{"name":"n","pair":[1,2,3]}"#,
        (25, "the list has an entry too many; remove it"),
    );
    refused(
        r#"{"name":"n","inner":{}}"#,
        (21, "found an object; write a list"),
    );
}

#[test]
fn a_number_is_a_whole_number_as_digits() {
    let count = |value: &str, reason: &str| {
        refused(&format!(r#"{{"name":"n","count":{value}}}"#), (21, reason));
    };
    count(
        "1.5",
        "found the number 1.5; write a whole number, 1 to 65535",
    );
    count("1e3", "found the number 1e3; write a whole number");
    count("-1", "found the number -1; write a whole number");
    count("-0", "found the number -0; write a whole number");
    count("70000", "found the number 70000; write a whole number");
    count(
        "99999999999999999999",
        "found the number 99999999999999999999; write",
    );
    count("\"5\"", "found the text \"5\"; write a whole number");
    count(
        "NaN",
        "`NaN` is no value; write text in double quotes, a number",
    );
    count(
        "-Infinity",
        "`-Infinity` is no value; write text in double quotes",
    );
    count("True", "`True` is no value; write");
    count(
        "007",
        "`007` is no number; write digits alone, without leading zeros",
    );
    count("+5", "`+5` is no number; write digits alone");
    count(".5", "`.5` is no number; write");
    count("5.", "`5.` is no number; write");
    count("1e", "`1e` is no number; write");
    count("0x1F", "`0x1F` is no number; write");
    count("-", "`-` is no number; write");
}

#[test]
fn text_holds_no_nul_no_control_character_and_no_half_of_a_pair() {
    let name = |text: &str, column: usize, reason: &str| {
        refused(&format!(r#"{{"name":"{text}"}}"#), (column, reason));
    };
    name(r"a\u0000", 11, r"text holds U+0000; remove the \u0000");
    name(
        "a\u{0}",
        11,
        r"text holds the control character \u{0}; remove it",
    );
    name(
        "a\tb",
        11,
        r"text holds the control character \u{9}; remove it",
    );
    name(
        r"a\ud800",
        11,
        r"`\ud800` is half of a surrogate pair; write both halves",
    );
    name(
        r"\ud800\ud800",
        10,
        r"`\ud800` is half of a surrogate pair; write both",
    );
    name(
        r"\ud800\n",
        10,
        r"`\ud800` is half of a surrogate pair; write both",
    );
    name(
        r"\udc00\ud800",
        10,
        r"`\udc00` is half of a surrogate pair; write both",
    );
    name(r"\x41", 10, "found a backslash that is no escape; write");
    name(
        r"\u00g0",
        10,
        r"found \u without four hexadecimal digits; write",
    );
    name(
        r"\u12",
        10,
        r"found \u without four hexadecimal digits; write",
    );
    refused(r#"{"a\u0000":1}"#, (4, "text holds U+0000; remove"));
    let ignored = read::<Raw<'_>>(r#"{"x":"\ud800"}"#, DEPTH).unwrap_err();
    assert_eq!(ignored.at, Some(6));
}

#[test]
fn what_is_no_json_is_refused_where_it_stops_being_json() {
    let ends = "the line ends in the middle of an event; write each event whole";
    refused("", (1, ends));
    refused("{", (2, ends));
    refused(r#"{"name""#, (8, ends));
    refused(r#"{"name":"#, (9, ends));
    refused(r#"{"name":"n""#, (12, ends));
    refused("{\n", (2, ends));
    refused(
        r#"{"name":"n"#,
        (
            9,
            "the text that begins here does not end on this line; close",
        ),
    );
    refused(
        r#"{"name":"n",}"#,
        (12, "found a comma before `}`; remove the comma"),
    );
    refused(
        r#"{"name":"n","inner":[{"name":"n"},]}"#,
        (34, "found a comma before `]`; remove"),
    );
    refused(
        r#"{"name":"n" "count":1}"#,
        (13, "found `\\\"`; put a comma before the next entry"),
    );
    refused(
        r#"{name:"n"}"#,
        (2, "found `n`; write the name of the field in double quotes"),
    );
    refused(
        r#"{"name"="n"}"#,
        (8, "found `=`; put a colon after the name of the field"),
    );
    refused(
        r#"{"name":'n'}"#,
        (9, "found a single quote; write text in double quotes"),
    );
    refused(r#"{"name":,}"#, (9, "found `,`; write a value"));
    refused(
        r#"{"name":"n"} {}"#,
        (14, "text after the event, from `{`; end the line"),
    );
    refused(
        r#"{"name":"n"} // x"#,
        (14, "text after the event, from `/`; end the line"),
    );
    refused(
        "{\"name\":\"n\"}\n{}",
        (
            13,
            "an event goes on after the line; write one event on one line",
        ),
    );
}

#[test]
fn nesting_ends_at_sixteen_levels() {
    let nested = |depth: usize| {
        let inner = format!("{}{}", "[".repeat(depth - 1), "]".repeat(depth - 1));
        format!("{{\"a\":{inner}}}")
    };
    assert!(read::<Raw<'_>>(&nested(16), DEPTH).is_ok());
    let error = read::<Raw<'_>>(&nested(17), DEPTH).unwrap_err();
    assert_eq!(error.at, Some(20));
    assert_eq!(error.reason, "nested more than 16 levels deep; flatten it");
    let siblings = format!("{{\"a\":[{}0]}}", "[[]],".repeat(100));
    assert!(read::<Raw<'_>>(&siblings, 4).is_ok());
    refused(
        &"{\"inner\":[".repeat(100_000),
        (81, "nested more than 16 levels"),
    );
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        any::<u64>().prop_map(Into::into),
        "\\PC{0,6}".prop_map(Into::into),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Into::into),
            proptest::collection::btree_map("\\PC{0,4}", inner, 0..5)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_serde_json_writes_is_read_as_the_same_value(value in json()) {
        let text = value.to_string();
        prop_assert_eq!(read::<serde_json::Value>(&text, DEPTH), Ok(value));
    }

    #[test]
    fn what_is_read_is_json_with_the_same_value(text in r#"[\[\]{}:,"\\ a0-9eE.+u-]{0,12}"#) {
        if let Ok(value) = read::<serde_json::Value>(&text, DEPTH) {
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&text).ok(), Some(value));
        }
        let wrapped = format!("{{\"a\":{text}}}");
        let strict = read::<Raw<'_>>(&wrapped, DEPTH).is_ok();
        prop_assert!(!strict || serde_json::from_str::<de::IgnoredAny>(&wrapped).is_ok());
    }
}
