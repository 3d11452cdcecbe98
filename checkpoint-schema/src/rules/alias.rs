//! Aliases of prefixes.

use std::borrow::Cow;

use crate::listing::catalog::Name;
use crate::model::template;
use crate::naming::Names;
use crate::rules::{Rules, Template};

impl Rules {
    /// These rules with the prefixes that match most variables of a checkpoint.
    pub(super) fn in_names_of(&self, names: &Names<'_>) -> Cow<'_, Self> {
        let mut rules = Cow::Borrowed(self);
        for texts in &self.aliases {
            let Some((first, others)) = texts.split_first() else { continue };
            let (original, mut best) = (rules.clone(), rules.matches(names));
            for other in others {
                let renamed = original.renamed(first, other);
                let matches = renamed.matches(names);
                if matches > best {
                    (rules, best) = (Cow::Owned(renamed), matches);
                }
            }
        }
        rules
    }

    /// The number of variables that the rules match.
    fn matches(&self, names: &Names<'_>) -> usize {
        let templates = || self.lines.iter().flat_map(|rule| &rule.from);
        let is_taken = |name: &Name| {
            templates()
                .any(|template| template::invert(&template.pieces, name.as_bytes()).is_some())
        };
        let numbers = 0..names.catalog().variables().len();
        numbers.filter(|&number| names.of(number).iter().any(is_taken)).count()
    }

    /// Replaces a prefix in the source names of the rules.
    fn renamed(&self, first: &str, other: &str) -> Self {
        let mut rules = self.clone();
        for template in rules.lines.iter_mut().flat_map(|rule| &mut rule.from) {
            if let Some(rest) = template.text.strip_prefix(first)
                && let Ok(renamed) = Template::parse(format!("{other}{rest}"))
            {
                *template = renamed;
            }
        }
        rules
    }
}
