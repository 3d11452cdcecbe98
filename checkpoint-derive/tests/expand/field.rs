const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Embedding {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Embedding",
                prefix: Path::EMPTY,
                keys: ::core::option::Option::None,
                separator: ::core::option::Option::None,
                cast: ::core::option::Option::None,
                dims: &[],
                asserts: &[],
                fields: &[
                    Field {
                        name: "wte",
                        paths: &[
                            Path {
                                absolute: false,
                                parts: &[Part::Text("wte")],
                            },
                        ],
                        repeat: ::core::option::Option::None,
                        ops: &[],
                        cast: ::core::option::Option::None,
                        dims: &[],
                        absent: Absent::Problem,
                        node: <Array2<f32> as FromCheckpoint<'__ckpt>>::NODE,
                    },
                ],
                ignore: &[],
                allow_unmapped: false,
            },
        );
        fn build(
            __parts: &mut Parts<'__ckpt>,
        ) -> ::core::result::Result<Self, BuildError> {
            ::core::result::Result::Ok(Self {
                wte: <Array2<f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const _: () = check::field(&<Embedding as FromCheckpoint<'static>>::NODE, 0);
};
