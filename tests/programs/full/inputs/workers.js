// SPDX-License-Identifier: MIT
// Worker threads of node; prints only what does not depend on their order.
'use strict';
const { Worker, isMainThread, parentPort, workerData, MessageChannel } = require('worker_threads');
const crypto = require('crypto');
const zlib = require('zlib');

function random(seed) {
    let state = seed;
    return (limit) => (state = (state * 16807) % 2147483647) % limit;
}

// Buffers of many sizes come and go; their digest is the result.
// Node 20 aborts when a worker is ended while it makes a compressor, whoever serves malloc, so those that
// are ended do without.
function churn(seed, rounds, compress) {
    const next = random(seed);
    const kept = new Array(200).fill(null);
    const hash = crypto.createHash('sha256');
    for (let i = 0; i < rounds; i++) {
        const at = next(kept.length);
        if (kept[at] !== null) hash.update(kept[at]);
        const size = next(16) === 0 ? next(200000) : next(3000);
        kept[at] = Buffer.alloc(size, 'k' + i);
        if (compress && i % 97 === 0) {
            const packed = zlib.gzipSync(Buffer.concat(kept.filter((one) => one !== null).slice(0, 20)));
            hash.update(zlib.gunzipSync(packed));
        }
        if (i % 50 === 0) hash.update(JSON.stringify({ i, list: Array.from({ length: 100 }, (_, k) => k * i) }));
    }
    return hash.digest('hex');
}

if (!isMainThread) {
    if (workerData.endless) {
        parentPort.postMessage('started');
        for (let i = 1; ; i++) churn(i, 50, false);
    }
    const result = churn(workerData.seed, workerData.rounds, true);
    parentPort.on('message', (message) => {
        if (message.array) {
            // An ArrayBuffer that another thread made; it goes back.
            const bytes = new Uint8Array(message.array);
            for (let i = 0; i < bytes.length; i++) bytes[i] ^= 0x5a;
            new Int32Array(message.shared)[workerData.seed % 8] += bytes.length;
            message.port.postMessage(message.array, [message.array]);
            message.port.close();
        } else {
            parentPort.close();
        }
    });
    parentPort.postMessage(result);
} else {
    main().catch((error) => {
        console.log('failed', error);
        process.exitCode = 1;
    });
}

function one(seed, rounds) {
    return new Promise((resolve, reject) => {
        const worker = new Worker(__filename, { workerData: { seed, rounds } });
        const shared = new SharedArrayBuffer(64);
        let result;
        worker.on('error', reject);
        worker.on('exit', (code) => resolve([seed, result, code]));
        worker.on('message', (text) => {
            const { port1, port2 } = new MessageChannel();
            const array = new ArrayBuffer(50000 + seed);
            port1.on('message', (back) => {
                const sum = crypto.createHash('md5').update(new Uint8Array(back)).digest('hex');
                result = [text, sum, new Int32Array(shared)[seed % 8]].join(' ');
                worker.postMessage({});
            });
            worker.postMessage({ array, shared, port: port2 }, [array, port2]);
            if (array.byteLength !== 0) throw new Error('the buffer was not handed over');
        });
    });
}

function ended() {
    return new Promise((resolve, reject) => {
        const worker = new Worker(__filename, { workerData: { endless: true }, stdout: true });
        worker.on('error', reject);
        worker.on('message', () => setTimeout(() => worker.terminate().then(resolve, reject), 20));
    });
}

async function main() {
    for (let wave = 0; wave < 2; wave++) {
        const running = [];
        for (let i = 0; i < 8; i++) running.push(one(wave * 100 + i + 1, 700));
        const ends = [];
        for (let i = 0; i < 4; i++) ends.push(ended());
        const pool = [];
        for (let i = 0; i < 12; i++) {
            pool.push(new Promise((resolve) => crypto.pbkdf2('p' + i, 'salt', 2000, 64, 'sha512',
                (error, key) => resolve(key.toString('hex')))));
            pool.push(new Promise((resolve) => zlib.brotliCompress(Buffer.alloc(40000, 'text' + i),
                (error, data) => resolve(crypto.createHash('md5').update(data).digest('hex')))));
        }
        for (const result of await Promise.all(running)) console.log(result.join(' '));
        for (const code of await Promise.all(ends)) console.log('ended', code);
        for (const text of await Promise.all(pool)) console.log(text);
    }
}
