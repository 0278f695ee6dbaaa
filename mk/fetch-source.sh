#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# fetch-source.sh PACKAGE VERSION SHA256-OF-DSC DESTINATION
#
# Unpacks a Debian source package of exactly this version into DESTINATION. The .dsc is checked against the hash given here, and
# it carries the hashes of the archives. The system's own apt configuration and lists stay as they are: a private list of
# source entries is made out of its binary ones.
set -eu

package=$1 version=$2 sha256=$3 destination=$4

case $destination in /*) ;; *) destination=$PWD/$destination ;; esac
work=$destination.fetch
rm -rf "$work" "$destination"
mkdir -p "$work/parts" "$work/lists/partial" "$work/archives"
: > "$work/none"

for list in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$list" ] && sed -n 's/^deb[[:space:]]/deb-src /p' "$list" >> "$work/parts/all.list"
done
for list in /etc/apt/sources.list.d/*.sources; do
    [ -f "$list" ] && sed 's/^Types:.*/Types: deb-src/' "$list" > "$work/parts/$(basename "$list")"
done
# A private list whose file is not readable for apt's own user only makes it warn; let it be readable.
chmod -R a+rX "$work"

apt() {
    apt-get -qq -o Dir::Etc::sourcelist="$work/none" -o Dir::Etc::sourceparts="$work/parts" -o Dir::State::lists="$work/lists" \
        -o Dir::Cache::archives="$work/archives" -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root "$@"
}
apt update
dsc=${package}_${version}.dsc
(cd "$work" && apt source --download-only "$package=$version")
if ! echo "$sha256  $work/$dsc" | sha256sum --check --status; then
    echo "$dsc: SHA-256 expected $sha256, got $(sha256sum < "$work/$dsc")" >&2
    exit 1
fi
dpkg-source --no-check --no-copy -x "$work/$dsc" "$destination" > "$work/unpack.log"
rm -rf "$work"
