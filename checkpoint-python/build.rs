//! Tells linkers that leave no symbol open, as that of macOS does, that Python has the missing ones.

fn main() {
    pyo3_build_config::add_extension_module_link_args();
}
