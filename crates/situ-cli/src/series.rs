//! A figure place by place, day by day, week by week or source by source.

use std::collections::BTreeSet;

use chrono::{Datelike as _, Days, NaiveDate};
use clap::ValueEnum;
use serde::Serialize;
use situ_core::{Instant, Interval, PlaceId, SourceId, Valid};
use situ_tolls::{Brief, ClaimShown, FigureName, Reading, Toll, TollPeriod, Tolls};

use crate::exit::Hinted;
use crate::question::Question;

/// What a figure is told by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum By {
    /// Each place it is counted in
    Place,
    /// At the end of each day
    Day,
    /// At the end of each week, on Sunday
    Week,
    /// As each source has it
    Source,
}

/// A figure, row by row.
#[derive(Debug, Serialize)]
pub(crate) struct Series {
    pub(crate) figure: FigureName,
    pub(crate) by: By,
    pub(crate) rows: Vec<Row>,
}

/// One row of a series.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    #[serde(flatten)]
    pub(crate) of: Of,
    pub(crate) brief: Option<Brief>,
}

/// What a row is of.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Of {
    /// Places counted together; none for the whole situation.
    Places(Vec<PlaceId>),
    /// The day at whose end it was asked.
    Day(#[serde(serialize_with = "as_text")] NaiveDate),
    /// The last day of the week.
    Week(#[serde(serialize_with = "as_text")] NaiveDate),
    Source(SourceId),
}

/// The most rows over time.
const LIMIT: usize = 400;

/// The figures of an answer, told by something.
pub(crate) fn series(
    by: By,
    figures: &[Toll],
    tolls: &Tolls,
    question: &Question,
    asked: &situ_tolls::Question,
) -> anyhow::Result<Vec<Series>> {
    match by {
        By::Place => match &asked.figure {
            Some(figure) if figure.places.is_empty() => {
                Ok(by_place(&everywhere(figure, tolls, question, asked)))
            }
            _ => Ok(by_place(figures)),
        },
        By::Source => Ok(by_source(figures)),
        By::Day | By::Week => by_time(by, figures, tolls, question, asked),
    }
}

/// A figure of the whole situation, and of every place it is counted in.
fn everywhere(
    figure: &FigureName,
    tolls: &Tolls,
    question: &Question,
    asked: &situ_tolls::Question,
) -> Vec<Toll> {
    let ask = |asked| tolls.at(&question.situation, question.as_of, &asked).tolls;
    let counted = ask(situ_tolls::Question {
        figure: None,
        outcome: Some(figure.outcome),
        who: Some(figure.who),
        scope: Some(figure.scope),
        basis: Some(figure.basis),
        ..asked.clone()
    });
    let places = counted.into_iter().map(|toll| toll.places);
    let places: BTreeSet<Vec<PlaceId>> = places.chain([Vec::new()]).collect();
    let there = |places| situ_tolls::Question {
        figure: Some(FigureName {
            places,
            ..figure.clone()
        }),
        ..asked.clone()
    };
    places.into_iter().map(there).flat_map(ask).collect()
}

/// The figures that are counted in some place, each with that of the whole situation where there is one.
fn by_place(figures: &[Toll]) -> Vec<Series> {
    let mut all: Vec<Series> = Vec::new();
    for toll in figures {
        let figure = FigureName {
            places: Vec::new(),
            ..toll.figure.clone()
        };
        let row = Row {
            of: Of::Places(toll.places.clone()),
            brief: Some(Brief::of(toll)),
        };
        match all.iter_mut().find(|series| series.figure == figure) {
            Some(series) => series.rows.push(row),
            None => all.push(Series {
                figure,
                by: By::Place,
                rows: vec![row],
            }),
        }
    }
    let is_placed = |row: &Row| matches!(&row.of, Of::Places(places) if !places.is_empty());
    all.retain(|series| series.rows.iter().any(is_placed));
    all
}

/// What each source of a figure says, newest as-of first, as a figure.
fn by_source(figures: &[Toll]) -> Vec<Series> {
    let series = figures.iter().filter(|toll| !toll.claims.is_empty());
    let series = series.map(|toll| {
        let mut newest: Vec<&ClaimShown> = Vec::new();
        let as_of = |claim: &&ClaimShown| (claim.as_of.latest(), claim.learnt_at);
        for claim in &toll.claims {
            match newest.iter_mut().find(|other| other.source == claim.source) {
                Some(other) if as_of(other) >= as_of(&claim) => {}
                Some(other) => *other = claim,
                None => newest.push(claim),
            }
        }
        newest.sort_by_key(|claim| std::cmp::Reverse(as_of(claim)));
        let row = |claim: &ClaimShown| Row {
            of: Of::Source(claim.source.clone()),
            brief: Some(said(claim, toll.reading)),
        };
        Series {
            figure: toll.figure.clone(),
            by: By::Source,
            rows: newest.into_iter().map(row).collect(),
        }
    });
    series.collect()
}

/// What a claim says, as a figure.
fn said(claim: &ClaimShown, reading: Reading) -> Brief {
    let Interval { least, most } = match reading {
        Reading::Floor => claim.quantity.floor(),
        Reading::Point => claim.quantity.point(),
    };
    Brief {
        shown: claim.quantity.shown(),
        least,
        most,
        words: claim.said.clone(),
        conflicts: 0,
        flags: Vec::new(),
    }
}

/// The running counts, asked at the end of each day or week from their first as-of on, as known at the one moment asked for.
fn by_time(
    by: By,
    figures: &[Toll],
    tolls: &Tolls,
    question: &Question,
    asked: &situ_tolls::Question,
) -> anyhow::Result<Vec<Series>> {
    let is_running = |toll: &&Toll| matches!(toll.period, TollPeriod::Cumulative { .. });
    let mut all = Vec::new();
    for toll in figures.iter().filter(is_running) {
        let named = situ_tolls::Question {
            figure: Some(toll.figure.clone()),
            policy: asked.policy.clone(),
            reading: asked.reading,
            series: asked.series,
            ..situ_tolls::Question::default()
        };
        let lines = tolls.lines(&question.situation, question.as_of, &named);
        let claims = lines.iter().flat_map(|line| &line.said);
        let Some(first) = claims.filter_map(|said| said.claim.as_of.earliest()).min() else {
            continue;
        };
        let mut rows = Vec::new();
        for (day, end) in ends(by, first, question)? {
            let as_of = situ_core::AsOf {
                valid: Valid(end),
                ..question.as_of
            };
            let answer = tolls.at(&question.situation, as_of, &named);
            rows.push(Row {
                of: match by {
                    By::Week => Of::Week(day),
                    _ => Of::Day(day),
                },
                brief: answer.tolls.first().map(Brief::of),
            });
        }
        all.push(Series {
            figure: toll.figure.clone(),
            by,
            rows,
        });
    }
    Ok(all)
}

/// Each day or week from a moment to the one asked about, and its last moment; the last one ends at the moment asked about.
fn ends(by: By, first: Instant, question: &Question) -> anyhow::Result<Vec<(NaiveDate, Instant)>> {
    let (zone, last) = (question.zone, question.as_of.valid.0);
    let mut day = zone.day_of(first);
    let step = match by {
        By::Week => {
            let to_sunday = 6 - day.weekday().num_days_from_monday();
            day = day + Days::new(to_sunday.into());
            Days::new(7)
        }
        _ => Days::new(1),
    };
    let mut ends = Vec::new();
    loop {
        let end = zone.end_of(day).min(last);
        ends.push((day, end));
        if end >= last {
            return Ok(ends);
        }
        if ends.len() >= LIMIT {
            let message = format!("from its first as-of on there are more than {LIMIT} rows");
            let hint = "ask --by week, or for an earlier moment with --at";
            return Err(Hinted::new(message, hint).into());
        }
        day = day + step;
    }
}

fn as_text<S: serde::Serializer>(day: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(day)
}
