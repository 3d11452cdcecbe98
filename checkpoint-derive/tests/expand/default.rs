const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Progress {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Progress",
                prefix: Path::EMPTY,
                keys: ::core::option::Option::None,
                separator: ::core::option::Option::None,
                cast: ::core::option::Option::None,
                dims: &[],
                asserts: &[],
                fields: &[
                    Field {
                        name: "step",
                        paths: &[
                            Path {
                                absolute: false,
                                parts: &[Part::Text("step")],
                            },
                        ],
                        repeat: ::core::option::Option::None,
                        ops: &[],
                        cast: ::core::option::Option::None,
                        dims: &[],
                        absent: Absent::Zero,
                        node: <i64 as FromCheckpoint<'__ckpt>>::NODE,
                    },
                    Field {
                        name: "rate",
                        paths: &[
                            Path {
                                absolute: false,
                                parts: &[Part::Text("rate")],
                            },
                        ],
                        repeat: ::core::option::Option::None,
                        ops: &[],
                        cast: ::core::option::Option::None,
                        dims: &[],
                        absent: Absent::Function,
                        node: <f32 as FromCheckpoint<'__ckpt>>::NODE,
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
                step: if __parts.present()? {
                    <i64 as FromCheckpoint<'__ckpt>>::build(__parts)?
                } else {
                    <i64 as ::core::default::Default>::default()
                },
                rate: if __parts.present()? {
                    <f32 as FromCheckpoint<'__ckpt>>::build(__parts)?
                } else {
                    one(NO_SHAPE)
                },
                cache: <Vec<u8> as ::core::default::Default>::default(),
            })
        }
    }
    const _: () = check::field(&<Progress as FromCheckpoint<'static>>::NODE, 0);
    const _: () = check::field(&<Progress as FromCheckpoint<'static>>::NODE, 1);
};
