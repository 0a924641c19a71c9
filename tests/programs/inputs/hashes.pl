# SPDX-License-Identifier: MIT
# Work for perl: hashes, strings, expressions, deep copies, interpreter threads, fork.
use strict;
use warnings;
use Config;
use Storable qw(dclone freeze thaw);

$| = 1;
my $n = shift;

sub checksum { return unpack("%32C*", $_[0]); }

my %table;
for my $i (0 .. $n - 1) {
    $table{"key" . ($i * 7919 % 100003)} = [$i, "v" x ($i % 40), {half => $i / 2}];
}
delete $table{$_} for grep { $table{$_}[0] % 3 == 0 } keys %table;
print "table ", scalar(keys %table), " ", checksum(join ",", sort keys %table), "\n";

my $copy = thaw(freeze(dclone(\%table)));
my $sum = 0;
$sum += $_->[2]{half} + length $_->[1] for values %$copy;
print "copy $sum\n";

my $text = "";
$text .= "item $_: " . ("abc" x ($_ % 11)) . "\n" for 1 .. $n / 4;
my @found = $text =~ /^item (\d*7): ((?:abc)+)$/mg;
print "found ", scalar(@found), " ", $found[-2], "\n";
(my $other = $text) =~ s/(abc)+/length($&)/ge;
print "replaced ", length $other, " ", checksum($other), "\n";
my @sorted = sort { length $a <=> length $b || $a cmp $b } split /\n/, $other;
print "sorted $sorted[0] | $sorted[-1]\n";

if ($Config{useithreads}) {
    require threads;
    my @threads = map {
        my $me = $_;
        threads->create(sub {
            my %own = map { $_ => "t$me" x ($_ % 9) } 1 .. $n / 10;
            return length join "", map { $own{$_} } sort keys %own;
        });
    } 1 .. 4;
    print "threads ", join(" ", map { $_->join } @threads), "\n";
}

pipe(my $in, my $out) or die;
my $pid = fork;
die unless defined $pid;
if (!$pid) {
    close $in;
    my @mine = map { $_ x 10 } 1 .. 1000;
    print {$out} scalar(@mine), " ", checksum(join "", @mine), " ", scalar(keys %table), "\n";
    close $out;
    exit 0;
}
close $out;
print "child ", <$in>;
waitpid $pid, 0;
print "status $?\n";
