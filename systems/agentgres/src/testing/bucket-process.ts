import { TestBucket } from './test-bucket.ts';

/** A bucket of its own process: for tests that wait without listening. */
const { endpoint } = await TestBucket.start();
process.stdout.write(`${endpoint}\n`);
