//! The derive macro works in any context. Its expansion uses no name that the program may redefine, and raises no warning.

#![no_implicit_prelude]
#![deny(
    warnings,
    missing_docs,
    unused_qualifications,
    unreachable_pub,
    single_use_lifetimes,
    unused_lifetimes
)]
#![deny(
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    let_underscore_drop,
    unused_results
)]
#![deny(clippy::pedantic, clippy::unreachable, clippy::question_mark_used)]

extern crate checkpoint_core as renamed;

use ::std::prelude::rust_2024::*;
use ::std::vec::Vec;
use ::std::{assert, assert_eq, iter, matches};

use ::renamed::{FromCheckpoint, Node};

/// Names of the prelude, of the language and of the derive macro, redefined here.
mod shadows {
    #![expect(non_camel_case_types, reason = "the names are those of types of the language")]
    #![expect(dead_code, reason = "nothing uses them, which is the point")]

    pub(crate) struct Ok;
    pub(crate) struct Err;
    pub(crate) struct Some;
    pub(crate) struct None;
    pub(crate) struct Option;
    pub(crate) struct Result;
    pub(crate) struct Vec;
    pub(crate) struct Node;
    pub(crate) struct Field;
    pub(crate) struct Path;
    pub(crate) struct Parts;
    pub(crate) struct Struct;
    pub(crate) struct Dim;
    pub(crate) struct Op;
    pub(crate) struct Axis;
    pub(crate) struct Expression;
    pub(crate) struct str;
    pub(crate) struct bool;
    pub(crate) struct usize;
    pub(crate) trait Default {}
    pub(crate) trait FromCheckpoint {}
    pub(crate) trait Repeated {}
    pub(crate) trait TryFrom {}
    pub(crate) mod core {}
    pub(crate) mod std {}
    pub(crate) mod checkpoint_core {}
}

/// A model with every attribute, in which usual names have other meanings.
pub mod shadowed {
    #[expect(unused_imports, reason = "the derive must not take any of these")]
    use crate::shadows::*;
    use ::ndarray::{Array1, Array2, Array3};
    use ::std::prelude::rust_2024::derive;

    /// The root.
    #[derive(::renamed::FromCheckpoint)]
    #[ckpt(crate = "::renamed", prefix = "model", separator = "/", rename_all = "camelCase")]
    #[ckpt(ignore(optimizer, "extra/*"), allow_unmapped)]
    pub struct Model {
        /// A variable.
        pub word_embedding: Array2<f32>,
        /// A name that the expansion uses, too.
        pub parts: Array1<f32>,
        /// Another one.
        #[expect(clippy::pub_underscore_fields, reason = "the name is what is tested")]
        #[ckpt(path = "__parts")]
        pub __parts: Array1<f32>,
        /// A keyword.
        pub r#type: Array1<f32>,
        /// Structs.
        #[ckpt(path = "h<i>", alias = "block<i>", repeat(i = 0..2))]
        pub blocks: ::std::vec::Vec<Block>,
        /// An optional struct.
        pub head: ::std::option::Option<Block>,
        /// An optional number.
        #[ckpt(default)]
        pub step: i64,
        /// A number with a default from a function.
        #[ckpt(default = "super::rate")]
        pub rate: f32,
        /// A field that is not loaded.
        #[ckpt(skip)]
        pub cache: ::std::vec::Vec<u8>,
        /// Structs with symbols.
        pub symbols: Symbols,
        /// Fields from functions.
        pub made: Made,
    }

    /// Symbols, and all transforms.
    #[derive(::renamed::FromCheckpoint)]
    #[ckpt(crate = "::renamed", dims(n_embd, n_head = 2, local r#fn), cast = "lossless")]
    #[ckpt(assert(n_embd % n_head == 0, r#fn >= 1))]
    pub struct Symbols {
        /// The value of a symbol.
        #[ckpt(dim)]
        pub n_embd: ::core::primitive::usize,
        /// Every transform.
        #[ckpt(cast, squeeze, shape = [n_embd, _], transpose, reshape[_, 2, n_embd / 2])]
        #[ckpt(permute(1, 0, 2), expand(0), squeeze(0))]
        pub transformed: Array3<f32>,
        /// A part.
        #[ckpt(path = "qkv", chunk(axis = 0, index = 0, of = 2))]
        pub q: Array2<f32>,
        /// Another.
        #[ckpt(path = "qkv", slice(axis = 0, range = n_embd..))]
        pub kv: Array2<f32>,
        /// A joined variable.
        #[ckpt(concat(axis = 0, paths = ["a", "b"]))]
        pub joined: Array2<f32>,
        /// A stacked variable.
        #[ckpt(path = "expert<e>", stack(e = 0..n_head, axis = 0))]
        pub stacked: Array3<f32>,
        /// Structs with a renamed symbol.
        #[ckpt(path = "block<i>", repeat(i = 0..n_head), dims(n = 2 * n_embd))]
        pub blocks: ::std::vec::Vec<Block>,
    }

    /// Fields from functions.
    #[derive(::renamed::FromCheckpoint)]
    #[ckpt(crate = "::renamed")]
    pub struct Made {
        /// A value from a function.
        #[ckpt(map = "super::rate_of")]
        pub map: f32,
        /// A value from a function that can fail, or from another one by default.
        #[ckpt(with = "super::made", default = "super::rate")]
        pub with: f32,
        /// A value from another type.
        #[ckpt(try_from = "i64")]
        pub try_from: i32,
    }

    /// A nested struct.
    #[derive(::renamed::FromCheckpoint)]
    #[ckpt(crate = "::renamed")]
    pub struct Block {
        /// A variable with unit axes.
        #[ckpt(squeeze(0))]
        pub w: Array2<f32>,
    }

    /// A keyword as the name of a struct.
    #[derive(::renamed::FromCheckpoint)]
    #[ckpt(crate = "::renamed")]
    #[expect(non_camel_case_types, reason = "keywords are not in camel case")]
    pub struct r#struct(
        /// The whole struct.
        pub Block,
    );
}

/// Models that the compiler checks against manifests.
pub mod checked {
    #[expect(unused_imports, reason = "the derive must not take any of these")]
    use crate::shadows::*;
    use ::ndarray::{Array2, ArrayView1};
    use ::std::prelude::rust_2024::derive;

    /// A public model with two manifests.
    #[derive(::renamed::FromCheckpoint)]
    #[ckpt(manifest("corpus/manifests/gpt2-nano.txt", "corpus/models/gpt2-nano/model.ckpt.index"))]
    #[ckpt(crate = "::renamed", dims(n_embd, N_CTX, r#fn, local other))]
    #[ckpt(prefix = "model", ignore("model/h*/**"))]
    pub struct Embeddings<'a> {
        /// A variable.
        #[ckpt(shape = [r#fn, n_embd])]
        pub wte: Array2<f32>,
        /// A struct.
        pub ln_f: Norm<'a>,
        /// A private field.
        #[ckpt(flatten)]
        position: Position,
    }

    /// A struct that borrows.
    #[derive(::renamed::FromCheckpoint)]
    #[ckpt(crate = "::renamed")]
    pub struct Norm<'a> {
        /// A borrowed variable.
        pub g: ArrayView1<'a, f32>,
        /// Another one.
        pub b: ArrayView1<'a, f32>,
    }

    /// A model that is visible in the parent module.
    #[derive(::renamed::FromCheckpoint)]
    #[ckpt(manifest = "corpus/manifests/gpt2-nano.txt")]
    #[ckpt(crate = "::renamed", dims(n), prefix = "model/ln_f", allow_unmapped)]
    pub(super) struct Scale<'a> {
        #[ckpt(shape = [n])]
        pub(super) g: ArrayView1<'a, f32>,
        #[ckpt(path = "b")]
        pub(super) r#type: ArrayView1<'a, f32>,
    }

    /// A private model, with symbols that are not used.
    #[derive(::renamed::FromCheckpoint)]
    #[ckpt(manifest = "corpus/manifests/gpt2-nano.txt", prefix = "/model", allow_unmapped)]
    #[ckpt(crate = "::renamed", dims(N_CTX))]
    struct Position(#[ckpt(path = "wpe", shape = [N_CTX, _])] Array2<f32>);

    impl Embeddings<'_> {
        /// Returns the private field.
        #[must_use]
        pub const fn position(&self) -> &Array2<f32> {
            &self.position.0
        }
    }
}

/// The default of `rate`.
const fn rate(shape: &[usize]) -> f32 {
    if shape.is_empty() { 0.5 } else { 1.0 }
}

/// The function of `map`.
fn rate_of(step: i64) -> f32 {
    if step == 0 { 0.5 } else { 1.0 }
}

/// The functions of `with`.
mod made {
    use ::ndarray::Array1;
    use ::std::prelude::rust_2024::*;

    pub(crate) fn load(rates: Array1<f32>) -> Result<f32, &'static str> {
        rates.into_iter().next().ok_or("there is no rate")
    }
}

/// Parameters of every kind, with names that the expansion uses, too.
pub mod generic {
    use ::ndarray::{Array, Dimension, Ix2};
    use ::renamed::{Element, FromCheckpoint};
    use ::std::marker::PhantomData;
    use ::std::prelude::rust_2024::derive;
    use ::std::vec::Vec;

    /// A parameter with a default, one with a bound, and a `where`.
    #[derive(FromCheckpoint)]
    #[ckpt(crate = "crate::renamed")]
    pub struct Linear<T = f32, D: Dimension = Ix2>
    where
        T: Element,
    {
        /// A type with two parameters.
        pub w: Array<T, D>,
        /// A struct with a parameter.
        pub scale: Scalar<T>,
        /// A field that is not loaded.
        #[ckpt(skip)]
        pub marker: PhantomData<D>,
    }

    /// Fields made of a parameter.
    #[derive(FromCheckpoint)]
    #[ckpt(crate = "crate::renamed")]
    pub struct Made<T: Element> {
        /// A value from another type.
        #[ckpt(try_from = "Vec<T>")]
        pub boxed: ::std::boxed::Box<[T]>,
        /// A value from a function with a parameter.
        #[ckpt(map = "shape::<T>", default = "<[usize]>::to_vec")]
        pub shape: Vec<usize>,
    }

    fn shape<T>(_: Array<T, Ix2>) -> Vec<usize> {
        Vec::new()
    }

    /// An explicit bound.
    #[derive(FromCheckpoint)]
    #[ckpt(crate = "crate::renamed", bound = "T: FromCheckpoint<'__ckpt>")]
    pub struct Scalar<T>(pub T);

    /// A const parameter.
    #[derive(FromCheckpoint)]
    #[ckpt(crate = "crate::renamed")]
    pub struct Heads<T, const N: usize> {
        /// A list of that length.
        #[ckpt(path = "h<i>", repeat)]
        pub heads: [T; N],
        /// A list of any length.
        #[ckpt(path = "more<i>", repeat)]
        pub more: Vec<T>,
    }

    /// A type that no other crate can name.
    #[derive(FromCheckpoint)]
    #[ckpt(crate = "crate::renamed")]
    struct Private<T>(T);

    /// A field of that type.
    #[derive(FromCheckpoint)]
    #[ckpt(crate = "crate::renamed")]
    pub struct Public<T> {
        private: Private<T>,
    }

    impl<T> Public<T> {
        /// Returns the field.
        pub const fn get(&self) -> &T {
            &self.private.0
        }
    }
}

/// A struct that borrows.
pub mod borrowed {
    use ::renamed::{BuildError, FromCheckpoint, Node, Parts};
    use ::std::prelude::rust_2024::*;

    /// A view of a tensor.
    pub struct View<'a>(
        /// The borrowed bytes.
        pub &'a [u8],
    );

    impl<'a, 'c: 'a> FromCheckpoint<'c> for View<'a> {
        const NODE: Node = <f32 as FromCheckpoint<'c>>::NODE;

        fn build(_: &mut Parts<'c>) -> Result<Self, BuildError> {
            Ok(Self(&[]))
        }
    }

    /// Two lifetimes, one of them a bound of the other.
    #[derive(FromCheckpoint)]
    #[ckpt(crate = "::renamed")]
    pub struct Views<'a, 'b: 'a> {
        /// A view with the shorter lifetime.
        pub short: View<'a>,
        /// Views with the longer lifetime.
        #[ckpt(path = "long<i>", repeat)]
        pub long: Vec<View<'b>>,
    }
}

/// A struct with many fields.
pub mod long {
    use ::ndarray::ArrayView1;
    use ::renamed::FromCheckpoint;
    use ::std::boxed::Box;
    use ::std::iter;
    use ::std::prelude::rust_2024::{Option, derive};

    /// An iterator of numbers.
    pub type Numbers = Box<dyn iter::Iterator<Item = f32>>;

    #[expect(clippy::unnecessary_box_returns, reason = "the field holds a box")]
    fn numbers(shape: &[usize]) -> Box<iter::RepeatN<f32>> {
        Box::new(iter::repeat_n(1.0, shape.len()))
    }

    fn boxed(value: f32) -> Numbers {
        Box::new(iter::once(value))
    }

    /// Names that the expansion uses, and values that are converted to the types of fields.
    #[derive(FromCheckpoint)]
    #[ckpt(crate = "::renamed", dims(n))]
    pub struct Model<'a, T, const N: usize> {
        #[ckpt(path = "group_0")]
        __group_0: T,
        #[ckpt(path = "group_1")]
        __group_1: ArrayView1<'a, f32>,
        /// A field.
        #[ckpt(split(axis = 0))]
        pub parts: [Option<T>; N],
        /// A field.
        #[ckpt(map = "boxed", default = "numbers")]
        pub numbers: Numbers,
        /// A field.
        #[ckpt(dim)]
        pub n: usize,
        /// A field.
        #[ckpt(skip)]
        pub r#type: Option<T>,
        /// A field.
        pub a: f32,
        /// A field.
        pub b: f32,
        /// A field.
        pub c: f32,
        /// A field.
        pub d: f32,
        /// A field.
        pub e: f32,
        /// A field.
        pub f: f32,
        /// A field.
        pub g: f32,
        /// A field.
        pub h: f32,
        /// A field.
        pub i: f32,
        /// A field.
        pub j: f32,
        /// A field.
        #[ckpt(flatten)]
        pub last: T,
    }
}

/// A struct whose parts have different spans.
pub mod from_macro {
    use ::renamed::FromCheckpoint;
    use ::std::prelude::rust_2024::derive;

    fn zeros(shape: &[usize]) -> ::ndarray::Array1<f32> {
        ::ndarray::Array1::zeros(shape.len())
    }

    macro_rules! layer {
        ($(#[$meta:meta])* $name:ident { $field:ident: $ty:ty = $path:literal, $word:meta }) => {
            #[derive(FromCheckpoint)]
            $(#[$meta])*
            #[ckpt(crate = "::renamed")]
            pub struct $name {
                /// A field.
                #[ckpt(path = $path, $word)]
                pub $field: $ty,
            }
        };
    }

    layer!(
        /// A layer.
        #[ckpt(prefix = "layer")]
        Layer { parts: ::ndarray::Array1<f32> = "w", default = "zeros" }
    );
}

/// Deprecated fields and types.
pub mod old {
    use ::renamed::FromCheckpoint;
    use ::std::prelude::rust_2024::derive;

    /// A struct.
    #[derive(FromCheckpoint)]
    #[ckpt(crate = "::renamed")]
    pub struct Model {
        /// A field.
        #[deprecated = "use `new`"]
        pub old: f32,
        /// A field.
        pub new: f32,
    }
}

/// Returns the names of the fields, with those of nested fields.
fn fields(node: &Node) -> Vec<&'static str> {
    let Node::Struct(of) = node else { return Vec::new() };
    of.fields.iter().flat_map(|field| iter::once(field.name).chain(fields(&field.node))).collect()
}

#[test]
fn names_are_those_of_the_program() {
    let model = shadowed::Model::NODE;
    let expected = ["word_embedding", "parts", "__parts", "type", "blocks", "head", "step", "rate"];
    assert!(fields(&model).starts_with(&expected));
    let symbols = ["n_embd", "transformed", "q", "kv", "joined", "stacked", "blocks"];
    assert_eq!(fields(&shadowed::Symbols::NODE), symbols);
    assert_eq!(fields(&shadowed::Made::NODE), ["map", "with", "try_from"]);
    let keyword = shadowed::r#struct::NODE;
    assert!(matches!(keyword, Node::Struct(of) if of.name == "struct"));
}

#[test]
fn symbols_are_as_visible_as_the_struct() {
    for dims in checked::Embeddings::DIMS {
        assert_eq!([dims.n_embd, dims.N_CTX, dims.r#fn], [16, 32, 300]);
    }
    assert_eq!(checked::Scale::DIMS.n, 16);
    assert_eq!(fields(&checked::Scale::NODE), ["g", "type"]);
    let _: fn(&checked::Scale<'_>) -> usize = |scale| scale.g.len() + scale.r#type.len();
}

#[test]
fn parameters_stand_for_types() {
    assert_eq!(fields(&generic::Linear::<f64>::NODE), ["w", "scale", "0"]);
    assert_eq!(fields(&generic::Made::<f32>::NODE), ["boxed", "shape"]);
    assert_eq!(fields(&generic::Heads::<f32, 2>::NODE), ["heads", "more"]);
    assert_eq!(fields(&generic::Public::<f32>::NODE), ["private", "0"]);
    assert_eq!(fields(&borrowed::Views::NODE), ["short", "long"]);
    let long = fields(&long::Model::<f32, 2>::NODE);
    let expected = ["__group_0", "__group_1", "parts", "numbers", "n", "a"];
    assert!(long.starts_with(&expected) && long.ends_with(&["j", "last"]));
    assert_eq!(fields(&from_macro::Layer::NODE), ["parts"]);
    assert_eq!(fields(&old::Model::NODE), ["old", "new"]);
}
