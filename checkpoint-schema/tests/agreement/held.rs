//! The parts of a loaded value.

use checkpoint_schema::listing::catalog::Spec;
use checkpoint_schema::model::description::{Absent, Field, List, Node, Struct};
use checkpoint_schema::plan::{Output, Plan, Step};
use checkpoint_schema::save::Held;

/// The parts of a loaded value, from the steps of its load.
struct Value<'p> {
    steps: std::slice::Iter<'p, Step>,
    outputs: std::slice::Iter<'p, Output>,
    held: Vec<Held>,
}

/// Returns the parts of a loaded value. Returns `None` if a function makes some of it, whose value is unknown here.
pub(crate) fn held(node: &Node, plan: &Plan<'_>) -> Option<Vec<Held>> {
    let (steps, outputs) = (plan.steps.iter(), plan.outputs.iter());
    let mut value = Value { steps, outputs, held: Vec::new() };
    value.node(node)?;
    Some(value.held)
}

impl Value<'_> {
    fn node(&mut self, node: &Node) -> Option<()> {
        match node {
            Node::Tensor(_) => {
                self.arrays(1);
                Some(())
            }
            Node::Split(parts) => {
                self.arrays(parts.len());
                Some(())
            }
            Node::Struct(inner) => self.fields(inner),
            Node::Optional(inner) => {
                let Some(&Step::Present(present)) = self.steps.next() else { panic!("an option") };
                self.held.push(Held::Present(present));
                if present { self.node(inner) } else { Some(()) }
            }
            Node::List(list) => self.list(list),
            Node::Dim(_) => {
                let Some(&Step::Dim(value)) = self.steps.next() else { panic!("a symbol") };
                self.held.push(Held::Dim(value));
                Some(())
            }
            // No field holds it.
            Node::Constant(_) => Some(()),
        }
    }

    fn arrays(&mut self, count: usize) {
        for _ in 0..count {
            let Some(Step::Output) = self.steps.next() else { panic!("an array") };
            let Output { dtype, shape, .. } = self.outputs.next().expect("as many as steps");
            self.held.push(Held::Array(Spec { dtype: *dtype, shape: shape.clone() }));
        }
    }

    fn fields(&mut self, owner: &Struct) -> Option<()> {
        owner.fields.iter().try_for_each(|field| self.field(field))
    }

    fn field(&mut self, field: &Field) -> Option<()> {
        if field.absent == Absent::Function {
            match self.steps.next() {
                Some(Step::Present(true)) => {}
                Some(Step::Absent(_)) => return None,
                other => panic!("a field with a function: {other:?}"),
            }
        }
        self.node(&field.node)
    }

    fn list(&mut self, list: &List) -> Option<()> {
        let Some(Step::List(indices)) = self.steps.next() else { panic!("a list") };
        let elements = Held::Elements(indices.len());
        self.held.push(if list.is_keyed { Held::Keys(indices.clone()) } else { elements });
        indices.iter().try_for_each(|_| self.node(&list.element))
    }
}
