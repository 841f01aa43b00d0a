//! The tables: what people may rely on. Their columns are those of `docs/sql-views.md`.

use self::ColumnType::{Instant, Integer, Json, List, Text};

/// A table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// Its name, also that of its file.
    pub name: &'static str,
    /// What it has a row for.
    pub means: &'static str,
    /// The columns that tell its rows apart: its first ones.
    pub key: &'static [&'static str],
    /// Its columns, in order.
    pub columns: &'static [Column],
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What its cells hold.
    pub column_type: ColumnType,
    /// Whether every row has it.
    pub is_required: bool,
    /// Its HXL tag.
    pub hxl: &'static str,
    /// What it means.
    pub means: &'static str,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// A whole number.
    Integer,
    /// A text.
    Text,
    /// An instant: RFC 3339 in UTC, with as many digits of a second as it was given.
    Instant,
    /// A list of texts: a JSON array.
    List,
    /// A JSON object.
    Json,
}

impl Column {
    /// A column every row has.
    #[must_use]
    pub const fn required(
        name: &'static str,
        column_type: ColumnType,
        hxl: &'static str,
        means: &'static str,
    ) -> Self {
        Self {
            name,
            column_type,
            is_required: true,
            hxl,
            means,
        }
    }

    /// A column that may be null.
    #[must_use]
    pub const fn optional(
        name: &'static str,
        column_type: ColumnType,
        hxl: &'static str,
        means: &'static str,
    ) -> Self {
        Self {
            name,
            column_type,
            is_required: false,
            hxl,
            means,
        }
    }
}

/// Each event.
pub const EVENTS: Table = Table {
    name: "events",
    means: "each event of the log",
    key: &["position"],
    columns: &[
        Column::required(
            "position",
            Integer,
            "#meta+position",
            "where it stands in the log",
        ),
        Column::required("event", Text, "#event+id", "its id"),
        Column::required(
            "situation",
            Text,
            "#crisis+id",
            "the situation it belongs to",
        ),
        Column::required("kind", Text, "#event+type", "its kind"),
        Column::required(
            "version",
            Integer,
            "#meta+version",
            "the version of its kind",
        ),
        Column::required(
            "learnt_at",
            Instant,
            "#date+learnt",
            "when it became public",
        ),
        Column::required(
            "recorded_at",
            Instant,
            "#date+recorded",
            "when the log took it",
        ),
        Column::optional(
            "occurred",
            Text,
            "#date+occurred",
            "the time it is about, as said",
        ),
        Column::optional("source", Text, "#org+source+id", "who claims it"),
        Column::required("access", Text, "#meta+access", "public or restricted"),
        Column::required(
            "body",
            Json,
            "#meta+body",
            "the rest of the event as JSON, as it was written",
        ),
    ],
};

/// Each figure somebody gave, and each claim about a service.
pub const CLAIMS: Table = Table {
    name: "claims",
    means: "each figure somebody gave, and each claim about a service",
    key: &["position", "figure"],
    columns: &[
        Column::required(
            "position",
            Integer,
            "#meta+position",
            "where the event stands in the log",
        ),
        Column::required(
            "figure",
            Integer,
            "#meta+figure",
            "which of its figures, from 1; 0 for a claim about a service",
        ),
        Column::required(
            "claim",
            Text,
            "#meta+claim+id",
            "EVENT#n; of a claim about a service, the id of its event",
        ),
        Column::required("event", Text, "#event+id", "the id of the event"),
        Column::required(
            "situation",
            Text,
            "#crisis+id",
            "the situation it belongs to",
        ),
        Column::required("kind", Text, "#event+type", "the kind of the event"),
        Column::required(
            "name",
            Text,
            "#indicator+name",
            "what it speaks of, as in tolls and services: the figure without its start, or the status",
        ),
        Column::required(
            "learnt_at",
            Instant,
            "#date+learnt",
            "when it became public",
        ),
        Column::required(
            "recorded_at",
            Instant,
            "#date+recorded",
            "when the log took it",
        ),
        Column::optional(
            "occurred",
            Text,
            "#date+occurred",
            "the time it is about, as said, in EDTF with its zone",
        ),
        Column::optional(
            "occurred_earliest",
            Instant,
            "#date+occurred+start",
            "the earliest instant that can mean",
        ),
        Column::optional(
            "occurred_latest",
            Instant,
            "#date+occurred+end",
            "the latest instant that can mean",
        ),
        Column::optional("source", Text, "#org+source+id", "who claims it"),
        Column::optional("via", List, "#org+via", "who passed it on"),
        Column::optional("url", Text, "#meta+url", "where it was published"),
        Column::optional("recorded_by", Text, "#contact+recorder", "who recorded it"),
        Column::required("access", Text, "#meta+access", "public or restricted"),
        Column::optional(
            "outcome",
            Text,
            "#affected+type",
            "what became of the people: killed, injured, missing, …",
        ),
        Column::optional(
            "who",
            Text,
            "#population+type",
            "their role: all, civilian, security_forces, …",
        ),
        Column::optional(
            "sex",
            Text,
            "#population+sex",
            "female or male, where told apart",
        ),
        Column::optional(
            "age",
            Text,
            "#population+age",
            "child, adult or elderly, where told apart",
        ),
        Column::optional(
            "basis",
            Text,
            "#meta+basis",
            "how it is known: reported, verified, identified, …",
        ),
        Column::optional(
            "period",
            Text,
            "#meta+period",
            "incident, cumulative, or the kind of window: occurrence, reporting, unstated",
        ),
        Column::optional(
            "since",
            Text,
            "#date+start",
            "where the running count or the window starts, as said",
        ),
        Column::optional(
            "since_earliest",
            Instant,
            "#date+start+earliest",
            "the earliest instant that can mean",
        ),
        Column::optional(
            "since_latest",
            Instant,
            "#date+start+latest",
            "the latest instant that can mean",
        ),
        Column::optional(
            "low",
            Integer,
            "#affected+low",
            "people: the lower end of what the source counted",
        ),
        Column::optional(
            "high",
            Integer,
            "#affected+high",
            "people: the upper end; none where the source gave none (\"at least 197\")",
        ),
        Column::optional("said", Text, "#affected+said", "the quantity in words"),
        Column::optional("service", Text, "#service+type", "which service"),
        Column::optional("degree", Text, "#service+degree", "how much of it there is"),
        Column::optional(
            "expected_end",
            Text,
            "#date+expected",
            "when it is expected back, as said; a forecast has no degree",
        ),
        Column::required(
            "scope",
            Text,
            "#loc+scope",
            "whose harm (all, attacks, operations, event:ID), or where the service is so",
        ),
        Column::optional(
            "places",
            List,
            "#geo+place",
            "the places named; a figure without is of the whole situation",
        ),
        Column::optional(
            "words",
            Text,
            "#description+words",
            "the source's own words for it",
        ),
        Column::optional(
            "retracted_by",
            Text,
            "#meta+retraction+id",
            "the retraction that stood against it",
        ),
        Column::optional(
            "retraction_reason",
            Text,
            "#meta+retraction+reason",
            "why it does not stand",
        ),
        Column::optional(
            "replaced_by",
            Text,
            "#meta+retraction+replacement",
            "the claim that stands instead",
        ),
    ],
};

/// The columns of [`CLAIMS`] that change when a claim is retracted, or its retraction is.
pub const RETRACTION: [&str; 3] = ["retracted_by", "retraction_reason", "replaced_by"];

/// Each figure as it stands.
pub const TOLLS: Table = Table {
    name: "tolls",
    means: "each figure as it stands",
    key: &["situation", "name"],
    columns: &[
        Column::required("situation", Text, "#crisis+id", "the situation"),
        Column::required(
            "name",
            Text,
            "#indicator+name",
            "the figure, as `situ toll` takes it",
        ),
        Column::required(
            "outcome",
            Text,
            "#affected+type",
            "what became of the people: killed, injured, missing, …",
        ),
        Column::required(
            "who",
            Text,
            "#population+type",
            "their role: all, civilian, security_forces, …",
        ),
        Column::optional(
            "sex",
            Text,
            "#population+sex",
            "female or male, where told apart",
        ),
        Column::optional(
            "age",
            Text,
            "#population+age",
            "child, adult or elderly, where told apart",
        ),
        Column::required(
            "scope",
            Text,
            "#loc+scope",
            "whose harm: all, attacks, operations, event:ID",
        ),
        Column::optional(
            "places",
            List,
            "#geo+place",
            "the places it is of; none: the whole situation",
        ),
        Column::required(
            "basis",
            Text,
            "#meta+basis",
            "how it is known: reported, verified, identified, …",
        ),
        Column::required(
            "period",
            Text,
            "#meta+period",
            "incident, cumulative, or the kind of window: occurrence, reporting, unstated",
        ),
        Column::optional(
            "since",
            Text,
            "#date+start",
            "where the count or the window starts, as said; of a running count the earliest start among its claims",
        ),
        Column::optional(
            "shown",
            Integer,
            "#affected+shown",
            "people: the number to show; none where only words or an interval can be given",
        ),
        Column::required(
            "least",
            Integer,
            "#affected+low",
            "people: at least so many are known of, a running count being at least so many (the reading floor)",
        ),
        Column::optional(
            "most",
            Integer,
            "#affected+high",
            "people: at most so many; none where there is no upper end",
        ),
        Column::required("words", Text, "#affected+words", "the figure in words"),
        Column::required(
            "point_least",
            Integer,
            "#affected+low+point",
            "people: the lower end if a bare number is an exact count (the reading point)",
        ),
        Column::optional(
            "point_most",
            Integer,
            "#affected+high+point",
            "people: the upper end under the same reading",
        ),
        Column::required(
            "policy",
            Text,
            "#meta+policy",
            "the rule that picked what is shown",
        ),
        Column::required(
            "conflicts",
            Integer,
            "#meta+conflicts",
            "how many sets of claims cannot all be right",
        ),
        Column::optional(
            "flags",
            List,
            "#meta+flags",
            "what a reader should know first",
        ),
        Column::optional(
            "as_of",
            Text,
            "#date+reported",
            "the as-of of the claim shown, as said",
        ),
        Column::optional(
            "as_of_earliest",
            Instant,
            "#date+reported+start",
            "the earliest instant that can mean",
        ),
        Column::optional(
            "as_of_latest",
            Instant,
            "#date+reported+end",
            "the latest instant that can mean",
        ),
        Column::optional(
            "sources",
            List,
            "#org+source+id",
            "who says something about just this figure",
        ),
        Column::optional(
            "claims",
            List,
            "#meta+claim+id",
            "in which claims; none for a figure that follows from others",
        ),
        Column::optional(
            "position",
            Integer,
            "#meta+position",
            "the newest event it rests on",
        ),
        Column::required(
            "restricted",
            Integer,
            "#meta+restricted",
            "how many of the events it rests on are restricted",
        ),
    ],
};

/// Each service and scope as it stands.
pub const SERVICES: Table = Table {
    name: "services",
    means: "each service and scope as it stands",
    key: &["situation", "name"],
    columns: &[
        Column::required("situation", Text, "#crisis+id", "the situation"),
        Column::required(
            "name",
            Text,
            "#indicator+name",
            "the status, as `situ services` prints it",
        ),
        Column::required("service", Text, "#service+type", "which service"),
        Column::required("scope", Text, "#loc+scope", "where"),
        Column::optional("places", List, "#geo+place", "the places the scope names"),
        Column::optional(
            "except",
            List,
            "#loc+except",
            "what lies in it and is in another state, or was excepted",
        ),
        Column::required(
            "status",
            Text,
            "#status+service",
            "suspended, restricted, operating, unknown or disputed",
        ),
        Column::required("degree", Text, "#service+degree", "how much of it there is"),
        Column::required(
            "announced",
            Integer,
            "#status+announced",
            "1 where that was told before it was to begin, else 0",
        ),
        Column::optional(
            "unnamed_at_least",
            Integer,
            "#loc+unnamed+num",
            "for \"several districts\": at least so many members that nobody named",
        ),
        Column::optional(
            "since_earliest",
            Instant,
            "#date+start+earliest",
            "not before this moment did it begin",
        ),
        Column::optional(
            "since_latest",
            Instant,
            "#date+start+latest",
            "not after this moment did it begin",
        ),
        Column::required(
            "since_how",
            Text,
            "#meta+start",
            "stated, inferred or unknown",
        ),
        Column::optional(
            "last_confirmed",
            Instant,
            "#date+confirmed",
            "when somebody last said so",
        ),
        Column::optional(
            "fresh_until",
            Instant,
            "#date+fresh",
            "until when that is fresh by the usual times to live",
        ),
        Column::optional(
            "expected_end",
            Text,
            "#date+expected",
            "when it is expected back, as last said; closes nothing",
        ),
        Column::optional("causes", List, "#cause", "the causes given over the run"),
        Column::optional("ordered_by", List, "#org+orderer", "who ordered it"),
        Column::optional(
            "covered_by",
            List,
            "#meta+covered",
            "the larger statuses it follows from",
        ),
        Column::required(
            "conflicts",
            Integer,
            "#meta+conflicts",
            "how many claims contradict each other",
        ),
        Column::optional("sources", List, "#org+source+id", "who it rests on"),
        Column::optional("events", List, "#event+id", "which events it rests on"),
        Column::optional(
            "position",
            Integer,
            "#meta+position",
            "the newest event it rests on",
        ),
        Column::required(
            "restricted",
            Integer,
            "#meta+restricted",
            "how many of the events it rests on are restricted",
        ),
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_come_first_and_every_row_has_them() {
        for table in [EVENTS, CLAIMS, TOLLS, SERVICES] {
            let (key, _) = table.columns.split_at(table.key.len());
            assert!(
                key.iter().all(|column| column.is_required),
                "{}",
                table.name
            );
            let names: Vec<_> = key.iter().map(|column| column.name).collect();
            assert_eq!(names, table.key, "{}", table.name);
        }
    }

    #[test]
    fn retractions_have_their_columns_at_the_end_of_claims() {
        let names: Vec<_> = CLAIMS.columns.iter().map(|column| column.name).collect();
        assert!(names.ends_with(&RETRACTION));
    }
}
