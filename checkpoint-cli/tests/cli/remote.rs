//! Checkpoints that are named by a URL.

use expect_test::expect;

use crate::ckpt;

#[cfg(not(feature = "remote"))]
#[test]
fn a_binary_without_the_network_says_how_to_build_one_with_it() {
    expect![[r#"
        status 2
        error: cannot open `https://example.com/model.ckpt`: this `ckpt` was built without the network; build one with it: `cargo install ckpt --features remote`, or `cargo run --release -p ckpt --features remote -- ...` in a copy of the repository
    "#]].assert_eq(&ckpt(["ls", "https://example.com/model.ckpt"]).shown());
}

#[test]
fn nothing_is_written_to_a_url() {
    let run = ckpt(["convert", "models/gpt2-nano", "s3://bucket/model.safetensors"]);
    expect![[r#"
        status 2
        error: cannot write to the URL `s3://bucket/model.safetensors`; write a file, and upload it
    "#]]
    .assert_eq(&run.shown());
}

#[cfg(feature = "remote")]
mod built {
    use std::fs;

    use checkpoint_tests::server::{Request, Server};

    use super::*;
    use crate::corpus;

    const MODEL: &str = "models/gpt2-nano/model.ckpt";

    fn paths(server: &Server) -> Vec<String> {
        server.requests().into_iter().map(|Request { path, .. }| path).collect()
    }

    #[test]
    fn ls_reads_the_index_alone() {
        let server = Server::start(corpus()).unwrap();
        let remote = ckpt(["ls", &server.url(MODEL)]).good();
        assert_eq!(paths(&server), [format!("{MODEL}.index")]);
        assert_eq!(remote, ckpt(["ls", MODEL]).good());
        // So it is with the names of objects, but for the graph, which is in a data file.
        let listed = ckpt(["ls", "--json", &server.url("numpy/stored.npz")]).good();
        assert_eq!(paths(&server), ["numpy/stored.npz"]);
        assert!(!listed.is_empty());
    }

    #[test]
    fn every_command_takes_urls() {
        let server = Server::start(corpus()).unwrap();
        let url = server.url(MODEL);
        for (before, after) in [
            (&["show"][..], &["model/wte"][..]),
            (&["explain"], &["model/wte"]),
            (&["digest"], &[]),
            (&["verify"], &[]),
            (&["manifest"], &[]),
        ] {
            let run = |path: &str| ckpt(before.iter().chain(&[path]).chain(after)).good();
            assert_eq!(run(&url).replace(&url, MODEL), run(MODEL), "{before:?}");
        }
        assert_eq!(ckpt(["diff", &url, MODEL]).status, 0);
        let folder = tempfile::tempdir().unwrap();
        // No file of hyper-parameters names the lengths of a checkpoint behind a URL.
        for file in ["model.ckpt.index", "model.ckpt.data-00000-of-00001"] {
            fs::copy(corpus().join("models/gpt2-nano").join(file), folder.path().join(file))
                .unwrap();
        }
        let copy = folder.path().join("model.ckpt");
        let copy = copy.to_str().unwrap();
        let scaffold = ckpt(["scaffold", &url]).good();
        assert_eq!(scaffold.replace(&url, copy), ckpt(["scaffold", copy]).good());
        let (there, here) = (folder.path().join("there.npz"), folder.path().join("here.npz"));
        assert_eq!(ckpt(["convert", &url, there.to_str().unwrap()]).status, 0);
        assert_eq!(ckpt(["convert", MODEL, here.to_str().unwrap()]).status, 0);
        assert_eq!(fs::read(there).unwrap(), fs::read(here).unwrap());
        let page = folder.path().join("page.html");
        assert_eq!(ckpt(["report", &url, "-o", page.to_str().unwrap()]).status, 0);
        assert!(page.is_file());
    }

    #[test]
    fn what_is_wrong_with_a_url_is_told() {
        let server = Server::start(corpus()).unwrap();
        let none = server.url("none/model.ckpt");
        let shown = ckpt(["ls", &none]).shown().replace(&none, "URL");
        expect![[r#"
            status 2
            error: there is no checkpoint `URL`: no such file or directory, and no `URL.index`; check the path
        "#]].assert_eq(&shown);
        expect![[r#"
            status 2
            error: cannot open `ftp://example.com/model.ckpt`: unknown scheme `ftp`; write `https`, `s3`, `gs` or `az`
        "#]].assert_eq(&ckpt(["ls", "ftp://example.com/model.ckpt"]).shown());
    }
}
