//! Conversions between the dialects of a struct.

use std::path::Path;

use checkpoint_schema::model::check;
use checkpoint_schema::model::description::Node;
use checkpoint_schema::model::dialect;
use checkpoint_schema::plan::{Binding, Names};
use checkpoint_schema::rules::{Rules, RulesError};

use crate::checkpoint::Checkpoint;
use crate::convert::{ConvertError, ConvertOptions, ConvertReport, convert};
use crate::load::{Chosen, LoadOptions, choose};
use crate::traits::from_checkpoint::FromCheckpoint;

/// Returns the rules from one dialect of a struct to another, as `ckpt convert --rules` reads them.
///
/// The rules that lead back are `rules::<T>(to, from)`. Rules have names and layouts only: symbols, dtypes and `allow_unmapped` are
/// no part of them. A field that may be missing, and one with an `alias`, is `optional`.
///
/// ```
/// use checkpoint_core::{FromCheckpoint, rules};
/// use ndarray::{Array1, Array2};
///
/// #[derive(FromCheckpoint)]
/// #[ckpt(dialects(tf, hf(separator = ".")))]
/// struct Dense {
///     #[ckpt(path = "dense/kernel", dialect(hf, path = "dense/weight", transpose))]
///     weight: Array2<f32>,
///     #[ckpt(path = "dense/bias")]
///     bias: Array1<f32>,
/// }
///
/// assert_eq!(
///     rules::<Dense>("tf", "hf")?.to_string(),
///     "dense/kernel -> dense.weight : transpose\n\
///      dense/bias   -> dense.bias\n"
/// );
/// # Ok::<(), checkpoint_core::RulesError>(())
/// ```
///
/// # Errors
/// If the struct has no such dialect. If no rule can express some fields: all of them, each with the reason. Those are steps that
/// differ and cannot be reversed, and lengths that are symbols.
pub fn rules<'c, T: FromCheckpoint<'c>>(from: &str, to: &str) -> Result<Rules, RulesError> {
    const { check::root(&T::NODE) };
    let node: &'static Node = const { &T::NODE };
    Rules::between(node, from, to)
}

/// Converts a checkpoint of a struct into another one of its dialects at `path`, without loading it.
///
/// The dialect of `from` is the one that fits, and all checks of the struct are made. [`SaveOptions::dialect`] says the new one; without
/// it, that is the first. [`SaveOptions::bind`] gives symbols their values. Elements are streamed as in [`convert()`](crate::convert()).
///
/// [`SaveOptions::dialect`]: crate::SaveOptions::dialect
/// [`SaveOptions::bind`]: crate::SaveOptions::bind
///
/// # Errors
/// If the checkpoint does not fit the struct, if [`rules`] fails, or as [`convert()`](crate::convert()).
pub fn convert_model<'c, T: FromCheckpoint<'c>>(
    from: &Checkpoint,
    path: impl AsRef<Path>,
    options: ConvertOptions<'_>,
) -> Result<ConvertReport, ConvertError> {
    const { check::root(&T::NODE) };
    let node: &'static Node = const { &T::NODE };
    let names = Names::of_keys(from.catalog());
    let bind =
        |load: LoadOptions<'static>, binding: &Binding| load.bind(&binding.name, binding.value);
    let load = options.save.bind.values().iter().fold(LoadOptions::new(), bind);
    let Chosen { variant, .. } = choose(node, from, &names, load.settings()).map_err(Box::new)?;
    let first = dialect::variants(node).first().map_or("", |variant| variant.dialect);
    let to = options.save.dialect.unwrap_or(first);
    convert(from, path, &rules::<T>(variant.dialect, to)?, options)
}
