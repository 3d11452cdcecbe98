//! `constant(path = "num_batches_tracked", value = 0, dtype = i64)`: a variable that no field holds.

use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::model::description::Number;
use checkpoint_schema::model::expression::AxisLength;
use proc_macro2::{Ident, TokenTree};
use syn::{Lit, LitInt};

use crate::attr::dialect::{self, Dialect};
use crate::attr::expression::lengths;
use crate::attr::field::FieldAttributes;
use crate::attr::keyed::{Keyed, place};
use crate::attr::syntax::{Argument, Written, items, tokens};
use crate::attr::table::instead;
use crate::attr::value::{self, Path};
use crate::diag::Diag;

/// A variable that no field holds.
pub(crate) struct Constant {
    pub(crate) path: Path,
    /// The path as written, for messages.
    pub(crate) name: String,
    pub(crate) dtype: DType,
    pub(crate) value: Number,
    pub(crate) shape: Vec<AxisLength>,
    pub(crate) dialects: Vec<Dialect<FieldAttributes>>,
}

const EXAMPLE: &str = "constant(path = \"num_batches_tracked\", value = 0, dtype = i64)";
const KEYS: [&str; 4] = ["path", "value", "dtype", "shape"];

/// The dtypes of constants.
const DTYPES: [DType; 13] = [
    DType::Bool,
    DType::Int8,
    DType::Int16,
    DType::Int32,
    DType::Int64,
    DType::UInt8,
    DType::UInt16,
    DType::UInt32,
    DType::UInt64,
    DType::Float16,
    DType::BFloat16,
    DType::Float32,
    DType::Float64,
];

pub(crate) fn read(diag: &mut Diag, written: &Written) -> Option<Constant> {
    let Argument::List(list) = &written.argument else { return None };
    let (own, others): (Vec<_>, Vec<_>) =
        items(diag, list.stream()).into_iter().partition(|item| dialect_of(item).is_none());
    let dialects = others.iter().filter_map(|item| dialect_of(item));
    let dialects: Vec<_> =
        dialects.filter_map(|written| dialect::of_constant(diag, &written)).collect();
    let keyed = Keyed::of(diag, written, &own, &KEYS, EXAMPLE);
    let path = keyed.need(diag, "path").and_then(|(key, path)| self::path(diag, key, path));
    let dtype = keyed.need(diag, "dtype").and_then(|(key, dtype)| self::dtype(diag, key, dtype));
    let value =
        keyed.need(diag, "value").map(|(key, value)| (key, number(diag, key, value), value));
    let shape = match keyed.get("shape") {
        Some((key, shape)) => self::shape(diag, &keyed, key, shape)?,
        None => Vec::new(),
    };
    let ((path, name), dtype, (key, value, written)) = (path?, dtype?, value?);
    let value = fits(diag, key, written, value?, dtype)?;
    Some(Constant { path, name, dtype, value, shape, dialects })
}

/// The attributes of another dialect, if the item has the form `dialect(...)`.
fn dialect_of(item: &[TokenTree]) -> Option<Written> {
    match item {
        [TokenTree::Ident(name), TokenTree::Group(list)] if name == "dialect" => {
            Some(Written { name: name.clone(), argument: Argument::List(list.clone()) })
        }
        _ => None,
    }
}

fn path(diag: &mut Diag, key: &Ident, written: &[TokenTree]) -> Option<(Path, String)> {
    let written = Written { name: key.clone(), argument: Argument::Value(tokens(written)) };
    let name = value::string(diag, &written)?.value();
    Some((value::path(diag, &written, "write the name of the variable")?, name))
}

fn dtype(diag: &mut Diag, key: &Ident, written: &[TokenTree]) -> Option<DType> {
    let [TokenTree::Ident(name)] = written else {
        diag.error(place(key, written), format!("`dtype` is a name; write `{EXAMPLE}`"));
        return None;
    };
    let dtype = DTYPES.into_iter().find(|dtype| name == dtype.short());
    if dtype.is_none() {
        let way_out = instead(&name.to_string(), &DTYPES.map(DType::short));
        diag.error(name, format!("no constant is of dtype `{name}`; {way_out}"));
    }
    dtype
}

/// Lengths without `_`, since a save needs all of them.
fn shape(
    diag: &mut Diag,
    keyed: &Keyed<'_>,
    key: &Ident,
    written: &[TokenTree],
) -> Option<Vec<AxisLength>> {
    let list = keyed.brackets(diag, key, written)?;
    let lengths = lengths(diag, list.stream())?;
    if lengths.contains(&AxisLength::Any) {
        diag.error(list, "a constant has a whole shape; write each length, or a symbol for it");
        return None;
    }
    Some(lengths)
}

/// A value, as written.
enum Value {
    Bool(bool),
    Integer(i128),
    Float(f64),
}

fn number(diag: &mut Diag, key: &Ident, written: &[TokenTree]) -> Option<Value> {
    let (minus, literal) = match written {
        [TokenTree::Punct(minus), literal @ ..] if minus.as_char() == '-' => (true, literal),
        literal => (false, literal),
    };
    let integer = |literal: LitInt| literal.base10_parse::<i128>().ok();
    let value = match syn::parse2(tokens(literal)) {
        Ok(Lit::Bool(literal)) if !minus => Some(Value::Bool(literal.value)),
        Ok(Lit::Int(literal)) => {
            integer(literal).map(|value| Value::Integer(if minus { -value } else { value }))
        }
        Ok(Lit::Float(literal)) => {
            let value = literal.base10_parse::<f64>().ok();
            value.map(|value| Value::Float(if minus { -value } else { value }))
        }
        _ => None,
    };
    if value.is_none() {
        let place = place(key, written);
        diag.error(place, format!("`value` is a number, `true` or `false`; write `{EXAMPLE}`"));
    }
    value
}

/// The value, if the dtype has it. Floats are rounded to the nearest.
fn fits(
    diag: &mut Diag,
    key: &Ident,
    written: &[TokenTree],
    value: Value,
    dtype: DType,
) -> Option<Number> {
    let fits = match value {
        Value::Bool(value) => (dtype == DType::Bool).then_some(Number::Integer(value.into())),
        Value::Integer(value) => {
            let holds = |[first, last]: [i128; 2]| (first..=last).contains(&value);
            range(dtype).is_some_and(holds).then_some(Number::Integer(value))
        }
        Value::Float(value) => {
            largest(dtype).filter(|largest| value.abs() <= *largest).map(|_| Number::Float(value))
        }
    };
    if fits.is_none() {
        let place = place(key, written);
        let written: String = written.iter().map(ToString::to_string).collect();
        let way_out = "write a value of that dtype, or another dtype";
        diag.error(place, format!("`{written}` is not a valid {dtype}; {way_out}"));
    }
    fits
}

/// The first and the last whole number of a dtype. A float has those of 64 bits, rounded.
fn range(dtype: DType) -> Option<[i128; 2]> {
    Some(match dtype {
        DType::Int8 => [i8::MIN.into(), i8::MAX.into()],
        DType::Int16 => [i16::MIN.into(), i16::MAX.into()],
        DType::Int32 => [i32::MIN.into(), i32::MAX.into()],
        DType::Int64 => [i64::MIN.into(), i64::MAX.into()],
        DType::UInt8 => [0, u8::MAX.into()],
        DType::UInt16 => [0, u16::MAX.into()],
        DType::UInt32 => [0, u32::MAX.into()],
        DType::UInt64 => [0, u64::MAX.into()],
        DType::Float16 => [-65504, 65504],
        DType::BFloat16 | DType::Float32 | DType::Float64 => [i64::MIN.into(), u64::MAX.into()],
        _ => return None,
    })
}

/// The largest number of a float dtype.
fn largest(dtype: DType) -> Option<f64> {
    Some(match dtype {
        DType::Float16 => 65504.0,
        DType::BFloat16 => f32::from_bits(0x7f7f_0000).into(),
        DType::Float32 => f32::MAX.into(),
        DType::Float64 => f64::MAX,
        _ => return None,
    })
}
