// SPDX-License-Identifier: MIT
// Work for node: buffers of many sizes in a window, JSON there and back, compression, strings.
'use strict';
const zlib = require('zlib');

const n = Number(process.argv[2]);
let seed = 42;
const random = (limit) => {
  seed = (Math.imul(seed, 1103515245) + 12345) & 0x7fffffff;
  return (seed >>> 7) % limit;
};

const window = new Array(400).fill(null);
let sum = 0;
for (let i = 0; i < n; i++) {
  const size = 64 + random(i % 50 === 0 ? 500000 : 16000);
  const buffer = Buffer.allocUnsafeSlow(size);
  buffer.fill(i & 255, 0, Math.min(size, 4096));
  const slot = random(window.length);
  if (window[slot]) sum += window[slot][5] + window[slot].length;
  window[slot] = buffer;
}
console.log('buffers', sum);

const records = [];
for (let i = 0; i < n / 2; i++) {
  records.push({ id: i, name: 'name ' + random(10007), tags: ['a' + (i % 7), 'b' + (i % 11)] });
}
let text = '';
let count = 0;
for (let round = 0; round < 3; round++) {
  text = JSON.stringify(records);
  count += JSON.parse(text).length;
}
console.log('json', text.length, count);

const bytes = Buffer.from(text);
let packed = 0;
for (let from = 0; from < bytes.length; from += 65536) {
  const part = zlib.deflateRawSync(bytes.subarray(from, from + 65536), { level: 1 });
  packed += zlib.inflateRawSync(part).length;
}
console.log('packed', packed === bytes.length, text.split('name 1').join('other').length);
