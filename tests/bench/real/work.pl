# SPDX-License-Identifier: MIT
# Work for perl: hashes of arrays and of hashes, strings that grow, are split, sorted and replaced.
use strict;
use warnings;

my $n = shift;
my $seed = 42;
sub random { $seed = ($seed * 1103515245 + 12345) % 2147483648; return int($seed / 7) % $_[0]; }

my %table;
for my $i (1 .. 2 * $n) {
    my $key = "key" . random($n);
    if (exists $table{$key} && $i % 3 == 0) {
        delete $table{$key};
    } else {
        $table{$key} = {id => $i, name => "v" x random(40), list => [$i, $i + 1, "x$i"]};
    }
}
my $sum = 0;
$sum += $_->{id} + length($_->{name}) + @{$_->{list}} for values %table;
print "table ", scalar(keys %table), " $sum\n";
%table = ();

my $text = "";
$text .= "item $_ " . ("abc" x random(12)) . ";\n" for 1 .. 2 * $n;
my @lines = split /;\n/, $text;
my @words = map { [split / /] } @lines;
my %count;
$count{$_->[2] // ""}++ for @words;
(my $other = $text) =~ s/(abc)+/<$&>/g;
my @sorted = sort { length($a) <=> length($b) || $a cmp $b } @lines;
print "text ", length($text), " ", length($other), " ", scalar(keys %count), " $sorted[-1]\n";
my @reversed = map { scalar reverse } @sorted;
print "joined ", length(join ",", @reversed), "\n";
