const _: () = {
    #[automatically_derived]
    impl<'__ckpt, T, D> FromCheckpoint<'__ckpt> for Linear<T, D>
    where
        T: Element,
        D: Dimension,
    {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Linear",
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
                        ops: &[],
                        cast: ::core::option::Option::None,
                        dims: &[],
                        absent: Absent::Problem,
                        node: <Array<T, D> as FromCheckpoint<'__ckpt>>::NODE,
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
                w: <Array<T, D> as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
};
