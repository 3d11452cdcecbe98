//! GPT-2 on several ranks, which are threads here: it continues a text as one rank does. `examples/mpi` does the same with
//! processes.

use std::sync::{Barrier, Mutex};
use std::thread;

use checkpoint_core::{Checkpoint, FromCheckpoint, LoadOptions, Rank};
use checkpoint_examples::gpt2::{
    Context, Gpt2, Gpt2Parallel, Hparams, LanguageModel, Tokenizer, most_likely,
};

const MODEL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/models/gpt2-bard");
const TOKENS: usize = 40;

/// The sum over ranks that are threads.
struct Ring {
    total: Mutex<Vec<f32>>,
    barrier: Barrier,
}

impl Ring {
    fn sum(&self, term: &mut [f32]) {
        {
            let mut total = self.total.lock().unwrap();
            total.resize(term.len(), 0.0);
            total.iter_mut().zip(&*term).for_each(|(total, term)| *total += term);
        }
        self.barrier.wait();
        term.copy_from_slice(&self.total.lock().unwrap());
        if self.barrier.wait().is_leader() {
            self.total.lock().unwrap().clear();
        }
        self.barrier.wait();
    }
}

fn prompt() -> Vec<usize> {
    Tokenizer::read(MODEL).unwrap().encode("To be, or not to be").unwrap()
}

/// The tokens of one rank, by the usual model.
fn expected() -> Vec<usize> {
    let hparams = Hparams::read(MODEL).unwrap();
    let model = LanguageModel::new(Gpt2::load(MODEL).unwrap(), hparams).unwrap();
    let mut context = Context::new(&model, &prompt()).unwrap();
    let mut next = || {
        let token = most_likely(context.logits(), 1)[0].0;
        context.push(token).unwrap();
        token
    };
    (0..TOKENS).map(|_| next()).collect()
}

#[test]
fn all_numbers_of_ranks_continue_a_text_alike() {
    let (expected, hparams) = (expected(), Hparams::read(MODEL).unwrap());
    let checkpoint = Checkpoint::open(MODEL).unwrap();
    let whole: u64 =
        checkpoint.variables().iter().filter_map(checkpoint_core::Variable::bytes).sum();
    let whole = usize::try_from(whole).unwrap();
    for ranks in [1, 2, 4] {
        let ring = Ring { total: Mutex::default(), barrier: Barrier::new(ranks) };
        let run = |index| {
            let options = LoadOptions::new().rank(Rank::new(index, ranks).unwrap());
            let (part, _) = Gpt2Parallel::load_with(&checkpoint, options).unwrap();
            let bytes = 4 * part.blocks.iter().map(elements).sum::<usize>();
            assert!(bytes <= whole / ranks + 20_000, "{bytes} of {whole}");
            part.continue_text(&hparams, &prompt(), TOKENS, &|term| ring.sum(term))
        };
        thread::scope(|scope| {
            let run = &run;
            let threads: Vec<_> = (0..ranks).map(|index| scope.spawn(move || run(index))).collect();
            for thread in threads {
                assert_eq!(thread.join().unwrap(), expected, "{ranks} ranks");
            }
        });
    }
}

/// The number of elements of a block that ranks divide.
fn elements(block: &checkpoint_examples::gpt2::BlockParallel) -> usize {
    let (attn, mlp) = (&block.attn, &block.mlp);
    let qkv: usize = attn.qkv.iter().map(ndarray::ArrayBase::len).sum();
    qkv + attn.proj.len() + mlp.up.len() + mlp.down.len()
}
