//! What the command tells the shell.

use std::process::ExitCode;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// The question was answered, the order carried out.
    Answered,
    /// The answer is no: the log is not in order, or the id or figure asked for is not there.
    No,
    /// Something is wrong with the command line, the input, the file or the machine.
    Trouble,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Answered => Self::SUCCESS,
            Exit::No => Self::from(1),
            Exit::Trouble => Self::from(2),
        }
    }
}

/// An error that is an answer: what was asked for is not there.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct NotThere(pub(crate) String);

/// An error with a way out, printed as a line of its own.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub(crate) struct Hinted {
    pub(crate) message: String,
    pub(crate) hint: String,
}

impl Hinted {
    pub(crate) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            hint: hint.into(),
        }
    }
}
