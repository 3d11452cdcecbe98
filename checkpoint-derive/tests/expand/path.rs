const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Table {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Table",
                fields: &[
                    Field {
                        name: "w",
                        paths: &[
                            Path {
                                absolute: true,
                                pieces: &[
                                    Piece::Index(Placeholder {
                                        index: "i",
                                        factor: 1,
                                        offset: 0,
                                        form: Form::Padded(3),
                                    }),
                                    Piece::Text("/"),
                                    Piece::Index(Placeholder {
                                        index: "j",
                                        factor: 2,
                                        offset: 1,
                                        form: Form::Suffix,
                                    }),
                                    Piece::Text("/w"),
                                ],
                            },
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("w<")],
                            },
                        ],
                        node: <Array1<f32> as FromCheckpoint<'__ckpt>>::NODE,
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
                w: <Array1<f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const __NODE: &Node = &<Table as FromCheckpoint<'static>>::NODE;
    const _: () = check::field(__NODE, 0);
};
