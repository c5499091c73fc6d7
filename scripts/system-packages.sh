#!/bin/sh
# Looks for the Debian packages of packages.txt and for further ones given as arguments.
#   check              says which are missing and how to install them
#   install [NAME...]  installs them where that needs no password, else does as check
# A missing package never ends the run: what needs it says so itself.

mode=$1
shift
command -v dpkg-query > /dev/null || exit 0

missing=""
for name in $(cat "$(dirname "$0")/../packages.txt") "$@"; do
    case "$(dpkg-query --show --showformat '${db:Status-Status}' "$name" 2> /dev/null)" in
        installed) ;;
        *) missing="$missing $name" ;;
    esac
done
[ -n "$missing" ] || exit 0

if [ "$mode" = install ]; then
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
fi
echo "Hand detection or the browser tests will not work before: sudo apt-get install$missing"
