const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Stack {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Stack",
                fields: &[
                    Field {
                        name: "blocks",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[
                                    Piece::Text("h"),
                                    Piece::Index(Placeholder {
                                        index: "i",
                                        factor: 1,
                                        offset: 0,
                                        form: Form::Plain,
                                    }),
                                ],
                            },
                        ],
                        repeat: ::core::option::Option::Some(Repeat {
                            index: "i",
                            start: 0,
                            end: ::core::option::Option::None,
                        }),
                        node: <Vec<Block> as Repeated<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                    Field {
                        name: "flat",
                        paths: &[Path::EMPTY],
                        repeat: ::core::option::Option::Some(Repeat {
                            index: "k",
                            start: 1,
                            end: ::core::option::Option::Some(Expression::Number(12)),
                        }),
                        node: <[Flat; 11] as Repeated<'__ckpt>>::NODE,
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
                blocks: <Vec<Block> as Repeated<'__ckpt>>::build(__parts)?,
                flat: <[Flat; 11] as Repeated<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const __NODE: &Node = &<Stack as FromCheckpoint<'static>>::NODE;
    const _: () = check::field(__NODE, 0);
    const _: () = check::field(__NODE, 1);
};
