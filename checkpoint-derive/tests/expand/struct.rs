const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Model {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Model",
                prefix: Path {
                    absolute: false,
                    pieces: &[Piece::Text("model")],
                },
                naming: ::core::option::Option::Some(Naming::FullName),
                separator: ::core::option::Option::Some("."),
                fields: &[
                    Field {
                        name: "word_embedding",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("wordEmbedding")],
                            },
                        ],
                        node: <Array2<f32> as FromCheckpoint<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                ],
                ignore: &[Ignore::Preset(Preset::Optimizer), Ignore::Glob("extra/*")],
                allow_unmapped: true,
                checks: Checks::Own,
                ..Struct::EMPTY
            },
        );
        fn build(
            __parts: &mut Parts<'__ckpt>,
        ) -> ::core::result::Result<Self, BuildError> {
            ::core::result::Result::Ok(Self {
                word_embedding: <Array2<f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const __NODE: &Node = &<Model as FromCheckpoint<'static>>::NODE;
    const _: () = check::field(__NODE, 0);
};
