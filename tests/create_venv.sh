#!/bin/sh
# Create the virtual environment $1 with the first Python of this machine that is new enough.
set -eu

is_new_enough='import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))'

for python in "${PYTHON:-python3}" python3.13 python3.12 python3.11 python3.14 python; do
    if "$python" -c "$is_new_enough" 2>/dev/null; then
        exec "$python" -m venv --clear "$1"
    fi
done

found=$("${PYTHON:-python3}" --version 2>&1 || true)
echo "Relook needs Python 3.11 or later with its venv module. Found: ${found:-no Python}." \
    "Install it (Debian, Ubuntu: apt-get install python3 python3-venv), or name one: make PYTHON=/path/to/python." >&2
exit 1
