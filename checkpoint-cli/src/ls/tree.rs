//! Names as a tree, those that differ only in numbers as one.

use std::collections::BTreeMap;

use checkpoint_core::schema::catalog::Variable;
use checkpoint_core::schema::plan::{Family, families};
use indicatif::DecimalBytes;

use super::{Row, shape, size};

/// The segments of a name that are told apart; what is behind them is the last one.
const MAX_DEPTH: usize = 64;

/// The lines of the tree.
pub(super) fn rows(variables: &[&Variable]) -> Vec<Row> {
    let mut root = Node::default();
    for family in families(variables.iter().copied()) {
        root.add(family);
    }
    let mut rows = Vec::new();
    root.write_children(0, &mut rows);
    rows
}

/// The names that begin with some segments.
#[derive(Default)]
struct Node {
    size: u64,
    /// Those that end there.
    families: Vec<Family>,
    /// The others, by the next segment.
    children: BTreeMap<Segment, Node>,
}

/// What is between two `/`, in an order in which `2` and `<3..9>` come before `10`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Segment {
    order: Vec<Piece>,
    text: String,
}

#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Piece {
    Number(u64),
    Letter(char),
}

impl From<&str> for Segment {
    fn from(text: &str) -> Self {
        let mut order = Vec::new();
        for letter in text.chars().filter(|&letter| letter != '<') {
            match (letter.to_digit(10), order.last_mut()) {
                (Some(digit), Some(Piece::Number(number))) => {
                    *number = number.saturating_mul(10).saturating_add(digit.into());
                }
                (Some(digit), _) => order.push(Piece::Number(digit.into())),
                (None, _) => order.push(Piece::Letter(letter)),
            }
        }
        Self { order, text: text.to_owned() }
    }
}

impl Node {
    fn add(&mut self, family: Family) {
        let mut node = self;
        for segment in family.name.splitn(MAX_DEPTH, '/') {
            node = node.children.entry(segment.into()).or_default();
            node.size = node.size.saturating_add(family.size);
        }
        node.families.push(family);
    }

    fn write_children(&self, depth: usize, rows: &mut Vec<Row>) {
        for (segment, child) in &self.children {
            child.write(segment.text.clone(), depth, rows);
        }
    }

    /// Writes the names that begin with `name`.
    fn write(&self, mut name: String, depth: usize, rows: &mut Vec<Row>) {
        if self.families.is_empty()
            && let Some((segment, child)) = self.only_child()
        {
            name = name + "/" + &segment.text;
            return child.write(name, depth, rows);
        }
        rows.extend(self.families.iter().map(|family| Row {
            size: size(family.size, family.spec.shape.elements()),
            count: if family.count > 1 { format!("{} x ", family.count) } else { String::new() },
            dtype: family.spec.dtype.to_string(),
            shape: shape(&family.spec),
            depth,
            name: name.clone(),
            defect: None,
            is_group: false,
        }));
        // The names that begin with that of a variable are under it.
        if self.families.is_empty() {
            let row = Row {
                size: DecimalBytes(self.size).to_string(),
                depth,
                name: name + "/",
                is_group: true,
                ..Row::default()
            };
            rows.push(row);
        }
        self.write_children(depth + 1, rows);
    }

    fn only_child(&self) -> Option<(&Segment, &Self)> {
        self.children.first_key_value().filter(|_| self.children.len() == 1)
    }
}
