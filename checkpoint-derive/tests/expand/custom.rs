const _: () = {
    #[automatically_derived]
    impl<'__ckpt, T> FromCheckpoint<'__ckpt> for Made<T>
    where
        ArrayD<T>: FromCheckpoint<'__ckpt>,
        Weights<T>: ::core::convert::TryFrom<ArrayD<T>, Error: ::core::fmt::Display>,
    {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Made",
                fields: &[
                    Field {
                        name: "with",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("with")],
                            },
                        ],
                        node: const {
                            map_node::<
                                _,
                                ::core::result::Result<T, _>,
                                (),
                            >(&module::load)
                        },
                        ..Field::EMPTY
                    },
                    Field {
                        name: "map",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("map")],
                            },
                        ],
                        absent: Absent::Function,
                        node: const { map_node::<_, f32, ()>(&function) },
                        ..Field::EMPTY
                    },
                    Field {
                        name: "try_from",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("try_from")],
                            },
                        ],
                        node: <ArrayD<T> as FromCheckpoint<'__ckpt>>::NODE,
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
                with: with(module::load, "Made.with", __parts)?,
                map: match __parts.absent()? {
                    ::core::option::Option::None => map(function, __parts)?,
                    ::core::option::Option::Some(__shape) => other(&*__shape),
                },
                try_from: try_from::<ArrayD<T>, Weights<T>, _>("Made.try_from", __parts)?,
            })
        }
    }
};
