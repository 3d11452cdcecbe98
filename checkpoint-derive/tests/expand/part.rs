const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Attention {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Attention",
                fields: &[
                    Field {
                        name: "c_attn",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("c_attn")],
                            },
                        ],
                        ops: &[
                            Op::Split {
                                axis: 1,
                                sizes: ::core::option::Option::Some(
                                    &[Expression::Symbol("n"), Expression::Number(2)],
                                ),
                            },
                        ],
                        node: <(
                            Array2<f32>,
                            Array2<f32>,
                        ) as FromCheckpoint<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                    Field {
                        name: "q",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("qkv")],
                            },
                        ],
                        ops: &[
                            Op::Chunk {
                                axis: 1,
                                index: 0,
                                of: 2,
                            },
                        ],
                        parallel: ::core::option::Option::Some(Parallel {
                            axis: 0,
                            of: &[1, 2],
                        }),
                        node: <Array2<f32> as FromCheckpoint<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                    Field {
                        name: "k",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("qkv")],
                            },
                        ],
                        ops: &[
                            Op::Slice {
                                axis: 1,
                                start: Expression::Symbol("n"),
                                end: ::core::option::Option::None,
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
                c_attn: <(
                    Array2<f32>,
                    Array2<f32>,
                ) as FromCheckpoint<'__ckpt>>::build(__parts)?,
                q: <Array2<f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
                k: <Array2<f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const __NODE: &Node = &<Attention as FromCheckpoint<'static>>::NODE;
    const _: () = check::field(__NODE, 0);
    const _: () = check::field(__NODE, 1);
    const _: () = check::field(__NODE, 2);
};
