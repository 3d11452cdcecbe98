const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Scope {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Scope",
                fields: &[
                    Field {
                        name: "ln",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("ln")],
                            },
                        ],
                        node: <Norm as FromCheckpoint<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                    Field {
                        name: "slots",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("ln")],
                            },
                        ],
                        node: <Slots as FromCheckpoint<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                ],
                shared: &[[0, 1]],
                checks: Checks::Own,
                ..Struct::EMPTY
            },
        );
        fn build(
            __parts: &mut Parts<'__ckpt>,
        ) -> ::core::result::Result<Self, BuildError> {
            ::core::result::Result::Ok(Self {
                ln: <Norm as FromCheckpoint<'__ckpt>>::build(__parts)?,
                slots: <Slots as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const __NODE: &Node = &<Scope as FromCheckpoint<'static>>::NODE;
    const _: () = check::field(__NODE, 0);
    const _: () = check::field(__NODE, 1);
};
