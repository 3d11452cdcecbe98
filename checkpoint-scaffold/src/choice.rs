//! Which variables are taken, by which of their names, and what is said of the others.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::ops::Bound;

use checkpoint_schema::listing::catalog::{Name, Spec};
use checkpoint_schema::listing::glob::Glob;
use checkpoint_schema::model::description::Preset;
use checkpoint_schema::model::template;
use checkpoint_schema::plan::{Names, Presets};

/// The most segments of a name in which slots are looked for.
const MAX_SEGMENTS: usize = 16;

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
    pub(super) fn of(names: &'a Names<'_>) -> Self {
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
        let roots = self.named(optimizers(&self.specs(names)), |root| format!("{root}/**"));
        self.taken.retain(|(name, _)| !beginnings(name).any(|root| roots.contains(root)));
        let slots = self.named(suffixes(&self.specs(names)), |slot| format!("**/{slot}"));
        self.taken.retain(|(name, _)| !slots.contains(last_segment(name)));
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

/// `accumulator`: what at least half of the variables have beside them, of the same dtype and shape.
fn suffixes<'a>(specs: &BTreeMap<&'a str, Spec>) -> Vec<&'a str> {
    let mut slots: BTreeMap<&str, usize> = BTreeMap::new();
    let mut ends: HashMap<&str, usize> = HashMap::new();
    for (name, spec) in specs {
        *ends.entry(last_segment(name)).or_default() += 1;
        if let Some((variable, slot)) = name.rsplit_once('/')
            && specs.get(variable) == Some(spec)
        {
            *slots.entry(slot).or_default() += 1;
        }
    }
    let others = specs.len().saturating_sub(slots.values().sum());
    let named = |slot: &str| ends.get(slot).copied().unwrap_or_default();
    let is_slot = |(slot, count): &(&str, usize)| {
        *count > 1 && 2 * count >= others && !slot.is_empty() && named(slot) == *count
    };
    slots.into_iter().filter(is_slot).map(|(slot, _)| slot).collect()
}

/// `training/Adagrad`: behind what the names of several variables are repeated, with more behind them, and besides are
/// numbers alone.
fn optimizers<'a>(specs: &BTreeMap<&'a str, Spec>) -> Vec<&'a str> {
    let mut roots: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, spec) in specs {
        for root in mirrored(name, spec, specs) {
            roots.entry(root).or_default().insert(name);
        }
    }
    let is_optimizer = |(root, slots): &(&'a str, BTreeSet<&str>)| {
        let within = format!("{root}/");
        let mut names = specs
            .range::<str, _>((Bound::Included(within.as_str()), Bound::Unbounded))
            .take_while(|(name, _)| name.starts_with(&within));
        slots.len() > 1 && names.all(|(name, spec)| slots.contains(name) || spec.shape.rank() == 0)
    };
    roots.into_iter().filter(is_optimizer).map(|(root, _)| root).collect()
}

/// All of a name after its last `/`.
fn last_segment(name: &str) -> &str {
    name.rsplit_once('/').map_or(name, |(_, end)| end)
}

/// What stands before each `/` of a name.
fn beginnings(name: &str) -> impl Iterator<Item = &str> {
    let slashes = name.match_indices('/').take(MAX_SEGMENTS);
    slashes.filter_map(|(at, _)| name.get(..at))
}

/// The beginnings of a name behind which a whole other name stands, and then more.
fn mirrored<'n>(name: &'n str, spec: &Spec, specs: &BTreeMap<&str, Spec>) -> Vec<&'n str> {
    let slashes: Vec<usize> =
        name.match_indices('/').map(|(at, _)| at).take(MAX_SEGMENTS).collect();
    let mut roots = Vec::new();
    for (first, &start) in slashes.iter().enumerate() {
        for &end in slashes.iter().skip(first + 1) {
            let variable = name.get(start + 1..end).unwrap_or_default();
            if start > 0 && specs.get(variable) == Some(spec) {
                roots.extend(name.get(..start));
            }
        }
    }
    roots
}

/// `.` where that joins the segments of most names and `/` those of none.
fn separator(taken: &[(&str, usize)]) -> char {
    let having = |separator| taken.iter().filter(|(name, _)| name.contains(separator)).count();
    if having('/') == 0 && having('.') > taken.len() / 2 { '.' } else { '/' }
}
