const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Mixture {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Mixture",
                fields: &[
                    Field {
                        name: "qk",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("q")],
                            },
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("k")],
                            },
                        ],
                        ops: &[
                            Op::Concat {
                                axis: 0,
                                repeat: ::core::option::Option::None,
                            },
                        ],
                        node: <Array2<f32> as FromCheckpoint<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                    Field {
                        name: "experts",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[
                                    Piece::Text("expert"),
                                    Piece::Index(Placeholder {
                                        index: "e",
                                        factor: 1,
                                        offset: 0,
                                        form: Form::Plain,
                                    }),
                                ],
                            },
                        ],
                        ops: &[
                            Op::Stack {
                                axis: 0,
                                repeat: Repeat {
                                    index: "e",
                                    start: 0,
                                    end: ::core::option::Option::Some(
                                        Expression::Symbol("n_expert"),
                                    ),
                                },
                            },
                        ],
                        node: <Array3<f32> as FromCheckpoint<'__ckpt>>::NODE,
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
                qk: <Array2<f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
                experts: <Array3<f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const __NODE: &Node = &<Mixture as FromCheckpoint<'static>>::NODE;
    const _: () = check::field(__NODE, 0);
    const _: () = check::field(__NODE, 1);
};
