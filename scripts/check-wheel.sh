#!/bin/sh
# Builds the wheel, installs it into an empty environment, and lets it answer a picture from there.
# What the package needs comes from the environment of the Python that is named:
#     sh scripts/check-wheel.sh .venv/bin/python
set -eu
python=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
checkout=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/source" "$work/elsewhere"

# A copy is built: nothing is left in the checkout, and nothing of an earlier build gets in.
cd "$checkout"
cp -R asl models pyproject.toml setup.py requirements.txt README.md LICENSE "$work/source"
"$python" -m build --wheel --no-isolation --outdir "$work" "$work/source" > "$work/log" 2>&1 || {
    cat "$work/log"
    exit 1
}

"$python" -m venv --without-pip "$work/venv"
own="$work/venv/bin/python"
"$python" -m pip --python "$own" install --quiet --no-index --no-deps "$work"/*.whl
# A path in a .pth file does not run the .pth files that lie there, so the checkout stays unknown.
"$python" -c "import sysconfig; print(*{sysconfig.get_path(n) for n in ('purelib', 'platlib')}, sep='\n')" \
    > "$("$own" -c "import sysconfig; print(sysconfig.get_path('purelib'))")/dependencies.pth"

cd "$work/elsewhere"
unset PYTHONPATH
ASL_HOME="$work/home" "$own" -P "$checkout/scripts/check_installed.py"
