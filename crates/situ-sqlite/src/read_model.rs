//! What a read model declares: its name and version, its tables, and the changes of their rows.

use std::fmt;

use rusqlite::ToSql;
use rusqlite::types::{Null, ToSqlOutput};

/// What a follower that keeps its position in the file declares: who it is, and the tables it keeps, if any.
///
/// ```
/// use situ_sqlite::{Column, ColumnType, Declaration, Table};
///
/// const HEADLINES: Table = Table {
///     name: "headlines",
///     columns: &[
///         Column::key("position", ColumnType::Integer),
///         Column::required("title", ColumnType::Text),
///         Column::optional("place", ColumnType::Text),
///     ],
/// };
/// let ticker = Declaration::new("ticker", 1, &[HEADLINES])?;
/// assert_eq!(ticker.name(), "ticker");
/// assert!(Declaration::new("Ticker", 1, &[]).is_err());
/// # Ok::<(), situ_sqlite::DeclarationError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    name: String,
    version: u32,
    tables: Vec<Table>,
}

/// A table of a read model: the name people query it by, and its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// The name of the view over the version being served.
    pub name: &'static str,
    /// Its columns, in the order rows give them.
    pub columns: &'static [Column],
}

/// A column of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    /// Its name.
    pub name: &'static str,
    /// What its values are.
    pub holds: ColumnType,
    /// Whether it tells rows apart, and whether a value may be missing.
    pub role: ColumnRole,
}

/// What the values of a column are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnType {
    /// Whole numbers.
    Integer,
    /// Numbers.
    Real,
    /// Text.
    Text,
}

/// What a column is to its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ColumnRole {
    /// Tells rows apart, together with the other key columns; never null.
    Key,
    /// Never null.
    Required,
    /// May be null.
    Optional,
}

/// A value in a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// None.
    Null,
    /// A whole number.
    Integer(i64),
    /// A number.
    Real(f64),
    /// A text.
    Text(String),
}

/// What becomes of a row.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// The row is written, in place of the one with the same key if there is one.
    Put {
        /// The table, by its declared name.
        table: &'static str,
        /// A value for each column.
        row: Vec<Value>,
    },
    /// Some columns of a row that is there get other values.
    Amend {
        /// The table, by its declared name.
        table: &'static str,
        /// A value for each key column.
        key: Vec<Value>,
        /// The columns, none of the key, with their new values.
        set: Vec<(&'static str, Value)>,
    },
    /// A row that is there is removed.
    Remove {
        /// The table, by its declared name.
        table: &'static str,
        /// A value for each key column.
        key: Vec<Value>,
    },
}

/// Why a declaration makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeclarationError {
    /// A name that cannot be one in every tool.
    #[error(
        "`{0}` cannot name a follower, table or column; write at most 48 small letters, digits and single underscores, a letter first"
    )]
    Name(String),
    /// The name of a table of the log itself.
    #[error("`{0}` is a table of the log; give yours another name")]
    Reserved(String),
    /// A name that is there already.
    #[error("`{0}` is declared twice")]
    Twice(String),
    /// A table whose rows cannot be told apart.
    #[error("table `{0}` has no key column")]
    NoKey(String),
}

/// The names a file has for itself.
const RESERVED: [&str; 8] = [
    "situation",
    "kind",
    "event",
    "follower",
    "dead_letter",
    "saved_view",
    "saved_part",
    "v_events",
];

impl Declaration {
    /// Declares a follower; one without tables only keeps its position.
    ///
    /// Raise `version` whenever the same events would give other rows, or the tables change.
    ///
    /// # Errors
    /// When a name cannot be one, is taken by the log or declared twice, or a table has no key column.
    pub fn new(
        name: impl Into<String>,
        version: u32,
        tables: &[Table],
    ) -> Result<Self, DeclarationError> {
        let name = name.into();
        check_name(&name)?;
        check_each_once(tables.iter().map(|table| table.name))?;
        for table in tables {
            if RESERVED.contains(&table.name) || table.name.starts_with("sqlite") {
                return Err(DeclarationError::Reserved(table.name.to_owned()));
            }
            check_each_once(table.columns.iter().map(|column| column.name))?;
            if table.key().next().is_none() {
                return Err(DeclarationError::NoKey(table.name.to_owned()));
            }
        }
        let tables = tables.to_vec();
        Ok(Self {
            name,
            version,
            tables,
        })
    }

    /// The follower's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version of what it makes of the events.
    #[must_use]
    pub const fn version(&self) -> u32 {
        self.version
    }

    /// Its tables.
    #[must_use]
    pub fn tables(&self) -> &[Table] {
        &self.tables
    }

    pub(crate) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name == name)
    }

    /// What the names of all tables of this version begin with. No name has two underscores in a row, so nobody else's do.
    pub(crate) fn prefix(&self) -> String {
        format!("{}__{}__", self.name, self.version)
    }

    /// The name under which a table of this version is kept.
    pub(crate) fn kept(&self, table: &Table) -> String {
        format!("{}{}", self.prefix(), table.name)
    }

    /// The statement that makes a table of this version.
    pub(crate) fn create_table(&self, table: &Table) -> String {
        let mut sql = format!("CREATE TABLE \"{}\" (", self.kept(table));
        for column in table.columns {
            let null = match column.role {
                ColumnRole::Optional => "",
                ColumnRole::Key | ColumnRole::Required => " NOT NULL",
            };
            sql.push_str(&format!("\"{}\" {}{null}, ", column.name, column.holds));
        }
        let key = listed(table.key().map(|(_, column)| column.name), ", ", "");
        sql.push_str(&format!("PRIMARY KEY ({key})) STRICT"));
        sql
    }

    /// The statement that makes the view people query.
    pub(crate) fn create_view(&self, table: &Table) -> String {
        let columns = listed(table.columns.iter().map(|column| column.name), ", ", "");
        let (name, kept) = (table.name, self.kept(table));
        format!("CREATE VIEW \"{name}\" AS SELECT {columns} FROM \"{kept}\"")
    }

    /// The statement that writes a whole row.
    pub(crate) fn put(&self, table: &Table) -> String {
        let columns = listed(table.columns.iter().map(|column| column.name), ", ", "");
        let key = listed(table.key().map(|(_, column)| column.name), ", ", "");
        let others = table.columns.iter().filter(|column| !column.is_key());
        let set: Vec<_> = others
            .map(|column| format!("\"{0}\" = excluded.\"{0}\"", column.name))
            .collect();
        let update = match set.is_empty() {
            true => "NOTHING".to_owned(),
            false => format!("UPDATE SET {}", set.join(", ")),
        };
        let values = vec!["?"; table.columns.len()].join(", ");
        let kept = self.kept(table);
        format!(
            "INSERT INTO \"{kept}\" ({columns}) VALUES ({values}) ON CONFLICT ({key}) DO {update}"
        )
    }

    /// The statement that changes columns of a row: first their values, then the key.
    pub(crate) fn amend<'a>(&self, table: &Table, set: impl Iterator<Item = &'a str>) -> String {
        let (kept, set) = (self.kept(table), listed(set, ", ", " = ?"));
        format!("UPDATE \"{kept}\" SET {set} WHERE {}", table.is_key())
    }

    /// The statement that removes a row.
    pub(crate) fn remove(&self, table: &Table) -> String {
        format!(
            "DELETE FROM \"{}\" WHERE {}",
            self.kept(table),
            table.is_key()
        )
    }
}

/// What the name of the table behind a view of any version of a follower begins with, as the view's statement has it.
pub(crate) fn from_any_version(follower: &str) -> String {
    format!(" FROM \"{follower}__")
}

impl Table {
    /// The key columns, with their places in a row.
    pub(crate) fn key(&self) -> impl Iterator<Item = (usize, &'static Column)> {
        self.columns
            .iter()
            .enumerate()
            .filter(|(_, column)| column.is_key())
    }

    /// The columns a change names, without those of the key.
    pub(crate) fn column(&self, name: &str) -> Option<&'static Column> {
        let mut columns = self.columns.iter();
        columns.find(|column| column.name == name && !column.is_key())
    }

    fn is_key(&self) -> String {
        listed(self.key().map(|(_, column)| column.name), " AND ", " = ?")
    }
}

impl Column {
    /// A column that tells rows apart.
    #[must_use]
    pub const fn key(name: &'static str, holds: ColumnType) -> Self {
        let role = ColumnRole::Key;
        Self { name, holds, role }
    }

    /// A column that always has a value.
    #[must_use]
    pub const fn required(name: &'static str, holds: ColumnType) -> Self {
        let role = ColumnRole::Required;
        Self { name, holds, role }
    }

    /// A column whose value may be missing.
    #[must_use]
    pub const fn optional(name: &'static str, holds: ColumnType) -> Self {
        let role = ColumnRole::Optional;
        Self { name, holds, role }
    }

    fn is_key(&self) -> bool {
        self.role == ColumnRole::Key
    }

    /// Whether a value may stand in it.
    pub(crate) fn takes(&self, value: &Value) -> bool {
        match value {
            Value::Null => self.role == ColumnRole::Optional,
            Value::Integer(_) => self.holds == ColumnType::Integer,
            Value::Real(number) => self.holds == ColumnType::Real && !number.is_nan(),
            Value::Text(_) => self.holds == ColumnType::Text,
        }
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Integer => "INTEGER",
            Self::Real => "REAL",
            Self::Text => "TEXT",
        })
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}

/// A number over `i64::MAX` becomes `i64::MAX`: no position, count of events or number of people comes near.
impl From<u64> for Value {
    fn from(number: u64) -> Self {
        Self::Integer(i64::try_from(number).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value {
    fn from(holds: bool) -> Self {
        Self::Integer(i64::from(holds))
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self {
            Self::Null => Ok(ToSqlOutput::from(Null)),
            Self::Integer(number) => Ok(ToSqlOutput::from(*number)),
            Self::Real(number) => Ok(ToSqlOutput::from(*number)),
            Self::Text(text) => text.to_sql(),
        }
    }
}

/// Names in quotes, each with what follows it.
fn listed<'a>(names: impl Iterator<Item = &'a str>, between: &str, after: &str) -> String {
    let quoted: Vec<_> = names.map(|name| format!("\"{name}\"{after}")).collect();
    quoted.join(between)
}

fn check_each_once<'a>(
    names: impl Iterator<Item = &'a str> + Clone,
) -> Result<(), DeclarationError> {
    for (index, name) in names.clone().enumerate() {
        check_name(name)?;
        if names.clone().take(index).any(|other| other == name) {
            return Err(DeclarationError::Twice(name.to_owned()));
        }
    }
    Ok(())
}

/// Small letters, digits and single underscores: read alike by every tool, and safe in quotes.
fn check_name(name: &str) -> Result<(), DeclarationError> {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    let is_name = name.len() <= 48
        && name.starts_with(|first: char| first.is_ascii_lowercase())
        && name.bytes().all(is_plain)
        && !name.contains("__")
        && !name.ends_with('_');
    match is_name {
        true => Ok(()),
        false => Err(DeclarationError::Name(name.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_declaration_has_plain_names_each_once_and_a_key() {
        const COLUMN: Column = Column::required("words", ColumnType::Text);
        const KEY: Column = Column::key("position", ColumnType::Integer);
        let check = |name: &str, tables: &[Table], expected: &str| {
            let declared = Declaration::new(name, 1, tables);
            assert_eq!(declared.unwrap_err().to_string(), expected, "{name}");
        };
        let long = "a".repeat(49);
        for wrong in [
            "", "A", "1a", "a b", "a\"", "a__b", "a_", "_a", "é", "a-b", &long,
        ] {
            let expected = format!(
                "`{wrong}` cannot name a follower, table or column; write at most 48 small letters, digits and single underscores, a letter first"
            );
            check(wrong, &[], &expected);
        }
        let table = |name, columns| Table { name, columns };
        check(
            "a",
            &[table("event", &[KEY])],
            "`event` is a table of the log; give yours another name",
        );
        check(
            "a",
            &[table("b", &[KEY]), table("b", &[KEY])],
            "`b` is declared twice",
        );
        check(
            "a",
            &[table("b", &[KEY, COLUMN, COLUMN])],
            "`words` is declared twice",
        );
        check("a", &[table("b", &[COLUMN])], "table `b` has no key column");
        assert!(Declaration::new("a_1", 1, &[table("b_2", &[KEY, COLUMN])]).is_ok());
    }
}
