//! The index of a sharded safetensors checkpoint.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::de::{IgnoredAny, MapAccess};

use crate::format::budget::Budget;
use crate::format::safetensors::error::{JsonError, ShardsError};
use crate::format::safetensors::json::{Document, Entries, Object, Pair, Strings};
use crate::listing::catalog::{Name, Place, Variable};

/// The index of a sharded checkpoint: a map from tensors to files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shards {
    /// The names of the files, sorted. They are in the folder of the index.
    files: Vec<String>,
    /// The tensors, in the order of their names, with the numbers of their files.
    tensors: Vec<(Name, usize)>,
}

impl Shards {
    /// Reads an index from all bytes of its file.
    ///
    /// # Errors
    /// Returns an error if the index is invalid, or exceeds `budget`.
    pub fn read(json: &[u8], budget: &Budget) -> Result<Self, ShardsError> {
        let document = Document::new(budget);
        let index = document.read(json, 0, Object(Index { document: &document, map: None }))?;
        let map = index.map.ok_or(ShardsError::NoMap)?;
        let mut numbers: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, file) in &map {
            if !is_beside(file) {
                let (name, file) = (Name::from(name.as_bytes()), Name::from(file.as_bytes()));
                return Err(ShardsError::File { name, file });
            }
            numbers.insert(file, 0);
        }
        let limit = budget.limits().shards;
        if u32::try_from(numbers.len()).map_or(true, |files| files > limit) {
            return Err(ShardsError::Files { files: numbers.len(), limit });
        }
        numbers.values_mut().zip(0..).for_each(|(number, at)| *number = at);
        let number = |file: &str| numbers.get(file).copied().unwrap_or_default();
        let tensor = |(name, file): &Pair<'_>| (Name::from(name.as_bytes()), number(file));
        let tensors = map.iter().map(tensor).collect();
        Ok(Self { files: numbers.into_keys().map(str::to_owned).collect(), tensors })
    }

    /// The names of the files, in the order of their numbers.
    #[must_use]
    pub fn files(&self) -> &[String] {
        &self.files
    }

    /// The variables of all files. `of_files` yields those of each file, in the order of [`files`](Self::files).
    ///
    /// # Errors
    /// Returns an error if a file does not contain exactly the tensors that the index lists for it.
    pub fn variables(
        &self,
        of_files: impl IntoIterator<Item = Vec<Variable>>,
    ) -> Result<Vec<Variable>, ShardsError> {
        let mut all = Vec::with_capacity(self.tensors.len());
        for (number, variables) in of_files.into_iter().enumerate() {
            for mut variable in variables {
                if self.file_of(&variable.name) != Some(number) {
                    let (name, file) = (variable.name, self.name_of(number));
                    return Err(ShardsError::Unexpected { name, file });
                }
                if let Place::Whole(extent) = &mut variable.place {
                    extent.shard = u32::try_from(number).unwrap_or(u32::MAX);
                }
                all.push(variable);
            }
        }
        all.sort_unstable_by(|one, other| one.name.cmp(&other.name));
        let is_missing = |name: &Name| all.binary_search_by(|it| it.name.cmp(name)).is_err();
        match self.tensors.iter().find(|(name, _)| is_missing(name)) {
            Some((name, number)) => {
                Err(ShardsError::Missing { name: name.clone(), file: self.name_of(*number) })
            }
            None => Ok(all),
        }
    }

    /// The number of the file with this tensor.
    fn file_of(&self, tensor: &Name) -> Option<usize> {
        let at = self.tensors.binary_search_by(|(name, _)| name.cmp(tensor)).ok()?;
        self.tensors.get(at).map(|(_, number)| *number)
    }

    fn name_of(&self, number: usize) -> Name {
        Name::from(self.files.get(number).map_or("", String::as_str))
    }
}

/// True if this is a plain file name in the same folder, on any system.
fn is_beside(file: &str) -> bool {
    !matches!(file, "" | "." | "..") && !file.contains(['/', '\\', ':', '\0'])
}

/// The contents of an index.
struct Index<'s, 'b, 'd> {
    document: &'s Document<'b>,
    /// The tensors and their files, in the order of the tensors.
    map: Option<Vec<Pair<'d>>>,
}

impl<'d> Entries<'d> for Index<'_, '_, 'd> {
    const WHAT: &'static str = "an object with `weight_map`";

    fn entry<M: MapAccess<'d>>(&mut self, key: Cow<'d, str>, map: &mut M) -> Result<(), M::Error> {
        if key != "weight_map" {
            return map.next_value::<IgnoredAny>().map(drop);
        }
        let pairs = map.next_value_seed(Strings::new(self.document))?.sorted()?;
        for (name, _) in &pairs {
            self.document.charge_variable(name, 0)?;
        }
        match self.map.replace(pairs) {
            Some(_) => Err(self.document.stop(JsonError::twice(&key))),
            None => Ok(()),
        }
    }
}
