//! Colours, each with a meaning; everything reads the same without.

use anstyle::{AnsiColor, Style};

/// What a text is, beside what it says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    #[default]
    Plain,
    /// A heading or the figure itself.
    Strong,
    /// Beside the point: ids, sources, times.
    Quiet,
    /// A warning: stale, a flag.
    Warning,
    /// A clash, or something that does not run.
    Alarm,
    /// Something that runs, or is in order.
    Good,
}

impl Tone {
    const fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Strong => Style::new().bold(),
            Self::Quiet => Style::new().dimmed(),
            Self::Warning => AnsiColor::Yellow.on_default(),
            Self::Alarm => AnsiColor::Red.on_default(),
            Self::Good => AnsiColor::Green.on_default(),
        }
    }

    /// The text in its colour.
    pub(crate) fn paint(self, text: &str) -> String {
        if self == Self::Plain || text.is_empty() {
            return text.to_owned();
        }
        let style = self.style();
        format!("{style}{text}{style:#}")
    }
}
