//! The parser of rules.

use std::collections::BTreeSet;

use crate::listing::catalog::Catalog;
use crate::listing::glob;
use crate::model::description::{Ignore, Naming, Op, Preset};
use crate::model::template;
use crate::rules::{Rule, RuleProblem, Rules, RulesError, Template, steps};

impl Rules {
    /// Parses rules, one on each line. `#` begins a comment at the start of a line or after a space.
    ///
    /// # Errors
    /// Returns all lines that are not valid rules.
    pub fn parse(text: &str) -> Result<Self, RulesError> {
        let mut rules = Self::default();
        let mut problems = Vec::new();
        for (number, line) in (1..).zip(text.lines()) {
            let line = without_comment(line).trim();
            if line.is_empty() {
                continue;
            }
            if let Err(problem) = rules.line(number, line) {
                problems.push(RuleProblem::Line { line: number, problem });
            }
        }
        if problems.is_empty() { Ok(rules) } else { Err(RulesError { problems }) }
    }

    /// Keeps all variables without a rule unchanged.
    #[must_use]
    pub fn keep_all(mut self) -> Self {
        self.keep_all = true;
        self
    }

    /// Keeps variables whose names match a glob unchanged, unless a rule matches them.
    ///
    /// # Errors
    /// Returns an error if the glob cannot be parsed.
    pub fn keep(mut self, glob: &str) -> Result<Self, RulesError> {
        self.keep.push(checked(glob).map_err(outside)?.to_owned());
        Ok(self)
    }

    /// Ignores variables that match a glob or a preset.
    ///
    /// # Errors
    /// Returns an error if the glob cannot be parsed.
    pub fn ignore(mut self, glob: &str) -> Result<Self, RulesError> {
        let preset = Preset::ALL.into_iter().find(|preset| preset.word() == glob);
        self.ignore.push(match preset {
            Some(preset) => Ignore::Preset(preset),
            None => Ignore::Glob(checked(glob).map_err(outside)?.to_owned().leak()),
        });
        Ok(self)
    }

    /// Sets the kind of the names before `->`, as the line `naming` does.
    #[must_use]
    pub fn named_by(mut self, naming: Naming) -> Self {
        self.naming = Some(naming).filter(|naming| *naming != Naming::Key);
        self
    }

    /// Kept variables with several names get the one that this listing has.
    #[must_use]
    pub fn named_like(mut self, catalog: &Catalog) -> Self {
        self.alike = catalog.variables().iter().map(|variable| variable.name.clone()).collect();
        self
    }

    /// Returns the kind of the names before `->`.
    #[must_use]
    pub fn naming(&self) -> Naming {
        self.naming.unwrap_or(Naming::Key)
    }

    /// Returns the kind of the names after `->`: that of the names before it, if the rules were reversed.
    #[must_use]
    pub fn target_naming(&self) -> Naming {
        self.target_naming.unwrap_or(Naming::Key)
    }

    /// Allows rules without a matching variable. Use it for a part of the checkpoint that the rules describe.
    #[must_use]
    pub fn of_part(mut self) -> Self {
        self.of_part = true;
        self
    }

    /// Appends the rules of another text. Its `naming` replaces that of these rules.
    #[must_use]
    pub fn and(mut self, others: Self) -> Self {
        self.lines.extend(others.lines);
        self.naming = others.naming.or(self.naming);
        self.target_naming = others.target_naming.or(self.target_naming);
        self.ignore.extend(others.ignore);
        self.reverse_ignore.extend(others.reverse_ignore);
        self.aliases.extend(others.aliases);
        self.reverse_aliases.extend(others.reverse_aliases);
        self.keep.extend(others.keep);
        self.keep_all |= others.keep_all;
        self.alike.extend(others.alike);
        self
    }

    /// True if there is no rule and no `keep`; `ignore` does not count.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.keep.is_empty()
    }

    fn line(&mut self, number: usize, line: &str) -> Result<(), String> {
        if let Some(word) = line.strip_prefix("naming ") {
            return once(&mut self.naming, naming(word)?);
        }
        if let Some(word) = line.strip_prefix("reverse naming ") {
            return once(&mut self.target_naming, naming(word)?);
        }
        if let Some(list) = line.strip_prefix("ignore ") {
            self.ignore.extend(ignored_items(list)?);
            return Ok(());
        }
        if let Some(list) = line.strip_prefix("reverse ignore ") {
            self.reverse_ignore.extend(ignored_items(list)?);
            return Ok(());
        }
        if let Some(list) = line.strip_prefix("alias from ") {
            self.aliases.push(aliases(list)?);
            return Ok(());
        }
        if let Some(list) = line.strip_prefix("alias to ") {
            self.reverse_aliases.push(aliases(list)?);
            return Ok(());
        }
        if let Some(list) = line.strip_prefix("keep ") {
            for item in items(list)? {
                let glob = quoted(item)
                    .ok_or("`keep` takes globs in quotes; write `keep \"extra/**\"`")?;
                self.keep.push(checked(glob)?.to_owned());
            }
            return Ok(());
        }
        let (line, preferred) = match line.strip_prefix("prefer ") {
            Some(line) => (line, true),
            None => (line, false),
        };
        let (line, optional) = match line.strip_prefix("optional ") {
            Some(line) => (line, true),
            None => (line, preferred),
        };
        self.lines.push(Rule { optional, preferred, ..rule(number, line)? });
        Ok(())
    }
}

/// The error of a glob beside the lines.
fn outside(problem: String) -> RulesError {
    RulesError { problems: vec![RuleProblem::Glob { problem }] }
}

/// A line without its comment.
fn without_comment(line: &str) -> &str {
    let starts = |(at, _): &(usize, &str)| {
        line.get(..*at).is_some_and(|before| before.is_empty() || before.ends_with([' ', '\t']))
    };
    line.match_indices('#').find(starts).and_then(|(at, _)| line.get(..at)).unwrap_or(line)
}

/// `from -> to : steps`
fn rule(line: usize, text: &str) -> Result<Rule, String> {
    let (from, rest) = split_outside_quotes(text, "->").ok_or(
        "a rule is written `from -> to`, or `from -> to : steps`; write one, or `ignore` or `keep`",
    )?;
    let (to, written) = split_outside_quotes(rest, " : ").unwrap_or((rest, ""));
    if split_outside_quotes(to, "->").is_some() {
        return Err("a rule has one arrow; write `from -> to`, and quotes around a name with `->`"
            .to_owned());
    }
    let [from, to] = [templates(from)?, templates(to)?];
    let steps = steps::parse(written.trim())?;
    let rule = Rule { line, from, to, steps, optional: false, preferred: false };
    rule.check()?;
    Ok(rule)
}

/// Splits text at the first separator that is not within quotes.
fn split_outside_quotes<'t>(text: &'t str, separator: &str) -> Option<(&'t str, &'t str)> {
    let mut in_quotes = false;
    text.char_indices().find_map(|(at, letter)| {
        in_quotes ^= letter == '"';
        let rest = text.get(at..)?.strip_prefix(separator).filter(|_| !in_quotes)?;
        Some((text.get(..at)?, rest))
    })
}

fn templates(list: &str) -> Result<Vec<Template>, String> {
    let read = |item| Template::parse(quoted(item).unwrap_or(item).to_owned());
    items(list)?.into_iter().map(read).collect()
}

impl Template {
    /// Parses a path with indices. Its text is never freed.
    pub(super) fn parse(text: String) -> Result<Self, String> {
        let text: &'static str = text.leak();
        let parsed = template::parse(text).map_err(|error| error.to_string())?;
        if parsed.pieces.is_empty() {
            return Err("a path is empty; write the name of a variable".to_owned());
        }
        Ok(Self { text, pieces: parsed.pieces })
    }
}

/// The items of a comma-separated list. They may be quoted.
fn items(list: &str) -> Result<Vec<&str>, String> {
    let mut items = Vec::new();
    let (mut start, mut in_quotes) = (0, false);
    for (at, letter) in list.char_indices() {
        match letter {
            '"' => in_quotes = !in_quotes,
            ',' if !in_quotes => {
                items.push(list.get(start..at).unwrap_or_default().trim());
                start = at.saturating_add(1);
            }
            _ => {}
        }
    }
    if in_quotes {
        return Err("a quote is not closed; write `\"` at its end".to_owned());
    }
    items.push(list.get(start..).unwrap_or_default().trim());
    if items.iter().any(|item| item.is_empty()) {
        return Err("a name is missing; write one between commas, and beside the arrow".to_owned());
    }
    Ok(items)
}

fn quoted(item: &str) -> Option<&str> {
    item.strip_prefix('"')?.strip_suffix('"')
}

fn checked(glob: &str) -> Result<&str, String> {
    glob::check(glob).map_err(|error| error.to_string())?;
    Ok(glob)
}

/// The kind of names of a word.
fn naming(word: &str) -> Result<Naming, String> {
    let (word, mut all) = (word.trim(), Naming::ALL.into_iter());
    all.find(|naming| naming.word() == word).ok_or_else(|| {
        format!("unknown naming `{word}`; write `key`, `object_path` or `full_name`")
    })
}

/// Sets the naming of a text, which is the same for all of its rules.
fn once(set: &mut Option<Naming>, naming: Naming) -> Result<(), String> {
    match set.replace(naming).filter(|before| *before != naming) {
        Some(before) => {
            Err(format!("an earlier line has `naming {}`; remove one of them", before.word()))
        }
        None => Ok(()),
    }
}

/// Quoted prefixes, at least two.
fn aliases(list: &str) -> Result<Vec<String>, String> {
    let texts = items(list)?.into_iter().map(|item| quoted(item).map(ToOwned::to_owned));
    let texts = texts.collect::<Option<Vec<_>>>().filter(|texts| texts.len() > 1);
    let problem =
        "`alias` takes two or more texts in quotes; write `alias to \"\", \"transformer.\"`";
    texts.ok_or_else(|| problem.to_owned())
}

fn ignored_items(list: &str) -> Result<Vec<Ignore<'static>>, String> {
    items(list)?.into_iter().map(ignored).collect()
}

/// A quoted glob, or the name of a preset.
fn ignored(item: &str) -> Result<Ignore<'static>, String> {
    if let Some(glob) = quoted(item) {
        return Ok(Ignore::Glob(checked(glob)?.to_owned().leak()));
    }
    let preset = Preset::ALL.into_iter().find(|preset| preset.word() == item);
    preset.map(Ignore::Preset).ok_or_else(|| {
        let words: Vec<&str> = Preset::ALL.iter().map(|preset| preset.word()).collect();
        format!("unknown list `{item}`; write one of {}, or a glob in quotes", words.join(", "))
    })
}

impl Rule {
    /// Checks the parts of a rule against each other.
    pub(super) fn check(&self) -> Result<(), String> {
        let indices = |template: &Template| template.indices().collect::<BTreeSet<_>>();
        let first = self.from.first().map(indices).unwrap_or_default();
        for template in self.from.iter().chain(&self.to) {
            let here = indices(template);
            if let Some(index) = first.difference(&here).next() {
                let text = template.text;
                return Err(format!(
                    "`{text}` does not use `<{index}>`; write it where the number stands"
                ));
            }
            if let Some(index) = here.difference(&first).next() {
                let text = template.text;
                return Err(format!(
                    "the index `<{index}>` of `{text}` is not in the other path; write it in each path of the rule"
                ));
            }
        }
        let joins = self.steps.iter().filter(|step| matches!(step, Op::Concat { .. })).count();
        let splits = self.steps.iter().filter(|step| matches!(step, Op::Split { .. })).count();
        match (self.from.len(), self.to.len(), joins, splits) {
            (1, 1, 0, 0) | (2.., 1, 1, 0) | (1, 2.., 0, 1) => {}
            (2.., _, 0, _) => {
                return Err(
                    "several variables are joined by `concat(axis = 0)`; write it".to_owned()
                );
            }
            (_, 2.., _, 0) => {
                return Err("a variable is cut by `split(axis = 0)`; write it".to_owned());
            }
            (1, _, 1.., _) => {
                return Err("`concat` joins several variables; name them before `->`".to_owned());
            }
            (_, 1, _, 1..) => {
                return Err("`split` makes several variables; name them after `->`".to_owned());
            }
            _ => return Err("a rule joins variables, or cuts one; write two rules".to_owned()),
        }
        let after = |step: &Op| matches!(step, Op::Concat { .. } | Op::Split { .. } | Op::Shape(_));
        let joined = self.steps.iter().skip_while(|step| !matches!(step, Op::Concat { .. }));
        if let Some(step) = joined.into_iter().find(|step| !after(step)) {
            return Err(format!(
                "`{step}` cannot follow `concat`; write it before, where it applies to each variable"
            ));
        }
        Ok(())
    }
}
