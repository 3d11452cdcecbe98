#!/usr/bin/env bash
# Fetches TensorFlow's library for `checkpoint-tensorflow`: 187 MB of downloads, 561 MB on the disk. Linux on x86-64.
#
#   scripts/get-libtensorflow.sh [DIR]      DIR is `target/libtensorflow` if it is not given
#   export TENSORFLOW_DIR="$PWD/target/libtensorflow"
#
# It is taken out of the package `tensorflow-cpu` on PyPI, which is not installed. Needs Python 3 with pip, and what pip
# is told of proxies and mirrors. A directory that has the library is left as it is.
set -euo pipefail

version=2.13.1
dir=${1:-target/libtensorflow}
stamp=$dir/version

if [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$version" ] && [ -e "$dir/libtensorflow.so" ]; then
    echo "$dir has TensorFlow $version already" >&2
    exit
fi

mkdir -p "$dir"
temporary=$(mktemp -d "$dir/download.XXXXXX")
trap 'rm -rf "$temporary"' EXIT

# The Python that will run it does not matter, for none does; the library needs no other package.
python3 -m pip download --quiet --disable-pip-version-check --no-deps --no-cache-dir --only-binary=:all: \
    --python-version 3.11 --platform manylinux2014_x86_64 --platform manylinux_2_17_x86_64 \
    --dest "$temporary" "tensorflow-cpu==$version"

python3 - "$temporary" <<'PYTHON'
import pathlib, shutil, sys, zipfile

folder = pathlib.Path(sys.argv[1])
(wheel,) = folder.glob("*.whl")
with zipfile.ZipFile(wheel) as package:
    for name in ["libtensorflow_cc.so.2", "libtensorflow_framework.so.2"]:
        with package.open(f"tensorflow/{name}") as stored, open(folder / name, "wb") as file:
            shutil.copyfileobj(stored, file, 1 << 20)
PYTHON

# Both are needed in one directory, each by the name that the other knows it by.
mv "$temporary"/libtensorflow_cc.so.2 "$temporary"/libtensorflow_framework.so.2 "$dir/"
ln -sf libtensorflow_cc.so.2 "$dir/libtensorflow.so"
ln -sf libtensorflow_framework.so.2 "$dir/libtensorflow_framework.so"
echo "$version" >"$stamp"
echo "TensorFlow $version is in $dir; now: export TENSORFLOW_DIR=\"$(cd "$dir" && pwd)\"" >&2
