const _: () = {
    #[automatically_derived]
    impl<'__ckpt: 'a + 'b, 'a, 'b: 'a> FromCheckpoint<'__ckpt> for View<'a, 'b> {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "View",
                fields: &[
                    Field {
                        name: "w",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("w")],
                            },
                        ],
                        node: <ArrayView1<'a, f32> as FromCheckpoint<'__ckpt>>::NODE,
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
                        node: <ArrayView1<'b, f32> as FromCheckpoint<'__ckpt>>::NODE,
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
                w: <ArrayView1<'a, f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
                b: <ArrayView1<'b, f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const __NODE: &Node = &<View<'static, 'static> as FromCheckpoint<'static>>::NODE;
    const _: () = check::field(__NODE, 0);
    const _: () = check::field(__NODE, 1);
};
