#!/bin/sh
# SPDX-License-Identifier: MIT
# nginx under wrk (ab where that is missing): static files, compression, a proxy to itself with a cache,
# subrequests; configuration reloaded and logs reopened under load.
# shellcheck source=/dev/null
. "${0%/*}/suite.sh"

PATH=$PATH:/usr/sbin
need nginx nginx-light
need curl curl
command -v wrk >/dev/null || need ab apache2-utils
server=

stop() {
    [ -z "$server" ] || kill -TERM "$server" 2>/dev/null || :
}

configure() {
    mkdir -p site logs
    awk 'BEGIN { for (i = 0; i < 30000; i++) print "line", i, i * i % 977 }' >site/large.txt
    head -n 40 site/large.txt >site/small.html
    head -c 3000000 /dev/zero | tr '\0' 'z' >site/even.bin
    cat >nginx.conf <<END
daemon off;
worker_processes 3;
user root;
pid $PWD/nginx.pid;
error_log $PWD/logs/error.log warn;
events { worker_connections 512; }
http {
    types { text/html html; text/plain txt; }
    access_log $PWD/logs/access.log;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    proxy_cache_path $PWD/cache keys_zone=zone:1m max_size=4m inactive=1s;
    gzip on; gzip_types text/plain; gzip_comp_level 6; gzip_min_length 100;
    server {
        listen unix:$PWD/inner.socket;
        location / { root $PWD/site; }
    }
    server {
        listen 127.0.0.1:$port;
        location / { root $PWD/site; }
        location /proxy/ { proxy_pass http://unix:$PWD/inner.socket:/; proxy_buffering on; }
        location /cached/ {
            proxy_cache zone; proxy_cache_valid 200 1s; proxy_cache_key \$request_uri;
            proxy_pass http://unix:$PWD/inner.socket:/;
        }
        location /limited/ { rewrite ^/limited/(.*)\$ /\$1 break; root $PWD/site; limit_rate 9m; }
        location /text { return 200 "\$request_method \$uri \$args \$http_user_agent\n"; }
    }
}
END
}

# load PATH: several connections; no answer may be an error.
load() {
    if command -v wrk >/dev/null; then
        limited wrk -t2 -c20 -d2s "http://127.0.0.1:$port$1" >load 2>&1
        ! grep -i 'non-2xx\|socket errors' load || fail "wrk tells of errors ($1)"
        echo "load $1: $(awk '/requests in/ { print ($1 > 0) }' load)" >>"$OUTCOMES"
    else
        limited ab -q -k -n 2000 -c 20 "http://127.0.0.1:$port$1" >load 2>&1
        grep -q '^Failed requests: *0$' load || fail "ab tells of errors ($1)"
        echo "load $1: 1" >>"$OUTCOMES"
    fi
}

# get PATH [OPTION...]: what a client gets is an outcome.
get() {
    path=$1
    shift
    timeout -k 5 "$LIMIT" curl -sS -A tests -o answer -w '%{http_code} %{size_download}' "$@" \
        "http://127.0.0.1:$port$path" >code || echo "curl: $?" >>code
    echo "$path $*: $(cat code) $(cksum <answer)" >>"$OUTCOMES"
}

suite() {
    port=$((20000 + $$ % 20000))
    configure
    assert_serves nginx -v
    limited "$RUN" nginx -p "$PWD" -e "$PWD/logs/error.log" -t -c "$PWD/nginx.conf"
    "$RUN" nginx -p "$PWD" -e "$PWD/logs/error.log" -c "$PWD/nginx.conf" &
    server=$!
    until curl -s "http://127.0.0.1:$port/text" >/dev/null; do
        kill -0 $server 2>/dev/null || { cat logs/error.log && fail "nginx does not start"; }
        sleep 0.1
    done
    # shellcheck disable=SC2046 # process numbers
    assert_mapped $server $(cat /proc/$server/task/$server/children)
    for path in /small.html /large.txt /proxy/large.txt /cached/large.txt /text?a=b /nothing /even.bin; do
        get "$path"
        get "$path" --compressed
    done
    get /large.txt -r 1000-2000,5000-5100
    get /text -X POST --data-binary @site/large.txt
    get /proxy/even.bin -H 'Accept-Encoding: gzip'
    for path in /small.html /large.txt /proxy/small.html /cached/small.html /limited/small.html; do
        load "$path"
    done
    # New workers with new configurations while requests are served; old ones must finish theirs.
    (
        for _ in 1 2 3 4 5; do
            kill -HUP $server
            sleep 0.3
            kill -USR1 $server
        done
    ) &
    turning=$!
    limited curl -sS --parallel --parallel-max 20 --compressed -f \
        "http://127.0.0.1:$port/proxy/large.txt?[1-150]" -o /dev/null || fail "a request failed: $?"
    wait $turning
    load /small.html
    for path in /small.html /proxy/large.txt /cached/large.txt /even.bin; do
        get "$path"
    done
    kill -QUIT $server
    wait $server || fail "nginx ends with status $?"
    server=
    # An alert about its cache comes of the reloads, whoever serves malloc.
    ! grep -E '\[(alert|emerg|crit|error)\]' logs/error.log |
        grep -v -e 'nothing" failed' -e 'ignore long locked inactive cache entry' ||
        fail "the error log tells of trouble"
}

compare_suite suite
finish
