::core::compile_error! {
    "cannot read the manifest `tests/expand/no.txt`: no such file in `/tests/expand`; put the index of a checkpoint there, or run `ckpt manifest PATH -o tests/expand/no.txt`"
}
const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Weights {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Weights",
                checks: Checks::Refused,
                ..Struct::EMPTY
            },
        );
        fn build(
            __parts: &mut Parts<'__ckpt>,
        ) -> ::core::result::Result<Self, BuildError> {
            ::core::unreachable!()
        }
    }
    ///The symbols of `Weights`.
    #[allow(dead_code, non_snake_case)]
    #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
    struct __Dims {
        ///The symbol `n`.
        n: ::core::primitive::usize,
    }
    #[automatically_derived]
    #[allow(dead_code)]
    impl Weights {
        /// The values of the symbols, for each manifest.
        const DIMS: [__Dims; 2] = [__Dims { n: 1 }, __Dims { n: 1 }];
    }
};
