const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Model {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Model",
                fields: &[
                    Field {
                        name: "w",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("w")],
                            },
                        ],
                        ops: &[Op::Squeeze(Squeeze::Axes(&[0]))],
                        dialects: &[
                            FieldDialect {
                                name: "hf",
                                field: Field {
                                    name: "w",
                                    paths: &[
                                        Path {
                                            absolute: false,
                                            pieces: &[Piece::Text("w/weight")],
                                        },
                                        Path {
                                            absolute: false,
                                            pieces: &[Piece::Text("v")],
                                        },
                                    ],
                                    ops: &[Op::Transpose],
                                    node: <Array2<f32> as FromCheckpoint<'__ckpt>>::NODE,
                                    ..Field::EMPTY
                                },
                            },
                        ],
                        node: <Array2<f32> as FromCheckpoint<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                    Field {
                        name: "b",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("b")],
                            },
                        ],
                        dialects: &[
                            FieldDialect {
                                name: "hf",
                                field: Field {
                                    name: "b",
                                    paths: &[Path::LACKING],
                                    node: <Option<f32> as FromCheckpoint<'__ckpt>>::NODE,
                                    ..Field::EMPTY
                                },
                            },
                        ],
                        node: <Option<f32> as FromCheckpoint<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                ],
                declared: &["tf", "hf"],
                dialects: &[
                    StructDialect {
                        name: "hf",
                        prefixes: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("t")],
                            },
                            Path::EMPTY,
                        ],
                        separator: ::core::option::Option::Some("."),
                        ignore: ::core::option::Option::Some(&[Ignore::Glob("b")]),
                        constants: &[],
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
                w: <Array2<f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
                b: <Option<f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const __NODE: &Node = &<Model as FromCheckpoint<'static>>::NODE;
    const _: () = dialect::are_declared(__NODE);
    const _: () = check::layouts(__NODE);
    const _: () = check::field(__NODE, 0);
    const _: () = check::field(__NODE, 1);
};
