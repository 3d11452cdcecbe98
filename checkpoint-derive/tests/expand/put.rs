#[automatically_derived]
impl<'a, T> ToCheckpoint for Model<'a, T>
where
    Model<'static, T>: FromCheckpoint<'static>,
    Vec<Block<T>>: ToRepeated,
{
    const NODE: Node = <Model<
        'static,
        T,
    > as FromCheckpoint<'static>>::NODE;
    fn put<'__values>(
        &'__values self,
        __values: &mut Values<'__values>,
    ) -> ::core::result::Result<(), SaveError> {
        <Vec<
            Block<T>,
        > as ToRepeated>::put(&self.blocks, __values)?;
        <ArrayView1<
            'a,
            f32,
        > as ToCheckpoint>::put(&self.view, __values)?;
        __values.dim(self.n);
        save_with(
            halves::save,
            "Model.step",
            &self.step,
            __values,
        )?;
        unmap(ln, &self.scale, __values)?;
        save_try_from::<
            i64,
            Epoch,
            _,
        >("Model.epoch", &self.epoch, __values)?;
        ::core::result::Result::Ok(())
    }
}
