const _: () = {
    #[automatically_derived]
    impl<'__ckpt: 'a, 'a, T, const N: usize> FromCheckpoint<'__ckpt> for Linear<'a, T, N>
    where
        T: Copy,
        ArrayView2<'a, T>: FromCheckpoint<'__ckpt>,
        [Head; N]: Repeated<'__ckpt>,
        PhantomData<T>: ::core::default::Default,
    {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Linear",
                fields: &[
                    Field {
                        name: "w",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("w")],
                            },
                        ],
                        node: <ArrayView2<'a, T> as FromCheckpoint<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                    Field {
                        name: "heads",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("heads")],
                            },
                        ],
                        repeat: ::core::option::Option::Some(Repeat {
                            index: "i",
                            start: 0,
                            end: ::core::option::Option::None,
                        }),
                        node: <[Head; N] as Repeated<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                    Field {
                        name: "bias",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("bias")],
                            },
                        ],
                        node: <bool as FromCheckpoint<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                ],
                ..Struct::EMPTY
            },
        );
        fn build(
            __parts: &mut Parts<'__ckpt>,
        ) -> ::core::result::Result<Self, BuildError> {
            ::core::result::Result::Ok(Self {
                w: <ArrayView2<'a, T> as FromCheckpoint<'__ckpt>>::build(__parts)?,
                heads: <[Head; N] as Repeated<'__ckpt>>::build(__parts)?,
                kind: <PhantomData<T> as ::core::default::Default>::default(),
                bias: <bool as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
};
