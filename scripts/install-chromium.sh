#!/bin/sh
# Installs Debian's Chromium for the browser tests, and strace for the one that watches what they
# try to reach, where that needs no password, else says how to. Without them the run goes on: these
# tests are skipped and say so.

command -v dpkg-query > /dev/null || exit 0
missing=""
for package in chromium strace; do
    case "$(dpkg-query --show --showformat '${db:Status-Status}' $package 2> /dev/null)" in
        installed) ;;
        *) missing="$missing $package" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" = 0 ]; then
    sudo=""
elif sudo -n true 2> /dev/null; then
    sudo="sudo -n"
else
    sudo="no"
fi
if [ "$sudo" != no ]; then
    $sudo apt-get update -q &&
        $sudo env DEBIAN_FRONTEND=noninteractive \
            apt-get install -q -y --no-install-recommends $missing && exit 0
fi
echo "Browser tests will be skipped before: sudo apt-get install$missing"
