//! Choosing the next token.

use rand::SeedableRng;
use rand::distr::Distribution;
use rand::distr::weighted::WeightedIndex;
use rand::rngs::ChaCha8Rng;

/// How the next token is chosen.
#[derive(Debug)]
pub struct Sampler(Choice);

#[derive(Debug)]
enum Choice {
    Greedy,
    Random { temperature: f32, top_k: usize, random: ChaCha8Rng },
}

impl Sampler {
    /// Always the most likely one.
    #[must_use]
    pub fn greedy() -> Self {
        Self(Choice::Greedy)
    }

    /// One of the `top_k` most likely ones by chance; 0 stands for all of them. The lower `temperature`, the more
    /// often it is the most likely one; at 1 as often as the model says. The same `seed` makes the same choices.
    #[must_use]
    pub fn random(temperature: f32, top_k: usize, seed: u64) -> Self {
        Self(Choice::Random { temperature, top_k, random: ChaCha8Rng::seed_from_u64(seed) })
    }

    /// Chooses a token; `None` if there is none to choose from.
    pub fn choose(&mut self, logits: &[f32]) -> Option<usize> {
        let (temperature, top_k, random) = match &mut self.0 {
            Choice::Greedy => return most_likely(logits, 1).first().map(|&(token, _)| token),
            Choice::Random { temperature, top_k, random } => (*temperature, *top_k, random),
        };
        let count = if top_k == 0 { logits.len() } else { top_k };
        let candidates = most_likely(logits, count);
        let &(best, max) = candidates.first()?;
        let weight = |&(_, logit): &(usize, f32)| f64::from((logit - max) / temperature).exp();
        match WeightedIndex::new(candidates.iter().map(weight)) {
            Ok(weights) => candidates.get(weights.sample(random)).map(|&(token, _)| token),
            // A temperature so low that the weights are not numbers leaves the most likely one.
            Err(_) => Some(best),
        }
    }
}

/// The `count` most likely tokens with their logits, the likeliest first; of equal ones the one with the lower number.
#[must_use]
pub fn most_likely(logits: &[f32], count: usize) -> Vec<(usize, f32)> {
    let mut tokens: Vec<(usize, f32)> = logits.iter().copied().enumerate().collect();
    let likelier = |a: &(usize, f32), b: &(usize, f32)| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0));
    if count < tokens.len() {
        tokens.select_nth_unstable_by(count, likelier);
        tokens.truncate(count);
    }
    tokens.sort_unstable_by(likelier);
    tokens
}

/// What the logits mean: for each token, how likely it is to follow. Their sum is 1.
#[must_use]
pub fn probabilities(logits: &[f32]) -> Vec<f64> {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f64> = logits.iter().map(|logit| f64::from(logit - max).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}
