//! Random paths. Each has the indices that it needs.

use checkpoint_schema::model::description::{Field, Node, Path, Struct};
use checkpoint_schema::model::template::{Form, Piece, Placeholder};

use crate::keep::{keep_all, keep_text};
use crate::structs::{Around, Writer};

/// Parts of names. Some are similar to others.
pub(crate) const WORDS: [&str; 20] = [
    "w", "b", "g", "wte", "wpe", "kernel", "bias", "gamma", "attn", "c_attn", "mlp", "ln_1",
    "ln_2", "layer", "h", "block", "conv", "dense", "model", "step",
];

impl Writer {
    /// Returns a word that no other field of the struct has, if possible.
    pub(crate) fn word(&mut self, words: &mut Vec<&'static str>) -> &'static str {
        if words.is_empty() || self.chance.percent(2) {
            return self.chance.pick(&WORDS);
        }
        let at = self.chance.below(words.len());
        words.swap_remove(at)
    }

    /// Returns a path of this word. In `cases` of 100 cases, it uses each of the unused indices, and removes it from `around`.
    pub(crate) fn path(&mut self, word: &'static str, around: &mut Around, cases: usize) -> Path {
        let mut pieces = Vec::new();
        if self.chance.percent(15) {
            pieces.push(Piece::Text(self.chance.pick(&["model/", "attn/", "h/", "a.b/", "x_"])));
        }
        pieces.push(Piece::Text(word));
        let indices = std::mem::take(&mut around.unused);
        for index in indices {
            if self.chance.percent(cases) {
                self.index(index, &mut pieces);
            } else {
                around.unused.push(index);
            }
        }
        let ends_in_index = matches!(pieces.last(), Some(Piece::Index(_)));
        if ends_in_index && self.chance.percent(10) {
            pieces.push(Piece::Text("/w"));
        }
        Path { absolute: false, pieces: keep_all(joined(pieces)) }
    }

    /// Returns the path of a leaf with all unused indices. Some start at the root of the checkpoint.
    pub(crate) fn path_of_leaf(&mut self, word: &'static str, around: &Around) -> Path {
        let mut around = around.clone();
        let absolute = self.chance.percent(3);
        if absolute {
            around.unused.clone_from(&around.indices);
        }
        Path { absolute, ..self.path(word, &mut around, 100) }
    }

    /// Adds an index to a path, separated from the previous piece.
    fn index(&mut self, index: &'static str, pieces: &mut Vec<Piece<'static>>) {
        // A subtraction must not be negative for any index.
        let start = self.starts.get(index).copied().unwrap_or_default();
        let (factor, offset) = match self.chance.weighted(&[92, 4, 4, 4 * start]) {
            0 => (1, 0),
            1 => (1, 1),
            2 => (2, self.chance.pick(&[0, 1])),
            _ => self.chance.pick(&[(1, -1), (2, -1), (2, -2)]),
        };
        let form = match self.chance.weighted(&[84, 8, 8]) {
            0 => Form::Plain,
            1 => Form::Padded(2),
            _ => Form::Suffix,
        };
        let ends_in_number = match pieces.last() {
            Some(Piece::Text(text)) => text.ends_with(|letter: char| letter.is_ascii_digit()),
            _ => true,
        };
        if ends_in_number || self.chance.percent(20) {
            pieces.push(Piece::Text(self.chance.pick(&["/", "_", "/h"])));
        }
        pieces.push(Piece::Index(Placeholder { index, factor, offset, form }));
    }
}

/// Merges consecutive texts, as `template::parse` does.
fn joined(pieces: Vec<Piece<'static>>) -> Vec<Piece<'static>> {
    let mut all: Vec<Piece<'static>> = Vec::new();
    for piece in pieces {
        match (all.last_mut(), piece) {
            (Some(Piece::Text(before)), Piece::Text(text)) => {
                *before = keep_text(format!("{before}{text}"));
            }
            _ => all.push(piece),
        }
    }
    all
}

/// True if all indices and symbols of a struct are its own, or shared by all structs.
pub(crate) fn uses_nothing_around(item: &Struct, bound: &[&'static str]) -> bool {
    let is_bound = |bound: &[&str], path: &Path| {
        let unbound =
            |piece: &Piece<'_>| matches!(piece, Piece::Index(it) if !bound.contains(&it.index));
        !path.absolute && !path.pieces.iter().any(unbound)
    };
    let of_field = |field: &Field| {
        let mut bound = bound.to_vec();
        bound.extend(field.repeat.map(|repeat| repeat.index));
        bound.extend(field.stack().map(|(_, repeat)| repeat.index));
        field.paths.iter().all(|path| is_bound(&bound, path)) && of_node(&field.node, &bound)
    };
    // A symbol may be missing or different at another place, so structs with symbols are not moved.
    let simple = item.asserts.is_empty() && item.fields.iter().all(has_no_symbol);
    simple && is_bound(bound, &item.prefix) && item.fields.iter().all(of_field)
}

fn of_node(node: &Node, bound: &[&'static str]) -> bool {
    match node {
        Node::Struct(inner) => uses_nothing_around(inner, bound),
        Node::Optional(inner) => of_node(inner, bound),
        Node::List(list) => of_node(&list.element, bound),
        Node::Tensor(_) | Node::Split(_) | Node::Constant(_) => true,
        Node::Dim(_) => false,
    }
}

/// True if the ops, the bounds and the renamed symbols of a field have no symbol.
fn has_no_symbol(field: &Field) -> bool {
    let shown = format!("{:?} {:?} {:?}", field.ops, field.repeat, field.dims);
    !shown.contains("Symbol(")
}
