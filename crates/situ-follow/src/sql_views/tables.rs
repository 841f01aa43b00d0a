//! The tables as they are declared to the store. A change of one is a new version of [`crate::SqlViews`].

use situ_rows as rows;
use situ_sqlite::{Column, ColumnType, Table};

pub(crate) const TABLES: [Table; 4] = [CLAIMS, TOLLS, SERVICES, SITUATIONS];

pub(crate) const CLAIMS: Table = Table {
    name: "v_claims",
    columns: &columns::<{ rows::CLAIMS.columns.len() }>(&rows::CLAIMS),
};

pub(crate) const TOLLS: Table = Table {
    name: "v_tolls",
    columns: &columns::<{ rows::TOLLS.columns.len() }>(&rows::TOLLS),
};

pub(crate) const SERVICES: Table = Table {
    name: "v_services",
    columns: &columns::<{ rows::SERVICES.columns.len() }>(&rows::SERVICES),
};

pub(crate) const SITUATIONS: Table = Table {
    name: "v_situations",
    columns: &[
        Column::key("situation", ColumnType::Text),
        Column::optional("title", ColumnType::Text),
        Column::optional("zone", ColumnType::Text),
        Column::optional("tolls_position", ColumnType::Integer),
        Column::optional("tolls_at", ColumnType::Text),
        Column::optional("services_position", ColumnType::Integer),
        Column::optional("services_at", ColumnType::Text),
    ],
};

/// The columns of a table for the store: the first ones are its key.
const fn columns<const N: usize>(table: &rows::Table) -> [Column; N] {
    let mut columns = [Column::optional("", ColumnType::Text); N];
    let mut at = 0;
    while at < N {
        let column = table.columns[at];
        let holds = match column.column_type {
            rows::ColumnType::Integer => ColumnType::Integer,
            _ => ColumnType::Text,
        };
        columns[at] = if at < table.key.len() {
            Column::key(column.name, holds)
        } else if column.is_required {
            Column::required(column.name, holds)
        } else {
            Column::optional(column.name, holds)
        };
        at += 1;
    }
    columns
}
