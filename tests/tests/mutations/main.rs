//! Thousands of changes of each checkpoint: of any bytes of its files, and of its index's contents with valid checksums.
//!
//! A change with invalid checksums leads to an error, or to the original variables. A change with valid checksums leads to an
//! error, or to a tensor of the size of its dtype and shape, whose bytes have the checksum in the index. No change makes the
//! reader panic, or use more memory than some times the size of the files and its buffers.

mod archives;
mod bombs;
mod bytes;
mod entries;
mod giants;
mod memory;
mod safetensors;
mod stated;
mod subject;

use checkpoint_schema::format::tensorflow::object_graph::ObjectGraph;
use checkpoint_schema::format::{Budget, Limits};
use checkpoint_schema::listing::catalog::Catalog;
use checkpoint_schema::listing::dtype::DType;
use checkpoint_tests::corpus::{Case, cases, real_cases};
use checkpoint_tests::fuzz;
use checkpoint_tests::fuzz::directory::Files;
use checkpoint_tests::fuzz::index::index_of;
use checkpoint_tests::random::Random;
use checkpoint_tests::writer::wire::bytes_field;
use checkpoint_tests::writer::{Bundle, Entry, Extent, Header, Index, TableOptions, V1};

use crate::memory::{Counted, counted};
use crate::subject::{Checksums, Subject};

#[global_allocator]
static MEMORY: Counted = Counted;

/// The number of changes of each kind.
const TIMES: usize = 700;

/// Changes a checkpoint in every way.
fn check(name: &str, files: Files) {
    let mut subject = Subject::new(name, files);
    let mut random = Random::new(1);
    let table = subject.table().to_vec();
    for _ in 0..TIMES {
        let mutated = bytes::mutate(&table, &mut random);
        subject.change_table(&mutated, &mut random);
        let edited = entries::edit_pairs(&table, &mut random);
        subject.replace_table(&edited, &mut random);
        if subject.is_v1() {
            let mutated = bytes::mutate(&table, &mut random);
            subject.change_table(&mutated, &mut random);
        } else {
            change_v2(&mut subject, &mut random);
        }
    }
    if let Some(graph) = subject.graph_bytes() {
        change_graph(&mut subject, &graph, &mut random);
    }
    println!("{}", subject.summary());
}

/// Changes a data file, and a field of the index.
fn change_v2(subject: &mut Subject, random: &mut Random) {
    let shard = random.below(subject.data().len());
    let mutated = bytes::mutate(&subject.data()[shard].1, random);
    subject.change_data(shard, &mutated, random);
    let mut index = index_of(&subject.catalog);
    entries::edit(&mut index, random);
    subject.replace_table(&index.to_bytes().unwrap(), random);
}

/// Changes an object graph. It must be refused, or be consistent, and so must its names.
fn change_graph(subject: &mut Subject, graph: &[u8], random: &mut Random) {
    for _ in 0..TIMES {
        let mutated = bytes::mutate(graph, random);
        let (read, peak) = counted(|| match ObjectGraph::from_bytes(&mutated, &budget(&mutated)) {
            Ok(graph) => {
                fuzz::object_graph::check(&graph);
                fuzz::names::check(&graph, &subject.catalog);
                true
            }
            Err(error) => {
                fuzz::check_message(&error);
                false
            }
        });
        subject.count(Checksums::Right, read, peak);
    }
}

fn check_cases(cases: impl IntoIterator<Item = Case>) {
    for case in cases {
        check(&case.name, Files::of_case(&case).unwrap());
    }
}

fn of_kind(kind: &str) -> impl Iterator<Item = Case> {
    cases().unwrap().into_iter().filter(move |case| case.name.starts_with(kind))
}

#[test]
fn crafted_checkpoints() {
    check_cases(of_kind("crafted"));
}

#[test]
fn checkpoints_of_every_kind() {
    check_cases(of_kind("gen"));
}

#[test]
fn checkpoints_of_models() {
    check_cases(of_kind("models"));
}

#[test]
fn checkpoints_that_others_published() {
    check_cases(real_cases().unwrap());
}

/// Checkpoints unlike those in the corpus: slices along two axes in several data files, and the same in version 1.
#[test]
fn checkpoints_made_here() {
    let numbers: Vec<u8> = (0..96).collect();
    for big in [false, true] {
        let bundle = Bundle::new()
            .partition("rows", DType::Float32, &[4, 6], (0, &[1, 3]), &numbers)
            .in_shard(1)
            .partition("columns", DType::Int16, &[6, 8], (1, &[2, 5, 1]), &numbers)
            .strings("strings", &[2, 2], &["", "a", "string", "\u{0}"])
            .in_shard(0)
            .gap([7; 9])
            .tensor("empty", DType::Float64, &[3, 0], Vec::new())
            .bool("scalar", &[], &[true]);
        let (bundle, name) = if big {
            (bundle.big_endian(), "made/big-endian")
        } else {
            (bundle.variants("variants", &[2], &["one", ""]), "made/little-endian")
        };
        check_made(name, bundle);
    }
    let half = |start| [Extent::WHOLE, Extent::part(start, 2)];
    let v1 = V1::new()
        .slice("slices", DType::Float32, &[2, 4], &half(0), numbers[..16].to_vec())
        .slice("slices", DType::Float32, &[2, 4], &half(2), numbers[16..32].to_vec())
        .tensor("numbers", DType::Int32, &[8], numbers[..32].to_vec())
        .strings("strings", &[3], &["", "a", "string"]);
    check("made/v1", Files::of_v1(&v1).unwrap());
}

/// Returns the budget for bytes. A megabyte of files allows 9 MB.
fn budget(bytes: &[u8]) -> Budget {
    let mut limits = Limits::default();
    limits.memory = 1 << 20;
    Budget::new(&limits, bytes.len() as u64)
}

/// The object graphs that take the most memory for their bytes.
#[test]
fn object_graphs_take_no_more_than_their_budget() {
    let field = |number: u64, value: &[u8]| {
        let mut field = Vec::new();
        bytes_field(&mut field, number, value);
        field
    };
    let (child, attribute, slot) = (field(1, b""), field(2, b""), field(3, b""));
    let named = |number: u64, name: u64| {
        (0..=255).map(|byte| field(number, &field(name, &[byte]))).collect::<Vec<_>>().concat()
    };
    let objects = [
        Vec::new(),
        child.clone(),
        attribute.clone(),
        slot.clone(),
        [child, attribute, slot].concat(),
        named(1, 2),
        named(2, 1),
        named(2, 2),
        named(2, 3),
        named(3, 2),
    ];
    for object in objects {
        let message = field(1, &object);
        // Lists have the most spare capacity just above a power of two.
        let graph =
            message.repeat((1_usize << 20).div_ceil(message.len()).next_power_of_two() / 2 + 1);
        let (read, peak) = counted(|| ObjectGraph::from_bytes(&graph, &budget(&graph)).is_ok());
        let (len, most) = (graph.len(), (1 << 20) + 8 * graph.len());
        println!("a graph of {len} bytes, read: {read}, takes {peak} bytes of memory");
        assert!(peak <= most, "{peak} bytes of memory are more than {most}");
    }
}

/// Indexes of very many scalars take the most memory for their bytes. A budget charges more than this for them.
#[test]
fn a_key_of_an_index_takes_at_most_320_bytes() {
    // Lists have the most spare capacity just above a power of two.
    let count = (1 << 16) + 1;
    let entry = Entry { size: 4, ..Entry::new(DType::Float32, &[]) };
    let name = |number: u32| number.to_be_bytes()[1..].to_vec();
    let entries: Vec<_> = (0..count).map(|number| (name(number), entry.clone())).collect();
    for snappy in [false, true] {
        let table = TableOptions { snappy, ..TableOptions::default() };
        let header = Header { num_shards: 1, ..Header::default() };
        let index = Index { header, entries: entries.clone(), table }.to_bytes().unwrap();
        let (catalog, peak) = counted(|| Catalog::from_index(&index, &Limits::default()));
        assert_eq!(catalog.unwrap().variables().len(), entries.len());
        let (len, most) = (index.len(), 320 * entries.len());
        println!("an index of {len} bytes takes {peak} bytes of memory");
        assert!(peak <= most, "{peak} bytes of memory are more than {most}");
    }
}

fn check_made(name: &str, bundle: Bundle) {
    check(name, Files::of_bundle(bundle).unwrap());
}
