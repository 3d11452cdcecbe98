//! An LSTM for translation. The gates of its cells are loaded in the order of PyTorch.
//!
//! A `BasicLSTMCell` of TensorFlow 1 has one kernel for its inputs and its state. Its gates are in the order i, j, f, o: the
//! input gate, the new values, the forget gate and the output gate. `torch.nn.LSTM` has a transposed matrix for each, and gates
//! in the order i, f, g, o, where g stands for the new values.

use checkpoint_core::{FromCheckpoint, ToCheckpoint};
use ndarray::{Array1, Array2};

/// Two stacks of cells, with the embeddings of the vocabulary and an output layer.
#[derive(Debug, FromCheckpoint, ToCheckpoint)]
#[ckpt(dims(words, width, units), ignore(optimizer, bookkeeping))]
#[ckpt(manifest = "manifests/lstm.txt")]
pub struct Translator {
    /// The embeddings: `[word, width]`.
    #[ckpt(shape = [words, width])]
    pub embedding: Array2<f32>,
    /// The cells of the encoder, from the first layer.
    #[ckpt(path = "encoder/rnn/multi_rnn_cell/cell_<i>/basic_lstm_cell", repeat)]
    pub encoder: Vec<Cell>,
    /// The cells of the decoder, from the first layer.
    #[ckpt(path = "decoder/rnn/multi_rnn_cell/cell_<i>/basic_lstm_cell", repeat)]
    pub decoder: Vec<Cell>,
    /// The weights of the output layer: `[units, word]`.
    #[ckpt(path = "decoder/dense/kernel", shape = [units, words])]
    pub logits: Array2<f32>,
}

/// The weights of a layer, in the layout of `torch.nn.LSTM`.
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
    /// The bias: `[4 * units]`.
    #[ckpt(shape = [4 * units], reorder(axis = 0, order = [0, 2, 1, 3]))]
    pub bias: Array1<f32>,
}
