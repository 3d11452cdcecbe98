const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Nothing {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Nothing",
                prefix: Path::EMPTY,
                keys: ::core::option::Option::None,
                separator: ::core::option::Option::None,
                cast: ::core::option::Option::None,
                dims: &[],
                asserts: &[],
                fields: &[],
                ignore: &[],
                allow_unmapped: false,
            },
        );
        fn build(
            __parts: &mut Parts<'__ckpt>,
        ) -> ::core::result::Result<Self, BuildError> {
            ::core::result::Result::Ok(Self {})
        }
    }
};
