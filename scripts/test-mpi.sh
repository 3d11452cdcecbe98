#!/usr/bin/env bash
# Runs GPT-2 on four ranks under Open MPI, and compares its text with that of one rank: `examples/mpi`. Also converts a checkpoint in four
# parts, and compares the files with those of one process. Installs Open MPI with apt if it is missing. Ends with 77 if that is not
# possible, or if Open MPI cannot start processes.
set -euo pipefail
cd "$(dirname "$0")/.."

# The bindings to MPI are generated with libclang.
if ! command -v mpirun >/dev/null || ! command -v mpicc >/dev/null || ! compgen -G '/usr/lib/llvm-*/lib/libclang*.so*' >/dev/null; then
    packages=(libopenmpi-dev openmpi-bin libclang-dev)
    if ! { [ "$(id -u)" = 0 ] && apt-get install -y --no-install-recommends "${packages[@]}"; } >/dev/null 2>&1; then
        echo "notice: Open MPI is missing and cannot be installed here, so nothing runs on several ranks" >&2
        exit 77
    fi
fi

# Open MPI refuses to run as root, and more ranks than cores, without these options.
run=(mpirun --allow-run-as-root --oversubscribe -n 4)
if ! timeout 60 "${run[@]}" true >/dev/null 2>&1; then
    echo "notice: Open MPI cannot start processes here, so nothing runs on several ranks" >&2
    exit 77
fi

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
cargo build --manifest-path examples/mpi/Cargo.toml --locked
program=$CARGO_TARGET_DIR/debug/checkpoint-mpi-example
saved=$(mktemp -d)
trap 'rm -rf "$saved"' EXIT
"${run[@]}" "$program" examples/models/gpt2-bard "To be, or not to be" 40 "$saved/model.ckpt"

# The ranks save the bytes that they have loaded.
for file in examples/models/gpt2-bard/model.ckpt.*; do
    cmp "$file" "$saved/${file##*/}"
done

# A conversion in parts equals that of one process.
cargo build -p ckpt --locked
for name in gpt2.safetensors gpt2.ckpt; do
    convert=("$CARGO_TARGET_DIR/debug/ckpt" convert --max-shard-size 500kB)
    "${convert[@]}" examples/models/gpt2-bard "$saved/one/$name"
    "${run[@]}" "${convert[@]}" --part env examples/models/gpt2-bard "$saved/four/$name"
    "${convert[@]}" --finish examples/models/gpt2-bard "$saved/four/$name"
done
diff -r "$saved/one" "$saved/four"
echo "a conversion in four parts has the bytes of one"
