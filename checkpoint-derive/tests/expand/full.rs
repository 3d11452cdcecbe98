const _: () = {
    #[automatically_derived]
    impl<'__ckpt> ::renamed::__private::FromCheckpoint<'__ckpt> for Embedding {
        const NODE: ::renamed::__private::Node = ::renamed::__private::Node::Struct(
            &::renamed::__private::Struct {
                name: "Embedding",
                fields: &[
                    ::renamed::__private::Field {
                        name: "wte",
                        paths: &[
                            ::renamed::__private::Path {
                                absolute: false,
                                pieces: &[::renamed::__private::Piece::Text("wte")],
                            },
                        ],
                        node: <Array2<
                            f32,
                        > as ::renamed::__private::FromCheckpoint<'__ckpt>>::NODE,
                        ..::renamed::__private::Field::EMPTY
                    },
                ],
                checks: ::renamed::__private::Checks::Own,
                ..::renamed::__private::Struct::EMPTY
            },
        );
        fn build(
            __parts: &mut ::renamed::__private::Parts<'__ckpt>,
        ) -> ::core::result::Result<Self, ::renamed::__private::BuildError> {
            ::core::result::Result::Ok(Self {
                wte: <Array2<
                    f32,
                > as ::renamed::__private::FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const __NODE: &::renamed::__private::Node = &<Embedding as ::renamed::__private::FromCheckpoint<
        'static,
    >>::NODE;
    const _: () = ::renamed::__private::check::field(__NODE, 0);
};
