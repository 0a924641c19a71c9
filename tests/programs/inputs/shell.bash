# SPDX-License-Identifier: MIT
# Work for bash: arrays, associative arrays, long strings, subshells, pipes, here documents.
set -eu
n=$1
declare -a numbers=()
declare -A names=()
for ((i = 0; i < n; i++)); do
    numbers+=("$((i * 7919 % 10007))")
    names[key$((i % 997))]+=",$i"
done
sum=0
for x in "${numbers[@]}"; do
    sum=$((sum + x))
done
echo "numbers ${#numbers[@]} sum $sum"
mapfile -t sorted < <(printf '%s\n' "${numbers[@]}" | sort -n)
echo "least ${sorted[0]} greatest ${sorted[-1]}"
for key in key0 key1 key96; do
    echo "$key ${#names[$key]} ${names[$key]:0:40}"
done
text=
for ((i = 0; i < n / 4; i++)); do
    text+="line $i of the text;"
done
echo "text ${#text} ${text//line/row}" | cksum
upper=${text^^}
echo "${upper:100:60}"
for ((i = 0; i < 40; i++)); do
    (
        local_copy=("${numbers[@]:i:50}")
        echo "${local_copy[*]}"
    )
done | cksum
while IFS=' ' read -r a b rest; do
    [[ $rest =~ ^(t[a-z]+)\ (.*)$ ]] && echo "$b $a ${BASH_REMATCH[1]} ${BASH_REMATCH[2]}"
done <<END
one two three four five
six seven ten eleven $(printf '%s ' "$(printf 'nested %s' "$(printf deeper)")")
END
unset 'numbers[5]' names
echo "${#numbers[@]} ${!numbers[*]}" | cksum
coproc { cat; }
echo "through a coprocess" >&"${COPROC[1]}"
read -r answer <&"${COPROC[0]}"
echo "$answer"
