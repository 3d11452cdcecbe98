//! One cause of many missing variables: what the paths call otherwise than the checkpoint.

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::Name;
use crate::plan::causes;
use crate::plan::names::Found;
use crate::plan::walk::{Finding, Walk};
use crate::problem::{Problem, ProblemKind};

/// How many missing variables are compared with those that no field takes.
const LOOKED_FOR: usize = 8;

/// How many of the words in which they differ are put into the names of all that are missing.
const TRIED: usize = 16;

/// A word in the names of missing variables, and the one that those in the checkpoint have in its place.
#[derive(Clone, Debug)]
pub(super) struct Renamed {
    written: String,
    found: String,
    /// The findings that it explains: their numbers.
    pub(super) findings: BTreeSet<usize>,
    /// The variables that are meant.
    variables: BTreeSet<usize>,
}

/// The word by which nearly all missing variables differ from some that no field takes, if they are of several fields.
pub(super) fn renamed(walk: &Walk<'_>, unmapped: &BTreeSet<usize>) -> Option<Renamed> {
    let name = |number: usize| {
        let (site, _) = &walk.findings[number];
        walk.routes.name(site.route, &site.indices)
    };
    let findings = walk.findings.iter().enumerate();
    let missing = findings.filter(|(_, (_, finding))| *finding == Finding::Missing);
    let missing: Vec<(usize, String)> = missing.map(|(number, _)| (number, name(number))).collect();
    let others = unmapped.iter().flat_map(|&number| walk.names.of(number));
    let others: Vec<&str> = others.filter_map(Name::as_str).collect();
    let few = missing.iter().take(LOOKED_FOR);
    let words = few.flat_map(|(_, name)| others.iter().filter_map(|other| words(name, other)));
    let explained = most(words).into_iter().map(|(written, found)| {
        let there = missing.iter().filter_map(|(number, name)| {
            let meant = walk.names.find(&replaced(name, written, found)?);
            let Found::One(meant) = meant else { return None };
            // What has the word in another of its names is not called otherwise.
            let mut names = walk.names.of(meant).iter().filter_map(Name::as_str);
            let has_both = names.any(|name| replaced(name, written, found).is_some());
            (unmapped.contains(&meant) && !has_both).then_some((*number, meant))
        });
        let (findings, variables) = there.unzip();
        Renamed { written: written.to_owned(), found: found.to_owned(), findings, variables }
    });
    let most = explained.max_by_key(|renamed| renamed.findings.len())?;
    let fields: BTreeSet<_> =
        most.findings.iter().map(|number| walk.findings[*number].0.route).collect();
    // Of one field, the nearest name says as much, but where its variables differ in shape.
    let mut specs = most.variables.iter().map(|at| walk.catalog.variables()[*at].spec());
    let first = specs.next();
    let several = fields.len() > 1 || specs.any(|spec| Some(spec) != first);
    (several && most.findings.len() * 10 >= missing.len() * 9).then_some(most)
}

/// The pairs that come most often.
fn most<'n>(pairs: impl Iterator<Item = (&'n str, &'n str)>) -> Vec<(&'n str, &'n str)> {
    let mut counts: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for pair in pairs {
        *counts.entry(pair).or_default() += 1;
    }
    let mut counted: Vec<_> = counts.into_iter().collect();
    counted.sort_by_key(|&(_, count)| std::cmp::Reverse(count));
    counted.into_iter().map(|(pair, _)| pair).take(TRIED).collect()
}

/// The word in which two names differ, if there is only one.
fn words<'n>(name: &'n str, other: &'n str) -> Option<(&'n str, &'n str)> {
    let same = |pair: &(char, char)| pair.0 == pair.1;
    let len = |chars: &mut dyn Iterator<Item = (char, char)>| -> usize {
        chars.take_while(same).map(|(char, _)| char.len_utf8()).sum()
    };
    let start = len(&mut name.chars().zip(other.chars()));
    let (rest, other_rest) = (&name[start..], &other[start..]);
    let end = len(&mut rest.chars().rev().zip(other_rest.chars().rev()));
    let differs = |text: &str| text.contains(|char: char| char == '/' || char.is_ascii_digit());
    if differs(&rest[..rest.len() - end]) || differs(&other_rest[..other_rest.len() - end]) {
        return None;
    }
    // The word begins with its segment, and goes on to the last letter.
    let from = name[..start].rfind('/').map_or(0, |at| at + 1);
    let letters = name[name.len() - end..].find(|char: char| !char.is_alphabetic()).unwrap_or(end);
    let (word, other) =
        (&name[from..name.len() - end + letters], &other[from..other.len() - end + letters]);
    (!word.is_empty() && !other.is_empty() && word != other).then_some((word, other))
}

/// A name with another word at the start of the first segment that begins with this one.
fn replaced(name: &str, word: &str, other: &str) -> Option<String> {
    let starts = std::iter::once(0).chain(name.match_indices('/').map(|(at, _)| at + 1));
    let at = starts.into_iter().find(|&at| {
        let rest = name[at..].strip_prefix(word);
        rest.is_some_and(|rest| !rest.starts_with(char::is_alphabetic))
    })?;
    Some(format!("{}{other}{}", &name[..at], &name[at + word.len()..]))
}

impl Renamed {
    /// The problem of as many variables.
    pub(super) fn problem(&self, count: usize) -> Problem {
        let Self { written, found, .. } = self.clone();
        let kind = ProblemKind::Renamed { written, found };
        Problem { field: None, variable: None, count, kind }
    }

    /// Whether a variable would be that of a field with the other word, at whatever index: of a list that is counted, only
    /// the first element is missing.
    pub(super) fn explains(&self, walk: &Walk<'_>, number: usize) -> bool {
        let routes = || self.findings.iter().map(|at| walk.routes.get(walk.findings[*at].0.route));
        let names = walk.names.of(number).iter().filter_map(Name::as_str);
        let mut written = names.filter_map(|name| replaced(name, &self.found, &self.written));
        written.any(|name| {
            let name = Name::from(name);
            routes().any(|route| causes::gives(&route.template, &name))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_differ_in_a_word_of_one_segment() {
        let differ = |name, other| words(name, other);
        assert_eq!(
            differ("batch_normalization_1/gamma", "batch_norm_1/gamma"),
            Some(("batch_normalization", "batch_norm"))
        );
        assert_eq!(
            differ("a/weights", "a/depthwise_weights"),
            Some(("weights", "depthwise_weights"))
        );
        assert_eq!(differ("h0/c_attn/w", "h0/c_atn/w"), Some(("c_attn", "c_atn")));
        assert_eq!(differ("h0/w", "h1/w"), None);
        assert_eq!(differ("a/b/w", "a/w"), None);
        assert_eq!(differ("a", "a"), None);
    }

    #[test]
    fn a_word_is_replaced_where_a_segment_begins_with_it() {
        let replace = |name| replaced(name, "dense", "linear");
        assert_eq!(replace("dense_1/kernel").unwrap(), "linear_1/kernel");
        assert_eq!(replace("condense/dense").unwrap(), "condense/linear");
        assert_eq!(replace("denser/kernel"), None);
    }
}
