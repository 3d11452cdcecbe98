//! A list of variables that can be changed and written.

use std::io;
use std::path::Path;

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadError, LoadOptions};
use checkpoint_schema::format::Limits;
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::manifest;
use checkpoint_schema::naming::Names;
use checkpoint_schema::plan::{Binding, PlanOptions, plan};
use ndarray::ArrayD;
use tempfile::TempDir;

use crate::gpt2::{Hparams, noise, write_singles};
use crate::writer::{Bundle, Data, Entry, Header, Index, TableOptions, Version};

/// The value of the step counter.
pub const STEPS: i64 = 2003;

/// Variables, in the order in which they are written.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    variables: Vec<Listed>,
    /// The object graph, if there is one.
    graph: Option<Vec<u8>>,
}

/// A variable: of `f32` or `bfloat16` with values that depend on its name, or a counter of `i64`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The name.
    pub name: String,
    /// The dtype.
    pub dtype: DType,
    /// The lengths of its axes.
    pub shape: Vec<u64>,
}

/// Listings for benchmarks.
impl Listing {
    /// Returns the variables of the released GPT-2 with this name, such as `124M`.
    #[must_use]
    pub fn gpt2(size: &str) -> Self {
        let mut listing = Self::default();
        for (name, shape) in Hparams::released(size).iter().flat_map(Hparams::tensors) {
            listing.weight(name, &shape);
        }
        listing
    }

    /// Returns this number of small variables, in [`Layers`](crate::models::Layers) of ten.
    #[must_use]
    pub fn layers(variables: usize) -> Self {
        let mut listing = Self::default();
        for layer in 0..variables / 10 {
            for field in ('a'..).take(10) {
                listing.weight(format!("layer_{layer}/{field}"), &[8]);
            }
        }
        listing
    }
}

/// Adding variables.
impl Listing {
    /// Returns the variables of a manifest.
    ///
    /// # Panics
    ///
    /// When it cannot be read.
    #[must_use]
    pub fn of_manifest(text: &str) -> Self {
        let manifest = manifest::Listing::read(text.as_bytes(), &Limits::default());
        let mut listing = Self::default();
        for listed in manifest.expect("the manifest is right").variables() {
            let name = listed.names[0].as_str().expect("names are text").to_owned();
            listing.add(name, listed.spec.dtype, listed.spec.shape.dims());
        }
        listing
    }

    /// Returns the variables of a checkpoint.
    #[must_use]
    pub fn of(checkpoint: &Checkpoint) -> Self {
        let mut listing = Self::default();
        for variable in checkpoint.variables() {
            listing.add(variable.name.to_string(), variable.dtype, variable.shape.dims());
        }
        listing
    }

    /// Adds a variable of `f32`.
    pub fn weight(&mut self, name: impl Into<String>, shape: &[u64]) {
        self.add(name.into(), DType::Float32, shape);
    }

    /// Adds a counter.
    pub fn counter(&mut self, name: impl Into<String>) {
        self.add(name.into(), DType::Int64, &[]);
    }

    /// Adds a variable of this dtype.
    pub fn add(&mut self, name: String, dtype: DType, shape: &[u64]) {
        self.variables.push(Listed { name, dtype, shape: shape.to_vec() });
    }

    /// Adds copies of each variable for which `these` is true, one for each of `suffixes`.
    pub fn twins(&mut self, suffixes: &[&str], these: impl Fn(&Listed) -> bool) {
        let of: Vec<Listed> =
            self.variables.iter().filter(|listed| these(listed)).cloned().collect();
        for suffix in suffixes {
            for Listed { name, shape, .. } in &of {
                self.weight(format!("{name}/{suffix}"), shape);
            }
        }
    }

    /// Adds an object graph.
    pub fn graph(&mut self, bytes: Vec<u8>) {
        self.graph = Some(bytes);
    }

    /// Returns the variables.
    #[must_use]
    pub fn variables(&self) -> &[Listed] {
        &self.variables
    }
}

/// Changes to a listing.
impl Listing {
    /// Renames the variables.
    #[must_use]
    pub fn renamed(mut self, name: impl Fn(&str) -> String) -> Self {
        for listed in &mut self.variables {
            listed.name = name(&listed.name);
        }
        self
    }

    /// Removes some variables.
    #[must_use]
    pub fn without(mut self, these: impl Fn(&str) -> bool) -> Self {
        self.variables.retain(|listed| !these(&listed.name));
        self
    }

    /// Changes the shape of one variable.
    ///
    /// # Panics
    ///
    /// When there is no such variable.
    #[must_use]
    pub fn reshaped(mut self, name: &str, shape: &[u64]) -> Self {
        let mut variables = self.variables.iter_mut();
        let listed = variables.find(|listed| listed.name == name).expect("the variable is listed");
        listed.shape = shape.to_vec();
        self
    }

    /// Changes the dtype of some variables.
    #[must_use]
    pub fn retyped(mut self, dtype: DType, these: impl Fn(&str) -> bool) -> Self {
        for listed in self.variables.iter_mut().filter(|listed| these(&listed.name)) {
            listed.dtype = dtype;
        }
        self
    }
}

/// Writing a listing.
impl Listing {
    /// Returns the written elements of a variable.
    ///
    /// # Panics
    ///
    /// When there is no such variable.
    #[must_use]
    pub fn array(&self, name: &str) -> ArrayD<f32> {
        let listed = self.variables.iter().find(|listed| listed.name == name);
        let Some(listed @ Listed { shape, .. }) = listed else {
            panic!("`{name}` is not listed");
        };
        let in_memory = |&dim: &u64| usize::try_from(dim).expect("the length is that of an array");
        let shape: Vec<usize> = shape.iter().map(in_memory).collect();
        ArrayD::from_shape_vec(shape, listed.values()).expect("there are as many values")
    }

    /// Writes the listing into a folder of its own, and opens it.
    ///
    /// # Errors
    ///
    /// When it cannot be written or opened.
    pub fn checkpoint(&self) -> io::Result<(TempDir, Checkpoint)> {
        let folder = tempfile::tempdir()?;
        let prefix = folder.path().join("model.ckpt");
        self.write(&prefix)?;
        let checkpoint = Checkpoint::open(prefix).map_err(io::Error::other)?;
        Ok((folder, checkpoint))
    }

    /// Writes the listing at `prefix`, one variable after another. It may be larger than the memory.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn write(&self, prefix: &Path) -> io::Result<()> {
        let bundle = self.variables.iter().fold(Bundle::new(), |bundle, listed| {
            bundle.tensor(&listed.name, listed.dtype, &listed.shape, listed.data())
        });
        let bundle = match &self.graph {
            Some(graph) => bundle.strings("_CHECKPOINTABLE_OBJECT_GRAPH", &[], &[graph]),
            None => bundle,
        };
        bundle.write(prefix)
    }

    /// Writes only the index into a folder of its own, and opens it. This is enough to plan a load of any size. The names of an
    /// object graph are data, so with a graph everything is written.
    ///
    /// # Errors
    ///
    /// As [`checkpoint`](Self::checkpoint).
    pub fn index(&self) -> io::Result<(TempDir, Checkpoint)> {
        if self.graph.is_some() {
            return self.checkpoint();
        }
        let folder = tempfile::tempdir()?;
        let prefix = folder.path().join("model.ckpt");
        self.index_at(&prefix)?;
        let checkpoint = Checkpoint::open(prefix).map_err(io::Error::other)?;
        Ok((folder, checkpoint))
    }

    /// Writes only the index at `prefix`.
    ///
    /// # Errors
    ///
    /// When it cannot be written.
    pub fn index_at(&self, prefix: &Path) -> io::Result<()> {
        let mut end = 0;
        let mut entries: Vec<_> =
            self.variables.iter().map(|listed| listed.entry(&mut end)).collect();
        entries.sort_by(|(one, _), (other, _)| one.cmp(other));
        let header = Header { num_shards: 1, endianness: 0, version: Some(Version::default()) };
        Index { header, entries, table: TableOptions::default() }.write(prefix)
    }

    /// Plans a load as `T`. Returns the numbers of variables to read and to ignore, and checks that these are all.
    ///
    /// # Panics
    ///
    /// When it cannot be written or loaded.
    #[must_use]
    pub fn planned<T: for<'c> FromCheckpoint<'c>>(&self, bind: &[Binding]) -> (usize, usize) {
        let (_folder, checkpoint) = self.index().expect("it can be written");
        let names = Names::of_keys(checkpoint.catalog());
        let options = PlanOptions { bind, ..PlanOptions::default() };
        let plan = plan(const { &T::NODE }, &names, options).unwrap_or_else(|problems| {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            panic!("{}", problems.join("\n"))
        });
        assert!(plan.unmapped.is_empty(), "variables were let pass");
        let ignored = plan.ignored.iter().map(|(_, numbers)| numbers.len()).sum();
        (plan.reads.len(), ignored)
    }

    /// Returns the error of a load as `T`.
    ///
    /// # Panics
    ///
    /// When it cannot be written, or when no error occurs before a tensor is read.
    #[must_use]
    pub fn refused<T: for<'c> FromCheckpoint<'c>>(&self, options: LoadOptions<'_>) -> String {
        let (_folder, checkpoint) = self.index().expect("it can be written");
        match T::load_with(&checkpoint, options) {
            Err(LoadError::Mismatch(mismatch)) => {
                mismatch.to_string().replace(&checkpoint.path().display().to_string(), "model.ckpt")
            }
            Err(error) => panic!("it fits: {error}"),
            Ok(_) => panic!("it was loaded"),
        }
    }
}

impl Listed {
    /// Returns the values. Their conversion to `bfloat16` is exact, because their lower halves are zero.
    fn values(&self) -> Vec<f32> {
        let mask = if self.dtype == DType::BFloat16 { 0xffff_0000 } else { u32::MAX };
        let values = noise(&self.name).zip(0..self.shape.iter().product::<u64>());
        values.map(|(value, _)| f32::from_bits(value.to_bits() & mask)).collect()
    }

    fn data(&self) -> Data {
        match self.dtype {
            DType::Int64 => Data::numbers(&[STEPS], i64::to_le_bytes),
            DType::BFloat16 => Data::numbers(&self.values(), |value: f32| {
                let [_, _, low, high] = value.to_le_bytes();
                [low, high]
            }),
            _ => {
                let (name, elements) = (self.name.clone(), self.shape.iter().product());
                Data::stream(move |out| write_singles(out, elements, noise(&name)))
            }
        }
    }

    /// Returns the index entry. The data begins at `end`, which is moved to its end.
    fn entry(&self, end: &mut u64) -> (Vec<u8>, Entry) {
        let width = self.dtype.width().unwrap_or_default() as u64;
        let size = self.shape.iter().product::<u64>() * width;
        let mut entry = Entry::new(self.dtype, &self.shape);
        (entry.offset, entry.size, entry.crc32c) = (end.cast_signed(), size.cast_signed(), Some(0));
        *end += size;
        (self.name.clone().into_bytes(), entry)
    }
}
