# Sourced by the other scripts: creates .venv, and updates it when pyproject.toml, constraints.txt or the extras change.
# Usage: setup EXTRAS, with EXTRAS empty or a list such as [dev]. Sets $bin to the folder of the environment's programs.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
bin=$root/.venv/bin

find_python() {
    local name
    for name in python3.11 python3.12 python3.13 python3; do
        if "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
            command -v "$name"
            return
        fi
    done
    echo "ganlab needs Python 3.11, 3.12 or 3.13 on the PATH; install one and run this again" >&2
    return 1
}

# Print the file that marks these extras as installed for the current pyproject.toml and constraints.txt.
stamp() {
    echo ".venv/ready-$(cat pyproject.toml constraints.txt <(echo "$1") | cksum | tr ' ' '-')"
}

setup() {
    local extras=$1 python
    cd "$root"
    # The extras [dev] include all packages that training needs.
    if [ -e "$(stamp "$extras")" ] || [ -e "$(stamp "[dev]")" ]; then
        return
    fi
    if [ ! -x "$bin/python" ]; then
        python=$(find_python)
        echo "creating .venv with $("$python" --version)" >&2
        "$python" -m venv .venv
    fi
    echo "installing the pinned packages (a few minutes, once)" >&2
    "$bin/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".$extras"
    touch "$(stamp "$extras")"
}
