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
                                parts: &[Part::Text("w")],
                            },
                        ],
                        node: <ArrayView1<'a, f32> as FromCheckpoint<'__ckpt>>::NODE,
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
                w: <ArrayView1<'a, f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const _: () = check::field(&<Model<'static> as FromCheckpoint<'static>>::NODE, 0);
    const _: &[::core::primitive::u8] = ::core::include_bytes!(
        "/tests/expand/manifest.txt"
    );
    const _: &[::core::primitive::u8] = ::core::include_bytes!(
        "/tests/expand/no_variable.txt"
    );
    #[allow(long_running_const_eval)]
    const __CHECKED: check::Checked<2> = check::manifests::<
        3,
        2,
    >(
        &<Model<'static> as FromCheckpoint<'static>>::NODE,
        &[
            Manifest {
                file: "tests/expand/manifest.txt",
                families: &[
                    Family {
                        parts: &[
                            FamilyPart::Text("h"),
                            FamilyPart::Number {
                                digits: 1,
                                values: &[(0, 2)],
                            },
                            FamilyPart::Text("/w"),
                        ],
                        dtype: DType::Float32,
                        shape: &[768, 2304],
                        first: 0,
                        count: 2,
                        ignored: ::core::option::Option::None,
                        preset: ::core::option::Option::None,
                    },
                    Family {
                        parts: &[FamilyPart::Text("step")],
                        dtype: DType::Int64,
                        shape: &[],
                        first: 2,
                        count: 1,
                        ignored: ::core::option::Option::None,
                        preset: ::core::option::Option::None,
                    },
                ],
                variables: 3,
                slots: Manifest::slots(
                    b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xF2y\x88JH\xD2\xF9\xA5\x01\0\0\0\x01\0\0\0\xD2\x14<\x06\xA9\x08\xD1\x86\x02\0\0\0\x01\0\0\0\xB4\xF9\xB5\x99F\x94K\xFC\x03\0\0\0\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0",
                ),
            },
            Manifest {
                file: "tests/expand/no_variable.txt",
                families: &[],
                variables: 0,
                slots: Manifest::slots(b"\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
            },
        ],
    );
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
        /// The lengths that the symbols stand for, in each manifest.
        const DIMS: [__Dims; 2] = [
            __Dims {
                r#type: __CHECKED.dim(0, "type"),
            },
            __Dims {
                r#type: __CHECKED.dim(1, "type"),
            },
        ];
    }
};
