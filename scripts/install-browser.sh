#!/bin/sh
# Installs what the browser tests need: Chromium and its driver. Does nothing where both are there already.
set -eu

if command -v chromedriver >/dev/null 2>&1 && { command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 || command -v google-chrome >/dev/null 2>&1; }; then
    echo "browser: $(command -v chromedriver) is there"
    exit 0
fi

if ! command -v apt-get >/dev/null 2>&1; then
    echo "browser: install Chromium and chromedriver of the same version with this system's package manager" >&2
    exit 1
fi

as_root=""
if [ "$(id -u)" -ne 0 ]; then
    as_root="sudo"
fi
$as_root apt-get update -qq
$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium chromium-driver
chromedriver --version
