//! Every kind and version has a file of lines that decode for ever to the same values and encode to the same bytes.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on may panic")]

use std::collections::BTreeMap;
use std::path::PathBuf;

use situ_core::*;

fn path(kind: &Kind, version: u16) -> PathBuf {
    let name = format!("{kind}.{version}.ndjson");
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("tests/golden")
        .join(name)
}

fn parse<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn text(text: &str) -> Option<Text> {
    Some(Text::new(text).unwrap())
}

fn count(number: u64) -> Count {
    Count::new(number).unwrap()
}

fn id(number: u8) -> EventId {
    parse(&format!("019c2705-8880-7000-8000-0000000000{number:02x}"))
}

/// The least a kind needs.
fn minimal(payload: impl Into<Payload>) -> Event {
    let mut event = Event::new(id(1), parse("balochistan-2026"), payload);
    let kind = event.payload.kind();
    event.occurred = kind
        .occurred_means()
        .map(|_| parse("2026-02-04[Asia/Karachi]"));
    event.source = kind.is_claim().then(|| Source::new(parse("ispr")));
    event
}

/// Every field of the envelope.
fn maximal(payload: impl Into<Payload>) -> Event {
    Event {
        id: id(2),
        situation: parse("balochistan-2026"),
        occurred: Some(parse("2026-02-03/2026-02-04[Asia/Karachi]")),
        learnt_at: Some(parse("2026-02-04T05:00:00.5Z")),
        source: Some(Source {
            origin: parse("security-official"),
            via: vec![parse("report"), parse("agency")],
            quote: text("at least 197 — \"شدت پسند\" \\ killed"),
            url: text("urn:situ:scenario:report-a"),
            digest: Some(name("sha256:00ff")),
            language: Some(name("en")),
        }),
        recorded_by: Some(name("desk two")),
        access: Access::Restricted,
        caused_by: Some(id(3)),
        payload: payload.into(),
    }
}

fn who(role: Role) -> Who {
    Who::any(role)
}

fn figure(quantity: Quantity, period: Period) -> Figure {
    Figure {
        outcome: Outcome::Killed,
        who: Role::All,
        sex: None,
        age: None,
        quantity,
        words: None,
        scope: Harm::All,
        places: vec![],
        period,
        basis: Basis::Reported,
    }
}

fn quetta() -> ServiceScope {
    ServiceScope::of(Extent::Area {
        place: parse("quetta"),
    })
}

/// Every shape a scope has.
fn every_extent() -> ServiceScope {
    let segment = Extent::Segment {
        from: parse("nushki"),
        to: parse("taftan"),
        route: Some(name("N-40")),
    };
    ServiceScope {
        of: Extent::SomeOf {
            within: parse("PK-BA"),
            named: vec![
                segment,
                Extent::Segment {
                    from: parse("dera-ghazi-khan"),
                    to: parse("rakhni"),
                    route: None,
                },
                Extent::Route { name: name("N-70") },
                Extent::Operator {
                    name: name("Pakistan Railways"),
                },
                Extent::Network { name: name("3G") },
            ],
            at_least: std::num::NonZeroU32::new(6).unwrap(),
            words: text("several districts"),
        },
        except: vec![
            Extent::Area {
                place: parse("gwadar"),
            },
            Extent::Facility {
                name: name("Quetta station"),
                place: Some(parse("quetta")),
            },
            Extent::Facility {
                name: name("a hospital"),
                place: None,
            },
            Extent::Between {
                a: parse("PK-BA"),
                b: Some(parse("PK-SD")),
            },
            Extent::Between {
                a: parse("PK-BA"),
                b: None,
            },
        ],
    }
}

fn ordinal() -> Option<Ordinal> {
    let nth = std::num::NonZeroU16::new(5).unwrap();
    Some(Ordinal {
        nth,
        on: parse("2026-02-04[Asia/Karachi]"),
    })
}

fn situation_and_places() -> Vec<Event> {
    let opened = SituationOpened {
        title: name("Balochistan, 31 January – 6 February 2026"),
        zone: parse("Asia/Karachi"),
        places: vec![],
    };
    let place = PlaceDescribed {
        place: parse("PK"),
        names: vec![name("Pakistan")],
        codes: vec![],
        within: vec![],
        point: None,
    };
    let code = |system, code| PlaceCode {
        system,
        code: name(code),
    };
    vec![
        minimal(opened.clone()),
        maximal(SituationOpened {
            places: vec![parse("PK-BA"), parse("PK")],
            ..opened
        }),
        minimal(place),
        maximal(PlaceDescribed {
            place: parse("PK-BA"),
            names: vec![name("Balochistan"), name("بلوچستان")],
            codes: vec![
                code(CodeSystem::Iso3166_2, "PK-BA"),
                code(CodeSystem::Wikidata, "Q163239"),
                code(CodeSystem::PCode, "PK2"),
            ],
            within: vec![parse("PK")],
            point: Some(PlacePoint {
                at: Point::new(28_500_000, -65_500_000).unwrap(),
                precision: PointPrecision::Province,
            }),
        }),
    ]
}

fn sources() -> Vec<Event> {
    let described = SourceDescribed {
        id: parse("unsc"),
        name: name("UN Security Council"),
        kind: SourceKind::Igo,
        party: None,
    };
    let assessed = SourceAssessed {
        assessed: parse("ispr"),
        by: name("desk"),
        reliability: Some(Reliability::C),
        credibility: None,
        about: None,
    };
    vec![
        minimal(described.clone()),
        maximal(SourceDescribed {
            party: Some(name("State of Pakistan")),
            kind: SourceKind::Military,
            ..described
        }),
        minimal(assessed.clone()),
        maximal(SourceAssessed {
            credibility: Some(Credibility::Two),
            about: Some(id(9)),
            ..assessed
        }),
    ]
}

fn attacks_and_operations() -> Vec<Event> {
    let attack = AttackOccurred {
        mode: AttackMode::ArmedAssault,
        targets: vec![],
        places: vec![],
        unnamed_places_within: None,
        part_of: None,
        words: None,
    };
    let operation = OperationConducted {
        actor: name("Pakistani security forces"),
        against: vec![],
        mode: OperationMode::Clearance,
        state: OperationState::Ongoing,
        places: vec![],
        in_response_to: vec![],
        part_of: None,
        words: None,
    };
    vec![
        minimal(attack.clone()),
        maximal(AttackOccurred {
            targets: vec![name("civilians"), name("police buildings")],
            places: vec![parse("nushki")],
            unnamed_places_within: Some(parse("PK-BA")),
            part_of: Some(id(9)),
            words: text("coordinated attacks"),
            ..attack
        }),
        minimal(operation.clone()),
        maximal(OperationConducted {
            against: vec![name("militant groups")],
            places: vec![parse("PK-BA")],
            in_response_to: vec![id(6), id(7)],
            part_of: Some(id(9)),
            words: text("still going on"),
            ..operation
        }),
    ]
}

fn casualties() -> Vec<Event> {
    let since = Period::Cumulative {
        since: Some(parse("2026-01-31[Asia/Karachi]")),
    };
    let window = Period::Window {
        counts: WindowKind::Unstated,
        from: parse("2026-02-03[Asia/Karachi]"),
    };
    let least = CasualtiesReported {
        figures: vec![figure(
            Quantity::exactly(count(255)),
            Period::Cumulative { since: None },
        )],
        words: None,
        epoch: None,
    };
    let every_quantity = [
        Quantity::at_least(count(197)),
        Quantity::more_than(count(362)),
        Quantity::up_to(count(50)),
        Quantity::fewer_than(count(50)).unwrap(),
        Quantity::between(count(30), count(40)).unwrap(),
        Quantity::about(count(100)),
        Quantity::phrase(Lexicon::En1.phrase("dozens").unwrap()),
        Quantity::exactly(count(Count::LIMIT)),
        Quantity::exactly(count(0)),
    ];
    let mut figures: Vec<_> = every_quantity
        .into_iter()
        .map(|quantity| figure(quantity, since.clone()))
        .collect();
    figures.push(Figure {
        outcome: Outcome::Injured,
        who: Role::Civilian,
        sex: Some(Sex::Female),
        age: Some(AgeBand::Child),
        words: text("women and children among them"),
        scope: Harm::Event(id(9)),
        places: vec![parse("PK-BA")],
        basis: Basis::Verified,
        ..figure(Quantity::at_least(count(1)), window)
    });
    figures.push(Figure {
        scope: Harm::Attacks,
        ..figure(Quantity::exactly(count(31)), Period::Incident)
    });
    figures.push(Figure {
        scope: Harm::Operations,
        ..figure(Quantity::exactly(count(20)), Period::Incident)
    });
    let change = OutcomeChanged {
        people: who(Role::All),
        from: Outcome::Injured,
        to: Outcome::Killed,
        count: count(1),
        scope: Harm::All,
        places: vec![],
    };
    vec![
        minimal(least),
        maximal(CasualtiesReported {
            figures,
            words: text("in the past 24 hours"),
            epoch: Some(name("2")),
        }),
        minimal(change.clone()),
        maximal(OutcomeChanged {
            people: Who {
                role: Role::Police,
                sex: Some(Sex::Male),
                age: Some(AgeBand::Adult),
            },
            scope: Harm::Attacks,
            places: vec![parse("quetta")],
            ..change
        }),
    ]
}

fn statements() -> Vec<Event> {
    let claims = SpeechAct {
        act: Act::ClaimsResponsibility,
        addressed_to: vec![],
        words: None,
    };
    let statement = StatementIssued {
        speaker: name("Balochistan Liberation Army"),
        on_behalf_of: None,
        acts: vec![claims.clone()],
        about: vec![],
        words: None,
    };
    vec![
        minimal(statement),
        maximal(StatementIssued {
            speaker: name("James Kariuki"),
            on_behalf_of: Some(name("UN Security Council")),
            acts: vec![
                SpeechAct {
                    act: Act::Condemns,
                    addressed_to: vec![],
                    words: text("in the strongest terms"),
                },
                SpeechAct {
                    act: Act::Urges,
                    addressed_to: vec![name("all states")],
                    words: text("cooperation with Pakistan"),
                },
                claims,
            ],
            about: vec![id(6)],
            words: text("a statement to the press"),
        }),
    ]
}

fn services() -> Vec<Event> {
    let suspended = ServiceSuspended {
        service: Service::Rail,
        scope: quetta(),
        degree: Degree::None,
        causes: Causes::default(),
        ordered_by: None,
        ordinal: None,
        words: None,
    };
    let confirmed = ServiceConfirmed {
        service: Service::MobileData,
        scope: quetta(),
        degree: Degree::None,
        ordinal: None,
        words: None,
    };
    let restored = ServiceRestored {
        service: Service::Road,
        scope: quetta(),
        degree: Degree::Normal,
        words: None,
    };
    let outlook = ServiceOutlookGiven {
        service: Service::Rail,
        scope: quetta(),
        expected_end: parse("2026-02-05[Asia/Karachi]"),
        words: None,
    };
    let assessed = AssessedCause {
        cause: Cause::Damage,
        by: parse("ngo"),
    };
    vec![
        minimal(suspended.clone()),
        maximal(ServiceSuspended {
            scope: every_extent(),
            causes: Causes {
                stated: Some(Cause::SecurityOperation),
                assessed: Some(assessed),
            },
            ordered_by: Some(name("provincial government")),
            ordinal: ordinal(),
            words: text("halted for a fifth consecutive day"),
            ..suspended
        }),
        minimal(confirmed.clone()),
        maximal(ServiceConfirmed {
            scope: every_extent(),
            ordinal: ordinal(),
            words: text("remain suspended"),
            ..confirmed
        }),
        minimal(restored.clone()),
        maximal(ServiceRestored {
            scope: every_extent(),
            words: text("cleared"),
            ..restored
        }),
        minimal(outlook.clone()),
        maximal(ServiceOutlookGiven {
            scope: every_extent(),
            expected_end: parse("2026-02[Asia/Karachi]"),
            words: text("within the month"),
            ..outlook
        }),
    ]
}

fn counting_and_records() -> Vec<Event> {
    let partition = PartitionDeclared {
        outcome: Outcome::Killed,
        scope: Harm::All,
        places: vec![],
        whole: who(Role::All),
        parts: vec![
            who(Role::NonStateArmed),
            who(Role::SecurityForces),
            who(Role::Civilian),
        ],
        coverage: Coverage::Exhaustive,
    };
    let restart = CounterRestarted {
        epoch: name("2"),
        outcome: None,
        words: None,
    };
    let verbatim = |text: &str| Some(Verbatim::new(text).unwrap());
    let fields = BTreeMap::from([
        (name("deaths"), RecordField::Stated(verbatim("36"))),
        (
            name("note"),
            RecordField::Stated(verbatim("two\nlines\tand a tab")),
        ),
        (name("wounded"), RecordField::Stated(None)),
        (name("deaths_total"), RecordField::Derived(verbatim(""))),
        (name("missing"), RecordField::Derived(None)),
    ]);
    let record = RecordPublished {
        dataset: name("d"),
        key: name("1"),
        fields: BTreeMap::new(),
    };
    let retraction = ClaimRetracted {
        target: ClaimRef::Event(id(6)),
        reason: RetractionReason::SourceError,
        replacement: None,
        words: None,
    };
    let claim = |event, figure| ClaimRef::Claim(ClaimId { event, figure });
    vec![
        minimal(partition.clone()),
        maximal(PartitionDeclared {
            scope: Harm::Operations,
            places: vec![parse("PK-BA")],
            coverage: Coverage::Partial,
            ..partition
        }),
        minimal(restart.clone()),
        maximal(CounterRestarted {
            outcome: Some(Outcome::Displaced),
            words: text("counting began anew"),
            ..restart
        }),
        minimal(record.clone()),
        maximal(RecordPublished { fields, ..record }),
        minimal(retraction.clone()),
        maximal(ClaimRetracted {
            target: claim(id(6), 3),
            reason: RetractionReason::Misquote,
            replacement: Some(claim(id(7), u16::MAX)),
            words: text("18, not 15"),
        }),
    ]
}

fn examples() -> BTreeMap<Kind, Vec<Event>> {
    let all = [
        situation_and_places(),
        sources(),
        attacks_and_operations(),
        casualties(),
        statements(),
        services(),
        counting_and_records(),
    ];
    let mut by_kind: BTreeMap<Kind, Vec<Event>> = BTreeMap::new();
    for event in all.into_iter().flatten() {
        by_kind.entry(event.payload.kind()).or_default().push(event);
    }
    by_kind
}

fn recorded(event: &Event) -> Recorded {
    let mut body = Vec::new();
    event.encode(&mut body).unwrap();
    Recorded {
        position: Position::new(1),
        recorded_at: parse("2026-02-04T05:00:00Z"),
        learnt_at: parse("2026-02-04T05:00:00Z"),
        id: event.id,
        situation: event.situation.clone(),
        kind: event.payload.kind(),
        version: event.payload.version(),
        body: String::from_utf8(body).unwrap().into(),
    }
}

#[test]
fn golden_lines_decode_for_ever_and_encode_to_the_same_bytes() {
    let examples = examples();
    for kind in Kind::ALL {
        let events = examples
            .get(kind)
            .unwrap_or_else(|| panic!("no examples of {kind}"));
        let path = path(kind, kind.newest_version());
        // A file that is there is never written again: what it holds must be read for ever.
        if !path.exists() && std::env::var("SITU_GOLDEN").is_ok_and(|wish| wish == "extend") {
            let lines: Vec<_> = events
                .iter()
                .map(|event| to_line(event).unwrap() + "\n")
                .collect();
            std::fs::write(&path, lines.concat()).unwrap();
        }
        let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| {
            panic!("{}: {error}; add examples of the new kind or version, and run with SITU_GOLDEN=extend", path.display())
        });
        assert_eq!(golden.lines().count(), events.len(), "{kind}");
        for (line, event) in golden.lines().zip(events) {
            let read = from_line(line, 1, || panic!("every golden line has its id")).unwrap();
            assert_eq!(read, *event, "{line}");
            assert_eq!(to_line(event).unwrap(), line);
            let recorded = recorded(event);
            assert_eq!(recorded.event().unwrap(), *event, "{line}");
            assert_eq!(recorded.to_line(), line);
        }
    }
}

#[test]
fn every_golden_file_is_of_a_kind_and_version_that_is_read() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let mut files = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let file = entry.unwrap().file_name().into_string().unwrap();
        let parts: Vec<_> = file.split('.').collect();
        let [kind, version, "ndjson"] = parts[..] else {
            panic!("{file} is not named KIND.VERSION.ndjson");
        };
        let version: u16 = parse(version);
        assert!(
            (1..=Kind::from_name(kind).newest_version()).contains(&version),
            "{file}"
        );
        files += 1;
    }
    let versions: usize = Kind::ALL
        .iter()
        .map(|kind| usize::from(kind.newest_version()))
        .sum();
    assert_eq!(files, versions);
}

#[test]
fn unknown_kinds_and_newer_versions_are_kept_byte_for_byte() {
    let check = |kind: &str, version: u16, payload: &str| {
        let line = format!(
            r#"{{"kind":"{kind}","version":{version},"id":"{}","situation":"s","occurred":"2026-02-04[UTC]","caused_by":"{}","payload":{payload}}}"#,
            id(1),
            id(2)
        );
        let event = from_line(&line, 1, || panic!("it has an id")).unwrap();
        let Payload::Unknown(unknown) = &event.payload else {
            panic!("{line} is known");
        };
        assert_eq!((unknown.kind.as_str(), unknown.version), (kind, version));
        assert_eq!(unknown.json.get(), payload);
        let recorded = recorded(&event);
        assert!(!recorded.is_readable());
        assert_eq!(recorded.event().unwrap(), event);
        assert_eq!(recorded.to_line(), line);
        assert_eq!(to_line(&event).unwrap(), line);
    };
    let odd = "{ \"b\" : 1.50e+2,\t\"a\":[ ], \"\\u0061b\": \"\\/\\u00e9é\", \"n\": -0, \"big\": 123456789012345678901234567890 }";
    check("WeatherObserved", 1, odd);
    check("WeatherObserved", 65_535, "{}");
    check("CasualtiesReported", 2, odd);
    check("casualtiesreported", 1, "{}");
}

#[test]
fn a_known_kind_that_does_not_parse_is_an_error_and_never_unknown() {
    let line = r#"{"kind":"CasualtiesReported","situation":"s","occurred":"2026-02-04[UTC]","source":{"origin":"a"},"payload":{"figure":[]}}"#;
    let error = from_line(line, 3, || id(1)).unwrap_err().to_string();
    assert_eq!(
        error,
        "line 3, column 110: unknown field `figure`, did you mean `figures`; the fields here are figures, words, epoch"
    );
    let event = &examples()[&Kind::CasualtiesReported][0];
    let mut changed = recorded(event);
    changed.body = changed.body.replace("figures", "figure").into();
    let error = changed.event().unwrap_err().to_string();
    assert!(error.starts_with("the event at position 1 does not read as CasualtiesReported version 1: unknown field `figure`"), "{error}");
    changed.version = 2;
    assert!(matches!(
        changed.event().unwrap().payload,
        Payload::Unknown(_)
    ));
}
