const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Weights {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Weights",
                prefix: Path::EMPTY,
                keys: ::core::option::Option::None,
                separator: ::core::option::Option::None,
                cast: ::core::option::Option::None,
                dims: &[],
                asserts: &[],
                fields: &[
                    Field {
                        name: "0",
                        paths: &[Path::EMPTY],
                        repeat: ::core::option::Option::None,
                        ops: &[],
                        cast: ::core::option::Option::None,
                        dims: &[],
                        absent: Absent::Problem,
                        node: <Array2<f32> as FromCheckpoint<'__ckpt>>::NODE,
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
                0: <Array2<f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const _: () = check::field(&<Weights as FromCheckpoint<'static>>::NODE, 0);
};
