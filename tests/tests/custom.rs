//! Values made by user code: `with`, `map` and `try_from`.

use std::collections::BTreeMap;

use checkpoint_core::{
    BuildError, Checkpoint, FromCheckpoint, LoadError, LoadOptions, Memory, Owned, Parts, Tensor,
};
use checkpoint_tests::memory::{checkpoint, counting};
use expect_test::expect;
use ndarray::{Array1, Array2, array};

fn load<T: for<'c> FromCheckpoint<'c> + Owned>(lines: &str) -> Result<T, LoadError> {
    T::load_with(&checkpoint(lines), LoadOptions::new()).map(|(value, _)| value)
}

/// A matrix with the length of its rows.
#[derive(Debug, PartialEq)]
struct Rows {
    width: usize,
    elements: Vec<f32>,
}

impl TryFrom<Tensor> for Rows {
    type Error = String;

    fn try_from(tensor: Tensor) -> Result<Self, String> {
        let &[_, width] = tensor.shape().dims() else {
            return Err(format!("{} is no matrix", tensor.spec()));
        };
        let width = usize::try_from(width).map_err(|error| error.to_string())?;
        let elements = tensor.into_array().map_err(|error| error.to_string())?;
        Ok(Self { width, elements: elements.into_iter().collect() })
    }
}

mod diagonal {
    use super::{Array1, Array2};

    pub(crate) fn load(matrix: Array2<f32>) -> Result<Array1<f32>, String> {
        let (rows, columns) = matrix.dim();
        let odd = format!("[{rows}, {columns}] is not square");
        (rows == columns).then(|| matrix.into_diag()).ok_or(odd)
    }
}

fn negative(values: Array1<f64>) -> Vec<f64> {
    values.iter().map(|value| -value).collect()
}

fn total(parts: [Array1<f32>; 2]) -> f32 {
    parts.iter().map(|part| part.sum()).sum()
}

#[derive(FromCheckpoint, Debug, PartialEq)]
struct Model {
    #[ckpt(with = "diagonal")]
    scale: Array1<f32>,
    #[ckpt(cast, map = "negative")]
    bias: Vec<f64>,
    #[ckpt(split(axis = 0), map = "total")]
    total: f32,
    #[ckpt(transpose, try_from = "Tensor")]
    rows: Rows,
    #[ckpt(cast = "any", try_from = "i64")]
    step: u8,
    #[ckpt(path = "h<i>", repeat)]
    blocks: Vec<Block>,
}

#[derive(FromCheckpoint, Debug, PartialEq)]
struct Block(#[ckpt(path = "w", with = "diagonal")] Array1<f32>);

const GOOD: &str = "
    scale [2, 2]
    bias [3]
    total [4]
    rows [2, 3]
    step i32 []
    h0/w [1, 1]
    h1/w [3, 3]";

#[test]
fn code_of_the_program_makes_values_of_what_is_loaded() {
    let model: Model = load(GOOD).unwrap();
    let rows = counting(&[2, 3]).reversed_axes();
    let expected = Model {
        scale: array![0.0, 3.0],
        bias: vec![-0.0, -1.0, -2.0],
        total: 6.0,
        rows: Rows { width: 2, elements: rows.iter().copied().collect() },
        step: 0,
        blocks: vec![Block(array![0.0]), Block(array![0.0, 4.0, 8.0])],
    };
    assert_eq!(model, expected);
}

#[test]
fn what_code_of_the_program_refuses_is_said_with_the_field() {
    let said = |from: &str, to: &str| load::<Model>(&GOOD.replace(from, to)).unwrap_err();
    expect!["field `Model.scale`: [2, 5] is not square"]
        .assert_eq(&said("scale [2, 2]", "scale [2, 5]").to_string());
    expect!["field `Model.rows`: its elements are i64, not f32, and nothing is converted; ask for i64, or take `Tensor::as_bytes` or `Tensor::as_strings`"].assert_eq(&said("rows [2, 3]", "rows i64 [2, 3]").to_string());
    expect!["field `Model.rows`: f32 [] is no matrix"]
        .assert_eq(&said("rows [2, 3]", "rows []").to_string());
    let large = Tensor::from_array(ndarray::arr0(256_i64)).unwrap();
    let checkpoint = Checkpoint::from_source("memory", Memory::new([("step", large)]));
    let error = Progress::load_with(&checkpoint, LoadOptions::new()).unwrap_err();
    expect!["field `Progress.step`: out of range integral type conversion attempted"]
        .assert_eq(&error.to_string());
}

#[derive(FromCheckpoint, Debug)]
#[expect(dead_code, reason = "it cannot be loaded")]
struct Progress {
    #[ckpt(try_from = "i64")]
    step: u8,
}

#[test]
fn a_struct_may_have_many_fields() {
    macro_rules! many {
        ($($field:ident)*) => {
            #[derive(FromCheckpoint)]
            struct Many {
                $($field: Vec<f32>,)*
                #[ckpt(with = "diagonal")]
                square: Array1<f32>,
            }

            const NAMES: &[&str] = &[$(stringify!($field)),*];

            impl Many {
                fn lens(&self) -> Vec<usize> {
                    vec![$(self.$field.len()),*]
                }
            }
        };
    }
    many!(a b c d e f g h i j k l m n o p q r s t u v w x y z aa bb cc dd ee ff gg hh ii jj kk);

    let lines = NAMES.iter().enumerate().map(|(len, name)| {
        format!(
            "{name} [{len}]
"
        )
    });
    let lines: String = lines.collect();
    let many: Many = load(&format!("{lines}square [2, 2]")).unwrap();
    assert_eq!(many.lens(), (0..NAMES.len()).collect::<Vec<_>>());
    assert_eq!(many.square, array![0.0, 3.0]);
    let error = load::<Many>(&format!("{lines}square [2, 3]")).err().unwrap();
    expect!["field `Many.square`: [2, 3] is not square"].assert_eq(&error.to_string());
}

#[test]
fn types_of_the_program_are_loaded_by_hand() {
    /// A table of tokens.
    #[derive(Debug, PartialEq)]
    struct Vocabulary(BTreeMap<String, usize>);

    impl<'c> FromCheckpoint<'c> for Vocabulary {
        const NODE: checkpoint_core::Node = <Vec<String> as FromCheckpoint<'c>>::NODE;

        fn build(parts: &mut Parts<'c>) -> Result<Self, BuildError> {
            let tokens = Vec::<String>::build(parts)?;
            Ok(Self(tokens.into_iter().enumerate().map(|(id, token)| (token, id)).collect()))
        }
    }

    #[derive(FromCheckpoint, Debug)]
    struct Tokenizer {
        tokens: Vocabulary,
    }

    let tokens = Tensor::from_strings([2], ["a", "b"]).unwrap();
    let checkpoint = Checkpoint::from_source("memory", Memory::new([("tokens", tokens)]));
    let (tokenizer, _) = Tokenizer::load_with(&checkpoint, LoadOptions::new()).unwrap();
    let expected = BTreeMap::from([("a".to_owned(), 0), ("b".to_owned(), 1)]);
    assert_eq!(tokenizer.tokens, Vocabulary(expected));
}
