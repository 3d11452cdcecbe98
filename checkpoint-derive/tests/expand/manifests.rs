const _: () = {
    #[automatically_derived]
    impl<'__ckpt: 'a, 'a> FromCheckpoint<'__ckpt> for Model<'a> {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Model",
                dims: &[
                    Dim {
                        name: "type",
                        value: ::core::option::Option::None,
                        local: false,
                    },
                ],
                fields: &[
                    Field {
                        name: "w",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("w")],
                            },
                        ],
                        node: <ArrayView1<'a, f32> as FromCheckpoint<'__ckpt>>::NODE,
                        ..Field::EMPTY
                    },
                ],
                checks: Checks::Own,
                ..Struct::EMPTY
            },
        );
        const SHAPES: &'static [manifest::Shapes<'static>] = __SHAPES;
        fn build(
            __parts: &mut Parts<'__ckpt>,
        ) -> ::core::result::Result<Self, BuildError> {
            ::core::result::Result::Ok(Self {
                w: <ArrayView1<'a, f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const __NODE: &Node = &<Model<'static> as FromCheckpoint<'static>>::NODE;
    const _: () = check::field(__NODE, 0);
    const _: &[::core::primitive::u8] = ::core::include_bytes!(
        "/tests/expand/manifest.txt"
    );
    const _: &[::core::primitive::u8] = ::core::include_bytes!(
        "/tests/expand/no_variable.txt"
    );
    const __SHAPES: &[manifest::Shapes<'static>; 2] = &[
        manifest::Shapes {
            variables: 3,
            slots: manifest::Manifest::slots(
                b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xF2y\x88JH\xD2\xF9\xA5\x01\0\0\0\x01\0\0\0\xD2\x14<\x06\xA9\x08\xD1\x86\x02\0\0\0\x01\0\0\0\xB4\xF9\xB5\x99F\x94K\xFC\x03\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
            ),
            families: b"\x03\0\0\0\0\0\0\0\x02\0\0\0\0\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\0\0\0\0\0\0",
            specs: &[(DType::Float32, &[768, 2304]), (DType::Int64, &[])],
        },
        manifest::Shapes {
            variables: 0,
            slots: manifest::Manifest::slots(b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
            families: b"",
            specs: &[],
        },
    ];
    const __MANIFESTS: &[manifest::Manifest<'static>; 2] = &[
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
                &[],
            );
            manifest::Manifest {
                file: "tests/expand/manifest.txt",
                families: __FAMILIES.as_flattened().split_at(2).0,
                variables: __SHAPES[0].variables,
                slots: __SHAPES[0].slots,
            }
        },
        {
            const __PIECES: [manifest::PieceChunk<'static>; 0] = manifest::pieces(
                &[],
                b"",
                &[],
            );
            const __FAMILIES: [manifest::FamilyChunk<'static>; 0] = manifest::families(
                __SHAPES[1].families,
                __PIECES.as_flattened(),
                __SHAPES[1].specs,
                &[],
            );
            manifest::Manifest {
                file: "tests/expand/no_variable.txt",
                families: __FAMILIES.as_flattened().split_at(0).0,
                variables: __SHAPES[1].variables,
                slots: __SHAPES[1].slots,
            }
        },
    ];
    const __SUBJECTS: &[fit::Subject<'static>; 2] = &[
        fit::Subject {
            dialect: dialect::Dialect {
                name: "",
                prefix: 0,
            },
            model: 0,
        },
        fit::Subject {
            dialect: dialect::Dialect {
                name: "",
                prefix: 0,
            },
            model: 1,
        },
    ];
    const __SIZES: fit::Sizes = fit::Sizes::of(__NODE, __SUBJECTS);
    const __CELLS: [::core::primitive::usize; 2] = fit::cells(3, __SIZES.items);
    const __BYTES: ::core::primitive::usize = 8192;
    #[allow(long_running_const_eval)]
    const __SMALL: fit::Checked<'static, 2, { __SIZES.symbols }> = fit::manifests::<
        3,
        { __SIZES.items },
        { __SIZES.pieces },
        { __SIZES.terms },
        { __SIZES.symbols },
        { __CELLS[0] * 1 },
        { __CELLS[1] * 1 },
        { __BYTES * 1 },
        2,
    >(__NODE, __MANIFESTS, __SUBJECTS);
    #[allow(long_running_const_eval)]
    const __CHECKED: fit::Checked<'static, 2, { __SIZES.symbols }> = if __SMALL.is_full()
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
            2,
        >(__NODE, __MANIFESTS, __SUBJECTS)
    } else {
        __SMALL
    };
    const _: () = __CHECKED.all_fit();
    ///The symbols of `Model`.
    #[allow(dead_code, non_snake_case)]
    #[derive(::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug)]
    struct __Dims {
        ///The symbol `type`.
        r#type: ::core::primitive::usize,
    }
    #[automatically_derived]
    #[allow(dead_code)]
    impl<'a> Model<'a> {
        /// The values of the symbols, for each manifest.
        const DIMS: [__Dims; 2] = [
            __Dims {
                r#type: __CHECKED.dim(&[0], "type"),
            },
            __Dims {
                r#type: __CHECKED.dim(&[1], "type"),
            },
        ];
    }
};
