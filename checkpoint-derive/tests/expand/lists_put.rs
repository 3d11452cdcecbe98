#[automatically_derived]
impl<T> ToCheckpoint for Model<T>
where
    Model<T>: FromCheckpoint<'static>,
    Vec<Block<T>>: ToRepeated,
{
    const NODE: Node = <Model<
        T,
    > as FromCheckpoint<'static>>::NODE;
    fn put<'__values>(
        &'__values self,
        __values: &mut Values<'__values>,
    ) -> ::core::result::Result<(), SaveError> {
        <Vec<
            Block<T>,
        > as ToRepeated>::put(&self.blocks, __values)?;
        <BTreeMap<
            usize,
            f32,
        > as Items>::put_each(
            &self.ops,
            __values,
            |__item, __values| save_with(
                halves::save,
                "Model.ops",
                __item,
                __values,
            ),
        )?;
        <Vec<
            Epoch,
        > as Items>::put_each(
            &self.epochs,
            __values,
            |__item, __values| save_try_from::<
                i64,
                <Vec<Epoch> as Items>::Item,
                _,
            >("Model.epochs", __item, __values),
        )?;
        <[f32; 2] as Items>::put_each(
            &self.scales,
            __values,
            |__item, __values| unmap(ln, __item, __values),
        )?;
        ::core::result::Result::Ok(())
    }
}
