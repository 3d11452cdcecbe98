//! The rank of a process in a distributed job.

use std::env;
use std::str::FromStr;

use serde::Serialize;
use thiserror::Error;

/// The environment variables of launchers: the rank, and the number of processes.
const LAUNCHERS: [(&str, &str, &str); 4] = [
    ("Open MPI", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    ("MPICH", "PMI_RANK", "PMI_SIZE"),
    ("Slurm", "SLURM_PROCID", "SLURM_NTASKS"),
    ("torchrun", "RANK", "WORLD_SIZE"),
];

/// The rank of a process, and the number of processes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Rank {
    index: usize,
    size: usize,
}

/// An error of [`Rank`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RankError {
    /// The rank is not less than the number of processes.
    #[error("expected a rank below {size}, found {index}; ranks begin at 0")]
    Range {
        /// The rank.
        index: usize,
        /// The number of processes.
        size: usize,
    },
    /// The text is not a part such as `1/4`.
    #[error("expected a part such as `1/4`, found `{0}`; parts begin at 1")]
    Part(String),
    /// An environment variable is not a number.
    #[error("expected a number in `{name}`, found `{value}`")]
    Number {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
    },
    /// One of the two variables of a launcher is missing.
    #[error("`{found}` is set, but `{missing}` is not; {launcher} sets both")]
    Half {
        /// The launcher.
        launcher: &'static str,
        /// The variable that is set.
        found: &'static str,
        /// The missing variable.
        missing: &'static str,
    },
    /// Two launchers contradict each other.
    #[error(
        "{} says rank {} of {}, but {} says rank {} of {}; unset the variables of one of them",
        first.0, first.1.index, first.1.size, second.0, second.1.index, second.1.size
    )]
    Contradiction {
        /// A launcher and its rank.
        first: (&'static str, Rank),
        /// Another launcher and its rank.
        second: (&'static str, Rank),
    },
}

impl Rank {
    /// Creates the rank `index` of `size` processes, counted from 0.
    ///
    /// # Errors
    /// Returns an error if `index` is not less than `size`.
    pub fn new(index: usize, size: usize) -> Result<Self, RankError> {
        if index < size { Ok(Self { index, size }) } else { Err(RankError::Range { index, size }) }
    }

    /// Reads the rank that a launcher has given this process: Open MPI, MPICH, Slurm or torchrun. Returns `None` without a
    /// launcher.
    ///
    /// A launcher with one process does not contradict another with several: with `mpirun` in a Slurm job, the rank of `mpirun`
    /// applies.
    ///
    /// # Errors
    /// Returns an error if a variable is missing or not a number, or if launchers contradict each other.
    #[expect(clippy::disallowed_methods, reason = "a launcher sets it when the program runs")]
    pub fn from_env() -> Result<Option<Self>, RankError> {
        Self::from_variables(|name| env::var(name).ok())
    }

    /// Reads the rank from these variables.
    fn from_variables(get: impl Fn(&str) -> Option<String>) -> Result<Option<Self>, RankError> {
        let mut found: Option<(&'static str, Self)> = None;
        for (launcher, index, size) in LAUNCHERS {
            let rank = match (get(index), get(size)) {
                (None, None) => continue,
                (Some(one), Some(all)) => Self::new(number(index, one)?, number(size, all)?)?,
                (Some(_), None) => {
                    return Err(RankError::Half { launcher, found: index, missing: size });
                }
                // Slurm also sets the number of tasks outside of tasks.
                (None, Some(_)) if launcher == "Slurm" => continue,
                (None, Some(_)) => {
                    return Err(RankError::Half { launcher, found: size, missing: index });
                }
            };
            match found {
                Some((_, before)) if before == rank || rank.size == 1 => {}
                Some(first) if first.1.size > 1 => {
                    return Err(RankError::Contradiction { first, second: (launcher, rank) });
                }
                _ => found = Some((launcher, rank)),
            }
        }
        Ok(found.map(|(_, rank)| rank))
    }

    /// Returns the rank, counted from 0.
    #[must_use]
    pub fn index(self) -> usize {
        self.index
    }

    /// Returns the number of processes.
    #[must_use]
    pub fn size(self) -> usize {
        self.size
    }
}

/// Parses `1/4`, the first of four parts, as rank 0.
impl FromStr for Rank {
    type Err = RankError;

    fn from_str(text: &str) -> Result<Self, RankError> {
        let wrong = || RankError::Part(text.to_owned());
        let (part, parts) = text.split_once('/').ok_or_else(wrong)?;
        let part: usize = part.parse().map_err(|_| wrong())?;
        let parts: usize = parts.parse().map_err(|_| wrong())?;
        let index = part.checked_sub(1).ok_or_else(wrong)?;
        Self::new(index, parts).map_err(|_| wrong())
    }
}

fn number(name: &'static str, value: String) -> Result<usize, RankError> {
    value.parse().map_err(|_| RankError::Number { name, value })
}

#[cfg(test)]
mod tests {
    use expect_test::expect;

    use super::*;

    fn rank(variables: &[(&str, &str)]) -> Result<Option<Rank>, String> {
        let get = |name: &str| {
            let (_, value) = variables.iter().find(|(other, _)| *other == name)?;
            Some((*value).to_owned())
        };
        Rank::from_variables(get).map_err(|error| error.to_string())
    }

    #[test]
    fn launchers_are_known() {
        assert_eq!(rank(&[]), Ok(None));
        for (_, index, size) in LAUNCHERS {
            let expected = Ok(Some(Rank { index: 2, size: 4 }));
            assert_eq!(rank(&[(index, "2"), (size, "4")]), expected);
        }
        // `mpirun` in a Slurm job with one task.
        let both = [
            ("OMPI_COMM_WORLD_RANK", "3"),
            ("OMPI_COMM_WORLD_SIZE", "4"),
            ("SLURM_PROCID", "0"),
            ("SLURM_NTASKS", "1"),
        ];
        assert_eq!(rank(&both), Ok(Some(Rank { index: 3, size: 4 })));
        // A `sbatch` script, outside of tasks.
        assert_eq!(rank(&[("SLURM_NTASKS", "8")]), Ok(None));
    }

    #[test]
    fn what_contradicts_itself_is_refused() {
        let error = |variables: &[(&str, &str)]| rank(variables).unwrap_err();
        expect!["`RANK` is set, but `WORLD_SIZE` is not; torchrun sets both"]
            .assert_eq(&error(&[("RANK", "1")]));
        expect!["expected a number in `PMI_SIZE`, found `two`"]
            .assert_eq(&error(&[("PMI_RANK", "1"), ("PMI_SIZE", "two")]));
        expect!["expected a rank below 2, found 2; ranks begin at 0"]
            .assert_eq(&error(&[("PMI_RANK", "2"), ("PMI_SIZE", "2")]));
        let two = [("PMI_RANK", "1"), ("PMI_SIZE", "2"), ("RANK", "0"), ("WORLD_SIZE", "2")];
        expect!["MPICH says rank 1 of 2, but torchrun says rank 0 of 2; unset the variables of one of them"]
            .assert_eq(&error(&two));
    }

    #[test]
    fn parts_are_counted_from_one() {
        assert_eq!("1/4".parse(), Ok(Rank { index: 0, size: 4 }));
        assert_eq!("4/4".parse(), Ok(Rank { index: 3, size: 4 }));
        for wrong in ["0/4", "5/4", "1", "a/4", "1/0", ""] {
            assert_eq!(wrong.parse::<Rank>(), Err(RankError::Part(wrong.to_owned())));
        }
    }
}
