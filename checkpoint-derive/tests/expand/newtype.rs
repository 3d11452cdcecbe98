const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Weights {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Weights",
                fields: &[
                    Field {
                        name: "0",
                        paths: &[Path::EMPTY],
                        node: <Array2<f32> as FromCheckpoint<'__ckpt>>::NODE,
                        ..Field::EMPTY
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
                0: <Array2<f32> as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const __NODE: &Node = &<Weights as FromCheckpoint<'static>>::NODE;
    const _: () = check::field(__NODE, 0);
};
