const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Layer {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Layer",
                fields: &[
                    Field {
                        name: "w",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("w")],
                            },
                        ],
                        ops: &[Op::Squeeze(Squeeze::ToRank)],
                        node: <Array2<f32> as FromCheckpoint<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                    Field {
                        name: "b",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("b")],
                            },
                        ],
                        ops: &[Op::Squeeze(Squeeze::Axes(&[0, 2]))],
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
                w: <Array2<f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
                b: <Array1<f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const __NODE: &Node = &<Layer as FromCheckpoint<'static>>::NODE;
    const _: () = check::field(__NODE, 0);
    const _: () = check::field(__NODE, 1);
};
