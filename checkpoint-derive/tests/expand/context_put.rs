#[automatically_derived]
impl<T> ToCheckpoint<Device> for Model<T>
where
    Model<T>: FromCheckpoint<'static, Device>,
    Vec<Block<T>>: ToRepeated<Device>,
{
    const NODE: Node = <Model<
        T,
    > as FromCheckpoint<'static, Device>>::NODE;
    fn put<'__values>(
        &'__values self,
        __values: &mut Values<'__values, Device>,
    ) -> ::core::result::Result<(), SaveError> {
        <Tensor as ToCheckpoint<
            Device,
        >>::put(&self.tensor, __values)?;
        <Vec<
            Block<T>,
        > as ToRepeated<
            Device,
        >>::put(&self.blocks, __values)?;
        unmap(ln, &self.scale, __values)?;
        ::core::result::Result::Ok(())
    }
}
