//! The names, dtypes and shapes of published architectures, computed from their hyper-parameters.

pub mod albert;
pub mod bert;
pub mod efficientnet;
pub mod electra;
pub mod keras;
pub mod listing;
pub mod minigo;
pub mod mobilenet;
pub mod mobilenet_v2;
pub mod pytorch;
pub mod resnet;
pub mod t5;
