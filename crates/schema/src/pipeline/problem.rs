//! What is wrong with a pipeline file: place, message, what was meant.

use std::fmt;
use std::ops::Range;

/// One mistake in a pipeline file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file as it was named by the user.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The text of that line.
    pub text: String,
    /// How many characters to underline.
    pub width: usize,
    /// What is wrong.
    pub message: String,
    /// What was probably meant, or what is allowed.
    pub help: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, text, width, message, help } = self;
        let gutter = line.to_string().len();
        writeln!(f, "{file}:{line}:{column}: {message}")?;
        writeln!(f, "{:gutter$} |", "")?;
        writeln!(f, "{line} | {text}")?;
        write!(f, "{:gutter$} | {:pad$}{}", "", "", "^".repeat((*width).max(1)), pad = column.saturating_sub(1))?;
        if let Some(help) = help {
            write!(f, "\n{:gutter$} = help: {help}", "")?;
        }
        Ok(())
    }
}

/// Turns byte spans of a text into lines and columns.
#[derive(Debug)]
pub(crate) struct Places<'a> {
    file: &'a str,
    text: &'a str,
}

impl<'a> Places<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        Self { file, text }
    }

    pub(crate) fn problem(&self, span: Range<usize>, message: String, help: Option<String>) -> Problem {
        let before = self.text.get(..span.start).unwrap_or(self.text);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line_text = self.text.get(line_start..).and_then(|rest| rest.lines().next()).unwrap_or_default();
        let first = self.text.get(line_start..span.start).map_or(0, |t| t.chars().count());
        let marked = self.text.get(span).and_then(|t| t.lines().next()).map_or(1, |t| t.chars().count());
        Problem {
            file: self.file.to_owned(),
            line: before.matches('\n').count() + 1,
            column: first + 1,
            text: line_text.to_owned(),
            width: marked.clamp(1, 60),
            message,
            help,
        }
    }
}

/// The known name nearest to `word`, where one is near enough to have been meant.
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = word.to_lowercase().replace('_', "-");
    known
        .into_iter()
        .map(|name| (strsim::jaro_winkler(&folded, &name.to_lowercase().replace('_', "-")), name))
        .filter(|(likeness, _)| *likeness > 0.78)
        .max_by(|(a, one), (b, two)| a.total_cmp(b).then_with(|| two.cmp(one)))
        .map(|(_, name)| name)
}

/// "did you mean …?", or the allowed names where none is near.
pub fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str> + Clone) -> Option<String> {
    if let Some(name) = nearest(word, known.clone()) {
        return Some(format!("did you mean `{name}`?"));
    }
    let mut names: Vec<&str> = known.into_iter().collect();
    names.sort_unstable();
    names.dedup();
    let shown: Vec<String> = names.iter().take(16).map(|name| format!("`{name}`")).collect();
    let more =
        if names.len() > shown.len() { format!(" and {} more", names.len() - shown.len()) } else { String::new() };
    (!shown.is_empty()).then(|| format!("known here: {}{more}", shown.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_count_characters_and_lines() {
        let text = "a = 1\nñandú = \"x\"\n";
        let at = text.find("\"x\"").unwrap_or_default();
        let problem = Places::new("p.toml", text).problem(at..at + 3, "wrong".into(), None);
        assert_eq!((problem.line, problem.column, problem.width), (2, 9, 3));
        assert_eq!(problem.to_string(), "p.toml:2:9: wrong\n  |\n2 | ñandú = \"x\"\n  |         ^^^");
    }

    #[test]
    fn spans_outside_the_text_do_no_harm() {
        let problem = Places::new("p.toml", "é").problem(1..900, "wrong".into(), None);
        assert_eq!(problem.line, 1);
    }

    #[test]
    fn the_nearest_name_is_suggested_or_none() {
        assert_eq!(nearest("delimeter", ["decimal", "delimiter"]), Some("delimiter"));
        assert_eq!(nearest("ref_aera", ["ref_area", "sex"]), Some("ref_area"));
        assert_eq!(nearest("zzz", ["decimal", "delimiter"]), None);
        assert_eq!(suggestion("zzz", ["b", "a"]).as_deref(), Some("known here: `a`, `b`"));
    }
}
