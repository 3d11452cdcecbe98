//! Loads and saves beside what others do with the same bytes, in tables from one run.
//!
//! `cargo bench -p checkpoint-tests --bench compare` writes checkpoints into the system's folder for temporary files, one after
//! another, and loads each in many ways; with `-- FOLDER` it uses those in that folder, or writes them there and keeps them.
//! Each round of each way is a process of its own, and the rounds of all ways take turns. `-- --help` says what can be chosen.
//!
//! `TensorFlow` takes part where `python3`, or what the environment variable `CHECKPOINT_PYTHON` names, can import it.

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
