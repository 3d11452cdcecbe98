use expect_test::{Expect, expect};

use super::fixture::{attribute, child, message, slot, value};
use super::*;
use crate::format::tensorflow::fixture::{bytes, number};
use crate::format::{Budget, Limits};

fn read(bytes: &[u8]) -> Result<ObjectGraph, GraphError> {
    ObjectGraph::from_bytes(bytes, &Budget::new(&Limits::default(), 0))
}

fn graph(objects: &[Vec<u8>]) -> ObjectGraph {
    read(&message(objects)).unwrap()
}

/// The key at a path.
fn key(graph: &ObjectGraph, path: &str) -> Option<String> {
    graph.resolve(path).map(|attribute| attribute.key.to_string())
}

/// A model that shares a variable with one of its layers, and an optimizer with a reference back to the model.
fn model() -> ObjectGraph {
    graph(&[
        [child("model", 1), child("optimizer", 2)].concat(),
        [child("sub", 3), child("shared", 4), child("optimizer", 2)].concat(),
        [child("model", 1), slot(4, "momentum", 6), slot(5, "momentum", 7)].concat(),
        [child("bias", 4), child("kernel", 5)].concat(),
        attribute(VALUE, "bias", "model/shared/.ATTRIBUTES/VARIABLE_VALUE"),
        attribute(VALUE, "sub/kernel", "model/sub/kernel/.ATTRIBUTES/VARIABLE_VALUE"),
        value("bias momentum"),
        value("kernel momentum"),
    ])
}

#[test]
fn objects_are_walked_by_name() {
    let graph = model();
    let sub = graph.root().child("model").unwrap().child("sub").unwrap();
    let names = sub.children().map(|(name, object)| (name.as_str(), object.number()));
    assert_eq!(names.collect::<Vec<_>>(), [(Some("bias"), 4), (Some("kernel"), 5)]);
    let kernel = sub.child("kernel").unwrap().attribute(VALUE).unwrap();
    assert_eq!(kernel.full_name, Name::from("sub/kernel"));
    assert!(sub.child("beta").is_none() && sub.attributes().is_empty());
    assert_eq!(graph.objects().filter(|object| !object.attributes().is_empty()).count(), 4);
}

#[test]
fn every_path_to_a_shared_variable_leads_to_its_one_key() {
    let graph = model();
    let shared = Some("model/shared/.ATTRIBUTES/VARIABLE_VALUE".to_owned());
    assert_eq!(key(&graph, "model/shared"), shared);
    assert_eq!(key(&graph, "model/sub/bias"), shared);
    assert_eq!(key(&graph, "optimizer/model/sub/bias"), shared);
    assert_eq!(key(&graph, "model/optimizer/model/optimizer/model/sub/bias"), shared);
}

#[test]
fn a_path_to_no_variable_leads_nowhere() {
    let graph = model();
    for path in
        ["", "/", "model", "model/", "/model/shared", "model//shared", "model/shared/x", "x"]
    {
        assert_eq!(key(&graph, path), None, "{path}");
    }
    assert_eq!(graph.object("model/sub").map(Object::number), Some(3));
    assert_eq!(graph.object("").map(Object::number), Some(0));
}

#[test]
fn what_an_optimizer_keeps_is_behind_the_variable_and_the_optimizer() {
    let graph = model();
    let momentum = Some("bias momentum".to_owned());
    assert_eq!(key(&graph, "model/shared/.OPTIMIZER_SLOT/optimizer/momentum"), momentum);
    assert_eq!(key(&graph, "model/sub/bias/.OPTIMIZER_SLOT/model/optimizer/momentum"), momentum);
    for path in ["optimizer/momentum", "optimizer/velocity", "model/momentum", "momentum", ""] {
        let path = format!("model/sub/.OPTIMIZER_SLOT/{path}");
        assert_eq!(key(&graph, &path), None, "{path}");
    }
    let optimizer = graph.object("optimizer").unwrap();
    let slots = optimizer.slots().map(|slot| (slot.variable.number(), slot.object.number()));
    assert_eq!(slots.collect::<Vec<_>>(), [(4, 6), (5, 7)]);
}

#[test]
fn the_root_can_be_a_variable_and_an_optimizer() {
    let graph = graph(&[[value("root"), slot(0, "m", 1)].concat(), value("slot")]);
    assert_eq!(key(&graph, "").as_deref(), Some("root"));
    assert_eq!(key(&graph, "/.ATTRIBUTES/VARIABLE_VALUE").as_deref(), Some("root"));
    assert_eq!(key(&graph, "/.OPTIMIZER_SLOT//m").as_deref(), Some("slot"));
}

#[test]
fn attributes_other_than_the_value_are_named() {
    let table = [attribute("table-keys", "", "keys"), attribute("a..b.Sc", "", "twice escaped")];
    let graph = graph(&[child("table", 1), table.concat()]);
    assert_eq!(key(&graph, "table/.ATTRIBUTES/table-keys").as_deref(), Some("keys"));
    let twice = key(&graph, "table/.ATTRIBUTES/a....b..Sc");
    assert_eq!(twice.as_deref(), Some("twice escaped"));
    assert_eq!(key(&graph, "table"), None);
    assert_eq!(key(&graph, "table/.ATTRIBUTES/VARIABLE_VALUE"), None);
}

#[test]
fn names_are_escaped_in_paths() {
    for (name, escaped) in [
        ("kernel", "kernel"),
        ("a/b", "a.Sb"),
        ("a.b", "a..b"),
        ("a./b", "a...Sb"),
        (".S", "..S"),
        (".ATTRIBUTES", "..ATTRIBUTES"),
        ("", ""),
        ("ü", "ü"),
    ] {
        assert_eq!(escape(name), Name::from(escaped));
        assert_eq!(unescape(escaped), Some(Name::from(name)));
        let graph = graph(&[child(name, 1), child("w", 2), value("stored")]);
        assert_eq!(key(&graph, &format!("{escaped}/w")).as_deref(), Some("stored"));
    }
    for wrong in ["a.b", "a.", ".", ".s", "...", "a/b", ".ATTRIBUTES"] {
        assert_eq!(unescape(wrong), None, "{wrong}");
    }
}

#[test]
fn names_are_bytes() {
    let name = b"\xff\0";
    let node = bytes(1, &[number(1, 1), bytes(2, name)].concat());
    let graph = graph(&[node, value("stored")]);
    assert!(graph.resolve(name).is_some());
    assert_eq!(
        graph.root().children().map(|(name, _)| name.to_string()).collect::<String>(),
        "\\xff\\u{0}"
    );
}

#[test]
fn the_same_child_twice_is_there_once() {
    let graph = graph(&[[child("a", 1), child("a", 1)].concat(), vec![]]);
    assert_eq!(graph.root().children().count(), 1);
}

#[test]
fn fields_that_are_not_known_are_skipped_and_the_last_of_a_kind_counts() {
    let first =
        [number(1, 7), bytes(2, b"old"), number(1, 1), bytes(2, b"a"), number(9, 3)].concat();
    let saver = bytes(4, &bytes(1, b"saver"));
    let bytes =
        [message(&[[bytes(1, &first), saver].concat(), value("stored")]), bytes(2, b"x")].concat();
    assert_eq!(key(&read(&bytes).unwrap(), "a").as_deref(), Some("stored"));
}

#[expect(clippy::needless_pass_by_value, reason = "`expect!` gives a value")]
fn refused(bytes: &[u8], expected: Expect) {
    expected.assert_eq(&read(bytes).unwrap_err().to_string());
}

#[test]
fn a_graph_that_contradicts_itself_is_refused() {
    refused(
        &[],
        expect![
            "the object graph has no objects, not even the root; the checkpoint is damaged, fetch it again"
        ],
    );
    refused(
        &number(1, 1),
        expect![
            "the object graph has no objects, not even the root; the checkpoint is damaged, fetch it again"
        ],
    );
    refused(
        &message(&[child("a", 2), vec![]]),
        expect![
            "object 0 of the object graph leads to object 2, but there are 2, counted from 0; the checkpoint is damaged, fetch it again"
        ],
    );
    refused(
        &message(&[vec![], child("a", u64::MAX)]),
        expect![
            "object 1 of the object graph leads to object -1, but there are 2, counted from 0; the checkpoint is damaged, fetch it again"
        ],
    );
    refused(
        &message(&[slot(0, "m", 1)]),
        expect![
            "object 0 of the object graph leads to object 1, but there are 1, counted from 0; the checkpoint is damaged, fetch it again"
        ],
    );
    refused(
        &message(&[slot(1 << 31, "m", 0)]),
        expect![
            "object 0 of the object graph leads to object -2147483648, but there are 1, counted from 0; the checkpoint is damaged, fetch it again"
        ],
    );
    refused(
        &message(&[[child("a\n", 1), child("b", 0), child("a\n", 0)].concat(), vec![]]),
        expect![[
            r#"object 0 of the object graph leads to two objects by the name `a\n`; the checkpoint is damaged, fetch it again"#
        ]],
    );
    refused(
        &message(&[vec![], [value("a"), attribute("b", "", ""), value("b")].concat()]),
        expect![[
            r#"object 1 of the object graph stores two things as `VARIABLE_VALUE`; the checkpoint is damaged, fetch it again"#
        ]],
    );
    refused(
        &[0x0a, 5, 0x0a, 9],
        expect![
            "the object graph is damaged, fetch the checkpoint again: the object graph at byte 2 is cut: it has 2 of 5 bytes"
        ],
    );
    refused(
        &[0x0a, 4, 0x0a, 9, 8, 1],
        expect![
            "the object graph is damaged, fetch the checkpoint again: an object at byte 4 is cut: it has 2 of 9 bytes"
        ],
    );
}

#[test]
fn what_an_object_says_again_is_there_once() {
    let said = || [child("w", 1), value("root"), slot(1, "m", 1)].concat();
    let others = || [child("a", 1), attribute("a", "", ""), slot(1, "a", 1)].concat();
    let twice = graph(&[[said(), said(), others(), said()].concat(), said()]);
    assert_eq!(twice, graph(&[[said(), others()].concat(), said()]));
    assert_eq!(twice.objects().map(|object| object.attributes().len()).sum::<usize>(), 3);
}

#[test]
fn parts_are_those_of_their_own_object() {
    let graph = graph(&[vec![], value("1"), vec![], [value("3"), child("w", 1)].concat(), vec![]]);
    let keys = graph.objects().map(|object| object.attribute(VALUE).map(|value| value.key.clone()));
    let expected = [None, Some("1"), None, Some("3"), None];
    assert_eq!(keys.collect::<Vec<_>>(), expected.map(|key| key.map(Name::from)));
    let children = graph.objects().map(|object| object.children().count());
    assert_eq!(children.collect::<Vec<_>>(), [0, 0, 0, 1, 0]);
}

/// The memory of a graph without its names, in bytes.
fn parts(graph: &ObjectGraph) -> usize {
    size_of_val(&graph.ends[..])
        + size_of_val(&graph.children[..])
        + size_of_val(&graph.attributes[..])
        + size_of_val(&graph.slots[..])
}

#[test]
fn no_graph_takes_more_than_some_times_its_bytes() {
    let empty = [bytes(1, b""), bytes(2, b""), bytes(3, b"")];
    let letters = || (b'a'..=b'z').map(|letter| char::from(letter).to_string());
    let graphs = [
        vec![vec![]; 1000],
        vec![empty[0].repeat(1000)],
        vec![empty[1].repeat(1000)],
        vec![empty[2].repeat(1000)],
        vec![empty[1].clone(); 1000],
        vec![empty.concat(); 1000],
        vec![letters().flat_map(|name| bytes(2, &bytes(1, name.as_bytes()))).collect(); 100],
        vec![letters().flat_map(|name| bytes(1, &bytes(2, name.as_bytes()))).collect(); 100],
        vec![(0..100).flat_map(|object| slot(object, "", 0)).collect(); 100],
    ];
    for (number, objects) in graphs.iter().enumerate() {
        let size = message(objects).len();
        let graph = graph(objects);
        assert_eq!(graph.objects().count(), objects.len());
        assert!(parts(&graph) <= 16 * size, "graph {number}: {} of {size}", parts(&graph));
    }
}

#[test]
fn a_graph_that_asks_for_more_than_its_budget_is_refused() {
    let limits = |memory| Limits { memory, memory_per_byte: 8, ..Limits::default() };
    let read = |bytes: &[u8], memory| {
        let budget = Budget::new(&limits(memory), bytes.len().try_into().unwrap());
        ObjectGraph::from_bytes(bytes, &budget).map(|graph| graph.objects().count())
    };
    assert_eq!(read(&[0x0a, 0], 0), Ok(1));
    let objects = [[child("a", 0), child("b", 0)].concat(), value("a"), slot(0, "m", 0)];
    let refused = objects.map(|object| {
        let error = read(&message(&[object]), 0).unwrap_err();
        format!("{error}\n")
    });
    expect![[r#"
        too much memory for the object graph: 145 bytes needed up to here, and the limit for a file of this length is 128; if you trust the file, raise `Limits::memory`
        too much memory for the object graph: 319 bytes needed up to here, and the limit for a file of this length is 200; if you trust the file, raise `Limits::memory`
        too much memory for the object graph: 177 bytes needed up to here, and the limit for a file of this length is 88; if you trust the file, raise `Limits::memory`
    "#]].assert_eq(&refused.concat());
}

#[test]
fn a_graph_that_is_cut_is_refused_or_is_whole_objects() {
    let objects = [[child("model", 1), slot(1, "m", 1)].concat(), value("model"), vec![]];
    let whole = message(&objects);
    let ends: Vec<usize> = (0..=3).map(|count| message(&objects[..count]).len()).collect();
    for len in 0..whole.len() {
        let read = read(&whole[..len]);
        assert_eq!(read.is_ok(), len == ends[2], "{len} bytes");
    }
}

#[test]
fn no_graph_is_too_deep_or_too_wide() {
    let count = 20_000;
    let chain: Vec<Vec<u8>> =
        (1..count).map(|next| child("a", next)).chain([value("end")]).collect();
    let path = vec!["a"; chain.len() - 1].join("/");
    assert_eq!(key(&graph(&chain), &path).as_deref(), Some("end"));
    let fan: Vec<u8> = (0..count).flat_map(|name| child(&name.to_string(), 1)).collect();
    let graph = graph(&[fan, value("end")]);
    assert!((0..count).all(|name| key(&graph, &name.to_string()).is_some()));
}

#[test]
fn any_bytes_are_read_or_refused() {
    let mut state = 1_u64;
    for _ in 0..20_000 {
        let mut next = || {
            state = state.wrapping_mul(0x5851_f42d_4c95_7f2d).wrapping_add(1);
            (state >> 57).to_le_bytes()[0] & 0x1f
        };
        let len = usize::from(next());
        let bytes: Vec<u8> = (0..len).map(|_| next()).collect();
        if let Ok(graph) = read(&bytes) {
            assert!(
                graph
                    .objects()
                    .all(|object| object.children().all(|(_, child)| child.number() < len))
            );
        }
    }
}
