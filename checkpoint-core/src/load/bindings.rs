//! Values of symbols set by the options of a load or a save.

use checkpoint_schema::plan::Binding;
use serde::Serialize;
use serde_json::Value;

/// The symbols bound by options, with their values.
#[derive(Debug, Default)]
pub(crate) struct Bindings {
    values: Vec<Binding>,
    /// The reason why the argument of `bind_all` has no members, as part of a sentence.
    no_members: Option<Box<str>>,
}

impl Bindings {
    /// Binds one symbol. A struct must declare it.
    pub(crate) fn bind(&mut self, name: String, value: u64) {
        self.values.push(Binding { name, value, required: true });
    }

    /// Binds a symbol for each nonnegative integer member of a struct or a map. Structs need not declare it.
    pub(crate) fn bind_all(&mut self, values: &impl Serialize) {
        let reason = match serde_json::to_value(values) {
            Ok(Value::Object(members)) => {
                let binding = |(name, value): (String, Value)| {
                    Some(Binding { name, value: value.as_u64()?, required: false })
                };
                return self.values.extend(members.into_iter().filter_map(binding));
            }
            Ok(_) => "it is neither a struct nor a map".into(),
            Err(error) => error.to_string().into(),
        };
        self.no_members = Some(reason);
    }

    /// The bindings.
    pub(crate) fn values(&self) -> &[Binding] {
        &self.values
    }

    /// Checks that the argument of `bind_all` has members.
    ///
    /// # Errors
    /// Returns the reason why it has none.
    pub(crate) fn check(&self) -> Result<(), Box<str>> {
        self.no_members.clone().map_or(Ok(()), Err)
    }
}
