# SPDX-License-Identifier: MIT
# Work for python3: a tree of objects, dictionaries that change, JSON there and back, expressions.
import json
import re
import sys

n = int(sys.argv[1])


class Node:
    def __init__(self, key, left, right):
        self.key = key
        self.left = left
        self.right = right

    def total(self):
        return self.key + (self.left.total() + self.right.total() if self.left else 0)


def tree(depth, key):
    if depth == 0:
        return Node(key, None, None)
    return Node(key, tree(depth - 1, key * 2 + 1), tree(depth - 1, key * 2 + 2))


kept = [tree(n.bit_length() - 5, i) for i in range(6)]
for i in range(30):
    kept[i % 6] = tree(n.bit_length() - 5, i)
print("trees", sum(node.total() for node in kept))
del kept

table = {}
seed = 42
for i in range(2 * n):
    seed = (seed * 1103515245 + 12345) % 2147483648
    key = "key%d" % (seed // 7 % n)
    if key in table and seed % 3 == 0:
        del table[key]
    else:
        table[key] = [i, str(seed), (seed % 100, "v" * (seed // 11 % 40))]
print("table", len(table), sum(value[0] for value in table.values()))

records = [
    {"id": i, "name": "name %d" % (i * 7919 % 10007), "tags": ["t%d" % (i % k) for k in (3, 5, 7)],
     "place": {"x": i / 4, "y": i / 8}}
    for i in range(n // 2)
]  # fmt: skip
text = json.dumps(records)
back = json.loads(text)
print("json", len(text), back == records)

words = re.findall(r'"name (\d+)"', text)
swapped = re.sub(r"t(\d)", lambda match: "u" + match.group(1) * 2, text)
parts = re.split(r"[,:{}\[\]]+", swapped)
print("words", len(words), len(swapped), len(parts), sorted(parts)[len(parts) // 2])
