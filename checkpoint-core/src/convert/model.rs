//! Conversions between the dialects of a struct.

use std::path::Path;

use checkpoint_schema::model::check;
use checkpoint_schema::model::description::Node;
use checkpoint_schema::model::dialect;
use checkpoint_schema::naming::Names;
use checkpoint_schema::plan::Binding;
use checkpoint_schema::rules::{Rules, RulesError};

use crate::checkpoint::Checkpoint;
use crate::convert::{ConvertError, ConvertOptions, ConvertReport, convert};
use crate::load::choose_dialect::{Chosen, choose};
use crate::load::options::LoadOptions;
use crate::load::tied;
use crate::traits::from_checkpoint::FromCheckpoint;

/// Returns the rules from one dialect of a struct to another, in the format of `ckpt convert --rules`.
///
/// `rules::<T>(to, from)` returns the reverse rules. Rules only contain names and layouts, without symbols, dtypes and
/// `allow_unmapped`. Optional fields and fields with an `alias` are `optional`.
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
/// Returns an error if the struct has no such dialect, or if no rule can express some fields. All such fields are listed with the
/// reason: their steps differ and cannot be reversed, or they use symbols as lengths.
pub fn rules<'c, T: FromCheckpoint<'c>>(from: &str, to: &str) -> Result<Rules, RulesError> {
    const { check::root(&T::NODE) };
    let node: &'static Node = const { &T::NODE };
    Rules::between(node, from, to)
}

/// Converts a checkpoint of a struct at `path` into another dialect of the struct, without loading it.
///
/// The source dialect is the one that fits, and all checks of the struct run. [`SaveOptions::dialect`] sets the new dialect; the
/// default is the first. [`SaveOptions::bind`] sets symbols. Elements are streamed as in [`convert()`](crate::convert()).
///
/// [`SaveOptions::dialect`]: crate::SaveOptions::dialect
/// [`SaveOptions::bind`]: crate::SaveOptions::bind
///
/// # Errors
/// Returns the errors of [`convert()`](crate::convert()) and [`rules`], or an error if the checkpoint does not fit the struct.
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
    let Chosen { variant, plan } = choose(node, from, &names, load.settings()).map_err(Box::new)?;
    tied::check(from, &plan, load.settings()).map_err(Box::new)?;
    let first = dialect::variants(node).first().map_or("", |variant| variant.dialect);
    let to = options.save.dialect.unwrap_or(first);
    convert(from, path, &rules::<T>(variant.dialect, to)?, options)
}
