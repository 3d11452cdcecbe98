//! A struct in another dialect is loaded and checked as a struct that has nothing but this dialect.

use checkpoint_schema::model::description::{
    Absent, Field, FieldDialect, Ignore, List, Node, Path, Struct, StructDialect, Tensor,
};
use checkpoint_schema::model::template::Piece;

use crate::chance::Chance;
use crate::keep::{keep, keep_all, keep_text};
use crate::{Case, both, case, run};

/// The number of cases.
const CASES: usize = 2_000;

/// The maximum number of mismatches that are printed.
const SHOWN: usize = 5;

/// The dialect that equals a generated struct.
const OTHER: &str = "other";

/// Adds a first dialect to structs: other paths, prefixes, steps and globs.
struct Translator {
    chance: Chance,
    /// The number of paths so far.
    paths: usize,
}

impl Translator {
    /// Returns a struct that equals this one in the other dialect.
    fn of_struct(&mut self, item: &Struct) -> Struct {
        let mut fields: Vec<Field> = item.fields.iter().map(|field| self.field(field)).collect();
        if self.chance.percent(30) {
            fields.push(self.lacked());
        }
        let own = StructDialect {
            name: OTHER,
            prefixes: keep_all(vec![item.prefix]),
            separator: None,
            ignore: Some(item.ignore),
            constants: &[],
        };
        let ignore: &[_] = if self.chance.percent(50) { &[Ignore::Glob("**")] } else { &[] };
        Struct {
            prefix: self.path(),
            ignore,
            fields: keep_all(fields),
            dialects: keep_all(vec![own]),
            ..*item
        }
    }

    fn field(&mut self, field: &Field) -> Field {
        let own = Field { node: self.node(&field.node), ..*field };
        if self.chance.percent(40) {
            return own;
        }
        let paths = keep_all(vec![self.path()]);
        let dialects = keep_all(vec![FieldDialect { name: OTHER, field: own }]);
        Field { paths, ops: &[], ties: &[], parallel: None, dialects, ..own }
    }

    /// Returns a field that only the first dialect has.
    fn lacked(&mut self) -> Field {
        let node = Node::Optional(keep(Node::Tensor(Tensor::ANY)));
        let name = keep_text(format!("lacked{}", self.paths));
        let own = Field { name, node, absent: Absent::Problem, ..Field::EMPTY };
        let paths = keep_all(vec![self.path()]);
        let absent = keep_all(vec![Path::LACKING]);
        let other = FieldDialect { name: OTHER, field: Field { paths: absent, ..own } };
        Field { paths, dialects: keep_all(vec![other]), ..own }
    }

    fn node(&mut self, node: &Node) -> Node {
        match node {
            Node::Struct(inner) => Node::Struct(keep(self.of_struct(inner))),
            Node::Optional(inner) => Node::Optional(keep(self.node(inner))),
            Node::List(list) => {
                let element = self.node(&list.element);
                Node::List(keep(List { element, ..**list }))
            }
            Node::Tensor(_) | Node::Split(_) | Node::Dim(_) | Node::Constant(_) => *node,
        }
    }

    /// Returns a path that no other field has.
    fn path(&mut self) -> Path {
        self.paths += 1;
        let text = keep_text(format!("first{}", self.paths));
        Path { pieces: keep_all(vec![Piece::Text(text)]), ..Path::EMPTY }
    }
}

/// Returns a struct with two dialects, of which the second equals this one.
fn translated(case: &Case, seed: u64) -> Option<&'static Node> {
    let Node::Struct(root) = case.node else { return None };
    let root = Translator { chance: Chance::new(seed), paths: 0 }.of_struct(root);
    let root = Struct { declared: &["first", OTHER], ..root };
    Some(keep(Node::Struct(keep(root))))
}

#[test]
fn a_dialect_is_checked_as_a_struct_of_its_own() {
    let (seed, cases) = run(CASES);
    let (mut fit, mut refused, mut differ) = (0, 0, Vec::new());
    for seed in (seed..).take(cases) {
        let Some(case) = case(seed) else { continue };
        let Some(node) = translated(&case, seed) else { continue };
        // Only the first dialect has averages.
        if format!("{:?}", case.node).contains("shadow: Some") {
            continue;
        }
        let alone = both::say(case.node, &case.listed);
        let mut other = both::say_in(OTHER, node, &case.listed);
        // A struct alone has no other layout to compare with.
        other.checked.retain(|line| !line.contains("one layout in all dialects"));
        *(if alone.planned.is_empty() { &mut fit } else { &mut refused }) += 1;
        if alone != other {
            differ.push(format!("{case}alone: {alone:#?}\nas a dialect: {other:#?}"));
        }
    }
    let shown = &differ[..differ.len().min(SHOWN)];
    assert!(differ.is_empty(), "{} cases differ, such as\n{}", differ.len(), shown.join("\n"));
    assert!(fit > 200 && refused > 200, "{fit} fit, {refused} do not");
}
