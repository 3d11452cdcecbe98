const _: () = {
    #[automatically_derived]
    impl<'__ckpt, T> FromCheckpoint<'__ckpt> for Model<T>
    where
        Vec<Block<T>>: Repeated<'__ckpt>,
    {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Model",
                fields: &[
                    Field {
                        name: "blocks",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[
                                    Piece::Index(Placeholder {
                                        index: "r",
                                        factor: 1,
                                        offset: 0,
                                        form: Form::Plain,
                                    }),
                                    Piece::Text("x"),
                                    Piece::Index(Placeholder {
                                        index: "r",
                                        factor: 1,
                                        offset: 0,
                                        form: Form::Plain,
                                    }),
                                ],
                            },
                        ],
                        repeat: ::core::option::Option::Some(Repeat {
                            index: "r",
                            start: 8,
                            end: ::core::option::Option::None,
                        }),
                        indices: Indices::Listed(&[16, 8]),
                        node: <Vec<Block<T>> as Repeated<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                    Field {
                        name: "ops",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[
                                    Piece::Text("op_"),
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
                        indices: Indices::Any,
                        node: items_node(
                            <BTreeMap<usize, f32> as Items>::OPTIONS,
                            const {
                                &Node::List(
                                    &List {
                                        element: const {
                                            map_node::<
                                                _,
                                                ::core::result::Result<
                                                    <BTreeMap<usize, f32> as Items>::Item,
                                                    _,
                                                >,
                                                (),
                                            >(&halves::load)
                                        },
                                        len: <BTreeMap<usize, f32> as Items>::LEN,
                                        is_keyed: <BTreeMap<usize, f32> as Items>::IS_KEYED,
                                    },
                                )
                            },
                        ),
                        ..Field::EMPTY
                    },
                    Field {
                        name: "epochs",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[
                                    Piece::Text("e"),
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
                        node: items_node(
                            <Vec<Epoch> as Items>::OPTIONS,
                            const {
                                &Node::List(
                                    &List {
                                        element: <i64 as FromCheckpoint<'__ckpt>>::NODE,
                                        len: <Vec<Epoch> as Items>::LEN,
                                        is_keyed: <Vec<Epoch> as Items>::IS_KEYED,
                                    },
                                )
                            },
                        ),
                        ..Field::EMPTY
                    },
                    Field {
                        name: "scales",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[
                                    Piece::Text("s"),
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
                        node: items_node(
                            <[f32; 2] as Items>::OPTIONS,
                            const {
                                &Node::List(
                                    &List {
                                        element: const {
                                            map_node::<_, <[f32; 2] as Items>::Item, ()>(&exp)
                                        },
                                        len: <[f32; 2] as Items>::LEN,
                                        is_keyed: <[f32; 2] as Items>::IS_KEYED,
                                    },
                                )
                            },
                        ),
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
                blocks: <Vec<Block<T>> as Repeated<'__ckpt>>::build(__parts)?,
                ops: <BTreeMap<
                    usize,
                    f32,
                > as Items>::gather(
                    __parts,
                    |__parts| with(halves::load, "Model.ops", __parts),
                )?,
                epochs: <Vec<
                    Epoch,
                > as Items>::gather(
                    __parts,
                    |__parts| try_from::<
                        i64,
                        <Vec<Epoch> as Items>::Item,
                        _,
                    >("Model.epochs", __parts),
                )?,
                scales: <[f32; 2] as Items>::gather(
                    __parts,
                    |__parts| map(exp, __parts),
                )?,
            })
        }
    }
};
