::core::compile_error! {
    "unknown word `pth`; did you mean `path`?"
}
const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Weights {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Weights",
                prefix: Path::EMPTY,
                keys: ::core::option::Option::None,
                separator: ::core::option::Option::None,
                cast: ::core::option::Option::None,
                dims: &[],
                asserts: &[],
                fields: &[],
                ignore: &[],
                allow_unmapped: true,
            },
        );
        fn build(
            __parts: &mut Parts<'__ckpt>,
        ) -> ::core::result::Result<Self, BuildError> {
            ::core::unreachable!()
        }
    }
};
