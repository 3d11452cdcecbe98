const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Progress {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Progress",
                fields: &[
                    Field {
                        name: "step",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("step")],
                            },
                        ],
                        absent: Absent::Zero,
                        node: <i64 as FromCheckpoint<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                    Field {
                        name: "rate",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("rate")],
                            },
                        ],
                        absent: Absent::Function,
                        node: <f32 as FromCheckpoint<'__ckpt>>::NODE,
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
                step: <i64 as FromCheckpoint<'__ckpt>>::build(__parts)?,
                rate: match __parts.absent()? {
                    ::core::option::Option::None => {
                        <f32 as FromCheckpoint<'__ckpt>>::build(__parts)?
                    }
                    ::core::option::Option::Some(__shape) => one(&*__shape),
                },
                cache: <Vec<u8> as ::core::default::Default>::default(),
            })
        }
    }
    const __NODE: &Node = &<Progress as FromCheckpoint<'static>>::NODE;
    const _: () = check::field(__NODE, 0);
    const _: () = check::field(__NODE, 1);
};
