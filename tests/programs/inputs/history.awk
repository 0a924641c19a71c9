# SPDX-License-Identifier: MIT
# A history of n commits for git fast-import, always the same.
BEGIN {
    r = 7
    for (c = 1; c <= n; c++) {
        message = sprintf("change %d\n", c)
        printf "commit refs/heads/main\n"
        printf "author A U Thor <author@example.com> %d +0000\n", 1500000000 + c * 60
        printf "committer A U Thor <author@example.com> %d +0000\n", 1500000000 + c * 60
        printf "data %d\n%s", length(message), message
        for (f = 0; f < 3; f++) {
            r = (r * 16807) % 2147483647
            text = ""
            for (l = 0; l < 20 + r % 60; l++)
                text = text sprintf("line %d of %d: %d\n", l, r % 40, l % 7 ? l * l : r % 1000)
            printf "M 100644 inline dir%d/file%d\n", r % 8, int(r / 8) % 40
            printf "data %d\n%s\n", length(text), text
        }
    }
}
