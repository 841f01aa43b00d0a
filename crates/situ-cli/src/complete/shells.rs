//! Shells that need more than what the engine does for them.

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::Path;

use clap_complete::engine::{CompletionCandidate, complete};
use clap_complete::env::EnvCompleter;

use super::unquoted;

/// Bash cuts words at `:`, `=` and `@`, which names of figures hold: the script joins them again, and takes off what Bash
/// keeps of the word itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bash;

const BASH: &str = r#"_situ() {
    local -a words=()
    local part rest=${COMP_LINE:0:COMP_POINT} i current
    for ((i = 0; i < COMP_CWORD; i++)); do
        part=${COMP_WORDS[i]}
        if ((i == 0)); then
            rest=${rest#*"$part"}
            words+=("$part")
            continue
        elif [[ $rest == [[:space:]]* ]]; then
            words+=("$part")
        else
            words[${#words[@]}-1]+=$part
        fi
        rest=${rest#"${rest%%[![:space:]]*}"}
        rest=${rest#"$part"}
    done
    if [[ $rest == [[:space:]]* ]]; then
        words+=("${rest#"${rest%%[![:space:]]*}"}")
    else
        words[${#words[@]}-1]+=$rest
    fi
    current=${words[${#words[@]}-1]}
    COMPREPLY=()
    while IFS= read -r part; do
        COMPREPLY+=("${part#"${current%"$2"}"}")
    done < <(VARIABLE=bash COMPLETER -- "${words[@]}" 2>/dev/null)
}
complete -o nospace -o bashdefault -o nosort -F _situ BIN 2>/dev/null ||
    complete -o nospace -o bashdefault -F _situ BIN
"#;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(
        &self,
        variable: &str,
        _name: &str,
        bin: &str,
        completer: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        out.write_all(filled(BASH, variable, bin, completer).as_bytes())
    }

    /// A line for each candidate; a space behind it where the word is at its end.
    fn write_complete(
        &self,
        command: &mut clap::Command,
        line: Vec<OsString>,
        folder: Option<&Path>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let line: Vec<OsString> = line
            .into_iter()
            .map(|word| unquoted(&word.to_string_lossy()).into())
            .collect();
        let last = line.len().saturating_sub(1);
        let is_begun = line.last().is_some_and(|word| !word.is_empty());
        let found = complete(command, line, last, folder)?;
        let values: Vec<_> = found.iter().map(CompletionCandidate::get_value).collect();
        let values: Vec<_> = values.iter().map(|value| value.to_string_lossy()).collect();
        // Flags are many: they show where nothing else can stand, and to whoever begins one.
        let has_words = values.iter().any(|value| !value.starts_with('-'));
        for value in values {
            if !is_begun && has_words && value.starts_with('-') {
                continue;
            }
            let end = if value.ends_with(['/', ':', '=']) {
                ""
            } else {
                " "
            };
            writeln!(out, "{value}{end}")?;
        }
        Ok(())
    }
}

/// Zsh sets a space behind what it completes, also where a name goes on; and it reads a file named `_situ` when it first
/// completes, and that time expects an answer from it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Zsh;

const ZSH: &str = r#"#compdef BIN
_situ() {
    local -a found begun whole
    found=("${(@f)$(_CLAP_COMPLETE_INDEX=$((CURRENT - 1)) VARIABLE=zsh COMPLETER -- "${words[@]}" 2>/dev/null)}")
    begun=(${(M)found:#*[/:=]})
    whole=(${found:#*[/:=]})
    (($#whole)) && _describe -V 'names' whole
    (($#begun)) && _describe -V 'names that go on' begun -S ''
}
if [[ $funcstack[1] == _situ ]]; then _situ "$@"; else compdef _situ BIN; fi
"#;

impl EnvCompleter for Zsh {
    fn name(&self) -> &'static str {
        "zsh"
    }

    fn is(&self, name: &str) -> bool {
        name == "zsh"
    }

    fn write_registration(
        &self,
        variable: &str,
        _name: &str,
        bin: &str,
        completer: &str,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        out.write_all(filled(ZSH, variable, bin, completer).as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut clap::Command,
        line: Vec<OsString>,
        folder: Option<&Path>,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        clap_complete::env::Zsh.write_complete(command, line, folder, out)
    }
}

fn filled(script: &str, variable: &str, bin: &str, completer: &str) -> String {
    script
        .replace("VARIABLE", variable)
        .replace("COMPLETER", completer)
        .replace("BIN", bin)
}
