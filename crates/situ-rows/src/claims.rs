//! Rows of the table of claims: one for each figure of a report, and one for each claim about a service.

use situ_core::{
    AgeBand, ClaimId, Degree, Event, Figure, Known, Name, Payload, Period, PlaceId, Recorded,
    Register, Retraction, Service, ServiceScope, Sex, Text, When,
};
use situ_services::StatusId;
use situ_tolls::FigureName;

use crate::cell::{Cell, Row, bounds};

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

/// The rows of [`CLAIMS`](crate::CLAIMS) an event has, with the retractions that stood then; none where it claims neither
/// figures nor services.
#[must_use]
pub fn claim_rows(
    recorded: &Recorded,
    event: &Event,
    register: &Register,
    known: Known,
) -> Vec<Row> {
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
    let row = |said: &Said<'_>| {
        let mut cells = row(recorded, event, said);
        cells.extend(retraction_cells(retraction(
            recorded, said, register, known,
        )));
        Row {
            cells,
            places: said.places.clone(),
        }
    };
    said.iter().map(row).collect()
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
        scope: crate::services::scope(&id),
        places: crate::services::places(&scope.of),
        words,
        ..Said::default()
    }
}

fn row(recorded: &Recorded, event: &Event, said: &Said<'_>) -> Vec<Cell> {
    let claim = ClaimId {
        event: recorded.id,
        figure: said.figure,
    };
    let claim = match said.counted {
        Some(_) => claim.to_string(),
        None => recorded.id.to_string(),
    };
    let source = event.source.as_ref();
    let mut row = vec![
        recorded.position.get().into(),
        i64::from(said.figure).into(),
        claim.into(),
        recorded.id.to_string().into(),
        recorded.situation.as_str().into(),
        recorded.kind.as_str().into(),
        said.name.as_str().into(),
        recorded.learnt_at.into(),
        recorded.recorded_at.into(),
        event.occurred.as_ref().map(When::as_str).into(),
    ];
    row.extend(bounds(event.occurred.as_ref()));
    row.extend([
        source.map(|source| source.origin.as_str()).into(),
        Cell::list(source.into_iter().flat_map(|source| &source.via)),
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
        Cell::list(&said.places),
        said.words.map(Text::as_str).into(),
    ]);
    row
}

/// The columns from `outcome` to `said`.
fn count(figure: Option<&Figure>) -> Vec<Cell> {
    let Some(figure) = figure else {
        return vec![Cell::Null; 12];
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

/// The retraction that stood against what a row says.
fn retraction<'r>(
    recorded: &Recorded,
    said: &Said<'_>,
    register: &'r Register,
    known: Known,
) -> Option<&'r Retraction> {
    let claim = ClaimId {
        event: recorded.id,
        figure: said.figure,
    };
    match said.counted {
        Some(_) => register.claim_retraction(claim, known),
        None => register.event_retraction(recorded.id, known),
    }
}

/// What the columns [`RETRACTION`](crate::RETRACTION) say of the retraction that stands against a claim.
#[must_use]
pub fn retraction_cells(retraction: Option<&Retraction>) -> [Cell; 3] {
    let replacement = retraction.and_then(|retraction| retraction.replacement);
    [
        retraction
            .map(|retraction| retraction.event.to_string())
            .into(),
        retraction
            .map(|retraction| retraction.reason.as_str())
            .into(),
        replacement
            .map(|replacement| replacement.to_string())
            .into(),
    ]
}
