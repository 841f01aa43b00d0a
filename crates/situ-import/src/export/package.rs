//! The description of a Data Package: what a folder of exported files holds, for programs and people.

use super::csv::Guard;
use serde::Serialize;
use serde_json::{Value, json};
use situ_core::{AsOf, Instant, Position, Projection as _, SituationId, SourceId};
use situ_rows::{Column, ColumnType, Table};
use situ_services::Services;
use situ_tolls::{Citation, Policy, Tolls};

/// What is said of a folder of exported files, in `datapackage.json` beside them.
#[derive(Debug, Clone)]
pub struct Package<'a> {
    /// What people call it.
    pub title: String,
    /// When it was made.
    pub created: Instant,
    /// The two clocks everything in it was resolved at.
    pub as_of: AsOf,
    /// The position of the log it was resolved at.
    pub position: Position,
    /// The situations it is about.
    pub situations: Vec<SituationId>,
    /// Who claims what it holds, and what each is called.
    pub sources: Vec<(SourceId, String)>,
    /// Names of licences, as the Open Definition has them, such as `CC-BY-4.0`.
    pub licences: &'a [String],
    /// The rule that picked what is shown.
    pub policy: &'a Policy,
    /// How many restricted events were left out.
    pub restricted_left_out: u64,
    /// Whether cells of its tables are guarded against being taken for formulas.
    pub guard: Guard,
    /// Lines to cite its figures by; none where restricted events were left out, for those lines would not hold against the log.
    pub citations: Vec<Citation>,
    /// The files.
    pub files: Vec<PackagedFile<'a>>,
}

/// A file of a package.
#[derive(Debug, Clone)]
pub struct PackagedFile<'a> {
    /// The table it holds, as CSV; none for the events in the wire form.
    pub table: Option<&'a Table>,
    /// Its name in the folder.
    pub path: &'a str,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

impl Package<'_> {
    /// Writes the description as JSON (Data Package version 2): over several lines, the last one ended.
    #[must_use]
    pub fn to_json(&self) -> String {
        let policy = self.policy.used();
        let mut package = json!({
            "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
            "title": self.title,
            "created": self.created,
            "resources": self.files.iter().map(resource).collect::<Vec<_>>(),
            "situ": {
                "as_of": { "valid": self.as_of.valid, "known": self.as_of.known, "position": self.position },
                "situations": self.situations,
                "policy": { "name": policy.name, "version": policy.version, "order": trusted(self.policy) },
                "views": { "tolls": Tolls::VERSION, "services": Services::VERSION },
                "restricted_left_out": self.restricted_left_out,
                "spreadsheet_safe": self.guard == Guard::Formulas,
                "citations": self.citations.iter().map(Citation::to_string).collect::<Vec<_>>(),
            },
        });
        if !self.sources.is_empty() {
            let source = |(id, title): &(SourceId, String)| json!({ "title": title, "id": id });
            package["sources"] = self.sources.iter().map(source).collect();
        }
        if !self.licences.is_empty() {
            let licence = |name: &String| json!({ "name": name });
            package["licenses"] = self.licences.iter().map(licence).collect();
        }
        let mut text = serde_json::to_string_pretty(&package).expect("it has string keys");
        text.push('\n');
        text
    }
}

fn trusted(policy: &Policy) -> Option<&[SourceId]> {
    match policy {
        Policy::Trusted(order) => Some(order),
        _ => None,
    }
}

fn resource(file: &PackagedFile<'_>) -> Value {
    let mut resource = json!({
        "path": file.path,
        "encoding": "utf-8",
        "bytes": file.bytes,
        "hash": format!("sha256:{}", file.sha256),
    });
    match file.table {
        Some(table) => {
            resource["name"] = table.name.into();
            resource["description"] = format!("A row for {}.", table.means).into();
            resource["type"] = "table".into();
            resource["format"] = "csv".into();
            resource["mediatype"] = "text/csv".into();
            resource["schema"] = json!({
                "$schema": "https://datapackage.org/profiles/2.0/tableschema.json",
                "fields": table.columns.iter().map(field).collect::<Vec<_>>(),
                "primaryKey": table.key,
                "missingValues": [""],
            });
        }
        None => {
            resource["name"] = "events".into();
            resource["description"] =
                "A line for each event, as it was given: the wire form of situ.".into();
            resource["format"] = "ndjson".into();
            resource["mediatype"] = "application/x-ndjson".into();
        }
    }
    resource
}

/// A column as a field of a Table Schema.
#[derive(Serialize)]
struct Field {
    name: &'static str,
    r#type: &'static str,
    description: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    unit: Option<&'static str>,
    /// HXL has its place in no standard schema; the tag is said all the same.
    hxl: &'static str,
    constraints: Constraints,
}

#[derive(Serialize)]
struct Constraints {
    required: bool,
}

fn field(column: &Column) -> Field {
    let r#type = match column.column_type {
        ColumnType::Integer => "integer",
        ColumnType::Text => "string",
        ColumnType::Instant => "datetime",
        ColumnType::List => "array",
        ColumnType::Json => "object",
    };
    let counts_people =
        column.column_type == ColumnType::Integer && column.hxl.starts_with("#affected");
    Field {
        name: column.name,
        r#type,
        description: column.means,
        unit: counts_people.then_some("people"),
        hxl: column.hxl,
        constraints: Constraints {
            required: column.is_required,
        },
    }
}
