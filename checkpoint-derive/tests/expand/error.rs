::core::compile_error! {
    "unknown attribute `pth`; did you mean `path`?"
}
const _: () = {
    #[automatically_derived]
    impl<'__ckpt> FromCheckpoint<'__ckpt> for Weights {
        const NODE: Node = Node::Struct(
            &Struct {
                name: "Weights",
                checks: Checks::Refused,
                ..Struct::EMPTY
            },
        );
        fn build(
            __parts: &mut Parts<'__ckpt>,
        ) -> ::core::result::Result<Self, BuildError> {
            ::core::unreachable!()
        }
    }
};
