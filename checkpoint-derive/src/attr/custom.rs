//! Attributes for user code that makes the value of a field, and for the default of an absent field.

use proc_macro2::{Ident, Span};
use syn::{ExprPath, Path, Type};

use crate::attr::syntax::{Argument, Written};
use crate::attr::value;
use crate::diag::Diag;

/// The user code of a field.
pub(crate) enum Custom {
    /// A function that can fail.
    With(ExprPath),
    /// A function that cannot fail.
    Map(ExprPath),
    /// `TryFrom` of this type.
    TryFrom(Box<Type>),
}

/// The default of an absent field.
pub(crate) enum Fallback {
    Zero,
    Function(ExprPath),
}

/// `with = "module"`: the `load` function of the module.
pub(crate) fn with(diag: &mut Diag, written: &Written) -> Option<Custom> {
    let literal = value::string(diag, written)?;
    let Ok(mut path) = literal.parse_with(Path::parse_mod_style) else {
        let way_out = "write `with = \"module\"`";
        diag.error(&literal, format!("`with` takes the path of a module; {way_out}"));
        return None;
    };
    path.segments.push(Ident::new("load", Span::call_site().located_at(literal.span())).into());
    Some(Custom::With(ExprPath { attrs: Vec::new(), qself: None, path }))
}

/// `map = "function"`
pub(crate) fn map(diag: &mut Diag, written: &Written) -> Option<Custom> {
    function(diag, written).map(Custom::Map)
}

/// `try_from = "Type"`
pub(crate) fn try_from(diag: &mut Diag, written: &Written) -> Option<Custom> {
    let literal = value::string(diag, written)?;
    let ty = literal.parse().ok();
    if ty.is_none() {
        let way_out = "write `try_from = \"Type\"`";
        diag.error(&literal, format!("`try_from` takes a type; {way_out}"));
    }
    Some(Custom::TryFrom(Box::new(ty?)))
}

/// `default` or `default = "function"`
pub(crate) fn fallback(diag: &mut Diag, written: &Written) -> Option<Fallback> {
    match written.argument {
        Argument::None => Some(Fallback::Zero),
        _ => function(diag, written).map(Fallback::Function),
    }
}

/// `word = "function"`
pub(crate) fn function(diag: &mut Diag, written: &Written) -> Option<ExprPath> {
    let literal = value::string(diag, written)?;
    let function = literal.parse().ok();
    if function.is_none() {
        let name = &written.name;
        let way_out = format!("write `{name} = \"function\"`");
        diag.error(&literal, format!("`{name}` takes the path of a function; {way_out}"));
    }
    function
}
