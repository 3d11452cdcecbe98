const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Attention {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Attention",
                fields: &[
                    Field {
                        name: "w",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("w")],
                            },
                        ],
                        ops: &[
                            Op::Transpose,
                            Op::Shape(
                                &[
                                    AxisLength::Is(Expression::Symbol("n_embd")),
                                    AxisLength::Any,
                                ],
                            ),
                            Op::Reshape(
                                &[
                                    AxisLength::Is(Expression::Symbol("n_head")),
                                    AxisLength::Any,
                                    AxisLength::Is(Expression::Number(64)),
                                ],
                            ),
                            Op::Permute(&[1, 0, 2]),
                            Op::Expand(&[0]),
                        ],
                        cast: ::core::option::Option::Some(Cast::Lossless),
                        node: <Array4<f32> as FromCheckpoint<'__ckpt>>::NODE,
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
                w: <Array4<f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const __NODE: &Node = &<Attention as FromCheckpoint<'static>>::NODE;
    const _: () = check::field(__NODE, 0);
};
