//! Parquet, where this command was built with it.

use std::io::Write;

use situ_rows::Table;

#[cfg(not(feature = "parquet"))]
use crate::exit::Hinted;

#[cfg(feature = "parquet")]
pub(super) use situ_import::export::ParquetWriter;

#[cfg(not(feature = "parquet"))]
pub(super) use self::without::ParquetWriter;

/// Begins a file of the rows of a table.
///
/// # Errors
/// When `out` cannot be written, or the command was built without Parquet.
#[cfg(feature = "parquet")]
pub(super) fn writer<'a>(
    table: &'a Table,
    out: &'a mut dyn Write,
) -> anyhow::Result<ParquetWriter<'a, &'a mut dyn Write>> {
    Ok(ParquetWriter::new(table, out)?)
}

#[cfg(not(feature = "parquet"))]
pub(super) fn writer<'a>(
    _: &'a Table,
    _: &'a mut dyn Write,
) -> anyhow::Result<ParquetWriter<'a, &'a mut dyn Write>> {
    let message = "this situ was built without Parquet";
    let hint =
        "build it with `--features parquet`, or leave out --format: CSV loses nothing either";
    Err(Hinted::new(message, hint).into())
}

#[cfg(not(feature = "parquet"))]
mod without {
    use std::convert::Infallible;
    use std::io;
    use std::marker::PhantomData;

    use situ_rows::Row;

    /// There is none.
    pub(in super::super) struct ParquetWriter<'t, W>(Infallible, PhantomData<(&'t (), W)>);

    impl<W> ParquetWriter<'_, W> {
        pub(in super::super) fn row(&mut self, _: &Row) -> io::Result<()> {
            match self.0 {}
        }

        pub(in super::super) fn finish(self) -> io::Result<()> {
            match self.0 {}
        }
    }
}
