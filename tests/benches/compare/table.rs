//! The printed tables.

use std::time::Duration;

use crate::subject::{Files, Subject};
use crate::way::Way;

/// The rounds of one way.
pub(crate) struct Measured {
    pub(crate) way: Way,
    times: Vec<Duration>,
    /// The durations of the whole processes.
    wholes: Vec<Duration>,
    /// The peak memory of any round.
    peak: Option<u64>,
}

impl Measured {
    pub(crate) fn new(way: Way) -> Self {
        Self { way, times: Vec::new(), wholes: Vec::new(), peak: None }
    }

    pub(crate) fn push(&mut self, time: Duration, whole: Duration, peak: Option<u64>) {
        self.times.push(time);
        self.wholes.push(whole);
        self.peak = self.peak.max(peak);
    }

    /// Returns the fastest round, in seconds.
    fn fastest(&self) -> Option<f64> {
        self.times.iter().min().map(Duration::as_secs_f64)
    }

    fn fastest_whole(&self) -> Option<f64> {
        self.wholes.iter().min().map(Duration::as_secs_f64)
    }

    fn median(&self) -> Option<f64> {
        let mut times = self.times.clone();
        times.sort();
        times.get(times.len() / 2).map(Duration::as_secs_f64)
    }
}

/// The results with everything in the page cache.
#[derive(Default)]
pub(crate) struct Results(Vec<Loaded>);

struct Loaded {
    subject: Subject,
    variables: usize,
    bytes: u64,
    ways: Vec<Measured>,
}

impl Results {
    /// Prints the results of a checkpoint, and keeps them if they are the first.
    pub(crate) fn add(
        &mut self,
        subject: Subject,
        files: &Files,
        ways: Vec<Measured>,
        where_it_is: &str,
    ) {
        let (variables, bytes) = (files.variables, files.bytes);
        let title = subject.title();
        println!("\n{title}: {variables} variables, {bytes} bytes, {where_it_is}");
        print_ways(&ways, bytes);
        if self.result(subject).is_none() {
            self.0.push(Loaded { subject, variables, bytes, ways });
        }
    }

    fn result(&self, subject: Subject) -> Option<&Loaded> {
        self.0.iter().find(|result| result.subject == subject)
    }

    fn measured(&self, subject: Subject, way: Way) -> Option<&Measured> {
        self.result(subject)?.ways.iter().find(|measured| measured.way == way)
    }
}

/// Prints a table of ways to load, one of ways to save, and one of conversions.
fn print_ways(ways: &[Measured], bytes: u64) {
    let is_load = |way: Way| !way.is_save() && !way.is_conversion();
    let tables: [(&dyn Fn(Way) -> bool, _, _); 3] = [
        (&is_load, Way::Read, "read"),
        (&Way::is_save, Way::Write, "write"),
        (&Way::is_conversion, Way::CopyFile, "read and write"),
    ];
    for (is_here, baseline, name) in tables {
        let ways: Vec<_> = ways.iter().filter(|it| is_here(it.way)).collect();
        if !ways.is_empty() {
            print_table(&ways, baseline, name, bytes);
        }
    }
}

fn print_table(ways: &[&Measured], baseline: Way, name: &str, bytes: u64) {
    let baseline = ways.iter().find(|measured| measured.way == baseline);
    let baseline = baseline.and_then(|measured| measured.fastest());
    println!(
        "\n| way | fastest | median | ratio to `{name}` | whole process | memory beyond the tensors |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    for measured in ways {
        let (Some(fastest), Some(median)) = (measured.fastest(), measured.median()) else {
            continue;
        };
        let ratio = baseline.map_or("-".to_owned(), |base| format!("{:.2}", fastest / base));
        let whole = measured.fastest_whole().filter(|_| measured.way.is_whole(bytes));
        let whole = whole.map_or("-".to_owned(), shown);
        let memory = beyond(measured, bytes)
            .map_or("-".to_owned(), |bytes| format!("{:.1} MB", bytes / 1e6));
        println!(
            "| {} | {} | {} | {ratio} | {whole} | {memory} |",
            measured.way.title(),
            shown(fastest),
            shown(median)
        );
    }
}

fn shown(seconds: f64) -> String {
    match seconds {
        s if s < 0.01 => format!("{:.3} ms", s * 1e3),
        s if s < 0.1 => format!("{:.1} ms", s * 1e3),
        s => format!("{:.0} ms", s * 1e3),
    }
}

/// Returns the bytes of memory at the peak of a load beyond those of the tensors.
#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn beyond(measured: &Measured, bytes: u64) -> Option<f64> {
    let way = measured.way;
    let is_told = way.is_load() || way.is_conversion() || way.is_save_of_struct();
    let peak = measured.peak.filter(|_| is_told)?;
    Some(peak.saturating_sub(measured.way.makes(bytes)) as f64)
}

/// The targets.
impl Results {
    /// Prints the targets that were measured.
    pub(crate) fn print_targets(&self) {
        let targets = self.targets();
        if targets.is_empty() {
            return;
        }
        println!("\n| aim | wanted | measured | |\n| --- | --- | --- | --- |");
        for Target { what, wanted, measured, unit } in targets {
            let (sign, limit, met) = match wanted {
                Wanted::AtMost(limit) => ("<=", limit, measured <= limit),
                Wanted::AtLeast(limit) => (">=", limit, measured >= limit),
            };
            let met = if met { "met" } else { "missed" };
            println!("| {what} | {sign} {limit}{unit} | {measured:.2}{unit} | {met} |");
        }
    }

    fn targets(&self) -> Vec<Target> {
        let ratios = [
            ("124M, one thread: time / `memcpy`", Way::Load1, Way::Copy, Wanted::AtMost(1.1)),
            (
                "124M: time of borrowing / `safetensors` views",
                Way::Views,
                Way::SafetensorsViews,
                Wanted::AtMost(2.0),
            ),
            (
                "124M, one thread: times as fast as `safetensors` copying",
                Way::SafetensorsCopy,
                Way::Load1,
                Wanted::AtLeast(3.0),
            ),
            (
                "124M, all cores: times as fast as `safetensors` copying",
                Way::SafetensorsCopy,
                Way::Load,
                Wanted::AtLeast(3.0),
            ),
            (
                "124M of safetensors, all cores: times as fast as the crate copying",
                Way::SafetensorsCopy,
                Way::LoadSafetensors,
                Wanted::AtLeast(3.0),
            ),
            (
                "124M of safetensors: time of borrowing / the crate's views",
                Way::ViewsOfSafetensors,
                Way::SafetensorsViews,
                Wanted::AtMost(1.8),
            ),
            (
                "124M, all cores: time with `transpose` of each matrix / without",
                Way::Transposed,
                Way::Load,
                Wanted::AtMost(1.5),
            ),
            (
                "124M, one thread: times as fast as `RestoreV2` again",
                Way::RestoreAgain,
                Way::Load1,
                Wanted::AtLeast(2.0),
            ),
            (
                "124M, all cores: times as fast as `RestoreV2` again",
                Way::RestoreAgain,
                Way::Load,
                Wanted::AtLeast(2.0),
            ),
        ];
        let ratios = ratios.into_iter().filter_map(|(what, one, other, wanted)| {
            Target::new(what.to_owned(), wanted, self.ratio(Subject::Small, one, other))
        });
        let others = [self.whole(), self.planned()].into_iter().flatten();
        let others = others.chain(self.small()).chain(self.saved()).chain(self.converted());
        ratios.chain(others).chain(self.memory()).chain(self.linear()).collect()
    }

    /// Compares whole processes, from start to end.
    fn whole(&self) -> Option<Target> {
        let seconds = |way| self.measured(Subject::Small, way)?.fastest_whole();
        let measured = seconds(Way::LoadVariable)? / seconds(Way::Load)?;
        let what = "124M, whole processes: times as fast as `load_variable` with its import";
        Some(Target { what: what.to_owned(), wanted: Wanted::AtLeast(30.0), measured, unit: "" })
    }

    /// Compares loads of a safetensors file of many small tensors with the crate.
    fn small(&self) -> Vec<Target> {
        let all = [
            (
                "20,000 variables of safetensors by name: time / the crate copying",
                Way::ReadMany,
                Wanted::AtMost(1.0),
            ),
            (
                "20,000 variables of safetensors, a struct: time / the crate copying",
                Way::LoadSafetensors,
                Wanted::AtMost(1.5),
            ),
        ];
        let subject = Subject::Variables20000;
        let ratio = |way| self.ratio(subject, way, Way::SafetensorsCopy);
        let all = all.map(|(what, way, wanted)| Target::new(what.to_owned(), wanted, ratio(way)));
        all.into_iter().flatten().collect()
    }

    /// Compares saves with the work of any program, and with other libraries.
    fn saved(&self) -> Vec<Target> {
        let (most, least) = (Wanted::AtMost, Wanted::AtLeast);
        let all = [
            (
                "all cores: time of saving a struct / `write`",
                Way::SaveModel,
                Way::Write,
                most(1.15),
            ),
            (
                "all cores: time of saving a struct, synced / `write` and `fsync`",
                Way::SaveModelSynced,
                Way::WriteSynced,
                most(1.15),
            ),
            (
                "all cores: times as fast as `SaveV2` saving a struct",
                Way::SaveV2,
                Way::SaveModel,
                least(2.0),
            ),
            (
                "all cores: times as fast as `serialize_to_file` saving a struct as safetensors",
                Way::SafetensorsSave,
                Way::SaveModelSafetensors,
                least(1.5),
            ),
            (
                "one thread: time of saving tensors in memory / `write` of the bytes",
                Way::Save1,
                Way::Write,
                most(1.3),
            ),
        ];
        let subjects = [("124M", Subject::Small), ("1558M", Subject::Large)];
        let targets = subjects.iter().flat_map(|&(name, subject)| {
            let target = move |(what, one, other, wanted)| {
                Target::new(format!("{name}, {what}"), wanted, self.ratio(subject, one, other))
            };
            all.into_iter().filter_map(target)
        });
        targets.collect()
    }

    /// Compares a conversion with a copy of the file, and with a script.
    fn converted(&self) -> Vec<Target> {
        let subjects = [("124M", Subject::Small), ("1558M", Subject::Large)];
        let targets = subjects.into_iter().flat_map(|(name, subject)| {
            let copy = |way| self.ratio(subject, way, Way::CopyFile);
            let memory = |way| Some(beyond(self.measured(subject, way)?, 0)? / 1e6);
            let memory = memory(Way::Convert).zip(memory(Way::ConvertUnverified));
            let what = |what: &str| format!("{name}: {what}");
            [
                Target::new(
                    what("time of `convert`, not compared / a copy of the file"),
                    Wanted::AtMost(1.5),
                    copy(Way::ConvertUnverified),
                ),
                Target::new(
                    what("time of `convert`, compared / a copy of the file"),
                    Wanted::AtMost(2.3),
                    copy(Way::Convert),
                ),
                Target::new(
                    what("memory of `convert`"),
                    Wanted::AtMost(64.0),
                    memory.map(|(one, other)| one.max(other)),
                )
                .map(|target| Target { unit: " MB", ..target }),
            ]
        });
        let whole = |way| self.measured(Subject::Small, way)?.fastest_whole();
        let script = || Some(whole(Way::ConvertInPython)? / whole(Way::Convert)?);
        let what = "124M, whole processes: times as fast as a Python script converts".to_owned();
        let script = Target::new(what, Wanted::AtLeast(10.0), script());
        targets.chain([script]).flatten().collect()
    }

    fn planned(&self) -> Option<Target> {
        let seconds = self.measured(Subject::Variables20000, Way::Plan)?.fastest()?;
        let what = "20,000 variables: open and plan".to_owned();
        Some(Target { what, wanted: Wanted::AtMost(50.0), measured: seconds * 1e3, unit: " ms" })
    }

    /// Compares the peak memory of all loads of a checkpoint, verified or not.
    fn memory(&self) -> Vec<Target> {
        let whole = self.0.iter().filter(|loaded| !loaded.subject.is_fraction());
        let targets = whole.flat_map(|Loaded { subject, bytes, ways, .. }| {
            let most = |is_one: fn(Way) -> bool, what, limit| {
                let each = ways.iter().filter(|measured| is_one(measured.way));
                let each = each.filter_map(|measured| beyond(measured, *bytes));
                let what = format!("{}: {what}", subject.title());
                let measured = each.reduce(f64::max)? / 1e6;
                Some(Target { what, wanted: Wanted::AtMost(limit), measured, unit: " MB" })
            };
            [
                most(Way::is_load, "memory beyond the tensors", 20.0),
                most(
                    Way::is_save_of_struct,
                    "memory of loading and saving beyond the struct",
                    16.0,
                ),
            ]
        });
        targets.flatten().collect()
    }

    /// The time of a way relative to that of another.
    fn ratio(&self, subject: Subject, one: Way, other: Way) -> Option<f64> {
        let seconds = |way| self.measured(subject, way)?.fastest();
        Some(seconds(one)? / seconds(other)?)
    }

    /// Compares the cost per variable or byte with that of a hundred times as much.
    fn linear(&self) -> Vec<Target> {
        let (few, many) = (Subject::Variables200, Subject::Variables20000);
        let (short, long) = (Subject::Tensor40M, Subject::Tensor4G);
        let each = [
            (
                "open and plan: time of each of 20,000 / of each of 200 variables",
                Way::Plan,
                few,
                many,
            ),
            (
                "load, one thread: time of each of 20,000 / of each of 200 variables",
                Way::Load1,
                few,
                many,
            ),
            ("load, one thread: time of each byte of 4.3 GB / of 43 MB", Way::Load1, short, long),
            ("load, all cores: time of each byte of 4.3 GB / of 43 MB", Way::Load, short, long),
        ];
        let targets = each.into_iter().filter_map(|(what, way, one, hundred)| {
            let measured = self.each(hundred, way)? / self.each(one, way)?;
            Some(Target { what: what.to_owned(), wanted: Wanted::AtMost(1.5), measured, unit: "" })
        });
        targets.collect()
    }

    /// Returns the seconds per variable, or per byte if there is one variable.
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    fn each(&self, subject: Subject, way: Way) -> Option<f64> {
        let Loaded { variables, bytes, .. } = self.result(subject)?;
        let number = if *variables == 1 { *bytes as f64 } else { *variables as f64 };
        Some(self.measured(subject, way)?.fastest()? / number)
    }
}

/// A target.
struct Target {
    what: String,
    wanted: Wanted,
    measured: f64,
    unit: &'static str,
}

impl Target {
    fn new(what: String, wanted: Wanted, measured: Option<f64>) -> Option<Self> {
        measured.map(|measured| Self { what, wanted, measured, unit: "" })
    }
}

#[derive(Clone, Copy)]
enum Wanted {
    AtMost(f64),
    AtLeast(f64),
}
