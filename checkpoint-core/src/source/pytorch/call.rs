//! Calls in a pickle, which create containers and tensors. All callees are built in; no code of the file runs.

use checkpoint_schema::listing::shape::MAX_RANK;

use crate::source::pytorch::object::{Global, Item, Object, PickleError, Storage, View};
use crate::source::pytorch::pickle::Machine;

type Result<T> = std::result::Result<T, PickleError>;

impl Machine<'_> {
    /// Calls the global below the top of the stack with the arguments on top.
    pub(super) fn reduce(&mut self) -> Result<()> {
        let (arguments, callee) = (self.pop()?, self.pop()?);
        let Item::Global(global) = callee else { return Err(self.expected("a call of a global")) };
        let Some(Object::Tuple(arguments)) = self.object(arguments) else {
            return Err(self.expected("the arguments of a call"));
        };
        // Tensors have the most arguments: 9.
        let arguments: Vec<Item> = arguments.iter().take(16).copied().collect();
        match (global, &arguments[..]) {
            (Global::OrderedDict, []) => self.add(Object::Dict(Vec::new())),
            (Global::OrderedDict, [pairs]) => self.dict(*pairs),
            (Global::Set, []) => self.add(Object::List(Vec::new())),
            (Global::Set | Global::Size | Global::Parameter | Global::Device, [item, ..]) => {
                self.push(*item)
            }
            (Global::Tensor, [storage, offset, size, strides, ..]) => {
                self.tensor(*storage, None, *offset, *size, *strides)
            }
            (
                Global::TensorOfDType,
                [storage, offset, size, strides, _, _, Item::Global(dtype), ..],
            ) => self.tensor(*storage, Some(*dtype), *offset, *size, *strides),
            _ => Err(self.expected("other arguments")),
        }
    }

    /// Adds a dictionary from a list of pairs, the form of Python 2.
    fn dict(&mut self, pairs: Item) -> Result<()> {
        let wrong = self.expected("a list of pairs");
        let Some(Object::List(list) | Object::Tuple(list)) = self.object(pairs) else {
            return Err(wrong);
        };
        self.charge_items(list.len().saturating_mul(2))?;
        let pair = |item: &Item| match self.object(*item) {
            Some(Object::List(pair) | Object::Tuple(pair)) => match pair[..] {
                [key, value] => Some((key, value)),
                _ => None,
            },
            _ => None,
        };
        let pairs: Vec<(Item, Item)> = list.iter().map(pair).collect::<Option<_>>().ok_or(wrong)?;
        self.add(Object::Dict(pairs))
    }

    /// Adds a tensor: a view of a storage.
    fn tensor(
        &mut self,
        storage: Item,
        dtype: Option<Global>,
        offset: Item,
        size: Item,
        strides: Item,
    ) -> Result<()> {
        let Some(Object::Storage(storage)) = self.object(storage) else {
            return Err(self.expected("the storage of a tensor"));
        };
        let storage = *storage;
        let ((Some(Global::DType(dtype, _)), _) | (None, Some(dtype))) = (dtype, storage.dtype)
        else {
            return Err(self.expected("the dtype of a tensor"));
        };
        let Item::Int(offset) = offset else {
            return Err(self.expected("the place of a tensor in its storage"));
        };
        let (dims, strides) = (self.numbers(size)?, self.numbers(strides)?);
        let offset = u64::try_from(offset).ok().filter(|_| dims.len() == strides.len());
        let offset = offset.ok_or_else(|| self.expected("as many strides as axes"))?;
        // A view takes the memory of a few items.
        self.charge_items(dims.len().saturating_add(4))?;
        self.add(Object::Tensor(Box::new(View { storage, dtype, offset, dims, strides })))
    }

    /// The non-negative numbers of a tuple.
    fn numbers(&self, item: Item) -> Result<Vec<u64>> {
        let wrong = || self.expected("a tuple of numbers");
        let Some(Object::Tuple(items) | Object::List(items)) = self.object(item) else {
            return Err(wrong());
        };
        if items.len() > MAX_RANK {
            return Err(self.expected("at most 254 axes"));
        }
        let number = |item: &Item| match item {
            Item::Int(number) => u64::try_from(*number).map_err(|_| wrong()),
            _ => Err(wrong()),
        };
        items.iter().map(number).collect()
    }

    /// Drops the state of an object. Dictionaries have module versions as state, and tensors have hooks.
    pub(super) fn build(&mut self) -> Result<()> {
        self.pop()?;
        let object = self.pop()?;
        match self.object(object) {
            Some(Object::Dict(_) | Object::Tensor(_)) => self.push(object),
            _ => Err(self.expected("a dictionary or a tensor")),
        }
    }

    /// Adds the storage whose description is on top of the stack.
    pub(super) fn persistent(&mut self) -> Result<()> {
        let described = self.pop()?;
        let wrong = self.expected("the description of a storage");
        let Some(Object::Tuple(fields)) = self.object(described) else { return Err(wrong) };
        let [Item::Text(kind), Item::Global(class), Item::Text(key), _, Item::Int(len), ..] =
            fields[..]
        else {
            return Err(wrong);
        };
        let dtype = match class {
            Global::Storage(dtype) => Some(dtype),
            Global::UntypedStorage => None,
            _ => return Err(wrong),
        };
        match (kind.of(self.bytes()), u64::try_from(len)) {
            (b"storage", Ok(len)) => self.add(Object::Storage(Storage { key, dtype, len })),
            _ => Err(wrong),
        }
    }
}
