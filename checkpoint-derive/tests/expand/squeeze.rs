const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Layer {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Layer",
                prefix: Path::EMPTY,
                keys: ::core::option::Option::None,
                separator: ::core::option::Option::None,
                cast: ::core::option::Option::None,
                dims: &[],
                asserts: &[],
                fields: &[
                    Field {
                        name: "w",
                        paths: &[
                            Path {
                                absolute: false,
                                parts: &[Part::Text("w")],
                            },
                        ],
                        repeat: ::core::option::Option::None,
                        ops: &[Op::Squeeze(Squeeze::ToRank)],
                        cast: ::core::option::Option::None,
                        dims: &[],
                        absent: Absent::Problem,
                        node: <Array2<f32> as FromCheckpoint<'__ckpt>>::NODE,
                    },
                    Field {
                        name: "b",
                        paths: &[
                            Path {
                                absolute: false,
                                parts: &[Part::Text("b")],
                            },
                        ],
                        repeat: ::core::option::Option::None,
                        ops: &[Op::Squeeze(Squeeze::Axes(&[0, 2]))],
                        cast: ::core::option::Option::None,
                        dims: &[],
                        absent: Absent::Problem,
                        node: <Array1<f32> as FromCheckpoint<'__ckpt>>::NODE,
                    },
                ],
                ignore: &[],
                allow_unmapped: false,
            },
        );
        fn build(
            __parts: &mut Parts<'__ckpt>,
        ) -> ::core::result::Result<Self, BuildError> {
            ::core::result::Result::Ok(Self {
                w: <Array2<f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
                b: <Array1<f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const _: () = check::field(&<Layer as FromCheckpoint<'static>>::NODE, 0);
    const _: () = check::field(&<Layer as FromCheckpoint<'static>>::NODE, 1);
};
