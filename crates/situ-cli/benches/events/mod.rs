//! Events as a busy desk would record them, each from its number.

use situ_core::{
    Basis, CasualtiesReported, Causes, Count, Degree, Event, EventId, Extent, Figure, Harm,
    Instant, Outcome, Payload, Period, PlaceId, Quantity, Role, Service, ServiceScope,
    ServiceSuspended, SituationId, SituationOpened, Source, SourceId, Text, When,
};

/// Event `number` of a log of so many situations; each of them is opened by one of the first.
pub(crate) fn event(number: u64, situations: u64) -> Event {
    let scattered = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 7;
    let learnt_at =
        Instant::from_unix_nanos(1_700_000_000_000_000_000 + number as i64 * 60_000_000_000);
    let mut digest = [0; 10];
    digest[2..].copy_from_slice(&number.to_be_bytes());
    let (month, day) = (1 + scattered % 12, 1 + scattered / 12 % 28);
    let day = format!("2025-{month:02}-{day:02}[Asia/Karachi]");
    let mut source = Source::new(SourceId::new(format!("source-{}", scattered % 40)).unwrap());
    if number.is_multiple_of(3) {
        source.via.push(SourceId::new("an-agency").unwrap());
        let url = format!("https://example.org/2025/02/report-{number}");
        source.url = Some(Text::new(url).unwrap());
    }
    if number.is_multiple_of(5) {
        let quote = "at least 197 of them were killed over the past four days";
        source.quote = Some(Text::new(quote).unwrap());
    }
    let situation = if number < situations {
        number
    } else {
        scattered % situations
    };
    Event {
        occurred: Some(day.parse().unwrap()),
        learnt_at: Some(learnt_at),
        source: Some(source),
        ..Event::new(
            EventId::from_content(learnt_at, digest),
            SituationId::new(format!("situation-{situation}")).unwrap(),
            payload(number, scattered, situations),
        )
    }
}

/// Mostly figures, some services; each situation begins with its opening.
fn payload(number: u64, scattered: u64, situations: u64) -> Payload {
    let place = PlaceId::new(format!("PK-BA-{}", scattered % 36)).unwrap();
    if number < situations {
        return SituationOpened {
            title: "Balochistan".parse().unwrap(),
            zone: "Asia/Karachi".parse().unwrap(),
            places: vec![place],
        }
        .into();
    }
    if number.is_multiple_of(5) {
        return ServiceSuspended {
            service: Service::MobileData,
            scope: ServiceScope::of(Extent::Area { place }),
            degree: Degree::None,
            causes: Causes::default(),
            ordered_by: None,
            ordinal: None,
            words: Some(Text::new("remain suspended in several districts").unwrap()),
        }
        .into();
    }
    let roles = [
        Role::Civilian,
        Role::SecurityForces,
        Role::NonStateArmed,
        Role::All,
    ];
    let figure = |index: u64| Figure {
        outcome: [Outcome::Killed, Outcome::Injured][usize::from(index == 2)],
        who: roles[index as usize],
        sex: None,
        age: None,
        quantity: Quantity::at_least(Count::new(number / 1000 + index).unwrap()),
        words: None,
        scope: Harm::All,
        places: vec![place.clone()],
        period: Period::Cumulative {
            since: Some("2025-01-01[Asia/Karachi]".parse::<When>().unwrap()),
        },
        basis: Basis::Reported,
    };
    CasualtiesReported {
        figures: (0..1 + number % 4).map(figure).collect(),
        words: None,
        epoch: None,
    }
    .into()
}
