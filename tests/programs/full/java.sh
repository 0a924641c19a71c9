#!/bin/sh
# SPDX-License-Identifier: MIT
# The JDK: versions, a compile, and a program with threads, direct buffers, compression and a class
# loader, under each collector.
# shellcheck source=/dev/null
. "${0%/*}/suite.sh"

need java default-jre-headless
need javac default-jdk-headless
unset JAVA_TOOL_OPTIONS _JAVA_OPTIONS JDK_JAVA_OPTIONS CLASSPATH

suite() {
    assert_serves java -version
    limited "$RUN" java -version 2>>"$OUTCOMES"
    # Classes enough for the compilers to work.
    mkdir sources classes
    cp "$HERE/inputs/Load.java" sources
    awk 'BEGIN { for (i = 0; i < 60; i++) {
        file = "sources/Part" i ".java"
        printf "import java.util.*;\npublic class Part%d<T extends Comparable<T>> {\n", i > file
        for (m = 0; m < 20; m++)
            printf "  public long f%d(List<T> list) { long s = %d; for (T t : list) { s = s * 31 + " \
                "t.hashCode(); Runnable r = () -> { list.stream().map(x -> x + \"%d\").count(); }; " \
                "switch ((int) (s & 3)) { case 0: s++; break; default: s ^= %d; } } return s; }\n", \
                m, i, m, m * i > file
        print "}" > file
        close(file)
    } }'
    limited "$RUN" javac -J-Xmx300m -d classes sources/*.java
    find classes -name '*.class' | sort | xargs cksum >>"$OUTCOMES"
    for collector in Serial Parallel G1 Z Shenandoah; do
        "$RUN" java -XX:+Use${collector}GC -version >/dev/null 2>&1 || continue
        echo "-- $collector" >>"$OUTCOMES"
        limited "$RUN" java -Xmx300m -XX:MaxDirectMemorySize=200m -XX:+Use${collector}GC \
            -XX:ErrorFile="$PWD/error.log" -cp classes Load >>"$OUTCOMES"
    done
    limited "$RUN" java -Xint -Xmx200m -cp classes Load 1 >>"$OUTCOMES"
    limited "$RUN" java -Xcomp -XX:TieredStopAtLevel=1 -Xmx200m -cp classes Load 1 >>"$OUTCOMES"
    limited "$RUN" jar --create --file load.jar -C classes .
    limited "$RUN" jar --list --file load.jar | sort | cksum >>"$OUTCOMES"
    [ ! -e error.log ] || { cat error.log && fail "java crashed"; }
}

compare_suite suite
finish
