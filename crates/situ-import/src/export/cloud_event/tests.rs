use super::*;

const DATA: &str = r#"{"kind":"CasualtiesReported","version":1,"id":"019c1000-0000-7000-8000-000000000001","situation":"flood","learnt_at":"2026-02-01T18:59:59.999999999Z","source":{"origin":"pdma, quetta"},"payload":{}}"#;

/// An envelope with some attributes, of which a later one stands for an earlier.
fn envelope(attributes: &[(&str, Option<&str>)]) -> String {
    let mut envelope = serde_json::Map::new();
    let ours = [
        ("specversion", Some("1.0")),
        ("id", Some("019c1000-0000-7000-8000-000000000001")),
        ("source", Some("urn:situ:source:pdma%2C%20quetta")),
        ("type", Some("situ.CasualtiesReported")),
    ];
    for (name, said) in ours.iter().chain(attributes) {
        match said {
            Some(said) => envelope.insert((*name).to_owned(), (*said).into()),
            None => envelope.remove(*name),
        };
    }
    let envelope = serde_json::to_string(&envelope).unwrap();
    format!(
        "{},\"data\":{DATA}}}",
        envelope.strip_suffix('}').unwrap_or(&envelope)
    )
}

fn read(attributes: &[(&str, Option<&str>)]) -> Result<(), String> {
    let envelope = envelope(attributes);
    let read = from_cloud_event(&envelope);
    read.map(|line| assert_eq!(line, DATA))
        .map_err(|error| error.to_string())
}

#[test]
fn an_envelope_may_leave_out_what_it_need_not_say() {
    assert_eq!(read(&[]), Ok(()));
    for (name, said) in [
        ("subject", "flood"),
        ("time", "2026-02-01T18:59:59.999999999Z"),
        ("time", "2026-02-01T23:59:59.999999999+05:00"),
        ("time", "2026-02-01T18:59:59.999Z"),
        ("dataschema", "urn:situ:schema:CasualtiesReported:1"),
        ("datacontenttype", "application/json"),
        ("datacontenttype", "Application/JSON; charset=utf-8"),
        ("datacontenttype", "application/situ+json"),
        ("sequence", "00000000000000000005"),
        ("recordedtime", "2026-02-06T15:00:00Z"),
        ("traceparent", "anything"),
    ] {
        assert_eq!(read(&[(name, Some(said))]), Ok(()), "{name}: {said}");
    }
    for name in ["type", "source"] {
        let missing = format!("this is no CloudEvent: `{name}` is missing; add it");
        assert_eq!(read(&[(name, None)]), Err(missing));
    }
}

#[test]
fn an_envelope_that_contradicts_the_event_says_with_what() {
    let event = |name, said, makes| {
        let expected = format!(
            "`{name}` is `{said}`, but the event in `data` makes it `{makes}`; write one in both"
        );
        assert_eq!(read(&[(name, Some(said))]), Err(expected));
    };
    event("id", "019c", "019c1000-0000-7000-8000-000000000001");
    let makes = "situ.CasualtiesReported";
    event("type", "situ.ServiceSuspended", makes);
    event("type", "org.example.bus", makes);
    let makes = "urn:situ:source:pdma%2C%20quetta";
    event("source", "urn:situ:source:ispr", makes);
    event("source", "urn:situ:recorder", makes);
    event("source", "/bus", makes);
    event("subject", "elsewhere", "flood");
    let makes = "urn:situ:schema:CasualtiesReported:1";
    event("dataschema", "urn:situ:schema:CasualtiesReported:2", makes);
    event("dataschema", "https://example.org/schema", makes);
    event("datacontenttype", "text/csv", "application/json");
    let makes = "2026-02-01T18:59:59.999999999Z";
    event("time", "2026-02-02T00:00:00Z", makes);
    event("time", "2026-02-01T18:59:59.998Z", makes);
    event("time", "yesterday", makes);
}

#[test]
fn an_envelope_of_somebody_else_speaks_for_itself() {
    let theirs = [
        ("type", Some("org.example.bus")),
        ("source", Some("/bus")),
        ("subject", Some("topic/7")),
        ("time", Some("2026-03-01T00:00:00Z")),
        ("dataschema", Some("https://example.org/schema")),
    ];
    assert_eq!(read(&theirs), Ok(()));
    // As soon as it speaks of the event in our words, it is held to them.
    let also = [theirs.as_slice(), &[("dataschema", Some("urn:situ:x"))]].concat();
    assert!(read(&also).is_err());
    let other = [theirs.as_slice(), &[("id", Some("another"))]].concat();
    assert!(read(&other).is_err());
}

#[test]
fn what_is_shown_of_an_envelope_is_short_and_plain() {
    let long = "x\u{1b}\u{202e}".repeat(100);
    let said = read(&[("subject", Some(&long))]).unwrap_err();
    assert!(
        said.starts_with(r"`subject` is `x\u{1b}\u{202e}x"),
        "{said}"
    );
    assert!(said.contains("…`, but"), "{said}");
    assert!(said.len() < 800, "{said}");
}
