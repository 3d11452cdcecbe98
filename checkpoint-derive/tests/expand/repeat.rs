const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Stack {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Stack",
                prefix: Path::EMPTY,
                keys: ::core::option::Option::None,
                separator: ::core::option::Option::None,
                cast: ::core::option::Option::None,
                dims: &[],
                asserts: &[],
                fields: &[
                    Field {
                        name: "blocks",
                        paths: &[
                            Path {
                                absolute: false,
                                parts: &[
                                    Part::Text("h"),
                                    Part::Index(Placeholder {
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
                        ops: &[],
                        cast: ::core::option::Option::None,
                        dims: &[],
                        absent: Absent::Problem,
                        node: <Vec<Block> as Repeated<'__ckpt>>::NODE,
                    },
                    Field {
                        name: "flat",
                        paths: &[Path::EMPTY],
                        repeat: ::core::option::Option::Some(Repeat {
                            index: "k",
                            start: 1,
                            end: ::core::option::Option::Some(Expression::Number(12)),
                        }),
                        ops: &[],
                        cast: ::core::option::Option::None,
                        dims: &[],
                        absent: Absent::Problem,
                        node: <[Flat; 11] as Repeated<'__ckpt>>::NODE,
                    },
                ],
                ignore: &[],
                allow_unmapped: false,
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
    const _: () = check::field(&<Stack as FromCheckpoint<'static>>::NODE, 0);
    const _: () = check::field(&<Stack as FromCheckpoint<'static>>::NODE, 1);
};
