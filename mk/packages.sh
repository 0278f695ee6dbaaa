#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# packages.sh PACKAGE...
#
# Sees to it that these Debian packages are installed: root gets those that are missing, other users their names and the command.
set -eu

# No Debian: there is no list to look into, and what is missing will say so itself.
command -v dpkg-query > /dev/null || exit 0

installed=$(dpkg-query -W -f '${Package} ${Status}\n' "$@" 2> /dev/null | sed -n 's/ install ok installed$//p')
missing=
for package in "$@"; do
    printf '%s\n' "$installed" | grep -qxF -e "$package" || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" -ne 0 ]; then
    echo "Packages are missing. As root:" >&2
    echo "    apt-get install --no-install-recommends$missing" >&2
    exit 1
fi
echo "Installing:$missing"
apt-get -qq update
DEBIAN_FRONTEND=noninteractive apt-get -qq install -y --no-install-recommends $missing < /dev/null > /dev/null
