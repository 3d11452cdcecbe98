//! `ckpt`: inspects, compares and converts checkpoints of `TensorFlow`, safetensors, `PyTorch` and `NumPy`.

mod command;

mod convert;
mod diff;
mod digest;
mod explain;
mod help_files;
mod ls;
mod manifest;
mod recover;
mod report;
mod rule_args;
mod scaffold;
mod show;
mod verify;

mod arguments;
mod damage;
mod failure;
mod file;
mod histogram;
mod hyper_parameters;
mod in_order;
mod line;
mod number;
mod object_names;
mod output;
mod remote;
mod statistics;
mod variable;

use std::process::ExitCode;

use clap::Parser;

use crate::command::CommandLine;
use crate::failure::Status;

fn main() -> ExitCode {
    let line = CommandLine::try_parse().unwrap_or_else(|error| output::refuse(&error));
    output::set_color(line.color);
    let status = line.command.run().unwrap_or_else(|failure| {
        let status = failure.status();
        if status != Status::Good {
            output::error(&failure);
        }
        status
    });
    status.into()
}
