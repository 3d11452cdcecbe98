const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Long {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Long",
                fields: &[
                    Field {
                        name: "first",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("first")],
                            },
                        ],
                        node: <Vec<f32> as FromCheckpoint<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                    Field {
                        name: "seventeenth",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("seventeenth")],
                            },
                        ],
                        node: <f32 as FromCheckpoint<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                    Field {
                        name: "last",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("last")],
                            },
                        ],
                        node: <i64 as FromCheckpoint<'__ckpt>>::NODE,
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
            let __group_0 = (|
                __parts: &mut Parts<'__ckpt>,
            | -> ::core::result::Result<
                (
                    Vec<f32>,
                    Cache,
                    Cache,
                    Cache,
                    Cache,
                    Cache,
                    Cache,
                    Cache,
                    Cache,
                    Cache,
                    Cache,
                    Cache,
                    Cache,
                    Cache,
                    Cache,
                    Cache,
                ),
                BuildError,
            > {
                ::core::result::Result::Ok((
                    <Vec<f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
                    <Cache as ::core::default::Default>::default(),
                    <Cache as ::core::default::Default>::default(),
                    <Cache as ::core::default::Default>::default(),
                    <Cache as ::core::default::Default>::default(),
                    <Cache as ::core::default::Default>::default(),
                    <Cache as ::core::default::Default>::default(),
                    <Cache as ::core::default::Default>::default(),
                    <Cache as ::core::default::Default>::default(),
                    <Cache as ::core::default::Default>::default(),
                    <Cache as ::core::default::Default>::default(),
                    <Cache as ::core::default::Default>::default(),
                    <Cache as ::core::default::Default>::default(),
                    <Cache as ::core::default::Default>::default(),
                    <Cache as ::core::default::Default>::default(),
                    <Cache as ::core::default::Default>::default(),
                ))
            })(__parts)?;
            let __group_1 = (|
                __parts: &mut Parts<'__ckpt>,
            | -> ::core::result::Result<(f32, i64), BuildError> {
                ::core::result::Result::Ok((
                    <f32 as FromCheckpoint<'__ckpt>>::build(__parts)?,
                    <i64 as FromCheckpoint<'__ckpt>>::build(__parts)?,
                ))
            })(__parts)?;
            ::core::result::Result::Ok(Self {
                first: __group_0.0,
                cache_0: __group_0.1,
                cache_1: __group_0.2,
                cache_2: __group_0.3,
                cache_3: __group_0.4,
                cache_4: __group_0.5,
                cache_5: __group_0.6,
                cache_6: __group_0.7,
                cache_7: __group_0.8,
                cache_8: __group_0.9,
                cache_9: __group_0.10,
                cache_10: __group_0.11,
                cache_11: __group_0.12,
                cache_12: __group_0.13,
                cache_13: __group_0.14,
                cache_14: __group_0.15,
                seventeenth: __group_1.0,
                last: __group_1.1,
            })
        }
    }
    const __NODE: &Node = &<Long as FromCheckpoint<'static>>::NODE;
    const _: () = check::field(__NODE, 0);
    const _: () = check::field(__NODE, 1);
    const _: () = check::field(__NODE, 2);
};
