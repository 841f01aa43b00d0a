//! Alerts of CAP.

use situ_core::Payload;
use situ_import::{Feed, Mapping};

use crate::log::Log;

pub(crate) const MAPPING: &str = r#"
dataset = "alerts"
shape = "cap"
[situation]
id = "floods"
zone = "Asia/Karachi"
opened = "2010-01-01T00:00:00Z"
[publisher]
id = "warnings"
[[services]]
service = { field = "event", words = { "Road Closure" = "road", "Power Cut" = "electricity" }, nothing = ["Flood"] }
scope = [{ area = "geocode.pcode" }, { area = "areaDesc" }]
"#;

const HEAD: &str = r#"<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>A1</identifier>
<sender>desk@example.org</sender>
<sent>2026-02-01T10:00:00+05:00</sent>
<status>Actual</status>
<msgType>Alert</msgType>
<scope>Public</scope>
"#;

const INFO: &str = r#"<info>
<language>en</language>
<category>Infra</category>
<category>Transport</category>
<event>Road Closure</event>
<urgency>Immediate</urgency>
<severity>Severe</severity>
<certainty>Observed</certainty>
<onset>2026-02-01T09:30:00+05:00</onset>
<expires>2026-02-02T09:30:00+05:00</expires>
<headline>Bridge &#233; &amp; road closed</headline>
<area>
<areaDesc>Quetta &amp; around</areaDesc>
<geocode><valueName>pcode</valueName><value>PK201</value></geocode>
<geocode><valueName>pcode</valueName><value>PK202</value></geocode>
</area>
<area><areaDesc>Nushki</areaDesc></area>
</info>
"#;

pub(crate) fn alert() -> String {
    format!("{HEAD}{INFO}</alert>")
}

/// A later alert about the one that [`alert`] makes.
fn about(kind: &str, info: &str) -> String {
    let head = HEAD
        .replace("A1", "A2")
        .replace("2026-02-01T10", "2026-02-01T12")
        .replace("<msgType>Alert", &format!("<msgType>{kind}"));
    format!(
        "{head}<references>desk@example.org,A1,2026-02-01T05:00:00+00:00</references>{info}</alert>"
    )
}

fn feed(alerts: &[String]) -> String {
    let entries = alerts.iter().map(|alert| {
        format!("<entry><id>1</id><content type=\"text/xml\">{alert}</content></entry>\n")
    });
    let entries: String = entries.collect();
    format!("<feed xmlns=\"http://www.w3.org/2005/Atom\">\n{entries}</feed>")
}

fn told_by(mapping: &str, documents: &[&str]) -> Log {
    let mut log = Log::default();
    for _ in 0..2 {
        for document in documents {
            let input = std::io::Cursor::new((*document).to_owned());
            let mapping = Mapping::from_toml(mapping).unwrap();
            log.tell(&mut Feed::new(Box::new(input), mapping, None));
        }
    }
    log
}

fn told(document: &str) -> Log {
    told_by(MAPPING, &[document])
}

fn area(place: &str) -> String {
    format!("{{of:{{area:{{place:{place}}}}}}}")
}

#[test]
fn an_alert_speaks_of_each_code_and_area_it_names() {
    let log = told(&alert());
    assert_eq!(log.rejects, [""; 0]);
    let since = "since 2026-02-01T04:30:00Z";
    let until = "until 2026-02-02T04:30:00Z";
    let mut expected = Vec::new();
    for place in ["pk201", "pk202", "nushki"] {
        expected.push(format!(
            "{}. road none {} {since}",
            expected.len() + 1,
            area(place)
        ));
        expected.push(format!(
            "{}. road still none {} at 2026-02-01T05:00:00Z",
            expected.len() + 1,
            area(place)
        ));
        expected.push(format!(
            "{}. road {} {until}",
            expected.len() + 1,
            area(place)
        ));
    }
    let mut said = log.said();
    said.sort_by_key(|line| {
        ["pk201", "pk202", "nushki"]
            .iter()
            .position(|place| line.contains(place))
    });
    let without_number = |lines: Vec<String>| -> Vec<String> {
        lines
            .iter()
            .map(|line| line.split_once(". ").unwrap().1.to_owned())
            .collect()
    };
    assert_eq!(without_number(said), without_number(expected));
    let words = log
        .events()
        .into_iter()
        .find_map(|event| match event.payload {
            Payload::ServiceSuspended(suspended) => suspended.words,
            _ => None,
        });
    assert_eq!(words.unwrap().as_str(), "Bridge é & road closed");
    let record = log
        .events()
        .into_iter()
        .find_map(|event| match event.payload {
            Payload::RecordPublished(record) => {
                Some((record, event.learnt_at.unwrap().to_string()))
            }
            _ => None,
        });
    let (record, learnt) = record.unwrap();
    assert_eq!(
        (record.key.as_str(), learnt.as_str()),
        ("A1", "2026-02-01T05:00:00Z")
    );
    let record = serde_json::to_value(&record).unwrap();
    for (field, expected) in [
        ("info.area.areaDesc", "Quetta & around"),
        ("info.area#2.areaDesc", "Nushki"),
        ("info.category#2", "Transport"),
        ("info.area.geocode#2.value", "PK202"),
    ] {
        assert_eq!(
            record["fields"][field]["stated"], expected,
            "{field} in {record}"
        );
    }
}

#[test]
fn what_no_service_is_meant_by_claims_nothing() {
    for (old, new) in [
        ("Actual", "Test"),
        ("Actual", "Exercise"),
        ("Actual", "Draft"),
        ("Road Closure", "Flood"),
        ("<msgType>Alert", "<msgType>Ack"),
    ] {
        let log = told(&alert().replace(old, new));
        assert_eq!((log.rejects.len(), log.said().len()), (0, 0), "{new}");
        let is_record = |payload: &Payload| matches!(payload, Payload::RecordPublished(_));
        assert!(log.events().iter().any(|event| is_record(&event.payload)));
    }
    let plain = MAPPING.split_once("[[services]]").unwrap().0;
    assert_eq!(told_by(plain, &[&alert()]).events().len(), 1);
}

#[test]
fn an_update_takes_nothing_back() {
    let update = about("Update", &INFO.replace("2026-02-02T09", "2026-02-03T09"));
    let log = told(&feed(&[alert(), update]));
    assert_eq!(log.rejects, [""; 0]);
    assert_eq!(log.said().len(), 18);
    assert!(log.said().iter().all(|line| !line.starts_with("not")));
}

#[test]
fn a_cancelled_alert_is_taken_back_also_from_another_file() {
    let bare = about("Cancel", "");
    let same = about("Cancel", INFO);
    let reference = "desk@example.org,A1,2026-02-01T05:00:00+00:00";
    let twice = bare.replace(reference, &format!("{reference} {reference}"));
    // In one file it need not say what it cancels; in another it does.
    for (documents, retracted) in [
        (vec![feed(&[alert(), bare.clone()])], 9),
        (vec![feed(&[alert(), same.clone()])], 9),
        (vec![alert(), same.clone()], 9),
        (vec![same, alert()], 9),
        // Many feeds give the newest first.
        (vec![feed(&[bare.clone(), alert()])], 9),
        // Named twice, it is cancelled once.
        (vec![feed(&[alert(), twice])], 9),
    ] {
        let documents: Vec<&str> = documents.iter().map(String::as_str).collect();
        let log = told_by(MAPPING, &documents);
        assert_eq!(log.rejects, [""; 0]);
        let events = log.events();
        let targets: Vec<_> = events
            .iter()
            .filter_map(|event| match &event.payload {
                Payload::ClaimRetracted(retracted) => Some(retracted.target.event()),
                _ => None,
            })
            .collect();
        assert_eq!(targets.len(), retracted);
        let is_claim = |payload: &Payload| {
            matches!(
                payload,
                Payload::ServiceSuspended(_)
                    | Payload::ServiceConfirmed(_)
                    | Payload::ServiceOutlookGiven(_)
            )
        };
        for target in targets {
            let event = events.iter().find(|event| event.id == target).unwrap();
            assert!(is_claim(&event.payload));
        }
    }
    let log = told(&bare);
    assert_eq!(
        log.rejects[0],
        "line 1, record A2: it cancels desk@example.org,A1,2026-02-01T05:00:00Z, which is not in this file, and does not say what that was about; import both in one file, or take the claims back by hand"
    );
    // An exercise cancels nothing.
    let log = told(&feed(&[alert(), bare.replace("Actual", "Exercise")]));
    assert_eq!((log.rejects.len(), log.said().len()), (0, 9));
}

#[test]
fn an_alert_that_cancels_too_much_at_once_is_refused() {
    let codes = "<geocode><valueName>pcode</valueName><value>PK203</value></geocode>".repeat(99);
    let info = INFO.replace("</area>\n<area>", &format!("{codes}</area>\n<area>"));
    let references: Vec<String> = (1..=60)
        .map(|number| format!("desk@example.org,B{number},2026-02-01T05:00:00+00:00"))
        .collect();
    let many = about("Cancel", &info).replace(
        "desk@example.org,A1,2026-02-01T05:00:00+00:00",
        &references.join(" "),
    );
    let log = told(&many);
    assert_eq!(
        log.rejects[0],
        "line 1, record A2: it cancels 60 alerts in 204 areas and codes, over 10000 in all"
    );
    assert_eq!(log.events(), []);
}

#[test]
fn what_is_no_valid_alert_is_refused_with_the_reason() {
    let bomb = format!(
        "<!DOCTYPE a [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]>\n{}",
        alert().replace("Nushki", "&b;")
    );
    let deep = alert().replace("<area>", &"<area>".repeat(40));
    let cases = [
        (
            "<scope>Public</scope>\n",
            "",
            "line 1, record A1: no valid alert: `alert` lacks `scope`",
        ),
        (
            "<category>Infra</category>\n<category>Transport</category>\n",
            "",
            "line 8, record A1: no valid alert: `info` lacks `category`",
        ),
        (
            "Immediate",
            "",
            "line 13, record A1: no valid alert: `urgency` is ``; it is one of Immediate",
        ),
        (
            "Actual",
            "actual",
            "line 5, record A1: no valid alert: `status` is `actual`",
        ),
        (
            "A1<",
            "A 1<",
            "line 2, record A 1: no valid alert: `identifier` is a name without spaces",
        ),
        (
            "<language>",
            "<tongue>x</tongue><language>",
            "line 9, record A1: no valid alert: `info` has no `tongue` in CAP",
        ),
        (
            "<event>",
            "<event>a</event><event>",
            "line 12, record A1: no valid alert: `info` has two `event`",
        ),
        (
            "2026-02-01T09:30:00+05:00",
            "now",
            "line 16, record A1: no valid alert: `onset`: ",
        ),
        (
            "<areaDesc>Nushki",
            "<polygon>1,2 3,4 5,6 7,8</polygon><areaDesc>Nushki",
            "line 24, record A1: no valid alert: `polygon` is",
        ),
        (
            "<areaDesc>Nushki",
            "<circle>1,200 5</circle><areaDesc>Nushki",
            "line 24, record A1: no valid alert: `circle` is",
        ),
        (
            "<valueName>pcode</valueName>",
            "",
            "line 21, record A1: no valid alert: `geocode` lacks `valueName`",
        ),
        (
            "<msgType>Alert",
            "<msgType>Cancel",
            "line 1, record A1: no valid alert: `msgType` is Cancel, without `references`",
        ),
        (
            "<scope>Public",
            "<scope>Private",
            "line 1, record A1: no valid alert: `scope` is Private, without `addresses`",
        ),
        (
            "cap:1.2",
            "cap:1.9",
            "line 1: its namespace is `urn:oasis:names:tc:emergency:cap:1.9`",
        ),
        ("Nushki", "&nushki;", "line 24: `&nushki;` is no character"),
        ("</alert>", "", "line 26: it ends in the middle"),
        ("</info>", "</inf>", "line 25: no XML: "),
    ];
    let mut documents: Vec<_> = cases
        .into_iter()
        .map(|(old, new, reason)| (alert().replace(old, new), reason))
        .collect();
    documents.extend([
        (bomb, "line 1: it has a document type"),
        (deep, "line 19: more than 32 elements lie in one another"),
        (
            feed(&[]),
            "line 1: there is no alert of CAP 1.1 or 1.2 in it",
        ),
        (String::new(), "line 1: there is no alert"),
        ("nothing".to_owned(), "line 1: there is no alert"),
        (
            feed(&["<link href=\"https://example.org/1\"/>".to_owned()])
                .replace("content", "title"),
            "line 2: the entry only refers to its alert; import that: https://example.org/1",
        ),
        (
            "<?xml version=\"1.0\" encoding=\"klingon\"?><alert/>".to_owned(),
            "line 1: the encoding `klingon` is unknown",
        ),
    ]);
    for (document, reason) in documents {
        let log = told(&document);
        assert!(
            log.rejects.iter().any(|reject| reject.starts_with(reason)),
            "{:?}, expected {reason}",
            log.rejects
        );
        assert_eq!(log.events(), [], "{reason}");
    }
}

#[test]
fn when_an_alert_was_sent_it_says_itself() {
    let mapping = format!("{MAPPING}[records]\nlearnt = {{ fields = [\"sent\"] }}\n");
    let error = Mapping::from_toml(&mapping).unwrap_err();
    assert_eq!(
        error.to_string(),
        "alerts of CAP say when they were sent; leave records.learnt out"
    );
}

#[test]
fn an_alert_is_read_in_the_encoding_it_names() {
    let declared = format!("<?xml version='1.0' encoding='ISO-8859-1'?>{}", alert());
    let mut bytes = declared.into_bytes();
    let at = bytes.windows(6).position(|six| six == b"Nushki").unwrap();
    bytes[at] = 0xd1;
    let mut log = Log::default();
    let mapping = Mapping::from_toml(MAPPING).unwrap();
    log.tell(&mut Feed::new(
        Box::new(std::io::Cursor::new(bytes.clone())),
        mapping,
        None,
    ));
    assert!(
        log.said().iter().any(|line| line.contains("place:ñushki")),
        "{:?}",
        log.said()
    );
    // The same bytes are no UTF-8.
    let start = bytes.windows(6).position(|six| six == b"<alert").unwrap();
    let mut log = Log::default();
    let mapping = Mapping::from_toml(MAPPING).unwrap();
    log.tell(&mut Feed::new(
        Box::new(std::io::Cursor::new(bytes[start..].to_vec())),
        mapping,
        None,
    ));
    assert_eq!(log.rejects, ["line 1: it is not in UTF-8, as it says"]);
}

#[test]
fn a_long_text_is_kept_in_pieces() {
    let long = "ö".repeat(3000);
    let log = told(&alert().replace("Bridge", &long));
    assert_eq!(log.rejects, [""; 0]);
    let record = log
        .events()
        .into_iter()
        .find_map(|event| match event.payload {
            Payload::RecordPublished(record) => Some(record),
            _ => None,
        });
    let record = serde_json::to_value(record.unwrap()).unwrap();
    let piece = |name: &str| {
        record["fields"][name]["stated"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let whole = piece("info.headline") + &piece("info.headline+2");
    assert_eq!(whole, format!("{long} é & road closed"));
}
