//! Choosing the next token.

use rand::SeedableRng;
use rand::distr::Distribution;
use rand::distr::weighted::WeightedIndex;
use rand::rngs::ChaCha8Rng;

/// A method of choosing the next token.
#[derive(Debug)]
pub struct Sampler(Choice);

#[derive(Debug)]
enum Choice {
    Greedy,
    Random { temperature: f32, top_k: usize, random: Box<ChaCha8Rng> },
}

impl Sampler {
    /// Creates a sampler that always chooses the most likely token.
    #[must_use]
    pub fn greedy() -> Self {
        Self(Choice::Greedy)
    }

    /// Creates a sampler that chooses at random among the `top_k` most likely tokens; 0 stands for all tokens. A low
    /// `temperature` favors the most likely token; 1 keeps the probabilities of the model. The same `seed` makes the same
    /// choices.
    #[must_use]
    pub fn random(temperature: f32, top_k: usize, seed: u64) -> Self {
        Self(Choice::Random {
            temperature,
            top_k,
            random: Box::new(ChaCha8Rng::seed_from_u64(seed)),
        })
    }

    /// Chooses a token. Returns `None` if there are no logits.
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
            // A very low temperature can make weights that are not numbers; then the most likely token is chosen.
            Err(_) => Some(best),
        }
    }
}

/// Returns the `count` most likely tokens with their logits, the most likely first. Equal logits are ordered by token.
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

/// Converts logits to probabilities (softmax). Their sum is 1.
#[must_use]
pub fn probabilities(logits: &[f32]) -> Vec<f64> {
    let max = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f64> = logits.iter().map(|logit| f64::from(logit - max).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / sum).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_likely_come_first_and_of_equal_ones_the_lower_number() {
        let logits = [1.0, 3.0, -1.0, 3.0, 2.0];
        assert_eq!(most_likely(&logits, 3), [(1, 3.0), (3, 3.0), (4, 2.0)]);
        assert_eq!(most_likely(&logits, 9).len(), 5);
        assert_eq!(most_likely(&logits, 0), []);
    }

    #[test]
    fn probabilities_are_in_the_ratio_of_the_exponentials() {
        let found = probabilities(&[1000.0, 1000.0 - 2_f32.ln(), 1000.0 - 4_f32.ln()]);
        for (found, expected) in found.into_iter().zip([4.0 / 7.0, 2.0 / 7.0, 1.0 / 7.0]) {
            assert!((found - expected).abs() < 1e-4, "{found} {expected}");
        }
    }

    /// Counts how often each of three tokens is chosen in 10,000 trials.
    fn counts(mut sampler: Sampler) -> [u32; 3] {
        let logits = [0.0, 4_f32.ln(), 5_f32.ln()];
        let mut counts = [0; 3];
        for _ in 0..10_000 {
            counts[sampler.choose(&logits).unwrap()] += 1;
        }
        counts
    }

    #[test]
    fn tokens_are_chosen_as_often_as_they_are_likely() {
        let [a, b, c] = counts(Sampler::random(1.0, 0, 1));
        assert!(a.abs_diff(1000) < 150 && b.abs_diff(4000) < 250 && c.abs_diff(5000) < 250);
    }

    #[test]
    fn a_temperature_changes_how_often() {
        // Halving the temperature squares the ratio: 1 to 16 to 25.
        let [a, b, c] = counts(Sampler::random(0.5, 0, 1));
        assert!(a.abs_diff(238) < 80 && b.abs_diff(3810) < 250 && c.abs_diff(5952) < 250);
    }

    #[test]
    fn only_the_top_tokens_are_chosen() {
        let [a, b, c] = counts(Sampler::random(1.0, 2, 1));
        assert!(a == 0 && b.abs_diff(4444) < 250 && c.abs_diff(5556) < 250);
        assert_eq!(counts(Sampler::greedy()), [0, 0, 10_000]);
    }

    #[test]
    fn a_seed_means_the_same_choices_everywhere() {
        let mut sampler = Sampler::random(1.0, 0, 38);
        let chosen = [0; 12].map(|_| sampler.choose(&[0.0; 10]).unwrap());
        assert_eq!(chosen, [4, 9, 3, 3, 1, 6, 6, 3, 8, 9, 5, 9]);
    }

    #[test]
    fn there_is_nothing_to_choose_from_nothing() {
        assert_eq!(Sampler::greedy().choose(&[]), None);
        assert_eq!(Sampler::random(1.0, 0, 1).choose(&[]), None);
    }
}
