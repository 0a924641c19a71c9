# SPDX-License-Identifier: MIT
# Work for python3: objects of many sizes, four threads that hand blocks to each other, pickles,
# expressions, compression and a child process.
import hashlib
import json
import pickle
import queue
import re
import subprocess
import sys
import threading
import zlib

n = int(sys.argv[1])


def digest(data):
    return hashlib.sha256(data).hexdigest()[:16]


class Node:
    def __init__(self, key, children):
        self.key = key
        self.children = children


def tree(depth, key):
    return Node(key, [tree(depth - 1, key * 3 + i) for i in range(3)] if depth else [])


def keys(node):
    yield node.key
    for child in node.children:
        yield from keys(child)


table = {i: str(i) * (i % 17) for i in range(n)}
for i in range(0, n, 3):
    del table[i]
print("table", len(table), digest(repr(sorted(table.items())).encode()))

copy = pickle.loads(pickle.dumps(tree(7, 1), protocol=4))
print("tree", sum(keys(copy)))
text = json.dumps([{"name": "n%d" % i, "list": list(range(i % 9))} for i in range(n // 4)])
print("json", len(text), json.loads(text)[-1]["list"])
words = re.findall(r"n(\d+)", text)
print("words", len(words), words[-1])
packed = zlib.compress(text.encode(), 6)
print("zlib", zlib.decompress(packed).decode() == text)

# Each thread makes blocks and frees those that the one before it made.
queues = [queue.Queue(64) for _ in range(4)]
sums = [0] * 4


def work(me):
    for i in range(n // 8):
        queues[me].put(bytes([(me + i) % 251]) * (1 + (i * 37) % 3000))
        got = queues[(me + 1) % 4].get()
        sums[me] += len(got) + got[0]


threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print("threads", sums)

big = bytearray()
for i in range(n // 10):
    big += b"%d;" % i * 20
print("growth", len(big), digest(big))
child = subprocess.run(["sort", "-n"], input=b"3\n1\n2\n", stdout=subprocess.PIPE, check=True)
print("child", child.stdout)
