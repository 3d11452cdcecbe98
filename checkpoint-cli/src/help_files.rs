//! `ckpt completions` and `ckpt man`: files for shells and for `man`.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;

use clap::{Args, Command, CommandFactory as _};
use clap_complete::Shell;
use clap_mangen::Man;

use crate::command::CommandLine;
use crate::failure::{Failure, Status};
use crate::file;
use crate::output;

#[derive(Args, Debug)]
pub(crate) struct Completions {
    /// Shell: `bash`, `elvish`, `fish`, `powershell` or `zsh`
    #[arg(value_enum, hide_possible_values = true)]
    shell: Shell,
}

#[derive(Args, Debug)]
pub(crate) struct ManPages {
    /// Output folder, created if missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Completions {
    pub(crate) fn run(&self) -> Result<Status, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut CommandLine::command(), "ckpt", &mut script);
        output::finish(Status::Good, |out| out.write_all(&script))
    }
}

impl ManPages {
    pub(crate) fn run(&self) -> Result<Status, Failure> {
        let failed = |error| Failure::File { what: "create", file: self.folder.clone(), error };
        fs::create_dir_all(&self.folder).map_err(failed)?;
        let mut root = CommandLine::command().disable_help_subcommand(true);
        root.build();
        self.write("ckpt", &root)?;
        for command in root.get_subcommands() {
            self.write(&format!("ckpt-{}", command.get_name()), command)?;
        }
        Ok(Status::Good)
    }

    /// Writes the manual page of a command.
    fn write(&self, name: &str, command: &Command) -> Result<(), Failure> {
        let mut page = Vec::new();
        Man::new(command.clone()).render(&mut page)?;
        let page = String::from_utf8_lossy(&page);
        file::write(&self.folder.join(format!("{name}.1")), &page)
    }
}
