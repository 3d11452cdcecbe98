//! Which variables are taken, by which of their names, and what is said of the others.

mod optimizer;

use std::collections::{BTreeMap, BTreeSet, HashSet};

use self::optimizer::{HYPERPARAMETERS, METRICS, beginnings, last_segment, roots, suffixes};
use super::Options;
use checkpoint_schema::listing::catalog::{Name, Spec};
use checkpoint_schema::listing::glob::Glob;
use checkpoint_schema::model::description::Preset;
use checkpoint_schema::model::template;
use checkpoint_schema::plan::{Names, Presets};

/// The most globs for what the user does not want.
const MAX_GLOBS: usize = 16;

/// What is taken, and what is not.
#[derive(Debug, Default)]
pub(super) struct Choice<'a> {
    /// The names of the variables that fields take, with their numbers in the catalog.
    pub(super) taken: Vec<(&'a str, usize)>,
    /// The presets that name some of the others.
    pub(super) presets: BTreeSet<&'static str>,
    /// The globs that name what no preset does.
    pub(super) globs: Vec<String>,
    /// Names that no path can be, as they are printed.
    pub(super) unwritable: Vec<String>,
    /// Names of variables that cannot be read, as they are printed.
    pub(super) unreadable: Vec<String>,
    /// Whether some variables can be named by no glob.
    pub(super) allow_unmapped: bool,
    /// What stands between the segments of names.
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
            // A checkpoint of nothing but counters is about these.
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

    /// Leaves what looks like the slots of an optimizer that no preset knows.
    fn leave_slots(&mut self, names: &Names<'_>) {
        self.leave(names, METRICS, |_| true);
        self.leave(names, HYPERPARAMETERS, |spec| spec.shape.rank() == 0);
        let roots = self.named(roots(&self.specs(names)), |root| format!("{root}/**"));
        self.taken.retain(|(name, _)| !beginnings(name).any(|root| roots.contains(root)));
        let slots = self.named(suffixes(&self.specs(names)), |slot| format!("**/{slot}"));
        self.taken.retain(|(name, _)| !slots.contains(last_segment(name)));
    }

    /// Leaves what these globs match, where all of it is of that kind, but not all that there is.
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

    /// Leaves what the user does not want.
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

    /// Few globs that match all others, and no name of what is taken.
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

    /// What the variables that are taken hold, by their names.
    fn specs(&self, names: &Names<'_>) -> BTreeMap<&'a str, Spec> {
        let variables = names.catalog().variables();
        let spec = |&(name, number): &(&'a str, usize)| Some((name, variables.get(number)?.spec()));
        self.taken.iter().filter_map(spec).collect()
    }

    /// Those of the parts of names that a glob can name, which is added.
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

    /// Names what no field can take by globs, each of which matches nothing else, but for what those of slots match.
    fn ignore_others(&mut self) {
        let taken: HashSet<&str> = self.taken.iter().map(|(name, _)| *name).collect();
        let slots = self.globs.clone();
        let slots: Vec<Glob<'_>> = slots.iter().filter_map(|glob| parsed(glob)).collect();
        for name in self.unwritable.iter().chain(&self.unreadable) {
            if slots.iter().any(|glob| glob.matches(name)) {
                continue;
            }
            let glob = literal(name);
            // It stands for this name alone.
            let matches = parsed(&glob).is_some_and(|parsed| parsed.matches(name));
            if matches && !taken.contains(name.as_str()) {
                self.globs.push(glob);
            } else {
                self.allow_unmapped = true;
            }
        }
    }
}

/// The name by which a field takes a variable, if a path can be any; or the preset in which all its names are.
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
    // The first name is that of the key.
    let skipped = usize::from(key.is_some_and(|key| presets.have(key)));
    let mut free = writable(names, number, skipped).filter(is_free);
    free.find(|name| !presets.have(name)).map(Some).ok_or(preset)
}

/// The names of a variable that a path can be, without the first ones.
fn writable<'a>(
    names: &'a Names<'_>,
    number: usize,
    skipped: usize,
) -> impl Iterator<Item = &'a str> {
    let texts = names.of(number).iter().skip(skipped).filter_map(Name::as_str);
    texts.filter(|name| is_writable(name))
}

/// Whether a template can be this name.
fn is_writable(name: &str) -> bool {
    !name.is_empty() && template::parse(&path(name)).is_ok()
}

/// A name from the root of the checkpoint as a path.
pub(super) fn path(name: &str) -> String {
    let absolute = if name.starts_with('/') { "/" } else { "" };
    format!("{absolute}{}", name.replace('<', "<<"))
}

/// A glob of `ignore` as it is compared with whole names.
fn parsed(glob: &str) -> Option<Glob<'_>> {
    Glob::parse(glob.strip_prefix('/').unwrap_or(glob)).ok()
}

/// A glob of `ignore` for the name that is this text.
fn literal(text: &str) -> String {
    // The first `/` says that whole names are meant.
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

/// `.` where that joins the segments of most names and `/` those of none.
fn separator(taken: &[(&str, usize)]) -> char {
    let having = |separator| taken.iter().filter(|(name, _)| name.contains(separator)).count();
    if having('/') == 0 && having('.') > taken.len() / 2 { '.' } else { '/' }
}
