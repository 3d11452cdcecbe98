//! Scaffolds ignore the state of optimizers and metrics.

use expect_test::expect;

use crate::scaffold;

#[test]
fn slots_of_several_optimizers_are_ignored() {
    expect![[r##"
        #[ckpt(ignore(
            optimizer,
            "**/beta[12]_power",
            "**/beta[12]_power_[0-9]",
            "**/Adam_2",
            "**/Adam_3",
            "**/lion"
        ))]
        pub struct Model {
            #[ckpt(path = "D/w", shape = [4, 4])]
            pub d: Array2<f32>,
            #[ckpt(path = "G")]
            pub g: Dense,
            pub frozen: Frozen,
        }

        pub struct Dense {
            #[ckpt(shape = [4])]
            pub b: Array1<f32>,
            #[ckpt(shape = [4, 4])]
            pub w: Array2<f32>,
        }

        pub struct Frozen {
            #[ckpt(shape = [4])]
            pub a: Array1<f32>,
            #[ckpt(shape = [4])]
            pub b: Array1<f32>,
            #[ckpt(shape = [4])]
            pub c: Array1<f32>,
            #[ckpt(shape = [4])]
            pub d: Array1<f32>,
        }
    "##]]
    .assert_eq(&scaffold(&[
        ("beta1_power", &[]),
        ("beta1_power_1", &[]),
        ("beta2_power", &[]),
        ("beta2_power_1", &[]),
        ("gan/beta1_power", &[]),
        ("D/w", &[4, 4]),
        ("D/w/Adam_2", &[4, 4]),
        ("D/w/Adam_3", &[4, 4]),
        ("G/b", &[4]),
        ("G/w", &[4, 4]),
        ("G/w/Adam", &[4, 4]),
        ("G/w/Adam_1", &[4, 4]),
        ("frozen/a", &[4]),
        ("frozen/b", &[4]),
        ("frozen/c", &[4]),
        ("frozen/d", &[4]),
        ("frozen/d/lion", &[4]),
        ("frozen/a/lion", &[4]),
    ]));
}

#[test]
fn scopes_of_optimizers_and_metrics_are_ignored() {
    expect![[r##"
        #[ckpt(ignore(
            "keras_api/metrics/**",
            "RMSprop/**",
            "SGD/**",
            "training/Adam/**",
            "training/Adam_1/**",
            "training/extra/**"
        ))]
        pub struct Model {
            #[ckpt(path = "dense/kernel", shape = [4, 4])]
            pub dense: Array2<f32>,
            #[ckpt(path = "head/kernel", shape = [4, 2])]
            pub head: Array2<f32>,
        }
    "##]]
    .assert_eq(&scaffold(&[
        ("RMSprop/dense/kernel/rms", &[4, 4]),
        ("RMSprop/iter", &[]),
        ("SGD/iter", &[]),
        ("SGD/learning_rate", &[]),
        ("dense/kernel", &[4, 4]),
        ("head/kernel", &[4, 2]),
        ("keras_api/metrics/0/count", &[]),
        ("keras_api/metrics/0/total", &[]),
        ("training/Adam/dense/kernel/m", &[4, 4]),
        ("training/Adam_1/iter", &[]),
        ("training/extra/dense/kernel/x", &[4, 4]),
        ("training/extra/head/kernel/x", &[4, 2]),
        ("training/extra/rate", &[]),
    ]));
}

#[test]
fn a_variable_within_a_variable_is_no_slot_by_itself() {
    let written = scaffold(&[
        ("a/norm", &[4]),
        ("a/norm/bias", &[4]),
        ("b/norm", &[4]),
        ("b/norm/bias", &[4]),
        ("c/w", &[4, 4]),
        ("d/w", &[4, 4]),
        ("e/w", &[4, 4]),
    ]);
    assert!(!written.contains("ignore"), "{written}");
}

#[test]
fn a_checkpoint_of_optimizers_alone_is_about_them() {
    expect![[r##"
        #[ckpt(prefix = "SGD")]
        pub struct Model {
            pub iter: f32,
            pub learning_rate: f32,
        }
    "##]]
    .assert_eq(&scaffold(&[("SGD/iter", &[]), ("SGD/learning_rate", &[])]));
}

#[test]
fn states_of_optimizers_of_pytorch_are_ignored() {
    expect![[r##"
        #[ckpt(separator = ".", ignore("optim.**"))]
        pub struct Model {
            pub epoch: f32,
            #[ckpt(path = "model.<i>", repeat)]
            pub models: Vec<Dense>,
        }

        #[ckpt(dims(local outputs))]
        pub struct Dense {
            #[ckpt(shape = [outputs])]
            pub bias: Array1<f32>,
            #[ckpt(shape = [outputs, _])]
            pub weight: Array2<f32>,
        }
    "##]]
    .assert_eq(&scaffold(&[
        ("epoch", &[]),
        ("model.0.weight", &[4, 3]),
        ("model.0.bias", &[4]),
        ("model.1.weight", &[2, 4]),
        ("model.1.bias", &[2]),
        ("optim.state.0.exp_avg", &[4, 3]),
        ("optim.state.1.exp_avg", &[4]),
        ("optim.param_groups.0.lr", &[]),
    ]));
}
