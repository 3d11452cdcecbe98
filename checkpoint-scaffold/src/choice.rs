//! The choice of variables and of their names, and the attributes that cover the others.

mod optimizer;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use self::optimizer::{
    HYPERPARAMETERS, METRICS, beginnings, last_segment, roots, states, suffixes,
};
use super::Options;
use checkpoint_schema::listing::catalog::{Name, Spec};
use checkpoint_schema::listing::glob::Glob;
use checkpoint_schema::model::description::Preset;
use checkpoint_schema::model::template;
use checkpoint_schema::naming::{Names, Presets};

/// The maximum number of globs for variables that the user excludes.
const MAX_GLOBS: usize = 16;

/// The variables that fields take, and the others.
#[derive(Debug, Default)]
pub(super) struct Choice<'a> {
    /// The names of the taken variables, with their indices in the catalog.
    pub(super) taken: Vec<(&'a str, usize)>,
    /// The presets that match some of the others.
    pub(super) presets: BTreeSet<&'static str>,
    /// The globs that match variables without a preset.
    pub(super) globs: Vec<String>,
    /// Names that cannot be a path, as they are printed.
    pub(super) unwritable: Vec<String>,
    /// Names of unreadable variables, as they are printed.
    pub(super) unreadable: Vec<String>,
    /// True if no glob can match some of the variables.
    pub(super) allow_unmapped: bool,
    /// The separator of segments in names.
    pub(super) separator: char,
}

impl<'a> Choice<'a> {
    pub(super) fn of(names: &'a Names<'_>, options: Options<'_>) -> Self {
        let presets = Presets::new();
        let mut choice = Self::default();
        for number in 0..names.catalog().variables().len() {
            match name(&presets, names, number) {
                Ok(name) => choice.take(names, number, name),
                Err(preset) => drop(choice.presets.insert(preset.word())),
            }
        }
        choice.leave_slots(names);
        if choice.taken.is_empty() {
            // If a checkpoint has nothing but counters, they are its variables.
            choice = Self::default();
            for number in 0..names.catalog().variables().len() {
                choice.take(names, number, writable(names, number, 0).next());
            }
        }
        choice.select(names, options);
        choice.ignore_others();
        choice.separator = separator(&choice.taken);
        choice
    }

    fn take(&mut self, names: &Names<'_>, number: usize, name: Option<&'a str>) {
        let printed = names.of(number).first().map(Name::to_string);
        let variable = names.catalog().variables().get(number);
        match name {
            _ if variable.is_some_and(|variable| variable.defect().is_some()) => {
                self.unreadable.extend(printed);
            }
            Some(name) => self.taken.push((name, number)),
            None => self.unwritable.extend(printed),
        }
    }

    /// Excludes the likely slots of optimizers without a preset.
    fn leave_slots(&mut self, names: &Names<'_>) {
        self.leave(names, METRICS, |_| true);
        self.leave(names, HYPERPARAMETERS, |spec| spec.shape.rank() == 0);
        let roots = self.named(roots(&self.specs(names)), |root| format!("{root}/**"));
        self.taken.retain(|(name, _)| !beginnings(name).any(|root| roots.contains(root)));
        let states = self.named(states(&self.specs(names)), |state| format!("{state}.**"));
        self.taken.retain(|(name, _)| {
            let is_within =
                |state: &&str| name.strip_prefix(*state).is_some_and(|rest| rest.starts_with('.'));
            !states.iter().any(is_within)
        });
        let slots = self.named(suffixes(&self.specs(names)), |slot| format!("**/{slot}"));
        self.taken.retain(|(name, _)| !slots.contains(last_segment(name)));
    }

    /// Excludes the matches of each glob, if all of them satisfy `is`.
    fn leave(&mut self, names: &Names<'_>, globs: &[&str], is: impl Fn(&Spec) -> bool) {
        for text in globs {
            let Some(glob) = parsed(text) else { continue };
            let specs = self.specs(names);
            let mut matched = specs.iter().filter(|(name, _)| glob.matches(name)).peekable();
            if matched.peek().is_some() && matched.all(|(_, spec)| is(spec)) {
                self.taken.retain(|(name, _)| !glob.matches(name));
                self.globs.push((*text).to_owned());
            }
        }
    }

    /// Excludes the variables that the user does not want.
    fn select(&mut self, names: &Names<'_>, options: Options<'_>) {
        for text in options.ignore {
            let Some(glob) = parsed(text) else { continue };
            let before = self.taken.len();
            self.taken.retain(|(name, _)| !glob.matches(name));
            if self.taken.len() < before {
                self.globs.push(text.clone());
            }
        }
        let only: Vec<Glob<'_>> = options.only.iter().filter_map(|text| parsed(text)).collect();
        if only.is_empty() {
            return;
        }
        let is_wanted = |name: &str| only.iter().any(|glob| glob.matches(name));
        let taken = std::mem::take(&mut self.taken);
        let (taken, others): (Vec<_>, Vec<_>) =
            taken.into_iter().partition(|(name, _)| is_wanted(name));
        self.taken = taken;
        match self.cover(names, &others) {
            Some(globs) => self.globs.extend(globs),
            None => self.allow_unmapped = true,
        }
    }

    /// Finds a few globs that match all others, and no name of a taken variable.
    fn cover(&self, names: &Names<'_>, others: &[(&str, usize)]) -> Option<BTreeSet<String>> {
        let within: HashSet<&str> =
            self.taken.iter().flat_map(|(name, _)| beginnings(name)).collect();
        let mut globs = BTreeSet::new();
        for (name, _) in others {
            let scope = beginnings(name).find(|scope| !within.contains(scope));
            globs.insert(match scope {
                Some(scope) => format!("{}/**", literal(scope)),
                None => literal(name),
            });
            if globs.len() > MAX_GLOBS {
                return None;
            }
        }
        let parsed: Vec<Glob<'_>> = globs.iter().map(|glob| parsed(glob)).collect::<Option<_>>()?;
        let is_clear = self.taken.iter().flat_map(|(_, number)| names.of(*number)).all(|name| {
            name.as_str().is_none_or(|name| !parsed.iter().any(|glob| glob.matches(name)))
        });
        drop(parsed);
        is_clear.then_some(globs)
    }

    /// Returns the dtypes and shapes of the taken variables, by name.
    fn specs(&self, names: &Names<'_>) -> BTreeMap<&'a str, Spec> {
        let variables = names.catalog().variables();
        let spec = |&(name, number): &(&'a str, usize)| Some((name, variables.get(number)?.spec()));
        self.taken.iter().filter_map(spec).collect()
    }

    /// Adds a glob for each of these parts of names, if there can be one. Returns the parts with a glob.
    fn named(&mut self, parts: Vec<&'a str>, glob: impl Fn(String) -> String) -> BTreeSet<&'a str> {
        let mut named = BTreeSet::new();
        for part in parts {
            let glob = glob(literal(part));
            if parsed(&glob).is_some() {
                self.globs.push(glob);
                named.insert(part);
            }
        }
        named
    }

    /// Adds a glob for each variable that no field can take. Each glob matches one name; names that a glob of slots matches need
    /// none.
    fn ignore_others(&mut self) {
        let taken: HashSet<&str> = self.taken.iter().map(|(name, _)| *name).collect();
        let slots = self.globs.clone();
        let slots: Vec<Glob<'_>> = slots.iter().filter_map(|glob| parsed(glob)).collect();
        for name in self.unwritable.iter().chain(&self.unreadable) {
            if slots.iter().any(|glob| glob.matches(name)) {
                continue;
            }
            let glob = literal(name);
            // The glob must match this name alone.
            let matches = parsed(&glob).is_some_and(|parsed| parsed.matches(name));
            if matches && !taken.contains(name.as_str()) {
                self.globs.push(glob);
            } else {
                self.allow_unmapped = true;
            }
        }
    }
}

/// Returns the name by which a field takes a variable, if one of its names can be a path. If all its names are in a preset,
/// returns the preset.
fn name<'a>(
    presets: &Presets,
    names: &'a Names<'_>,
    number: usize,
) -> Result<Option<&'a str>, Preset> {
    let is_free = |name: &&str| !name.split('/').any(|segment| segment == "optimizer");
    let Some((preset, _)) = presets.listed(names, number) else {
        let free = writable(names, number, 0).find(is_free);
        return Ok(free.or_else(|| writable(names, number, 0).next()));
    };
    let key = names.catalog().variables().get(number).and_then(|variable| variable.name.as_str());
    // The first name belongs to the key.
    let skipped = usize::from(key.is_some_and(|key| presets.have(key)));
    let mut free = writable(names, number, skipped).filter(is_free);
    free.find(|name| !presets.have(name)).map(Some).ok_or(preset)
}

/// Returns the names of a variable that can be a path, without the first `skipped`.
fn writable<'a>(
    names: &'a Names<'_>,
    number: usize,
    skipped: usize,
) -> impl Iterator<Item = &'a str> {
    let texts = names.of(number).iter().skip(skipped).filter_map(Name::as_str);
    texts.filter(|name| is_writable(name))
}

/// True if a template can match this name.
fn is_writable(name: &str) -> bool {
    !name.is_empty() && template::parse(&path(name)).is_ok()
}

/// Returns a name from the root of the checkpoint as a path.
pub(super) fn path(name: &str) -> String {
    let absolute = if name.starts_with('/') { "/" } else { "" };
    format!("{absolute}{}", name.replace('<', "<<"))
}

/// Parses a glob of `ignore` for matching whole names.
fn parsed(glob: &str) -> Option<Glob<'_>> {
    Glob::parse(glob.strip_prefix('/').unwrap_or(glob)).ok()
}

/// Returns a glob of `ignore` that matches this text only.
fn literal(text: &str) -> String {
    // The leading `/` means that whole names are matched.
    let start = String::from(if text.starts_with('/') { "/" } else { "" });
    text.chars().fold(start, |mut glob, letter| {
        if matches!(letter, '*' | '?' | '[') {
            glob.extend(['[', letter, ']']);
        } else {
            glob.push(letter);
        }
        glob
    })
}

/// Returns `.` if it joins the segments of most names, and `/` those of none.
fn separator(taken: &[(&str, usize)]) -> char {
    let having = |separator| taken.iter().filter(|(name, _)| name.contains(separator)).count();
    if having('/') == 0 && having('.') > taken.len() / 2 { '.' } else { '/' }
}
