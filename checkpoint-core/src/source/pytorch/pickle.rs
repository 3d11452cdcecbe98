//! The pickle machine: a stack and its operations.
//!
//! It never imports or calls anything. A name must be one of a few known globals ([`Global`]). Calls of these create containers
//! and tensors (`call`).

use std::collections::BTreeMap;

use checkpoint_schema::format::Budget;
use checkpoint_schema::listing::catalog::Name;

use crate::source::pytorch::object::{Global, Item, Object, PickleError, Span};
use crate::system::number::as_u64;

/// The largest pickle, in bytes.
pub(super) const LONGEST: u64 = 1 << 30;

/// The memory of an item in a growing list, in bytes.
const ITEM: u64 = 48;

/// The memory of an object without its items, in bytes.
const OBJECT: u64 = 128;

/// The memory of a memo entry, in bytes.
const NOTED: u64 = 64;

/// A parsed pickle.
#[derive(Debug)]
pub(super) struct Pickle {
    pub(super) bytes: Vec<u8>,
    pub(super) objects: Vec<Object>,
    pub(super) root: Item,
}

/// A pickle that is being parsed.
pub(super) struct Machine<'p> {
    bytes: &'p [u8],
    at: usize,
    budget: &'p Budget,
    stack: Vec<Item>,
    /// The greatest depth of the stack so far, which is charged to the budget.
    paid: usize,
    /// The stack depth at each mark.
    marks: Vec<usize>,
    memo: BTreeMap<u32, Item>,
    pub(super) objects: Vec<Object>,
}

type Result<T> = std::result::Result<T, PickleError>;

impl Pickle {
    /// Parses a pickle.
    pub(super) fn read(bytes: Vec<u8>, budget: &Budget) -> Result<Self> {
        let mut machine = Machine {
            bytes: &bytes,
            at: 0,
            budget,
            stack: Vec::new(),
            paid: 0,
            marks: Vec::new(),
            memo: BTreeMap::new(),
            objects: Vec::new(),
        };
        while machine.step()? {}
        let root = machine.pop()?;
        let objects = machine.objects;
        Ok(Self { bytes, objects, root })
    }
}

impl<'p> Machine<'p> {
    /// Executes the next operation; `false` after the last one.
    fn step(&mut self) -> Result<bool> {
        let operation = self.byte()?;
        match operation {
            b'.' => return Ok(false),
            // The protocol, and the length of a frame.
            0x80 => drop(self.take(1)?),
            0x95 => drop(self.take(8)?),
            b'(' => self.mark()?,
            b'0' => drop(self.pop()?),
            b'1' => drop(self.pop_mark()?),
            b'2' => {
                let last = *self.stack.last().ok_or_else(|| self.expected("an object"))?;
                self.push(last)?;
            }
            b'q' => self.note(1)?,
            b'r' => self.note(4)?,
            0x94 => {
                let number = u32::try_from(self.memo.len()).unwrap_or(u32::MAX);
                self.note_as(number)?;
            }
            b'h' => self.recall(1)?,
            b'j' => self.recall(4)?,
            b'c' => self.global()?,
            0x93 => self.stack_global()?,
            b'R' => self.reduce()?,
            b'b' => self.build()?,
            b'Q' => self.persistent()?,
            _ => {
                if !self.scalar(operation)? && !self.container(operation)? {
                    let at = as_u64(self.at.saturating_sub(1));
                    return Err(PickleError::Operation { operation, at });
                }
            }
        }
        Ok(true)
    }

    /// Executes an operation that adds a scalar; `false` for any other operation.
    fn scalar(&mut self, operation: u8) -> Result<bool> {
        let item = match operation {
            b'N' => Item::None,
            0x88 => Item::Bool(true),
            0x89 => Item::Bool(false),
            b'K' => Item::Int(self.number(1)?),
            b'M' => Item::Int(self.number(2)?),
            b'J' => {
                let bytes = self.take(4)?.first_chunk().copied().unwrap_or_default();
                Item::Int(i32::from_le_bytes(bytes).into())
            }
            0x8a => self.long(1)?,
            0x8b => self.long(4)?,
            b'G' => {
                let bytes = self.take(8)?.first_chunk().copied().unwrap_or_default();
                Item::Float(f64::from_be_bytes(bytes))
            }
            // Byte strings of Python 2 count as text.
            b'X' | b'T' => Item::Text(self.span(4)?),
            0x8c | b'U' => Item::Text(self.span(1)?),
            0x8d => Item::Text(self.span(8)?),
            b'B' => Item::Bytes(self.span(4)?),
            b'C' => Item::Bytes(self.span(1)?),
            0x8e | 0x96 => Item::Bytes(self.span(8)?),
            _ => return Ok(false),
        };
        self.push(item).map(|()| true)
    }

    /// Executes an operation on containers; `false` for any other operation.
    fn container(&mut self, operation: u8) -> Result<bool> {
        match operation {
            b']' | 0x8f => self.add(Object::List(Vec::new()))?,
            b')' => self.add(Object::Tuple(Vec::new()))?,
            b'}' => self.add(Object::Dict(Vec::new()))?,
            b'l' | 0x91 => {
                let items = self.pop_mark()?;
                self.add_items(items, Object::List)?;
            }
            b't' => {
                let items = self.pop_mark()?;
                self.add_items(items, Object::Tuple)?;
            }
            0x85..=0x87 => {
                let count = usize::from(operation.saturating_sub(0x84));
                let items = self.pop_many(count)?;
                self.add_items(items, Object::Tuple)?;
            }
            b'd' => {
                let items = self.pop_mark()?;
                self.add(Object::Dict(Vec::new()))?;
                self.extend(items)?;
            }
            b'a' => {
                let item = self.pop()?;
                self.extend(vec![item])?;
            }
            b's' => {
                let items = self.pop_many(2)?;
                self.extend(items)?;
            }
            b'e' | b'u' | 0x90 => {
                let items = self.pop_mark()?;
                self.extend(items)?;
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Adds items to the list or dictionary on top of the stack.
    fn extend(&mut self, items: Vec<Item>) -> Result<()> {
        self.charge_items(items.len())?;
        let wrong = self.expected("a list or a dictionary, and what it gets");
        let Some(Item::Object(number)) = self.stack.last() else { return Err(wrong) };
        let number = usize::try_from(*number).ok();
        match number.and_then(|number| self.objects.get_mut(number)) {
            Some(Object::List(list)) => list.extend(items),
            Some(Object::Dict(dict)) if items.len().is_multiple_of(2) => {
                dict.extend(items.as_chunks::<2>().0.iter().map(|&[key, value]| (key, value)));
            }
            _ => return Err(wrong),
        }
        Ok(())
    }

    fn add_items(&mut self, items: Vec<Item>, make: fn(Vec<Item>) -> Object) -> Result<()> {
        self.charge_items(items.len())?;
        self.add(make(items))
    }

    /// Charges the memory of stored items.
    pub(super) fn charge_items(&self, count: usize) -> Result<()> {
        Ok(self.budget.charge("the pickle", ITEM.saturating_mul(as_u64(count)))?)
    }

    /// Adds an object.
    pub(super) fn add(&mut self, object: Object) -> Result<()> {
        self.budget.charge("the pickle", OBJECT)?;
        let number = u32::try_from(self.objects.len()).unwrap_or(u32::MAX);
        self.objects.push(object);
        self.push(Item::Object(number))
    }

    pub(super) fn push(&mut self, item: Item) -> Result<()> {
        if self.stack.len() >= self.paid {
            self.budget.charge("the pickle", ITEM)?;
            self.paid = self.paid.saturating_add(1);
        }
        self.stack.push(item);
        Ok(())
    }

    fn mark(&mut self) -> Result<()> {
        self.budget.charge("the pickle", ITEM)?;
        self.marks.push(self.stack.len());
        Ok(())
    }

    /// Pops the top of the stack, but not beyond the last mark.
    pub(super) fn pop(&mut self) -> Result<Item> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let item = if self.stack.len() > floor { self.stack.pop() } else { None };
        item.ok_or_else(|| self.expected("an object"))
    }

    fn pop_many(&mut self, count: usize) -> Result<Vec<Item>> {
        let floor = self.marks.last().copied().unwrap_or(0);
        let start = self.stack.len().checked_sub(count).filter(|start| *start >= floor);
        start.map(|start| self.stack.split_off(start)).ok_or_else(|| self.expected("more objects"))
    }

    /// Pops all items above the last mark, and the mark.
    fn pop_mark(&mut self) -> Result<Vec<Item>> {
        let mark = self.marks.pop().ok_or_else(|| self.expected("a mark"))?;
        if mark > self.stack.len() {
            return Err(self.expected("the objects since a mark"));
        }
        Ok(self.stack.split_off(mark))
    }

    /// Stores the top of the stack in the memo, at an index of `bytes` bytes.
    fn note(&mut self, bytes: usize) -> Result<()> {
        let number = u32::try_from(self.number(bytes)?).unwrap_or(u32::MAX);
        self.note_as(number)
    }

    fn note_as(&mut self, number: u32) -> Result<()> {
        let item = *self.stack.last().ok_or_else(|| self.expected("an object"))?;
        if self.memo.insert(number, item).is_none() {
            self.budget.charge("the pickle", NOTED)?;
        }
        Ok(())
    }

    /// Pushes the item of the memo at an index of `bytes` bytes.
    fn recall(&mut self, bytes: usize) -> Result<()> {
        let number = u32::try_from(self.number(bytes)?).unwrap_or(u32::MAX);
        let item = self.memo.get(&number).copied();
        let item = item.ok_or_else(|| self.expected("an object that was noted"))?;
        self.push(item)
    }

    /// Pushes the global of the next two lines, a module and a name.
    fn global(&mut self) -> Result<()> {
        let at = self.at;
        let (module, name) = (self.line()?, self.line()?);
        self.find(module, name, at)
    }

    fn stack_global(&mut self) -> Result<()> {
        let at = self.at;
        let (name, module) = (self.pop()?, self.pop()?);
        let (Item::Text(module), Item::Text(name)) = (module, name) else {
            return Err(self.expected("the name of a global"));
        };
        self.find(module.of(self.bytes), name.of(self.bytes), at)
    }

    fn find(&mut self, module: &[u8], name: &[u8], at: usize) -> Result<()> {
        let unknown = || {
            let name = Name::from([module, b".", name].concat());
            PickleError::Global { name, at: as_u64(at.saturating_sub(1)) }
        };
        let global = Global::find(module, name).ok_or_else(unknown)?;
        self.push(Item::Global(global))
    }

    /// The bytes up to the end of the line.
    fn line(&mut self) -> Result<&'p [u8]> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let len = rest.iter().position(|&byte| byte == b'\n').ok_or(PickleError::Short)?;
        let line = self.take(len)?;
        self.take(1)?;
        Ok(line)
    }

    /// The span of a text or of bytes, after a length of `bytes` bytes.
    fn span(&mut self, bytes: usize) -> Result<Span> {
        let len = self.number(bytes)?;
        let len = usize::try_from(len).map_err(|_| PickleError::Short)?;
        let start = self.at;
        self.take(len)?;
        let number = |number: usize| u32::try_from(number).map_err(|_| PickleError::Short);
        Ok(Span { start: number(start)?, len: number(len)? })
    }

    /// An integer of any length, after a length of `bytes` bytes.
    fn long(&mut self, bytes: usize) -> Result<Item> {
        let len = usize::try_from(self.number(bytes)?).map_err(|_| PickleError::Short)?;
        let number = self.take(len)?;
        let is_negative = number.last().is_some_and(|byte| byte & 0x80 > 0);
        let sign = if is_negative { 0xff } else { 0 };
        if number.len() > 8 {
            return Ok(Item::Large);
        }
        let mut wide = [sign; 8];
        wide.get_mut(..number.len()).unwrap_or_default().copy_from_slice(number);
        Ok(Item::Int(i64::from_le_bytes(wide)))
    }

    /// An unsigned number of at most 8 bytes.
    fn number(&mut self, bytes: usize) -> Result<i64> {
        let mut wide = [0; 8];
        wide.get_mut(..bytes).unwrap_or_default().copy_from_slice(self.take(bytes)?);
        i64::try_from(u64::from_le_bytes(wide)).map_err(|_| PickleError::Short)
    }

    fn byte(&mut self) -> Result<u8> {
        self.take(1)?.first().copied().ok_or(PickleError::Short)
    }

    fn take(&mut self, len: usize) -> Result<&'p [u8]> {
        let rest = self.bytes.get(self.at..).unwrap_or_default();
        let taken = rest.get(..len).ok_or(PickleError::Short)?;
        self.at = self.at.saturating_add(len);
        Ok(taken)
    }

    pub(super) fn bytes(&self) -> &'p [u8] {
        self.bytes
    }

    pub(super) fn object(&self, item: Item) -> Option<&Object> {
        let Item::Object(number) = item else { return None };
        self.objects.get(usize::try_from(number).ok()?)
    }

    /// The error for an unexpected item.
    pub(super) fn expected(&self, expected: &'static str) -> PickleError {
        PickleError::Expected { expected, at: as_u64(self.at.saturating_sub(1)) }
    }
}
