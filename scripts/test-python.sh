#!/usr/bin/env bash
# Builds the Python package `tfckpt` and tests it, in a virtual environment in `target`. Needs Rust, and Python 3.9 or newer with
# pip, which fetches what the tests need. Without them it ends with 77.
#
#   scripts/test-python.sh [ARGUMENT OF PYTEST...]
#
# The package is built as `pip install ./checkpoint-python` builds it, but without optimization, which takes minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

mkdir -p target
environment=$PWD/target/python
export PATH=$environment/bin:$PATH PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_QUIET=1

prepare() {
    { [ -x "$environment/bin/python" ] || python3 -m venv "$environment"; } &&
        python -m pip install "maturin>=1.9,<2" "numpy<3" "ml_dtypes<1" "pytest<10" "mypy<3"
}
if ! (python3 -c 'import sys; sys.exit(sys.version_info < (3, 9))' && prepare); then
    echo "notice: there is no Python 3.9 or newer with pip that can fetch packages, so \`tfckpt\` is not tested" >&2
    exit 77
fi

export CARGO_PROFILE_DEV_DEBUG=0 CARGO_INCREMENTAL=0 MATURIN_PEP517_ARGS="--profile dev --locked"
python -m pip install --no-build-isolation --no-deps --force-reinstall ./checkpoint-python
cd checkpoint-python
python -m pytest -q "$@"
