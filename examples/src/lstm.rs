//! An LSTM that translates, with the gates of its cells in the order of PyTorch.
//!
//! A `BasicLSTMCell` of TensorFlow 1 has one kernel for its inputs and its state, and gates in the order i, j, f, o: the input gate, the
//! new values, the forget gate and the output gate. `torch.nn.LSTM` has a matrix for each, transposed, and gates in the order i, f, g, o,
//! where g stands for the new values.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array2};

/// Two stacks of cells, and the words that they read and write.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(words, width, units), ignore(optimizer, bookkeeping))]
#[ckpt(manifest = "manifests/lstm.txt")]
pub struct Translator {
    /// The embeddings: `[word, width]`.
    #[ckpt(shape = [words, width])]
    pub embedding: Array2<f32>,
    /// The cells that read, from the first layer.
    #[ckpt(path = "encoder/rnn/multi_rnn_cell/cell_<i>/basic_lstm_cell", repeat)]
    pub encoder: Vec<Cell>,
    /// The cells that write, from the first layer.
    #[ckpt(path = "decoder/rnn/multi_rnn_cell/cell_<i>/basic_lstm_cell", repeat)]
    pub decoder: Vec<Cell>,
    /// The logits of each word: `[units, word]`.
    #[ckpt(path = "decoder/dense/kernel", shape = [units, words])]
    pub logits: Array2<f32>,
}

/// The weights of a layer, as `torch.nn.LSTM` has them.
///
/// TensorFlow adds 1 to the forget gate when it computes, and PyTorch does not: add 1 to `bias[units..2 * units]`.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(local inputs))]
pub struct Cell {
    /// The weights of the inputs: `[4 * units, inputs]`.
    #[ckpt(path = "kernel", shape = [inputs + units, 4 * units])]
    #[ckpt(slice(axis = 0, range = ..inputs), transpose, reorder(axis = 0, order = [0, 2, 1, 3]))]
    pub weight_ih: Array2<f32>,
    /// The weights of the state: `[4 * units, units]`.
    #[ckpt(path = "kernel", shape = [inputs + units, 4 * units])]
    #[ckpt(slice(axis = 0, range = inputs..), transpose, reorder(axis = 0, order = [0, 2, 1, 3]))]
    pub weight_hh: Array2<f32>,
    /// What is added: `[4 * units]`.
    #[ckpt(shape = [4 * units], reorder(axis = 0, order = [0, 2, 1, 3]))]
    pub bias: Array1<f32>,
}
