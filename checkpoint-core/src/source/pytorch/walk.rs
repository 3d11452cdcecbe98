//! The variables of a pickle: tensors and scalars in nested containers, named by their keys.

use checkpoint_schema::format::Budget;
use checkpoint_schema::listing::catalog::{Name, Spec};
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::shape::Shape;

use crate::source::pytorch::object::{Global, Item, Object, PickleError, Storage, View};
use crate::source::pytorch::pickle::Pickle;
use crate::system::number::as_u64;
use crate::tensor::Tensor;
use crate::tensor::buffer::Buffer;
use crate::tensor::strings::Strings;

/// The deepest nesting of containers.
const DEEPEST: usize = 64;

/// The memory of a visit to an object, in bytes.
const VISIT: u64 = 64;

/// The memory of an encoded value, in bytes.
const NOTED: u64 = 384;

/// A value in the containers.
#[derive(Debug)]
pub(super) enum Leaf {
    Tensor(Box<View>),
    /// A scalar, or a list of scalars of one type.
    Plain(Tensor),
    /// An integer that does not fit into 64 bits.
    Large,
}

/// Lists the values of a pickle, in container order. A value outside any container is named `root`.
pub(super) fn leaves(
    pickle: &Pickle,
    root: &[u8],
    budget: &Budget,
) -> Result<Vec<(Name, Leaf)>, PickleError> {
    let mut walk = Walk { pickle, root, budget, leaves: Vec::new() };
    walk.visit(pickle.root, &[], 0)?;
    Ok(walk.leaves)
}

struct Walk<'p> {
    pickle: &'p Pickle,
    root: &'p [u8],
    budget: &'p Budget,
    leaves: Vec<(Name, Leaf)>,
}

impl Walk<'_> {
    fn visit(&mut self, item: Item, path: &[u8], depth: usize) -> Result<(), PickleError> {
        self.budget.charge("the containers of a pickle", VISIT)?;
        let limit = self.budget.limits().key_bytes;
        if as_u64(path.len()) > limit {
            return Err(PickleError::Name { len: as_u64(path.len()), limit });
        }
        if depth > DEEPEST {
            return Err(PickleError::Deep { most: DEEPEST });
        }
        let pickle = self.pickle;
        let Item::Object(number) = item else { return self.scalar(item, path) };
        let object = usize::try_from(number).ok().and_then(|number| pickle.objects.get(number));
        match object {
            Some(Object::Dict(pairs)) => {
                for (key, value) in pairs {
                    let path = self.longer(path, *key)?;
                    self.visit(*value, &path, depth.saturating_add(1))?;
                }
            }
            Some(Object::List(items) | Object::Tuple(items)) => {
                let bytes = VISIT.saturating_mul(as_u64(items.len()));
                self.budget.charge("the containers of a pickle", bytes)?;
                let shape = Shape::new([as_u64(items.len())]).unwrap_or_default();
                if let Some(tensor) = plain(items, shape, &pickle.bytes) {
                    return self.add(path, Leaf::Plain(tensor));
                }
                for (index, item) in (0_i64..).zip(items) {
                    let path = self.longer(path, Item::Int(index))?;
                    self.visit(*item, &path, depth.saturating_add(1))?;
                }
            }
            Some(Object::Tensor(view)) => self.add(path, Leaf::Tensor(view.clone()))?,
            Some(Object::Storage(storage)) => {
                self.add(path, Leaf::Tensor(Box::new(whole(*storage))))?;
            }
            None => {}
        }
        Ok(())
    }

    /// Adds a value that is not a container. `None` is skipped.
    fn scalar(&mut self, item: Item, path: &[u8]) -> Result<(), PickleError> {
        if item == Item::None {
            return Ok(());
        }
        let tensor = plain(&[item], Shape::default(), &self.pickle.bytes);
        self.add(path, tensor.map_or(Leaf::Large, Leaf::Plain))
    }

    fn add(&mut self, path: &[u8], leaf: Leaf) -> Result<(), PickleError> {
        let name = if path.is_empty() { self.root } else { path };
        let rank = if let Leaf::Tensor(view) = &leaf { view.dims.len() } else { 1 };
        // Encoded values are listed twice.
        self.budget.charge("the variables", NOTED.saturating_add(as_u64(name.len())))?;
        self.budget.variables(1, as_u64(name.len()), rank)?;
        self.leaves.push((Name::from(name), leaf));
        Ok(())
    }

    /// Appends a key to a path.
    fn longer(&self, path: &[u8], key: Item) -> Result<Vec<u8>, PickleError> {
        let number;
        let key = match key {
            Item::Text(key) => key.of(&self.pickle.bytes),
            Item::Int(key) => {
                number = key.to_string();
                number.as_bytes()
            }
            _ => return Err(PickleError::Key),
        };
        let (len, limit) = (as_u64(key.len()), self.budget.limits().key_bytes);
        if len > limit {
            return Err(PickleError::Name { len, limit });
        }
        Ok(if path.is_empty() { key.to_vec() } else { [path, b".", key].concat() })
    }
}

/// A view of a whole storage.
fn whole(storage: Storage) -> View {
    let dtype = storage.dtype.unwrap_or(DType::UInt8);
    View { storage, dtype, offset: 0, dims: vec![storage.len], strides: vec![1] }
}

/// The tensor of scalars of one type; `None` if there are none, or if their types differ.
fn plain(items: &[Item], shape: Shape, pickle: &[u8]) -> Option<Tensor> {
    let all = |kind: fn(&Item) -> Option<u64>| items.iter().map(kind).collect::<Option<Vec<u64>>>();
    let (dtype, buffer) = match items.first()? {
        Item::Int(_) => (DType::Int64, Buffer::W64(all(int)?)),
        Item::Float(_) => (DType::Float64, Buffer::W64(all(float)?)),
        Item::Bool(_) => {
            let bool = |item: &Item| match item {
                Item::Bool(bool) => Some(u8::from(*bool)),
                _ => None,
            };
            (DType::Bool, Buffer::W8(items.iter().map(bool).collect::<Option<_>>()?))
        }
        Item::Text(_) | Item::Bytes(_) | Item::Global(_) => {
            let texts = items.iter().map(|item| text(*item, pickle));
            (DType::String, Buffer::Strings(texts.collect::<Option<Strings>>()?))
        }
        Item::None | Item::Large | Item::Object(_) => return None,
    };
    Some(Tensor::new(Spec { dtype, shape }, buffer))
}

fn int(item: &Item) -> Option<u64> {
    match item {
        Item::Int(number) => Some(number.cast_unsigned()),
        _ => None,
    }
}

fn float(item: &Item) -> Option<u64> {
    match item {
        Item::Float(number) => Some(number.to_bits()),
        _ => None,
    }
}

fn text(item: Item, pickle: &[u8]) -> Option<&[u8]> {
    match item {
        Item::Text(span) | Item::Bytes(span) => Some(span.of(pickle)),
        Item::Global(Global::DType(_, name)) => Some(name.as_bytes()),
        _ => None,
    }
}
