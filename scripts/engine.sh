#!/usr/bin/env bash
# Compiles what the app runs as WebAssembly: pwa/engine and pwa/pin → target/engine/wasm32-unknown-unknown/engine/{engine,pin}.wasm.
#
# Rust's own installer is not asked first, since it downloads from a host that many networks do not reach:
#   1. the current toolchain, where it can already compile for WebAssembly;
#   2. Debian's `rustc-web`, where apt is at hand, with a standard library built from its source;
#   3. else the current toolchain, after `rustup target add`.
# The folder of its own keeps one compiler's work from spoiling the other's.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/apt.sh

target=wasm32-unknown-unknown
build=(build --package engine --package pin --profile engine --target "$target" --target-dir target/engine "$@")

# No path of the machine that built it: the same source gives the same engine everywhere.
export RUSTFLAGS="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}=cargo --remap-path-prefix=$PWD=tiwizi"

has_target() { [ -d "$(rustc --print target-libdir --target "$target" 2>/dev/null)" ]; }

if has_target; then
  exec cargo "${build[@]}"
fi
if apt_install rustc-web cargo-web rust-web-src rust-web-llvm lld-22; then
  # Building the standard library is not a stable option of cargo yet. Since it is built here, a panic can end the engine
  # without a message, and no code needs a form for developers or the place it stands at, which nobody on a phone would read:
  # 8 % less to download.
  export RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER=wasm-ld-22
  RUSTFLAGS+=" -Zunstable-options -Cpanic=immediate-abort -Zfmt-debug=none -Zlocation-detail=none"
  exec /usr/bin/cargo "${build[@]}" -Z build-std=std,panic_abort -Z build-std-features=optimize_for_size
fi
rustup target add "$target"
exec cargo "${build[@]}"
