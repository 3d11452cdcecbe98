//! Loads and saves compared with other libraries on the same bytes, in tables from one run.
//!
//! `cargo bench -p checkpoint-tests --bench compare` writes checkpoints to the system's temporary folder, one after another, and
//! loads each in many ways. With `-- FOLDER` it uses the checkpoints in that folder, or writes them there and keeps them. Each
//! round of each way is a process of its own, and the rounds of all ways alternate. See `-- --help` for options.
//!
//! `TensorFlow` takes part if `python3`, or the program in the environment variable `CHECKPOINT_PYTHON`, can import it.

#[cfg(target_os = "linux")]
mod changed;
#[cfg(target_os = "linux")]
mod run;
#[cfg(target_os = "linux")]
mod save;
#[cfg(target_os = "linux")]
mod subject;
#[cfg(target_os = "linux")]
mod system;
#[cfg(target_os = "linux")]
mod table;
#[cfg(target_os = "linux")]
mod tensorflow;
#[cfg(target_os = "linux")]
mod way;

#[cfg(target_os = "linux")]
fn main() -> std::io::Result<()> {
    run::main()
}

#[cfg(not(target_os = "linux"))]
fn main() {
    eprintln!("skipped: memory and caches are asked for as Linux has them");
}
