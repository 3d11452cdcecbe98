//! Aliases of prefixes.

use std::borrow::Cow;

use crate::listing::catalog::Catalog;
use crate::model::template;
use crate::rules::{Rules, Template};

impl Rules {
    /// These rules with the prefixes that match most variables of a checkpoint.
    pub(super) fn in_names_of(&self, catalog: &Catalog) -> Cow<'_, Self> {
        let mut rules = Cow::Borrowed(self);
        for texts in &self.aliases {
            let Some((first, others)) = texts.split_first() else { continue };
            let (original, mut best) = (rules.clone(), rules.matches(catalog));
            for other in others {
                let renamed = original.renamed(first, other);
                let matches = renamed.matches(catalog);
                if matches > best {
                    (rules, best) = (Cow::Owned(renamed), matches);
                }
            }
        }
        rules
    }

    /// The number of variables that the rules match.
    fn matches(&self, catalog: &Catalog) -> usize {
        let templates = || self.lines.iter().flat_map(|rule| &rule.from);
        let is_taken = |name: &[u8]| {
            templates().any(|template| template::invert(&template.pieces, name).is_some())
        };
        let names = catalog.variables().iter().map(|variable| variable.name.as_bytes());
        names.filter(|name| is_taken(name)).count()
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
