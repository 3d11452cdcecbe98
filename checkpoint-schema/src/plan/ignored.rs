//! The globs of `ignore`, and those of the documented lists.

use crate::description::{Ignore, Preset};
use crate::glob::Glob;

/// A glob, and how the user names it: itself, or the preset.
pub(crate) struct Rule<'a> {
    pub(crate) label: &'a str,
    pub(crate) preset: bool,
    pub(crate) glob: Glob,
}

/// The globs of what is ignored.
pub(crate) fn rules<'a>(ignore: &Ignore<'a>) -> Vec<Rule<'a>> {
    let (labels, preset): (Vec<(&'a str, &'a str)>, bool) = match *ignore {
        Ignore::Glob(glob) => (vec![(glob, glob.strip_prefix('/').unwrap_or(glob))], false),
        Ignore::Preset(preset) => {
            (preset.globs().iter().map(|glob| (preset.word(), *glob)).collect(), true)
        }
    };
    // The derive refuses a glob that cannot be read.
    let parsed =
        labels.into_iter().filter_map(|(label, glob)| Some((label, Glob::parse(glob).ok()?)));
    parsed.map(|(label, glob)| Rule { label, preset, glob }).collect()
}

/// The documented lists, with their globs.
pub(crate) struct Presets([(Preset, Vec<Rule<'static>>); Preset::ALL.len()]);

impl Presets {
    pub(crate) fn new() -> Self {
        Self(Preset::ALL.map(|preset| (preset, rules(&Ignore::Preset(preset)))))
    }

    /// The list that a variable is in, by one of its names or by its key.
    pub(crate) fn of(&self, names_and_key: impl Iterator<Item = String>) -> Option<Preset> {
        let called: Vec<String> = names_and_key.collect();
        let matches = |rule: &Rule<'_>| called.iter().any(|name| rule.glob.matches(name));
        self.0.iter().find(|(_, rules)| rules.iter().any(matches)).map(|(preset, _)| *preset)
    }
}
