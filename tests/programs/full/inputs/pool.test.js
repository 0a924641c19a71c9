// SPDX-License-Identifier: MIT
// Tests that node's own runner starts: each file in a process of its own.
'use strict';
const test = require('node:test');
const assert = require('node:assert');
const fs = require('fs');
const os = require('os');
const path = require('path');
const http = require('http');
const { execFileSync, fork } = require('child_process');

test('a child process gives back what it was given', () => {
    const text = 'x'.repeat(300000);
    const code = 'process.stdin.pipe(process.stdout)';
    assert.strictEqual(execFileSync(process.execPath, ['-e', code], { input: text }).toString(), text);
});

test('forked children answer', async () => {
    const file = path.join(os.tmpdir(), `child${process.pid}.js`);
    fs.writeFileSync(file, 'process.on("message", (m) => { process.send(m.map((x) => x * 2)); process.disconnect(); })');
    const answers = await Promise.all([1, 2, 3].map((n) => new Promise((resolve, reject) => {
        const child = fork(file);
        child.on('error', reject);
        child.on('message', resolve);
        child.send(Array.from({ length: 5000 }, (_, i) => i * n));
    })));
    fs.unlinkSync(file);
    answers.forEach((answer, i) => assert.strictEqual(answer[4999], 4999 * (i + 1) * 2));
});

test('files are written and read by the pool', async () => {
    const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'pool'));
    const data = Buffer.alloc(100000, 'abc');
    await Promise.all(Array.from({ length: 40 }, async (_, i) => {
        const file = path.join(directory, `file${i}`);
        await fs.promises.writeFile(file, data.subarray(0, i * 2500));
        assert.ok((await fs.promises.readFile(file)).equals(data.subarray(0, i * 2500)));
    }));
    fs.rmSync(directory, { recursive: true });
});

test('a server answers many clients', async () => {
    const server = http.createServer((request, response) => request.pipe(response));
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const ask = (size) => new Promise((resolve, reject) => {
        const request = http.request({ port: server.address().port, host: '127.0.0.1', method: 'POST' }, (answer) => {
            let got = 0;
            answer.on('data', (piece) => { got += piece.length; });
            answer.on('end', () => resolve(got));
        });
        request.on('error', reject);
        request.end(Buffer.alloc(size, 'q'));
    });
    for (let turn = 0; turn < 5; turn++) {
        const sizes = Array.from({ length: 20 }, (_, i) => 1 + i * 7919);
        assert.deepStrictEqual(await Promise.all(sizes.map(ask)), sizes);
    }
    server.close();
    server.closeAllConnections();
});

test('what is compiled to machine code from WebAssembly runs', async () => {
    // (func (export "f") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add)
    const bytes = new Uint8Array([0, 97, 115, 109, 1, 0, 0, 0, 1, 7, 1, 96, 2, 127, 127, 1, 127, 3, 2, 1, 0,
        7, 5, 1, 1, 102, 0, 0, 10, 9, 1, 7, 0, 32, 0, 32, 1, 106, 11]);
    for (let i = 0; i < 50; i++)
        assert.strictEqual((await WebAssembly.instantiate(bytes)).instance.exports.f(i, 2), i + 2);
});
