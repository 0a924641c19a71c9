# SPDX-License-Identifier: MIT
# A document for libreoffice, as one XML file.
BEGIN {
    print "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
    print "<office:document xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\""
    print " xmlns:text=\"urn:oasis:names:tc:opendocument:xmlns:text:1.0\""
    print " xmlns:table=\"urn:oasis:names:tc:opendocument:xmlns:table:1.0\" office:version=\"1.3\""
    print " office:mimetype=\"application/vnd.oasis.opendocument.text\"><office:body><office:text>"
    for (i = 1; i <= 60; i++) {
        print "<text:h text:outline-level=\"1\">Chapter " i "</text:h><text:p>"
        for (w = 0; w < 120; w++) printf "word%d ", (w * i) % 97
        print "</text:p><text:list><text:list-item><text:p>one</text:p></text:list-item></text:list>"
        if (i % 6 == 0) {
            print "<table:table table:name=\"t" i "\"><table:table-column table:number-columns-repeated=\"3\"/>"
            for (y = 0; y < 8; y++) {
                print "<table:table-row>"
                for (x = 0; x < 3; x++)
                    print "<table:table-cell><text:p>" x * y * i "</text:p></table:table-cell>"
                print "</table:table-row>"
            }
            print "</table:table>"
        }
    }
    print "</office:text></office:body></office:document>"
}
