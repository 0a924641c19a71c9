// SPDX-License-Identifier: MIT
// Work for node: buffers that live outside its own heap, compression, hashing, worker threads.
'use strict';
const crypto = require('crypto');
const zlib = require('zlib');
const { Worker, isMainThread, parentPort, workerData } = require('worker_threads');

const digest = (data) => crypto.createHash('sha256').update(data).digest('hex').slice(0, 16);

function work(n, salt) {
  let kept = [];
  const hash = crypto.createHash('sha256');
  for (let i = 0; i < n; i++) {
    const buffer = Buffer.alloc(1 + ((i * 7919 + salt) % 20000), i % 251);
    kept.push(buffer);
    if (kept.length === 100) {
      kept.forEach((b) => hash.update(b.subarray(0, 64)));
      kept = kept.filter((_, index) => index % 10 === 0);
    }
  }
  return hash.digest('hex').slice(0, 16);
}

if (!isMainThread) {
  parentPort.postMessage(work(workerData.n, workerData.salt));
} else {
  const n = Number(process.argv[2]);
  console.log('buffers', work(n, 0));
  const map = new Map();
  for (let i = 0; i < n * 5; i++) map.set('k' + (i % (n * 3)), { i, list: [i, i + 1] });
  const text = JSON.stringify([...map].slice(0, n));
  console.log('json', text.length, digest(text), JSON.parse(text).length);
  const packed = zlib.gzipSync(text, { level: 6 });
  console.log('gzip', digest(zlib.gunzipSync(packed)), packed.length);
  const brotli = zlib.brotliCompressSync(text.slice(0, 200000));
  console.log('brotli', digest(zlib.brotliDecompressSync(brotli)), brotli.length);
  console.log('words', (text.match(/"k\d*7"/g) || []).length);
  const workers = [1, 2, 3, 4].map((salt) => new Promise((resolve, reject) => {
    const worker = new Worker(__filename, { workerData: { n: n / 4, salt } });
    worker.on('message', resolve);
    worker.on('error', reject);
  }));
  Promise.all(workers).then((sums) => console.log('workers', sums.join(' ')));
}
