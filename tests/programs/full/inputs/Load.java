// SPDX-License-Identifier: MIT
// Work for the Java machine that reaches its native allocator: direct buffers, inflaters, threads, class
// loaders, files mapped.  Prints only what does not depend on the order of threads.
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import java.util.zip.Inflater;

public class Load {
    static long work(int seed, int rounds) throws Exception {
        Random random = new Random(seed);
        CRC32 sum = new CRC32();
        ByteBuffer[] kept = new ByteBuffer[40];
        byte[] text = new byte[30000];
        for (int i = 0; i < text.length; i++)
            text[i] = (byte) ('a' + i * seed % 19);
        for (int i = 0; i < rounds; i++) {
            int at = random.nextInt(kept.length);
            if (kept[at] != null) {
                kept[at].rewind();
                sum.update(kept[at]);
            }
            ByteBuffer buffer = ByteBuffer.allocateDirect(1 + random.nextInt(20000));
            while (buffer.remaining() >= 4)
                buffer.putInt(i);
            kept[at] = buffer;
            if (i % 10 == 0) {
                Deflater deflater = new Deflater(1 + i % 9);
                deflater.setInput(text);
                deflater.finish();
                byte[] packed = new byte[40000];
                int size = deflater.deflate(packed);
                deflater.end();
                Inflater inflater = new Inflater();
                inflater.setInput(packed, 0, size);
                byte[] back = new byte[text.length];
                int got = inflater.inflate(back);
                inflater.end();
                sum.update(back, 0, got);
            }
        }
        return sum.getValue();
    }

    static Class<?> again(int i) throws Exception {
        ClassLoader loader = new ClassLoader() {
            @Override
            public Class<?> findClass(String name) throws ClassNotFoundException {
                try (java.io.InputStream in = Load.class.getResourceAsStream("/" + name + ".class")) {
                    byte[] bytes = in.readAllBytes();
                    return defineClass(name, bytes, 0, bytes.length);
                } catch (java.io.IOException e) {
                    throw new ClassNotFoundException(name, e);
                }
            }

            @Override
            public Class<?> loadClass(String name) throws ClassNotFoundException {
                return name.startsWith("Part") ? findClass(name) : super.loadClass(name);
            }
        };
        return loader.loadClass("Part" + i % 60);
    }

    public static void main(String[] args) throws Exception {
        int turns = args.length > 0 ? Integer.parseInt(args[0]) : 3;
        for (int turn = 0; turn < turns; turn++) {
            ExecutorService pool = Executors.newFixedThreadPool(8);
            List<Future<Long>> results = new ArrayList<>();
            for (int i = 0; i < 24; i++) {
                int seed = turn * 100 + i + 1;
                results.add(pool.submit((Callable<Long>) () -> work(seed, 300)));
            }
            for (Future<Long> result : results)
                System.out.println(Long.toHexString(result.get()));
            pool.shutdown();
            // Threads that live for a moment.
            long[] sums = new long[300];
            for (int i = 0; i < sums.length; i += 10) {
                Thread[] threads = new Thread[10];
                for (int k = 0; k < 10; k++) {
                    int n = i + k;
                    threads[k] = new Thread(() -> {
                        List<String> list = new ArrayList<>();
                        for (int j = 0; j < 200; j++)
                            list.add("s" + j * n);
                        sums[n] = list.hashCode();
                    });
                    threads[k].start();
                }
                for (Thread thread : threads)
                    thread.join();
            }
            System.out.println(java.util.Arrays.hashCode(sums));
            int methods = 0;
            for (int i = 0; i < 120; i++)
                methods += again(i).getDeclaredMethods().length;
            System.out.println(methods > 2400);
            System.gc();
        }
    }
}
