/// GPT-2.
DERIVE
ROOT
pub struct Gpt2 {
    pub wte: Array2<f32>,
    pub wpe: Array2<f32>,
    BLOCKS
    pub blocks: Vec<Block>,
    pub ln_f: LayerNorm,
}

/// A block of the transformer.
DERIVE
pub struct Block {
    pub ln_1: LayerNorm,
    pub attn: Attention,
    pub ln_2: LayerNorm,
    pub mlp: Mlp,
}

/// Attention of several heads.
DERIVE
pub struct Attention {
    pub c_attn: Conv1d,
    pub c_proj: Conv1d,
}

/// A perceptron with one hidden layer.
DERIVE
pub struct Mlp {
    pub c_fc: Conv1d,
    pub c_proj: Conv1d,
}

/// A linear map.
DERIVE
pub struct Conv1d {
    SQUEEZE
    pub w: Array2<f32>,
    pub b: Array1<f32>,
}

/// A normalization.
DERIVE
pub struct LayerNorm {
    pub g: Array1<f32>,
    pub b: Array1<f32>,
}
