//! Requests and times of a load from a slow server, against `get` of the crate `object_store` for the same file.
//!
//! `cargo bench -p checkpoint-object-store --bench remote` prints a table for a GPT-2 of 124M parameters (`-- 355M` for another).
//! The server is on this machine, and waits before each answer.

use std::env;
use std::hint::black_box;
use std::sync::Arc;
use std::time::{Duration, Instant};

use checkpoint_core::{LoadOptions, OpenOptions};
use checkpoint_object_store::Remote;
use checkpoint_object_store::object_store::http::HttpBuilder;
use checkpoint_object_store::object_store::path::Path as Location;
use checkpoint_object_store::object_store::{ClientOptions, ObjectStoreExt as _};
use checkpoint_tests::gpt2::{Hparams, write};
use checkpoint_tests::models::PlainGpt2;
use checkpoint_tests::server::Server;
use ndarray::{Array1, Array2};

type Gpt2 = PlainGpt2<Array2<f32>, Array1<f32>>;

/// A way to read the tensors, with its name.
type Way<'w> = (&'static str, Box<dyn Fn() + 'w>);

/// The number of runs of each way. The fastest counts.
const TIMES: usize = 3;

fn main() {
    let size = env::args().skip(1).find(|word| !word.starts_with('-'));
    let size = size.unwrap_or_else(|| "124M".to_owned());
    let hparams = Hparams::released(&size).expect("a released size, as 124M");
    let folder = tempfile::tempdir().expect("a folder");
    write(&hparams, folder.path()).expect("room for the checkpoint");
    let data = folder.path().join("model.ckpt.data-00000-of-00001");
    let bytes = data.metadata().expect("a data file").len();
    println!(
        "GPT-2 {size}, {} MB, {} requests of 4 MiB",
        bytes / 1_000_000,
        bytes.div_ceil(4 << 20)
    );
    println!("| delay | way | requests | time | of `get` |\n| --- | --- | --- | --- | --- |");
    for delay in [0, 10, 50].map(Duration::from_millis) {
        let server = Server::start(folder.path()).expect("a port").delay(delay);
        let ways: [Way<'_>; 3] = [
            ("`get` of the data file", Box::new(|| get(&server))),
            ("load, 2 in flight", Box::new(|| load(&server, 2))),
            ("load, 16 in flight", Box::new(|| load(&server, 16))),
        ];
        let mut best = [Duration::MAX; 3];
        let mut requests = [0; 3];
        for _ in 0..TIMES {
            for (number, (_, way)) in ways.iter().enumerate() {
                let start = Instant::now();
                way();
                best[number] = best[number].min(start.elapsed());
                requests[number] = server.requests().len();
            }
        }
        for (number, (way, _)) in ways.iter().enumerate() {
            let ratio = best[number].as_secs_f64() / best[0].as_secs_f64();
            let (delay, requests) = (delay.as_millis(), requests[number]);
            println!("| {delay} ms | {way} | {requests} | {:.0?} | {ratio:.2} |", best[number]);
        }
    }
}

/// Gets the data file with one request, and drops it.
fn get(server: &Server) {
    let options = ClientOptions::new().with_allow_http(true).with_timeout_disabled();
    let store = HttpBuilder::new().with_url(server.url("")).with_client_options(options);
    let store = Arc::new(store.build().expect("a store"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let got = runtime.expect("a runtime").block_on(async {
        let path = Location::from("model.ckpt.data-00000-of-00001");
        store.get(&path).await.expect("the file").bytes().await.expect("all of it")
    });
    black_box(got);
}

/// Loads and verifies all tensors.
fn load(server: &Server, in_flight: usize) {
    use checkpoint_core::FromCheckpoint as _;
    let remote = Remote::parse(&server.url("model.ckpt")).expect("a URL").in_flight(in_flight);
    let checkpoint = remote.open(&OpenOptions::new()).expect("a checkpoint");
    let options = LoadOptions::new().allow_unmapped(true);
    black_box(Gpt2::load_with(&checkpoint, options).expect("a model"));
}
