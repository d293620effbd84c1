#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The Labyrinth authors
#
# Run by packages_test.py on a Debian on which nothing is installed: installs the packages of build/deb,
# and gives README's commands, as root and as a user to whom no huge page is given.
set -eu
export DEBIAN_FRONTEND=noninteractive
say() { echo "packages: $1"; }
install() { apt-get -q -y install "$@" >/tmp/apt.log 2>&1 || { tail /tmp/apt.log; exit 1; }; }

apt-get -q update >/tmp/apt.log 2>&1
set --
for package in build/deb/*.deb; do
    case $package in *-dbgsym_*) ;; *) set -- "$@" "./$package" ;; esac
done
install "$@"
for library in libjemalloc2 libmimalloc2.0 libmimalloc3 libhugetlbfs-bin; do
    ! dpkg -s $library >/dev/null 2>&1 || { say "$library has come with them"; exit 1; }
done
# Drivers that are loaded by name, when they are asked for.
for driver in mempool-bucket mempool-ring mempool-stack net-af-packet net-af-xdp net-memif net-null net-pcap \
    net-ring net-tap; do
    dpkg-query -W -f '${db:Status-Status} ${Package}\n' "librte-$driver*" | grep -q '^installed ' ||
        { say "librte-$driver has not come with them"; exit 1; }
done
for library in libdw.so.1 libjansson.so.4; do
    ldconfig -p | grep -qF "$library " || { say "$library has not come with them"; exit 1; }
done
install --no-install-recommends dpdk-dev gnuplot-nox gcc libc6-dev pkgconf
say "installed"

documents=/usr/share/doc/labyrinth
for file in README.md CHANGELOG.md doc/guide/start.md examples/native.c ../labyrinth-doc/html/index.html \
    ../liblabyrinth0/copyright; do
    [ -e $documents/$file ] || { say "$file is not installed"; exit 1; }
done
[ -e /usr/share/man/man1/labyrinth-replay.1.gz ] || say "no man pages, as dpkg is configured here"

cat >/tmp/commands <<'END'
set -eu
cd "$(mktemp -d)"
cp /usr/share/doc/labyrinth/doc/demo/demo.pcap my.pcap
labyrinth-doctor >doctor || [ $? -le 2 ]
! grep -i 'plugin.*not\|^ *bad.*plugin' doctor
labyrinth-replay my.pcap
labyrinth-replay --repeat=2 --loop=2 --pool=labyrinth,ring_mp_mc,stack my.pcap
labyrinth-replay --json=run.json --loop=0 --duration=1 my.pcap
labyrinth-plot run.json -o run.png
[ -s run.png ]
labyrinth-replay --find-size --hold=exp:2000 --loop=2 my.pcap
labyrinth-replay --exhaust --reserve=600 --loop=100 my.pcap
labyrinth-bench --pools=labyrinth,ring_mp_mc --pattern=local-bulk --rounds=1
cc $(pkg-config --cflags labyrinth) /usr/share/doc/labyrinth/examples/native.c \
    $(pkg-config --libs labyrinth) -o native
./native
mkfifo keys
dpdk-testpmd -l 0-1 --no-pci $MEMORY --file-prefix=packages$$ --mbuf-pool-ops-name=labyrinth \
    --vdev=net_null0 --vdev=net_null1 -- --forward-mode=mac --auto-start --total-num-mbufs=4096 \
    <keys >testpmd 2>&1 &
exec 3>keys
for wait in $(seq 120); do
    labyrinth-stat --file-prefix=packages$$ list >list 2>&1 && break
    sleep 1
done
pool=$(awk '/mb_pool_0/ { print $1 }' list)
labyrinth-stat --file-prefix=packages$$ info $pool
labyrinth-stat --file-prefix=packages$$ where $pool
echo >&3
wait $! || { cat testpmd; exit 1; }
END
# A command's last lines are printed when it fails.
give() {
    "$@" >/tmp/said 2>&1 || { status=$?; tail -n 30 /tmp/said; say "status $status: $*"; exit 1; }
}
give env MEMORY=--in-memory sh -x /tmp/commands
say "used as root"
mkdir -m 700 /tmp/user
chown nobody: /tmp/user
give setpriv --reuid=nobody --regid=nogroup --clear-groups env HOME=/tmp/user XDG_RUNTIME_DIR=/tmp/user \
    TMPDIR=/tmp/user MEMORY="--no-huge -m 256" sh -x /tmp/commands
say "used as a user"
apt-get -q -y remove 'labyrinth-*' 'liblabyrinth*' librte-mempool-labyrinth >/tmp/apt.log 2>&1
! ls /usr/bin/labyrinth-* 2>/dev/null
say "removed"
