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
    let run = ckpt(["convert", "models/gpt2-nano", "s3://bucket/model.safetensors"]).shown();
    assert!(
        run.contains("`s3://bucket/model.safetensors`: this `ckpt` was built without"),
        "{run}"
    );
}

#[cfg(feature = "remote")]
mod built {
    use std::fs;
    use std::path::Path;
    use std::process::Command;

    use checkpoint_tests::programs::{Nginx, Tls, free_port, program, send, started};
    use checkpoint_tests::server::{Answer, Request, Server};

    use checkpoint_tests::writer::Bundle;

    use super::*;
    use crate::{corpus, data_file, write};

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
            (&["scaffold"], &[]),
        ] {
            let run = |path: &str| ckpt(before.iter().chain(&[path]).chain(after)).good();
            assert_eq!(run(&url).replace(&url, MODEL), run(MODEL), "{before:?}");
        }
        assert_eq!(ckpt(["diff", &url, MODEL]).status, 0);
        let folder = tempfile::tempdir().unwrap();
        let (there, here) = (folder.path().join("there.npz"), folder.path().join("here.npz"));
        assert_eq!(ckpt(["convert", &url, there.to_str().unwrap()]).status, 0);
        assert_eq!(ckpt(["convert", MODEL, here.to_str().unwrap()]).status, 0);
        assert_eq!(fs::read(there).unwrap(), fs::read(here).unwrap());
        let page = folder.path().join("page.html");
        assert_eq!(ckpt(["report", &url, "-o", page.to_str().unwrap()]).status, 0);
        assert!(page.is_file());
    }

    /// Names that try to change the terminal, the page or the line.
    const HOSTILE: [&str; 5] = [
        "red\u{1b}[31m",
        "bell\u{7}",
        "turn\u{202e}gpj",
        "two\nerror: lines",
        "<script>x</script>",
    ];

    #[test]
    fn hostile_names_are_escaped_as_those_of_local_files() {
        let bundle =
            HOSTILE.iter().fold(Bundle::new(), |bundle, name| bundle.f32(*name, &[2], &[0.0, 1.0]));
        let (folder, prefix) = write(bundle);
        let data = data_file(&prefix);
        let mut bytes = fs::read(&data).unwrap();
        let whole = bytes.clone();
        let server = Server::start(folder.path()).unwrap();
        let url = server.url("model.ckpt");
        for is_damaged in [false, true] {
            bytes[0] ^= u8::from(is_damaged);
            fs::write(&data, if is_damaged { &bytes } else { &whole }).unwrap();
            for arguments in [
                &["ls"][..],
                &["ls", "--tree"],
                &["ls", "--json"],
                &["verify"],
                &["digest"],
                &["scaffold"],
                &["show", HOSTILE[0]],
                &["show", "red"],
                &["explain", HOSTILE[2]],
                &["convert", "--dry-run", "x.npz"],
            ] {
                let run = |path: &str| {
                    let (command, rest) = arguments.split_first().unwrap();
                    let options = rest.iter().filter(|word| word.starts_with("--"));
                    let others = rest.iter().filter(|word| !word.starts_with("--"));
                    let run =
                        ckpt([command].into_iter().chain(options).chain([&path]).chain(others));
                    run.shown().replace(path, "PATH")
                };
                let local = prefix.display().to_string();
                let shown = run(&url);
                assert_eq!(shown, run(&local), "{arguments:?}");
                let is_seen = |letter: char| letter == '\n' || !letter.is_control();
                assert!(shown.chars().all(is_seen) && !shown.contains('\u{202e}'), "{shown:?}");
            }
        }
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

    /// The files of a folder with those of its folders, as paths from `root`.
    fn files(folder: &Path, root: &Path) -> Vec<(String, Vec<u8>)> {
        let mut found = Vec::new();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                found.extend(files(&path, root));
            } else {
                let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
                found.push((name, fs::read(&path).unwrap()));
            }
        }
        found.sort();
        found
    }

    /// The conversions of the tests: arguments, the name of the checkpoint, and the last file.
    const CONVERSIONS: [(&[&str], &str, &str); 5] = [
        (&[], "model.ckpt", "model.ckpt.index"),
        (&[], "model.safetensors", "model.safetensors"),
        (&[], "model.npz", "model.npz"),
        (&["--max-shard-size", "20kB"], "model.safetensors", "model.safetensors.index.json"),
        (&["--model", "gpt2"], "model.safetensors", "model.safetensors"),
    ];

    #[test]
    fn a_conversion_is_uploaded_with_its_index_last() {
        for (arguments, name, last) in CONVERSIONS {
            let (there, here) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            let server = Server::start(there.path()).unwrap();
            let url = server.url(&format!("a/b/{name}"));
            let local = here.path().join("a/b").join(name);
            let run = |to: &str| {
                let first = ["convert", "models/gpt2-nano", to];
                ckpt(first.iter().chain(arguments)).good()
            };
            let said = run(&url);
            assert!(said.contains(&format!("as {}", server.url("a/b/model."))), "{said}");
            assert!(said.contains("; verified"), "{said}");
            let puts = server.requests().into_iter().filter(|request| request.method == "PUT");
            let puts: Vec<String> = puts.map(|request| request.path).collect();
            assert_eq!(puts.last().unwrap(), &format!("a/b/{last}"));
            run(local.to_str().unwrap());
            let (found, expected) =
                (files(there.path(), there.path()), files(here.path(), here.path()));
            assert_eq!(found.len(), puts.len());
            assert!(found == expected, "{name}: {puts:?}");
            // The model has its configuration.
            assert_eq!(
                puts.contains(&"a/b/config.json".to_owned()),
                !arguments.is_empty() && arguments[0] == "--model"
            );
        }
    }

    #[test]
    fn an_upload_is_read_back_and_compared() {
        let there = tempfile::tempdir().unwrap();
        let file = there.path().join("model.safetensors");
        let server = Server::start(there.path()).unwrap().decide(move |_, request| {
            // The store has changed the last byte.
            if let ("GET", Ok(mut bytes)) = (&*request.method, fs::read(&file)) {
                *bytes.last_mut().unwrap() = 1;
                fs::write(&file, bytes).unwrap();
            }
            Answer::Careless
        });
        let url = server.url("model.safetensors");
        let said = ckpt(["convert", "models/gpt2-nano", &url]).shown();
        expect![[r#"
            status 1
            error: `model/wte` in `URL/model.safetensors` differs from what was written; convert it again, to another place
        "#]].assert_eq(&said.replace(&server.url(""), "URL/"));
    }

    #[test]
    fn an_interrupted_conversion_leaves_nothing_that_opens() {
        for (arguments, name, _) in CONVERSIONS {
            for stopped in 0.. {
                let there = tempfile::tempdir().unwrap();
                let puts = std::sync::atomic::AtomicUsize::new(0);
                let server = Server::start(there.path()).unwrap().decide(move |_, request| {
                    let is_put = request.method == "PUT";
                    let number =
                        puts.fetch_add(is_put.into(), std::sync::atomic::Ordering::Relaxed);
                    if is_put && number >= stopped { Answer::Status(403) } else { Answer::Serve }
                });
                let url = server.url(name);
                let arguments = ["convert", "models/gpt2-nano", &url]
                    .into_iter()
                    .chain(arguments.iter().copied());
                let run = ckpt(arguments);
                if run.status == 0 {
                    assert!(stopped > 0);
                    break;
                }
                let shown = run.shown();
                assert!(shown.starts_with("status 2\nerror: cannot upload `"), "{shown}");
                let listed = ckpt(["ls", &url]).shown();
                assert!(listed.contains("there is no checkpoint"), "{stopped}: {listed}");
            }
        }
    }

    #[test]
    fn what_cannot_be_converted_to_a_url_is_told() {
        let there = tempfile::tempdir().unwrap();
        let server = Server::start(there.path()).unwrap();
        let said = |name: &str, arguments: &[&str]| {
            let url = server.url(name);
            let all =
                ["convert", "models/gpt2-nano", &url].into_iter().chain(arguments.iter().copied());
            ckpt(all).shown().replace(&server.url(""), "URL/")
        };
        expect![[r#"
            status 2
            error: cannot write to the URL `URL/model/`: a directory of arrays opens before it is complete; write an archive, `.npz`
        "#]].assert_eq(&said("model/", &[]));
        expect![[r#"
            status 2
            error: cannot write to the URL `URL/model.npz`: a store replaces files one by one; write to another URL, or remove the checkpoint first
        "#]].assert_eq(&said("model.npz", &["--overwrite"]));
        expect![[r#"
            status 2
            error: cannot write to the URL `URL/model.ckpt`: parts need a common folder; write files, and upload them
        "#]].assert_eq(&said("model.ckpt", &["--part", "1/2", "--max-shard-size", "20kB"]));
        said("model.ckpt", &[]);
        expect![[r#"
            status 2
            error: cannot write to the URL `URL/model.ckpt`: there is a checkpoint; write to another URL, or remove it first
        "#]].assert_eq(&said("model.ckpt", &[]));
        fs::write(there.path().join("config.json"), "{}").unwrap();
        expect![[r#"
            status 2
            error: cannot write to the URL `URL/model.safetensors`: there is a `config.json` beside it; remove that first, or leave out `--config`
        "#]]
            .assert_eq(&said("model.safetensors", &["--model", "gpt2", "--config", "n_head=2"]));
        // Without an entry, it is kept, and the checkpoint is written.
        assert!(said("model.safetensors", &["--model", "gpt2"]).starts_with("status 0"));
        assert_eq!(fs::read(there.path().join("config.json")).unwrap(), b"{}");
        // Nothing is written by a look.
        assert!(said("none.npz", &["--dry-run"]).contains("nothing was written"));
        assert!(!there.path().join("none.npz").exists());
    }

    #[test]
    fn hyper_parameters_are_read_beside_a_url() {
        let server = Server::start(corpus()).unwrap();
        for path in [MODEL, "models/gpt2-nano/"] {
            let there = ckpt(["scaffold", &server.url(path)]).good();
            assert!(there.contains("dims(n_embd, n_ctx, n_vocab)"), "{there}");
        }
    }

    #[test]
    fn certificates_are_those_of_the_system() {
        let Some(nginx) = Nginx::start(corpus()) else { return };
        let Some(Tls { url, certificate }) = &nginx.tls else { return };
        let mut command = crate::command();
        let command = command.env("SSL_CERT_FILE", certificate);
        let listed = crate::run(command.args(["ls", &format!("{url}/{MODEL}")])).good();
        assert_eq!(listed, ckpt(["ls", MODEL]).good());
    }

    #[test]
    fn a_conversion_goes_to_a_bucket() {
        let Some(program) = program("moto/bin/moto_server") else { return };
        let port = free_port();
        let _server =
            started(Command::new(program).args(["-H", "127.0.0.1", "-p", &port.to_string()]), port);
        send(port, "PUT /bucket", b"");
        let s3 = |arguments: &[&str]| {
            let mut command = crate::command();
            command.env("AWS_ENDPOINT", format!("http://127.0.0.1:{port}"));
            command.env("AWS_ALLOW_HTTP", "true").env("AWS_REGION", "us-east-1");
            command.env("AWS_ACCESS_KEY_ID", "key").env("AWS_SECRET_ACCESS_KEY", "secret");
            crate::run(command.args(arguments))
        };
        for to in ["s3://bucket/a/model.safetensors", "s3://bucket/b/model.ckpt"] {
            let from = "models/gpt2-shakespeare";
            let shards = ["--max-shard-size", "500kB"];
            let said = s3(&[&["convert", from, to][..], &shards].concat()).good();
            assert!(said.contains(&format!("as {to}")) && said.contains("; verified"), "{said}");
            let opens = said.split(" as ").nth(1).unwrap().split(' ').next().unwrap();
            assert_eq!(s3(&["diff", opens, from]).status, 0, "{opens}");
            let again = s3(&["convert", from, to]).shown();
            assert!(again.contains("there is a checkpoint"), "{again}");
        }
    }
}
