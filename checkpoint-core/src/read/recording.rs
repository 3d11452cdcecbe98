//! Tests of which bytes of a data file are read, and when reading stops.

use std::io;
use std::num::NonZero;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use checkpoint_schema::listing::catalog::{
    Catalog, Checksum, Extent, Name, Place, Strided, Variable,
};
use checkpoint_schema::listing::checksum::crc32c;
use checkpoint_schema::listing::dtype::DType;
use checkpoint_schema::listing::shape::Shape;
use checkpoint_schema::strided::Order;

use crate::read::error::{ReadError, ReadErrorKind};
use crate::read::reading::{CHUNK, PIECE, Progress, Reading};
use crate::source::{Access, DataFile, Source, SourceError};
use crate::tensor::buffer::Buffer;

/// A checkpoint of byte variables `v0000`, `v0001`, ... in one data file, which records all reads.
#[derive(Debug)]
struct Recording {
    catalog: Catalog,
    bytes: Vec<u8>,
    reads: Mutex<Vec<Range<u64>>>,
    access: Access,
    /// Reads that include this byte fail.
    hole: Option<u64>,
    /// The number of initial reads that fail.
    broken: usize,
    /// Reads from this offset on are slow.
    slow: u64,
    /// The number of threads. As many initial reads wait for one another.
    threads: usize,
    together: Barrier,
    waited: AtomicUsize,
}

impl Recording {
    /// Variables of these sizes, `gap` bytes apart.
    fn new(sizes: impl IntoIterator<Item = usize>, gap: usize) -> Self {
        let (mut bytes, mut variables) = (Vec::new(), Vec::new());
        for (number, size) in sizes.into_iter().enumerate() {
            let mut content = (0..=250).collect::<Vec<u8>>().repeat(size / 251 + 1);
            content.rotate_left(number % 251);
            content.truncate(size);
            let extent = Extent {
                offset: bytes.len() as u64,
                size: size as u64,
                checksum: Checksum::Crc32c(crc32c(&content)),
                ..Extent::default()
            };
            bytes.extend(content);
            bytes.resize(bytes.len() + gap, 0xff);
            variables.push(Variable {
                name: Name::from(format!("v{number:04}")),
                dtype: DType::UInt8,
                shape: Shape::new([size as u64]).unwrap(),
                place: Place::Whole(extent),
            });
        }
        let catalog = Catalog::new(variables, 1);
        let (reads, waited) = (Mutex::new(Vec::new()), AtomicUsize::new(0));
        Self {
            catalog,
            bytes,
            reads,
            access: Access::default(),
            hole: None,
            broken: 0,
            slow: u64::MAX,
            threads: 0,
            together: Barrier::new(0),
            waited,
        }
    }

    fn offset(&self, number: usize) -> u64 {
        let Place::Whole(extent) = &self.catalog.variables()[number].place else { panic!() };
        extent.offset
    }

    fn reading(&self, threads: usize) -> Reading<'_> {
        let threads = NonZero::new(threads);
        Reading {
            source: self,
            threads,
            verify: true,
            verify_parts: false,
            on_progress: None,
            cancel: None,
        }
    }

    /// Reads all variables. Returns the result, and the number of reads of the file.
    fn read(&self, threads: usize) -> (Result<(), ReadError>, usize) {
        let variables: Vec<&Variable> = self.catalog.variables().iter().collect();
        let result = self.reading(threads).read(&variables).map(|buffers| {
            for (buffer, variable) in buffers.iter().zip(variables) {
                let Place::Whole(extent) = &variable.place else { panic!() };
                let start = usize::try_from(extent.offset).unwrap();
                let expected = &self.bytes[start..][..usize::try_from(extent.size).unwrap()];
                assert_eq!(Buffer::bytes(buffer), expected);
            }
        });
        (result, self.reads().len())
    }

    fn reads(&self) -> Vec<Range<u64>> {
        std::mem::take(&mut self.reads.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl DataFile for Recording {
    fn path(&self) -> &Path {
        Path::new("watched")
    }

    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn access(&self) -> Access {
        self.access
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let range = offset..offset + into.len() as u64;
        self.reads.lock().unwrap().push(range.clone());
        // The first reads of all threads start together.
        let number = self.waited.fetch_add(1, Ordering::SeqCst);
        if number < self.threads {
            self.together.wait();
        }
        if number < self.broken {
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        if offset >= self.slow {
            thread::sleep(Duration::from_millis(2));
        }
        if self.hole.is_some_and(|hole| range.contains(&hole)) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let start = usize::try_from(offset).unwrap();
        into.copy_from_slice(&self.bytes[start..start + into.len()]);
        Ok(())
    }
}

impl Source for Recording {
    fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    fn data_file(&self, _: u32) -> Result<&dyn DataFile, SourceError> {
        Ok(self)
    }
}

#[test]
fn small_variables_that_are_near_are_read_at_once() {
    for threads in [1, 4] {
        let many = Recording::new(vec![40; 5000], 3);
        let (result, reads) = many.read(threads);
        result.unwrap();
        // 215 kB in total.
        assert_eq!(reads, 1);
        let more = Recording::new(vec![400; 5000], 0);
        let (result, reads) = more.read(threads);
        result.unwrap();
        // 2 MB in total, at most 256 KiB per read.
        assert_eq!(reads, 8);
        let far = Recording::new(vec![40; 5], 100_000);
        let (result, reads) = far.read(threads);
        result.unwrap();
        assert_eq!(reads, 5);
        let mixed = Recording::new([10, 20, 100_000, 30, 0, 40, 300_000], 0);
        let (result, reads) = mixed.read(threads);
        result.unwrap();
        // Two small ones, a large one, two small ones, and a large one in two pieces.
        assert_eq!(reads, 5);
    }
}

#[test]
fn what_is_wrong_with_one_of_many_small_variables_is_told_of_that() {
    let mut many = Recording::new(vec![40; 5000], 0);
    let at = many.offset(3210);
    many.bytes[usize::try_from(at).unwrap() + 5] ^= 1;
    for threads in [1, 4] {
        let error = many.read(threads).0.unwrap_err().to_string();
        assert!(error.starts_with("cannot read `v3210`: the checksum"), "{error}");
    }
    many.hole = Some(many.offset(1234) + 7);
    for threads in [1, 4] {
        let error = many.read(threads).0.unwrap_err().to_string();
        expect_test::expect!["cannot read `v1234`: cannot read byte 49360 of the data file `watched`: unexpected end of file"].assert_eq(&error);
    }
}

#[test]
fn a_data_file_is_read_as_it_says() {
    let far = Access::default().chunk(8 << 20).small(100_000).near(60_000).in_flight(3);
    let mut many = Recording::new(vec![40_000; 30], 50_000);
    many.access = far;
    let (result, reads) = many.read(1);
    result.unwrap();
    // 2.7 MB, including the gaps.
    assert_eq!(reads, 1);
    let mut large = Recording::new([20 << 20, 4000], 50_000);
    large.access = far;
    let (result, reads) = large.read(1);
    result.unwrap();
    // Three pieces, the last of 4 MiB, and the small variable.
    assert_eq!(reads, 4);
    // Without a number of threads, the access pattern selects three.
    let mut three = Recording::new([8 << 20; 3], 0);
    (three.access, three.threads, three.together) = (far, 3, Barrier::new(3));
    let (result, reads) = three.read(0);
    result.unwrap();
    assert_eq!(reads, 3);
}

#[test]
fn elements_are_whole_and_memory_is_bounded_whatever_a_data_file_says() {
    assert_eq!(Access::default().chunk(0), Access::default().chunk(16));
    assert_eq!(Access::default().chunk(1000), Access::default().chunk(992));
    assert_eq!(Access::default().chunk(usize::MAX), Access::default().chunk(64 << 20));
    let mut tiny = Recording::new([100, 7], 0);
    tiny.access = Access::default().chunk(0).small(0).near(0).in_flight(0);
    let (result, reads) = tiny.read(1);
    result.unwrap();
    assert_eq!(reads, 7 + 1);
}

#[test]
fn small_variables_that_cannot_be_read_at_once_are_not_each_asked_for_again() {
    for threads in [1, 4] {
        let mut many = Recording::new(vec![40; 5000], 0);
        many.broken = usize::MAX;
        let (result, reads) = many.read(threads);
        // The shared read, and that of the first variable.
        assert_eq!(reads, 2);
        let error = result.unwrap_err().to_string();
        expect_test::expect![
            "cannot read `v0000`: cannot read byte 0 of the data file `watched`: connection reset"
        ]
        .assert_eq(&error);
        // After a single failure, the batch is read in parts.
        (many.broken, many.waited) = (1, AtomicUsize::new(0));
        let (result, reads) = many.read(threads);
        result.unwrap();
        assert_eq!(reads, 4);
        many.hole = Some(many.offset(1234) + 7);
        let (result, reads) = many.read(threads);
        assert!(result.unwrap_err().to_string().starts_with("cannot read `v1234`:"));
        assert!(reads < 40, "{reads}");
    }
}

/// Reads 8 variables of one piece each on two threads that start together. The thread of the first variable is faster, and
/// finds the fault. Returns the reads and the error.
fn read_until(wrong: impl Fn(&mut Recording)) -> (Vec<Range<u64>>, String) {
    let mut large = Recording::new([PIECE; 8], 0);
    (large.threads, large.together, large.slow) = (2, Barrier::new(2), PIECE as u64);
    wrong(&mut large);
    let variables: Vec<&Variable> = large.catalog.variables().iter().collect();
    let error = large.reading(2).read(&variables).unwrap_err().to_string();
    (large.reads(), error)
}

#[test]
fn where_a_thread_fails_the_others_read_no_more_than_what_they_are_at() {
    let (reads, error) = read_until(|large| large.hole = Some(5));
    assert!(error.starts_with("cannot read `v0000`: cannot read byte 0 "), "{error}");
    // The other thread is in its first piece, and does not finish it.
    assert!(reads.len() < 1 + PIECE / CHUNK, "{reads:?}");
}

#[test]
fn damage_stops_all_threads_once_it_can_be_known() {
    let (reads, error) = read_until(|large| large.bytes[3] ^= 1);
    assert!(error.starts_with("cannot read `v0000`: the checksum"), "{error}");
    // The damaged piece is read completely; other threads stop within their current pieces.
    assert!(reads.len() < 3 * PIECE / CHUNK, "{reads:?}");
}

#[test]
fn what_is_cancelled_is_read_no_further() {
    for threads in [1, 2] {
        let large = Recording::new([PIECE; 8], 0);
        let cancel = AtomicBool::new(false);
        let most = 3 * CHUNK as u64;
        let on_progress =
            |progress: Progress| cancel.store(progress.done >= most, Ordering::Relaxed);
        let reading = Reading {
            on_progress: Some(&on_progress),
            cancel: Some(&cancel),
            ..large.reading(threads)
        };
        let variables: Vec<&Variable> = large.catalog.variables().iter().collect();
        let error = reading.read(&variables).unwrap_err();
        assert!(matches!(error.kind, ReadErrorKind::Cancelled), "{error}");
        // Chunks that are being read at that moment are finished.
        let reads = large.reads().len();
        assert!((3..3 + threads).contains(&reads), "{reads}");
    }
}

#[test]
fn what_is_only_verified_is_read_once_and_damage_is_told() {
    for threads in [1, 3] {
        let mut some = Recording::new([10, 20, PIECE + 7, 30, 0], 3);
        let variables: Vec<&Variable> = some.catalog.variables().iter().collect();
        some.reading(threads).check(&variables).unwrap();
        let read: u64 = some.reads().iter().map(|range| range.end - range.start).sum();
        // Includes the gaps between the small variables. The end of the large variable is one of them.
        assert_eq!(read, 10 + 3 + 20 + PIECE as u64 + 7 + 3 + 30);
        let at = usize::try_from(some.offset(2)).unwrap();
        some.bytes[at + PIECE] ^= 1;
        let variables: Vec<&Variable> = some.catalog.variables().iter().collect();
        let error = some.reading(threads).check(&variables).unwrap_err().to_string();
        assert!(error.starts_with("cannot read `v0002`: the checksum"), "{error}");
    }
}

#[test]
fn a_strided_view_is_read_alone_if_its_storage_is_not_verified() {
    const ROW: usize = 64 << 10;
    // The first half of each of two rows.
    let mut half = Recording::new([4 * ROW], 0);
    let mut view = half.catalog.variables()[0].clone();
    let Place::Whole(extent) = view.place else { panic!() };
    let order = Order { first: 0, strides: [2 * ROW as u64, 1].into() };
    view.place = Place::Strided(Box::new(Strided { extent, order }));
    view.shape = Shape::new([2, ROW as u64]).unwrap();
    half.catalog = Catalog::new(vec![view], 1);
    let expected = [&half.bytes[..ROW], &half.bytes[2 * ROW..3 * ROW]].concat();
    for (verify, bytes) in [(true, 4 * ROW), (false, 2 * ROW)] {
        let reading = Reading { verify, ..half.reading(1) };
        let buffers = reading.read(&[&half.catalog.variables()[0]]).unwrap();
        assert_eq!(Buffer::bytes(&buffers[0]), expected);
        let read: u64 = half.reads().iter().map(|range| range.end - range.start).sum();
        assert_eq!(read, bytes as u64, "verify: {verify}");
    }
}
