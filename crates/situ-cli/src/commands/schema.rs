//! `situ schema`: the JSON Schema of the wire form.

use situ_core::{Kind, wire_schema};

use crate::args::SchemaArgs;
use crate::exit::{Exit, Hinted};
use crate::run::Session;

pub(crate) fn run(args: &SchemaArgs, session: &mut Session<'_>) -> anyhow::Result<Exit> {
    let kind = args.kind.as_deref().map(known).transpose()?;
    let schema = wire_schema(kind.as_ref());
    serde_json::to_writer_pretty(&mut *session.out, &schema).map_err(std::io::Error::from)?;
    writeln!(session.out)?;
    Ok(Exit::Answered)
}

/// A kind this program knows.
pub(crate) fn known(name: &str) -> anyhow::Result<Kind> {
    match Kind::from_name(name) {
        Kind::Unknown(_) => {
            let hint = match Kind::nearest(name) {
                Some(kind) => format!("did you mean {kind}?"),
                None => {
                    let all: Vec<&str> = Kind::ALL.iter().map(Kind::as_str).collect();
                    format!("it is one of {}", all.join(", "))
                }
            };
            Err(Hinted::new(format!("unknown kind `{name}`"), hint).into())
        }
        kind => Ok(kind),
    }
}
