//! Rows of `v_claims`: one for each figure of a report, and one for each claim about a service.

use situ_core::{
    AgeBand, ClaimId, Degree, Event, Figure, Name, Payload, Period, PlaceId, Position, Recorded,
    Retraction, Service, ServiceScope, Sex, Text, When,
};
use situ_services::StatusId;
use situ_sqlite::Value;
use situ_tolls::FigureName;

use crate::sql_views::values::{bounds, instant, list};

/// What a row says, beside who claims it and when.
#[derive(Default)]
struct Said<'a> {
    figure: u16,
    name: String,
    counted: Option<&'a Figure>,
    service: Option<Service>,
    degree: Option<Degree>,
    expected_end: Option<&'a When>,
    scope: String,
    places: Vec<PlaceId>,
    words: Option<&'a Text>,
}

/// The rows of an event; none where it claims neither figures nor services.
pub(crate) fn rows(recorded: &Recorded, event: &Event) -> Vec<Vec<Value>> {
    let said = match &event.payload {
        Payload::CasualtiesReported(reported) => {
            let figures = (1..).zip(&reported.figures);
            figures
                .map(|(number, figure)| counted(number, figure))
                .collect()
        }
        Payload::ServiceSuspended(said) => {
            vec![service(
                said.service,
                &said.scope,
                Some(said.degree),
                said.words.as_ref(),
            )]
        }
        Payload::ServiceConfirmed(said) => {
            vec![service(
                said.service,
                &said.scope,
                Some(said.degree),
                said.words.as_ref(),
            )]
        }
        Payload::ServiceRestored(said) => {
            vec![service(
                said.service,
                &said.scope,
                Some(said.degree),
                said.words.as_ref(),
            )]
        }
        Payload::ServiceOutlookGiven(said) => vec![Said {
            expected_end: Some(&said.expected_end),
            ..service(said.service, &said.scope, None, said.words.as_ref())
        }],
        _ => Vec::new(),
    };
    said.iter().map(|said| row(recorded, event, said)).collect()
}

fn counted(number: u16, figure: &Figure) -> Said<'_> {
    Said {
        figure: number,
        name: FigureName::of(figure).without_start().to_string(),
        counted: Some(figure),
        scope: figure.scope.to_string(),
        places: figure.places.clone(),
        words: figure.words.as_ref(),
        ..Said::default()
    }
}

fn service<'a>(
    service: Service,
    scope: &ServiceScope,
    degree: Option<Degree>,
    words: Option<&'a Text>,
) -> Said<'a> {
    let id = StatusId::new(service, &scope.of);
    Said {
        name: id.to_string(),
        service: Some(service),
        degree,
        scope: super::services::scope(&id),
        places: super::services::places(&scope.of),
        words,
        ..Said::default()
    }
}

fn row(recorded: &Recorded, event: &Event, said: &Said<'_>) -> Vec<Value> {
    let claim = ClaimId {
        event: recorded.id,
        figure: said.figure,
    };
    let claim = match said.counted {
        Some(_) => claim.to_string(),
        None => recorded.id.to_string(),
    };
    let source = event.source.as_ref();
    let [key_position, key_figure] = key_values(recorded.position, said.figure);
    let mut row = vec![
        key_position,
        key_figure,
        claim.into(),
        recorded.id.to_string().into(),
        recorded.situation.as_str().into(),
        recorded.kind.as_str().into(),
        said.name.as_str().into(),
        instant(recorded.learnt_at).into(),
        instant(recorded.recorded_at).into(),
        event.occurred.as_ref().map(When::as_str).into(),
    ];
    row.extend(bounds(event.occurred.as_ref()));
    row.extend([
        source.map(|source| source.origin.as_str()).into(),
        list(source.into_iter().flat_map(|source| &source.via)),
        source
            .and_then(|source| source.url.as_ref())
            .map(Text::as_str)
            .into(),
        event.recorded_by.as_ref().map(Name::as_str).into(),
        event.access.as_str().into(),
    ]);
    row.extend(count(said.counted));
    row.extend([
        said.service.map(Service::as_str).into(),
        said.degree.map(Degree::as_str).into(),
        said.expected_end.map(When::as_str).into(),
        said.scope.as_str().into(),
        list(&said.places),
        said.words.map(Text::as_str).into(),
        Value::Null,
        Value::Null,
        Value::Null,
    ]);
    row
}

/// The columns from `outcome` to `said`.
fn count(figure: Option<&Figure>) -> Vec<Value> {
    let Some(figure) = figure else {
        return vec![Value::Null; 12];
    };
    let (period, since) = match &figure.period {
        Period::Incident => ("incident", None),
        Period::Cumulative { since } => ("cumulative", since.as_ref()),
        Period::Window { counts, from } => (counts.as_str(), Some(from)),
    };
    let point = figure.quantity.point();
    let mut row = vec![
        figure.outcome.as_str().into(),
        figure.who.as_str().into(),
        figure.sex.map(Sex::as_str).into(),
        figure.age.map(AgeBand::as_str).into(),
        figure.basis.as_str().into(),
        period.into(),
        since.map(When::as_str).into(),
    ];
    row.extend(bounds(since));
    row.extend([
        point.least.into(),
        point.most.into(),
        figure.quantity.to_string().into(),
    ]);
    row
}

/// The key of a claim's row; a claim that is a whole event has figure 0.
pub(crate) fn key(position: Position, figure: u16) -> Vec<Value> {
    key_values(position, figure).into()
}

fn key_values(position: Position, figure: u16) -> [Value; 2] {
    [position.get().into(), i64::from(figure).into()]
}

/// What the row of a claim says of the retraction that stands against it.
pub(crate) fn retracted(retraction: Option<&Retraction>) -> Vec<(&'static str, Value)> {
    let replacement = retraction.and_then(|retraction| retraction.replacement);
    vec![
        (
            "retracted_by",
            retraction
                .map(|retraction| retraction.event.to_string())
                .into(),
        ),
        (
            "retraction_reason",
            retraction
                .map(|retraction| retraction.reason.as_str())
                .into(),
        ),
        (
            "replaced_by",
            replacement
                .map(|replacement| replacement.to_string())
                .into(),
        ),
    ]
}
