//! Values of symbols, from the hyper-parameters of a model.

use checkpoint_schema::plan::Binding;
use serde::Serialize;
use serde_json::Value;

/// The members of a struct or a map that are whole numbers from 0 on. A symbol of the name of one is bound to it; that there is none
/// is no problem.
///
/// # Errors
/// The reason why the value has no members, as a part of a sentence.
pub(crate) fn members(values: &impl Serialize) -> Result<Vec<Binding>, Box<str>> {
    match serde_json::to_value(values) {
        Ok(Value::Object(members)) => {
            let binding = |(name, value): (String, Value)| {
                Some(Binding { name, value: value.as_u64()?, required: false })
            };
            Ok(members.into_iter().filter_map(binding).collect())
        }
        Ok(_) => Err("it is neither a struct nor a map".into()),
        Err(error) => Err(error.to_string().into()),
    }
}
