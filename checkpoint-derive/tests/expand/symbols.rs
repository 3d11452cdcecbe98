const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Model {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Model",
                cast: ::core::option::Option::Some(Cast::Any),
                dims: &[
                    Dim {
                        name: "n_embd",
                        value: ::core::option::Option::None,
                        local: false,
                    },
                    Dim {
                        name: "n_head",
                        value: ::core::option::Option::Some(12),
                        local: false,
                    },
                    Dim {
                        name: "c_in",
                        value: ::core::option::Option::None,
                        local: true,
                    },
                ],
                asserts: &[
                    Assertion {
                        left: Expression::Pair(
                            Operator::Remainder,
                            &[Expression::Symbol("n_embd"), Expression::Symbol("n_head")],
                        ),
                        relation: Relation::Equal,
                        right: Expression::Number(0),
                    },
                ],
                fields: &[
                    Field {
                        name: "n_embd",
                        node: Node::Dim("n_embd"),
                        ..Field::EMPTY
                    },
                    Field {
                        name: "block",
                        paths: &[
                            Path {
                                absolute: false,
                                pieces: &[Piece::Text("block")],
                            },
                        ],
                        dims: &[
                            Renamed {
                                name: "n",
                                is: Expression::Pair(
                                    Operator::Multiply,
                                    &[
                                        Expression::Number(3),
                                        Expression::Pair(
                                            Operator::Add,
                                            &[Expression::Symbol("n_embd"), Expression::Number(1)],
                                        ),
                                    ],
                                ),
                            },
                        ],
                        node: <Block as FromCheckpoint<'__ckpt>>::NODE,
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
                n_embd: __parts.dim()?,
                block: <Block as FromCheckpoint<'__ckpt>>::build(__parts)?,
            })
        }
    }
    const __NODE: &Node = &<Model as FromCheckpoint<'static>>::NODE;
    const _: () = check::field(__NODE, 0);
    const _: () = check::field(__NODE, 1);
};
