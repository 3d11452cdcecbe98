//! The text format of rules.

use std::fmt;

use crate::model::description::Ignore;
use crate::rules::{Rule, Rules, Template};

/// The text that [`Rules::parse`] reads, with aligned arrows.
impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (word, naming) in [("naming", self.naming), ("reverse naming", self.target_naming)] {
            line(f, word, naming.iter().map(|naming| naming.word().to_owned()))?;
        }
        let starts: Vec<String> = self.lines.iter().map(Rule::start).collect();
        let width = starts.iter().map(|start| start.chars().count()).max().unwrap_or(0);
        for (rule, start) in self.lines.iter().zip(&starts) {
            write!(f, "{start:width$} -> {}", listed(&rule.to))?;
            let steps: Vec<String> = rule.steps.iter().map(ToString::to_string).collect();
            if !steps.is_empty() {
                write!(f, " : {}", steps.join(", "))?;
            }
            writeln!(f)?;
        }
        for (word, ignored) in [("ignore", &self.ignore), ("reverse ignore", &self.reverse_ignore)]
        {
            line(f, word, ignored.iter().map(shown))?;
        }
        line(f, "keep", self.keep.iter().map(|glob| format!("\"{glob}\"")))?;
        for (word, aliases) in [("alias from", &self.aliases), ("alias to", &self.reverse_aliases)]
        {
            for texts in aliases {
                line(f, word, texts.iter().map(|text| format!("\"{text}\"")))?;
            }
        }
        Ok(())
    }
}

impl Rule {
    /// The text before the arrow.
    fn start(&self) -> String {
        let optional = match (self.preferred, self.optional) {
            (true, _) => "prefer ",
            (false, true) => "optional ",
            (false, false) => "",
        };
        format!("{optional}{}", listed(&self.from))
    }
}

fn line(
    f: &mut fmt::Formatter<'_>,
    word: &str,
    items: impl Iterator<Item = String>,
) -> fmt::Result {
    let items: Vec<String> = items.collect();
    if items.is_empty() { Ok(()) } else { writeln!(f, "{word} {}", items.join(", ")) }
}

fn listed(templates: &[Template]) -> String {
    let quoted = |template: &Template| {
        let is_plain = !template.text.contains([',', '#', ' ']) && !template.text.contains("->");
        if is_plain { template.text.to_owned() } else { format!("\"{}\"", template.text) }
    };
    templates.iter().map(quoted).collect::<Vec<_>>().join(", ")
}

fn shown(ignored: &Ignore<'_>) -> String {
    match ignored {
        Ignore::Glob(glob) | Ignore::Optional(glob) => format!("\"{glob}\""),
        Ignore::Preset(preset) => preset.word().to_owned(),
    }
}
