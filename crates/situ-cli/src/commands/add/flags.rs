//! One event from flags.

use anyhow::Context as _;
use situ_core::{
    Access, AttackOccurred, CasualtiesReported, Causes, ClaimRef, Event, EventId, Extent, Figure,
    Harm, Known, Name, OperationConducted, Ordinal, PartitionDeclared, Payload, Period, PlaceCode,
    PlaceDescribed, ServiceConfirmed, ServiceRestored, ServiceScope, ServiceSuspended, Source,
    SourceDescribed, SpeechAct, StatementIssued, Text, When, Who,
};
use situ_sqlite::SqliteStore;

use crate::args::{AddEvent, CasualtiesArgs, Envelope, ScopeArgs};
use crate::commands::retract::learnt;
use crate::exit::Hinted;
use crate::question;
use crate::reference::Reference;
use crate::run::Session;
use crate::said;
use crate::saved;
use crate::time::Clock;

/// What the values of flags are read against.
struct Reader<'a> {
    clock: Clock,
    store: &'a SqliteStore,
}

/// Builds the event the flags tell.
pub(super) fn event(
    told: &AddEvent,
    envelope: &Envelope,
    store: &SqliteStore,
    session: &mut Session<'_>,
) -> anyhow::Result<Event> {
    let ledger = saved::ledger(store, session.err)?;
    let situation = question::situation(session.global.situation.as_ref(), &ledger)?;
    let zone = ledger
        .register
        .zone(&situation, Known::Position(ledger.head));
    let reader = Reader {
        clock: Clock {
            now: session.now.instant(),
            zone,
        },
        store,
    };
    let (occurred, payload) = reader.payload(told)?;
    let id = envelope.id.unwrap_or_else(|| session.now.new_id());
    let mut event = Event::new(id, situation, payload);
    event.occurred = occurred;
    event.learnt_at = learnt(envelope.learnt.as_deref(), session, zone)?;
    event.source = source(envelope)?;
    event.recorded_by = envelope
        .recorded_by
        .as_deref()
        .map(Name::new)
        .transpose()
        .context("cannot use --by")?;
    if envelope.restricted {
        event.access = Access::Restricted;
    }
    if event.source.is_none()
        && let Err(situ_core::EventError::NoSource(kind)) = event.check()
    {
        return Err(Hinted::new(
            format!("{kind} is a claim, and nobody claims it"),
            "say who does with --source ID",
        )
        .into());
    }
    event.check()?;
    Ok(event)
}

fn source(envelope: &Envelope) -> anyhow::Result<Option<Source>> {
    let Some(origin) = envelope.source.clone() else {
        let needs_one = [
            ("--via", !envelope.via.is_empty()),
            ("--quote", envelope.quote.is_some()),
            ("--url", envelope.url.is_some()),
            ("--language", envelope.language.is_some()),
        ];
        if let Some((flag, _)) = needs_one.into_iter().find(|(_, is_given)| *is_given) {
            return Err(Hinted::new(
                format!("{flag} without a source"),
                "say who claims it with --source ID",
            )
            .into());
        }
        return Ok(None);
    };
    Ok(Some(Source {
        via: envelope.via.clone(),
        quote: text(envelope.quote.as_deref(), "--quote")?,
        url: text(envelope.url.as_deref(), "--url")?,
        language: envelope
            .language
            .as_deref()
            .map(Name::new)
            .transpose()
            .context("cannot use --language")?,
        ..Source::new(origin)
    }))
}

fn text(value: Option<&str>, flag: &str) -> anyhow::Result<Option<Text>> {
    value
        .map(Text::new)
        .transpose()
        .with_context(|| format!("cannot use {flag}"))
}

fn words(value: Option<&str>) -> anyhow::Result<Option<Text>> {
    text(value, "--words")
}

fn name(value: &str, flag: &str) -> anyhow::Result<Name> {
    Name::new(value).with_context(|| format!("cannot use {flag}"))
}

fn names(values: &[String], flag: &str) -> anyhow::Result<Vec<Name>> {
    values.iter().map(|value| name(value, flag)).collect()
}

impl Reader<'_> {
    fn payload(&self, told: &AddEvent) -> anyhow::Result<(Option<When>, Payload)> {
        Ok(match told {
            AddEvent::Casualties(args) => (
                Some(self.when(&args.as_of, "--as-of")?),
                CasualtiesReported {
                    figures: self.figures(args)?,
                    words: words(args.words.as_deref())?,
                    epoch: args
                        .epoch
                        .as_deref()
                        .map(|epoch| name(epoch, "--epoch"))
                        .transpose()?,
                }
                .into(),
            ),
            AddEvent::Attack(args) => (
                Some(self.when(&args.when, "--when")?),
                AttackOccurred {
                    mode: args.mode,
                    targets: names(&args.targets, "--target")?,
                    places: args.places.clone(),
                    unnamed_places_within: args.unnamed_within.clone(),
                    part_of: self.optional_event(args.part_of.as_deref(), "--part-of")?,
                    words: words(args.words.as_deref())?,
                }
                .into(),
            ),
            AddEvent::Operation(args) => (
                Some(self.when(&args.when, "--when")?),
                OperationConducted {
                    actor: name(&args.actor, "--actor")?,
                    against: names(&args.against, "--against")?,
                    mode: args.mode,
                    state: args.state,
                    places: args.places.clone(),
                    in_response_to: self.events(&args.in_response_to, "--in-response-to")?,
                    part_of: self.optional_event(args.part_of.as_deref(), "--part-of")?,
                    words: words(args.words.as_deref())?,
                }
                .into(),
            ),
            AddEvent::Statement(args) => (
                Some(self.when(&args.when, "--when")?),
                StatementIssued {
                    speaker: name(&args.speaker, "--speaker")?,
                    on_behalf_of: args
                        .on_behalf_of
                        .as_deref()
                        .map(|text| name(text, "--on-behalf-of"))
                        .transpose()?,
                    acts: args
                        .acts
                        .iter()
                        .map(|act| SpeechAct {
                            act: *act,
                            addressed_to: Vec::new(),
                            words: None,
                        })
                        .collect(),
                    about: self.events(&args.about, "--about")?,
                    words: words(args.words.as_deref())?,
                }
                .into(),
            ),
            AddEvent::Suspended(args) => (
                args.when
                    .as_deref()
                    .map(|when| self.when(when, "--when"))
                    .transpose()?,
                ServiceSuspended {
                    service: args.service,
                    scope: scope(&args.scope)?,
                    degree: args.degree,
                    causes: Causes {
                        stated: args.cause,
                        assessed: None,
                    },
                    ordered_by: args
                        .ordered_by
                        .as_deref()
                        .map(|text| name(text, "--ordered-by"))
                        .transpose()?,
                    ordinal: None,
                    words: words(args.words.as_deref())?,
                }
                .into(),
            ),
            AddEvent::Confirmed(args) => {
                let when = self.when(&args.when, "--when")?;
                let ordinal = args.nth.map(|nth| Ordinal {
                    nth,
                    on: when.clone(),
                });
                let confirmed = ServiceConfirmed {
                    service: args.service,
                    scope: scope(&args.scope)?,
                    degree: args.degree,
                    ordinal,
                    words: words(args.words.as_deref())?,
                };
                (Some(when), confirmed.into())
            }
            AddEvent::Restored(args) => (
                Some(self.when(&args.when, "--when")?),
                ServiceRestored {
                    service: args.service,
                    scope: scope(&args.scope)?,
                    degree: args.degree,
                    words: words(args.words.as_deref())?,
                }
                .into(),
            ),
            AddEvent::Source(args) => (
                None,
                SourceDescribed {
                    id: args.described.clone(),
                    name: name(&args.name, "--name")?,
                    kind: args.kind,
                    party: args
                        .party
                        .as_deref()
                        .map(|text| name(text, "--party"))
                        .transpose()?,
                }
                .into(),
            ),
            AddEvent::Place(args) => (
                None,
                PlaceDescribed {
                    place: args.place.clone(),
                    names: names(&args.names, "--name")?,
                    codes: args
                        .codes
                        .iter()
                        .map(|(system, code)| {
                            Ok(PlaceCode {
                                system: *system,
                                code: name(code, "--code")?,
                            })
                        })
                        .collect::<anyhow::Result<_>>()?,
                    within: args.within.clone(),
                    point: None,
                }
                .into(),
            ),
            AddEvent::Partition(args) => (
                None,
                PartitionDeclared {
                    outcome: args.outcome,
                    scope: self.harm(&args.scope)?,
                    places: args.places.clone(),
                    whole: args.whole.0,
                    parts: args.parts.iter().map(|part| part.0).collect::<Vec<Who>>(),
                    coverage: args.coverage(),
                }
                .into(),
            ),
        })
    }

    fn when(&self, text: &str, flag: &str) -> anyhow::Result<When> {
        self.clock
            .when(text)
            .with_context(|| format!("cannot read {flag}"))
    }

    /// An event by reference; a whole id may name one that is not recorded yet.
    fn event(&self, text: &str, flag: &str) -> anyhow::Result<EventId> {
        let reference: Reference = text
            .parse()
            .with_context(|| format!("cannot read {flag}"))?;
        match reference.full() {
            Some(ClaimRef::Event(event)) => Ok(event),
            Some(ClaimRef::Claim(_)) => Err(Hinted::new(
                format!("{flag} names a figure"),
                "name the event, without #n",
            )
            .into()),
            None => Ok(reference.find(self.store)?.recorded.id),
        }
    }

    fn optional_event(&self, text: Option<&str>, flag: &str) -> anyhow::Result<Option<EventId>> {
        text.map(|text| self.event(text, flag)).transpose()
    }

    fn events(&self, texts: &[String], flag: &str) -> anyhow::Result<Vec<EventId>> {
        texts.iter().map(|text| self.event(text, flag)).collect()
    }

    fn harm(&self, text: &str) -> anyhow::Result<Harm> {
        harm(text, self.store)
    }

    fn figures(&self, args: &CasualtiesArgs) -> anyhow::Result<Vec<Figure>> {
        let scope = self.harm(&args.scope)?;
        let period = if args.incident {
            Period::Incident
        } else if let Some(from) = &args.from {
            Period::Window {
                counts: args.counts,
                from: self.when(from, "--from")?,
            }
        } else {
            let since = args
                .since
                .as_deref()
                .map(|since| self.when(since, "--since"));
            Period::Cumulative {
                since: since.transpose()?,
            }
        };
        let mut figures = Vec::new();
        for (outcome, sum) in args.sums() {
            let said = said::quantity(&sum.quantity)?;
            figures.push(Figure {
                outcome,
                who: sum.who.role,
                sex: sum.who.sex,
                age: sum.who.age,
                quantity: said.quantity,
                words: said.words,
                scope,
                places: args.places.clone(),
                period: period.clone(),
                basis: args.basis,
            });
        }
        if figures.is_empty() {
            return Err(Hinted::new(
                "no figure is given",
                "give one as --killed civilian=36, or --injured 'about 100'",
            )
            .into());
        }
        Ok(figures)
    }
}

/// Whose harm: a word, or the event meant.
pub(crate) fn harm(text: &str, store: &SqliteStore) -> anyhow::Result<Harm> {
    if let Ok(harm) = text.parse() {
        return Ok(harm);
    }
    let reference: Reference = text.parse().map_err(|_| {
        Hinted::new(
            format!("unknown scope `{text}`"),
            "it is all, attacks, operations, or the REF of one event, such as @6",
        )
    })?;
    Ok(Harm::Event(reference.find(store)?.recorded.id))
}

fn scope(args: &ScopeArgs) -> anyhow::Result<ServiceScope> {
    let of = match (&args.scope, &args.some_of, args.at_least) {
        (Some(scope), ..) => scope.0.clone(),
        (None, Some(within), Some(at_least)) => Extent::SomeOf {
            within: within.clone(),
            named: args.named.iter().map(|scope| scope.0.clone()).collect(),
            at_least,
            words: None,
        },
        _ => {
            return Err(Hinted::new(
                "no scope is given",
                "name a place, or --some-of PLACE --at-least N",
            )
            .into());
        }
    };
    Ok(ServiceScope {
        of,
        except: args.except.iter().map(|scope| scope.0.clone()).collect(),
    })
}
