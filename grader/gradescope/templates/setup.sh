#!/usr/bin/env bash
# Builds the image: a Python of its own (the system's stays as it is) and what the grader needs.
set -euo pipefail

root="${NNKATA_AUTOGRADER:-/autograder}"
source="$root/source"
home="$root/nnkata"
versions="@PYTHONS@"

find_python() {
    for version in $versions; do
        if "python$version" -c "import ensurepip, venv, sys; sys.exit('%d.%d' % sys.version_info[:2] != '$version')" 2>/dev/null; then
            python="python$version"
            return 0
        fi
    done
    return 1
}

if ! find_python; then
    export DEBIAN_FRONTEND=noninteractive
    apt-get update -qq
    for version in $versions; do
        if apt-get install -y -qq --no-install-recommends "python$version" "python$version-venv" && find_python; then
            break
        fi
    done
fi
if ! find_python; then
    echo "error: none of Python $versions can be installed here. Choose the base image Ubuntu 22.04 or newer." >&2
    exit 1
fi

rm -rf "$home"
mkdir -p "$home"
"$python" -m venv "$home/venv"
pip() { "$home/venv/bin/python" -m pip --disable-pip-version-check --quiet "$@"; }
if [ -d "$source/wheels" ]; then
    pip install --no-index --find-links "$source/wheels" -r "$source/requirements.txt"
elif ! pip install -r "$source/requirements.txt" -c "$source/constraints.txt"; then
    echo "warning: the versions of constraints.txt do not install with $python; taking the newest that do" >&2
    pip install -r "$source/requirements.txt"
fi
packages="$("$home/venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
echo "$source/package" >"$packages/nnkata.pth"
"$home/venv/bin/python" -m compileall -q "$source/package" || true

# Hidden tests and solutions: for root alone.
chmod -R go= "$source"
chmod +x "$source/run_autograder"
XDG_CACHE_HOME="$home/cache" "$home/venv/bin/python" -I -m grader.cli.on_gradescope --check "$root" || {
    echo "warning: the grader does not work while the image is built, see the line above." >&2
    echo "If a test run fails in the same way, no submission can be graded." >&2
}
