//! Messages of GTFS-Realtime from their text form to their binary form.

/// The fields of a message: name, number, and how it is written.
type Message = &'static [(&'static str, u32, Kind)];

enum Kind {
    Text,
    Number,
    Word(&'static [(&'static str, u64)]),
    Message(Message),
}

const FEED: Message = &[
    (
        "header",
        1,
        Kind::Message(&[
            ("gtfs_realtime_version", 1, Kind::Text),
            (
                "incrementality",
                2,
                Kind::Word(&[("FULL_DATASET", 0), ("DIFFERENTIAL", 1)]),
            ),
            ("timestamp", 3, Kind::Number),
        ]),
    ),
    (
        "entity",
        2,
        Kind::Message(&[
            ("id", 1, Kind::Text),
            ("is_deleted", 2, Kind::Word(&[("false", 0), ("true", 1)])),
            (
                "vehicle",
                4,
                Kind::Message(&[("congestion_level", 6, Kind::Number)]),
            ),
            (
                "alert",
                5,
                Kind::Message(&[
                    (
                        "active_period",
                        1,
                        Kind::Message(&[("start", 1, Kind::Number), ("end", 2, Kind::Number)]),
                    ),
                    (
                        "informed_entity",
                        5,
                        Kind::Message(&[
                            ("agency_id", 1, Kind::Text),
                            ("route_id", 2, Kind::Text),
                            ("route_type", 3, Kind::Number),
                            ("trip", 4, Kind::Message(&[("trip_id", 1, Kind::Text)])),
                            ("stop_id", 5, Kind::Text),
                            ("direction_id", 6, Kind::Number),
                        ]),
                    ),
                    (
                        "cause",
                        6,
                        Kind::Word(&[("OTHER_CAUSE", 2), ("STRIKE", 4), ("CONSTRUCTION", 10)]),
                    ),
                    (
                        "effect",
                        7,
                        Kind::Word(&[("NO_SERVICE", 1), ("DETOUR", 4), ("NO_EFFECT", 10)]),
                    ),
                    ("url", 8, TRANSLATED),
                    ("header_text", 10, TRANSLATED),
                    ("description_text", 11, TRANSLATED),
                    // Of the range that anybody may use.
                    ("private", 9001, Kind::Text),
                ]),
            ),
        ]),
    ),
];

const TRANSLATED: Kind = Kind::Message(&[(
    "translation",
    1,
    Kind::Message(&[("text", 1, Kind::Text), ("language", 2, Kind::Text)]),
)]);

/// The binary form of a feed in its text form, in which each field stands on a line.
pub(crate) fn binary(text: &str) -> Vec<u8> {
    let lines = text.lines().map(str::trim);
    let lines: Vec<&str> = lines
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect();
    let mut rest = lines.as_slice();
    let bytes = encode(FEED, &mut rest);
    assert!(rest.is_empty(), "{rest:?}");
    bytes
}

/// Reads up to the end of the message: one field a line.
fn encode(message: Message, rest: &mut &[&str]) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Some((line, more)) = rest.split_first() {
        *rest = more;
        if *line == "}" {
            break;
        }
        let (name, said) = match line.strip_suffix('{') {
            Some(name) => (name.trim(), ""),
            None => line
                .split_once(':')
                .map(|(name, said)| (name, said.trim()))
                .unwrap(),
        };
        let field = message.iter().find(|(known, ..)| *known == name);
        let (_, number, kind) = field.unwrap_or_else(|| panic!("{name}"));
        let number = u64::from(*number) << 3;
        let held = match kind {
            Kind::Number => {
                varint(number, &mut bytes);
                varint(said.parse::<i64>().unwrap().cast_unsigned(), &mut bytes);
                continue;
            }
            Kind::Word(words) => {
                let word = words.iter().find(|(word, _)| *word == said);
                varint(number, &mut bytes);
                varint(word.unwrap_or_else(|| panic!("{said}")).1, &mut bytes);
                continue;
            }
            Kind::Text => said.trim_matches('"').as_bytes().to_vec(),
            Kind::Message(message) => encode(message, rest),
        };
        varint(number | 2, &mut bytes);
        varint(held.len() as u64, &mut bytes);
        bytes.extend(held);
    }
    bytes
}

fn varint(mut number: u64, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}
