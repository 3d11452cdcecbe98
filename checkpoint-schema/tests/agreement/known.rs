//! Where a load and the compiler are known to differ.
//!
//! Each row is a debt of the engines, and goes when it is paid: the test fails for a row that no case needs any more.

use std::collections::BTreeSet;

use checkpoint_schema::description::{Field, Ignore, Node, Op, Struct};
use checkpoint_schema::expression::Expression;

use crate::both::Said;
use crate::kinds;

/// How what both say of a case differs.
#[derive(Debug)]
pub(crate) struct Difference {
    /// The kinds of problems of the load.
    load: BTreeSet<&'static str>,
    /// The kinds of the sentences that only one of the two says.
    alone: BTreeSet<&'static str>,
    /// Whether only one of the two refuses the case, or both solve its symbols differently.
    verdict: bool,
    /// What the structs have that is done otherwise.
    words: BTreeSet<&'static str>,
}

/// A difference that is known.
pub(crate) struct Known {
    /// What is done otherwise.
    pub(crate) why: &'static str,
    /// Which cases have it.
    case: fn(&Difference) -> bool,
    /// Whether the verdict may differ too.
    verdict: bool,
    /// The kinds of sentences that one of the two may say alone; of none, all kinds.
    kinds: &'static [&'static str],
}

/// The kinds that tell which variable was meant.
const NAMES: &[&str] = &["missing", "unmapped", "beyond", "hole", "slots"];

/// The kinds that tell what is wrong with an array.
const ARRAYS: &[&str] = &["shape", "step", "rank", "number", "torn", "elements"];

/// All that are known.
pub(crate) const KNOWN: &[Known] = &[
    Known {
        why: "`stack` with a start, an end in symbols, or variables that differ",
        case: |it| it.uses("stack"),
        verdict: true,
        kinds: &[],
    },
    Known {
        why: "`concat` with lengths in symbols",
        case: |it| it.uses("concat") && it.uses("symbols"),
        verdict: true,
        kinds: &[],
    },
    Known {
        why: "`concat` with several variables that are missing",
        case: |it| it.uses("concat"),
        verdict: false,
        kinds: NAMES,
    },
    Known {
        why: "parts of a variable whose ranges have symbols, or whose variable cannot be held",
        case: |it| it.uses("part"),
        verdict: true,
        kinds: &["gap", "overlap", "taken", "torn"],
    },
    Known {
        why: "causes, which the load sums up",
        case: |it| {
            it.loads(&["absent", "elsewhere", "dtypes", "renamed", "prefix", "objects", "varied"])
        },
        verdict: false,
        kinds: &[],
    },
    Known {
        why: "which of several problems of an array are told",
        case: |_| true,
        verdict: false,
        kinds: ARRAYS,
    },
    Known {
        why: "a variable that two fields take, one of which cannot hold it",
        case: |_| true,
        verdict: false,
        kinds: &["taken", "gap"],
    },
    Known {
        why: "which name is near to which, and what that explains",
        case: |_| true,
        verdict: false,
        kinds: NAMES,
    },
    Known {
        why: "zeros of which nothing says the shape",
        case: |it| it.loads(&["zeros"]),
        verdict: true,
        kinds: &["zeros"],
    },
    Known {
        why: "a hole where variables may be left",
        case: |it| it.uses("allow_unmapped"),
        verdict: true,
        kinds: &["hole"],
    },
    Known {
        why: "elements that a `reshape` tears apart, and expressions that are no length",
        case: |_| true,
        verdict: true,
        kinds: &["torn", "number"],
    },
    Known {
        why: "variables that a struct within the root ignores",
        case: |it| it.uses("ignore within"),
        verdict: true,
        kinds: &["ignored"],
    },
    Known {
        why: "a list whose bound the field itself renames",
        case: |it| it.uses("bound and renamed"),
        verdict: true,
        kinds: &[],
    },
    Known {
        why: "a list that a symbol lets have no element",
        case: |it| it.uses("bound by a symbol"),
        verdict: true,
        kinds: &["missing"],
    },
    Known {
        why: "symbols of which lengths say different values",
        case: |it| it.uses("symbols"),
        verdict: true,
        kinds: &["shape", "assertion", "gap", "symbol", "elements", "step"],
    },
    Known {
        why: "fields of one list that are said together, or one by one",
        case: |_| true,
        verdict: false,
        kinds: &["dtype", "aliases"],
    },
];

/// The numbers of the known differences that this consists of; `None` if it is another.
pub(crate) fn find(difference: &Difference) -> Option<Vec<usize>> {
    let Difference { alone, verdict, .. } = difference;
    let may_be = |known: &&Known| (known.verdict || !verdict) && (known.case)(difference);
    let found: Vec<usize> = (0..KNOWN.len()).filter(|at| may_be(&&KNOWN[*at])).collect();
    let is_known = |kind: &str| found.iter().any(|at| KNOWN[*at].tells(kind));
    let needed = |at: &usize| alone.is_empty() || alone.iter().any(|kind| KNOWN[*at].tells(kind));
    (!found.is_empty() && alone.iter().all(|kind| is_known(kind)))
        .then(|| found.iter().copied().filter(needed).collect())
}

impl Known {
    fn tells(&self, kind: &str) -> bool {
        self.kinds.is_empty() || self.kinds.contains(&kind)
    }
}

impl Difference {
    /// How what is said of a struct differs, if it does.
    pub(crate) fn of(root: &Struct, said: &Said) -> Option<Self> {
        let symbols = said.solved.as_ref().is_some_and(|solved| *solved != said.constant);
        let verdict = said.planned.is_empty() != said.checked.is_empty() || symbols;
        let alone: BTreeSet<&str> = said.alone().concat().iter().map(|it| kinds::of(it)).collect();
        if !verdict && alone.is_empty() {
            return None;
        }
        let mut words = BTreeSet::new();
        of_struct(root, true, &mut words);
        let [load, _] = said.sentences();
        let load = load.iter().map(|line| kinds::of(line)).collect();
        Some(Self { load, alone, verdict, words })
    }

    fn uses(&self, word: &str) -> bool {
        self.words.contains(word)
    }

    /// Whether the load has a problem of one of these kinds.
    fn loads(&self, kinds: &[&str]) -> bool {
        kinds.iter().any(|kind| self.load.contains(kind))
    }
}

fn of_struct(item: &Struct, root: bool, words: &mut BTreeSet<&'static str>) {
    if item.allow_unmapped {
        words.insert("allow_unmapped");
    }
    if !root && item.ignore.iter().any(|ignore| matches!(ignore, Ignore::Glob(_))) {
        words.insert("ignore within");
    }
    if !item.dims.is_empty() {
        words.insert("symbols");
    }
    for field in item.fields {
        of_field(field, words);
    }
}

fn of_field(field: &Field, words: &mut BTreeSet<&'static str>) {
    for op in field.ops {
        words.extend(match op {
            Op::Stack { .. } => Some("stack"),
            Op::Concat { .. } => Some("concat"),
            Op::Chunk { .. } | Op::Slice { .. } => Some("part"),
            _ => None,
        });
    }
    if let Some(Expression::Symbol(_) | Expression::Pair(..)) = field.repeat.and_then(|it| it.end) {
        words.insert("bound by a symbol");
        words.extend((!field.dims.is_empty()).then_some("bound and renamed"));
    }
    of_node(&field.node, words);
}

fn of_node(node: &Node, words: &mut BTreeSet<&'static str>) {
    match node {
        Node::Struct(inner) => of_struct(inner, false, words),
        Node::Optional(inner) => of_node(inner, words),
        Node::List(list) => of_node(&list.element, words),
        Node::Tensor(_) | Node::Split(_) | Node::Dim(_) => {}
    }
}
