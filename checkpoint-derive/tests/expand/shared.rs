const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Scope {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Scope",
                prefix: Path::EMPTY,
                keys: ::core::option::Option::None,
                separator: ::core::option::Option::None,
                cast: ::core::option::Option::None,
                dims: &[],
                asserts: &[],
                fields: &[
                    Field {
                        name: "ln",
                        paths: &[
                            Path {
                                absolute: false,
                                parts: &[Part::Text("ln")],
                            },
                        ],
                        repeat: ::core::option::Option::None,
                        ops: &[],
                        cast: ::core::option::Option::None,
                        dims: &[],
                        absent: Absent::Problem,
                        node: <Norm as FromCheckpoint<'__ckpt>>::NODE,
                    },
                    Field {
                        name: "slots",
                        paths: &[
                            Path {
                                absolute: false,
                                parts: &[Part::Text("ln")],
                            },
                        ],
                        repeat: ::core::option::Option::None,
                        ops: &[],
                        cast: ::core::option::Option::None,
                        dims: &[],
                        absent: Absent::Problem,
                        node: <Slots as FromCheckpoint<'__ckpt>>::NODE,
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
                ln: <Norm as FromCheckpoint<'__ckpt>>::build(__parts)?,
                slots: <Slots as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const _: () = check::field(&<Scope as FromCheckpoint<'static>>::NODE, 0);
    const _: () = check::field(&<Scope as FromCheckpoint<'static>>::NODE, 1);
    const _: () = check::variables_differ(
        &<Scope as FromCheckpoint<'static>>::NODE,
        0,
        1,
    );
};
