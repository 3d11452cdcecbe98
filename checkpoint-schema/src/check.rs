//! What can be said of a description without a checkpoint, in a constant: a mistake stops the build.
//!
//! All that can panic is `#[track_caller]`, so that the compiler points at the field in the user's program and not in
//! here.

use crate::description::{Absent, Field, Keys, Node, Path, Struct};
use crate::expression::Expression;
use crate::template::Part;

/// Makes sure that a field of a struct, the one at this position, makes sense by itself.
///
/// # Panics
/// With the sentence that says what is wrong: evaluated in a constant, this is a compile error.
#[track_caller]
pub const fn field(node: &Node, at: usize) {
    if let Node::Struct(owner) = node
        && at < owner.fields.len()
    {
        step(&Level { owner, field: &owner.fields[at], outer: None }, false);
    }
}

/// Makes sure that two fields of a struct which have a path in common, those at these positions, do not both take the
/// variable of that name: structs take what is below it.
///
/// # Panics
/// As [`field`].
#[track_caller]
pub const fn variables_differ(node: &Node, first: usize, second: usize) {
    if let Node::Struct(owner) = node
        && first < owner.fields.len()
        && second < owner.fields.len()
        && is_variable(&owner.fields[first].node)
        && is_variable(&owner.fields[second].node)
    {
        Sentence::of(&Level { owner, field: &owner.fields[second], outer: None })
            .text("it takes the same variable as `")
            .text(owner.fields[first].name)
            .text("`; give one of them another path")
            .panic()
    }
}

/// Whether it is one variable, or a list of which each element is one.
const fn is_variable(node: &Node) -> bool {
    match node {
        Node::Tensor(_) | Node::Split(_) => true,
        Node::Struct(_) | Node::Dim(_) => false,
        Node::Optional(inner) => is_variable(inner),
        Node::List(list) => is_variable(&list.element),
    }
}

/// Makes sure that a description can be loaded: besides [`field`], that every index is bound by a `repeat`.
///
/// # Panics
/// As [`field`].
#[track_caller]
pub const fn root(node: &Node) {
    walk(node, None, true);
}

/// A field on the way from the root to what is looked at.
#[derive(Clone, Copy)]
struct Level<'a> {
    owner: &'a Struct,
    field: &'a Field,
    outer: Option<&'a Self>,
}

#[track_caller]
const fn walk(node: &Node, level: Option<&Level<'_>>, root: bool) {
    match node {
        Node::Dim(_) => {}
        Node::Tensor(_) | Node::Split(_) => {
            if let Some(leaf) = level {
                every_index_is_used(leaf);
            }
        }
        Node::Optional(inner) => walk(inner, level, root),
        Node::List(list) => walk(&list.element, level, root),
        Node::Struct(owner) => {
            if let Some(level) = level {
                keys_agree(owner, level, root);
            }
            let mut at = 0;
            while at < owner.fields.len() {
                step(&Level { owner, field: &owner.fields[at], outer: level }, root);
                at += 1;
            }
        }
    }
}

#[track_caller]
const fn step(level: &Level<'_>, root: bool) {
    absent_has_a_meaning(level);
    repeat_fits(level);
    if root {
        indices_are_bound(level);
    }
    walk(&level.field.node, Some(level), root);
}

/// The paths of all structs call variables by the same kind of names: those of one would not continue those of another.
#[track_caller]
const fn keys_agree(inner: &Struct, level: &Level<'_>, root: bool) {
    let Some(keys) = inner.keys else { return };
    let (keys, around) = (keys.word(), declared(level));
    let has = match around.keys {
        Some(other) if same(keys, other.word()) => return,
        Some(other) => Some(other.word()),
        None if !root || same(keys, Keys::Name.word()) => return,
        None => None,
    };
    let start = Sentence::of(level).text("`").text(inner.name).text("` has `keys = \"").text(keys);
    let both = start.text("\"`, but `").text(around.name).text("` around it has ");
    match has {
        Some(other) => both
            .text("`keys = \"")
            .text(other)
            .text("\"`; all names of a model are of one kind, so take one of the two away")
            .panic(),
        None => both.text("none; write it there").panic(),
    }
}

/// The nearest struct around a place that says what its paths call variables; else the outermost.
const fn declared<'a>(level: &Level<'a>) -> &'a Struct {
    match level.outer {
        Some(outer) if level.owner.keys.is_none() => declared(outer),
        _ => level.owner,
    }
}

/// `default` needs to know the shape of its zeros, and adds nothing to an `Option`.
#[track_caller]
const fn absent_has_a_meaning(level: &Level<'_>) {
    match (level.field.absent, &level.field.node) {
        (Absent::Problem, _) => {}
        (_, Node::Optional(_)) => {
            Sentence::of(level).text("an `Option` is `None` when absent; take `default` away").panic()
        }
        (Absent::Function, _) => {}
        (Absent::Zero, Node::Tensor(tensor)) if matches!(tensor.rank, Some(0)) => {}
        (Absent::Zero, _) => Sentence::of(level)
            .text("`default` cannot know the shape of its zeros; write `default = \"a function\"` that makes the value")
            .panic(),
    }
}

/// The bounds of `repeat` name as many elements as an array has, and its index is not bound already.
#[track_caller]
const fn repeat_fits(level: &Level<'_>) {
    let Some(repeat) = level.field.repeat else { return };
    let mut outer = level.outer;
    while let Some(bound) = outer {
        if let Some(other) = bound.field.repeat
            && same(other.index, repeat.index)
        {
            Sentence::of(level)
                .text("the index `")
                .text(repeat.index)
                .text("` is bound by a field around it already; name this one otherwise")
                .panic()
        }
        outer = bound.outer;
    }
    if let (Some(Expression::Number(end)), Some(len)) = (repeat.end, list_len(&level.field.node))
        && end.saturating_sub(repeat.start) != len
    {
        Sentence::of(level)
            .text("`repeat` names ")
            .number(end.saturating_sub(repeat.start))
            .text(" elements, but the array holds ")
            .number(len)
            .text("; make the two agree")
            .panic()
    }
}

const fn list_len(node: &Node) -> Option<usize> {
    match node {
        Node::List(list) => list.len,
        Node::Optional(inner) => list_len(inner),
        Node::Tensor(_) | Node::Struct(_) | Node::Split(_) | Node::Dim(_) => None,
    }
}

/// Every placeholder names an index that a field on the way binds.
#[track_caller]
const fn indices_are_bound(level: &Level<'_>) {
    unbound(level, &level.owner.prefix, level.outer);
    let mut at = 0;
    while at < level.field.paths.len() {
        unbound(level, &level.field.paths[at], Some(level));
        at += 1;
    }
}

#[track_caller]
const fn unbound(level: &Level<'_>, path: &Path, scope: Option<&Level<'_>>) {
    let mut at = 0;
    while at < path.parts.len() {
        if let Part::Index(placeholder) = path.parts[at]
            && !is_bound(scope, placeholder.index)
        {
            Sentence::of(level)
                .text("nothing binds `<")
                .text(placeholder.index)
                .text(">`; write `repeat(")
                .text(placeholder.index)
                .text(")` on the field that repeats")
                .panic()
        }
        at += 1;
    }
}

const fn is_bound(scope: Option<&Level<'_>>, index: &str) -> bool {
    let mut scope = scope;
    while let Some(level) = scope {
        if let Some(repeat) = level.field.repeat
            && same(repeat.index, index)
        {
            return true;
        }
        scope = level.outer;
    }
    false
}

/// Each element of a list takes variables of its own: the path of every tensor in it names the index.
#[track_caller]
const fn every_index_is_used(leaf: &Level<'_>) {
    let mut scope = Some(leaf);
    while let Some(level) = scope {
        if let Some(repeat) = level.field.repeat
            && !is_used(leaf, repeat.index)
        {
            Sentence::of(leaf)
                .text("its path does not use `<")
                .text(repeat.index)
                .text(">`, so that all elements would take the same variable; write it where the number stands")
                .panic()
        }
        scope = level.outer;
    }
}

/// Whether the index is in the whole path of the field, whichever of its paths and aliases are taken.
const fn is_used(level: &Level<'_>, index: &str) -> bool {
    let around = uses(&level.owner.prefix, index)
        || match level.outer {
            Some(outer) if !level.owner.prefix.absolute => is_used(outer, index),
            _ => false,
        };
    let mut at = 0;
    while at < level.field.paths.len() {
        let path = &level.field.paths[at];
        if !(uses(path, index) || around && !path.absolute) {
            return false;
        }
        at += 1;
    }
    true
}

const fn uses(path: &Path, index: &str) -> bool {
    let mut at = 0;
    while at < path.parts.len() {
        if let Part::Index(placeholder) = path.parts[at]
            && same(placeholder.index, index)
        {
            return true;
        }
        at += 1;
    }
    false
}

/// `a == b`, in a constant.
const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    let mut at = 0;
    while at < a.len() && at < b.len() && a[at] == b[at] {
        at += 1;
    }
    at == a.len() && at == b.len()
}

/// A message put together in a constant; what does not fit is cut.
struct Sentence {
    bytes: [u8; 1024],
    len: usize,
}

impl Sentence {
    /// A sentence about a field: ``field `Gpt2.blocks[].attn`: ``.
    const fn of(level: &Level<'_>) -> Self {
        Self { bytes: [0; 1024], len: 0 }.text("field `").field(level).text("`: ")
    }

    const fn field(self, level: &Level<'_>) -> Self {
        let start = match level.outer {
            Some(outer) => self.field(outer),
            None => self.text(level.owner.name),
        };
        let named = start.text(".").text(level.field.name);
        if level.field.repeat.is_some() { named.text("[]") } else { named }
    }

    const fn text(mut self, text: &str) -> Self {
        let mut end = text.len();
        while end > self.bytes.len() - self.len || !text.is_char_boundary(end) {
            end -= 1;
        }
        let mut at = 0;
        while at < end {
            self.bytes[self.len] = text.as_bytes()[at];
            self.len += 1;
            at += 1;
        }
        self
    }

    const fn number(self, number: usize) -> Self {
        let start = if number >= 10 { self.number(number / 10) } else { self };
        let digits = "0123456789".split_at(number % 10).1;
        start.text(digits.split_at(1).0)
    }

    /// Stops the build with the sentence.
    #[expect(clippy::panic, reason = "a panic in a constant is a compile error with this text")]
    #[track_caller]
    const fn panic(&self) -> ! {
        match std::str::from_utf8(self.bytes.split_at(self.len).0) {
            Ok(sentence) => panic!("{}", sentence),
            Err(_) => panic!("a field's description makes no sense"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::description::{List, Repeat, Tensor};
    use crate::dtype::DType;
    use crate::template::{Form, Placeholder};

    const ARRAY: Node =
        Node::Tensor(Tensor { dtype: Some(DType::Float32), rank: Some(2), or_string: false });
    const SCALAR: Node =
        Node::Tensor(Tensor { dtype: Some(DType::Float32), rank: Some(0), or_string: false });
    const INDEX: Part<'static> =
        Part::Index(Placeholder { index: "i", factor: 1, offset: 0, form: Form::Plain });
    const PLAIN: Path = Path { absolute: false, parts: &[Part::Text("w")] };
    const INDEXED: Path = Path { absolute: false, parts: &[Part::Text("h"), INDEX] };
    const REPEAT: Option<Repeat> = Some(Repeat { index: "i", start: 0, end: None });
    const FIELD: Field = Field {
        name: "w",
        paths: &[PLAIN],
        repeat: None,
        ops: &[],
        cast: None,
        dims: &[],
        absent: Absent::Problem,
        node: ARRAY,
    };
    const STRUCT: Struct = Struct {
        name: "Model",
        prefix: Path::EMPTY,
        keys: None,
        separator: None,
        cast: None,
        dims: &[],
        asserts: &[],
        fields: &[FIELD],
        ignore: &[],
        allow_unmapped: false,
    };

    fn of(field: Field) -> Node {
        Node::Struct(leak(Struct { fields: std::slice::from_ref(leak(field)), ..STRUCT }))
    }

    fn list(element: Node, len: Option<usize>) -> Node {
        Node::List(leak(List { element, len }))
    }

    fn leak<T>(value: T) -> &'static T {
        Box::leak(Box::new(value))
    }

    fn item(node: &Node) {
        field(node, 0);
    }

    fn refused(check: fn(&Node), node: Node, expected: &str) {
        let panic = std::panic::catch_unwind(|| check(&node)).unwrap_err();
        assert_eq!(panic.downcast_ref::<String>().map(String::as_str), Some(expected));
    }

    #[test]
    fn a_description_that_makes_sense_passes() {
        root(&of(FIELD));
        item(&of(Field { absent: Absent::Zero, node: SCALAR, ..FIELD }));
        item(&of(Field { absent: Absent::Function, ..FIELD }));
        root(&of(Field {
            repeat: REPEAT,
            paths: &[INDEXED],
            node: list(of(FIELD), Some(3)),
            ..FIELD
        }));
        let flat = of(Field { paths: &[INDEXED], ..FIELD });
        item(&flat);
        root(&of(Field { repeat: REPEAT, paths: &[Path::EMPTY], node: list(flat, None), ..FIELD }));
    }

    #[test]
    fn an_index_that_nothing_binds_stops_the_root() {
        let sentence =
            "field `Model.w`: nothing binds `<i>`; write `repeat(i)` on the field that repeats";
        refused(root, of(Field { paths: &[INDEXED], ..FIELD }), sentence);
    }

    #[test]
    fn an_index_that_a_path_does_not_use_is_refused() {
        let list = list(of(FIELD), None);
        refused(
            item,
            of(Field { name: "blocks", repeat: REPEAT, node: list, ..FIELD }),
            "field `Model.blocks[].w`: its path does not use `<i>`, so that all elements would take the same variable; \
             write it where the number stands",
        );
        let absolute = of(Field { paths: &[Path { absolute: true, ..PLAIN }], ..FIELD });
        refused(
            item,
            of(Field {
                repeat: REPEAT,
                paths: &[INDEXED],
                node: self::list(absolute, None),
                ..FIELD
            }),
            "field `Model.w[].w`: its path does not use `<i>`, so that all elements would take the same variable; \
             write it where the number stands",
        );
    }

    #[test]
    fn an_index_is_bound_once() {
        let inner =
            of(Field { repeat: REPEAT, paths: &[INDEXED], node: list(ARRAY, None), ..FIELD });
        refused(
            item,
            of(Field { repeat: REPEAT, paths: &[INDEXED], node: list(inner, None), ..FIELD }),
            "field `Model.w[].w[]`: the index `i` is bound by a field around it already; name this one otherwise",
        );
    }

    #[test]
    fn bounds_agree_with_the_length_of_an_array() {
        let repeat = Some(Repeat { index: "i", start: 2, end: Some(Expression::Number(14)) });
        refused(
            item,
            of(Field { repeat, paths: &[INDEXED], node: list(ARRAY, Some(10)), ..FIELD }),
            "field `Model.w[]`: `repeat` names 12 elements, but the array holds 10; make the two agree",
        );
    }

    /// A struct that has `keys` around one that may have others, and another one between.
    fn nested(outer: Option<Keys>, inner: Option<Keys>) -> Node {
        let inner = Struct { name: "Inner", keys: inner, ..STRUCT };
        let inner = Node::Struct(leak(Struct { fields: leak([FIELD]), ..inner }));
        let between = of(Field { name: "inner", node: inner, ..FIELD });
        let fields = leak([Field { name: "between", node: between, ..FIELD }]);
        Node::Struct(leak(Struct { name: "Outer", keys: outer, fields, ..STRUCT }))
    }

    #[test]
    fn all_structs_call_variables_by_names_of_one_kind() {
        for keys in [None, Some(Keys::Name), Some(Keys::Object)] {
            root(&nested(keys, None));
            root(&nested(keys, keys));
            item(&nested(None, keys));
        }
        root(&nested(None, Some(Keys::Name)));
        let other = "field `Outer.between.inner`: `Inner` has `keys = \"full_name\"`, but `Outer` around it has \
                     `keys = \"object\"`; all names of a model are of one kind, so take one of the two away";
        refused(item, nested(Some(Keys::Object), Some(Keys::FullName)), other);
        let none = "field `Outer.between.inner`: `Inner` has `keys = \"object\"`, but `Outer` around it has none; write it \
                    there";
        refused(root, nested(None, Some(Keys::Object)), none);
    }

    #[test]
    fn a_default_needs_a_meaning() {
        refused(
            item,
            of(Field { absent: Absent::Zero, ..FIELD }),
            "field `Model.w`: `default` cannot know the shape of its zeros; \
             write `default = \"a function\"` that makes the value",
        );
        refused(
            item,
            of(Field { absent: Absent::Function, node: Node::Optional(leak(ARRAY)), ..FIELD }),
            "field `Model.w`: an `Option` is `None` when absent; take `default` away",
        );
    }

    #[test]
    fn a_variable_goes_to_one_field() {
        let list = Field { name: "list", repeat: REPEAT, node: list(SCALAR, None), ..FIELD };
        let part = Field { name: "part", node: of(FIELD), ..FIELD };
        let fields = leak([FIELD, list, part]);
        let node = Node::Struct(leak(Struct { fields, ..STRUCT }));
        variables_differ(&node, 0, 2);
        refused(
            |node| variables_differ(node, 0, 1),
            node,
            "field `Model.list[]`: it takes the same variable as `w`; give one of them another path",
        );
    }

    #[test]
    fn a_sentence_that_is_too_long_is_cut() {
        let name = leak("ü".repeat(600));
        let panic =
            std::panic::catch_unwind(|| item(&of(Field { name, absent: Absent::Zero, ..FIELD })))
                .unwrap_err();
        let sentence = panic.downcast_ref::<String>().unwrap();
        assert!(sentence.starts_with("field `Model.ü") && sentence.len() <= 1024, "{sentence}");
    }
}
