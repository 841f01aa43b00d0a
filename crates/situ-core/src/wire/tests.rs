//! The wire form, line by line.

use proptest::prelude::*;

use super::*;

const DEMO: &str = include_str!("../../../situ-cli/demo/balochistan-2026.ndjson");

fn id() -> EventId {
    EventId::from_content(Instant::from_unix_nanos(0), [7; 10])
}

/// A line around a payload.
fn line(kind: &str, payload: &str) -> String {
    format!(
        r#"{{"kind":"{kind}","situation":"s","occurred":"2026-02-04[Asia/Karachi]","source":{{"origin":"ispr"}},"payload":{payload}}}"#
    )
}

fn figure(quantity: &str) -> String {
    let figures = format!(
        r#"{{"figures":[{{"outcome":"killed","who":"all","quantity":{quantity},"period":"incident"}}]}}"#
    );
    line("CasualtiesReported", &figures)
}

/// The reason must begin with `expected` and stand at the column of `at` in the line.
fn refused(text: &str, at: &str, expected: &str) {
    let error = from_line(text, 7, id).expect_err(text);
    let column = text.find(at).expect(at) + 1;
    assert_eq!((error.line, error.column), (7, column), "{error}\n{text}");
    assert!(error.reason.starts_with(expected), "{error}\n{text}");
}

#[test]
fn the_demo_reads_and_writes_back_as_it_was() {
    for (index, line) in DEMO.lines().enumerate() {
        let event = from_line(line, index + 1, || panic!("no id")).unwrap();
        assert_eq!(to_line(&event).unwrap(), line);
    }
}

#[test]
fn the_envelope_is_read_strictly() {
    let good = line("CounterRestarted", r#"{"epoch":"2"}"#);
    assert_eq!(from_line(&good, 1, id).unwrap().id, id());
    assert!(from_line(&format!(" {good} \r"), 1, id).is_ok());
    let replaced = |from: &str, to: &str| good.replacen(from, to, 1);
    refused(
        &replaced("occurred", "ocurred"),
        "\"ocurred\"",
        "unknown field `ocurred`, did you mean `occurred`; the fields here are kind, version, id, situation, occurred, learnt_at, source, recorded_by, access, caused_by, payload",
    );
    refused(
        &replaced(r#""situation":"s""#, r#""situation":"s","situation":"s""#),
        "\"situation\":\"s\",\"occurred",
        "field `situation` is given twice; keep one",
    );
    refused(
        &replaced(r#"{"origin":"ispr"}"#, r#"["ispr"]"#),
        "[\"ispr\"]",
        "found a list in place of an object; write {..} with the fields origin, via",
    );
    refused(
        &replaced(r#""situation":"s","#, ""),
        "{",
        "field `situation` is missing; add it",
    );
    refused(
        &replaced(r#""s""#, r#""a b""#),
        "\"a b\"",
        "`a b` has white space; write an id without",
    );
    refused(
        &replaced(r#""situation""#, r#""id":"7","situation""#),
        "\"7\"",
        "`7` is no event id; write a UUID such as",
    );
    refused(
        &replaced(r#""situation""#, r#""version":0,"situation""#),
        "0,",
        "found the number 0; write a whole number, 1 to 65535",
    );
    refused(
        &replaced(r#""situation""#, r#""access":"secret","situation""#),
        "\"secret\"",
        "unknown word `secret`; it is one of public, restricted",
    );
    refused(
        &replaced("CounterRestarted", r"a\u0007"),
        "\"a\\u0007\"",
        "text holds \\u{7} at byte 1; remove it",
    );
    refused(
        &replaced(r#"{"epoch":"2"}"#, "[1]"),
        "[1]",
        "found a list in place of an object; write {..}",
    );
}

#[test]
fn instants_are_exact_and_within_reason() {
    let learnt = |text: &str, expected: &str| {
        let given = format!(r#""learnt_at":"{text}","payload""#);
        let line = line("CounterRestarted", r#"{"epoch":"2"}"#).replacen("\"payload\"", &given, 1);
        refused(&line, &format!("\"{text}\""), expected);
    };
    learnt(
        "2016-12-31T23:59:60Z",
        "`2016-12-31T23:59:60Z` is a leap second, which clocks disagree about; write second 59",
    );
    learnt(
        "2026-02-04T10:00:00",
        "`2026-02-04T10:00:00` is no instant; write",
    );
    learnt(
        "2026-02-04T10:00Z",
        "`2026-02-04T10:00Z` is no instant; write",
    );
    learnt(
        "2026-02-04T10:00:00.1234567890Z",
        "`2026-02-04T10:00:00.1234567890Z` is no",
    );
    learnt(
        "2026-02-04T10:00:00+18:01",
        "`2026-02-04T10:00:00+18:01` has an offset beyond 18 hours; check",
    );
    learnt(
        "1899-12-31T23:59:59Z",
        "`1899-12-31T23:59:59Z` lies outside the years 1900 to 2200; check the year",
    );
    learnt(
        "2201-01-01T00:00:00Z",
        "`2201-01-01T00:00:00Z` lies outside the years",
    );
    let day = line("CounterRestarted", r#"{"epoch":"2"}"#).replacen("[Asia/Karachi]", "", 1);
    refused(
        &day,
        "\"2026-02-04\"",
        "`2026-02-04` does not say in which zone; write 2026-02-04[Asia/Karachi]",
    );
}

#[test]
fn counts_are_whole_numbers_of_people() {
    for good in [
        "0",
        "197",
        "10000000000",
        r#"{"at_least":197}"#,
        r#"{"between":[1,2]}"#,
    ] {
        assert!(from_line(&figure(good), 1, id).is_ok(), "{good}");
    }
    let count = |quantity: &str, at: &str, expected: &str| refused(&figure(quantity), at, expected);
    let write = "write a whole number of people";
    count(
        "-1",
        "-1,",
        "found the number -1; write a whole number of people",
    );
    count("1.5", "1.5", &format!("found the number 1.5; {write}"));
    count("1e3", "1e3", &format!("found the number 1e3; {write}"));
    count("\"5\"", "\"5\"", &format!("found the text \"5\"; {write}"));
    count(
        "NaN",
        "NaN",
        "`NaN` is no value; write text in double quotes, a number, true",
    );
    count("null", "null", &format!("found null; {write}"));
    count("[5]", "[5]", &format!("found a list; {write}"));
    count(
        "10000000001",
        "10000000001",
        "10000000001 is over the limit of 10 000 000 000 people; check the digits",
    );
    count(
        r#"{"at_least":-3}"#,
        "-3",
        "found the number -3; write a whole number of people, 0 to 10 000 000 000, without quotes, sign, point or exponent",
    );
    count(
        r#"{"at_least":[3]}"#,
        "[3]",
        &format!("found a list; {write}"),
    );
    count(
        r#"{"between":[12,9]}"#,
        r#"{"between""#,
        "between 12 and 9 is upside down; write the smaller number first",
    );
    count(
        r#"{"at_leats":3}"#,
        "{\"at_leats\"",
        "unknown field `at_leats`, did you mean `at_least`; the fields here are at_least",
    );
}

#[test]
fn lists_never_stand_for_objects_in_a_payload() {
    let list = "found a list in place of an object; write {..} with the fields ";
    refused(
        &line("CasualtiesReported", r#"{"figures":[["killed","all"]]}"#),
        r#"["killed"#,
        &format!("{list}outcome, who"),
    );
    let period = figure("5").replace(
        "\"incident\"",
        r#"{"window":["unstated","2026-02-03[UTC]"]}"#,
    );
    refused(&period, "[\"unstated", &format!("{list}counts, from"));
    let scope = r#"{"service":"rail","scope":{"of":{"some_of":{"within":"p","at_least":2,"named":[{"segment":["a","b"]}]}}},"degree":"none"}"#;
    refused(
        &line("ServiceSuspended", scope),
        "[\"a\"",
        &format!("{list}from, to, route"),
    );
    let point = r#"{"place":"p","names":["n"],"point":{"at":[1,2],"precision":"exact"}}"#;
    refused(
        &line("PlaceDescribed", point),
        "[1,2]",
        &format!("{list}latitude_e6"),
    );
}

#[test]
fn the_fields_of_a_record_stand_once() {
    let record = r#"{"dataset":"d","key":"k","fields":{"a":{"stated":"1"},"a":{"stated":"2"}}}"#;
    refused(
        &line("RecordPublished", record),
        r#""a":{"stated":"2""#,
        "field `a` is given twice; keep one",
    );
    let both = r#"{"dataset":"d","key":"k","fields":{"a":{"stated":"1","derived":null}}}"#;
    refused(
        &line("RecordPublished", both),
        "\"derived\"",
        "`derived` is a second key where only one may be; keep one",
    );
}

#[test]
fn a_payload_of_an_unknown_kind_is_checked_too() {
    refused(
        &line("Weather", r#"{"x":[{"b":1,"b":1}]}"#),
        r#""b":1}]"#,
        "field `b` is given twice; keep one",
    );
    refused(
        &line("Weather", r#"{"x":"\u0000"}"#),
        r"\u0000",
        "text holds U+0000; remove",
    );
    refused(
        &line("Weather", r#"{"x":"\udead"}"#),
        r"\udead",
        "`\\udead` is half of a",
    );
    refused(
        &line("Weather", "[]"),
        "[]",
        "found a list in place of an object; write",
    );
    refused(
        &line("Weather", "5"),
        "5}",
        "found a number in place of an object; write",
    );
    refused(
        &line(
            "Weather",
            &format!("{{\"x\":{}{}}}", "[".repeat(16), "]".repeat(16)),
        ),
        "[]",
        "nested more than 16 levels deep; flatten it",
    );
    assert!(
        from_line(
            &line(
                "Weather",
                &format!("{{\"x\":{}{}}}", "[".repeat(15), "]".repeat(15))
            ),
            1,
            id
        )
        .is_ok()
    );
}

#[test]
fn what_the_parts_do_not_agree_on_is_refused_where_it_stands() {
    let no_source = figure("5").replace(r#""source":{"origin":"ispr"},"#, "");
    refused(
        &no_source,
        "{",
        "CasualtiesReported needs `source`: who claims it",
    );
    refused(
        &line("CasualtiesReported", r#"{"figures":[]}"#),
        r#"{"figures"#,
        "CasualtiesReported needs at least one entry in `figures`",
    );
}

#[test]
fn a_payload_that_contradicts_itself_is_refused() {
    let check = |kind: &str, payload: &str, expected: &str| {
        refused(
            &line(kind, payload),
            payload,
            &format!("{kind}: {expected}"),
        );
    };
    let partition = |parts: &str| {
        format!(
            r#"{{"outcome":"killed","whole":{{"who":"security_forces"}},"parts":[{parts}],"coverage":"partial"}}"#
        )
    };
    check(
        "PartitionDeclared",
        &partition(r#"{"who":"police"},{"who":"civilian"}"#),
        "part `civilian` does not lie within the whole `security_forces`",
    );
    check(
        "PartitionDeclared",
        &partition(r#"{"who":"police"},{"who":"military"},{"who":"police","sex":"male"}"#),
        "parts 1 and 3 count the same people; leave one out",
    );
    check(
        "OutcomeChanged",
        r#"{"people":{"who":"all"},"from":"injured","to":"injured","count":1}"#,
        "`from` and `to` are both injured; name two outcomes",
    );
    let rail = |of: &str, degree: &str| {
        format!(r#"{{"service":"rail","scope":{{"of":{{{of}}}}},"degree":"{degree}"}}"#)
    };
    let quetta = r#""area":{"place":"quetta"}"#;
    check(
        "ServiceSuspended",
        &rail(quetta, "normal"),
        "degree `normal` suspends nothing; record ServiceRestored or ServiceConfirmed",
    );
    check(
        "ServiceRestored",
        &rail(quetta, "none"),
        "degree `none` restores nothing; record ServiceSuspended or ServiceConfirmed",
    );
    let counted = |degree: &str, nth: u16, on: &str| {
        let ordinal = format!(r#","ordinal":{{"nth":{nth},"on":"{on}"}}}}"#);
        rail(quetta, degree).replace(
            &format!(r#""{degree}"}}"#),
            &format!(r#""{degree}"{ordinal}"#),
        )
    };
    for (payload, expected) in [
        (
            counted("normal", 3, "2026-02-04[UTC]"),
            "degree `normal` counts no days; leave out `ordinal`",
        ),
        (
            counted("none", 3, "2027-02-07[UTC]"),
            "`ordinal` is on 2027-02-07[UTC], after what the claim speaks of and after it was learnt; check the day",
        ),
        (
            counted("none", 65535, "2026-02-04[UTC]"),
            "day 65535 on 2026-02-04[UTC] implies a start before the year 1900; check the number",
        ),
    ] {
        check("ServiceConfirmed", &payload, expected);
    }
    let two_of_one = r#""some_of":{"within":"balochistan","named":[{"area":{"place":"quetta"}},{"area":{"place":"nushki"}}],"at_least":1}"#;
    check(
        "ServiceConfirmed",
        &rail(two_of_one, "none"),
        "2 members are named but `at_least` is 1; it counts the named ones too",
    );
}

#[test]
fn text_keeps_its_limits_and_hides_nothing() {
    let words = |text: &str| {
        let payload = format!(r#"{{"epoch":"2","words":"{text}"}}"#);
        line("CounterRestarted", &payload)
    };
    assert!(from_line(&words(&"x".repeat(4096)), 1, id).is_ok());
    assert!(from_line(&words("می\u{200c}خواهم"), 1, id).is_ok());
    refused(
        &words(&"x".repeat(4097)),
        "\"xxx",
        "text of 4097 bytes is over the limit of 4096; shorten it, or cite the document",
    );
    refused(
        &words("a\u{202e}b"),
        "\"a\u{202e}",
        r"text holds \u{202e} at byte 1; remove it",
    );
    refused(
        &words(r"a\nb"),
        r#""a\nb"#,
        r"text holds \u{a} at byte 1; remove it",
    );
    refused(
        &words(" "),
        "\" \"",
        "text is empty; leave the field out instead",
    );
    let name = format!(r#"{{"epoch":"{}"}}"#, "x".repeat(257));
    refused(
        &line("CounterRestarted", &name),
        "\"xxx",
        "text of 257 bytes is over the limit of 256",
    );
}

#[test]
fn a_line_is_one_event_and_nothing_else() {
    let good = figure("5");
    refused(
        &format!("\u{feff}{good}"),
        "\u{feff}",
        "the line begins with a byte order mark; save",
    );
    refused("", "", "the line is empty; remove it");
    refused(" \t\r", "", "the line is empty; remove it");
    refused(
        &format!("{good} x"),
        "x",
        "text after the event, from `x`; end the line",
    );
    refused(
        &format!("{good}\n{good}"),
        "\n",
        "an event goes on after the line; write one event on one line",
    );
    refused(
        "{\n\"kind\":\"x\"}",
        "\n",
        "the line ends in the middle of an event; write each event whole",
    );
    refused(
        "[]",
        "[",
        "found a list in place of an object; write {..} with the fields kind",
    );
}

#[test]
fn sizes_are_limited_before_and_after_reading() {
    let quote = |number: usize| format!(r#""f{number}":{{"stated":"{}"}}"#, "x".repeat(4000));
    let record = |fields: usize| {
        let fields: Vec<_> = (0..fields).map(quote).collect();
        let payload = format!(
            r#"{{"dataset":"d","key":"k","fields":{{{}}}}}"#,
            fields.join(",")
        );
        line("RecordPublished", &payload)
    };
    assert!(from_line(&record(65), 1, id).is_ok());
    let error = from_line(&record(66), 1, id).unwrap_err();
    assert!(error.reason.starts_with("the event takes 265"), "{error}");
    assert!(
        error
            .reason
            .contains("over the limit of 262 144 (256 KiB); split it"),
        "{error}"
    );
    let unknown = line(
        "Weather",
        &format!(r#"{{"x":"{}"}}"#, "x".repeat(Event::LIMIT)),
    );
    assert!(
        from_line(&unknown, 1, id)
            .unwrap_err()
            .reason
            .starts_with("the event takes")
    );
    let escaped = line(
        "Weather",
        &format!(r#"{{"x":"{}"}}"#, "x".repeat(LINE_LIMIT)),
    );
    refused(
        &escaped,
        "{",
        "the line is over the limit of 1048576 bytes; write one event a line",
    );
}

#[test]
fn a_reason_is_short_and_safe_to_print() {
    let error = from_line(
        &line("CounterRestarted", "{}").replacen("2026-02-04", &"x".repeat(90_000), 1),
        1,
        id,
    )
    .unwrap_err();
    assert!(error.reason.len() < 1000, "{}", error.reason.len());
    assert!(
        error
            .reason
            .ends_with("2026-01-31/2026-02-04, or ../2026-02-04"),
        "{error}"
    );
    let hostile = from_line(
        &line("CounterRestarted", "{}").replacen("\"s\"", r#""\u001b[2J x""#, 1),
        1,
        id,
    )
    .unwrap_err();
    assert!(!hostile.reason.contains('\u{1b}'), "{hostile}");
    let reordered = from_line(&line("CounterRestarted", "{\"\u{202e}\":1}"), 1, id).unwrap_err();
    assert!(
        reordered.reason.starts_with(r"unknown field `\u{202e}`; "),
        "{reordered}"
    );
}

fn all(input: &[u8]) -> Vec<Result<Event, String>> {
    from_lines(input, id)
        .map(|line| line.map_err(|error| error.to_string()))
        .collect()
}

#[test]
fn lines_are_read_one_by_one_and_each_answers_for_itself() {
    let good = figure("5");
    let input = [good.as_bytes(), b"\r\n", b"{}\n\xff\n\n", good.as_bytes()].concat();
    let read = all(&input);
    assert_eq!(read.len(), 5);
    assert!(read[0].is_ok() && read[4].is_ok());
    let reason = |index: usize| read[index].clone().unwrap_err();
    assert_eq!(
        reason(1),
        "line 2, column 1: field `kind` is missing; add it"
    );
    assert_eq!(
        reason(2),
        "line 3, column 1: byte 0xff is not UTF-8; save the file as UTF-8"
    );
    assert_eq!(reason(3), "line 4, column 1: the line is empty; remove it");
    assert_eq!(all(b""), []);
    let late = [b"{\"kind\":\"", &b"\xc3\x28\"}"[..]].concat();
    assert_eq!(
        all(&late),
        [Err(
            "line 1, column 10: byte 0xc3 is not UTF-8; save the file as UTF-8".to_owned()
        )]
    );
    let mut lines = from_lines(&b"a\nbc\r\n"[..], id);
    assert!(lines.next().unwrap().is_err());
    assert_eq!((lines.number(), lines.line()), (1, &b"a"[..]));
    assert!(lines.next().unwrap().is_err());
    assert_eq!((lines.number(), lines.line()), (2, &b"bc\r"[..]));
    assert!(lines.next().is_none());
}

/// An input that never ends and counts what was taken of it.
struct Endless(usize);

impl io::Read for Endless {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        buffer.fill(b'x');
        self.0 += buffer.len();
        Ok(buffer.len())
    }
}

#[test]
fn a_line_over_the_limit_is_refused_before_its_end() {
    let mut endless = from_lines(io::BufReader::new(Endless(0)), id);
    let error = endless.next().unwrap().unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("line 1, column 1: the line is over the limit of"),
        "{error}"
    );
    assert!(endless.input.get_ref().0 < LINE_LIMIT + 100_000);
    assert!(endless.line.len() <= LINE_LIMIT + 2);

    let long = vec![b'x'; 3 * LINE_LIMIT];
    let read = all(&[&long, &b"\n"[..], figure("5").as_bytes(), &b"\n"[..]].concat());
    assert_eq!(read.len(), 2);
    assert!(
        read[0]
            .as_ref()
            .unwrap_err()
            .starts_with("line 1, column 1: the line is over")
    );
    assert!(read[1].is_ok());
    assert_eq!(all(&long).len(), 1);
    // At the limit, with either line break.
    let body = figure("5");
    for end in ["\n", "\r\n", ""] {
        let full = format!("{body}{}{end}", " ".repeat(LINE_LIMIT - body.len()));
        assert!(all(full.as_bytes())[0].is_ok(), "{end:?}");
        let over = format!(
            "{body}{}{end}{body}",
            " ".repeat(LINE_LIMIT - body.len() + 1)
        );
        assert!(all(over.as_bytes())[0].is_err(), "{end:?}");
    }
}

#[test]
fn a_million_bytes_of_garbage_end_in_one_clear_error() {
    assert_eq!(all(&[b'#'; 1_000_000]).len(), 1);
    let error = all(&[b'#'; 1_000_000]).remove(0).unwrap_err();
    assert!(error.starts_with("line 1, column 1: `####"), "{error}");
    assert!(
        error.ends_with("is no value; write text in double quotes, a number, true, false or null"),
        "{error}"
    );
    assert!(error.len() < 1000);
}

struct Broken;

impl io::Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the disk is gone"))
    }
}

#[test]
fn an_input_that_fails_is_the_last_error() {
    let read: Vec<_> = from_lines(io::BufReader::new(Broken), id).collect();
    assert_eq!(read.len(), 1);
    let error = read[0].as_ref().unwrap_err().to_string();
    assert!(
        error.contains("the input cannot be read: the disk is gone; "),
        "{error}"
    );
}

#[test]
fn every_cut_and_every_changed_byte_of_a_line_is_an_event_or_an_error() {
    for line in DEMO.lines().step_by(5) {
        for cut in 0..line.len() {
            let read = all(&line.as_bytes()[..cut]);
            assert!(read.iter().all(Result::is_err), "{line}");
        }
    }
    let line = DEMO.lines().nth(15).unwrap().as_bytes();
    for at in (0..line.len()).step_by(3) {
        for byte in [0, b'"', b'{', b'[', b'\\', b'9', b'\n', 0xff] {
            let mut changed = line.to_vec();
            changed[at] = byte;
            assert!(!all(&changed).is_empty());
        }
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        all(&bytes);
    }

    #[test]
    fn no_mutation_of_a_line_makes_it_panic(
        line in 0..DEMO.lines().count(),
        changes in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3u8), 1..6),
    ) {
        let mut bytes = DEMO.lines().nth(line).unwrap_or_default().as_bytes().to_vec();
        for (index, byte, how) in changes {
            let at = index.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => { bytes.remove(at); }
            }
        }
        for event in all(&bytes).into_iter().flatten() {
            let line = to_line(&event).unwrap();
            prop_assert_eq!(from_line(&line, 1, id).unwrap(), event);
        }
    }
}
