const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Embedding {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Embedding",
                fields: &[
                    Field {
                        name: "wte",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("wte")],
                            },
                        ],
                        node: <Array2<f32> as FromCheckpoint<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                ],
                checks: Checks::Own,
                ..Struct::EMPTY
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
    const __NODE: &Node = &<Embedding as FromCheckpoint<'static>>::NODE;
    const _: () = check::field(__NODE, 0);
};
