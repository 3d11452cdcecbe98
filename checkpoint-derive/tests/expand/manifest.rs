const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Model {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Model",
                dims: &[
                    Dim {
                        name: "n_embd",
                        value: ::core::option::Option::None,
                        local: false,
                    },
                    Dim {
                        name: "n",
                        value: ::core::option::Option::None,
                        local: true,
                    },
                ],
                fields: &[
                    Field {
                        name: "layers",
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
                                    Piece::Text("/w"),
                                ],
                            },
                        ],
                        repeat: ::core::option::Option::Some(Repeat {
                            index: "i",
                            start: 0,
                            end: ::core::option::Option::None,
                        }),
                        ops: &[
                            Op::Shape(
                                &[
                                    AxisLength::Is(Expression::Symbol("n_embd")),
                                    AxisLength::Is(Expression::Symbol("n")),
                                ],
                            ),
                        ],
                        node: <Vec<Array2<f32>> as Repeated<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                ],
                ignore: &[Ignore::Preset(Preset::Bookkeeping), Ignore::Glob("step")],
                checks: Checks::Own,
                ..Struct::EMPTY
            },
        );
        const SHAPES: &'static [manifest::Shapes<'static>] = __SHAPES;
        fn build(
            __parts: &mut Parts<'__ckpt>,
        ) -> ::core::result::Result<Self, BuildError> {
            ::core::result::Result::Ok(Self {
                layers: <Vec<Array2<f32>> as Repeated<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const __NODE: &Node = &<Model as FromCheckpoint<'static>>::NODE;
    const _: () = check::field(__NODE, 0);
    const _: &[::core::primitive::u8] = ::core::include_bytes!(
        "/tests/expand/manifest.txt"
    );
    const __SHAPES: &[manifest::Shapes<'static>; 1] = &[
        manifest::Shapes {
            variables: 3,
            slots: manifest::Manifest::slots(
                b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xF2y\x88JH\xD2\xF9\xA5\x01\0\0\0\x01\0\0\0\xD2\x14<\x06\xA9\x08\xD1\x86\x02\0\0\0\x01\0\0\0\xB4\xF9\xB5\x99F\x94K\xFC\x03\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            ),
            families: b"\x03\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0\0\x08\0\0\0",
            specs: &[(DType::Float32, &[768, 2304]), (DType::Int64, &[])],
        },
    ];
    const __MANIFESTS: &[manifest::Manifest<'static>; 1] = &[
        {
            const __PIECES: [manifest::PieceChunk<'static>; 1] = manifest::pieces(
                &["h", "/w", "step"],
                b"\0\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
                &[&[(0, 2)]],
            );
            const __FAMILIES: [manifest::FamilyChunk<'static>; 1] = manifest::families(
                __SHAPES[0].families,
                __PIECES.as_flattened(),
                __SHAPES[0].specs,
                &["step"],
            );
            manifest::Manifest {
                file: "tests/expand/manifest.txt",
                families: __FAMILIES.as_flattened().split_at(2).0,
                variables: __SHAPES[0].variables,
                slots: __SHAPES[0].slots,
            }
        },
    ];
    const __SUBJECTS: &[fit::Subject<'static>; 1] = &[
        fit::Subject {
            dialect: dialect::Dialect {
                name: "",
                prefix: 0,
            },
            model: 0,
        },
    ];
    const __SIZES: fit::Sizes = fit::Sizes::of(__NODE, __SUBJECTS);
    const __CELLS: [::core::primitive::usize; 2] = fit::cells(3, __SIZES.items);
    const __BYTES: ::core::primitive::usize = 8192;
    #[allow(long_running_const_eval)]
    const __SMALL: fit::Checked<'static, 1, { __SIZES.symbols }> = fit::manifests::<
        3,
        { __SIZES.items },
        { __SIZES.pieces },
        { __SIZES.terms },
        { __SIZES.symbols },
        { __CELLS[0] * 1 },
        { __CELLS[1] * 1 },
        { __BYTES * 1 },
        1,
    >(__NODE, __MANIFESTS, __SUBJECTS);
    #[allow(long_running_const_eval)]
    const __CHECKED: fit::Checked<'static, 1, { __SIZES.symbols }> = if __SMALL.is_full()
    {
        fit::manifests::<
            3,
            { __SIZES.items },
            { __SIZES.pieces },
            { __SIZES.terms },
            { __SIZES.symbols },
            { __CELLS[0] * 32 },
            { __CELLS[1] * 32 },
            { __BYTES * 32 },
            1,
        >(__NODE, __MANIFESTS, __SUBJECTS)
    } else {
        __SMALL
    };
    const _: () = __CHECKED.all_fit();
    ///The symbols of `Model`.
    #[allow(dead_code, non_snake_case)]
    #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
    pub struct __Dims {
        ///The symbol `n_embd`.
        pub n_embd: ::core::primitive::usize,
    }
    #[automatically_derived]
    #[allow(dead_code)]
    impl Model {
        /// The values of the symbols, for each manifest.
        pub const DIMS: __Dims = __Dims {
            n_embd: __CHECKED.dim(&[0], "n_embd"),
        };
    }
};
