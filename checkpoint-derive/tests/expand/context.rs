const _: () = {
    #[automatically_derived]
    impl<'__ckpt, T> FromCheckpoint<'__ckpt, Device> for Model<T>
    where
        Vec<Block<T>>: Repeated<'__ckpt, Device>,
    {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Model",
                fields: &[
                    Field {
                        name: "tensor",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("tensor")],
                            },
                        ],
                        node: <Tensor as FromCheckpoint<'__ckpt, Device>>::NODE,
                        ..Field::EMPTY
                    },
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
                        node: <Vec<Block<T>> as Repeated<'__ckpt, Device>>::NODE,
                        ..Field::EMPTY
                    },
                    Field {
                        name: "scale",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("scale")],
                            },
                        ],
                        node: const { map_node::<_, f32, Device>(&exp) },
                        ..Field::EMPTY
                    },
                ],
                ..Struct::EMPTY
            },
        );
        fn build(
            __parts: &mut Parts<'__ckpt, Device>,
        ) -> ::core::result::Result<Self, BuildError> {
            ::core::result::Result::Ok(Self {
                tensor: <Tensor as FromCheckpoint<'__ckpt, Device>>::build(__parts)?,
                blocks: <Vec<Block<T>> as Repeated<'__ckpt, Device>>::build(__parts)?,
                scale: map(exp, __parts)?,
            })
        }
    }
};
