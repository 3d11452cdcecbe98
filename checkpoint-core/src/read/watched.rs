//! Which bytes of a data file are read, and when no more are.

use std::io;
use std::num::NonZero;
use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use checkpoint_schema::catalog::{Catalog, Endianness, Extent, Name, Place, Variable};
use checkpoint_schema::dtype::DType;
use checkpoint_schema::format::checksum::crc32c;
use checkpoint_schema::shape::Shape;

use crate::buffer::Buffer;
use crate::read::{ReadError, Reading};
use crate::source::{DataFile, Source, SourceError};

/// A checkpoint of bytes `v0000`, `v0001`, ... in one data file, which notes what is read.
#[derive(Debug)]
struct Watched {
    catalog: Catalog,
    bytes: Vec<u8>,
    reads: Mutex<Vec<Range<u64>>>,
    /// Reads that touch this byte fail.
    hole: Option<u64>,
}

impl Watched {
    /// Variables of these sizes, with as many bytes between them.
    fn new(sizes: impl IntoIterator<Item = usize>, gap: usize) -> Self {
        let (mut bytes, mut variables) = (Vec::new(), Vec::new());
        for (number, size) in sizes.into_iter().enumerate() {
            let content: Vec<u8> = (0..size)
                .map(|at| [at, number].iter().fold(0_u8, |sum, part| sum ^ part.to_le_bytes()[0]))
                .collect();
            let (offset, crc32c) = (bytes.len() as u64, crc32c(&content));
            bytes.extend(content);
            bytes.resize(bytes.len() + gap, 0xff);
            variables.push(Variable {
                name: Name::from(format!("v{number:04}")),
                dtype: DType::UInt8,
                shape: Shape::new([size as u64]).unwrap(),
                place: Place::Whole(Extent { shard: 0, offset, size: size as u64, crc32c }),
            });
        }
        let catalog = Catalog::new(variables, 1, Endianness::Little);
        Self { catalog, bytes, reads: Mutex::new(Vec::new()), hole: None }
    }

    fn offset(&self, number: usize) -> u64 {
        let Place::Whole(extent) = &self.catalog.variables()[number].place else { panic!() };
        extent.offset
    }

    fn reading(&self, threads: usize) -> Reading<'_> {
        let threads = NonZero::new(threads).unwrap();
        Reading { source: self, threads, verify: true, on_progress: None }
    }

    /// Reads all variables; how often the file was read for that.
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

impl DataFile for Watched {
    fn path(&self) -> &Path {
        Path::new("watched")
    }

    fn size(&self) -> u64 {
        self.bytes.len() as u64
    }

    fn read(&self, offset: u64, into: &mut [u8]) -> io::Result<()> {
        let range = offset..offset + into.len() as u64;
        self.reads.lock().unwrap().push(range.clone());
        if self.hole.is_some_and(|hole| range.contains(&hole)) {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let start = usize::try_from(offset).unwrap();
        into.copy_from_slice(&self.bytes[start..start + into.len()]);
        Ok(())
    }
}

impl Source for Watched {
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
        let many = Watched::new(vec![40; 5000], 3);
        let (result, reads) = many.read(threads);
        result.unwrap();
        // 215 kB.
        assert_eq!(reads, 1);
        let more = Watched::new(vec![400; 5000], 0);
        let (result, reads) = more.read(threads);
        result.unwrap();
        // 2 MB, at most 256 KiB at once.
        assert_eq!(reads, 8);
        let far = Watched::new(vec![40; 5], 100_000);
        let (result, reads) = far.read(threads);
        result.unwrap();
        assert_eq!(reads, 5);
        let mixed = Watched::new([10, 20, 100_000, 30, 0, 40, 300_000], 0);
        let (result, reads) = mixed.read(threads);
        result.unwrap();
        // Two small ones, a large one, two small ones, and a large one in two pieces.
        assert_eq!(reads, 5);
    }
}

#[test]
fn what_is_wrong_with_one_of_many_small_variables_is_told_of_that() {
    let mut many = Watched::new(vec![40; 5000], 0);
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
