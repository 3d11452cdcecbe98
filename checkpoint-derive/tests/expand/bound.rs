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
                fields: &[
                    Field {
                        name: "w",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("w")],
                            },
                        ],
                        node: <Array<T, D> as FromCheckpoint<'__ckpt>>::NODE,
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
                w: <Array<T, D> as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
};
