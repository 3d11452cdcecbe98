//! The globs of `ignore` and of its presets.

use crate::listing::glob::Glob;
use crate::model::description::{Ignore, Preset};
use crate::naming::names::Names;

/// A glob, and its name in the struct: the glob itself, or the preset.
pub(crate) struct LabelledGlob<'a> {
    pub(crate) label: &'a str,
    pub(crate) glob: Glob<'a>,
}

/// The globs of an `ignore` entry.
pub(crate) fn ignored_globs<'a>(ignore: &Ignore<'a>) -> Vec<LabelledGlob<'a>> {
    let labels: Vec<(&'a str, &'a str)> = match *ignore {
        Ignore::Glob(glob) | Ignore::Optional(glob) => {
            vec![(glob, glob.strip_prefix('/').unwrap_or(glob))]
        }
        Ignore::Preset(preset) => {
            preset.globs().iter().map(|glob| (preset.word(), *glob)).collect()
        }
    };
    // The derive macro rejects invalid globs.
    let parsed =
        labels.into_iter().filter_map(|(label, glob)| Some((label, Glob::parse(glob).ok()?)));
    parsed.map(|(label, glob)| LabelledGlob { label, glob }).collect()
}

/// The presets of `ignore`, with their globs.
pub struct Presets([(Preset, Vec<LabelledGlob<'static>>); Preset::ALL.len()]);

impl Presets {
    /// Creates all presets.
    #[must_use]
    pub fn new() -> Self {
        Self(Preset::ALL.map(|preset| (preset, ignored_globs(&Ignore::Preset(preset)))))
    }

    /// The preset that matches a variable, by one of its names or by its key.
    pub(crate) fn of(&self, names_and_key: impl Iterator<Item = String>) -> Option<Preset> {
        let called: Vec<String> = names_and_key.collect();
        self.find(|glob| called.iter().any(|name| glob.matches(name))).map(|(preset, _)| preset)
    }

    /// The preset and the glob that match the variable with this number, by one of its names or by its key.
    #[must_use]
    pub fn listed(&self, names: &Names<'_>, number: usize) -> Option<(Preset, &'static str)> {
        let called: Vec<String> = names.and_key(number).collect();
        self.find(|glob| called.iter().any(|name| glob.matches(name)))
    }

    /// True if a preset matches the name.
    #[must_use]
    pub fn have(&self, name: &str) -> bool {
        self.find(|glob| glob.matches(name)).is_some()
    }

    fn find(&self, is: impl Fn(&Glob<'_>) -> bool) -> Option<(Preset, &'static str)> {
        self.0.iter().find_map(|(preset, globs)| {
            let at = globs.iter().position(|labelled| is(&labelled.glob))?;
            Some((*preset, *preset.globs().get(at)?))
        })
    }
}

impl Default for Presets {
    fn default() -> Self {
        Self::new()
    }
}
