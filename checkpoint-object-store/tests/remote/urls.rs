//! Valid and invalid URLs.

use checkpoint_object_store::Remote;
use expect_test::expect;

fn problem(url: &str) -> String {
    Remote::parse(url).unwrap_err().to_string()
}

#[test]
fn urls_that_mean_no_store_are_told() {
    expect!["cannot open `models/124M`: relative URL without a base"]
        .assert_eq(&problem("models/124M"));
    expect!["cannot open `ftp://example.com/model.ckpt`: unknown scheme `ftp`; write `https`, `s3`, `gs` or `az`"].assert_eq(&problem("ftp://example.com/model.ckpt"));
    expect!["cannot open `https://example.com/model.safetensors`: expected a URL without a query, fragment or password; set credentials in the environment"].assert_eq(&problem("https://example.com/model.safetensors?token=secret"));
    expect!["cannot open `https://me@example.com/model.safetensors`: expected a URL without a query, fragment or password; set credentials in the environment"].assert_eq(&problem("https://me:secret@example.com/model.safetensors"));
}

#[test]
fn paths_are_shown_as_urls() {
    let path = |url: &str| Remote::parse(url).unwrap().path().display().to_string();
    for url in [
        "https://example.com/a/model.ckpt",
        "https://example.com/a/",
        "http://127.0.0.1:80/model.ckpt",
        "s3://bucket/models/124M",
        "gs://bucket/models/",
        "https://account.blob.core.windows.net/container/models/124M",
    ] {
        // The default port of the scheme is dropped.
        assert_eq!(path(url), url.replace(":80/", "/"));
    }
    assert_eq!(path("https://example.com/a%20b/c"), "https://example.com/a b/c");
}
